#include "kit/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_a_copy_differs_in_one_text_alone(void **context)
{
    (void)context;
    char *argv[] = {(char *)"tool",           (char *)"--bootstrap", (char *)"k:9092",
                    (char *)"--topic.prefix", (char *)"a.",          (char *)"-X",
                    (char *)"client.id=me"};
    struct settings *settings = NULL;
    struct settings *copy = NULL;
    struct error error;
    char client[16];
    size_t size = sizeof client;
    clearenv();
    assert_int_equal(settings_load(SETTINGS_TOOL, 7, argv, &settings, &error), OK);
    assert_int_equal(settings_copy_with(settings, "topic.prefix", "b.", &copy, &error), OK);
    assert_string_equal(settings_text(copy, "topic.prefix"), "b.");
    assert_string_equal(settings_text(settings, "topic.prefix"), "a.");
    assert_string_equal(settings_text(copy, "bootstrap.servers"), "k:9092");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(settings_kafka(copy, conf, &error), OK);
    assert_int_equal(rd_kafka_conf_get(conf, "client.id", client, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(client, "me");
    rd_kafka_conf_destroy(conf);
    settings_free(copy);
    assert_int_equal(settings_copy_with(settings, "topic.prefix", "b/", &copy, &error), FATAL);
    assert_non_null(strstr(error.text, "--topic.prefix"));
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_differs_in_one_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
