#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/summary.h"

enum { MINUTE_MS = 60000 };

static struct arena *arena;
static struct summary summary;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(16 << 20);
    return summary_init(&summary, arena, &error);
}

static int end(void **state)
{
    (void)state;
    summary_done(&summary);
    arena_free(arena);
    return 0;
}

static void take(enum topic topic, const void *record)
{
    struct error error;
    assert_int_equal(summary_take(&summary, topic, record, &error), OK);
}

static struct order_line lines[] = {
    {.line_no = 1, .paid_minor = 1000},
    {.line_no = 2, .paid_minor = 2000},
};
static const struct order_paid order = {
    .order_id = TEXT("o1"), .currency = TEXT("CNY"), .lines = lines, .line_count = 2};

static void take_log(int32_t line_no)
{
    struct sku_fact fact = {.kind = FACT_PAID, .order_id = TEXT("o1"), .line_no = line_no};
    const struct sku_event event = {.facts = &fact, .fact_count = 1};
    take(TOPIC_SKU_EVENT, &event);
}

static void take_shortage(int32_t line_no)
{
    const struct shortage shortage = {
        .order_id = TEXT("o1"),
        .line_no = line_no,
        .at_ms = 1000,
        .kind = SHORTAGE_UNFILLABLE,
        .cause = CAUSE_OVERSOLD,
        .paid_minor = 1000 * line_no,
    };
    take(TOPIC_SHORTAGE, &shortage);
}

static void take_event(int32_t line_no, enum line_state after)
{
    struct line_change change = {line_no, LINE_UNKNOWN, after};
    const struct case_event event = {
        .order_id = TEXT("o1"),
        .case_id = TEXT("c1"),
        .verdict = VERDICT_APPLIED,
        .lines = &change,
        .line_count = 1,
    };
    take(TOPIC_CASE_EVENT, &event);
}

static void take_notice(const char *id, const char *case_id)
{
    struct notice_line line = {.line_no = 1};
    const struct notification notice = {
        .order_id = TEXT("o1"),
        .case_id = text_of(case_id),
        .notification_id = text_of(id),
        .audience = AUDIENCE_BUYER,
        .kind = NOTICE_SHORTAGE,
        .at_ms = 1000 + 2 * MINUTE_MS,
        .lines = &line,
        .line_count = 1,
    };
    take(TOPIC_NOTIFICATION, &notice);
}

static void take_refund(const char *id, int64_t amount_minor, int32_t attempt)
{
    const struct refund_request request = {
        .order_id = TEXT("o1"),
        .line_no = 1,
        .refund_id = text_of(id),
        .currency = TEXT("CNY"),
        .amount_minor = amount_minor,
        .attempt = attempt,
        .reason = REFUND_FOR_SILENCE,
    };
    take(TOPIC_REFUND_REQUEST, &request);
}

static void take_result(const char *id, int32_t attempt, enum refund_status status)
{
    const struct refund_result result = {
        .refund_id = text_of(id), .attempt = attempt, .status = status};
    take(TOPIC_REFUND_RESULT, &result);
}

/* One line that was never short, one that was refunded; every record that may come twice does. */
static void take_a_good_story(void)
{
    const struct listing_status sold_out = {.sku = TEXT("A"), .status = LISTING_SOLD_OUT};
    const struct listing_status available = {.sku = TEXT("A"), .status = LISTING_AVAILABLE};
    take(TOPIC_ORDER_PAID, &order);
    take(TOPIC_ORDER_PAID, &order);
    take_log(1);
    take_log(2);
    take_log(2);
    take_shortage(1);
    take(TOPIC_LISTING_STATUS, &sold_out);
    take(TOPIC_LISTING_STATUS, &sold_out);
    take(TOPIC_LISTING_STATUS, &available);
    take_event(1, LINE_CONFIRMING);
    take_event(1, LINE_REFUNDED);
    take_notice("n1", "c1");
    take_refund("r1", 1000, 1);
    take_refund("r1", 1000, 2);
    take_result("r1", 1, REFUND_STATUS_FAILED);
    take_result("r1", 2, REFUND_SUCCEEDED);
    take_result("r1", 2, REFUND_SUCCEEDED);
}

static void assert_written(bool adds_up, const char *words)
{
    struct buffer out = {0};
    assert_int_equal(summary_write(&summary, &out), adds_up);
    buffer_append_byte(&out, '\0');
    assert_false(out.failed);
    if (!strstr((const char *)out.data, words)) {
        assert_string_equal((const char *)out.data, words);
    }
    buffer_done(&out);
}

