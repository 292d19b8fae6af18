#include "kit/traceparent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/contract.h"
#include "fake_headers.h"
#include "kit/headers.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT_ID "00f067aa0ba902b7"
#define VALID "00-" TRACE_ID "-" PARENT_ID "-01"

static struct codec *codec;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    return codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error);
}

static int tear_down(void **state)
{
    (void)state;
    codec_free(codec);
    return 0;
}

static void test_what_the_standard_calls_valid_is_read(void **state)
{
    static const struct {
        const char *value;
        uint8_t flags;
    } rows[] = {
        {VALID, 1},
        {"00-" TRACE_ID "-" PARENT_ID "-00", 0},
        {"00-" TRACE_ID "-" PARENT_ID "-03", 3},
        {"00-" TRACE_ID "-" PARENT_ID "-ff", 3},        /* what we don't know is not passed on */
        {"01-" TRACE_ID "-" PARENT_ID "-01", 1},        /* a version to come */
        {"cc-" TRACE_ID "-" PARENT_ID "-01-what-is", 1} /* and what it may add */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char id[TRACE_ID_TEXT_SIZE];
        struct trace trace = traceparent_parse(text_of(rows[i].value));
        trace_id_text(&trace, id);
        assert_string_equal(id, TRACE_ID);
        assert_int_equal(trace.flags, rows[i].flags);
    }
}

static void test_what_is_not_valid_is_as_if_it_were_not_there(void **state)
{
    static const char *const values[] = {
        "",
        "00",
        "00-" TRACE_ID "-" PARENT_ID,
        "00-" TRACE_ID "-" PARENT_ID "-0",
        VALID "-what-is",
        VALID " ",
        "ff-" TRACE_ID "-" PARENT_ID "-01",
        "0g-" TRACE_ID "-" PARENT_ID "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT_ID "-01",
        "00-" TRACE_ID "-00F067AA0BA902B7-01",
        "00-" TRACE_ID "-" PARENT_ID "-0A",
        "00-00000000000000000000000000000000-" PARENT_ID "-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "00_" TRACE_ID "-" PARENT_ID "-01",
        "00-" TRACE_ID "_" PARENT_ID "-01",
        "00-" TRACE_ID "-" PARENT_ID "_01",
        "00-4bf92f3577b34da6a3ce929d0e0e473z-" PARENT_ID "-01",
        "01-" TRACE_ID "-" PARENT_ID "-01what-is",
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct trace trace = traceparent_parse(text_of(values[i]));
        if (trace_is_set(&trace)) {
            fail_msg("'%s' was taken", values[i]);
        }
    }
    char endless[TRACEPARENT_LENGTH_MAX + 2];
    memset(endless, '-', sizeof endless);
    memcpy(endless, "01-" TRACE_ID "-" PARENT_ID "-01", TRACEPARENT_SIZE - 1);
    struct trace trace = traceparent_parse((struct text){endless, TRACEPARENT_LENGTH_MAX});
    assert_true(trace_is_set(&trace));
    trace = traceparent_parse((struct text){endless, TRACEPARENT_LENGTH_MAX + 1});
    assert_false(trace_is_set(&trace));
    trace = traceparent_parse((struct text){0});
    assert_false(trace_is_set(&trace));
}

static bool has_trace(const struct fake_headers *headers)
{
    struct message message = {.topic = TOPIC_ORDER_PAID, .native = headers};
    struct trace trace = traceparent_of_message(&message);
    return trace_is_set(&trace);
}

static void test_a_record_has_one_such_header_or_no_trace(void **state)
{
    (void)state;
    struct fake_headers headers = {3, {{"ce_id", "x"}, {"traceparent", VALID}, {"b", "c"}}};
    assert_true(has_trace(&headers));
    headers.items[0].name = "traceparent";
    headers.items[0].value = VALID;
    assert_false(has_trace(&headers)); /* nobody can say which of the two is meant */
    headers = (struct fake_headers){1, {{"Traceparent", VALID}}};
    assert_false(has_trace(&headers));
    headers = (struct fake_headers){0};
    assert_false(has_trace(&headers));
    assert_false(has_trace(NULL));
}

