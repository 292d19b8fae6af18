#include "kit/lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* In whole seconds. */
static int look(struct lag *lag, int64_t records, int64_t now_ms)
{
    return (int)lag_look(lag, records, now_ms);
}

static void test_records_are_what_lies_between_the_position_and_the_end(void **state)
{
    (void)state;
    assert_int_equal(lag_records(3, 10), 7);
    assert_int_equal(lag_records(10, 10), 0);
    assert_int_equal(lag_records(12, 10), 0); /* the end was told before the last records came */
    assert_int_equal(lag_records(-1, 10), -1);
    assert_int_equal(lag_records(3, -1), -1);
}

static void test_seconds_are_the_age_of_what_is_being_applied(void **state)
{
    (void)state;
    struct lag lag = {0};
    lag_applied(&lag, 100000);
    assert_int_equal(look(&lag, 5, 160000), 60);
    lag_applied(&lag, 155000);
    assert_int_equal(look(&lag, 5, 161000), 6);
    lag_applied(&lag, 161000);
    assert_int_equal(look(&lag, 0, 162000), 0);
}

static void test_a_quiet_topic_has_no_lag_and_its_next_record_none_of_an_old_one(void **state)
{
    (void)state;
    struct lag lag = {0};
    lag_applied(&lag, 1000);
    assert_int_equal(look(&lag, 0, 2000), 0);
    /* An hour later a record has just come. */
    assert_int_equal(look(&lag, 0, 3600000), 0);
    assert_int_equal(look(&lag, 1, 3601000), 1);
}

static void test_where_nothing_moves_the_lag_grows_with_the_clock(void **state)
{
    (void)state;
    struct lag lag = {0};
    assert_int_equal(look(&lag, 9, 10000), 0);
    assert_int_equal(look(&lag, 9, 11000), 1);
    assert_int_equal(look(&lag, 9, 40000), 30);
    assert_int_equal(look(&lag, 9, 39000), 30); /* a clock that was set back takes nothing away */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_what_lies_between_the_position_and_the_end),
        cmocka_unit_test(test_seconds_are_the_age_of_what_is_being_applied),
        cmocka_unit_test(test_a_quiet_topic_has_no_lag_and_its_next_record_none_of_an_old_one),
        cmocka_unit_test(test_where_nothing_moves_the_lag_grows_with_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
