#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shortfall/money_report.h"

enum { DUE_MS = 5000 };

static const struct span always = {INT64_MIN, INT64_MAX};
static struct arena *arena;
static struct money_report report;

static int begin(void **state)
{
    struct error error;
    (void)state;
    arena = arena_new(4 << 20);
    return money_report_init(&report, arena, &error);
}

static int end(void **state)
{
    (void)state;
    money_report_done(&report);
    arena_free(arena);
    return 0;
}

static void take(enum topic topic, const void *record)
{
    struct error error;
    assert_int_equal(money_report_take(&report, topic, record, &error), OK);
}

/* The refund of an order of the same name. */
static void ask_at(const char *id, const char *seller, const char *currency, int64_t amount_minor,
                   int64_t at_ms)
{
    const struct refund_request request = {
        .order_id = text_of(id),
        .line_no = 1,
        .seller_id = text_of(seller),
        .currency = text_of(currency),
        .refund_id = text_of(id),
        .amount_minor = amount_minor,
        .attempt = 1,
        .at_ms = at_ms,
        .due_by_ms = DUE_MS,
    };
    take(TOPIC_REFUND_REQUEST, &request);
}

static void ask(const char *id, const char *seller, const char *currency, int64_t amount_minor)
{
    ask_at(id, seller, currency, amount_minor, 1000);
}

static void answer(const char *id, enum refund_status status, int64_t at_ms)
{
    const struct refund_result result = {
        .refund_id = text_of(id), .attempt = 1, .status = status, .at_ms = at_ms};
    take(TOPIC_REFUND_RESULT, &result);
}

static void give_up(const char *order_id)
{
    struct line_change change = {1, LINE_REFUNDING, LINE_REFUND_FAILED};
    const struct case_event event = {
        .order_id = text_of(order_id),
        .verdict = VERDICT_APPLIED,
        .lines = &change,
        .line_count = 1,
    };
    take(TOPIC_CASE_EVENT, &event);
}

static void compensate(const char *id, enum compensation_kind kind, enum payer payer,
                       int64_t amount_minor, int64_t at_ms)
{
    const struct compensation compensation = {
        .compensation_id = text_of(id),
        .seller_id = TEXT("s1"),
        .currency = TEXT("CNY"),
        .kind = kind,
        .payer = payer,
        .amount_minor = amount_minor,
        .at_ms = at_ms,
    };
    take(TOPIC_COMPENSATION, &compensation);
}

static void make(const struct span *span, int64_t now_ms)
{
    struct error error;
    assert_int_equal(money_report_make(&report, span, now_ms, &error), OK);
}

struct expected {
    const char *seller;
    const char *currency;
    struct money_sum sums[MONEY_COLUMN_COUNT];
};

static void assert_rows(const struct expected *expected, size_t count)
{
    const struct money_row **rows = money_rows_sort(report.rows);
    assert_non_null(rows);
    assert_int_equal(lookup_count(report.rows), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(text_equal(rows[i]->seller_id, text_of(expected[i].seller)));
        assert_true(text_equal(rows[i]->currency, text_of(expected[i].currency)));
        for (enum money_column column = 0; column < MONEY_COLUMN_COUNT; column++) {
            if (rows[i]->sums[column].count != expected[i].sums[column].count ||
                rows[i]->sums[column].minor != expected[i].sums[column].minor) {
                fail_msg("row %zu, %s: %lld of %lld", i, money_column_name(column),
                         (long long)rows[i]->sums[column].count,
                         (long long)rows[i]->sums[column].minor);
            }
        }
    }
    free(rows);
}

static void test_each_refund_is_in_one_outcome_of_its_seller_and_currency(void **state)
{
    static const struct expected expected[] = {
        {"s1",
         "CNY",
         {
             [MONEY_REQUESTED] = {4, 1111},
             [MONEY_SUCCEEDED] = {2, 1010},
             [MONEY_FAILED] = {1, 100},
             [MONEY_OUTSTANDING] = {1, 1},
             [MONEY_OVERDUE] = {2, 101},
             [MONEY_LATE] = {1, 10},
         }},
        {"s1", "JPY", {[MONEY_REQUESTED] = {1, 1200}, [MONEY_SUCCEEDED] = {1, 1200}}},
        {"s2",
         "CNY",
         {[MONEY_REQUESTED] = {1, 7}, [MONEY_OUTSTANDING] = {1, 7}, [MONEY_OVERDUE] = {1, 7}}},
    };
    (void)state;
    give_up("r3");
    give_up("r2");
    ask("r5", "s2", "CNY", 7);
    ask("r1", "s1", "CNY", 1000);
    ask("r2", "s1", "CNY", 10);
    ask("r3", "s1", "CNY", 100);
    ask("r4", "s1", "CNY", 1);
    ask("r4", "s1", "CNY", 1);
    ask("r6", "s1", "JPY", 1200);
    answer("r1", REFUND_SUCCEEDED, DUE_MS);
    answer("r1", REFUND_SUCCEEDED, DUE_MS);
    answer("r2", REFUND_STATUS_FAILED, 2000);
    answer("r2", REFUND_SUCCEEDED, DUE_MS + 1);
    answer("r3", REFUND_STATUS_FAILED, 2000);
    answer("r6", REFUND_SUCCEEDED, 2000);
    make(&always, DUE_MS + 1);
    assert_rows(expected, 3);
    assert_true(money_report_adds_up(&report));
}

