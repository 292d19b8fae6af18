/* What a plan makes of bytes that somebody broke, by accident or on purpose. */
#include "kit/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plan_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

#define TAIL_7 ",\"tail\":7}"
#define PAIRS ARRAY(PAIR)
#define MAYBE_LONG "[\"null\",\"long\"]"

#define BROKEN(type, schema, hex, words)                  \
    {                                                     \
        &type, BOX(schema), BOX(schema), hex, NULL, words \
    }

static const struct reading_row values[] = {
    BROKEN(int_box, "\"int\"", "", "Box.value: the bytes end in the middle of it"),
    BROKEN(int_box, "\"int\"", "02", "Box.tail: the bytes end in the middle of it"),
    BROKEN(int_box, "\"int\"", "02 0e 00", "Box: 1 bytes behind its end"),
    BROKEN(int_box, "\"int\"", "8080808010 0e", "Box.value: 2147483648 does not fit an int"),
    BROKEN(int_box, "\"int\"", "8000 0e", "Box.value: a number has more bytes than it needs"),
    BROKEN(long_box, "\"long\"", "ffffffffffffffffff02 0e",
           "Box.value: a number is longer than 64 bits"),
    BROKEN(long_box, "\"long\"", "8080808080808080808080 0e",
           "Box.value: a number is longer than 64 bits"),
    BROKEN(boolean_box, "\"boolean\"", "07 0e", "Box.value: a boolean is 0 or 1, not 7"),
    BROKEN(boolean_box, "\"boolean\"", "", "Box.value: the bytes end in the middle of it"),
    BROKEN(enum_box, COLOR, "06 0e", "Box.value: there is no symbol 3, only 3"),
    BROKEN(enum_box, COLOR, "01 0e", "Box.value: there is no symbol -1, only 3"),
    BROKEN(string_box, "\"string\"", "01 0e", "Box.value: a length of -1"),
    BROKEN(string_box, "\"string\"", "08 61 62 0e",
           "Box.value: a length of 4 where 3 bytes are left"),
    BROKEN(string_box, "\"string\"", "12 616161616161616161 0e", "Box.value: 9 bytes, more than 8"),
    BROKEN(string_box, "\"string\"", "04 c3 28 0e", "Box.value: it is not UTF-8"),
    BROKEN(string_box, "\"string\"", "04 c0 80 0e", "Box.value: it is not UTF-8"),
    BROKEN(string_box, "\"string\"", "06 eda080 0e", "Box.value: it is not UTF-8"),
    BROKEN(bytes_box, "\"bytes\"", "feffffffffffffffff01 0e",
           "Box.value: a length of 9223372036854775807 where 1 bytes are left"),
    BROKEN(maybe_long_box, MAYBE_LONG, "04 00 0e", "Box.value: there is no branch 2, only 2"),
    BROKEN(maybe_long_box, MAYBE_LONG, "01 00 0e", "Box.value: there is no branch -1, only 2"),
    BROKEN(maybe_long_box, "[\"null\",\"long\",\"string\"]", "06 00 0e",
           "Box.value: there is no branch 3, only 3"),
    BROKEN(array_box, PAIRS, "04 02 0261 04 02ff 00 0e", "Box.value[1].right: it is not UTF-8"),
    BROKEN(array_box, PAIRS, "02 02 0261 02 04 02ff 00 0e", "Box.value[1].right: it is not UTF-8"),
    BROKEN(array_box, PAIRS, "0a 0000 0000 0000 0000 0000 00 0e", "Box.value: more than 4 items"),
    BROKEN(array_box, PAIRS, "02 0000 08 0000 0000 0000 0000 00 0e",
           "Box.value: more than 4 items"),
    BROKEN(array_box, PAIRS, "feffffffffffffffff01",
           "Box.value: 9223372036854775807 items where 0 bytes are left"),
    BROKEN(array_box, PAIRS, "ffffffffffffffffff01 00",
           "Box.value: 9223372036854775808 items where 0 bytes are left"),
    BROKEN(array_box, PAIRS, "04 02 0e", "Box.value: 2 items where 2 bytes are left"),
    BROKEN(array_box, PAIRS, "03 0a 02 0261 04 0262 00 0e",
           "Box.value: a block of another size than it says"),
    BROKEN(array_box, PAIRS, "03 0e 02 0261 04 0262 00 0e",
           "Box.value: a block of another size than it says"),
    BROKEN(array_box, PAIRS, "03 01 02 0261 00 0e",
           "Box.value: a block of -1 bytes where 5 are left"),
    BROKEN(array_box, PAIRS, "02 02 0261", "Box.value: the bytes end in the middle of it"),
};

static void test_a_broken_value_is_poison_and_names_its_field(void **state)
{
    (void)state;
    check_readings(arena, values, ROW_COUNT(values));
}

/* A value that nobody asked for, before one that somebody did. */
#define UNKNOWN(type, hex, words)                                                            \
    {                                                                                        \
        &int_box, BOX("\"int\""),                                                            \
            RECORD("Box", FIELD("extra", type) "," FIELD("value", "\"int\"") "," TAIL), hex, \
            (words) ? NULL : "{\"value\":1" TAIL_7, words                                    \
    }
