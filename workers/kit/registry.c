#include "kit/registry.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/buffer.h"
#include "kit/clock.h"
#include "kit/schema_whole.h"

enum {
    REQUESTS_MAX = 8, /* at a time */
    UNKNOWN_MAX = 64, /* ids that are remembered as unknown */
    UNKNOWN_MS = 30000,
    PARTS_MAX = 64, /* schemas that one refers to, and those that they refer to */
    KEPT_MAX = 256,
    BACKOFF_FIRST_MS = 250,
    BACKOFF_MAX_MS = 8000,
    ANSWER_SIZE_MAX = 4 << 20,
    URL_SIZE = 1024,
    SECRET_SIZE = 1024,
    WORDS_SIZE = 200,
    NO_SUCH_SCHEMA = 40403, /* Confluent's error codes */
    NO_SUCH_SUBJECT = 40401,
    NO_SUCH_VERSION = 40402,
};

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

enum request_state {
    REQUEST_FREE,
    REQUEST_RUNNING,
    REQUEST_ENDED,
};

struct request {
    enum request_state state;
    char path[URL_SIZE]; /* behind the url, and so what the request is */
    struct buffer body;  /* what is sent; empty of a GET */
    struct buffer answer;
    CURL *easy;
    CURLcode result;
    long http_status;
    int64_t ended_ms; /* monotonic */
};

/* An id of which the registry has said that there is nothing to read by it, and in which words. */
struct unknown_id {
    uint32_t id;
    int64_t until_ms; /* monotonic */
    struct error words;
};

struct registry {
    struct registry_options options; /* its texts are copies */
    CURLM *multi;
    struct curl_slist *headers;
    struct request requests[REQUESTS_MAX];
    struct unknown_id unknown[UNKNOWN_MAX];
    uint32_t unknown_next;
    int64_t backoff_ms;
    int64_t backoff_until_ms; /* monotonic */
    struct error fault;       /* why */
    json_t *parsed;           /* the newest answer, for what was given out of it */
    json_t *kept;             /* path -> answer: what is being put together over several calls */
    char *whole;              /* the newest schema that was put together */
};

/* ---- Faults ------------------------------------------------------------------------------- */

static enum status fault(struct registry *registry, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nothing is asked again before the back-off is over. */
static enum status fault(struct registry *registry, struct error *error, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    int64_t twice = 2 * registry->backoff_ms;
    registry->backoff_ms = twice > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : twice;
    registry->backoff_ms =
        registry->backoff_ms < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : registry->backoff_ms;
    registry->backoff_until_ms = clock_monotonic_ms() + registry->backoff_ms;
    (void)error_set(&registry->fault, RETRY, "schema registry %s: %s", registry->options.url,
                    size < 0 ? "" : words);
    *error = registry->fault;
    return RETRY;
}

/* ---- Requests ----------------------------------------------------------------------------- */

static void request_clear(struct registry *registry, struct request *request)
{
    if (request->easy && request->state == REQUEST_RUNNING) {
        (void)curl_multi_remove_handle(registry->multi, request->easy);
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
static enum status read_password(struct registry *registry, char ret_password[SECRET_SIZE],
                                 struct error *error)
{
    const char *path = registry->options.password_file;
    ret_password[0] = '\0';
    if (!*path) {
        return OK;
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        return fault(registry, error, "the password file %.100s: %s", path, strerror(errno));
    }
    bool read = fgets(ret_password, SECRET_SIZE, file) != NULL;
    (void)fclose(file); /* only read */
    ret_password[strcspn(ret_password, "\r\n")] = '\0';
    return read ? OK : fault(registry, error, "the password file %.100s is empty", path);
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (*text) {
        (void)curl_easy_setopt(easy, option, text);
    }
}

/* What stays the same from request to request is set again too: reset forgets it all. */
static enum status request_prepare(struct registry *registry, struct request *request,
                                   const char *method, struct error *error)
{
    const struct registry_options *options = &registry->options;
    char url[2 * URL_SIZE];
    char password[SECRET_SIZE];
    enum status status = read_password(registry, password, error);
    if (status != OK) {
        return status;
    }
    (void)snprintf(url, sizeof url, "%s%s", options->url, request->path);
    curl_easy_reset(request->easy);
    (void)curl_easy_setopt(request->easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, registry->headers);
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
static struct request *request_place(struct registry *registry, const char *path, struct text body)
{
    struct request *free_one = NULL;
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *each = &registry->requests[i];
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
        request_clear(registry, free_one);
    }
    return free_one;
}

static enum status request_start(struct registry *registry, struct request *request,
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
    enum status status = request_prepare(registry, request, method, error);
    if (status == OK && curl_multi_add_handle(registry->multi, request->easy) != CURLM_OK) {
        status = error_set(error, FATAL, "no memory for a request to the schema registry");
    }
    if (status == OK) {
        request->state = REQUEST_RUNNING;
    } else {
        buffer_done(&request->body);
    }
    return status;
}

static void end_requests(struct registry *registry)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(registry->multi, &left))) {
        for (size_t i = 0; i < REQUESTS_MAX; i++) {
            struct request *request = &registry->requests[i];
            if (request->state == REQUEST_RUNNING && request->easy == message->easy_handle) {
                request->result = message->data.result;
                (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE,
                                        &request->http_status);
                (void)curl_multi_remove_handle(registry->multi, request->easy);
                request->state = REQUEST_ENDED;
                request->ended_ms = clock_monotonic_ms();
                break; /* the message is gone with its handle */
            }
        }
    }
}

