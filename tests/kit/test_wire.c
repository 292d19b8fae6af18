#include "kit/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads from memory of its exact size, so that a sanitizer sees a byte too many. */
struct bytes {
    uint8_t *data;
    struct wire wire;
    struct error error;
};

static struct bytes *bytes_new(const char *data, size_t size)
{
    struct bytes *bytes = calloc(1, sizeof *bytes);
    assert_non_null(bytes);
    bytes->data = malloc(size + (size == 0));
    assert_non_null(bytes->data);
    memcpy(bytes->data, data, size);
    bytes->wire = (struct wire){.end = bytes->data + size, .error = &bytes->error};
    return bytes;
}

static void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    free(bytes);
}

static const struct {
    int64_t value;
    const char *bytes;
    size_t size;
} longs[] = {
    {0, "\x00", 1},
    {-1, "\x01", 1},
    {1, "\x02", 1},
    {63, "\x7e", 1},
    {-64, "\x7f", 1},
    {64, "\x80\x01", 2},
    {-65, "\x81\x01", 2},
    {8192, "\x80\x80\x01", 3},
    {INT32_MAX, "\xfe\xff\xff\xff\x0f", 5},
    {INT32_MIN, "\xff\xff\xff\xff\x0f", 5},
    {INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
};

static void test_numbers_make_the_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
        uint8_t written[WIRE_VARINT_MAX];
        assert_int_equal(wire_put_long(written, longs[i].value) - written, longs[i].size);
        assert_memory_equal(written, longs[i].bytes, longs[i].size);
        struct bytes *bytes = bytes_new(longs[i].bytes, longs[i].size);
        int64_t wide = 0;
        assert_ptr_equal(wire_long(&bytes->wire, bytes->data, &wide), bytes->wire.end);
        assert_true(wide == longs[i].value);
        int32_t narrow = 0;
        const uint8_t *end = wire_int(&bytes->wire, bytes->data, &narrow);
        if (longs[i].value >= INT32_MIN && longs[i].value <= INT32_MAX) {
            assert_ptr_equal(end, bytes->wire.end);
            assert_int_equal(narrow, longs[i].value);
        } else {
            assert_null(end);
            assert_int_equal(bytes->wire.status, POISON);
        }
        bytes_free(bytes);
    }
}

/* Where other bytes follow, numbers of up to four bytes are read in one go. */
static void test_numbers_in_the_middle_of_a_message_are_read_as_at_its_end(void **state)
{
    (void)state;
    for (int64_t value = -(1 << 28); value < 1 << 28; value += 1 + (value >> 12) * (value >> 12)) {
        uint8_t written[WIRE_VARINT_MAX + 8];
        memset(written, 0x81, sizeof written);
        const uint8_t *end = wire_put_long(written, value);
        struct error error;
        struct wire wire = {.end = written + sizeof written, .error = &error};
        int64_t wide = 0;
        int32_t narrow = 0;
        assert_ptr_equal(wire_long(&wire, written, &wide), end);
        assert_true(wide == value);
        assert_ptr_equal(wire_int(&wire, written, &narrow), end);
        assert_true(narrow == value);
    }
}

static void test_a_number_that_is_none_is_poison(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } rows[] = {
        {"", 0, "the bytes end in the middle of it"},
        {"\x80", 1, "the bytes end in the middle of it"},
        {"\xff\xff\xff", 3, "the bytes end in the middle of it"},
        {"\x80\x00", 2, "a number has more bytes than it needs"},
        {"\x82\x80\x80\x00", 4, "a number has more bytes than it needs"},
        {"\x80\x00more", 6, "a number has more bytes than it needs"},
        {"\x82\x80\x00more", 7, "a number has more bytes than it needs"},
        {"\x82\x80\x80\x00more", 8, "a number has more bytes than it needs"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, "a number is longer than 64 bits"},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, "a number is longer than 64 bits"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes *bytes = bytes_new(rows[i].bytes, rows[i].size);
        int64_t value;
        assert_null(wire_long(&bytes->wire, bytes->data, &value));
        assert_int_equal(bytes->wire.status, POISON);
        assert_string_equal(bytes->error.text, rows[i].words);
        bytes_free(bytes);
    }
}

static void test_a_length_is_never_more_than_what_is_left(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words; /* NULL: it is a length */
    } rows[] = {
        {"\x00", 1, NULL},
        {"\x02x", 2, NULL},
        {"\x02", 1, "a length of 1 where 0 bytes are left"},
        {"\x06xx", 3, "a length of 3 where 2 bytes are left"},
        {"\x01", 1, "a length of -1"},
        {"\x80\x80\x01x", 4, "a length of 8192 where 1 bytes are left"},
        {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10,
         "a length of 9223372036854775807 where 0 bytes are left"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes *bytes = bytes_new(rows[i].bytes, rows[i].size);
        uint32_t size = 0;
        const uint8_t *cursor = wire_length(&bytes->wire, bytes->data, &size);
        if (rows[i].words) {
            assert_null(cursor);
            assert_string_equal(bytes->error.text, rows[i].words);
        } else {
            assert_ptr_equal(cursor + size, bytes->wire.end);
        }
        bytes_free(bytes);
    }
}

static void test_a_block_claims_no_more_items_than_there_are_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t item_min;
        uint64_t items;
        const char *words; /* NULL: it is a block */
    } rows[] = {
        {"\x00", 1, 1, 0, NULL},
        {"\x04xx", 3, 1, 2, NULL},
        {"\x03\x04xx", 4, 1, 2, NULL},      /* with its size in bytes */
        {"\x80\x80\x01", 3, 0, 8192, NULL}, /* items that take no bytes */
        {"\x04x", 2, 1, 2, "2 items where 1 bytes are left"},
        {"\x02xx", 3, 3, 1, "1 items where 2 bytes are left"},
        {"\x03\x06xx", 4, 1, 2, "a block of 3 bytes where 2 are left"},
        {"\x03\x01xx", 4, 1, 2, "a block of -1 bytes where 2 are left"},
        {"\x03", 1, 1, 2, "the bytes end in the middle of it"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11, 1, 0,
         "9223372036854775808 items where 0 bytes are left"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes *bytes = bytes_new(rows[i].bytes, rows[i].size);
        uint64_t items = 0;
        const uint8_t *end;
        const uint8_t *cursor =
            wire_block(&bytes->wire, bytes->data, rows[i].item_min, &items, &end);
        if (rows[i].words) {
            assert_null(cursor);
            assert_string_equal(bytes->error.text, rows[i].words);
        } else {
            assert_non_null(cursor);
            assert_int_equal(items, rows[i].items);
        }
        bytes_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_make_the_round_trip),
        cmocka_unit_test(test_numbers_in_the_middle_of_a_message_are_read_as_at_its_end),
        cmocka_unit_test(test_a_number_that_is_none_is_poison),
        cmocka_unit_test(test_a_length_is_never_more_than_what_is_left),
        cmocka_unit_test(test_a_block_claims_no_more_items_than_there_are_bytes),
    };
    return cmocka_run_group_tests_name("kit.wire", tests, NULL, NULL);
}
