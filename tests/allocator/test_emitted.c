#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocator/emitted.h"

static void test_covers_all_of_earlier_messages_and_the_first_records_of_its_own(void **context)
{
    (void)context;
    const struct emitted emitted = {.offset = 7, .count = 2};
    const struct {
        int64_t offset;
        int64_t count;
        bool covered;
    } table[] = {
        {6, 0, true}, {6, 999, true}, {7, 0, true}, {7, 1, true}, {7, 2, false}, {8, 0, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(emitted_covers(&emitted, table[i].offset, table[i].count),
                         table[i].covered);
    }
}

static void test_text_comes_back(void **context)
{
    (void)context;
    const struct emitted emitted = {.offset = INT64_MAX, .count = 4095};
    struct emitted back;
    char text[EMITTED_TEXT_SIZE];
    emitted_to_text(&emitted, text);
    assert_true(emitted_from_text(text, &back));
    assert_int_equal(back.offset, emitted.offset);
    assert_int_equal(back.count, emitted.count);
}

static void test_other_text_means_nothing_was_emitted(void **context)
{
    (void)context;
    static const char *const table[] = {"", "7", "7 x", "7 2 3", "-1 0", "7 -2"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct emitted back = {.offset = 1, .count = 1};
        assert_false(emitted_from_text(table[i], &back));
        assert_int_equal(back.offset, 0);
        assert_int_equal(back.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covers_all_of_earlier_messages_and_the_first_records_of_its_own),
        cmocka_unit_test(test_text_comes_back),
        cmocka_unit_test(test_other_text_means_nothing_was_emitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