/* Lets all requests go on until this one has ended, or it has taken its time. */
static void request_wait(struct registry *registry, const struct request *request)
{
    int64_t until_ms = clock_monotonic_ms() + registry->options.wait_ms;
    for (;;) {
        int running;
        (void)curl_multi_perform(registry->multi, &running);
        end_requests(registry);
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (request->state != REQUEST_RUNNING || left_ms <= 0) {
            return;
        }
        (void)curl_multi_poll(registry->multi, NULL, 0, (int)left_ms, NULL);
    }
}

/* One request up to its answer. With OK the answer, JSON, is in registry->parsed, whatever the
 * status of HTTP; RETRY where there is none (yet). */
static enum status ask(struct registry *registry, const char *method, const char *path,
                       struct text body, long *ret_http_status, struct error *error)
{
    if (clock_monotonic_ms() < registry->backoff_until_ms) {
        *error = registry->fault;
        return RETRY;
    }
    struct request *request = request_place(registry, path, body);
    if (!request) {
        return error_set(error, RETRY, "schema registry %s: too many requests are under way",
                         registry->options.url);
    }
    if (request->state == REQUEST_FREE) {
        enum status status = request_start(registry, request, method, path, body, error);
        if (status != OK) {
            return status;
        }
    }
    request_wait(registry, request);
    if (request->state == REQUEST_RUNNING) {
        return error_set(error, RETRY, "schema registry %s: waiting for its answer to %s",
                         registry->options.url, path);
    }
    if (request->result != CURLE_OK) {
        CURLcode result = request->result;
        request_clear(registry, request);
        return fault(registry, error, "%s: %s", path, curl_easy_strerror(result));
    }
    json_decref(registry->parsed);
    registry->parsed =
        json_loadb((const char *)request->answer.data, request->answer.size, JSON_DECODE_ANY, NULL);
    *ret_http_status = request->http_status;
    request_clear(registry, request);
    if (!registry->parsed) {
        return fault(registry, error,
                     "%s: HTTP status %ld and no JSON; is schema.registry.url right?", path,
                     *ret_http_status);
    }
    return OK;
}

/* An answer that is neither what was asked for nor a clear no. */
static enum status refused(struct registry *registry, const char *path, long http_status,
                           struct error *error)
{
    const char *words = json_string_value(json_object_get(registry->parsed, "message"));
    return fault(registry, error, "%s: HTTP status %ld%s%.*s", path, http_status, words ? ": " : "",
                 WORDS_SIZE, words ? words : "");
}

