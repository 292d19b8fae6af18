#include "kit/redis_connection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "core/must.h"
#include "kit/clock.h"

enum { WORDS_MAX_ON_STACK = 16 };

/* Reads in full before it is used, so that a rotated secret needs no restart. */
static enum status read_password(const char *path, char ret_password[REDIS_PASSWORD_SIZE],
                                 struct error *error)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        return error_set(error, RETRY, "can't read the password file %s: %s", path,
                         strerror(errno));
    }
    bool read = fgets(ret_password, REDIS_PASSWORD_SIZE, file) != NULL;
    (void)fclose(file); /* only read */
    if (read) {
        ret_password[strcspn(ret_password, "\r\n")] = '\0';
    }
    return read && *ret_password ? OK
                                 : error_set(error, RETRY, "the password file %s is empty", path);
}

static void ignore_broken_pipes(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        (void)signal(SIGPIPE, SIG_IGN);
    }
}

static bool is_given(const char *path)
{
    return path && *path;
}

static bool copy_path(const char *path, const char **ret_copy)
{
    *ret_copy = is_given(path) ? strdup(path) : NULL;
    return !is_given(path) || *ret_copy;
}

static enum status take_tls(struct redis_connection *connection,
                            const struct redis_tls_files *files, struct error *error)
{
    if (!connection->url.tls) {
        return !files || (!is_given(files->ca) && !is_given(files->certificate) &&
                          !is_given(files->key))
                   ? OK
                   : error_set(error, FATAL,
                               "redis.ca.file, redis.certificate.file and redis.key.file are of "
                               "TLS, which redis.url does not ask for: write rediss://");
    }
    static const struct redis_tls_files none = {0};
    files = files ? files : &none;
    if (!copy_path(files->ca, &connection->tls.ca) ||
        !copy_path(files->certificate, &connection->tls.certificate) ||
        !copy_path(files->key, &connection->tls.key)) {
        return error_set(error, FATAL, "no memory for Redis");
    }
    return redis_tls_check(&connection->tls, error);
}

enum status redis_connection_init(struct redis_connection *connection, const char *url,
                                  const char *password_file, const struct redis_tls_files *tls,
                                  int timeout_ms, struct error *error)
{
    char password[REDIS_PASSWORD_SIZE];
    *connection = (struct redis_connection){.timeout_ms = timeout_ms};
    enum status status = redis_url_parse(url, &connection->url, error);
    if (status != OK) {
        return error_prefix(error, status, "redis.url: ");
    }
    if (connection->url.user[0] && !connection->url.password[0] && !password_file) {
        return error_set(error, FATAL,
                         "redis.url: a user and no password: give it by redis.password_file (or as "
                         "USER:PASSWORD)");
    }
    if (password_file) {
        status = read_password(password_file, password, error);
        connection->password_file = strdup(password_file);
    }
    if (status != OK || (password_file && !connection->password_file)) {
        redis_connection_done(connection);
        return status != OK ? FATAL : error_set(error, FATAL, "no memory for Redis");
    }
    status = take_tls(connection, tls, error);
    if (status != OK) {
        redis_connection_done(connection);
        return status;
    }
    ignore_broken_pipes();
    return OK;
}

void redis_connection_done(struct redis_connection *connection)
{
    if (connection->context) {
        redisFree(connection->context);
    }
    free((void *)(uintptr_t)connection->password_file);
    free((void *)(uintptr_t)connection->tls.ca);
    free((void *)(uintptr_t)connection->tls.certificate);
    free((void *)(uintptr_t)connection->tls.key);
    *connection = (struct redis_connection){.timeout_ms = 0};
}

void redis_drop(struct redis_connection *connection, const char *words)
{
    char where[ADDRESS_HOST_SIZE + 64];
    redis_url_print(&connection->url, where, sizeof where);
    (void)error_set(&connection->fault, RETRY, "%s: %s", where, words);
    if (connection->context) {
        redisFree(connection->context);
        connection->context = NULL;
    }
}

/* ---- Commands -------------------------------------------------------------------------------- */

static enum status fault(struct redis_connection *connection, const char *words,
                         struct error *error)
{
    redis_drop(connection, words);
    return error_set(error, RETRY, "%s", connection->fault.text);
}

