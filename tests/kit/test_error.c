#include "kit/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_words_are_put_before_those_already_there(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, POISON, "unknown type '%s'", "strin"), POISON);
    assert_int_equal(error_prefix(&error, FATAL, "%s/%d.avsc: ", "order-paid", 2), FATAL);
    assert_string_equal(error.text, "order-paid/2.avsc: unknown type 'strin'");
}

static void test_words_that_are_too_long_are_cut(void **state)
{
    (void)state;
    struct error error;
    char words[2 * ERROR_SIZE];
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    assert_int_equal(error_set(&error, RETRY, "%s", words), RETRY);
    assert_int_equal(strlen(error.text), ERROR_SIZE - 1);
    assert_int_equal(error_prefix(&error, RETRY, "here: "), RETRY);
    assert_int_equal(strlen(error.text), ERROR_SIZE - 1);
    assert_memory_equal(error.text, "here: www", 9);
    assert_int_equal(error_prefix(&error, RETRY, "%s", words), RETRY);
    assert_int_equal(strlen(error.text), ERROR_SIZE - 1);
}

static void test_every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(status_name(OK), "OK");
    assert_string_equal(status_name(RETRY), "RETRY");
    assert_string_equal(status_name(POISON), "POISON");
    assert_string_equal(status_name(ABORT_TXN), "ABORT_TXN");
    assert_string_equal(status_name(FATAL), "FATAL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_put_before_those_already_there),
        cmocka_unit_test(test_words_that_are_too_long_are_cut),
        cmocka_unit_test(test_every_status_has_a_name),
    };
    return cmocka_run_group_tests_name("kit.error", tests, NULL, NULL);
}