static void went_well(struct registry *registry)
{
    registry->backoff_ms = 0;
}

static bool says(const struct registry *registry, int code)
{
    return json_integer_value(json_object_get(registry->parsed, "error_code")) == code;
}

/* ---- Schemas by id ------------------------------------------------------------------------ */

static bool is_known_as_unknown(const struct registry *registry, uint32_t id, struct error *error)
{
    for (size_t i = 0; i < UNKNOWN_MAX; i++) {
        if (registry->unknown[i].id == id && registry->unknown[i].until_ms > clock_monotonic_ms()) {
            *error = registry->unknown[i].words;
            return true;
        }
    }
    return false;
}

/* The registry has said that nothing can be read by this id, in the words of `error`. */
static enum status remember_unknown(struct registry *registry, uint32_t id,
                                    const struct error *error)
{
    registry->unknown[registry->unknown_next++ % UNKNOWN_MAX] =
        (struct unknown_id){id, clock_monotonic_ms() + UNKNOWN_MS, *error};
    went_well(registry);
    return POISON;
}

/* The registry's answer about a schema, for people `what`; borrowed until the next request. */
static enum status ask_schema(struct registry *registry, const char *path, const char *what,
                              json_t **ret_answer, struct error *error)
{
    long http_status = 0;
    enum status status = ask(registry, "GET", path, (struct text){0}, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) || says(registry, NO_SUCH_SUBJECT) ||
                               says(registry, NO_SUCH_VERSION))) {
        return error_set(error, POISON, "the schema registry knows no %s", what);
    }
    if (http_status != 200 || !json_is_string(json_object_get(registry->parsed, "schema"))) {
        return refused(registry, path, http_status, error);
    }
    went_well(registry);
    const char *type = json_string_value(json_object_get(registry->parsed, "schemaType"));
    if (type && strcmp(type, "AVRO") != 0) {
        return error_set(error, POISON, "the registry's %s is %.32s, not AVRO", what, type);
    }
    *ret_answer = registry->parsed;
    return OK;
}

static struct text schema_in(const json_t *answer)
{
    const json_t *schema = json_object_get(answer, "schema");
    return (struct text){json_string_value(schema), (uint32_t)json_string_length(schema)};
}

/* ---- Schemas that refer to others --------------------------------------------------------- */

/* Asked for once and kept, so that what takes several calls comes to an end. Borrowed. */
static enum status keep_schema(struct registry *registry, const char *path, const char *what,
                               json_t **ret_answer, struct error *error)
{
    *ret_answer = json_object_get(registry->kept, path);
    if (*ret_answer) {
        return OK;
    }
    if (json_object_size(registry->kept) >= KEPT_MAX) {
        (void)json_object_clear(registry->kept);
    }
    enum status status = ask_schema(registry, path, what, ret_answer, error);
    if (status == OK && json_object_set(registry->kept, path, *ret_answer) != 0) {
        status = error_set(error, FATAL, "no memory for a schema of the registry");
    }
    return status;
}

/* "/subjects/shop.Address/versions/3"; false where it does not say that. */
static bool reference_path(const json_t *reference, char path[URL_SIZE])
{
    const char *subject = json_string_value(json_object_get(reference, "subject"));
    const json_t *version = json_object_get(reference, "version");
    char *escaped = subject ? curl_easy_escape(NULL, subject, 0) : NULL;
    int size = escaped ? snprintf(path, URL_SIZE, "/subjects/%s/versions/%" JSON_INTEGER_FORMAT,
                                  escaped, json_integer_value(version))
                       : -1;
    curl_free(escaped);
    return json_is_integer(version) && size > 0 && size < URL_SIZE;
}

