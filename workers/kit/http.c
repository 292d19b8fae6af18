#include "kit/http.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/address.h"
#include "kit/clock.h"
#include "kit/metrics.h"

enum {
    CONNECTION_TIMEOUT_S = 5,
    CONNECTION_MEMORY_MAX = 16 << 10, /* bytes of one request with its headers */
    METRICS_SIZE_MAX = 16 << 20,
    BODY_SIZE = HTTP_REASON_SIZE + 64,
};

static const char text_plain[] = "text/plain; charset=utf-8";
static const char text_prometheus[] = "text/plain; version=0.0.4; charset=utf-8";

struct http {
    struct MHD_Daemon *daemon; /* owns the socket */
    int port;
    _Atomic int64_t beat_ms; /* monotonic */
    pthread_mutex_t lock;    /* over the two below */
    bool ready;
    char reason[HTTP_REASON_SIZE];
};

/* ---- Answers ------------------------------------------------------------------------------ */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO; /* no memory: the connection is closed */
    }
    enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (result == MHD_YES) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    }
    if (result == MHD_YES && code == MHD_HTTP_METHOD_NOT_ALLOWED) {
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(connection, code, response);
    }
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_words(struct MHD_Connection *connection, unsigned code,
                                    const char *words)
{
    char body[BODY_SIZE];
    int size = snprintf(body, sizeof body, "%s\n", words);
    must(size > 0 && size < (int)sizeof body);
    return answer(connection, code, text_plain,
                  MHD_create_response_from_buffer((size_t)size, body, MHD_RESPMEM_MUST_COPY));
}

static int64_t silent_ms(const struct http *http)
{
    return clock_monotonic_ms() - atomic_load(&http->beat_ms);
}

static enum MHD_Result answer_silent(struct http *http, struct MHD_Connection *connection)
{
    char words[96];
    int size =
        snprintf(words, sizeof words,
                 "the main loop has not moved for %" PRId64 " s: it waits for Kafka, or hangs",
                 silent_ms(http) / 1000);
    must(size > 0 && size < (int)sizeof words);
    return answer_words(connection, MHD_HTTP_SERVICE_UNAVAILABLE, words);
}

static enum MHD_Result answer_alive(struct http *http, struct MHD_Connection *connection)
{
    return silent_ms(http) < HTTP_BEAT_MAX_MS ? answer_words(connection, MHD_HTTP_OK, "alive")
                                              : answer_silent(http, connection);
}

static enum MHD_Result answer_ready(struct http *http, struct MHD_Connection *connection)
{
    char reason[HTTP_REASON_SIZE];
    must(pthread_mutex_lock(&http->lock) == 0);
    bool ready = http->ready;
    memcpy(reason, http->reason, sizeof reason);
    must(pthread_mutex_unlock(&http->lock) == 0);
    if (ready && silent_ms(http) >= HTTP_BEAT_READY_MS) {
        return answer_silent(http, connection);
    }
    return answer_words(connection, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, reason);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection)
{
    struct buffer text = {.limit = METRICS_SIZE_MAX};
    metrics_render(&text);
    if (text.failed) {
        buffer_done(&text);
        return answer_words(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                            "the metrics are too large");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text.size, text.data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        buffer_done(&text);
    }
    return answer(connection, MHD_HTTP_OK, text_prometheus, response);
}

/* Answers at the first call, with the headers; a body that is still to come is never read. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **request)
{
    struct http *http = context;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
    }
    if (strcmp(path, "/livez") == 0) {
        return answer_alive(http, connection);
    }
    if (strcmp(path, "/readyz") == 0) {
        return answer_ready(http, connection);
    }
    if (strcmp(path, "/metrics") == 0) {
        return answer_metrics(connection);
    }
    return answer_words(connection, MHD_HTTP_NOT_FOUND, "try /livez, /readyz or /metrics");
}

/* The library's own complaints are about clients that broke off; nobody needs to read them. */
static void on_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

