/* Requests to a schema registry: HTTP with TLS and a password, in the background, with a back-off.
 *
 * For kit/registry.c, which knows what they mean; how long a call blocks and when it hears RETRY is
 * told in kit/registry.h. */
#ifndef SHORTFALL_KIT_REGISTRY_CLIENT_H
#define SHORTFALL_KIT_REGISTRY_CLIENT_H

#include <jansson.h>

#include "kit/registry.h"

enum { REGISTRY_URL_SIZE = 1024 }; /* bytes of a url or a path, with a zero byte */

struct registry_client;

/* FATAL names what is wrong with the options; no request is made. */
enum status registry_client_new(const struct registry_options *options,
                                struct registry_client **ret_client,
                                struct error *error) must_check;
void registry_client_free(struct registry_client *client); /* accepts NULL */

/* One request up to its answer. With OK the answer, JSON, is there, whatever the status of HTTP;
 * RETRY where there is none (yet). */
enum status registry_client_ask(struct registry_client *client, const char *method,
                                const char *path, struct text body, long *ret_http_status,
                                struct error *error) must_check;

/* The newest answer; borrowed until the next request. */
json_t *registry_client_answer(const struct registry_client *client);

/* The answer is neither what was asked for nor a clear no: RETRY, after the back-off. */
enum status registry_client_refused(struct registry_client *client, const char *path,
                                    long http_status, struct error *error) must_check;

/* The answer is what was asked for, or a clear no: the back-off begins anew. */
void registry_client_went_well(struct registry_client *client);

#endif
