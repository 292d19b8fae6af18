#include "kit/redis_url.h"

#include <stdio.h>

#include "core/must.h"
#include "kit/redis_tls.h"

static const char form[] = "give redis://HOST:PORT/DATABASE, rediss:// (TLS) or unix:///SOCKET";

static bool skip_prefix(const char **at, const char *prefix)
{
    size_t size = strlen(prefix);
    if (strncmp(*at, prefix, size) != 0) {
        return false;
    }
    *at += size;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character at *at, with %40 and the like resolved; 0 where it is no such thing. */
static int take_character(struct text text, uint32_t *at)
{
    int byte = (unsigned char)text.data[(*at)++];
    if (byte != '%') {
        return byte;
    }
    int high = *at + 1 < text.size ? hex_digit(text.data[*at]) : -1;
    int low = high >= 0 ? hex_digit(text.data[*at + 1]) : -1;
    *at += 2;
    return low < 0 ? 0 : high * 16 + low;
}

static bool unescape(struct text text, char *ret_string, size_t size)
{
    size_t used = 0;
    for (uint32_t at = 0; at < text.size;) {
        int byte = take_character(text, &at);
        if (byte == 0 || used + 1 >= size) {
            return false;
        }
        ret_string[used++] = (char)byte;
    }
    ret_string[used] = '\0';
    return true;
}

/* Cuts at the first of a character; *ret_rest is what is behind it, not set where there is none. */
static struct text cut_at(struct text text, char c, struct text *ret_rest)
{
    const char *found = text.size ? memchr(text.data, c, text.size) : NULL;
    *ret_rest = (struct text){NULL, 0};
    if (found) {
        uint32_t before = (uint32_t)(found - text.data);
        *ret_rest = (struct text){found + 1, text.size - before - 1};
        text.size = before;
    }
    return text;
}

static enum status parse_user(struct text text, struct redis_url *url, struct error *error)
{
    struct text password;
    struct text user = cut_at(text, ':', &password);
    if (user.size == 0 && password.size == 0) {
        return error_set(error, FATAL,
                         "before @ stands USER, :PASSWORD or USER:PASSWORD; better only USER, and "
                         "the password in redis.password_file");
    }
    if (!unescape(user, url->user, sizeof url->user) ||
        !unescape(password, url->password, sizeof url->password)) {
        return error_set(error, FATAL,
                         "user or password is too long or has a broken escape: write %% as %%25");
    }
    return OK;
}

static bool parse_host(struct text text, struct address *address)
{
    char with_port[ADDRESS_HOST_SIZE + 8];
    if (address_parse(text, address)) {
        return address->port > 0;
    }
    int size = snprintf(with_port, sizeof with_port, "%.*s:%d", (int)text.size, text.data,
                        REDIS_PORT_DEFAULT);
    return size > 0 && size < (int)sizeof with_port && address_parse(text_of(with_port), address);
}

static bool parse_database(struct text text, int *ret_database)
{
    int port_like = 0;
    if (text.size > 0 && !address_parse_port(text, &port_like)) {
        return false;
    }
    *ret_database = port_like;
    return port_like <= REDIS_DATABASE_MAX;
}

static enum status parse_tcp(const char *rest, struct redis_url *url, struct error *error)
{
    struct text database;
    struct text host = cut_at(text_of(rest), '/', &database);
    for (uint32_t at = host.size; at > 0; at--) {
        if (host.data[at - 1] != '@') {
            continue;
        }
        struct text user = {host.data, at - 1};
        host = (struct text){host.data + at, host.size - at};
        enum status status = parse_user(user, url, error);
        if (status != OK) {
            return status;
        }
        break;
    }
    if (!parse_host(host, &url->address)) {
        return error_set(error, FATAL, "no host and port in it: %s", form);
    }
    if (!parse_database(database, &url->database)) {
        return error_set(error, FATAL, "behind the host stands a database from 0 to %d: %s",
                         REDIS_DATABASE_MAX, form);
    }
    return OK;
}

enum status redis_url_parse(const char *text, struct redis_url *ret_url, struct error *error)
{
    struct redis_url url = {.database = 0};
    const char *at = text;
    url.tls = skip_prefix(&at, "rediss://");
    if (url.tls && !redis_tls_is_built_in()) {
        return error_set(error, FATAL,
                         "TLS (rediss://) is not built in, since hiredis has none: use a tunnel "
                         "such as stunnel, or unix:///SOCKET, or build with hiredis 1.0 and "
                         "hiredis_ssl");
    }
    if (skip_prefix(&at, "unix://")) {
        size_t size = strlen(at);
        if (at[0] != '/' || size >= sizeof url.socket) {
            return error_set(error, FATAL, "unix:// takes an absolute path of at most %d bytes",
                             REDIS_SOCKET_SIZE - 1);
        }
        memcpy(url.socket, at, size + 1);
    } else if (url.tls || skip_prefix(&at, "redis://")) {
        enum status status = parse_tcp(at, &url, error);
        if (status != OK) {
            return status;
        }
    } else {
        return error_set(error, FATAL, "no address of a Redis: %s", form);
    }
    *ret_url = url;
    return OK;
}

void redis_url_print(const struct redis_url *url, char *ret_text, size_t size)
{
    int written;
    if (url->socket[0]) {
        written = snprintf(ret_text, size, "unix://%s", url->socket);
    } else {
        bool bracket = strchr(url->address.host, ':') != NULL;
        written = snprintf(ret_text, size, "redis%s://%s%s%s:%d/%d", url->tls ? "s" : "",
                           bracket ? "[" : "", url->address.host, bracket ? "]" : "",
                           url->address.port, url->database);
    }
    must(written >= 0); /* one that does not fit is cut */
}