/* ---- Start and stop ----------------------------------------------------------------------- */

static int port_of(int descriptor)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } bound = {.in6 = {.sin6_port = 0}};
    socklen_t size = sizeof bound;
    if (getsockname(descriptor, &bound.any, &size) != 0) {
        return 0;
    }
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.in6.sin6_port : bound.in.sin_port);
}

static bool bind_and_listen(int descriptor, const struct addrinfo *found)
{
    int yes = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 &&
           listen(descriptor, HTTP_CONNECTIONS_MAX) == 0;
}

static enum status socket_open(const char *listen_at, int *ret_descriptor, struct error *error)
{
    struct address address;
    char port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    if (!address_parse(text_of(listen_at), &address)) {
        return error_set(error, FATAL, "'%s' is no address to listen on: give HOST:PORT or off",
                         listen_at);
    }
    must(snprintf(port, sizeof port, "%d", address.port) < (int)sizeof port);
    int reason = getaddrinfo(address.host, port, &hints, &found);
    if (reason != 0) {
        return error_set(error, FATAL, "can't listen on %s: %s", listen_at, gai_strerror(reason));
    }
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool listening = descriptor >= 0 && bind_and_listen(descriptor, found);
    int cause = errno;
    freeaddrinfo(found);
    if (!listening) {
        if (descriptor >= 0) {
            (void)close(descriptor); /* nothing was written to it */
        }
        return error_set(error, FATAL, "can't listen on %s: %s", listen_at, strerror(cause));
    }
    *ret_descriptor = descriptor;
    return OK;
}

/* Signals are the main thread's: the server's thread is born with all of them blocked. */
static struct MHD_Daemon *daemon_start(struct http *http, int descriptor)
{
    sigset_t all;
    sigset_t before;
    must(sigfillset(&all) == 0 && pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        descriptor, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_MAX, MHD_OPTION_END);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    return daemon;
}

enum status http_start(const char *listen_at, struct http **ret_http, struct error *error)
{
    int descriptor = -1;
    if (strcmp(listen_at, "off") == 0) {
        *ret_http = NULL;
        return OK;
    }
    enum status status = socket_open(listen_at, &descriptor, error);
    if (status != OK) {
        return status;
    }
    struct http *http = calloc(1, sizeof *http);
    if (!http) {
        (void)close(descriptor); /* nothing was written to it */
        return error_set(error, FATAL, "no memory for the HTTP server");
    }
    must(pthread_mutex_init(&http->lock, NULL) == 0);
    http->port = port_of(descriptor);
    http_beat(http);
    http_set_ready(http, false, "starting");
    http->daemon = daemon_start(http, descriptor);
    if (!http->daemon) {
        int cause = errno;
        (void)close(descriptor); /* nothing was written to it */
        http_stop(http);
        return error_set(error, FATAL, "can't start the HTTP server on %s: %s", listen_at,
                         strerror(cause));
    }
    *ret_http = http;
    return OK;
}

void http_stop(struct http *http)
{
    if (!http) {
        return;
    }
    if (http->daemon) {
        MHD_stop_daemon(http->daemon);
    }
    must(pthread_mutex_destroy(&http->lock) == 0);
    free(http);
}

int http_port(const struct http *http)
{
    return http ? http->port : 0;
}

void http_set_ready(struct http *http, bool ready, const char *reason)
{
    if (!http) {
        return;
    }
    must(pthread_mutex_lock(&http->lock) == 0);
    http->ready = ready;
    size_t size = strnlen(reason, sizeof http->reason - 1);
    memcpy(http->reason, reason, size);
    http->reason[size] = '\0';
    must(pthread_mutex_unlock(&http->lock) == 0);
}

void http_beat(struct http *http)
{
    http_beat_at(http, clock_monotonic_ms());
}

void http_beat_at(struct http *http, int64_t monotonic_ms)
{
    if (http) {
        atomic_store(&http->beat_ms, monotonic_ms);
    }
}
