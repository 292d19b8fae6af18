/* Two writings of one order's facts, by versions of the pipeline that run side by side. */
#include "allocator/order_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/contract.h"
#include "kit/codec.h"

static struct codec *codec;
static struct error error;

static int codec_open(void **state)
{
    (void)state;
    return codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error);
}

static int codec_close(void **state)
{
    (void)state;
    codec_free(codec);
    return 0;
}

static struct order_facts kettle(void)
{
    return (struct order_facts){.marketplace = TEXT("tmall"),
                                .seller_id = TEXT("s"),
                                .buyer_id = TEXT("b"),
                                .locale = TEXT("zh-CN"),
                                .currency = TEXT("CNY"),
                                .paid_minor = 100,
                                .paid_at_ms = 5,
                                .ship_by_ms = {9, true},
                                .title = TEXT("A kettle"),
                                .channel = CHANNEL_APP,
                                .trace = TEXT("trace id + flags.")};
}

/* Whether the facts are those of the kettle, which is written as version 3. */
static bool same_as_kettle(const struct order_facts *facts, int version)
{
    struct buffer known = {0};
    struct buffer told = {0};
    struct order_facts first = kettle();
    assert_int_equal(codec_set_write_version(codec, type_order_facts.folder, 3, &error), OK);
    assert_int_equal(codec_encode(codec, &type_order_facts, &first, &known, &error), OK);
    assert_int_equal(codec_set_write_version(codec, type_order_facts.folder, version, &error), OK);
    assert_int_equal(codec_encode(codec, &type_order_facts, facts, &told, &error), OK);
    bool same = order_facts_same(codec, (struct text){(char *)known.data, (uint32_t)known.size},
                                 (struct text){(char *)told.data, (uint32_t)told.size});
    buffer_done(&known);
    buffer_done(&told);
    return same;
}

static void test_another_version_or_other_words_are_the_same_order(void **state)
{
    (void)state;
    struct order_facts facts = kettle();
    assert_true(same_as_kettle(&facts, 1));
    assert_true(same_as_kettle(&facts, 2));
    assert_true(same_as_kettle(&facts, 3));
    facts.title = TEXT("A kettle, steel");
    facts.channel = CHANNEL_UNKNOWN;
    facts.trace = TEXT("some other trace.");
    assert_true(same_as_kettle(&facts, 3));
    facts.trace = (struct text){0};
    assert_true(same_as_kettle(&facts, 3));
}

static void test_any_other_difference_is_another_order(void **state)
{
    (void)state;
    struct order_facts facts[8];
    for (size_t i = 0; i < 8; i++) {
        facts[i] = kettle();
    }
    facts[0].marketplace = TEXT("jd");
    facts[1].seller_id = TEXT("other");
    facts[2].buyer_id = (struct text){0};
    facts[3].locale = TEXT("en");
    facts[4].currency = TEXT("USD");
    facts[5].paid_minor = 101;
    facts[6].paid_at_ms = 6;
    facts[7].ship_by_ms.set = false;
    for (size_t i = 0; i < 8; i++) {
        assert_false(same_as_kettle(&facts[i], 1));
        assert_false(same_as_kettle(&facts[i], 2));
        assert_false(same_as_kettle(&facts[i], 3));
    }
}

static void test_what_cannot_be_read_is_not_the_same(void **state)
{
    (void)state;
    assert_false(order_facts_same(codec, TEXT("facts"), TEXT("other")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_version_or_other_words_are_the_same_order),
        cmocka_unit_test(test_any_other_difference_is_another_order),
        cmocka_unit_test(test_what_cannot_be_read_is_not_the_same),
    };
    return cmocka_run_group_tests(tests, codec_open, codec_close);
}