static enum status add(struct outbox *outbox, const char *id, struct trace trace)
{
    const struct clock_tick tick = {.at_ms = 1};
    enum status status = outbox_add(outbox, TOPIC_CLOCK, 0, TEXT("k"), &type_clock_tick, &tick,
                                    text_of(id), 1, &error);
    return status ? status : traceparent_add(outbox, &trace, text_of(id), &error);
}

static void test_the_parent_is_the_record_itself_and_the_trace_goes_on(void **state)
{
    (void)state;
    struct outbox outbox;
    struct trace trace = traceparent_parse(TEXT("cc-" TRACE_ID "-" PARENT_ID "-01-more"));
    assert_int_equal(outbox_init(&outbox, codec, "test", 1 << 20, &error), OK);
    assert_int_equal(add(&outbox, "88d2768c-c71c-5e1a-a65d-d1323f6ec31a", trace), OK);
    const struct outgoing *item = &outbox.items[0];
    const struct header *last = &item->headers[item->header_count - 1];
    assert_string_equal(last->name, "traceparent");
    assert_true(text_equal(last->value, TEXT("00-" TRACE_ID "-88d2768cc71c5e1a-01")));
    trace = traceparent_parse(last->value);
    assert_true(trace_is_set(&trace));

    uint32_t without = item->header_count - 1;
    assert_int_equal(add(&outbox, "88d2768c-c71c-5e1a-a65d-d1323f6ec31a", (struct trace){0}), OK);
    assert_int_equal(outbox.items[1].header_count, without);
    outbox_done(&outbox);
}

static void test_a_header_without_room_takes_its_record_along(void **state)
{
    (void)state;
    struct trace trace = traceparent_parse(TEXT(VALID));
    bool refused_late = false;
    for (size_t limit = 16; limit <= 1024; limit += 16) {
        struct outbox outbox;
        assert_int_equal(outbox_init(&outbox, codec, "test", limit, &error), OK);
        enum status status = add(&outbox, "88d2768c-c71c-5e1a-a65d-d1323f6ec31a", trace);
        assert_int_equal(outbox.count, status == OK);
        assert_true(status == OK || status == RETRY);
        refused_late = refused_late || (status == RETRY && arena_used(outbox.arena) > 0);
        outbox_done(&outbox);
    }
    assert_true(refused_late);
}

static void test_a_copy_has_the_headers_but_for_those_left_out(void **state)
{
    (void)state;
    struct outbox outbox;
    struct outgoing *item;
    struct fake_headers headers = {3, {{"a", "1"}, {"own.b", "2"}, {"traceparent", VALID}}};
    struct message message = {.topic = TOPIC_CLOCK, .native = &headers, .value = TEXT("v")};
    assert_int_equal(outbox_init(&outbox, codec, "test", 1 << 20, &error), OK);
    assert_int_equal(
        outbox_add_bytes(&outbox, TOPIC_CLOCK, 0, TEXT("k"), message.value, &item, &error), OK);
    assert_int_equal(headers_copy(&outbox, &message, "own.", 1, item, &error), OK);
    assert_int_equal(item->header_count, 2);
    assert_string_equal(item->headers[0].name, "a");
    assert_true(text_equal(item->headers[1].value, TEXT(VALID)));
    item->header_count = 0;
    assert_int_equal(headers_copy(&outbox, &message, NULL, OUTGOING_HEADERS_MAX - 2, item, &error),
                     OK);
    assert_int_equal(item->header_count, 2); /* there is room for no more */
    assert_string_equal(item->headers[1].name, "own.b");
    outbox_done(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_standard_calls_valid_is_read),
        cmocka_unit_test(test_what_is_not_valid_is_as_if_it_were_not_there),
        cmocka_unit_test(test_a_record_has_one_such_header_or_no_trace),
        cmocka_unit_test(test_the_parent_is_the_record_itself_and_the_trace_goes_on),
        cmocka_unit_test(test_a_header_without_room_takes_its_record_along),
        cmocka_unit_test(test_a_copy_has_the_headers_but_for_those_left_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
