#include "kit/moved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct error error;

static void test_a_prefix_comes_back_however_long_it_is(void **context)
{
    (void)context;
    char longest[101];
    memset(longest, 'p', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const prefixes[] = {"", "b.", longest};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        char text[COMMIT_METADATA_SIZE];
        moved_to_text(prefixes[i], text);
        assert_string_equal(moved_to(text), prefixes[i]);
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
        assert_null(moved_to(own[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_prefix_comes_back_however_long_it_is),
        cmocka_unit_test(test_an_unfinished_move_is_refused_and_a_workers_own_marks_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