static void test_a_good_story_adds_up(void **state)
{
    (void)state;
    take_a_good_story();
    assert_written(
        true, "Orders\n"
              "  paid lines                    2\n"
              "  could not be filled           1  OVERSOLD 1\n"
              "\n"
              "Told\n"
              "  SHORTAGE                      1  BUYER 1\n"
              "  first word to the buyer: half within 2m, 95 of 100 within 2m, the last within 2m\n"
              "\n"
              "Chosen\n"
              "  by the buyer: none\n"
              "  by silence: refund 1, wait 0\n"
              "\n"
              "Done\n"
              "  held for restock              0\n"
              "  sent another product          0\n"
              "  refunds asked for             1  CNY 10.00\n"
              "  refunds succeeded             1  CNY 10.00\n"
              "  compensations                 0\n"
              "  listings closed               1\n"
              "  listings reopened             1\n"
              "\n"
              "Refused: none\n"
              "\n"
              "Dead letters\n"
              "  none\n"
              "\n"
              "How the lines of the cases stand\n"
              "  REFUNDED                      1\n"
              "\n"
              "Does it add up?\n"
              "  \xe2\x9c\x93 paid lines 2 = never short 1 + in cases 1 + dead letters 0\n"
              "  \xe2\x9c\x93 every refund succeeded exactly once, or a person was asked: 1 of "
              "1, with a person 0, open 0, twice 0\n"
              "  \xe2\x9c\x93 nobody got back more than was paid\n"
              "  \xe2\x9c\x93 every notice has its case, and was given once: 1\n");
}

static void test_a_line_that_never_reached_the_log_does_not_add_up(void **state)
{
    (void)state;
    take(TOPIC_ORDER_PAID, &order);
    take_log(1);
    assert_written(false, "\xe2\x9c\x97 paid lines 2 = never short 1 + in cases 0 + dead letters 0 "
                          "+ short without a case 0 + not in the stock log 1\n");
}

static void test_a_shortage_that_no_case_took_up_does_not_add_up(void **state)
{
    (void)state;
    take(TOPIC_ORDER_PAID, &order);
    take_log(1);
    take_log(2);
    take_shortage(2);
    assert_written(false, "+ short without a case 1 + not in the stock log 0\n");
}

static void test_a_dead_order_adds_up_by_its_letter(void **state)
{
    const struct letter letter = {.reason = TEXT("INVALID")};
    struct error error;
    (void)state;
    take(TOPIC_ORDER_PAID, &order);
    assert_int_equal(summary_take_letter(&summary, TOPIC_ORDER_PAID, &letter, &order, &error), OK);
    assert_written(true, "paid lines 2 = never short 0 + in cases 0 + dead letters 2\n");
    assert_written(true, "Dead letters\n  order-paid INVALID                    1\n");
}

static void test_a_refund_that_is_open_or_came_twice_does_not_add_up(void **state)
{
    (void)state;
    take_a_good_story();
    take_refund("r2", 1, 1);
    assert_written(false, "asked: 1 of 2, with a person 0, open 1, twice 1\n");
    take_result("r2", 1, REFUND_STATUS_FAILED);
    assert_written(false, "asked: 1 of 2, with a person 0, open 1, twice 1\n");
    assert_written(false, "nobody got back more than was paid: 1 lines did\n");
}

static void test_a_refund_that_a_person_looks_after_adds_up(void **state)
{
    (void)state;
    take(TOPIC_ORDER_PAID, &order);
    take_log(1);
    take_log(2);
    take_shortage(1);
    take_event(1, LINE_REFUNDING);
    take_refund("r1", 1000, 1);
    take_result("r1", 1, REFUND_STATUS_FAILED);
    assert_written(false, "asked: 0 of 1, with a person 0, open 1, twice 0\n");
    take_event(1, LINE_REFUND_FAILED);
    assert_written(true, "asked: 0 of 1, with a person 1, open 0, twice 0\n");
    take_result("r1", 1, REFUND_SUCCEEDED);
    assert_written(true, "asked: 1 of 1, with a person 0, open 0, twice 0\n");
}

static void test_a_second_success_of_another_attempt_is_money_twice(void **state)
{
    (void)state;
    take_a_good_story();
    take_result("r1", 1, REFUND_SUCCEEDED);
    assert_written(false, "asked: 0 of 1, with a person 0, open 0, twice 1\n");
}

static void test_a_notice_needs_a_case_and_comes_once(void **state)
{
    (void)state;
    take_a_good_story();
    take_notice("n1", "c1");
    take_notice("n2", "c2");
    assert_written(false, "given once: 2, without a case 1, given again 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_story_adds_up, begin, end),
        cmocka_unit_test_setup_teardown(test_a_line_that_never_reached_the_log_does_not_add_up,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_shortage_that_no_case_took_up_does_not_add_up, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_dead_order_adds_up_by_its_letter, begin, end),
        cmocka_unit_test_setup_teardown(test_a_refund_that_is_open_or_came_twice_does_not_add_up,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_refund_that_a_person_looks_after_adds_up, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_second_success_of_another_attempt_is_money_twice,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_notice_needs_a_case_and_comes_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
