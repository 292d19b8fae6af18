/* TLS on a connection to Redis (rediss://), where the hiredis that we are built against has it.
 *
 * hiredis's own way to it (redisInitiateSSLWithContext) sees that the server's certificate goes
 * back to an authority that we trust, and not whose it is: whoever has any certificate of that
 * authority could pose as our Redis. So the connection's SSL object is made here, told by OpenSSL's
 * own means which host the certificate must be for, and hiredis is given it (redisInitiateSSL).
 *
 * The files are read at each connection, so that a certificate is renewed without a restart. */
#ifndef SHORTFALL_KIT_REDIS_TLS_H
#define SHORTFALL_KIT_REDIS_TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "kit/error.h"

/* PEM; NULL or "": none. */
struct redis_tls_files {
    const char *ca;          /* what the server's certificate must go back to; none: the system's */
    const char *certificate; /* our own, if the server wants one, with its chain */
    const char *key;         /* of our certificate */
};

/* Whether there is TLS at all; without it the other functions are FATAL. */
bool redis_tls_is_built_in(void);

/* Reads the files once. FATAL names the setting and says what is wrong with its file. */
enum status redis_tls_check(const struct redis_tls_files *files, struct error *error) must_check;

/* Shakes hands on a connection that is open and has its timeouts. RETRY, in words, where the server
 * has not the certificate of `host` (a name or an address), or refuses ours, or does not answer. */
enum status redis_tls_start(redisContext *context, const struct redis_tls_files *files,
                            const char *host, struct error *error) must_check;

#endif
