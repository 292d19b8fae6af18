#include "kit/record_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

static enum status read_words(const struct record_type *type, const char *words, void *record,
                              struct error *error)
{
    json_error_t json_error;
    json_t *json = json_loads(words, JSON_DECODE_ANY, &json_error);
    if (!json) {
        fail_msg("%s: %s", words, json_error.text);
    }
    enum status status = record_from_json(type, json, arena, record, error);
    json_decref(json);
    return status;
}

static void test_every_record_makes_the_round_trip(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        for (int full = 0; full < 2; full++) {
            struct error error = {""};
            uint32_t seed = 0;
            void *record = arena_take(arena, (*type)->size);
            void *copy = arena_take(arena, (*type)->size);
            if (full) {
                fill_record(arena, *type, record, &seed);
            }
            const char *words = json_of(arena, *type, record);
            if (read_words(*type, words, copy, &error) != OK) {
                fail_msg("%s", error.text);
            }
            assert_string_equal(json_of(arena, *type, copy), words);
        }
    }
}

#define ORDER_START                                                                               \
    "{\"order_id\":\"o-1\",\"marketplace\":\"tmall\",\"seller_id\":\"s-9\",\"currency\":\"CNY\"," \
    "\"paid_at\":\"2026-11-11T08:00:00.123+08:00\""
#define LINE "{\"line_no\":1,\"sku\":\"a\",\"quantity\":2,\"paid_minor\":100}"

static void test_a_field_left_out_takes_its_default(void **state)
{
    (void)state;
    struct order_paid order;
    struct error error = {""};
    assert_int_equal(
        read_words(&type_order_paid, ORDER_START ",\"lines\":[" LINE "]}", &order, &error), OK);
    assert_string_equal(json_of(arena, &type_order_paid, &order),
                        "{\"order_id\":\"o-1\",\"marketplace\":\"tmall\",\"seller_id\":\"s-9\","
                        "\"locale\":\"en\",\"currency\":\"CNY\",\"paid_at\":1794355200123,"
                        "\"channel\":\"UNKNOWN\",\"lines\":[" LINE "]}");
    assert_false(text_is_set(order.buyer_id));
    assert_false(order.ship_by_ms.set);

    struct refund_result result;
    assert_int_equal(read_words(&type_refund_result,
                                "{\"refund_id\":\"r\",\"order_id\":\"o\",\"line_no\":1,"
                                "\"attempt\":1,\"status\":\"FAILED\",\"at\":0,"
                                "\"failure_code\":null}",
                                &result, &error),
                     OK);
    assert_true(result.retryable);
    assert_int_equal(result.status, REFUND_STATUS_FAILED);

    struct seller_response response;
    assert_int_equal(read_words(&type_seller_response,
                                "{\"id\":\"x\",\"order_id\":\"o\",\"kind\":\"DECLINE\","
                                "\"responded_at\":-1}",
                                &response, &error),
                     OK);
    assert_int_equal(response.line_no, 0);
    assert_int_equal(response.instrument, INSTRUMENT_UNKNOWN);

    struct stock_level level;
    assert_int_equal(read_words(&type_stock_level,
                                "{\"sku\":\"a\",\"warehouse_id\":\"w\",\"on_hand\":-3,"
                                "\"version\":1,\"counted_at\":0,"
                                "\"restock\":{\"expected_at\":\"2026-12-01\",\"quantity\":5}}",
                                &level, &error),
                     OK);
    assert_int_equal(level.safety_stock, 0);
    assert_int_equal(level.restock->expected_at_ms, 1796083200000);
}

#define LINES(json) ORDER_START ",\"lines\":" json "}"

static const struct {
    const char *json;
    const char *words;
} wrong[] = {
    {"[]", "expected an object, got []"},
    {"null", "expected an object, got null"},
    {"{}", "order_id: it is missing"},
    {ORDER_START "}", "lines: it is missing"},
    {LINES("{}"), "lines: expected a list, got {}"},
    {LINES("null"), "lines: null where a value is required"},
    {LINES("[7]"), "lines[0]: expected an object, got 7"},
    {LINES("[" LINE ",{\"line_no\":2,\"sku\":\"b\",\"quantity\":\"two\",\"paid_minor\":1}]"),
     "lines[1].quantity: expected a whole number, got \"two\""},
    {LINES("[{\"line_no\":2.0,\"sku\":\"b\",\"quantity\":1,\"paid_minor\":1}]"),
     "lines[0].line_no: expected a whole number, got 2.0"},
    {LINES("[{\"line_no\":2147483648,\"sku\":\"b\",\"quantity\":1,\"paid_minor\":1}]"),
     "lines[0].line_no: expected a whole number of 32 bits, got 2147483648"},
    {LINES("[{\"line_no\":2,\"sku\":7,\"quantity\":1,\"paid_minor\":1}]"),
     "lines[0].sku: expected a text, got 7"},
    {LINES("[{\"line_no\":2,\"sku\":\"b\",\"quantity\":1,\"paid_minor\":1,\"sk\":2}]"),
     "lines[0].sk: unknown field; is it \"sku\"?"},
    {ORDER_START ",\"marketplaces\":[]}", "marketplaces: unknown field; is it \"marketplace\"?"},
    {ORDER_START ",\"zzz\":[]}", "zzz: unknown field of OrderPaid"},
    {ORDER_START ",\"ship_by\":\"tomorrow\"}",
     "ship_by: expected a time as in \"2026-11-11T00:00:00Z\", got \"tomorrow\""},
    {ORDER_START ",\"ship_by\":true}", "ship_by: expected milliseconds or a time, got true"},
    {ORDER_START ",\"locale\":null}", "locale: null where a value is required"},
    {ORDER_START ",\"buyer_id\":\"a name that is much longer than sixty-four bytes, which no id "
                 "of a buyer may be\"}",
     "buyer_id: 79 bytes, more than 64"},
    {ORDER_START ",\"buyer_id\":[\"a list of one text that is much too long to be shown\"]}",
     "buyer_id: expected a text, got [\"a list of one text that is much too lo ..."},
};

