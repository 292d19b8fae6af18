#include "kit/registry_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/buffer.h"
#include "kit/clock.h"

enum {
    REQUESTS_MAX = 8, /* at a time */
    BACKOFF_FIRST_MS = 250,
    BACKOFF_MAX_MS = 8000,
    ANSWER_SIZE_MAX = 4 << 20,
    SECRET_SIZE = 1024,
    WORDS_SIZE = 200,
};

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

enum request_state {
    REQUEST_FREE,
    REQUEST_RUNNING,
    REQUEST_ENDED,
};

struct request {
    enum request_state state;
    char path[REGISTRY_URL_SIZE]; /* behind the url, and so what the request is */
    struct buffer body;           /* what is sent; empty of a GET */
    struct buffer answer;
    CURL *easy;
    CURLcode result;
    long http_status;
    int64_t ended_ms; /* monotonic */
};

struct registry_client {
    struct registry_options options; /* its texts are copies */
    CURLM *multi;
    struct curl_slist *headers;
    struct request requests[REQUESTS_MAX];
    int64_t backoff_ms;
    int64_t backoff_until_ms; /* monotonic */
    struct error fault;       /* why */
    json_t *parsed;           /* the newest answer */
};

/* ---- Faults ------------------------------------------------------------------------------- */

static enum status fault(struct registry_client *client, struct error *error, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* Nothing is asked again before the back-off is over. */
static enum status fault(struct registry_client *client, struct error *error, const char *format,
                         ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    int64_t twice = 2 * client->backoff_ms;
    client->backoff_ms = twice > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : twice;
    client->backoff_ms =
        client->backoff_ms < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : client->backoff_ms;
    client->backoff_until_ms = clock_monotonic_ms() + client->backoff_ms;
    (void)error_set(&client->fault, RETRY, "schema registry %s: %s", client->options.url,
                    size < 0 ? "" : words);
    *error = client->fault;
    return RETRY;
}

/* ---- Requests ----------------------------------------------------------------------------- */

static void request_clear(struct registry_client *client, struct request *request)
{
    if (request->easy && request->state == REQUEST_RUNNING) {
        (void)curl_multi_remove_handle(client->multi, request->easy);
    }
    buffer_done(&request->body);
    buffer_done(&request->answer);
    request->state = REQUEST_FREE;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct request *request = context;
    if (request->answer.size + size * count > ANSWER_SIZE_MAX) {
        return 0; /* ends the request */
    }
    buffer_append(&request->answer, bytes, size * count);
    return request->answer.failed ? 0 : size * count;
}

/* Reads in full before it is used. */
static enum status read_password(struct registry_client *client, char ret_password[SECRET_SIZE],
                                 struct error *error)
{
    const char *path = client->options.password_file;
    ret_password[0] = '\0';
    if (!*path) {
        return OK;
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        return fault(client, error, "the password file %.100s: %s", path, strerror(errno));
    }
    bool read = fgets(ret_password, SECRET_SIZE, file) != NULL;
    (void)fclose(file); /* only read */
    ret_password[strcspn(ret_password, "\r\n")] = '\0';
    return read ? OK : fault(client, error, "the password file %.100s is empty", path);
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (*text) {
        (void)curl_easy_setopt(easy, option, text);
    }
}

/* What stays the same from request to request is set again too: reset forgets it all. */
static enum status request_prepare(struct registry_client *client, struct request *request,
                                   const char *method, struct error *error)
{
    const struct registry_options *options = &client->options;
    char url[2 * REGISTRY_URL_SIZE];
    char password[SECRET_SIZE];
    enum status status = read_password(client, password, error);
    if (status != OK) {
        return status;
    }
    (void)snprintf(url, sizeof url, "%s%s", options->url, request->path);
    curl_easy_reset(request->easy);
    (void)curl_easy_setopt(request->easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, client->headers);
    (void)curl_easy_setopt(request->easy, CURLOPT_WRITEFUNCTION, on_answer);
    (void)curl_easy_setopt(request->easy, CURLOPT_WRITEDATA, request);
    (void)curl_easy_setopt(request->easy, CURLOPT_TIMEOUT_MS, options->timeout_ms);
    (void)curl_easy_setopt(request->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(request->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (*method != 'G') {
        (void)curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE, (long)request->body.size);
        (void)curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, request->body.data);
        (void)curl_easy_setopt(request->easy, CURLOPT_CUSTOMREQUEST, method);
    }
    if (*options->username) {
        (void)curl_easy_setopt(request->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        (void)curl_easy_setopt(request->easy, CURLOPT_USERNAME, options->username);
        (void)curl_easy_setopt(request->easy, CURLOPT_PASSWORD, password);
    }
    set_text(request->easy, CURLOPT_CAINFO, options->ca_file);
    set_text(request->easy, CURLOPT_SSLCERT, options->certificate_file);
    set_text(request->easy, CURLOPT_SSLKEY, options->key_file);
    return OK;
}

/* The one that asks just this, else one that is free: the answer that nobody fetched for longest.
 */
static struct request *request_place(struct registry_client *client, const char *path,
                                     struct text body)
{
    struct request *free_one = NULL;
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *each = &client->requests[i];
        struct text sent = {(const char *)each->body.data, (uint32_t)each->body.size};
        if (each->state != REQUEST_FREE && strcmp(each->path, path) == 0 &&
            text_equal(sent, body)) {
            return each;
        }
        bool older = free_one && free_one->state != REQUEST_FREE &&
                     (each->state == REQUEST_FREE || each->ended_ms < free_one->ended_ms);
        if (each->state != REQUEST_RUNNING && (!free_one || older)) {
            free_one = each;
        }
    }
    if (free_one) {
        request_clear(client, free_one);
    }
    return free_one;
}

static enum status request_start(struct registry_client *client, struct request *request,
                                 const char *method, const char *path, struct text body,
                                 struct error *error)
{
    if (!request->easy) {
        request->easy = curl_easy_init();
    }
    buffer_append(&request->body, body.data ? body.data : "", body.size);
    (void)snprintf(request->path, sizeof request->path, "%s", path);
    if (!request->easy || request->body.failed) {
        return error_set(error, FATAL, "no memory for a request to the schema registry");
    }
    enum status status = request_prepare(client, request, method, error);
    if (status == OK && curl_multi_add_handle(client->multi, request->easy) != CURLM_OK) {
        status = error_set(error, FATAL, "no memory for a request to the schema registry");
    }
    if (status == OK) {
        request->state = REQUEST_RUNNING;
    } else {
        buffer_done(&request->body);
    }
    return status;
}

static void end_requests(struct registry_client *client)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        for (size_t i = 0; i < REQUESTS_MAX; i++) {
            struct request *request = &client->requests[i];
            if (request->state == REQUEST_RUNNING && request->easy == message->easy_handle) {
                request->result = message->data.result;
                (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE,
                                        &request->http_status);
                (void)curl_multi_remove_handle(client->multi, request->easy);
                request->state = REQUEST_ENDED;
                request->ended_ms = clock_monotonic_ms();
                break; /* the message is gone with its handle */
            }
        }
    }
}

