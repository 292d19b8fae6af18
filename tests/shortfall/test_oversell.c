#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/oversell.h"

enum { MINUTE_MS = 60000 };

static const struct span always = {INT64_MIN, INT64_MAX};
static struct arena *arena;
static struct oversell oversell;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(4 << 20);
    return oversell_init(&oversell, arena, &always, &error);
}

static int end(void **state)
{
    (void)state;
    oversell_done(&oversell);
    arena_free(arena);
    return 0;
}

static struct shortage shortage_of(int32_t line_no, enum shortage_cause cause, int64_t at_ms)
{
    return (struct shortage){
        .kind = SHORTAGE_UNFILLABLE,
        .order_id = TEXT("o1"),
        .line_no = line_no,
        .sku = TEXT("A"),
        .seller_id = TEXT("s1"),
        .quantity = 3,
        .cause = cause,
        .at_ms = at_ms,
        .stock_version = 1,
    };
}

static void take_shortage(const struct shortage *shortage)
{
    struct error error;
    assert_int_equal(oversell_take_shortage(&oversell, shortage, &error), OK);
}

static void take_short(int32_t line_no, enum shortage_cause cause, int64_t at_ms)
{
    const struct shortage shortage = shortage_of(line_no, cause, at_ms);
    take_shortage(&shortage);
}

static void take_fact(struct sku_fact fact, int64_t log_ms)
{
    struct error error;
    const struct sku_event event = {.log_ms = log_ms, .facts = &fact, .fact_count = 1};
    assert_int_equal(oversell_take_log(&oversell, &event, &error), OK);
}

static void take_sale(int32_t line_no, int64_t at_ms, int64_t quantity)
{
    take_fact((struct sku_fact){.kind = FACT_PAID,
                                .sku = TEXT("A"),
                                .order_id = TEXT("o1"),
                                .line_no = line_no,
                                .at_ms = at_ms,
                                .quantity = quantity},
              at_ms);
}

static void take_level_of(const char *warehouse_id, int64_t version, int64_t at_ms, int64_t log_ms)
{
    take_fact((struct sku_fact){.kind = FACT_LEVEL,
                                .sku = TEXT("A"),
                                .warehouse_id = text_of(warehouse_id),
                                .version = version,
                                .safety_stock = version % 10,
                                .at_ms = at_ms},
              log_ms);
}

static void take_level(int64_t version, int64_t at_ms, int64_t log_ms)
{
    take_level_of("w1", version, at_ms, log_ms);
}

/* The only row there is. */
static const struct oversell_row *make(void)
{
    struct error error;
    assert_int_equal(oversell_make(&oversell, &error), OK);
    assert_int_equal(oversell.row_count, 1);
    return &oversell.rows[0];
}

static void assert_why(const struct oversell_row *row, const char *words)
{
    struct buffer out = {0};
    oversell_why(&out, row);
    buffer_append_byte(&out, '\0');
    assert_string_equal((const char *)out.data, words);
    buffer_done(&out);
}

static void test_a_line_counts_once_by_the_cause_of_its_first_shortage(void **state)
{
    struct shortage recovered = shortage_of(5, CAUSE_OVERSOLD, 100);
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 100);
    take_short(1, CAUSE_COUNT_FELL, 200);
    take_short(2, CAUSE_REPORTED, 100);
    take_short(3, CAUSE_COUNT_FELL, 100);
    take_short(4, CAUSE_COUNT_FELL, 100);
    recovered.kind = SHORTAGE_RECOVERED;
    take_shortage(&recovered);
    row = make();
    assert_int_equal(row->lines, 4);
    assert_int_equal(row->units, 12);
    assert_int_equal(row->causes[CAUSE_OVERSOLD], 1);
    assert_int_equal(row->causes[CAUSE_COUNT_FELL], 2);
    assert_int_equal(row->causes[CAUSE_REPORTED], 1);
}

/* 20 levels, each 10 minutes late; in the delay of the n-th, n units are sold. */
static void take_twenty_levels(void)
{
    for (int32_t n = 1; n <= 20; n++) {
        int64_t counted_at_ms = (int64_t)n * 60 * MINUTE_MS;
        take_sale(10 * n, counted_at_ms, 1000);                   /* at the count: before */
        take_sale(10 * n + 1, counted_at_ms + 10 * MINUTE_MS, n); /* at the arrival: within */
        take_sale(10 * n + 2, counted_at_ms + 10 * MINUTE_MS + 1, 1000); /* after it */
        take_level(n, counted_at_ms, counted_at_ms + 10 * MINUTE_MS);
    }
}

static void test_what_95_of_100_levels_had_sold_in_their_delay_is_suggested(void **state)
{
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 100);
    take_twenty_levels();
    row = make();
    assert_int_equal(row->advice, OVERSELL_KEEP_BACK);
    assert_int_equal(row->sold.count, 20);
    assert_int_equal(row->sold.half, 10);
    assert_int_equal(row->sold.high, 19);
    assert_int_equal(row->sold.most, 20);
    assert_int_equal(row->delay_ms.half, 10 * MINUTE_MS);
    assert_int_equal(row->delay_ms.most, 10 * MINUTE_MS);
    assert_int_equal(row->safety_stock, 0);
    assert_why(row, "keep 19 back: between a level's own time and its arrival, for 95 of 100 of 20 "
                    "levels at most 19 units were sold (half: 10, the most: 20)");
}

