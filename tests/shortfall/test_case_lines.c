#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/case_lines.h"

static struct arena *arena;
static struct case_lines lines;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(1 << 20);
    return case_lines_init(&lines, arena, &error);
}

static int end(void **state)
{
    (void)state;
    case_lines_done(&lines);
    arena_free(arena);
    return 0;
}

static void take(enum topic topic, const void *record)
{
    struct error error;
    assert_int_equal(case_lines_take(&lines, topic, record, &error), OK);
}

static void take_state(int32_t line_no, enum line_state before, enum line_state after)
{
    struct line_change change = {line_no, before, after};
    const struct case_event event = {
        .order_id = TEXT("o1"),
        .at_ms = 2000,
        .verdict = VERDICT_APPLIED,
        .lines = &change,
        .line_count = 1,
    };
    take(TOPIC_CASE_EVENT, &event);
}

static const struct shortage shortage = {
    .order_id = TEXT("o1"),
    .line_no = 1,
    .at_ms = 1000,
    .sku = TEXT("A"),
    .seller_id = TEXT("s1"),
    .currency = TEXT("CNY"),
    .quantity = 2,
    .paid_minor = 500,
};

static void test_the_newest_event_says_the_state_and_the_first_shortage_the_age(void **state)
{
    struct shortage again = shortage;
    (void)state;
    again.at_ms = 9000;
    take(TOPIC_SHORTAGE, &shortage);
    take(TOPIC_SHORTAGE, &again);
    assert_int_equal(case_lines_count(&lines), 1);
    const struct case_line_row *row = case_lines_at(&lines, 0);
    assert_int_equal(row->state, LINE_UNKNOWN);
    assert_true(case_line_is_open(row));
    take_state(1, LINE_UNKNOWN, LINE_CONFIRMING);
    take_state(1, LINE_CONFIRMING, LINE_AWAITING_DECISION);
    assert_int_equal(case_lines_count(&lines), 1);
    assert_int_equal(row->state, LINE_AWAITING_DECISION);
    assert_int_equal(row->short_at_ms, 1000);
    assert_int_equal(row->paid_minor, 500);
    assert_true(text_equal(row->sku, TEXT("A")));
    assert_int_equal(lines.latest_ms, 9000);
}

static void test_a_refused_fact_changes_nothing(void **state)
{
    struct line_change change = {1, LINE_REFUNDED, LINE_REFUNDED};
    const struct case_event refused = {
        .order_id = TEXT("o1"),
        .verdict = VERDICT_REFUSED,
        .lines = &change,
        .line_count = 1,
    };
    (void)state;
    take(TOPIC_CASE_EVENT, &refused);
    assert_int_equal(case_lines_count(&lines), 0);
}

static void test_the_deadline_is_the_one_of_the_state(void **state)
{
    struct notice_line told = {.line_no = 1, .decide_by_ms = {10, true}};
    const struct notification notice = {
        .order_id = TEXT("o1"), .kind = NOTICE_SHORTAGE, .lines = &told, .line_count = 1};
    const struct fulfilment_plan hold = {.order_id = TEXT("o1"),
                                         .line_no = 1,
                                         .action = PLAN_HOLD_FOR_RESTOCK,
                                         .until_ms = {20, true}};
    const struct refund_request refund = {.order_id = TEXT("o1"), .line_no = 1, .due_by_ms = 30};
    static const struct {
        enum line_state state;
        struct optional_long deadline_ms;
        bool open;
    } cases[] = {
        {LINE_CONFIRMING, {0, false}, true},      {LINE_AWAITING_DECISION, {10, true}, true},
        {LINE_WAITING_RESTOCK, {20, true}, true}, {LINE_SUBSTITUTING, {30, true}, true},
        {LINE_REFUNDING, {30, true}, true},       {LINE_REFUND_FAILED, {0, false}, true},
        {LINE_RECOVERED, {0, false}, false},      {LINE_FILLED_LATE, {0, false}, false},
        {LINE_SUBSTITUTED, {0, false}, false},    {LINE_REFUNDED, {0, false}, false},
        {LINE_WITHDRAWN, {0, false}, false},
    };
    (void)state;
    take(TOPIC_SHORTAGE, &shortage);
    take(TOPIC_FULFILMENT_PLAN, &hold);
    take(TOPIC_REFUND_REQUEST, &refund);
    take(TOPIC_NOTIFICATION, &notice);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        take_state(1, LINE_UNKNOWN, cases[i].state);
        const struct case_line_row *row = case_lines_at(&lines, 0);
        struct optional_long deadline_ms = case_line_deadline(row);
        assert_int_equal(deadline_ms.set, cases[i].deadline_ms.set);
        assert_int_equal(deadline_ms.value, cases[i].deadline_ms.value);
        assert_int_equal(case_line_is_open(row), cases[i].open);
    }
}

static void test_lines_of_different_orders_are_never_one(void **state)
{
    char first[LINE_KEY_SIZE];
    char second[LINE_KEY_SIZE];
    (void)state;
    assert_false(text_equal(line_key(first, TEXT("1/o"), 1), line_key(second, TEXT("o"), 11)));
    assert_false(text_equal(line_key(first, TEXT("o"), 1), line_key(second, TEXT("o"), 2)));
    assert_false(text_equal(line_key(first, TEXT("2"), 1), line_key(second, TEXT("1"), 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_the_newest_event_says_the_state_and_the_first_shortage_the_age, begin, end),
        cmocka_unit_test_setup_teardown(test_a_refused_fact_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_the_deadline_is_the_one_of_the_state, begin, end),
        cmocka_unit_test(test_lines_of_different_orders_are_never_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
