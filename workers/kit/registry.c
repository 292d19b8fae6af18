#include "kit/registry.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/registry_client.h"
#include "kit/schema_whole.h"

enum {
    UNKNOWN_MAX = 64, /* ids that are remembered as unknown */
    UNKNOWN_MS = 30000,
    PARTS_MAX = 64, /* schemas that one refers to, and those that they refer to */
    KEPT_MAX = 256,
    WORDS_SIZE = 200,
    NO_SUCH_SCHEMA = 40403, /* Confluent's error codes */
    NO_SUCH_SUBJECT = 40401,
    NO_SUCH_VERSION = 40402,
};

/* An id of which the registry has said that there is nothing to read by it, and in which words. */
struct unknown_id {
    uint32_t id;
    int64_t until_ms; /* monotonic */
    struct error words;
};

struct registry {
    struct registry_client *client;
    struct unknown_id unknown[UNKNOWN_MAX];
    uint32_t unknown_next;
    json_t *kept; /* path -> answer: what is being put together over several calls */
    char *whole;  /* the newest schema that was put together */
};

static bool says(const struct registry *registry, int code)
{
    const json_t *answer = registry_client_answer(registry->client);
    return json_integer_value(json_object_get(answer, "error_code")) == code;
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
    registry_client_went_well(registry->client);
    return POISON;
}

/* The registry's answer about a schema, for people `what`; borrowed until the next request. */
static enum status ask_schema(struct registry *registry, const char *path, const char *what,
                              json_t **ret_answer, struct error *error)
{
    long http_status = 0;
    enum status status =
        registry_client_ask(registry->client, "GET", path, (struct text){0}, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) || says(registry, NO_SUCH_SUBJECT) ||
                               says(registry, NO_SUCH_VERSION))) {
        return error_set(error, POISON, "the schema registry knows no %s", what);
    }
    if (http_status != 200 ||
        !json_is_string(json_object_get(registry_client_answer(registry->client), "schema"))) {
        return registry_client_refused(registry->client, path, http_status, error);
    }
    registry_client_went_well(registry->client);
    const char *type =
        json_string_value(json_object_get(registry_client_answer(registry->client), "schemaType"));
    if (type && strcmp(type, "AVRO") != 0) {
        return error_set(error, POISON, "the registry's %s is %.32s, not AVRO", what, type);
    }
    *ret_answer = registry_client_answer(registry->client);
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
static bool reference_path(const json_t *reference, char path[REGISTRY_URL_SIZE])
{
    const char *subject = json_string_value(json_object_get(reference, "subject"));
    const json_t *version = json_object_get(reference, "version");
    char *escaped = subject ? curl_easy_escape(NULL, subject, 0) : NULL;
    int size =
        escaped ? snprintf(path, REGISTRY_URL_SIZE, "/subjects/%s/versions/%" JSON_INTEGER_FORMAT,
                           escaped, json_integer_value(version))
                : -1;
    curl_free(escaped);
    return json_is_integer(version) && size > 0 && size < REGISTRY_URL_SIZE;
}

/* Adds what the reference names to `answers`, unless it is there. */
static enum status fetch_part(struct registry *registry, const json_t *reference, json_t *paths,
                              json_t *answers, struct error *error)
{
    char path[REGISTRY_URL_SIZE];
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
           strlen(subject) < REGISTRY_URL_SIZE / 2;
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
    enum status status =
        registry_client_ask(registry->client, "POST", path, text_of(words), ret_http_status, error);
    free(words);
    return status;
}

static enum status take_id(struct registry *registry, const char *path, long http_status,
                           uint32_t *ret_id, struct error *error)
{
    const json_t *id = json_object_get(registry_client_answer(registry->client), "id");
    json_int_t number = json_integer_value(id);
    if (http_status != 200 || !json_is_integer(id) || number < 0 || number > UINT32_MAX) {
        return registry_client_refused(registry->client, path, http_status, error);
    }
    registry_client_went_well(registry->client);
    *ret_id = (uint32_t)number;
    return OK;
}

enum status registry_find(struct registry *registry, const char *subject, struct text json,
                          uint32_t *ret_id, struct error *error)
{
    char path[REGISTRY_URL_SIZE];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/subjects/%s", subject);
    enum status status = post_schema(registry, path, json, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) || says(registry, NO_SUCH_SUBJECT))) {
        registry_client_went_well(registry->client);
        return error_set(error, POISON, "subject %s of the registry has no such schema", subject);
    }
    return take_id(registry, path, http_status, ret_id, error);
}

enum status registry_add(struct registry *registry, const char *subject, struct text json,
                         uint32_t *ret_id, struct error *error)
{
    char path[REGISTRY_URL_SIZE];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/subjects/%s/versions", subject);
    enum status status = post_schema(registry, path, json, &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status == 409 || http_status == 422) {
        const char *words =
            json_string_value(json_object_get(registry_client_answer(registry->client), "message"));
        registry_client_went_well(registry->client);
        return error_set(error, POISON, "the registry refuses it for subject %s: %.*s", subject,
                         WORDS_SIZE, words ? words : "?");
    }
    return take_id(registry, path, http_status, ret_id, error);
}

enum status registry_set_rule(struct registry *registry, const char *subject, const char *rule,
                              struct error *error)
{
    char path[REGISTRY_URL_SIZE];
    char body[128];
    long http_status = 0;
    must(subject_is_plain(subject));
    (void)snprintf(path, sizeof path, "/config/%s", subject);
    (void)snprintf(body, sizeof body, "{\"compatibility\":\"%s\"}", rule);
    enum status status =
        registry_client_ask(registry->client, "PUT", path, text_of(body), &http_status, error);
    if (status != OK) {
        return status;
    }
    if (http_status != 200) {
        return registry_client_refused(registry->client, path, http_status, error);
    }
    registry_client_went_well(registry->client);
    return OK;
}

/* ---- Life --------------------------------------------------------------------------------- */

enum status registry_new(const struct registry_options *options, struct registry **ret_registry,
                         struct error *error)
{
    struct registry_client *client = NULL;
    enum status status = registry_client_new(options, &client, error);
    if (status != OK) {
        return status;
    }
    struct registry *registry = calloc(1, sizeof *registry);
    json_t *kept = json_object();
    if (!registry || !kept) {
        free(registry);
        json_decref(kept);
        registry_client_free(client);
        return error_set(error, FATAL, "no memory for the client of the schema registry");
    }
    registry->client = client;
    registry->kept = kept;
    *ret_registry = registry;
    return OK;
}

void registry_free(struct registry *registry)
{
    if (!registry) {
        return;
    }
    registry_client_free(registry->client);
    json_decref(registry->kept);
    free(registry->whole);
    free(registry);
}
