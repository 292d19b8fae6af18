#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/offers.h"

#define T0 INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */
#define HOUR INT64_C(3600000)

static struct arena *arena;
static struct offers *offers;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    offers = offers_new(arena);
    return offers ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    offers_free(offers);
    arena_free(arena);
    return 0;
}

/* A notice of 3 x A, 100 paid, that offers one substitute. */
static void take(int64_t at_ms, struct text sku, int64_t refund_minor)
{
    struct error error;
    struct notice_choice choices[] = {
        {.choice = CHOICE_WAIT},
        {.choice = CHOICE_SUBSTITUTE,
         .sku = sku,
         .refund_minor = refund_minor,
         .expected_at_ms = {at_ms + 5 * HOUR, true}},
        {.choice = CHOICE_CANCEL, .refund_minor = 100},
    };
    struct notice_line line = {
        .sku = TEXT("A"), .quantity = 3, .paid_minor = 100, .choices = choices, .choice_count = 3};
    struct notification notice = {.kind = NOTICE_SHORTAGE,
                                  .order_id = TEXT("O-1"),
                                  .at_ms = at_ms,
                                  .lines = &line,
                                  .line_count = 1};
    assert_int_equal(offers_take(offers, &notice, &error), OK);
}

static const struct substitute *at(const char *order_id, int64_t at_ms, const char *sku)
{
    static struct offers_view view;
    view = (struct offers_view){.offers = offers, .order_id = text_of(order_id), .at_ms = at_ms};
    struct catalogue catalogue = offers_catalogue(&view);
    return catalogue.substitutes_of(catalogue.context, text_of(sku));
}

static void test_what_the_notice_of_that_time_offered_may_be_offered(void **state)
{
    (void)state;
    take(T0, TEXT("B"), 10);
    take(T0 + 2 * HOUR, TEXT("C"), 10);
    const struct substitute *first = at("O-1", T0 + HOUR, "A");
    assert_non_null(first);
    assert_int_equal(first->substitute_count, 1);
    assert_true(text_equal(first->substitutes[0].sku, TEXT("B")));
    assert_int_equal(first->substitutes[0].ship_within_h, 5);
    assert_int_equal(first->substitutes[0].price_minor, 30);
    assert_true(text_equal(at("O-1", T0 + 3 * HOUR, "A")->substitutes[0].sku, TEXT("C")));
    /* Told earlier than then: what the first notice was going to offer. */
    assert_true(text_equal(at("O-1", T0 - HOUR, "A")->substitutes[0].sku, TEXT("B")));
    assert_null(at("O-2", T0 + HOUR, "A"));
    assert_null(at("O-1", T0 + HOUR, "B"));
}

static void test_a_price_that_gave_nothing_back_is_no_lower_than_the_lines_own(void **state)
{
    (void)state;
    take(T0, TEXT("B"), 0);
    /* 33 a unit would be 1 cheaper than what was paid. */
    assert_int_equal(at("O-1", T0, "A")->substitutes[0].price_minor, 34);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_the_notice_of_that_time_offered_may_be_offered,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_price_that_gave_nothing_back_is_no_lower_than_the_lines_own, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