/* Adds what the reference names to `answers`, unless it is there. */
static enum status fetch_part(struct registry *registry, const json_t *reference, json_t *paths,
                              json_t *answers, struct error *error)
{
    char path[URL_SIZE];
    json_t *answer = NULL;
    if (!reference_path(reference, path)) {
        return error_set(error, POISON,
                         "the registry's schema refers to another without subject and version");
    }
    if (json_object_get(paths, path)) {
        return OK;
    }
    if (json_array_size(answers) > PARTS_MAX) {
        return error_set(error, POISON, "the registry's schema refers to more than %d others",
                         PARTS_MAX);
    }
    enum status status = keep_schema(registry, path, path, &answer, error);
    if (status == OK && (json_object_set_new(paths, path, json_true()) != 0 ||
                         json_array_append(answers, answer) != 0)) {
        status = error_set(error, FATAL, "no memory for a schema of the registry");
    }
    return status;
}

/* What the first of the answers refers to, what that refers to, and so on, behind it. */
static enum status fetch_parts(struct registry *registry, json_t *answers, struct error *error)
{
    json_t *paths = json_object();
    enum status status = OK;
    for (size_t i = 0; status == OK && i < json_array_size(answers); i++) {
        const json_t *references = json_object_get(json_array_get(answers, i), "references");
        for (size_t j = 0; status == OK && j < json_array_size(references); j++) {
            status = fetch_part(registry, json_array_get(references, j), paths, answers, error);
        }
    }
    json_decref(paths);
    return status;
}

static enum status put_together(struct registry *registry, const json_t *answers,
                                struct text *ret_json, struct error *error)
{
    struct text texts[PARTS_MAX + 1];
    size_t count = json_array_size(answers);
    for (size_t i = 0; i < count; i++) {
        texts[i] = schema_in(json_array_get(answers, i));
    }
    free(registry->whole);
    enum status status = OK;
    if (count > 1) {
        status = schema_whole(texts[0], texts + 1, (uint32_t)count - 1, &registry->whole, error);
    } else {
        registry->whole = strndup(texts[0].data, texts[0].size);
    }
    if (!registry->whole && status == OK) {
        status = error_set(error, FATAL, "no memory for a schema of the registry");
    }
    *ret_json = text_of(status == OK ? registry->whole : "");
    return status;
}

/* The schema of an answer, with what it refers to in its place. */
static enum status schema_of(struct registry *registry, json_t *answer, struct text *ret_json,
                             struct error *error)
{
    json_t *answers = json_array();
    enum status status = json_array_append(answers, answer) == 0
                             ? fetch_parts(registry, answers, error)
                             : error_set(error, FATAL, "no memory for a schema of the registry");
    if (status == OK) {
        status = put_together(registry, answers, ret_json, error);
    }
    json_decref(answers);
    return status;
}

enum status registry_schema(struct registry *registry, uint32_t id, struct text *ret_json,
                            struct error *error)
{
    char path[64];
    char what[64];
    json_t *answer = NULL;
    if (is_known_as_unknown(registry, id, error)) {
        return POISON;
    }
    (void)snprintf(path, sizeof path, "/schemas/ids/%" PRIu32, id);
    (void)snprintf(what, sizeof what, "schema %" PRIu32, id);
    enum status status = keep_schema(registry, path, what, &answer, error);
    if (status == OK) {
        status = schema_of(registry, answer, ret_json, error);
    }
    if (status == OK || status == POISON) {
        (void)json_object_del(registry->kept, path); /* the caller keeps what comes of it */
    }
    return status == POISON ? remember_unknown(registry, id, error) : status;
}

/* ---- Ids of schemas ----------------------------------------------------------------------- */

