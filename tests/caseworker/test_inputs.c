/* What is poison among the caseworker's inputs, and what is a fact to be judged. */
#include "caseworker/inputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct codec *codec;
static struct arena *arena;
static struct buffer bytes;
static struct error error;
static struct input input;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return arena == NULL ||
           codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&bytes);
    codec_free(codec);
    arena_free(arena);
    return 0;
}

static enum status read(enum topic topic, const void *record)
{
    const char *reason;
    buffer_clear(&bytes);
    arena_reset(arena);
    assert_int_equal(codec_encode(codec, topic_info(topic)->type, record, &bytes, &error), OK);
    struct message message = {.topic = topic,
                              .value = {(const char *)bytes.data, (uint32_t)bytes.size}};
    enum status status = input_read(codec, &message, arena, &input, &reason, &error);
    if (status == POISON) {
        assert_string_equal(reason, "INVALID");
        assert_true(error.text[0] != '\0');
    }
    return status;
}

#define OFFER RESPONSE_OFFER_COMPENSATION
#define SHORT SHORTAGE_UNFILLABLE

/* An amount of NONE is not set. */
#define NONE INT64_MIN
#define AMOUNT(minor) .amount_minor = {.value = (minor), .set = (minor) != NONE}

#define DECISION(name, order, line, chosen)                                               \
    &(struct buyer_decision)                                                              \
    {                                                                                     \
        .id = TEXT(name), .order_id = TEXT(order), .line_no = (line), .choice = (chosen), \
        .decided_at_ms = 7                                                                \
    }
#define RESPONSE(name, order, line, said, minor)                                      \
    &(struct seller_response)                                                         \
    {                                                                                 \
        .id = TEXT(name), .order_id = TEXT(order), .line_no = (line), .kind = (said), \
        AMOUNT(minor), .responded_at_ms = 7                                           \
    }
#define RULING(name, order, line, ruled, minor)                                          \
    &(struct platform_ruling)                                                            \
    {                                                                                    \
        .id = TEXT(name), .order_id = TEXT(order), .line_no = (line), .ruling = (ruled), \
        AMOUNT(minor), .ruled_at_ms = 7                                                  \
    }
#define RESULT(name, order, line, number, how)                                                    \
    &(struct refund_result)                                                                       \
    {                                                                                             \
        .refund_id = TEXT(name), .order_id = TEXT(order), .line_no = (line), .attempt = (number), \
        .status = (how), .at_ms = 7                                                               \
    }
#define SHORTAGE(order, line, name, how, count, paid)                                 \
    &(struct shortage)                                                                \
    {                                                                                 \
        .order_id = TEXT(order), .line_no = (line), .sku = TEXT(name), .kind = (how), \
        .quantity = (count), .paid_minor = (paid), .at_ms = 7                         \
    }

static void test_a_whole_record_is_a_fact_of_its_order_and_time(void **state)
{
    (void)state;
    const struct {
        enum topic topic;
        const void *record;
        enum case_fact_kind kind;
        const char *id;
    } rows[] = {
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "A", SHORT, 1, 0), CASE_FACT_SHORTAGE, ""},
        {TOPIC_BUYER_DECISION, DECISION("i1", "o1", 1, CHOICE_WAIT), CASE_FACT_BUYER_DECISION,
         "i1"},
        {TOPIC_BUYER_DECISION, DECISION("i1", "o1", 0, CHOICE_CLAIM), CASE_FACT_BUYER_DECISION,
         "i1"},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, RESPONSE_DECLINE, NONE),
         CASE_FACT_SELLER_RESPONSE, "i1"},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, OFFER, 1), CASE_FACT_SELLER_RESPONSE, "i1"},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", 0, RULING_DISMISS, NONE),
         CASE_FACT_PLATFORM_RULING, "i1"},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", 0, RULING_COMPENSATE, 0),
         CASE_FACT_PLATFORM_RULING, "i1"},
        {TOPIC_REFUND_RESULT, RESULT("i1", "o1", 1, 1, REFUND_SUCCEEDED), CASE_FACT_REFUND_RESULT,
         "i1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read(rows[i].topic, rows[i].record), OK);
        assert_int_equal(input.fact.kind, rows[i].kind);
        assert_int_equal(input.fact.at_ms, 7);
        assert_true(text_equal(input.order_id, TEXT("o1")));
        assert_true(text_equal(input.id, text_of(rows[i].id)));
        assert_false(input.ignored);
    }
}

