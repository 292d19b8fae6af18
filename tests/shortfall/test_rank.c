#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/rank.h"

static void test_a_rank_is_the_least_number_that_enough_do_not_exceed(void **state)
{
    static const struct {
        size_t count; /* of the numbers 1, 2, 3 … */
        unsigned int percent;
        int64_t expected;
    } cases[] = {
        {1, 1, 1},     {1, 50, 1},   {1, 100, 1},     {2, 50, 1},   {3, 50, 2},
        {4, 50, 2},    {19, 95, 19}, {20, 95, 19},    {21, 95, 20}, {100, 95, 95},
        {101, 95, 96}, {100, 1, 1},  {100, 100, 100},
    };
    int64_t numbers[101];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t at = 0; at < cases[i].count; at++) {
            numbers[at] = (int64_t)(cases[i].count - at);
        }
        rank_sort(numbers, cases[i].count);
        assert_int_equal(rank_of(numbers, cases[i].count, cases[i].percent), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rank_is_the_least_number_that_enough_do_not_exceed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
