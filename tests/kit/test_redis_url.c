#include "kit/redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/redis_tls.h"
#include "kit/redis_view.h"

enum { TIMEOUT_MS = 150 };

static struct error error;

static void test_a_bad_url_is_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *words;
    } rows[] = {
        {"", "no address of a Redis: give redis://HOST:PORT"},
        {"127.0.0.1:6379", "no address of a Redis"},
        {"http://x", "no address of a Redis"},
        {"rediss://x:0", ""}, /* its port, or TLS that is not built in */
        {"redis://", "no host and port"},
        {"redis://:6379", "no host and port"},
        {"redis://x:0", "no host and port"},
        {"redis://x:70000", "no host and port"},
        {"redis://x:1:2", "no host and port"},
        {"redis://::1:6379", "no host and port"},
        {"redis://x/a", "a database from 0"},
        {"redis://x/1/2", "a database from 0"},
        {"redis://x/10000", "a database from 0"},
        {"redis://geheim@x", "redis.password_file"},
        {"redis://@x", "USER, :PASSWORD"},
        {"redis://:geheim%4@x", "broken escape"},
        {"redis://:geheim%00@x", "broken escape"},
        {"unix://relative", "absolute path"},
        {"unix://", "absolute path"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_view *none = NULL;
        assert_int_equal(redis_view_new(rows[i].url, NULL, NULL, "t:", TIMEOUT_MS, &none, &error),
                         FATAL);
        assert_null(none);
        if (!strstr(error.text, rows[i].words)) {
            fail_msg("'%s' is not in: %s", rows[i].words, error.text);
        }
        assert_null(strstr(error.text, "geheim"));
    }
    struct redis_view *none = NULL;
    assert_int_equal(redis_view_new("redis://r", "/nowhere", NULL, "t:", TIMEOUT_MS, &none, &error),
                     FATAL);
    assert_non_null(strstr(error.text, "/nowhere"));
    static char long_prefix[1000];
    memset(long_prefix, 'x', sizeof long_prefix - 1);
    assert_int_equal(
        redis_view_new("redis://r", NULL, NULL, long_prefix, TIMEOUT_MS, &none, &error), FATAL);
}

static void test_tls_is_refused_in_words_where_it_is_not_built_in(void **state)
{
    (void)state;
    struct redis_url parsed;
    char printed[64];
    if (!redis_tls_is_built_in()) {
        assert_int_equal(redis_url_parse("rediss://r", &parsed, &error), FATAL);
        assert_non_null(strstr(error.text, "TLS (rediss://) is not built in"));
        return;
    }
    assert_int_equal(redis_url_parse("rediss://u:p@r:7/2", &parsed, &error), OK);
    assert_true(parsed.tls);
    assert_string_equal(parsed.address.host, "r");
    redis_url_print(&parsed, printed, sizeof printed);
    assert_string_equal(printed, "rediss://r:7/2");
}

static void test_files_of_tls_without_tls_are_refused(void **state)
{
    (void)state;
    const struct redis_tls_files files[] = {{.ca = "x"}, {.certificate = "x"}, {.key = "x"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct redis_view *none = NULL;
        assert_int_equal(
            redis_view_new("redis://r", NULL, &files[i], "t:", TIMEOUT_MS, &none, &error), FATAL);
        assert_non_null(strstr(error.text, "write rediss://"));
    }
    const struct redis_tls_files empty = {.ca = "", .certificate = "", .key = ""};
    struct redis_view *plain = NULL;
    assert_int_equal(redis_view_new("redis://r", NULL, &empty, "t:", TIMEOUT_MS, &plain, &error),
                     OK);
    redis_view_free(plain);
}

static void test_a_url_is_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *host;
        int port;
        int database;
        const char *user;
        const char *password;
        const char *printed;
    } rows[] = {
        {"redis://r", "r", 6379, 0, "", "", "redis://r:6379/0"},
        {"redis://r/", "r", 6379, 0, "", "", "redis://r:6379/0"},
        {"redis://r:1/2", "r", 1, 2, "", "", "redis://r:1/2"},
        {"redis://[::1]/3", "::1", 6379, 3, "", "", "redis://[::1]:6379/3"},
        {"redis://:p@ss%2F@r", "r", 6379, 0, "", "p@ss/", "redis://r:6379/0"},
        {"redis://u:p:q@r:9", "r", 9, 0, "u", "p:q", "redis://r:9/0"},
        {"redis://u@r", "r", 6379, 0, "u", "", "redis://r:6379/0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_url parsed;
        char printed[64];
        if (redis_url_parse(rows[i].url, &parsed, &error) != OK) {
            fail_msg("%s: %s", rows[i].url, error.text);
        }
        assert_string_equal(parsed.address.host, rows[i].host);
        assert_int_equal(parsed.address.port, rows[i].port);
        assert_int_equal(parsed.database, rows[i].database);
        assert_string_equal(parsed.user, rows[i].user);
        assert_string_equal(parsed.password, rows[i].password);
        redis_url_print(&parsed, printed, sizeof printed);
        assert_string_equal(printed, rows[i].printed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_url_is_refused_in_words),
        cmocka_unit_test(test_tls_is_refused_in_words_where_it_is_not_built_in),
        cmocka_unit_test(test_files_of_tls_without_tls_are_refused),
        cmocka_unit_test(test_a_url_is_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
