#include "kit/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec_support.h"

#define SCHEMAS SHORTFALL_SOURCE_DIR "/schemas"
#define ORDER_PAID_FRAME "c301 69edff646fa88d02"
/* Written by fastavro 1.13.1 with schemas/order-paid/1.avsc. */
#define ORDER_PAID_BODY                                                                        \
    "066f2d310a746d616c6c06732d390206622d370a7a682d434e06434e59f681bcfeb8680004020a736b752d31" \
    "04f8b6020406e7bcba020000"
#define ORDER_PAID_JSON                                                                           \
    "{\"order_id\":\"o-1\",\"marketplace\":\"tmall\",\"seller_id\":\"s-9\",\"buyer_id\":\"b-7\"," \
    "\"locale\":\"zh-CN\",\"currency\":\"CNY\",\"paid_at\":1794355200123,"                        \
    "\"channel\":\"UNKNOWN\",\"lines\":["                                                         \
    "{\"line_no\":1,\"sku\":\"sku-1\",\"quantity\":2,\"paid_minor\":19900},"                      \
    "{\"line_no\":2,\"sku\":\"\xe7\xbc\xba\",\"quantity\":1,\"paid_minor\":0}]}"

static struct arena *arena; /* of the test */
static struct arena *step;  /* of what is decoded */
static struct codec *codec;
static struct error error;

static int codec_open(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    step = arena_new(16 << 20);
    enum status status = codec_new(SCHEMAS, CODEC_LIMITS_DEFAULT, &codec, &error);
    if (status != OK) {
        print_error("%s\n", error.text);
    }
    return status;
}

static int codec_close(void **state)
{
    (void)state;
    codec_free(codec);
    arena_free(step);
    arena_free(arena);
    return 0;
}

static struct text text_in(const struct buffer *buffer)
{
    return (struct text){(const char *)buffer->data, (uint32_t)buffer->size};
}

/* Writes, reads and writes again: nothing may be lost or changed on the way. */
static void check_round_trip(const struct record_type *type, const void *record)
{
    struct buffer first = {0};
    struct buffer second = {0};
    void *copy = arena_take(arena, type->size);
    assert_int_equal(codec_encode(codec, type, record, &first, &error), OK);
    if (codec_decode(codec, type, text_in(&first), step, copy, &error) != OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(json_of(arena, type, copy), json_of(arena, type, record));
    assert_int_equal(codec_encode(codec, type, copy, &second, &error), OK);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    buffer_done(&first);
    buffer_done(&second);
    arena_reset(step);
}

static void test_every_record_makes_the_round_trip_full_and_empty(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        void *record = arena_take(arena, (*type)->size);
        check_round_trip(*type, record);
        uint32_t seed = 0;
        fill_record(arena, *type, record, &seed);
        check_round_trip(*type, record);
    }
}

static void test_the_bytes_are_those_of_another_implementation(void **state)
{
    (void)state;
    struct order_paid order;
    struct text message = hex_bytes(arena, ORDER_PAID_FRAME ORDER_PAID_BODY);
    assert_int_equal(codec_decode(codec, &type_order_paid, message, step, &order, &error), OK);
    assert_string_equal(json_of(arena, &type_order_paid, &order), ORDER_PAID_JSON);
    struct buffer out = {0};
    assert_int_equal(codec_set_write_version(codec, type_order_paid.folder, 1, &error), OK);
    assert_int_equal(codec_encode(codec, &type_order_paid, &order, &out, &error), OK);
    assert_true(text_equal(text_in(&out), message));
    buffer_done(&out);
}

static void test_texts_point_into_the_message(void **state)
{
    (void)state;
    struct order_paid order;
    struct text message = hex_bytes(arena, ORDER_PAID_FRAME ORDER_PAID_BODY);
    assert_int_equal(codec_decode(codec, &type_order_paid, message, step, &order, &error), OK);
    assert_ptr_equal(order.order_id.data, message.data + 11);
    assert_true(order.lines[1].sku.data > message.data);
    assert_true(order.lines[1].sku.data < message.data + message.size);
}

