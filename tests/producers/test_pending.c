#include "fact_support.h"

#include "core/contract.h"
#include "core/policy.h"
#include "producers/pending.h"

static void change(struct pending *pending, const char *order_id, enum line_state before,
                   enum line_state after, int64_t at_ms)
{
    struct line_change line = {.line_no = 1, .before = before, .after = after};
    struct case_event event = {
        .order_id = text_of(order_id), .at_ms = at_ms, .lines = &line, .line_count = 1};
    struct error error;
    assert_int_equal(pending_take(pending, TOPIC_CASE_EVENT, &event, &error), OK);
}

static void notify(struct pending *pending, int64_t decide_by_ms)
{
    struct notice_line line = {.line_no = 1, .decide_by_ms = {.value = decide_by_ms, .set = true}};
    struct notification notice = {.kind = NOTICE_SHORTAGE, .lines = &line, .line_count = 1};
    struct error error;
    assert_int_equal(pending_take(pending, TOPIC_NOTIFICATION, &notice, &error), OK);
}

static void test_lines_wait_from_the_shortage_to_the_end(void **state)
{
    (void)state;
    struct pending pending = {0};
    change(&pending, "a", LINE_UNKNOWN, LINE_CONFIRMING, 100);
    change(&pending, "b", LINE_UNKNOWN, LINE_CONFIRMING, 100);
    assert_int_equal(pending.open_count, 2);
    change(&pending, "a", LINE_CONFIRMING, LINE_RECOVERED, 200);
    change(&pending, "a", LINE_CONFIRMING, LINE_RECOVERED, 200); /* read twice */
    assert_int_equal(pending.open_count, 1);
    change(&pending, "b", LINE_CONFIRMING, LINE_AWAITING_DECISION, 300);
    change(&pending, "b", LINE_AWAITING_DECISION, LINE_REFUNDING, 400);
    assert_int_equal(pending.open_count, 1);
    change(&pending, "b", LINE_REFUNDING, LINE_REFUND_FAILED, 500);
    assert_int_equal(pending.open_count, 0);
    pending_done(&pending);
}

static void test_a_new_shortage_is_due_when_the_longest_grace_is_over(void **state)
{
    (void)state;
    struct pending pending = {0};
    assert_true(pending_next_ms(&pending) == INT64_MAX);
    change(&pending, "a", LINE_UNKNOWN, LINE_CONFIRMING, 100);
    assert_int_equal(pending_next_ms(&pending), 100 + GRACE_MAX_MS);
    pending_pass(&pending, 100 + GRACE_MAX_MS);
    assert_true(pending_next_ms(&pending) == INT64_MAX);
    pending_done(&pending);
}

static void test_deadlines_come_earliest_first(void **state)
{
    (void)state;
    struct pending pending = {0};
    for (int64_t i = 0; i < 1000; i++) {
        notify(&pending, i * 7919 % 1000);
    }
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(pending_next_ms(&pending), i);
        pending_pass(&pending, i);
    }
    assert_true(pending_next_ms(&pending) == INT64_MAX);
    pending_done(&pending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_wait_from_the_shortage_to_the_end),
        cmocka_unit_test(test_a_new_shortage_is_due_when_the_longest_grace_is_over),
        cmocka_unit_test(test_deadlines_come_earliest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