static void test_exactly_at_the_time_due_nothing_is_overdue(void **state)
{
    static const struct expected expected[] = {
        {"s1", "KWD", {[MONEY_REQUESTED] = {1, 125}, [MONEY_OUTSTANDING] = {1, 125}}},
    };
    (void)state;
    ask("r1", "s1", "KWD", 125);
    make(&always, DUE_MS);
    assert_rows(expected, 1);
}

static void test_a_compensation_counts_once_by_kind_and_by_payer(void **state)
{
    static const struct expected expected[] = {
        {"s1",
         "CNY",
         {
             [MONEY_PENALTY] = {2, 33},
             [MONEY_GOODWILL] = {1, 5},
             [MONEY_RULED] = {1, 70},
             [MONEY_BY_SELLER] = {3, 105},
             [MONEY_BY_PLATFORM] = {1, 3},
         }},
    };
    (void)state;
    compensate("c1", COMPENSATION_PENALTY, PAYER_SELLER, 30, 1000);
    compensate("c1", COMPENSATION_PENALTY, PAYER_SELLER, 30, 1000);
    compensate("c2", COMPENSATION_PENALTY, PAYER_PLATFORM, 3, 1000);
    compensate("c3", COMPENSATION_GOODWILL, PAYER_SELLER, 5, 1000);
    compensate("c4", COMPENSATION_RULING, PAYER_SELLER, 70, 1000);
    make(&always, 2000);
    assert_rows(expected, 1);
}

static void test_a_span_begins_with_its_first_moment_and_ends_before_its_last(void **state)
{
    static const struct span span = {1000, 2000};
    static const struct expected expected[] = {
        {"s1",
         "CNY",
         {
             [MONEY_REQUESTED] = {1, 10},
             [MONEY_SUCCEEDED] = {1, 10},
             [MONEY_GOODWILL] = {1, 5},
             [MONEY_BY_SELLER] = {1, 5},
         }},
    };
    (void)state;
    ask_at("r1", "s1", "CNY", 1, 999);
    ask_at("r2", "s1", "CNY", 10, 1000);
    ask_at("r3", "s1", "CNY", 100, 2000);
    answer("r2", REFUND_SUCCEEDED, 3000); /* how it stands is always said as of now */
    compensate("c1", COMPENSATION_GOODWILL, PAYER_SELLER, 5, 1999);
    compensate("c2", COMPENSATION_GOODWILL, PAYER_SELLER, 50, 2000);
    make(&span, 3000);
    assert_rows(expected, 1);
}

static void test_money_that_went_out_twice_does_not_add_up(void **state)
{
    const struct refund_result again = {
        .refund_id = TEXT("r1"), .attempt = 2, .status = REFUND_SUCCEEDED, .at_ms = 2000};
    (void)state;
    ask("r1", "s1", "CNY", 10);
    answer("r1", REFUND_SUCCEEDED, 2000);
    take(TOPIC_REFUND_RESULT, &again);
    make(&always, 3000);
    assert_false(money_report_adds_up(&report));
}

static void test_an_attempt_with_another_amount_does_not_add_up(void **state)
{
    (void)state;
    ask("r1", "s1", "CNY", 10);
    ask("r1", "s1", "CNY", 11);
    make(&always, 3000);
    assert_false(money_report_adds_up(&report));
}

static void test_sums_that_no_number_holds_are_an_error(void **state)
{
    struct error error;
    (void)state;
    ask("r1", "s1", "CNY", INT64_MAX);
    ask("r2", "s2", "CNY", 1);
    assert_int_equal(money_report_make(&report, &always, 3000, &error), FATAL);
    assert_non_null(strstr(error.text, "amounts in CNY are too large to add up"));
}

static void assert_written(const char *words)
{
    struct buffer out = {0};
    money_report_write(&report, &always, 3000, &out);
    buffer_append_byte(&out, '\0');
    assert_false(out.failed);
    if (!strstr((const char *)out.data, words)) {
        assert_string_equal((const char *)out.data, words);
    }
    buffer_done(&out);
}

static void test_amounts_have_the_decimals_of_their_currency(void **state)
{
    (void)state;
    ask("r1", "s1", "JPY", 1200);
    ask("r2", "s1", "CNY", 25000);
    ask("r3", "s1", "KWD", 125);
    answer("r1", REFUND_SUCCEEDED, 2000);
    make(&always, 3000);
    assert_written("  s1               CNY           1        250.00      0             -");
    assert_written("  s1               JPY           1          1200      1          1200");
    assert_written("  s1               KWD           1         0.125      0             -");
    assert_written("  \xe2\x9c\x93 requested JPY 1200 = succeeded JPY 1200 + failed JPY 0 + "
                   "outstanding JPY 0\n");
    assert_written("  \xe2\x9c\x93 requested KWD 0.125 = succeeded KWD 0.000 + failed KWD 0.000 + "
                   "outstanding KWD 0.125\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_each_refund_is_in_one_outcome_of_its_seller_and_currency, begin, end),
        cmocka_unit_test_setup_teardown(test_exactly_at_the_time_due_nothing_is_overdue, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_compensation_counts_once_by_kind_and_by_payer, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            test_a_span_begins_with_its_first_moment_and_ends_before_its_last, begin, end),
        cmocka_unit_test_setup_teardown(test_money_that_went_out_twice_does_not_add_up, begin, end),
        cmocka_unit_test_setup_teardown(test_an_attempt_with_another_amount_does_not_add_up, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_sums_that_no_number_holds_are_an_error, begin, end),
        cmocka_unit_test_setup_teardown(test_amounts_have_the_decimals_of_their_currency, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
