#include "kit/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>

#include "kit/clock.h"

static int pipe_ends[2];
static char lines[1 << 20];

static int set_up(void **state)
{
    (void)state;
    return pipe(pipe_ends);
}

static int tear_down(void **state)
{
    (void)state;
    close(pipe_ends[0]);
    return close(pipe_ends[1]);
}

static void begin(enum log_format format, enum log_level level, const char *worker)
{
    log_init(format, level, worker);
    log_set_descriptor(pipe_ends[1]);
}

/* What was logged since the last call, terminated. */
static const char *logged(void)
{
    static const char end_mark = '\x01';
    size_t size = 0;
    assert_int_equal(write(pipe_ends[1], &end_mark, 1), 1);
    do {
        ssize_t got = read(pipe_ends[0], lines + size, sizeof lines - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
    } while (lines[size - 1] != end_mark);
    lines[size - 1] = '\0';
    return lines;
}

/* The line without its time, which is checked. */
static const char *logged_after_time(void)
{
    const char *line = logged();
    const char *end = strchr(line, ' ');
    int64_t ms = 0;
    assert_non_null(end);
    assert_int_equal(strncmp(line, "ts=", 3), 0);
    assert_true(time_parse((struct text){line + 3, (uint32_t)(end - line - 3)}, &ms));
    assert_true(llabs(clock_now_ms() - ms) < 10000);
    return end + 1;
}

static void test_an_event_is_one_logfmt_line(void **state)
{
    (void)state;
    begin(LOG_LOGFMT, LOG_INFO, "allocator-1");
    log_event(LOG_INFO, "assigned", log_string("topic", "shortage"), log_number("partition", 3),
              log_number("offset", INT64_MIN), log_boolean("restored", true));
    assert_string_equal(logged_after_time(),
                        "level=info event=assigned worker=allocator-1 topic=shortage partition=3 "
                        "offset=-9223372036854775808 restored=true\n");
}

static void test_an_event_needs_no_fields_and_no_worker(void **state)
{
    (void)state;
    begin(LOG_LOGFMT, LOG_INFO, NULL);
    log_event(LOG_WARN, "draining");
    assert_string_equal(logged_after_time(), "level=warn event=draining\n");
}

static void test_a_level_below_the_set_one_is_silent_and_evaluates_nothing(void **state)
{
    (void)state;
    int evaluated = 0;
    begin(LOG_LOGFMT, LOG_WARN, NULL);
    log_event(LOG_INFO, "quiet", log_number("n", ++evaluated));
    assert_string_equal(logged(), "");
    assert_int_equal(evaluated, 0);
    log_event(LOG_ERROR, "loud", log_number("n", ++evaluated));
    assert_int_equal(evaluated, 1);
    assert_string_equal(logged_after_time(), "level=error event=loud n=1\n");
}

static void test_no_value_can_forge_a_field_or_a_line(void **state)
{
    (void)state;
    static const struct {
        struct text value;
        const char *logged;
    } rows[] = {
        {{"plain-1:2/3", 11}, "v=plain-1:2/3"},
        {{"", 0}, "v=\"\""},
        {{"two words", 9}, "v=\"two words\""},
        {{"a=b", 3}, "v=\"a=b\""},
        {{"say \"x\"", 7}, "v=\"say \\\"x\\\"\""},
        {{"back\\slash", 10}, "v=\"back\\\\slash\""},
        {{"a\nlevel=error", 13}, "v=\"a\\nlevel=error\""},
        {{"a\r\tb\0c", 6}, "v=\"a\\u000d\\u0009b\\u0000c\""},
        {{"\x1b[2J", 4}, "v=\"\\u001b[2J\""},
        {{"缺货", 6}, "v=缺货"},
        {{"\xff\xc0\xaf", 3}, "v=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {{"\xed\xa0\x80", 3}, "v=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {{"cut \xe7\xbc", 6}, "v=\"cut \xEF\xBF\xBD\xEF\xBF\xBD\""},
        {{"\xe2\x80\xae", 3}, "v=\"\\u202e\""},
        {{"\xc2\x85", 2}, "v=\"\\u0085\""},
        {{"\x7f", 1}, "v=\"\\u007f\""},
    };
    begin(LOG_LOGFMT, LOG_INFO, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[256];
        assert_true(snprintf(expected, sizeof expected, "level=info event=e %s\n", rows[i].logged) <
                    (int)sizeof expected);
        log_event(LOG_INFO, "e", log_text("v", rows[i].value));
        assert_string_equal(logged_after_time(), expected);
    }
}

static void test_a_text_that_is_not_there_is_left_out(void **state)
{
    (void)state;
    begin(LOG_LOGFMT, LOG_INFO, NULL);
    log_event(LOG_INFO, "e", log_string("gone", NULL), log_number("n", 1));
    assert_string_equal(logged_after_time(), "level=info event=e n=1\n");
}

static void test_an_event_is_one_json_object(void **state)
{
    (void)state;
    struct error error = {"disk \"full\"\n\xff"};
    begin(LOG_JSON, LOG_INFO, "caseworker-2");
    log_event(LOG_INFO, "refused", log_error(&error), log_number("n", -5),
              log_boolean("again", false), log_string("order_id", "O1"));
    const char *line = logged();
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *json = json_loads(line, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(json, "event")), "refused");
    assert_string_equal(json_string_value(json_object_get(json, "worker")), "caseworker-2");
    assert_string_equal(json_string_value(json_object_get(json, "error")),
                        "disk \"full\"\n\xEF\xBF\xBD");
    assert_int_equal(json_integer_value(json_object_get(json, "n")), -5);
    assert_true(json_is_false(json_object_get(json, "again")));
    json_decref(json);
}

/* Every length around the limit, so that each place where a line may be cut is met. */
static void test_a_line_that_is_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    static char value[LOG_LINE_MAX + 100];
    memset(value, '\n', sizeof value - 1);
    for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
        for (uint32_t size = 1900; size < sizeof value; size += size < 2100 ? 1 : 97) {
            begin((enum log_format)format, LOG_INFO, NULL);
            log_event(LOG_INFO, "e", log_text("v", (struct text){value, size}),
                      log_number("name_of_a_number", 1), log_string("last", "x"));
            const char *line = logged();
            size_t length = strlen(line);
            assert_true(length <= LOG_LINE_MAX);
            assert_ptr_equal(strchr(line, '\n'), line + length - 1);
            if (format == LOG_JSON) {
                json_t *json = json_loads(line, 0, NULL);
                assert_non_null(json);
                assert_true(json_is_true(json_object_get(json, "cut")) ||
                            json_object_get(json, "last"));
                json_decref(json);
            } else {
                assert_true(strstr(line, "\" cut=true\n") || strstr(line, "=1 cut=true\n") ||
                            strstr(line, " last=x\n"));
            }
        }
    }
}