static const char *fault_words(const redisContext *context)
{
    bool timed_out = context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    return timed_out ? "no answer in time" : context->errstr;
}

static enum status append(struct redis_connection *connection, const struct text *words,
                          size_t count, struct error *error)
{
    const char *some_words[WORDS_MAX_ON_STACK] = {NULL};
    size_t some_sizes[WORDS_MAX_ON_STACK] = {0};
    const char **all_words = some_words;
    size_t *all_sizes = some_sizes;
    if (count > WORDS_MAX_ON_STACK) {
        all_words = calloc(count, sizeof *all_words);
        all_sizes = calloc(count, sizeof *all_sizes);
    }
    int result = REDIS_ERR;
    if (all_words && all_sizes) {
        for (size_t i = 0; i < count; i++) {
            all_words[i] = words[i].size ? words[i].data : "";
            all_sizes[i] = words[i].size;
        }
        result = redisAppendCommandArgv(connection->context, (int)count, all_words, all_sizes);
    }
    if (count > WORDS_MAX_ON_STACK) {
        free(all_words);
        free(all_sizes);
    }
    return result == REDIS_OK ? OK : fault(connection, "no memory for a command", error);
}

/* The first word of an error says what it is: "NOSCRIPT No matching script." */
static enum status refuse(struct redis_connection *connection, redisReply *reply,
                          struct error *error)
{
    size_t size = strcspn(reply->str, " ");
    size = size < sizeof connection->code ? size : sizeof connection->code - 1;
    memcpy(connection->code, reply->str, size);
    connection->code[size] = '\0';
    (void)error_set(error, RETRY, "Redis refuses: %.200s", reply->str);
    freeReplyObject(reply);
    /* A server that has become a replica, or is one at the moment: look for the right one anew. */
    if (strcmp(connection->code, "READONLY") == 0 || strcmp(connection->code, "MASTERDOWN") == 0) {
        redis_drop(connection, error->text);
    }
    return RETRY;
}

static enum status receive(struct redis_connection *connection, redisReply **ret_reply,
                           struct error *error)
{
    void *reply = NULL;
    errno = 0;
    if (redisGetReply(connection->context, &reply) != REDIS_OK || !reply) {
        return fault(connection, fault_words(connection->context), error);
    }
    if (((redisReply *)reply)->type == REDIS_REPLY_ERROR) {
        return refuse(connection, reply, error);
    }
    *ret_reply = reply;
    return OK;
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static enum status ask_connected(struct redis_connection *connection, const struct text *words,
                                 size_t count, redisReply **ret_reply, struct error *error)
{
    enum status status = append(connection, words, count, error);
    return status == OK ? receive(connection, ret_reply, error) : status;
}

static enum status greet(struct redis_connection *connection, const struct text *words,
                         size_t count, struct error *error)
{
    redisReply *reply = NULL;
    enum status status = ask_connected(connection, words, count, &reply, error);
    if (status == OK) {
        freeReplyObject(reply);
    }
    return status;
}

static enum status log_in(struct redis_connection *connection, struct error *error)
{
    char password[REDIS_PASSWORD_SIZE];
    const struct redis_url *url = &connection->url;
    memcpy(password, url->password, sizeof password);
    if (connection->password_file) {
        enum status status = read_password(connection->password_file, password, error);
        if (status != OK) {
            return status;
        }
    }
    if (!password[0]) {
        return OK;
    }
    struct text words[3] = {TEXT("AUTH"), text_of(url->user), text_of(password)};
    size_t count = 3;
    if (!url->user[0]) {
        words[1] = words[2];
        count = 2;
    }
    return greet(connection, words, count, error);
}

static enum status select_database(struct redis_connection *connection, struct error *error)
{
    char number[16];
    if (connection->url.database == 0) {
        return OK;
    }
    must(snprintf(number, sizeof number, "%d", connection->url.database) > 0);
    const struct text words[] = {TEXT("SELECT"), text_of(number)};
    return greet(connection, words, 2, error);
}

/* A server that throws keys out when its memory is full proves nothing at a restart. */
static enum status check_policy(struct redis_connection *connection, struct error *error)
{
    static const char field[] = "maxmemory_policy:";
    static const char right[] = "noeviction";
    const struct text words[] = {TEXT("INFO"), TEXT("memory")};
    redisReply *reply = NULL;
    enum status status = ask_connected(connection, words, 2, &reply, error);
    connection->warning[0] = '\0';
    if (status != OK) {
        /* Who may not ask can't know; that alone is no reason to do without Redis. */
        return connection->context ? OK : status;
    }
    const char *found = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, field) : NULL;
    if (found) {
        found += sizeof field - 1;
        int size = (int)strcspn(found, "\r\n");
        if (strncmp(found, right, sizeof right - 1) != 0) {
            must(snprintf(connection->warning, sizeof connection->warning,
                          "maxmemory-policy is %.*s: set it to noeviction, or Redis throws cases "
                          "out when its memory is full",
                          size < 64 ? size : 64, found) > 0);
        }
    }
    freeReplyObject(reply);
    return OK;
}

