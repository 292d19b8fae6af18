#include "kit/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    size_t size;
    bool valid;
} rows[] = {
    {"", 0, true},
    {"sku-1", 5, true},
    {"sku-12345", 9, true},
    {"a\0b", 3, true},
    {"\xc3\xa9", 2, true},                 /* e with acute */
    {"\xe7\xbc\xba\xe8\xb4\xa7", 6, true}, /* out of stock */
    {"\xf0\x9f\x93\xa6", 4, true},         /* a parcel */
    {"\xf4\x8f\xbf\xbf", 4, true},         /* U+10FFFF */
    {"\xef\xbf\xbf", 3, true},             /* U+FFFF */
    {"\xed\x9f\xbf", 3, true},             /* just below the surrogates */
    {"\xee\x80\x80", 3, true},             /* just above */
    {"\x80", 1, false},                    /* a trailing byte alone */
    {"\xc3", 1, false},                    /* cut */
    {"\xe7\xbc", 2, false},                /* cut */
    {"\xf0\x9f\x93", 3, false},            /* cut */
    {"\xc3(", 2, false},                   /* no trailing byte */
    {"\xc0\x80", 2, false},                /* over-long */
    {"\xc1\xbf", 2, false},                /* over-long */
    {"\xe0\x9f\xbf", 3, false},            /* over-long */
    {"\xf0\x8f\xbf\xbf", 4, false},        /* over-long */
    {"\xed\xa0\x80", 3, false},            /* a surrogate */
    {"\xed\xbf\xbf", 3, false},            /* a surrogate */
    {"\xf4\x90\x80\x80", 4, false},        /* above U+10FFFF */
    {"\xf8\x88\x80\x80\x80", 5, false},    /* five bytes */
    {"\xff", 1, false},
    {"12345678\xff", 9, false},
    {"\xff"
     "12345678",
     9, false},
    {"1234567\xff"
     "12345678",
     16, false},
};

static void test_only_utf8_is_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* In memory of its exact size, so that a sanitizer sees a byte too many. */
        uint8_t *bytes = malloc(rows[i].size + (rows[i].size == 0));
        assert_non_null(bytes);
        memcpy(bytes, rows[i].bytes, rows[i].size);
        assert_int_equal(utf8_valid(bytes, rows[i].size), rows[i].valid);
        assert_int_equal(utf8_valid_slow(bytes, rows[i].size), rows[i].valid);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_utf8_is_utf8),
    };
    return cmocka_run_group_tests_name("kit.utf8", tests, NULL, NULL);
}