enum { THREADS = 4, LINES_A_THREAD = 200 };

static void *write_lines(void *argument)
{
    (void)argument;
    for (int i = 0; i < LINES_A_THREAD; i++) {
        log_event(LOG_INFO, "e", log_string("text", "some words that are long enough to be mixed"));
    }
    return NULL;
}

static void test_lines_of_several_threads_never_mix(void **state)
{
    (void)state;
    static const char tail[] = " text=\"some words that are long enough to be mixed\"";
    pthread_t threads[THREADS];
    FILE *file = tmpfile();
    int count = 0;
    char line[512];
    assert_non_null(file);
    log_init(LOG_LOGFMT, LOG_INFO, NULL);
    log_set_descriptor(fileno(file));
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(strncmp(line, "ts=", 3), 0);
        assert_non_null(strstr(line, tail));
        count++;
    }
    assert_int_equal(count, THREADS * LINES_A_THREAD);
    assert_int_equal(fclose(file), 0);
}

static void test_levels_and_formats_have_names(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    enum log_format format = LOG_LOGFMT;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse("loud", &level));
    assert_false(log_level_parse("", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_true(log_format_parse("json", &format));
    assert_int_equal(format, LOG_JSON);
    assert_false(log_format_parse("xml", &format));
}

static void test_what_the_kafka_client_says_is_an_event(void **state)
{
    (void)state;
    begin(LOG_LOGFMT, LOG_INFO, NULL);
    log_kafka(NULL, 3, "FAIL", "[thrd:a:9092]: Connect refused");
    assert_string_equal(
        logged_after_time(),
        "level=warn event=kafka facility=FAIL words=\"[thrd:a:9092]: Connect refused\"\n");
    log_kafka(NULL, 6, "CONNECTED", "again");
    log_kafka(NULL, 4, "CONFWARN", "acks is a producer property");
    assert_string_equal(logged(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_one_logfmt_line),
        cmocka_unit_test(test_an_event_needs_no_fields_and_no_worker),
        cmocka_unit_test(test_a_level_below_the_set_one_is_silent_and_evaluates_nothing),
        cmocka_unit_test(test_no_value_can_forge_a_field_or_a_line),
        cmocka_unit_test(test_a_text_that_is_not_there_is_left_out),
        cmocka_unit_test(test_an_event_is_one_json_object),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut_and_says_so),
        cmocka_unit_test(test_lines_of_several_threads_never_mix),
        cmocka_unit_test(test_levels_and_formats_have_names),
        cmocka_unit_test(test_what_the_kafka_client_says_is_an_event),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
