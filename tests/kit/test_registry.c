/* The client of a schema registry against a server that answers as it is told. */
#include "kit/registry.h"

#include <microhttpd.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kit/clock.h"

enum { SEEN_SIZE = 512, PAGES_MAX = 80 };

/* What the next requests get, and what the last one was. */
static struct {
    pthread_mutex_t lock;
    unsigned int status;
    char body[SEEN_SIZE];
    unsigned int delay_ms;
    int requests;
    char method[16];
    char path[SEEN_SIZE];
    char sent[SEEN_SIZE];
    char authorization[SEEN_SIZE];
    struct page {
        char path[64];
        char body[SEEN_SIZE];
    } pages[PAGES_MAX]; /* answered by their path, where there are any */
    size_t page_count;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct MHD_Daemon *daemon_handle;
static char url[64];
static struct error error;

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **request)
{
    static int begun;
    (void)context, (void)version;
    if (!*request) {
        *request = &begun;
        pthread_mutex_lock(&server.lock);
        server.requests++;
        server.sent[0] = '\0';
        pthread_mutex_unlock(&server.lock);
        return MHD_YES;
    }
    pthread_mutex_lock(&server.lock);
    if (*upload_size) {
        (void)snprintf(server.sent, SEEN_SIZE, "%.*s", (int)*upload_size, upload);
        *upload_size = 0;
        pthread_mutex_unlock(&server.lock);
        return MHD_YES;
    }
    const char *name = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    (void)snprintf(server.authorization, SEEN_SIZE, "%s", name ? name : "");
    (void)snprintf(server.method, sizeof server.method, "%s", method);
    (void)snprintf(server.path, SEEN_SIZE, "%s", path);
    unsigned int delay_ms = server.delay_ms;
    unsigned int status = server.status;
    char *body = server.body;
    for (size_t i = 0; i < server.page_count; i++) {
        if (strcmp(server.pages[i].path, path) == 0) {
            body = server.pages[i].body;
            status = 200;
        }
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&server.lock);
    (void)usleep(delay_ms * 1000);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static void answer(unsigned int status, const char *body)
{
    pthread_mutex_lock(&server.lock);
    server.status = status;
    server.delay_ms = 0;
    server.requests = 0;
    server.page_count = 0;
    (void)snprintf(server.body, SEEN_SIZE, "%s", body);
    pthread_mutex_unlock(&server.lock);
}

/* Of a path; what has none is unknown. */
static void page(const char *path, const char *body)
{
    pthread_mutex_lock(&server.lock);
    assert_true(server.page_count < PAGES_MAX);
    struct page *page = &server.pages[server.page_count++];
    (void)snprintf(page->path, sizeof page->path, "/api%s", path);
    (void)snprintf(page->body, SEEN_SIZE, "%s", body);
    pthread_mutex_unlock(&server.lock);
}

static int requests(void)
{
    pthread_mutex_lock(&server.lock);
    int count = server.requests;
    pthread_mutex_unlock(&server.lock);
    return count;
}

static int server_open(void **state)
{
    (void)state;
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
    (void)unsetenv("ALL_PROXY");
    daemon_handle = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request,
                                     NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemon_handle ? MHD_get_daemon_info(daemon_handle, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/api/", info ? info->port : 0);
    return info == NULL;
}

static int server_close(void **state)
{
    (void)state;
    MHD_stop_daemon(daemon_handle);
    return 0;
}

static struct registry_options options_of(int wait_ms)
{
    return (struct registry_options){.url = url,
                                     .username = "",
                                     .password_file = "",
                                     .ca_file = "",
                                     .certificate_file = "",
                                     .key_file = "",
                                     .timeout_ms = 2000,
                                     .wait_ms = wait_ms};
}

static struct registry *registry_with(const struct registry_options *options)
{
    struct registry *registry = NULL;
    if (registry_new(options, &registry, &error) != OK) {
        fail_msg("%s", error.text);
    }
    return registry;
}

static struct registry *registry_of(int wait_ms)
{
    struct registry_options options = options_of(wait_ms);
    return registry_with(&options);
}

static void check_words(const char *words)
{
    if (!strstr(error.text, words)) {
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
    }
}

static void test_a_schema_comes_by_its_id(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    answer(200, "{\"schema\":\"\\\"long\\\"\"}");
    assert_int_equal(registry_schema(registry, 7, &json, &error), OK);
    assert_true(text_equal(json, TEXT("\"long\"")));
    assert_string_equal(server.path, "/api/schemas/ids/7");
    assert_string_equal(server.method, "GET");
    assert_string_equal(server.authorization, "");
    registry_free(registry);
}

static void test_only_the_registrys_own_no_is_poison_and_is_remembered(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    assert_int_equal(registry_schema(registry, 8, &json, &error), POISON);
    assert_string_equal(error.text, "the schema registry knows no schema 8");
    assert_int_equal(registry_schema(registry, 8, &json, &error), POISON);
    assert_int_equal(requests(), 1);
    answer(200, "{\"schema\":\"\\\"long\\\"\"}");
    assert_int_equal(registry_schema(registry, 9, &json, &error), OK);
    registry_free(registry);
}

static void test_what_is_no_avro_schema_is_poison(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    answer(200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\"}");
    assert_int_equal(registry_schema(registry, 1, &json, &error), POISON);
    check_words("is PROTOBUF, not AVRO");
    answer(200, "{\"schema\":\"\\\"a.B\\\"\",\"references\":[{\"name\":\"a.B\"}]}");
    assert_int_equal(registry_schema(registry, 2, &json, &error), POISON);
    check_words("without subject and version");
    registry_free(registry);
}

#define UNKNOWN_PAGE "{\"error_code\":40402,\"message\":\"Version not found\"}"
#define ORDER_PAGE                                                                            \
    "{\"schema\":\"{\\\"type\\\":\\\"array\\\",\\\"items\\\":\\\"a.B\\\"}\",\"references\":[" \
    "{\"name\":\"a.B\",\"subject\":\"a.B of/us\",\"version\":3}]}"
#define B_PAGE                                                                             \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"a.B\\\",\\\"fields\\\":[" \
    "{\\\"name\\\":\\\"c\\\",\\\"type\\\":\\\"a.C\\\"}]}\",\"references\":["               \
    "{\"name\":\"a.C\",\"subject\":\"C\",\"version\":1}]}"
#define C_PAGE                                                                            \
    "{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"C\\\",\\\"namespace\\\":" \
    "\\\"a\\\","                                                                          \
    "\\\"size\\\":2}\"}"

static void test_what_a_schema_refers_to_is_put_in_its_place(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    answer(404, UNKNOWN_PAGE);
    page("/schemas/ids/1", ORDER_PAGE);
    page("/subjects/a.B of/us/versions/3", B_PAGE); /* as the server decodes it */
    assert_int_equal(registry_schema(registry, 1, &json, &error), POISON);
    assert_string_equal(error.text, "the schema registry knows no /subjects/C/versions/1");
    int asked = requests();
    assert_int_equal(registry_schema(registry, 1, &json, &error), POISON); /* is remembered */
    assert_int_equal(requests(), asked);
    page("/schemas/ids/2", ORDER_PAGE);
    page("/subjects/C/versions/1", C_PAGE);
    if (registry_schema(registry, 2, &json, &error) != OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(json.data,
                        "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"a.B\","
                        "\"fields\":[{\"name\":\"c\",\"type\":{\"type\":\"fixed\",\"name\":\"a.C\","
                        "\"size\":2}}]}}");
    registry_free(registry);
}

/* Asks again and again, as a worker does, for at most ten seconds. */
static enum status schema_in_the_end(struct registry *registry, uint32_t id, struct text *ret_json)
{
    enum { PATIENCE_MS = 10000, AGAIN_US = 1000 };
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    enum status status;
    while ((status = registry_schema(registry, id, ret_json, &error)) == RETRY &&
           clock_monotonic_ms() < until_ms) {
        (void)usleep(AGAIN_US);
    }
    return status;
}

/* Each call waits for nothing: the answers of earlier ones count. */
static void test_what_a_schema_refers_to_may_take_many_calls(void **state)
{
    (void)state;
    struct registry *registry = registry_of(0);
    struct text json;
    answer(404, UNKNOWN_PAGE);
    page("/schemas/ids/1", ORDER_PAGE);
    page("/subjects/a.B of/us/versions/3", B_PAGE);
    page("/subjects/C/versions/1", C_PAGE);
    server.delay_ms = 20;
    assert_int_equal(schema_in_the_end(registry, 1, &json), OK);
    assert_int_equal(requests(), 3);
    registry_free(registry);
}

/* A registry that is wrong in its mind does not make us read for ever. */
static void test_references_without_end_are_poison(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    char path[64];
    char body[SEEN_SIZE];
    answer(404, UNKNOWN_PAGE);
    page("/schemas/ids/1", ORDER_PAGE);
    page("/subjects/a.B of/us/versions/3", "{\"schema\":\"\\\"int\\\"\",\"references\":["
                                           "{\"name\":\"n\",\"subject\":\"n\",\"version\":1}]}");
    for (int i = 1; i < 70; i++) {
        (void)snprintf(path, sizeof path, "/subjects/n/versions/%d", i);
        (void)snprintf(body, sizeof body,
                       "{\"schema\":\"\\\"int\\\"\",\"references\":["
                       "{\"name\":\"n\",\"subject\":\"n\",\"version\":%d}]}",
                       i + 1);
        page(path, body);
    }
    assert_int_equal(registry_schema(registry, 1, &json, &error), POISON);
    check_words("refers to more than 64 others");
    registry_free(registry);
}

static void test_every_other_answer_is_to_be_tried_again(void **state)
{
    (void)state;
    static const struct {
        unsigned int status;
        const char *body;
        const char *words;
    } rows[] = {
        {500, "{\"error_code\":50001,\"message\":\"Error in the backend\"}",
         "HTTP status 500: Error in the backend"},
        {401, "{\"error_code\":401,\"message\":\"Unauthorized\"}", "HTTP status 401: Unauthorized"},
        {404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}", "HTTP status 404"},
        {404, "<html>", "HTTP status 404 and no JSON; is schema.registry.url right?"},
        {200, "{}", "HTTP status 200"},
        {200, "", "no JSON"},
        {302, "{}", "HTTP status 302"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct registry *registry = registry_of(2000);
        struct text json;
        answer(rows[i].status, rows[i].body);
        assert_int_equal(registry_schema(registry, 1, &json, &error), RETRY);
        check_words(rows[i].words);
        error.text[0] = '\0';
        /* Until the back-off is over nobody is asked, and the words stay. */
        assert_int_equal(registry_schema(registry, 1, &json, &error), RETRY);
        check_words(rows[i].words);
        assert_int_equal(requests(), 1);
        registry_free(registry);
    }
}

static void test_after_the_back_off_it_is_asked_again(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    struct text json;
    answer(503, "{}");
    assert_int_equal(registry_schema(registry, 1, &json, &error), RETRY);
    answer(200, "{\"schema\":\"\\\"long\\\"\"}");
    assert_int_equal(schema_in_the_end(registry, 1, &json), OK);
    registry_free(registry);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct registry_options options = options_of(2000);
    options.url = "http://127.0.0.1:1";
    struct registry *registry = registry_with(&options);
    struct text json;
    assert_int_equal(registry_schema(registry, 1, &json, &error), RETRY);
    check_words("schema registry http://127.0.0.1:1: /schemas/ids/1: ");
    registry_free(registry);
}

static void test_a_slow_answer_blocks_nobody(void **state)
{
    (void)state;
    struct registry *registry = registry_of(20);
    struct text json;
    enum status status;
    answer(200, "{\"schema\":\"\\\"long\\\"\"}");
    server.delay_ms = 300;
    int64_t started_ms = clock_monotonic_ms();
    assert_int_equal(registry_schema(registry, 1, &json, &error), RETRY);
    check_words("waiting for its answer");
    assert_true(clock_monotonic_ms() - started_ms < 250);
    while ((status = registry_schema(registry, 1, &json, &error)) == RETRY &&
           clock_monotonic_ms() - started_ms < 5000) {
    }
    assert_int_equal(status, OK);
    assert_int_equal(requests(), 1);
    registry_free(registry);
}

static void test_the_password_is_read_again_at_each_request(void **state)
{
    (void)state;
    char path[] = "/tmp/shortfall-registry-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "secret\n", 7), 7);
    struct registry_options options = options_of(2000);
    options.username = "shop";
    options.password_file = path;
    struct registry *registry = registry_with(&options);
    struct text json;
    answer(200, "{\"schema\":\"\\\"long\\\"\"}");
    assert_int_equal(registry_schema(registry, 1, &json, &error), OK);
    assert_string_equal(server.authorization, "Basic c2hvcDpzZWNyZXQ=");
    assert_int_equal(pwrite(descriptor, "change", 6, 0), 6);
    assert_int_equal(registry_schema(registry, 2, &json, &error), OK);
    assert_string_equal(server.authorization, "Basic c2hvcDpjaGFuZ2U=");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(registry_schema(registry, 3, &json, &error), RETRY);
    check_words("the password file /tmp/shortfall-registry-");
    (void)close(descriptor);
    registry_free(registry);
}

static void test_schemas_are_found_and_added(void **state)
{
    (void)state;
    struct registry *registry = registry_of(2000);
    uint32_t id = 0;
    answer(200, "{\"id\":42}");
    assert_int_equal(registry_add(registry, "t-value", TEXT("\"int\""), &id, &error), OK);
    assert_int_equal(id, 42);
    assert_string_equal(server.path, "/api/subjects/t-value/versions");
    assert_string_equal(server.method, "POST");
    assert_string_equal(server.sent, "{\"schema\":\"\\\"int\\\"\"}");
    assert_int_equal(registry_find(registry, "t-value", TEXT("\"int\""), &id, &error), OK);
    assert_string_equal(server.path, "/api/subjects/t-value");
    assert_int_equal(registry_set_rule(registry, "t-value", "FULL", &error), OK);
    assert_string_equal(server.path, "/api/config/t-value");
    assert_string_equal(server.method, "PUT");
    assert_string_equal(server.sent, "{\"compatibility\":\"FULL\"}");
    answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    assert_int_equal(registry_find(registry, "t-value", TEXT("\"int\""), &id, &error), POISON);
    answer(409, "{\"error_code\":409,\"message\":\"incompatible\"}");
    assert_int_equal(registry_add(registry, "t-value", TEXT("\"int\""), &id, &error), POISON);
    check_words("the registry refuses it for subject t-value: incompatible");
    registry_free(registry);
}

static void test_options_that_cannot_be_are_named(void **state)
{
    (void)state;
    struct registry *registry = NULL;
    struct registry_options options = options_of(1);
    options.url = "registry:8081";
    assert_int_equal(registry_new(&options, &registry, &error), FATAL);
    check_words("begins neither with http:// nor with https://");
    options.url = "http://name:secret@registry";
    assert_int_equal(registry_new(&options, &registry, &error), FATAL);
    check_words("do not belong into it");
    options = options_of(1);
    options.password_file = "/a";
    assert_int_equal(registry_new(&options, &registry, &error), FATAL);
    check_words("needs schema.registry.username");
    options = options_of(1);
    options.key_file = "/a";
    assert_int_equal(registry_new(&options, &registry, &error), FATAL);
    check_words("need each other");
    assert_null(registry);
    registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schema_comes_by_its_id),
        cmocka_unit_test(test_only_the_registrys_own_no_is_poison_and_is_remembered),
        cmocka_unit_test(test_what_is_no_avro_schema_is_poison),
        cmocka_unit_test(test_what_a_schema_refers_to_is_put_in_its_place),
        cmocka_unit_test(test_what_a_schema_refers_to_may_take_many_calls),
        cmocka_unit_test(test_references_without_end_are_poison),
        cmocka_unit_test(test_every_other_answer_is_to_be_tried_again),
        cmocka_unit_test(test_after_the_back_off_it_is_asked_again),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_a_slow_answer_blocks_nobody),
        cmocka_unit_test(test_the_password_is_read_again_at_each_request),
        cmocka_unit_test(test_schemas_are_found_and_added),
        cmocka_unit_test(test_options_that_cannot_be_are_named),
    };
    return cmocka_run_group_tests(tests, server_open, server_close);
}