#define TREE                                              \
    "{\"type\":\"record\",\"name\":\"Tree\",\"fields\":[" \
    "{\"name\":\"left\",\"type\":[\"null\",\"Tree\"]},"   \
    "{\"name\":\"right\",\"type\":[\"null\",\"Tree\"]}]}"
#define ENDLESS                                              \
    "{\"type\":\"record\",\"name\":\"Endless\",\"fields\":[" \
    "{\"name\":\"again\",\"type\":\"Endless\"}]}"

static const struct reading_row unknowns[] = {
    UNKNOWN("\"null\"", "02 0e", NULL),
    UNKNOWN("\"boolean\"", "01 02 0e", NULL),
    UNKNOWN("\"boolean\"", "02 02 0e", "Box.extra: a boolean is 0 or 1, not 2"),
    UNKNOWN("\"int\"", "ff01 02 0e", NULL),
    UNKNOWN("\"int\"", "8080808010 02 0e", "Box.extra: 2147483648 does not fit an int"),
    UNKNOWN("\"long\"", "8080808010 02 0e", NULL),
    UNKNOWN("\"long\"", "8000 02 0e", "Box.extra: a number has more bytes than it needs"),
    UNKNOWN("\"float\"", "00000000 02 0e", NULL),
    UNKNOWN("\"float\"", "000000", "Box.extra: the bytes end in the middle of it"),
    UNKNOWN("\"double\"", "0000000000000000 02 0e", NULL),
    UNKNOWN("\"string\"", "0461ff 02 0e", "Box.extra: a string that is not UTF-8"),
    UNKNOWN("\"string\"", "04c3a9 02 0e", NULL),
    UNKNOWN("\"bytes\"", "0461ff 02 0e", NULL),
    UNKNOWN("\"bytes\"", "0c61ff 02 0e", "Box.extra: a length of 6 where 4 bytes are left"),
    UNKNOWN(FIXED("F", "3"), "ffffff 02 0e", NULL),
    UNKNOWN(FIXED("F", "0"), "02 0e", NULL),
    UNKNOWN(FIXED("F", "2000000000"), "02 0e", "Box.extra: the bytes end in the middle of it"),
    UNKNOWN(ENUM("E", "\"A\",\"B\""), "02 02 0e", NULL),
    UNKNOWN(ENUM("E", "\"A\",\"B\""), "04 02 0e", "Box.extra: there is no symbol 2, only 2"),
    UNKNOWN("[\"null\",\"string\"]", "02 0261 02 0e", NULL),
    UNKNOWN("[\"null\",\"string\"]", "00 02 0e", NULL),
    UNKNOWN("[\"null\",\"string\"]", "04 02 0e", "Box.extra: there is no branch 2, only 2"),
    UNKNOWN(ARRAY("\"int\""), "04 02 04 00 02 0e", NULL),
    UNKNOWN(ARRAY("\"int\""), "03 04 02 04 02 06 00 02 0e", NULL),
    UNKNOWN(ARRAY("\"int\""), "03 06 02 04 00 02 0e",
            "Box.extra: a block of another size than it says"),
    UNKNOWN(ARRAY("\"int\""), "feffffffffffffffff01 00",
            "Box.extra: 9223372036854775807 items where 1 bytes are left"),
    UNKNOWN(ARRAY("\"null\""), "c801 00 02 0e", NULL),
    UNKNOWN(ARRAY("\"null\""), "8094ebdc03 00 02 0e",
            "Box.extra: more values than a message of this size may have"),
    UNKNOWN(ARRAY(ARRAY("\"null\"")), "04 c801 00 c801 00 00 02 0e", NULL),
    UNKNOWN(MAP("\"int\""), "04 0261 02 0262 04 00 02 0e", NULL),
    UNKNOWN(MAP("\"int\""), "03 0c 0261 02 0262 04 00 02 0e", NULL),
    UNKNOWN(MAP("\"int\""), "02 02ff 02 00 02 0e", "Box.extra: a string that is not UTF-8"),
    UNKNOWN(MAP("\"null\""), "feffffffffffffffff01 00",
            "Box.extra: 9223372036854775807 items where 1 bytes are left"),
    UNKNOWN(PAIR, "04 0278 02 0e", NULL),
    UNKNOWN(PAIR, "04 02ff 02 0e", "Box.extra: a string that is not UTF-8"),
    UNKNOWN(TREE, "02 02 0000 02 0000 00 02 0e", NULL),
    UNKNOWN(TREE, "0202020202020202020202020202020202020202020202020202020202020202",
            "Box.extra: values nested too deep"),
    UNKNOWN(ENDLESS, "02 0e", "Box.extra: values nested too deep"),
};

static void test_a_value_that_is_walked_over_is_checked_like_any_other(void **state)
{
    (void)state;
    check_readings(arena, unknowns, ROW_COUNT(unknowns));
}