static void test_a_wrong_field_is_told_by_its_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(wrong); i++) {
        struct order_paid order;
        struct error error = {""};
        enum status status = read_words(&type_order_paid, wrong[i].json, &order, &error);
        if (status != POISON || strcmp(error.text, wrong[i].words) != 0) {
            fail_msg("%s: wanted %s, got %s %s", wrong[i].json, wrong[i].words, status_name(status),
                     error.text);
        }
    }
}

static void test_a_wrong_symbol_is_told_with_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *reason;
        const char *words;
    } rows[] = {
        {"\"CANCELED\"", "reason: unknown symbol \"CANCELED\"; is it \"CANCELLED\"?"},
        {"\"shipped\"", "reason: unknown symbol \"shipped\"; is it \"SHIPPED\"?"},
        {"\"LOST\"", "reason: unknown symbol \"LOST\""},
        {"1", "reason: expected a symbol, got 1"},
        {"null", "reason: null where a value is required"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct order_closed closed;
        struct error error = {""};
        struct text json = arena_format(arena,
                                        "{\"order_id\":\"o\",\"line_no\":1,\"sku\":\"a\","
                                        "\"reason\":%s,\"closed_at\":0}",
                                        rows[i].reason);
        assert_int_equal(read_words(&type_order_closed, json.data, &closed, &error), POISON);
        assert_string_equal(error.text, rows[i].words);
    }
}

static void test_bytes_are_base64(void **state)
{
    (void)state;
    static const struct field_type fields[] = {
        {.name = "bytes", .kind = KIND_BYTES, .optional = true, .size_max = 3},
    };
    static const struct record_type type = {"Bytes", NULL, sizeof(struct text), 1, fields};
    struct text bytes;
    struct error error = {""};
    assert_int_equal(read_words(&type, "{\"bytes\":\"/wD/\"}", &bytes, &error), OK);
    assert_true(text_equal(bytes, (struct text){"\xff\x00\xff", 3}));
    assert_string_equal(json_of(arena, &type, &bytes), "{\"bytes\":\"/wD/\"}");
    assert_int_equal(read_words(&type, "{\"bytes\":\"\"}", &bytes, &error), OK);
    assert_true(text_is_set(bytes));
    assert_int_equal(bytes.size, 0);
    assert_int_equal(read_words(&type, "{}", &bytes, &error), OK);
    assert_false(text_is_set(bytes));
    assert_int_equal(read_words(&type, "{\"bytes\":\"wD/\"}", &bytes, &error), POISON);
    assert_string_equal(error.text, "bytes: expected base64, got \"wD/\"");
    assert_int_equal(read_words(&type, "{\"bytes\":\"/wD//w==\"}", &bytes, &error), POISON);
    assert_string_equal(error.text, "bytes: 4 bytes, more than 3");
}

static void test_a_full_arena_is_poison_alone_and_retry_behind_others(void **state)
{
    (void)state;
    struct arena *small = arena_new(64);
    struct error error;
    struct order_paid order;
    json_t *json = json_loads(LINES("[" LINE "," LINE "," LINE "]"), 0, NULL);
    assert_int_equal(record_from_json(&type_order_paid, json, small, &order, &error), POISON);
    arena_reset(small);
    assert_non_null(arena_take(small, 1));
    assert_int_equal(record_from_json(&type_order_paid, json, small, &order, &error), RETRY);
    json_decref(json);
    arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_makes_the_round_trip),
        cmocka_unit_test(test_a_field_left_out_takes_its_default),
        cmocka_unit_test(test_a_wrong_field_is_told_by_its_path),
        cmocka_unit_test(test_a_wrong_symbol_is_told_with_the_nearest),
        cmocka_unit_test(test_bytes_are_base64),
        cmocka_unit_test(test_a_full_arena_is_poison_alone_and_retry_behind_others),
    };
    return cmocka_run_group_tests_name("kit.record_json", tests, arena_open, arena_close);
}
