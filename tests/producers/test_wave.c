#include "fact_support.h"

#include "core/contract.h"
#include "producers/wave.h"

enum { SPAN_MS = 100, UNTIL_MS = 1000, DEADLINE_MS = 500 };

static struct wave wave; /* large; begun anew by every test */

static void begin(bool exact)
{
    wave = (struct wave){.exact = exact, .span_ms = SPAN_MS};
    wave_begin(&wave, UNTIL_MS, DEADLINE_MS);
}

static struct fact level(const char *sku, int64_t at_ms)
{
    static struct stock_level levels[64];
    static int next;
    struct stock_level *record = &levels[next++ % 64];
    *record = (struct stock_level){.sku = text_of(sku), .counted_at_ms = at_ms};
    return fact_of(TOPIC_STOCK_LEVEL, record);
}

static struct fact closing(const char *order_id, const char *sku, int64_t at_ms)
{
    static struct order_closed closings[64];
    static int next;
    struct order_closed *record = &closings[next++ % 64];
    *record = (struct order_closed){
        .order_id = text_of(order_id), .sku = text_of(sku), .closed_at_ms = at_ms};
    return fact_of(TOPIC_ORDER_CLOSED, record);
}

static struct fact order(const char *order_id, int64_t at_ms)
{
    static struct order_paid orders[64];
    static int next;
    struct order_paid *record = &orders[next++ % 64];
    *record = (struct order_paid){.order_id = text_of(order_id), .paid_at_ms = at_ms};
    return fact_of(TOPIC_ORDER_PAID, record);
}

static struct fact decision(const char *order_id, int64_t at_ms)
{
    static struct buyer_decision decisions[64];
    static int next;
    struct buyer_decision *record = &decisions[next++ % 64];
    *record = (struct buyer_decision){.order_id = text_of(order_id), .decided_at_ms = at_ms};
    return fact_of(TOPIC_BUYER_DECISION, record);
}

static struct fact refund(const char *order_id, int64_t at_ms)
{
    static struct refund_result results[64];
    static int next;
    struct refund_result *record = &results[next++ % 64];
    *record = (struct refund_result){.order_id = text_of(order_id), .at_ms = at_ms};
    return fact_of(TOPIC_REFUND_RESULT, record);
}

static bool offer(struct fact fact, int32_t partition)
{
    bool takes = wave_takes(&wave, &fact, partition);
    if (takes) {
        wave_add(&wave, &fact, partition);
    }
    return takes;
}

static void test_facts_of_one_topic_go_together_up_to_the_span(void **state)
{
    (void)state;
    begin(false);
    assert_true(offer(closing("a", "x", 10), 0));
    assert_true(offer(closing("b", "x", 110), 1));
    assert_false(offer(closing("c", "x", 111), 1));
    assert_false(offer(level("x", 20), 0));
}

static void test_nothing_goes_past_the_next_tick_but_the_first(void **state)
{
    (void)state;
    begin(false);
    assert_true(offer(closing("a", "x", UNTIL_MS + 5), 0));
    assert_false(offer(closing("b", "x", UNTIL_MS + 5), 0));
}

static void test_answers_of_different_orders_go_together(void **state)
{
    (void)state;
    begin(false);
    assert_true(offer(decision("a", 10), 0));
    assert_true(offer(refund("b", 11), 0));
    assert_true(offer(decision("a", 12), 0));
    assert_false(offer(refund("a", 13), 0)); /* two topics could change places */
    assert_false(offer(closing("c", "x", 13), 0));
}

static void test_orders_go_with_answers_about_others(void **state)
{
    (void)state;
    begin(false);
    assert_true(offer(order("a", 10), 0));
    assert_true(offer(order("b", 90), 0));
    begin(false);
    assert_true(offer(order("a", 10), 0));
    assert_true(offer(decision("b", 20), 0));
    assert_false(offer(decision("a", 20), 0));
    assert_false(offer(order("c", 10 + SPAN_MS + 1), 0));
    begin(false);
    assert_true(offer(decision("b", DEADLINE_MS - 10), 0));
    assert_false(offer(order("a", DEADLINE_MS), 0)); /* its shortage would let the deadline fire */
}

static void test_answers_never_go_past_a_deadline(void **state)
{
    (void)state;
    begin(false);
    assert_true(offer(decision("a", DEADLINE_MS - 1), 0));
    assert_false(offer(decision("b", DEADLINE_MS), 0));
}

static void test_an_exact_wave_lets_no_two_facts_of_a_sku_race(void **state)
{
    (void)state;
    begin(true);
    assert_true(offer(closing("a", "x", 10), 0));
    assert_true(offer(closing("b", "y", 10), 1));
    assert_true(offer(closing("c", "x", 10), 0)); /* one partition keeps the order */
    assert_false(offer(closing("d", "x", 10), 1));
    begin(true);
    assert_true(offer(decision("a", 10), 0));
    assert_false(offer(decision("b", 10), 0));
}

static void test_facts_without_a_time_go_only_with_their_like(void **state)
{
    (void)state;
    struct substitute substitute = {.sku = TEXT("x")};
    struct fact timeless = fact_of(TOPIC_SUBSTITUTE, &substitute);
    struct fact timed = timeless;
    timed.at_ms = 10;
    begin(false);
    assert_true(offer(timeless, 0));
    assert_true(offer(timeless, 0));
    assert_false(offer(timed, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_of_one_topic_go_together_up_to_the_span),
        cmocka_unit_test(test_nothing_goes_past_the_next_tick_but_the_first),
        cmocka_unit_test(test_answers_of_different_orders_go_together),
        cmocka_unit_test(test_orders_go_with_answers_about_others),
        cmocka_unit_test(test_answers_never_go_past_a_deadline),
        cmocka_unit_test(test_an_exact_wave_lets_no_two_facts_of_a_sku_race),
        cmocka_unit_test(test_facts_without_a_time_go_only_with_their_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
