#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/contract.h"
#include "shortfall/timeline.h"

#define T0 INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */

static struct order_line line = {.line_no = 1, .sku = TEXT("A"), .quantity = 1, .paid_minor = 999};
static const struct order_paid order = {
    .marketplace = TEXT("m"),
    .seller_id = TEXT("s1"),
    .currency = TEXT("JPY"),
    .paid_at_ms = T0,
    .lines = &line,
    .line_count = 1,
};
static const struct seller_response offer = {
    .kind = RESPONSE_OFFER_COMPENSATION,
    .amount_minor = {50, true},
    .responded_at_ms = T0 + 1000,
};
static const struct buyer_decision cancel = {
    .choice = CHOICE_CANCEL, .line_no = 1, .decided_at_ms = T0 + 2000};
static const struct fulfilment_plan plan = {
    .action = PLAN_CANCEL, .line_no = 1, .at_ms = T0 + 2000};
static const struct notification notice = {
    .audience = AUDIENCE_BUYER, .kind = NOTICE_REFUND_DONE, .at_ms = T0 + 2000};
static const struct shortage closed = {
    .kind = SHORTAGE_CLOSED, .line_no = 1, .reason = CLOSE_REFUNDED, .at_ms = T0 + 2000};
static const struct case_event silent = {.verdict = VERDICT_APPLIED, .at_ms = T0 + 2000};

static void add(struct timeline *timeline, enum topic topic, const void *record, const char *bytes)
{
    struct timeline_entry entry = {
        .topic = topic,
        .at_ms = timeline_record_ms(topic, record),
        .record = record,
        .bytes = text_of(bytes),
    };
    struct error error;
    assert_int_equal(timeline_add(timeline, &entry, &error), OK);
}

static void test_things_are_told_by_time_and_causes_before_what_follows(void **state)
{
    struct timeline timeline;
    struct buffer out = {0};
    (void)state;
    timeline_init(&timeline, NULL, &language_en);
    add(&timeline, TOPIC_NOTIFICATION, &notice, "1");
    add(&timeline, TOPIC_SHORTAGE, &closed, "2");
    add(&timeline, TOPIC_CASE_EVENT, &silent, "3");
    add(&timeline, TOPIC_FULFILMENT_PLAN, &plan, "4");
    add(&timeline, TOPIC_BUYER_DECISION, &cancel, "5");
    add(&timeline, TOPIC_BUYER_DECISION, &cancel, "5");
    add(&timeline, TOPIC_BUYER_DECISION, &cancel, "5");
    add(&timeline, TOPIC_SELLER_RESPONSE, &offer, "6");
    add(&timeline, TOPIC_ORDER_PAID, &order, "7");
    timeline_sort(&timeline);
    timeline_write(&timeline, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(
        (const char *)out.data,
        "2026-11-11T00:00:00.000Z  Paid JPY 999 to seller s1 (m): line 1, 1 x A, JPY 999.\n"
        "2026-11-11T00:00:01.000Z  The seller offered JPY 50 in some form for the whole case.\n"
        "2026-11-11T00:00:02.000Z  The buyer cancelled line 1. (came 3 times)\n"
        "2026-11-11T00:00:02.000Z  Plan: do not ship line 1.\n"
        "2026-11-11T00:00:02.000Z  Told the buyer: the refund is done.\n"
        "2026-11-11T00:00:02.000Z  Line 1 has left the queue: REFUNDED.\n");
    buffer_done(&out);
    timeline_done(&timeline);
}

static void test_a_dead_letter_is_told_by_its_own_words(void **state)
{
    struct timeline timeline;
    struct buffer out = {0};
    struct error error;
    const struct timeline_entry entry = {
        .topic = TOPIC_ORDER_PAID_DLQ,
        .at_ms = T0,
        .words = TEXT("A record of order-paid was given up."),
        .bytes = TEXT("x"),
    };
    (void)state;
    timeline_init(&timeline, NULL, &language_en);
    assert_int_equal(timeline_add(&timeline, &entry, &error), OK);
    timeline_sort(&timeline);
    timeline_write(&timeline, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal((const char *)out.data,
                        "2026-11-11T00:00:00.000Z  A record of order-paid was given up.\n");
    buffer_done(&out);
    timeline_done(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_things_are_told_by_time_and_causes_before_what_follows),
        cmocka_unit_test(test_a_dead_letter_is_told_by_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
