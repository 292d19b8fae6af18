#include "fact_support.h"

#include "core/contract.h"
#include "producers/fact.h"

static void identify(enum topic topic, const void *record, char id[IDENTITY_SIZE])
{
    struct fact fact = fact_of(topic, record);
    fact_identity(&fact, id);
}

static void test_the_same_fact_has_the_same_id_whatever_else_it_says(void **state)
{
    (void)state;
    struct stock_level level = {.sku = TEXT("a"), .warehouse_id = TEXT("w"), .version = 3};
    char first[IDENTITY_SIZE], again[IDENTITY_SIZE], next[IDENTITY_SIZE];
    identify(TOPIC_STOCK_LEVEL, &level, first);
    level.counted_at_ms = 17;
    identify(TOPIC_STOCK_LEVEL, &level, again);
    level.version = 4;
    identify(TOPIC_STOCK_LEVEL, &level, next);
    assert_string_equal(first, again);
    assert_string_not_equal(first, next);
}

static void test_a_late_success_is_another_fact_than_the_failure(void **state)
{
    (void)state;
    struct refund_result result = {.refund_id = TEXT("r"),
                                   .order_id = TEXT("o"),
                                   .attempt = 1,
                                   .status = REFUND_STATUS_FAILED};
    char failure[IDENTITY_SIZE], success[IDENTITY_SIZE];
    identify(TOPIC_REFUND_RESULT, &result, failure);
    result.status = REFUND_SUCCEEDED;
    identify(TOPIC_REFUND_RESULT, &result, success);
    assert_string_not_equal(failure, success);
}

static void test_a_substitute_is_known_by_all_that_it_offers(void **state)
{
    (void)state;
    struct substitute_offer offers[SUBSTITUTES_MAX];
    struct substitute substitute = {
        .sku = TEXT("a"), .substitutes = offers, .substitute_count = SUBSTITUTES_MAX};
    char longest[ID_SIZE_MAX];
    memset(longest, 'x', sizeof longest);
    for (uint32_t i = 0; i < SUBSTITUTES_MAX; i++) {
        offers[i] = (struct substitute_offer){
            .sku = {longest, sizeof longest}, .price_minor = INT64_MAX, .ship_within_h = 24};
    }
    char first[IDENTITY_SIZE], next[IDENTITY_SIZE];
    identify(TOPIC_SUBSTITUTE, &substitute, first);
    offers[SUBSTITUTES_MAX - 1].price_minor--;
    identify(TOPIC_SUBSTITUTE, &substitute, next);
    assert_string_not_equal(first, next);
}

static void test_every_input_has_a_key_and_a_place_in_time(void **state)
{
    (void)state;
    static const char zeroes[1024]; /* a zeroed record is a valid one */
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (!topic_info(topic)->input) {
            continue;
        }
        struct fact fact = fact_of(topic, zeroes);
        assert_false(text_is_set(fact.key));
        assert_true(topic == TOPIC_SUBSTITUTE ? fact.at_ms == FACT_TIME_UNKNOWN : fact.at_ms == 0);
        assert_true((fact_time_field(topic) == NULL) == (topic == TOPIC_SUBSTITUTE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_fact_has_the_same_id_whatever_else_it_says),
        cmocka_unit_test(test_a_late_success_is_another_fact_than_the_failure),
        cmocka_unit_test(test_a_substitute_is_known_by_all_that_it_offers),
        cmocka_unit_test(test_every_input_has_a_key_and_a_place_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
