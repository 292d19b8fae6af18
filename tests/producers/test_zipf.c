#include "fact_support.h"

#include <math.h>

#include "producers/zipf.h"

enum { DRAWS = 1000000 };

static void draw(const struct zipf *zipf, uint64_t seed, uint32_t *counts)
{
    struct dice dice = dice_of_number(seed, 0);
    memset(counts, 0, zipf->count * sizeof *counts);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = zipf_draw(zipf, &dice);
        assert_true(k < zipf->count);
        counts[k]++;
    }
}

static void test_each_is_drawn_as_often_as_its_share_says(void **state)
{
    (void)state;
    const double skews[] = {0, 0.5, 1, 1.5};
    for (size_t i = 0; i < sizeof skews / sizeof skews[0]; i++) {
        struct zipf zipf;
        uint32_t counts[100];
        double shares = 0;
        assert_true(zipf_init(&zipf, 100, skews[i]));
        draw(&zipf, 7, counts);
        for (uint32_t k = 0; k < 100; k++) {
            double expected = zipf_share(&zipf, k) * DRAWS;
            assert_true(fabs(counts[k] - expected) < 6 * sqrt(expected) + 1);
            shares += zipf_share(&zipf, k);
        }
        assert_true(fabs(shares - 1) < 1e-9);
        assert_true(fabs(zipf_share(&zipf, 9) * pow(10, skews[i]) - zipf_share(&zipf, 0)) < 1e-9);
        zipf_done(&zipf);
    }
}

static void test_one_thing_is_always_drawn(void **state)
{
    (void)state;
    struct zipf zipf;
    uint32_t counts[1];
    assert_true(zipf_init(&zipf, 1, 1));
    draw(&zipf, 1, counts);
    assert_int_equal(counts[0], DRAWS);
    zipf_done(&zipf);
}

static void test_the_same_seed_draws_the_same(void **state)
{
    (void)state;
    struct zipf zipf;
    uint32_t first[50], again[50], other[50];
    assert_true(zipf_init(&zipf, 50, 1));
    draw(&zipf, 1, first);
    draw(&zipf, 1, again);
    draw(&zipf, 2, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    zipf_done(&zipf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_drawn_as_often_as_its_share_says),
        cmocka_unit_test(test_one_thing_is_always_drawn),
        cmocka_unit_test(test_the_same_seed_draws_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
