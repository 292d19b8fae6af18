/* One connection to Redis, made when it is needed and thrown away at the first fault.
 *
 * After a timeout the late reply would answer the next command, so any fault closes the connection;
 * the next command makes a new one, with timeouts, password and database set anew. A server that
 * hangs costs at most a twentieth of the time: after an attempt that took t the next one waits for
 * 20 t, and for a second at least. Each wait for the server is bounded by the timeout (but for the
 * look-up of a host's name, which the system bounds). */
#ifndef SHORTFALL_KIT_REDIS_CONNECTION_H
#define SHORTFALL_KIT_REDIS_CONNECTION_H

#include <hiredis/hiredis.h>

#include "core/text.h"
#include "kit/error.h"
#include "kit/redis_tls.h"
#include "kit/redis_url.h"

enum {
    REDIS_ATTEMPT_WAIT_MS = 1000,
    REDIS_ATTEMPT_SHARE = 20,
    REDIS_CODE_SIZE = 32,
    REDIS_WARNING_SIZE = 256,
};

struct redis_connection {
    struct redis_url url;
    const char *password_file;  /* owned; NULL: none. Read at each connection, so it may change */
    struct redis_tls_files tls; /* owned; of rediss:// */
    int timeout_ms;
    redisContext *context;            /* owned; NULL: not connected */
    int64_t attempt_at_ms;            /* monotonic; no new connection before */
    uint64_t count;                   /* of connections made */
    char code[REDIS_CODE_SIZE];       /* first word of the last error reply: "NOSCRIPT"; else "" */
    char warning[REDIS_WARNING_SIZE]; /* "": the server is set as it should be */
    struct error fault;               /* why there is no connection */
};

/* Does not connect. Ignores SIGPIPE if nobody handles it: hiredis would die of a server that went.
 * FATAL for a bad url or a file that can't be read; and for files of TLS (NULL: none) where the url
 * has none, since somebody means to be safe and is not. */
enum status redis_connection_init(struct redis_connection *connection, const char *url,
                                  const char *password_file, const struct redis_tls_files *tls,
                                  int timeout_ms, struct error *error) must_check;
void redis_connection_done(struct redis_connection *connection);

/* Sends a command and waits for its reply, which the caller frees. An error reply is RETRY, with
 * its first word in `code`. */
enum status redis_ask(struct redis_connection *connection, const struct text *words, size_t count,
                      redisReply **ret_reply, struct error *error) must_check;

/* The same in two parts, so that several commands travel together: replies come in order, and each
 * command that was sent needs its redis_receive. A fault in one forgets them all. */
enum status redis_send(struct redis_connection *connection, const struct text *words, size_t count,
                       struct error *error) must_check;
enum status redis_receive(struct redis_connection *connection, redisReply **ret_reply,
                          struct error *error) must_check;

/* Closes it as after a fault; `words` are the reason. */
void redis_drop(struct redis_connection *connection, const char *words);

#endif
