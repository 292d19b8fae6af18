#include "fact_support.h"

#include "producers/load_plan.h"

static struct load_plan plan_of(uint32_t skus, double short_share, uint64_t orders)
{
    struct load_plan plan = {.seed = 5,
                             .sku_count = skus,
                             .skew = 1,
                             .lines = 3,
                             .short_share = short_share,
                             .open_count = orders};
    assert_true(load_plan_init(&plan));
    return plan;
}

static void test_an_order_is_the_same_whenever_it_is_asked_for(void **state)
{
    (void)state;
    struct load_plan plan = plan_of(100, 0.01, 1000);
    struct load_order first, again;
    uint64_t lines = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        load_plan_order(&plan, n, 1, &first);
        load_plan_order(&plan, n, 2, &again);
        assert_true(text_equal(first.paid.order_id, again.paid.order_id));
        assert_int_equal(first.paid.line_count, again.paid.line_count);
        for (uint32_t i = 0; i < first.paid.line_count; i++) {
            assert_true(text_equal(first.lines[i].sku, again.lines[i].sku));
            assert_int_equal(first.lines[i].quantity, again.lines[i].quantity);
            assert_in_range(first.lines[i].quantity, 1, 3);
        }
        lines += first.paid.line_count;
    }
    assert_in_range(lines, 2700, 3300);
    load_plan_done(&plan);
}

/* Serves each line if it fits, first come first served; the share of what is left over of the
 * orders from `counted` on. */
static double short_share(const struct load_plan *plan, uint64_t orders, uint64_t counted)
{
    char sku[LOAD_ID_SIZE];
    int64_t wanted = 0, left = 0;
    int64_t *stock = calloc(plan->sku_count, sizeof *stock);
    assert_non_null(stock);
    for (uint32_t k = 0; k < plan->sku_count; k++) {
        struct stock_level level;
        load_plan_level(plan, k, 1, 1, sku, &level);
        stock[k] = level.on_hand;
    }
    for (uint64_t n = 0; n < orders; n++) {
        struct load_order order;
        load_plan_order(plan, n, 1, &order);
        wanted = n == counted ? 0 : wanted;
        left = n == counted ? 0 : left;
        for (uint32_t i = 0; i < order.paid.line_count; i++) {
            char *number = order.skus[i] + strlen("load-sku-");
            int64_t *of = &stock[strtoul(number, NULL, 10)];
            int32_t quantity = order.lines[i].quantity;
            wanted += quantity;
            left += quantity > *of ? quantity : 0;
            *of -= quantity > *of ? 0 : quantity;
        }
    }
    free(stock);
    return (double)left / (double)wanted;
}

static void test_about_the_wanted_share_of_demand_has_no_stock(void **state)
{
    (void)state;
    const struct {
        uint32_t skus;
        double share, least, most;
    } cases[] = {
        {1000, 0.01, 0.005, 0.02}, {1000, 0.2, 0.17, 0.23}, {100000, 0.05, 0.03, 0.09},
        {1000, 0, 0, 0.0005},      {1000, 1, 0.99, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_plan plan = plan_of(cases[i].skus, cases[i].share, 50000);
        double share = short_share(&plan, 50000, 0);
        if (share < cases[i].least || share > cases[i].most) {
            fail_msg("%u skus, share %.3f: %.4f is short", cases[i].skus, cases[i].share, share);
        }
        load_plan_done(&plan);
    }
}

static void test_what_is_sold_out_is_short_from_the_first_order_on(void **state)
{
    (void)state;
    struct load_plan plan = {.seed = 5,
                             .sku_count = 10000,
                             .skew = 1,
                             .lines = 3,
                             .short_share = 0.03,
                             .sold_out = true,
                             .open_count = 50000};
    assert_true(load_plan_init(&plan));
    double first = short_share(&plan, 5000, 0);
    double last = short_share(&plan, 50000, 45000);
    if (first < 0.025 || first > 0.035 || last < 0.025 || last > 0.035) {
        fail_msg("%.4f of the first tenth and %.4f of the last are short", first, last);
    }
    load_plan_done(&plan);
}

static void test_closings_name_the_lines_of_the_order(void **state)
{
    (void)state;
    struct load_plan plan = plan_of(100, 0.01, 1000);
    uint32_t cancelled = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        struct load_order order;
        struct order_closed closed;
        load_plan_order(&plan, n, 1, &order);
        load_plan_closing(&plan, &order, order.paid.line_count - 1, n, 9, &closed);
        assert_true(text_equal(closed.order_id, order.paid.order_id));
        assert_int_equal(closed.line_no, order.paid.line_count);
        assert_true(text_is_set(closed.warehouse_id) == (closed.reason == CLOSE_SHIPPED));
        cancelled += closed.reason == CLOSE_CANCELLED;
    }
    assert_in_range(cancelled, 20, 90);
    load_plan_done(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_is_the_same_whenever_it_is_asked_for),
        cmocka_unit_test(test_about_the_wanted_share_of_demand_has_no_stock),
        cmocka_unit_test(test_what_is_sold_out_is_short_from_the_first_order_on),
        cmocka_unit_test(test_closings_name_the_lines_of_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