/* Lets all requests go on until this one has ended, or it has taken its time. */
static void request_wait(struct registry_client *client, const struct request *request)
{
    int64_t until_ms = clock_monotonic_ms() + client->options.wait_ms;
    for (;;) {
        int running;
        (void)curl_multi_perform(client->multi, &running);
        end_requests(client);
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (request->state != REQUEST_RUNNING || left_ms <= 0) {
            return;
        }
        (void)curl_multi_poll(client->multi, NULL, 0, (int)left_ms, NULL);
    }
}

enum status registry_client_ask(struct registry_client *client, const char *method,
                                const char *path, struct text body, long *ret_http_status,
                                struct error *error)
{
    if (clock_monotonic_ms() < client->backoff_until_ms) {
        *error = client->fault;
        return RETRY;
    }
    struct request *request = request_place(client, path, body);
    if (!request) {
        return error_set(error, RETRY, "schema registry %s: too many requests are under way",
                         client->options.url);
    }
    if (request->state == REQUEST_FREE) {
        enum status status = request_start(client, request, method, path, body, error);
        if (status != OK) {
            return status;
        }
    }
    request_wait(client, request);
    if (request->state == REQUEST_RUNNING) {
        return error_set(error, RETRY, "schema registry %s: waiting for its answer to %s",
                         client->options.url, path);
    }
    if (request->result != CURLE_OK) {
        CURLcode result = request->result;
        request_clear(client, request);
        return fault(client, error, "%s: %s", path, curl_easy_strerror(result));
    }
    json_decref(client->parsed);
    client->parsed =
        json_loadb((const char *)request->answer.data, request->answer.size, JSON_DECODE_ANY, NULL);
    *ret_http_status = request->http_status;
    request_clear(client, request);
    if (!client->parsed) {
        return fault(client, error,
                     "%s: HTTP status %ld and no JSON; is schema.registry.url right?", path,
                     *ret_http_status);
    }
    return OK;
}

