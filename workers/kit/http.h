/* The worker's small HTTP server: for probes and for Prometheus.
 *
 *   GET /livez     200 while the main loop beats; 503 when it has not for HTTP_BEAT_MAX_MS
 *   GET /readyz    200 when ready, else 503, each with the reason in words; not ready either while
 *                  the main loop has not beaten for HTTP_BEAT_READY_MS: it waits in a call to Kafka
 *   GET /metrics   kit/metrics.h
 *
 * It runs on a thread of its own and shares with the worker only what is set here, so a worker that
 * hangs is seen from outside. It has no secrets and takes no commands, but no authentication
 * either: it listens on the loopback unless told otherwise. Connections, sizes and times are
 * bounded. All functions accept NULL, which is the server that is off. */
#ifndef SHORTFALL_KIT_HTTP_H
#define SHORTFALL_KIT_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"

enum {
    HTTP_BEAT_MAX_MS = 30000,
    HTTP_BEAT_READY_MS = 10000,
    HTTP_CONNECTIONS_MAX = 64,
    HTTP_REASON_SIZE = 256, /* bytes of a reason with its zero byte; longer ones are cut */
};

struct http;

/* listen: host:port (port 0: any free one), [::1]:port, or "off": *ret_http is NULL then.
 * Not ready ("starting") at first, and alive. FATAL for a bad address or one that is taken. */
enum status http_start(const char *listen, struct http **ret_http, struct error *error) must_check;
void http_stop(struct http *http); /* waits for the thread, frees */

int http_port(const struct http *http); /* 0 where it is off */

/* Any thread. `reason` is copied: "restoring 3 partitions", "draining". */
void http_set_ready(struct http *http, bool ready, const char *reason);
void http_beat(struct http *http);
/* The same with a time of clock_monotonic_ms that the caller has read already. */
void http_beat_at(struct http *http, int64_t monotonic_ms);

#endif
