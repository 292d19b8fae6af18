/* Where Redis is, in a text: redis://[[user][:password]@]host[:port][/database], the same with
 * rediss:// for TLS, or unix:///path. A user without a password needs redis.password_file. */
#ifndef SHORTFALL_KIT_REDIS_URL_H
#define SHORTFALL_KIT_REDIS_URL_H

#include "core/text.h"
#include "kit/address.h"
#include "kit/error.h"

enum {
    REDIS_PORT_DEFAULT = 6379,
    REDIS_DATABASE_MAX = 9999,
    REDIS_PASSWORD_SIZE = 512, /* with its zero byte */
    REDIS_SOCKET_SIZE = 108,   /* of a Unix address, with its zero byte */
    REDIS_USER_SIZE = 128,
};

struct redis_url {
    struct address address;         /* host "" where it is a socket */
    char socket[REDIS_SOCKET_SIZE]; /* "" where it is none */
    bool tls;
    int database;
    char user[REDIS_USER_SIZE];         /* "": the default one */
    char password[REDIS_PASSWORD_SIZE]; /* "": none; percent escapes are resolved */
};

/* FATAL, in words that never repeat a password. Where TLS is not built in (kit/redis_tls.h), as
 * with the hiredis of Debian 12, rediss:// is refused with a hint. */
enum status redis_url_parse(const char *url, struct redis_url *ret_url,
                            struct error *error) must_check;

/* The url without user and password, for people; cut where it does not fit. */
void redis_url_print(const struct redis_url *url, char *ret_text, size_t size);

#endif