enum status registry_client_refused(struct registry_client *client, const char *path,
                                    long http_status, struct error *error)
{
    const char *words = json_string_value(json_object_get(client->parsed, "message"));
    return fault(client, error, "%s: HTTP status %ld%s%.*s", path, http_status, words ? ": " : "",
                 WORDS_SIZE, words ? words : "");
}

void registry_client_went_well(struct registry_client *client)
{
    client->backoff_ms = 0;
}

json_t *registry_client_answer(const struct registry_client *client)
{
    return client->parsed;
}

/* ---- Life --------------------------------------------------------------------------------- */

static enum status check_options(const struct registry_options *options, struct error *error)
{
    bool is_http = strncmp(options->url, "http://", 7) == 0;
    bool is_https = strncmp(options->url, "https://", 8) == 0;
    if (!is_http && !is_https) {
        return error_set(error, FATAL,
                         "schema.registry.url: it begins neither with http:// nor with https://");
    }
    if (strlen(options->url) >= REGISTRY_URL_SIZE) {
        return error_set(error, FATAL, "schema.registry.url: more than %d bytes",
                         REGISTRY_URL_SIZE - 1);
    }
    if (strchr(options->url, '@')) {
        return error_set(error, FATAL,
                         "schema.registry.url: a name and a password do not belong into it: give "
                         "schema.registry.username and schema.registry.password_file");
    }
    if (*options->password_file && !*options->username) {
        return error_set(error, FATAL,
                         "schema.registry.password_file: it needs schema.registry.username");
    }
    if (!*options->certificate_file != !*options->key_file) {
        return error_set(error, FATAL,
                         "schema.registry.certificate.file and schema.registry.key.file need each "
                         "other");
    }
    return OK;
}

static bool copy_options(const struct registry_options *from, struct registry_options *to)
{
    size_t size = strlen(from->url);
    *to = *from;
    to->url = strndup(from->url, size && from->url[size - 1] == '/' ? size - 1 : size);
    to->username = strdup(from->username);
    to->password_file = strdup(from->password_file);
    to->ca_file = strdup(from->ca_file);
    to->certificate_file = strdup(from->certificate_file);
    to->key_file = strdup(from->key_file);
    return to->url && to->username && to->password_file && to->ca_file && to->certificate_file &&
           to->key_file;
}

enum status registry_client_new(const struct registry_options *options,
                                struct registry_client **ret_client, struct error *error)
{
    enum status status = check_options(options, error);
    if (status != OK) {
        return status;
    }
    struct registry_client *client = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        client = calloc(1, sizeof *client);
    }
    bool complete = client && copy_options(options, &client->options);
    if (complete) {
        client->multi = curl_multi_init();
        client->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
        complete = client->multi && client->headers;
    }
    if (!complete) {
        registry_client_free(client);
        return error_set(error, FATAL, "no memory for the client of the schema registry");
    }
    *ret_client = client;
    return OK;
}

static void free_text(const char *text)
{
    free((char *)(uintptr_t)text);
}

void registry_client_free(struct registry_client *client)
{
    if (!client) {
        return;
    }
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        request_clear(client, &client->requests[i]);
        curl_easy_cleanup(client->requests[i].easy);
    }
    curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
    json_decref(client->parsed);
    free_text(client->options.url);
    free_text(client->options.username);
    free_text(client->options.password_file);
    free_text(client->options.ca_file);
    free_text(client->options.certificate_file);
    free_text(client->options.key_file);
    free(client);
    curl_global_cleanup();
}
