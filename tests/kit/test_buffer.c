#include "kit/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_appends_add_up(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (int i = 0; i < 100000; i++) {
        buffer_append_byte(&buffer, (uint8_t)i);
        buffer_append(&buffer, "abc", 3);
    }
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 400000);
    assert_int_equal(buffer.data[399996], (uint8_t)99999);
    assert_memory_equal(buffer.data + 399997, "abc", 3);
    buffer_done(&buffer);
    assert_null(buffer.data);
}

static void test_what_does_not_fit_fails_until_it_is_cleared(void **state)
{
    (void)state;
    struct buffer buffer = {.limit = 10};
    buffer_append(&buffer, "12345678", 8);
    buffer_append(&buffer, "abc", 3);
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 8);
    buffer_append_byte(&buffer, 'x');
    assert_int_equal(buffer.size, 8);
    buffer_clear(&buffer);
    buffer_append(&buffer, "1234567890", 10);
    assert_false(buffer.failed);
    assert_false(buffer_reserve(&buffer, 1));
    assert_int_equal(buffer.size, 10);
    buffer_done(&buffer);
}

static void test_no_bytes_need_no_memory(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_append(&buffer, NULL, 0);
    assert_null(buffer.data);
    assert_false(buffer.failed);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_add_up),
        cmocka_unit_test(test_what_does_not_fit_fails_until_it_is_cleared),
        cmocka_unit_test(test_no_bytes_need_no_memory),
    };
    return cmocka_run_group_tests_name("kit.buffer", tests, NULL, NULL);
}