static redisContext *open_context(const struct redis_connection *connection)
{
    const struct redis_url *url = &connection->url;
    struct timeval timeout = {.tv_sec = connection->timeout_ms / 1000,
                              .tv_usec = connection->timeout_ms % 1000 * 1000};
    redisContext *context =
        url->socket[0] ? redisConnectUnixWithTimeout(url->socket, timeout)
                       : redisConnectWithTimeout(url->address.host, url->address.port, timeout);
    if (context && !context->err && redisSetTimeout(context, timeout) != REDIS_OK &&
        !context->err) {
        context->err = REDIS_ERR_OTHER;
    }
    return context;
}

static enum status open_connection(struct redis_connection *connection, struct error *error)
{
    connection->context = open_context(connection);
    if (!connection->context) {
        return fault(connection, "no memory for a connection", error);
    }
    if (connection->context->err) {
        return fault(connection, connection->context->errstr, error);
    }
    enum status status = connection->url.tls
                             ? redis_tls_start(connection->context, &connection->tls,
                                               connection->url.address.host, error)
                             : OK;
    if (status == OK) {
        status = log_in(connection, error);
    }
    if (status == OK) {
        status = select_database(connection, error);
    }
    if (status == OK) {
        status = check_policy(connection, error);
    }
    if (status != OK && connection->context) {
        struct error why = *error;
        return fault(connection, why.text, error);
    }
    if (status != OK) {
        return status;
    }
    connection->count++;
    return OK;
}

static enum status connect_if_needed(struct redis_connection *connection, struct error *error)
{
    if (connection->context) {
        return OK;
    }
    int64_t began_ms = clock_monotonic_ms();
    if (began_ms < connection->attempt_at_ms) {
        return error_set(error, RETRY, "not connected: %s", connection->fault.text);
    }
    enum status status = open_connection(connection, error);
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    /* The first answer that does not come ends it: whatever took longer was our own machine, which
     * slept, and is nothing that the server has to be spared for. */
    int64_t most_ms = 2 * (int64_t)connection->timeout_ms;
    took_ms = took_ms < most_ms ? took_ms : most_ms;
    int64_t wait_ms = took_ms * REDIS_ATTEMPT_SHARE;
    connection->attempt_at_ms =
        began_ms + (wait_ms > REDIS_ATTEMPT_WAIT_MS ? wait_ms : REDIS_ATTEMPT_WAIT_MS);
    return status;
}

enum status redis_send(struct redis_connection *connection, const struct text *words, size_t count,
                       struct error *error)
{
    connection->code[0] = '\0';
    enum status status = connect_if_needed(connection, error);
    return status == OK ? append(connection, words, count, error) : status;
}

enum status redis_receive(struct redis_connection *connection, redisReply **ret_reply,
                          struct error *error)
{
    connection->code[0] = '\0';
    if (!connection->context) {
        return error_set(error, RETRY, "not connected: %s", connection->fault.text);
    }
    return receive(connection, ret_reply, error);
}

enum status redis_ask(struct redis_connection *connection, const struct text *words, size_t count,
                      redisReply **ret_reply, struct error *error)
{
    enum status status = redis_send(connection, words, count, error);
    return status == OK ? redis_receive(connection, ret_reply, error) : status;
}
