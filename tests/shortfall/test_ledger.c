#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/ledger.h"

enum { DUE_MS = 5000 };

static struct arena *arena;
static struct ledger ledger;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(1 << 20);
    return ledger_init(&ledger, arena, &error);
}

static int end(void **state)
{
    (void)state;
    ledger_done(&ledger);
    arena_free(arena);
    return 0;
}

/* Whether it was the first request of the refund. */
static bool ask(const char *id, int32_t attempt, int64_t amount_minor)
{
    const struct refund_request request = {
        .order_id = TEXT("o1"),
        .line_no = 1,
        .seller_id = TEXT("s1"),
        .currency = TEXT("CNY"),
        .refund_id = text_of(id),
        .amount_minor = amount_minor,
        .attempt = attempt,
        .at_ms = 1000 * attempt,
        .due_by_ms = DUE_MS,
    };
    const struct ledger_refund *refund;
    struct error error;
    assert_int_equal(ledger_take_request(&ledger, &request, &refund, &error), OK);
    return refund;
}

/* Whether the money is back by it. */
static bool answer(const char *id, int32_t attempt, enum refund_status status, int64_t at_ms)
{
    const struct refund_result result = {
        .refund_id = text_of(id), .attempt = attempt, .status = status, .at_ms = at_ms};
    return ledger_take_result(&ledger, &result);
}

static enum refund_outcome outcome(enum line_state state)
{
    return ledger_outcome(ledger_at(&ledger, 0), state);
}

static void test_another_attempt_is_the_same_refund(void **state)
{
    (void)state;
    assert_true(ask("r1", 1, 700));
    assert_false(ask("r1", 1, 700));
    assert_false(ask("r1", 2, 700));
    assert_int_equal(ledger_count(&ledger), 1);
    assert_int_equal(ledger_at(&ledger, 0)->asked_at_ms, 1000);
    assert_false(ledger_at(&ledger, 0)->changed);
    assert_false(ask("r1", 3, 701));
    assert_true(ledger_at(&ledger, 0)->changed);
    assert_int_equal(ledger_at(&ledger, 0)->amount_minor, 700);
}

static void test_a_failure_is_final_only_where_the_case_has_given_up(void **state)
{
    (void)state;
    ask("r1", 1, 700);
    assert_int_equal(outcome(LINE_REFUNDING), REFUND_IS_OUTSTANDING);
    assert_int_equal(outcome(LINE_REFUND_FAILED), REFUND_IS_OUTSTANDING);
    assert_false(answer("r1", 1, REFUND_STATUS_FAILED, 2000));
    assert_int_equal(outcome(LINE_REFUNDING), REFUND_IS_OUTSTANDING);
    assert_int_equal(outcome(LINE_REFUND_FAILED), REFUND_HAS_FAILED);
}

static void test_a_late_success_after_a_failure_is_a_success(void **state)
{
    (void)state;
    ask("r1", 1, 700);
    answer("r1", 1, REFUND_STATUS_FAILED, 2000);
    assert_true(answer("r1", 1, REFUND_SUCCEEDED, 3000));
    assert_int_equal(outcome(LINE_REFUND_FAILED), REFUND_HAS_SUCCEEDED);
    answer("r1", 1, REFUND_STATUS_FAILED, 4000);
    assert_int_equal(outcome(LINE_REFUND_FAILED), REFUND_HAS_SUCCEEDED);
}

static void test_the_same_success_twice_is_one_and_of_two_attempts_is_two(void **state)
{
    (void)state;
    ask("r1", 1, 700);
    ask("r1", 2, 700);
    assert_true(answer("r1", 2, REFUND_SUCCEEDED, 2000));
    assert_false(answer("r1", 2, REFUND_SUCCEEDED, 2000));
    assert_false(ledger_at(&ledger, 0)->twice);
    assert_false(answer("r1", 1, REFUND_SUCCEEDED, 9000));
    assert_true(ledger_at(&ledger, 0)->twice);
    assert_int_equal(ledger_at(&ledger, 0)->succeeded_at_ms, 2000);
}

static void test_the_last_moment_is_in_time(void **state)
{
    const struct ledger_refund *refund;
    (void)state;
    ask("r1", 1, 700);
    refund = ledger_at(&ledger, 0);
    assert_false(ledger_is_overdue(refund, DUE_MS));
    assert_true(ledger_is_overdue(refund, DUE_MS + 1));
    answer("r1", 1, REFUND_SUCCEEDED, DUE_MS);
    assert_false(ledger_is_overdue(refund, DUE_MS + 1));
    assert_false(ledger_was_late(refund));
    ask("r2", 1, 1);
    answer("r2", 1, REFUND_SUCCEEDED, DUE_MS + 1);
    assert_true(ledger_was_late(ledger_at(&ledger, 1)));
}

static void test_a_result_that_nobody_asked_for_is_counted_apart(void **state)
{
    (void)state;
    assert_false(answer("r9", 1, REFUND_SUCCEEDED, 2000));
    assert_int_equal(ledger.unasked, 1);
    assert_int_equal(ledger_count(&ledger), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_another_attempt_is_the_same_refund, begin, end),
        cmocka_unit_test_setup_teardown(test_a_failure_is_final_only_where_the_case_has_given_up,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_a_late_success_after_a_failure_is_a_success, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_the_same_success_twice_is_one_and_of_two_attempts_is_two, begin, end),
        cmocka_unit_test_setup_teardown(test_the_last_moment_is_in_time, begin, end),
        cmocka_unit_test_setup_teardown(test_a_result_that_nobody_asked_for_is_counted_apart, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