/* A published version is what shops have written by. Fingerprints by fastavro 1.13.1. */
static void test_published_versions_never_change(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        uint64_t fingerprint;
    } rows[] = {
        {"buyer-decision", 0x0610152d3cd5803f},  {"case-event", 0x8aac53ed0cc26c34},
        {"clock", 0xec31415d3b440ab2},           {"compensation", 0x726a879945331a57},
        {"fulfilment-plan", 0xdffc1b527301898e}, {"line-outcome", 0x9c1d7917d23ad058},
        {"listing-status", 0xc8f23b59f664cee6},  {"notification", 0xd5d413e1c0ab4b17},
        {"order-closed", 0x09f5a708298f2384},    {"order-paid", 0x028da86f64ffed69},
        {"platform-ruling", 0x878135af2fe45edc}, {"refund-request", 0x9fa917d9288fa64d},
        {"refund-result", 0xc3c17732a253cbfa},   {"seller-response", 0x4100db943384e8d5},
        {"shortage", 0xa2601f1654012134},        {"stock-level", 0xd8a68a298bfac064},
        {"substitute", 0x4039eb1208f8c493},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        const struct record_type *type = record_type_of_folder(rows[i].folder);
        struct buffer out = {0};
        assert_non_null(type);
        assert_int_equal(codec_set_write_version(codec, type->folder, 1, &error), OK);
        assert_int_equal(codec_encode(codec, type, arena_take(arena, type->size), &out, &error),
                         OK);
        uint64_t fingerprint = 0;
        for (size_t byte = 0; byte < 8; byte++) {
            fingerprint |= (uint64_t)out.data[2 + byte] << 8 * byte;
        }
        if (fingerprint != rows[i].fingerprint) {
            fail_msg("schemas/%s/1.avsc is another one; add a version instead", rows[i].folder);
        }
        buffer_done(&out);
    }
}

static void test_a_message_in_no_frame_we_know_is_poison(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *words;
    } rows[] = {
        {"", "0 bytes that begin neither as"},
        {"c3", "1 bytes that begin neither as"},
        {"c30169edff646fa88d", "9 bytes that begin neither as"},
        {"7b2261223a317d", "7 bytes that begin neither as"},
        {"c30269edff646fa88d0200", "11 bytes that begin neither as"},
        {"00000000", "4 bytes that begin neither as"},
        {"c3010807060504030201", "no known schema has the fingerprint 0102030405060708"},
        {"000000000100", "Confluent framing needs schema.registry.url"},
        {ORDER_PAID_FRAME, "OrderPaid.order_id: the bytes end in the middle of it"},
        {ORDER_PAID_FRAME ORDER_PAID_BODY "00", "OrderPaid: 1 bytes behind its end"},
        /* A refund-result in a topic of orders. */
        {"c301 facb53a23277c1c3 00", "OrderPaid: the writer's 'shortfall.RefundResult' cannot be "
                                     "read as 'shortfall.OrderPaid'"},
    };
    for (int round = 0; round < 2; round++) { /* a refusal that is remembered reads the same */
        for (size_t i = 0; i < ROW_COUNT(rows); i++) {
            struct order_paid order;
            assert_int_equal(codec_decode(codec, &type_order_paid, hex_bytes(arena, rows[i].hex),
                                          step, &order, &error),
                             POISON);
            assert_non_null(strstr(error.text, rows[i].words));
        }
    }
    char large[64] = {(char)0xC3, 0x01};
    struct text message = {large, CODEC_LIMITS_DEFAULT.size_max + 1};
    struct order_paid order;
    assert_int_equal(codec_decode(codec, &type_order_paid, message, step, &order, &error), POISON);
    assert_string_equal(error.text, "4194305 bytes, more than 4194304");
}