static void test_what_cannot_be_judged_is_poison(void **state)
{
    (void)state;
    const struct {
        enum topic topic;
        const void *record;
    } rows[] = {
        {TOPIC_SHORTAGE, SHORTAGE("", 1, "A", SHORT, 1, 0)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 0, "A", SHORT, 1, 0)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "", SHORT, 1, 0)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "A", SHORTAGE_UNKNOWN, 1, 0)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "A", SHORT, 0, 0)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "A", SHORT, 1, -1)},
        {TOPIC_SHORTAGE, SHORTAGE("o1", 1, "A", SHORT, 1, AMOUNT_MAX + 1)},
        {TOPIC_BUYER_DECISION, DECISION("", "o1", 1, CHOICE_WAIT)},
        {TOPIC_BUYER_DECISION, DECISION("i1", "", 1, CHOICE_WAIT)},
        {TOPIC_BUYER_DECISION, DECISION("i1", "o1", -1, CHOICE_WAIT)},
        {TOPIC_BUYER_DECISION, DECISION("i1", "o1", 1, CHOICE_UNKNOWN)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("", "o1", 0, OFFER, 1)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "", 0, OFFER, 1)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", -1, OFFER, 1)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, RESPONSE_UNKNOWN, 1)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, OFFER, NONE)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, OFFER, -1)},
        {TOPIC_SELLER_RESPONSE, RESPONSE("i1", "o1", 0, OFFER, AMOUNT_MAX + 1)},
        {TOPIC_PLATFORM_RULING, RULING("", "o1", 0, RULING_DISMISS, NONE)},
        {TOPIC_PLATFORM_RULING, RULING("i1", "", 0, RULING_DISMISS, NONE)},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", -1, RULING_REFUND, NONE)},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", 0, RULING_UNKNOWN, NONE)},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", 0, RULING_COMPENSATE, NONE)},
        {TOPIC_PLATFORM_RULING, RULING("i1", "o1", 0, RULING_COMPENSATE, -1)},
        {TOPIC_REFUND_RESULT, RESULT("", "o1", 1, 1, REFUND_SUCCEEDED)},
        {TOPIC_REFUND_RESULT, RESULT("i1", "", 1, 1, REFUND_SUCCEEDED)},
        {TOPIC_REFUND_RESULT, RESULT("i1", "o1", 0, 1, REFUND_SUCCEEDED)},
        {TOPIC_REFUND_RESULT, RESULT("i1", "o1", 1, 0, REFUND_SUCCEEDED)},
        {TOPIC_REFUND_RESULT, RESULT("i1", "o1", 1, 1, REFUND_UNKNOWN)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (read(rows[i].topic, rows[i].record) != POISON) {
            fail_msg("row %zu is taken", i);
        }
    }
}

static void test_a_report_is_the_allocations_business(void **state)
{
    (void)state;
    struct seller_response report = {.id = TEXT("r1"),
                                     .order_id = TEXT("o1"),
                                     .sku = TEXT("A"),
                                     .kind = RESPONSE_REPORT_NO_STOCK};
    assert_int_equal(read(TOPIC_SELLER_RESPONSE, &report), OK);
    assert_true(input.ignored);
}

static void test_a_tick_is_a_time_of_no_order(void **state)
{
    (void)state;
    struct clock_tick tick = {.at_ms = 99};
    assert_int_equal(read(TOPIC_CLOCK, &tick), OK);
    assert_int_equal(input.fact.at_ms, 99);
    assert_false(text_is_set(input.order_id));
}

static void test_bytes_that_are_no_record_are_malformed(void **state)
{
    (void)state;
    const char *reason;
    const struct text rows[] = {{0}, TEXT(""), TEXT("x"), TEXT("{\"id\": 1}")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message message = {.topic = TOPIC_BUYER_DECISION, .value = rows[i]};
        assert_int_equal(input_read(codec, &message, arena, &input, &reason, &error), POISON);
        assert_string_equal(reason, "MALFORMED");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_record_is_a_fact_of_its_order_and_time),
        cmocka_unit_test(test_what_cannot_be_judged_is_poison),
        cmocka_unit_test(test_a_report_is_the_allocations_business),
        cmocka_unit_test(test_a_tick_is_a_time_of_no_order),
        cmocka_unit_test(test_bytes_that_are_no_record_are_malformed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
