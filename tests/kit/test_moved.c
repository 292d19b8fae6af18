#include "kit/moved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct error error;

static void test_a_prefix_and_a_mark_come_back_however_long_they_are(void **context)
{
    (void)context;
    char longest[101];
    memset(longest, 'p', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const prefixes[] = {"", "b.", longest};
    const char *const marks[] = {"", "17 3",
                                 "9223372036854775807 9223372036854775807 00000000000000ff"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        char text[COMMIT_METADATA_SIZE];
        char prefix[MOVED_PREFIX_SIZE];
        const char *before;
        moved_to_text(prefixes[i], marks[i], text);
        assert_true(moved_to_read(text, prefix, &before));
        assert_string_equal(prefix, prefixes[i]);
        assert_string_equal(before, marks[i]);
        assert_int_equal(moved_check(text, &error), POISON);
        assert_non_null(strstr(error.text, "topic.prefix"));
    }
}

static void test_an_unfinished_move_is_refused_and_a_workers_own_marks_are_not(void **context)
{
    (void)context;
    assert_int_equal(moved_check(MOVED_UNFINISHED, &error), POISON);
    assert_non_null(strstr(error.text, "topics rekey"));
    const char *const own[] = {"", "17 3", "5 12 00000000000000ff"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        assert_int_equal(moved_check(own[i], &error), OK);
        char prefix[MOVED_PREFIX_SIZE];
        const char *before;
        assert_false(moved_to_read(own[i], prefix, &before));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_prefix_and_a_mark_come_back_however_long_they_are),
        cmocka_unit_test(test_an_unfinished_move_is_refused_and_a_workers_own_marks_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
