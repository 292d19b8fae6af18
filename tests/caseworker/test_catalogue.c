/* What the caseworker knows of substitutes and listings, from the records as they come. */
#include "caseworker/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SUBSTITUTES_OF(view, sku) (view).substitutes_of((view).context, TEXT(sku))
#define LISTING_OF(view, sku) (view).listing_of((view).context, TEXT(sku))

static struct codec *codec;
static struct stock_catalogue *catalogue;
static struct buffer bytes;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    return codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&bytes);
    codec_free(codec);
    return 0;
}

static int empty_catalogue(void **state)
{
    (void)state;
    return stock_catalogue_new(codec, &catalogue, &error) != OK;
}

static int free_catalogue(void **state)
{
    (void)state;
    stock_catalogue_free(catalogue);
    catalogue = NULL;
    return 0;
}

static enum status take(enum topic topic, struct text key, const struct record_type *type,
                        const void *record)
{
    struct message message = {.topic = topic, .key = key};
    if (record) {
        buffer_clear(&bytes);
        assert_int_equal(codec_encode(codec, type, record, &bytes, &error), OK);
        message.value = (struct text){(const char *)bytes.data, (uint32_t)bytes.size};
    }
    return stock_catalogue_take(catalogue, &message, &error);
}

static enum status take_substitute(struct text sku, struct substitute_offer offer)
{
    struct substitute record = {.sku = sku, .substitutes = &offer, .substitute_count = 1};
    return take(TOPIC_SUBSTITUTE, sku, &type_substitute, &record);
}

static enum status take_listing(struct text sku, enum listing_state status, int64_t quantity)
{
    struct listing_status record = {
        .sku = sku, .status = status, .quantity = {.value = quantity, .set = quantity > 0}};
    return take(TOPIC_LISTING_STATUS, sku, &type_listing_status, &record);
}

static void test_the_latest_record_of_a_sku_counts(void **state)
{
    (void)state;
    struct catalogue view = stock_catalogue_view(catalogue);
    assert_null(SUBSTITUTES_OF(view, "A"));
    assert_int_equal(take_substitute(TEXT("A"), (struct substitute_offer){TEXT("B"), 500, 24}), OK);
    assert_int_equal(take_substitute(TEXT("A"), (struct substitute_offer){TEXT("C"), 700, 48}), OK);
    view = stock_catalogue_view(catalogue);
    const struct substitute *found = SUBSTITUTES_OF(view, "A");
    assert_non_null(found);
    assert_int_equal(found->substitute_count, 1);
    assert_true(text_equal(found->substitutes[0].sku, TEXT("C")));
    assert_int_equal(found->substitutes[0].price_minor, 700);
    assert_int_equal(found->substitutes[0].ship_within_h, 48);
    assert_null(SUBSTITUTES_OF(view, "B"));
}

static void test_a_tombstone_withdraws_the_substitutes_and_no_listing(void **state)
{
    (void)state;
    assert_int_equal(take_substitute(TEXT("A"), (struct substitute_offer){TEXT("B"), 500, 24}), OK);
    assert_int_equal(take_listing(TEXT("A"), LISTING_AVAILABLE, 3), OK);
    assert_int_equal(take(TOPIC_SUBSTITUTE, TEXT("A"), &type_substitute, NULL), OK);
    assert_int_equal(take(TOPIC_LISTING_STATUS, TEXT("A"), &type_listing_status, NULL), OK);
    struct catalogue view = stock_catalogue_view(catalogue);
    assert_null(SUBSTITUTES_OF(view, "A"));
    assert_int_equal(LISTING_OF(view, "A")->quantity.value, 3);
}

static void test_a_listing_may_come_before_it_is_a_substitutes(void **state)
{
    (void)state;
    struct catalogue view = stock_catalogue_view(catalogue);
    assert_null(LISTING_OF(view, "B"));
    assert_int_equal(take_listing(TEXT("B"), LISTING_AVAILABLE, 5), OK);
    assert_int_equal(take_substitute(TEXT("A"), (struct substitute_offer){TEXT("B"), 500, 24}), OK);
    view = stock_catalogue_view(catalogue);
    assert_int_equal(LISTING_OF(view, "B")->status, LISTING_AVAILABLE);
    assert_int_equal(LISTING_OF(view, "B")->quantity.value, 5);
    assert_int_equal(take_listing(TEXT("B"), LISTING_SOLD_OUT, 0), OK);
    view = stock_catalogue_view(catalogue);
    assert_int_equal(LISTING_OF(view, "B")->status, LISTING_SOLD_OUT);
    assert_false(LISTING_OF(view, "B")->quantity.set);
}

static void test_what_cannot_be_offered_is_poison_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        struct text sku;
        struct substitute_offer offer;
    } rows[] = {
        {TEXT(""), {TEXT("B"), 500, 24}},  {TEXT("A"), {TEXT(""), 500, 24}},
        {TEXT("A"), {TEXT("B"), -1, 24}},  {TEXT("A"), {TEXT("B"), AMOUNT_MAX + 1, 24}},
        {TEXT("A"), {TEXT("B"), 500, -1}},
    };
    assert_int_equal(take_substitute(TEXT("A"), (struct substitute_offer){TEXT("C"), 700, 48}), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(take_substitute(rows[i].sku, rows[i].offer), POISON);
    }
    assert_int_equal(take_listing(TEXT(""), LISTING_AVAILABLE, 5), POISON);
    assert_int_equal(take(TOPIC_SUBSTITUTE, (struct text){0}, &type_substitute, NULL), POISON);
    struct catalogue view = stock_catalogue_view(catalogue);
    assert_true(text_equal(SUBSTITUTES_OF(view, "A")->substitutes[0].sku, TEXT("C")));
}

static void test_any_number_of_skus_is_found_again(void **state)
{
    (void)state;
    enum { SKUS = 5000 };
    char name[16];
    for (int i = 1; i <= SKUS; i++) {
        snprintf(name, sizeof name, "sku-%d", i);
        assert_int_equal(take_listing(text_of(name), LISTING_AVAILABLE, i), OK);
    }
    struct catalogue view = stock_catalogue_view(catalogue);
    for (int i = 1; i <= SKUS; i++) {
        snprintf(name, sizeof name, "sku-%d", i);
        assert_int_equal(view.listing_of(view.context, text_of(name))->quantity.value, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_latest_record_of_a_sku_counts, empty_catalogue,
                                        free_catalogue),
        cmocka_unit_test_setup_teardown(test_a_tombstone_withdraws_the_substitutes_and_no_listing,
                                        empty_catalogue, free_catalogue),
        cmocka_unit_test_setup_teardown(test_a_listing_may_come_before_it_is_a_substitutes,
                                        empty_catalogue, free_catalogue),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_offered_is_poison_and_changes_nothing,
                                        empty_catalogue, free_catalogue),
        cmocka_unit_test_setup_teardown(test_any_number_of_skus_is_found_again, empty_catalogue,
                                        free_catalogue),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
