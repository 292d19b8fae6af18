#include "caseworker/input_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS = 3 };

static const struct {
    const char *what;
    struct commit_point committed[INPUTS];
    bool ours[INPUTS];
} table[] = {
    {"nothing is committed", {{-1001, ""}, {-1001, ""}, {-1001, ""}}, {true, true, true}},
    {"all of one commit", {{5, "7 2 ab"}, {3, "7"}, {1, "7"}}, {true, true, true}},
    {"one had nothing so far", {{5, "7 2 ab"}, {-1001, ""}, {1, "7"}}, {true, true, true}},
    {"a version that gave no numbers", {{5, "7 2 ab"}, {3, ""}, {1, ""}}, {true, true, true}},
    {"one set by hand", {{5, "7 2 ab"}, {2, ""}, {1, "7"}}, {true, false, true}},
    {"one set back with what was there", {{5, "7 2 ab"}, {2, "6"}, {1, "7"}}, {true, false, true}},
    {"the shortages set by hand", {{4, ""}, {3, "7"}, {1, "7"}}, {false, true, true}},
    {"all set by hand", {{4, ""}, {3, ""}, {1, ""}}, {false, false, false}},
    {"the shortages forgotten", {{-1001, ""}, {3, "7"}, {1, "7"}}, {true, true, true}},
};

static void test_an_offset_that_bears_no_mark_is_not_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        print_message("%s\n", table[i].what);
        for (uint32_t input = 0; input < INPUTS; input++) {
            assert_int_equal(input_mark_is_ours(table[i].committed, INPUTS, input),
                             table[i].ours[input]);
        }
    }
}

static void test_what_is_committed_is_ours(void **state)
{
    (void)state;
    struct mark mark = {.n = 123456789, .count = 42, .digest = UINT64_MAX};
    struct commit_point committed[2] = {{.offset = 1}, {.offset = 2}};
    input_mark_to_text(&mark, TOPIC_SHORTAGE, committed[0].metadata);
    input_mark_to_text(&mark, TOPIC_CLOCK, committed[1].metadata);
    assert_true(input_mark_is_ours(committed, 2, 0));
    assert_true(input_mark_is_ours(committed, 2, 1));
    mark.n++;
    input_mark_to_text(&mark, TOPIC_CLOCK, committed[1].metadata);
    assert_false(input_mark_is_ours(committed, 2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_offset_that_bears_no_mark_is_not_ours),
        cmocka_unit_test(test_what_is_committed_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
