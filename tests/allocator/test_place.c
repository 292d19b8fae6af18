#include "allocator/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *what;
    struct place place;
    enum status status;
    const char *words;
} table[] = {
    {"a first start", {.revision = INT64_MIN}, OK, ""},
    {"a commit of ours", {.offset = 9, .marked = true, .revision = 7 << 12 | 3}, OK, ""},
    {"a commit of ours, with no state so far",
     {.offset = 9, .marked = true, .revision = INT64_MIN},
     OK,
     ""},
    {"set to the state's own place", {.offset = 8, .revision = 7 << 12 | 3}, OK, ""},
    {"set back",
     {.offset = 7, .revision = 7 << 12 | 3},
     FATAL,
     "it was set by hand, or is of another cluster's log: set it to 8"},
    {"set to the place that the state says, behind its newest fact",
     {.offset = 12, .said = 12, .revision = 7 << 12 | 3},
     OK,
     ""},
    {"set back, but behind its newest fact",
     {.offset = 9, .said = 12, .revision = 7 << 12 | 3},
     FATAL,
     "it was set by hand, or is of another cluster's log: set it to 12"},
    {"not set, but the state is that of a successor",
     {.offset = 7, .marked = true, .revision = 7 << 12},
     ABORT_TXN,
     "if this is said again and again, Kafka has lost the newest offset: set it to 8"},
    {"forgotten",
     {.offset = 0, .revision = 7 << 12},
     FATAL,
     "it was set by hand, or is of another cluster's log: set it to 8"},
    {"set ahead", {.offset = 9, .revision = 7 << 12 | 3}, FATAL, "set it to 8"},
    {"set ahead, with no state", {.offset = 9, .revision = INT64_MIN}, FATAL, "set it to 0"},
    {"set to where the log begins now", {.offset = 20, .first = 20, .revision = 7 << 12}, OK, ""},
    {"set ahead of where the log begins now",
     {.offset = 21, .first = 20, .revision = 7 << 12},
     FATAL,
     "set it to 20"},
    {"set back where the log begins later",
     {.offset = 7, .first = 20, .revision = 7 << 12},
     FATAL,
     "it was set by hand, or is of another cluster's log: set it to 20"},
};

static void test_an_offset_is_taken_where_the_state_goes_on_from_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error error = {{0}};
        struct place place = table[i].place;
        place.said = place.said ? place.said : PLACE_NOT_SAID;
        print_message("%s\n", table[i].what);
        assert_int_equal(place_check(&place, &error), table[i].status);
        assert_non_null(strstr(error.text, table[i].words));
    }
}

/* With a mark the two were written together: then the state lacks its end. */
static void test_a_state_that_ends_before_what_is_committed_is_incomplete(void **state)
{
    (void)state;
    static const struct {
        struct place place;
        bool is;
    } rows[] = {
        {{.offset = 9, .marked = true, .said = 9}, false},
        {{.offset = 9, .marked = true, .said = 8}, true},
        {{.offset = 9, .marked = false, .said = 8}, false}, /* set by hand: said otherwise */
        {{.offset = 9, .marked = true, .said = PLACE_NOT_SAID}, false},
        {{.offset = 9, .marked = true, .said = PLACE_OF_NOTHING, .first = 9}, false},
        {{.offset = 9, .marked = true, .said = PLACE_OF_NOTHING, .first = 3}, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(place_is_incomplete(&rows[i].place), rows[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_state_that_ends_before_what_is_committed_is_incomplete),
        cmocka_unit_test(test_an_offset_is_taken_where_the_state_goes_on_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
