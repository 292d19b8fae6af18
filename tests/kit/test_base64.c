#include "kit/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_bytes_make_the_round_trip(void **state)
{
    (void)state;
    /* The first seven are the vectors of RFC 4648. */
    static const struct {
        const char *bytes;
        uint32_t size;
        const char *letters;
    } rows[] = {
        {"", 0, ""},
        {"f", 1, "Zg=="},
        {"fo", 2, "Zm8="},
        {"foo", 3, "Zm9v"},
        {"foob", 4, "Zm9vYg=="},
        {"fooba", 5, "Zm9vYmE="},
        {"foobar", 6, "Zm9vYmFy"},
        {"\xff\x00\xfe", 3, "/wD+"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = {0};
        struct text bytes = {rows[i].bytes, rows[i].size};
        struct text letters = text_of(rows[i].letters);
        base64_write(bytes, &out);
        assert_true(text_equal((struct text){(char *)out.data, (uint32_t)out.size}, letters));
        buffer_done(&out);
        char *read = malloc(base64_size_max(letters.size) + 1);
        assert_non_null(read);
        uint32_t size = 99;
        assert_true(base64_read(letters, read, &size));
        assert_true(text_equal((struct text){read, size}, bytes));
        free(read);
    }
}

static void test_what_nobody_writes_is_not_read(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Z",    "Zg",   "Zg=",    "Zg==Zg==", "Z===", "====", "=Zg=",
        "Zg=v", "Zm9*", "Zm9v\n", "Zh==",     "Zm9=", "Zm-_", "Zm 9",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char bytes[16];
        uint32_t size;
        assert_false(base64_read(text_of(rows[i]), bytes, &size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_make_the_round_trip),
        cmocka_unit_test(test_what_nobody_writes_is_not_read),
    };
    return cmocka_run_group_tests_name("kit.base64", tests, NULL, NULL);
}