/* Every way to cut a full record of every type, and bytes changed at every place. */
static void test_a_damaged_record_is_never_more_than_poison(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        uint32_t seed = 0;
        void *record = arena_take(arena, (*type)->size);
        fill_record(arena, *type, record, &seed);
        struct buffer out = {0};
        assert_int_equal(codec_encode(codec, *type, record, &out, &error), OK);
        for (size_t size = 0; size < out.size; size++) {
            /* In memory of its exact size, so that a sanitizer sees a byte too many. */
            char *bytes = malloc(size + (size == 0));
            assert_non_null(bytes);
            memcpy(bytes, out.data, size);
            struct text message = {bytes, (uint32_t)size};
            assert_int_equal(codec_decode(codec, *type, message, step, record, &error), POISON);
            free(bytes);
            arena_reset(step);
        }
        for (size_t at = 10; at < out.size; at++) {
            static const uint8_t changes[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
            uint8_t original = out.data[at];
            for (size_t i = 0; i < sizeof changes; i++) {
                out.data[at] = changes[i];
                enum status status =
                    codec_decode(codec, *type, text_in(&out), step, record, &error);
                assert_true(status == OK || status == POISON);
                arena_reset(step);
            }
            out.data[at] = original;
        }
        buffer_done(&out);
    }
}

static void test_a_value_over_its_limit_is_not_written(void **state)
{
    (void)state;
    char long_id[ID_SIZE_MAX + 1];
    memset(long_id, 'x', sizeof long_id);
    struct order_line line = {0};
    const struct order_paid orders[] = {
        {.order_id = {long_id, sizeof long_id}},
        {.order_id = TEXT("\xff")},
        {.lines = &line, .line_count = LINES_PER_ORDER_MAX + 1},
    };
    static const char *const words[] = {
        "OrderPaid.order_id: 65 bytes, more than 64",
        "OrderPaid.order_id: it is not UTF-8",
        "OrderPaid.lines: 2001 items, more than 2000",
    };
    struct buffer out = {0};
    buffer_append(&out, "before", 6);
    for (size_t i = 0; i < ROW_COUNT(orders); i++) {
        assert_int_equal(codec_encode(codec, &type_order_paid, &orders[i], &out, &error), POISON);
        assert_string_equal(error.text, words[i]);
        assert_int_equal(out.size, 6);
        assert_false(out.failed);
    }
    struct order_closed closed = {.reason = (enum close_reason)77};
    assert_int_equal(codec_encode(codec, &type_order_closed, &closed, &out, &error), POISON);
    assert_string_equal(error.text,
                        "OrderClosed.reason: the schema has no symbol for 77, and no default");
    buffer_done(&out);
}

static void test_a_full_buffer_keeps_what_it_has(void **state)
{
    (void)state;
    struct clock_tick tick = {.at_ms = INT64_MAX};
    struct buffer out = {.limit = 50};
    int written = 0;
    while (codec_encode(codec, &type_clock_tick, &tick, &out, &error) == OK) {
        written++;
    }
    assert_int_equal(written, 2);
    assert_int_equal(out.size, 40);
    assert_false(out.failed);
    assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), RETRY);
    buffer_clear(&out);
    assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), OK);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_makes_the_round_trip_full_and_empty),
        cmocka_unit_test(test_the_bytes_are_those_of_another_implementation),
        cmocka_unit_test(test_texts_point_into_the_message),
        cmocka_unit_test(test_published_versions_never_change),
        cmocka_unit_test(test_a_message_in_no_frame_we_know_is_poison),
        cmocka_unit_test(test_a_damaged_record_is_never_more_than_poison),
        cmocka_unit_test(test_a_value_over_its_limit_is_not_written),
        cmocka_unit_test(test_a_full_buffer_keeps_what_it_has),
    };
    return cmocka_run_group_tests_name("kit.codec", tests, codec_open, codec_close);
}