/* A subject is a topic's name and "-value": nothing in it needs an escape but what a prefix has. */
static bool subject_is_plain(const char *subject)
{
    return strspn(subject, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               strlen(subject) &&
           strlen(subject) < URL_SIZE / 2;
}

static enum status post_schema(struct registry *registry, const char *path, struct text json,
                               long *ret_http_status, struct error *error)
{
    json_t *object = json_pack("{s:s%}", "schema", json.data, (size_t)json.size);
    char *words = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!words) {
        return error_set(error, FATAL, "no memory for a request to the schema registry");
    }
    enum status status = ask(registry, "POST", path, text_of(words), ret_http_status, error);
    free(words);
    return status;
}

static enum status take_id(struct registry *registry, const char *path, long http_status,
                           uint32_t *ret_id, struct error *error)
{
    const json_t *id = json_object_get(registry->parsed, "id");
    json_int_t number = json_integer_value(id);
    if (http_status != 200 || !json_is_integer(id) || number < 0 || number > UINT32_MAX) {
        return refused(registry, path, http_status, error);
    }
    went_well(registry);
    *ret_id = (uint32_t)number;
    return OK;
}

enum status registry_find(struct registry *registry, const char *subject, struct text json,
                          uint32_t *ret_id, struct error *error)
{
    char path[URL_SIZE];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/subjects/%s", subject);
    enum status status = post_schema(registry, path, json, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) || says(registry, NO_SUCH_SUBJECT))) {
        went_well(registry);
        return error_set(error, POISON, "subject %s of the registry has no such schema", subject);
    }
    return take_id(registry, path, http_status, ret_id, error);
}

enum status registry_add(struct registry *registry, const char *subject, struct text json,
                         uint32_t *ret_id, struct error *error)
{
    char path[URL_SIZE];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/subjects/%s/versions", subject);
    enum status status = post_schema(registry, path, json, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 409 || http_status == 422) {
        const char *words = json_string_value(json_object_get(registry->parsed, "message"));
        went_well(registry);
        return error_set(error, POISON, "the registry refuses it for subject %s: %.*s", subject,
                         WORDS_SIZE, words ? words : "?");
    }
    return take_id(registry, path, http_status, ret_id, error);
}

enum status registry_set_rule(struct registry *registry, const char *subject, const char *rule,
                              struct error *error)
{
    char path[URL_SIZE];
    char body[128];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/config/%s", subject);
    (void)snprintf(body, sizeof body, "{\"compatibility\":\"%s\"}", rule);
    enum status status = ask(registry, "PUT", path, text_of(body), &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status != 200) {
        return refused(registry, path, http_status, error);
    }
    went_well(registry);
    return OK;
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
    if (strlen(options->url) >= URL_SIZE) {
        return error_set(error, FATAL, "schema.registry.url: more than %d bytes", URL_SIZE - 1);
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

enum status registry_new(const struct registry_options *options, struct registry **ret_registry,
                         struct error *error)
{
    enum status status = check_options(options, error);
    if (status != OK) {
        return status;
    }
    struct registry *registry = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        registry = calloc(1, sizeof *registry);
    }
    bool complete = registry && copy_options(options, &registry->options);
    if (complete) {
        registry->multi = curl_multi_init();
        registry->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
        registry->kept = json_object();
        complete = registry->multi && registry->headers && registry->kept;
    }
    if (!complete) {
        registry_free(registry);
        return error_set(error, FATAL, "no memory for the client of the schema registry");
    }
    *ret_registry = registry;
    return OK;
}

static void free_text(const char *text)
{
    free((char *)(uintptr_t)text);
}

void registry_free(struct registry *registry)
{
    if (!registry) {
        return;
    }
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        request_clear(registry, &registry->requests[i]);
        curl_easy_cleanup(registry->requests[i].easy);
    }
    curl_multi_cleanup(registry->multi);
    curl_slist_free_all(registry->headers);
    json_decref(registry->parsed);
    json_decref(registry->kept);
    free(registry->whole);
    free_text(registry->options.url);
    free_text(registry->options.username);
    free_text(registry->options.password_file);
    free_text(registry->options.ca_file);
    free_text(registry->options.certificate_file);
    free_text(registry->options.key_file);
    free(registry);
    curl_global_cleanup();
}