/* Items that take no bytes cannot be bounded by the bytes that are left. */
static void test_items_without_bytes_are_bounded_by_their_number(void **state)
{
    (void)state;
    const char *reader =
        BOX(ARRAY(RECORD("Pair", FIELD_WITH("left", "\"long\"", "\"default\":1") "," FIELD_WITH(
                                     "right", "\"string\"", "\"default\":\"a\""))));
    const char *writer = BOX(ARRAY(RECORD("Pair", "")));
    const char *got;
    assert_int_equal(read_as(arena, &array_box, reader, writer, "04 00 0e", &got), OK);
    assert_string_equal(
        got, "{\"value\":[{\"left\":1,\"right\":\"a\"},{\"left\":1,\"right\":\"a\"}]" TAIL_7);
    assert_int_equal(read_as(arena, &array_box, reader, writer, "8094ebdc03 00 0e", &got), POISON);
    assert_string_equal(got, "Box.value: more than 4 items");
}

/* The plan of a pair of schemas that fit. */
static const struct plan *plan_of(const struct record_type *type, const char *reader,
                                  const char *writer)
{
    const struct plan *plan = NULL;
    struct error error = {""};
    if (plan_new(type, schema_of(arena, reader), schema_of(arena, writer), 32, arena, &plan,
                 &error) != OK) {
        fail_msg("%s", error.text);
    }
    return plan;
}

static void test_a_full_arena_is_poison_alone_and_retry_behind_others(void **state)
{
    (void)state;
    const struct plan *plan = plan_of(&array_box, BOX(PAIRS), BOX(PAIRS));
    struct text bytes = hex_bytes(arena, "04 02 0261 04 0262 00 0e");
    struct error error;
    struct box box;
    struct arena *step = arena_new(sizeof(struct pair));
    assert_int_equal(plan_run(plan, bytes, step, &box, &error), POISON);
    assert_string_equal(error.text, "Box.value: it takes more memory than a message may");
    arena_free(step);
    step = arena_new(3 * sizeof(struct pair) + 64);
    assert_int_equal(plan_run(plan, bytes, step, &box, &error), OK);
    while (plan_run(plan, bytes, step, &box, &error) == OK) {
        assert_true(arena_used(step) <= 3 * sizeof(struct pair) + 64);
    }
    assert_int_equal(plan_run(plan, bytes, step, &box, &error), RETRY);
    arena_reset(step);
    assert_int_equal(plan_run(plan, bytes, step, &box, &error), OK);
    arena_free(step);
}

/* A pseudo-random number; the same ones every time. */
static uint32_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33);
}

static void test_no_change_of_bytes_can_do_harm(void **state)
{
    (void)state;
    static const struct reading_row rows[] = {
        {&array_box, BOX(PAIRS), BOX(PAIRS), "03 0c 02 0261 04 0262 00 0e", NULL, NULL},
        {&maybe_record_box, BOX("[\"null\"," PAIR "]"), BOX("[\"null\"," PAIR "]"), "02 04 0278 0e",
         NULL, NULL},
        {&int_box, BOX("\"int\""),
         RECORD("Box", FIELD("extra", ARRAY(TREE)) "," FIELD("value", "\"int\"") "," TAIL),
         "06 02 02 00 00 02 00 00 00 00 00 00 00 02 0e", NULL, NULL},
        {&int_box, BOX("\"int\""),
         RECORD("Box",
                FIELD("extra", MAP(ARRAY("\"null\""))) "," FIELD("value", "\"int\"") "," TAIL),
         "03 0c 0261 02 00 0262 00 00 02 0e", NULL, NULL},
    };
    uint64_t random = 42;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        const struct plan *plan = plan_of(rows[i].type, rows[i].reader, rows[i].writer);
        struct error error;
        struct text original = hex_bytes(arena, rows[i].hex);
        struct arena *step = arena_new(4096);
        for (int round = 0; round < 50000; round++) {
            struct box box;
            uint32_t size = original.size - next_random(&random) % 3;
            char *bytes = malloc(size);
            assert_non_null(bytes);
            memcpy(bytes, original.data, size);
            for (uint32_t changes = next_random(&random) % 4; changes > 0; changes--) {
                bytes[next_random(&random) % size] = (char)next_random(&random);
            }
            enum status status = plan_run(plan, (struct text){bytes, size}, step, &box, &error);
            assert_true(status == OK || status == POISON);
            free(bytes);
            arena_reset(step);
        }
        arena_free(step);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_broken_value_is_poison_and_names_its_field),
        cmocka_unit_test(test_a_value_that_is_walked_over_is_checked_like_any_other),
        cmocka_unit_test(test_items_without_bytes_are_bounded_by_their_number),
        cmocka_unit_test(test_a_full_arena_is_poison_alone_and_retry_behind_others),
        cmocka_unit_test(test_no_change_of_bytes_can_do_harm),
    };
    return cmocka_run_group_tests_name("kit.plan_hostile", tests, arena_open, arena_close);
}