static void test_repetitions_and_outdated_levels_change_nothing(void **state)
{
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 100);
    take_short(1, CAUSE_OVERSOLD, 100);
    take_twenty_levels();
    take_level(20, 20 * 60 * MINUTE_MS, 90 * 60 * MINUTE_MS);
    take_level(3, 0, 90 * 60 * MINUTE_MS);
    take_sale(201, 20 * 60 * MINUTE_MS + MINUTE_MS, 20);
    row = make();
    assert_int_equal(row->lines, 1);
    assert_int_equal(row->sold.count, 20);
    assert_int_equal(row->sold.most, 20);
    assert_int_equal(row->delay_ms.most, 10 * MINUTE_MS);
}

static void test_of_too_few_levels_nothing_is_suggested(void **state)
{
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 100);
    for (int32_t n = 1; n < OVERSELL_LEVELS_MIN; n++) {
        take_sale(n, n * MINUTE_MS + 1, 7);
        take_level(n, n * MINUTE_MS, n * MINUTE_MS + 2);
    }
    row = make();
    assert_int_equal(row->advice, OVERSELL_TOO_LITTLE);
    assert_why(row, "nothing to suggest: 19 levels are in the log, and at least 20 are needed to "
                    "say what 95 of 100 are like");
}

static void test_where_nothing_was_sold_in_the_delay_no_number_is_made_up(void **state)
{
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_COUNT_FELL, 100);
    for (int32_t n = 1; n <= OVERSELL_LEVELS_MIN; n++) {
        take_sale(n, n * MINUTE_MS, 7);
        take_level(n, n * MINUTE_MS, n * MINUTE_MS + 2);
    }
    row = make();
    assert_int_equal(row->advice, OVERSELL_NO_DELAY);
    assert_why(row, "nothing to suggest: in the delay of 95 of 100 levels (20 in all, 95 of 100 "
                    "within 2ms) no unit was sold, so the delay does not explain these lines");
}

static void test_a_fallen_count_is_found_when_it_arrives_and_a_sale_when_it_was_paid(void **state)
{
    const struct oversell_row *row;
    struct shortage unknown = shortage_of(3, CAUSE_OVERSOLD, 9000);
    (void)state;
    take_short(1, CAUSE_COUNT_FELL, 1000);
    take_short(2, CAUSE_OVERSOLD, 1400);
    unknown.stock_version = 2; /* its level is no longer in the log */
    take_shortage(&unknown);
    take_level(1, 1000, 1300);
    row = make();
    assert_int_equal(row->behind_ms.count, 2);
    assert_int_equal(row->behind_ms.half, 300);
    assert_int_equal(row->behind_ms.most, 400);
}

static void test_a_level_from_ahead_of_our_clock_is_not_late(void **state)
{
    const struct oversell_row *row;
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 400);
    take_level(1, 1000, 900);
    row = make();
    assert_int_equal(row->delay_ms.most, 0);
    assert_int_equal(row->behind_ms.most, 0);
}

static void test_the_safety_stock_is_that_of_all_warehouses_now(void **state)
{
    (void)state;
    take_short(1, CAUSE_OVERSOLD, 100);
    take_level_of("w1", 1, 100, 100);
    take_level_of("w1", 3, 200, 200);
    take_level_of("w2", 4, 100, 100);
    take_level_of("w2", 2, 300, 300); /* not newer */
    assert_int_equal(make()->safety_stock, 7);
}

static void test_of_skus_that_were_never_short_nothing_is_told(void **state)
{
    struct error error;
    (void)state;
    take_sale(1, 100, 1);
    take_level(1, 100, 100);
    assert_int_equal(oversell_make(&oversell, &error), OK);
    assert_int_equal(oversell.row_count, 0);
}

static void test_a_span_limits_shortages_and_levels_but_not_what_is_known_of_them(void **state)
{
    const struct oversell_row *row;
    (void)state;
    oversell.span = (struct span){1000, 2000};
    take_short(1, CAUSE_OVERSOLD, 999);
    take_short(2, CAUSE_OVERSOLD, 1000);
    take_short(3, CAUSE_OVERSOLD, 2000);
    take_level(1, 900, 950);
    take_level(2, 1500, 1510);
    take_level(3, 2000, 2100);
    row = make();
    assert_int_equal(row->lines, 1);
    assert_int_equal(row->delay_ms.count, 1);
    assert_int_equal(row->delay_ms.most, 10);
    assert_int_equal(row->behind_ms.count, 1);
    assert_int_equal(row->behind_ms.most, 100); /* by the level before the span */
}

static void test_the_most_units_come_first(void **state)
{
    struct shortage other = shortage_of(1, CAUSE_OVERSOLD, 100);
    struct error error;
    (void)state;
    take_short(2, CAUSE_OVERSOLD, 100);
    other.sku = TEXT("B");
    other.quantity = 4;
    take_shortage(&other);
    assert_int_equal(oversell_make(&oversell, &error), OK);
    assert_int_equal(oversell.row_count, 2);
    assert_true(text_equal(oversell.rows[0].sku, TEXT("B")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_line_counts_once_by_the_cause_of_its_first_shortage,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_what_95_of_100_levels_had_sold_in_their_delay_is_suggested, begin, end),
        cmocka_unit_test_setup_teardown(test_repetitions_and_outdated_levels_change_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_of_too_few_levels_nothing_is_suggested, begin, end),
        cmocka_unit_test_setup_teardown(
            test_where_nothing_was_sold_in_the_delay_no_number_is_made_up, begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_fallen_count_is_found_when_it_arrives_and_a_sale_when_it_was_paid, begin, end),
        cmocka_unit_test_setup_teardown(test_a_level_from_ahead_of_our_clock_is_not_late, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_the_safety_stock_is_that_of_all_warehouses_now, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_of_skus_that_were_never_short_nothing_is_told, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_a_span_limits_shortages_and_levels_but_not_what_is_known_of_them, begin, end),
        cmocka_unit_test_setup_teardown(test_the_most_units_come_first, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
