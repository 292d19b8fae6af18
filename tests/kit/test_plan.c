/* What a plan makes of a writer's schema that is not the reader's. */
#include "kit/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plan_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

#define TAIL_7 ",\"tail\":7}"

/* A row whose reader and writer are boxes. */
#define VALUE(type, reader, writer, hex, json)           \
    {                                                    \
        &type, BOX(reader), BOX(writer), hex, json, NULL \
    }
#define REFUSED(type, reader, writer, hex, words)         \
    {                                                     \
        &type, BOX(reader), BOX(writer), hex, NULL, words \
    }

static const struct reading_row promotions[] = {
    VALUE(int_box, "\"int\"", "\"int\"", "03 0e", "{\"value\":-2" TAIL_7),
    REFUSED(int_box, "\"int\"", "\"long\"", "",
            "Box.value: the writer's 'long' cannot be read as 'int'"),
    REFUSED(int_box, "\"int\"", "\"boolean\"", "",
            "Box.value: the writer's 'boolean' cannot be read as 'int'"),
    VALUE(long_box, "\"long\"", "\"long\"", "8080808010 0e", "{\"value\":2147483648" TAIL_7),
    VALUE(long_box, "\"long\"", "\"int\"", "01 0e", "{\"value\":-1" TAIL_7),
    REFUSED(long_box, "\"long\"", "\"int\"", "8080808010 0e",
            "Box.value: 2147483648 does not fit an int"),
    REFUSED(long_box, "\"long\"", "\"double\"", "",
            "Box.value: the writer's 'double' cannot be read as 'long'"),
    VALUE(boolean_box, "\"boolean\"", "\"boolean\"", "01 0e", "{\"value\":true" TAIL_7),
    REFUSED(boolean_box, "\"boolean\"", "\"int\"", "",
            "Box.value: the writer's 'int' cannot be read as 'boolean'"),
    VALUE(string_box, "\"string\"", "\"string\"", "0678797a 0e", "{\"value\":\"xyz\"" TAIL_7),
    VALUE(string_box, "\"string\"", "\"bytes\"", "0678797a 0e", "{\"value\":\"xyz\"" TAIL_7),
    REFUSED(string_box, "\"string\"", "\"bytes\"", "02ff 0e", "Box.value: it is not UTF-8"),
    VALUE(bytes_box, "\"bytes\"", "\"bytes\"", "02ff 0e", "{\"value\":\"/w==\"" TAIL_7),
    VALUE(bytes_box, "\"bytes\"", "\"string\"", "0278 0e", "{\"value\":\"eA==\"" TAIL_7),
    REFUSED(bytes_box, "\"bytes\"", "\"string\"", "02ff 0e", "Box.value: it is not UTF-8"),
    REFUSED(bytes_box, "\"bytes\"", FIXED("F", "1"), "",
            "Box.value: the writer's 'F' cannot be read as 'bytes'"),
    REFUSED(string_box, "\"string\"", "\"int\"", "",
            "Box.value: the writer's 'int' cannot be read as 'string'"),
};

static void test_a_number_or_text_is_promoted_as_avro_says(void **state)
{
    (void)state;
    check_readings(arena, promotions, ROW_COUNT(promotions));
}

#define UNIT(logical_type) "{\"type\":\"long\",\"logicalType\":\"" logical_type "\"}"

static const struct reading_row times[] = {
    VALUE(time_box, TIME, TIME, "02 0e", "{\"value\":1" TAIL_7),
    VALUE(time_box, TIME, "\"long\"", "02 0e", "{\"value\":1" TAIL_7),
    VALUE(time_box, TIME, UNIT("local-timestamp-millis"), "02 0e", "{\"value\":1" TAIL_7),
    VALUE(time_box, TIME, UNIT("timestamp-micros"), "cf1f 0e", "{\"value\":-3" TAIL_7),
    VALUE(time_box, TIME, UNIT("local-timestamp-micros"), "9e1f 0e", "{\"value\":1" TAIL_7),
    VALUE(time_box, TIME, UNIT("timestamp-nanos"), "8092f401 0e", "{\"value\":2" TAIL_7),
    REFUSED(time_box, TIME, UNIT("time-micros"), "",
            "Box.value: the writer's 'time-micros' cannot be read as 'timestamp-millis'"),
    REFUSED(time_box, TIME, "{\"type\":\"int\",\"logicalType\":\"date\"}", "",
            "Box.value: the writer's 'date' cannot be read as 'timestamp-millis'"),
    VALUE(long_box, "\"long\"", UNIT("timestamp-micros"), "02 0e", "{\"value\":1" TAIL_7),
};

static void test_a_time_in_another_unit_is_never_read_as_milliseconds(void **state)
{
    (void)state;
    check_readings(arena, times, ROW_COUNT(times));
}

#define STRICT_COLOR ENUM("Color", "\"UNKNOWN\",\"RED\",\"BLUE\"")
#define COLOR_ALIAS                                                    \
    "{\"type\":\"enum\",\"name\":\"Color\",\"aliases\":[\"old.Hue\"]," \
    "\"symbols\":[\"UNKNOWN\",\"RED\",\"BLUE\"]}"
#define COLOR_DEFAULT_RED                                                               \
    "{\"type\":\"enum\",\"name\":\"Color\",\"symbols\":[\"UNKNOWN\",\"RED\",\"BLUE\"]," \
    "\"default\":\"RED\"}"
#define NEWER_DEFAULT                                                                           \
    "{\"type\":\"enum\",\"name\":\"Color\",\"symbols\":[\"UNKNOWN\",\"RED\",\"BLUE\",\"NEW\"]," \
    "\"default\":\"NEW\"}"

static const struct reading_row enums[] = {
    VALUE(enum_box, COLOR, COLOR, "04 0e", "{\"value\":\"BLUE\"" TAIL_7),
    VALUE(enum_box, COLOR, ENUM("Color", "\"BLUE\",\"UNKNOWN\",\"RED\""), "00 0e",
          "{\"value\":\"BLUE\"" TAIL_7),
    VALUE(enum_box, COLOR, ENUM("Color", "\"BLUE\",\"UNKNOWN\",\"RED\""), "04 0e",
          "{\"value\":\"RED\"" TAIL_7),
    VALUE(enum_box, COLOR, ENUM("Color", "\"RED\",\"GREEN\""), "02 0e",
          "{\"value\":\"UNKNOWN\"" TAIL_7),
    VALUE(enum_box, COLOR_DEFAULT_RED, ENUM("Color", "\"BLUE\",\"GREEN\""), "02 0e",
          "{\"value\":\"RED\"" TAIL_7),
    VALUE(enum_box, NEWER_DEFAULT, ENUM("Color", "\"BLUE\",\"GREEN\""), "02 0e",
          "{\"value\":\"UNKNOWN\"" TAIL_7),
    VALUE(enum_box, STRICT_COLOR, ENUM("Color", "\"RED\",\"GREEN\""), "00 0e",
          "{\"value\":\"RED\"" TAIL_7),
    REFUSED(enum_box, STRICT_COLOR, ENUM("Color", "\"RED\",\"GREEN\""), "02 0e",
            "Box.value: the writer's symbol 'GREEN' is unknown, and there is no default"),
    VALUE(enum_box, COLOR, ENUM("shop.Color", "\"RED\""), "00 0e", "{\"value\":\"RED\"" TAIL_7),
    VALUE(enum_box, COLOR_ALIAS, ENUM("old.Hue", "\"RED\""), "00 0e", "{\"value\":\"RED\"" TAIL_7),
    REFUSED(enum_box, COLOR, ENUM("Hue", "\"RED\""), "",
            "Box.value: the writer's 'Hue' cannot be read as 'Color'"),
    REFUSED(enum_box, COLOR, "\"string\"", "",
            "Box.value: the writer's 'string' cannot be read as 'Color'"),
    VALUE(maybe_enum_box, "[\"null\"," COLOR "]", "[\"null\"," COLOR "]", "0204 0e",
          "{\"value\":\"BLUE\"" TAIL_7),
    VALUE(maybe_enum_box, "[\"null\"," COLOR "]", "[\"null\"," COLOR "]", "00 0e", "{\"tail\":7}"),
};

static void test_an_enum_is_read_by_its_symbol_never_by_its_index(void **state)
{
    (void)state;
    check_readings(arena, enums, ROW_COUNT(enums));
}

#define MAYBE_LONG "[\"null\",\"long\"]"
#define MAYBE_PAIR "[\"null\"," PAIR "]"

static const struct reading_row unions[] = {
    VALUE(maybe_long_box, MAYBE_LONG, MAYBE_LONG, "00 0e", "{\"tail\":7}"),
    VALUE(maybe_long_box, MAYBE_LONG, MAYBE_LONG, "02 08 0e", "{\"value\":4" TAIL_7),
    VALUE(maybe_long_box, MAYBE_LONG, "[\"long\",\"null\"]", "02 0e", "{\"tail\":7}"),
    VALUE(maybe_long_box, MAYBE_LONG, "[\"long\",\"null\"]", "00 08 0e", "{\"value\":4" TAIL_7),
    VALUE(maybe_long_box, MAYBE_LONG, "\"long\"", "00 0e", "{\"value\":0" TAIL_7),
    VALUE(maybe_long_box, MAYBE_LONG, "\"null\"", "0e", "{\"tail\":7}"),
    VALUE(maybe_long_box, MAYBE_LONG, "[\"null\",\"int\"]", "02 03 0e", "{\"value\":-2" TAIL_7),
    VALUE(maybe_long_box, MAYBE_LONG, "[\"string\",\"null\",\"int\"]", "04 03 0e",
          "{\"value\":-2" TAIL_7),
    VALUE(maybe_long_box, MAYBE_LONG, "[\"string\",\"null\",\"int\"]", "02 0e", "{\"tail\":7}"),
    REFUSED(maybe_long_box, MAYBE_LONG, "[\"string\",\"null\",\"int\"]", "00 02 78 0e",
            "Box.value: the writer's 'string' cannot be read as 'long'"),
    REFUSED(maybe_long_box, MAYBE_LONG, "[\"null\",\"double\"]", "",
            "Box.value: the writer's 'double' cannot be read as 'long'"),
    REFUSED(maybe_long_box, MAYBE_LONG, "[\"null\",\"double\",\"string\"]", "",
            "Box.value: the writer's 'union' cannot be read as 'long'"),
    VALUE(maybe_int_box, "[\"null\",\"int\"]", "[\"null\",\"int\"]", "02 03 0e",
          "{\"value\":-2" TAIL_7),
    VALUE(maybe_int_box, "[\"null\",\"int\"]", "[\"null\",\"int\"]", "00 0e", "{\"tail\":7}"),
    VALUE(maybe_string_box, "[\"null\",\"string\"]", "[\"null\",\"string\"]", "02 00 0e",
          "{\"value\":\"\"" TAIL_7),
    VALUE(maybe_string_box, "[\"null\",\"string\"]", "[\"null\",\"string\"]", "00 0e",
          "{\"tail\":7}"),
    /* The writer may leave it out, we may not. */
    VALUE(long_box, "\"long\"", MAYBE_LONG, "02 08 0e", "{\"value\":4" TAIL_7),
    REFUSED(long_box, "\"long\"", MAYBE_LONG, "00 0e", "Box.value: null where a value is required"),
    VALUE(long_box, "\"long\"", "[\"int\",\"long\"]", "00 08 0e", "{\"value\":4" TAIL_7),
    VALUE(long_box, "\"long\"", "[\"int\",\"long\"]", "02 8080808010 0e",
          "{\"value\":2147483648" TAIL_7),
    {&long_box, RECORD("Box", FIELD_WITH("value", "\"long\"", "\"default\":9") "," TAIL),
     BOX(MAYBE_LONG), "00 0e", "{\"value\":9" TAIL_7, NULL},
    {&long_box, RECORD("Box", FIELD_WITH("value", "\"long\"", "\"default\":9") "," TAIL),
     BOX(MAYBE_LONG), "02 08 0e", "{\"value\":4" TAIL_7, NULL},
    /* Records in unions. */
    VALUE(maybe_record_box, MAYBE_PAIR, MAYBE_PAIR, "02 04 0278 0e",
          "{\"value\":{\"left\":2,\"right\":\"x\"}" TAIL_7),
    VALUE(maybe_record_box, MAYBE_PAIR, MAYBE_PAIR, "00 0e", "{\"tail\":7}"),
    VALUE(maybe_record_box, MAYBE_PAIR, PAIR, "04 0278 0e",
          "{\"value\":{\"left\":2,\"right\":\"x\"}" TAIL_7),
    VALUE(record_box, PAIR, MAYBE_PAIR, "02 04 0278 0e",
          "{\"value\":{\"left\":2,\"right\":\"x\"}" TAIL_7),
    REFUSED(record_box, PAIR, MAYBE_PAIR, "00 0e", "Box.value: null where a value is required"),
    VALUE(maybe_record_box, MAYBE_PAIR,
          "[" RECORD("Other", FIELD("left", "\"int\"")) ",\"null\"," PAIR "]", "04 04 0278 0e",
          "{\"value\":{\"left\":2,\"right\":\"x\"}" TAIL_7),
    REFUSED(maybe_record_box, MAYBE_PAIR,
            "[" RECORD("Other", FIELD("left", "\"int\"")) ",\"null\"," PAIR "]", "00 04 0e",
            "Box.value: the writer's 'Other' cannot be read as 'Pair'"),
};

static void test_a_union_is_resolved_by_the_branch_that_data_chooses(void **state)
{
    (void)state;
    check_readings(arena, unions, ROW_COUNT(unions));
}

#define PAIRS ARRAY(PAIR)
#define TWO_PAIRS "{\"value\":[{\"left\":1,\"right\":\"a\"},{\"left\":2,\"right\":\"b\"}]" TAIL_7

static const struct reading_row arrays[] = {
    VALUE(array_box, PAIRS, PAIRS, "00 0e", "{\"value\":[]" TAIL_7),
    VALUE(array_box, PAIRS, PAIRS, "04 02 0261 04 0262 00 0e", TWO_PAIRS),
    VALUE(array_box, PAIRS, PAIRS, "02 02 0261 02 04 0262 00 0e", TWO_PAIRS),
    VALUE(array_box, PAIRS, PAIRS, "03 0c 02 0261 04 0262 00 0e", TWO_PAIRS),
    VALUE(array_box, PAIRS, PAIRS, "01 06 02 0261 01 06 04 0262 00 0e", TWO_PAIRS),
    VALUE(array_box, PAIRS, PAIRS, "02 02 0261 04 04 0262 06 0263 02 08 0264 00 0e",
          "{\"value\":[{\"left\":1,\"right\":\"a\"},{\"left\":2,\"right\":\"b\"},"
          "{\"left\":3,\"right\":\"c\"},{\"left\":4,\"right\":\"d\"}]" TAIL_7),
    VALUE(array_box, PAIRS, ARRAY("[\"null\"," PAIR "]"), "02 02 02 0261 00 0e",
          "{\"value\":[{\"left\":1,\"right\":\"a\"}]" TAIL_7),
    REFUSED(array_box, PAIRS, ARRAY("[\"null\"," PAIR "]"), "04 02 02 0261 00 00 0e",
            "Box.value[1]: null where a value is required"),
    REFUSED(array_box, PAIRS, ARRAY("\"long\""), "",
            "Box.value[]: the writer's 'long' cannot be read as 'Pair'"),
    REFUSED(array_box, PAIRS, MAP(PAIR), "",
            "Box.value: the writer's 'map' cannot be read as 'array'"),
    VALUE(array_box, PAIRS,
          ARRAY(RECORD("Pair", FIELD("right", "\"string\"") "," FIELD("x", "\"int\"") "," FIELD(
                                   "left", "\"int\""))),
          "02 0261 7f 02 00 0e", "{\"value\":[{\"left\":1,\"right\":\"a\"}]" TAIL_7),
};

static void test_an_array_is_read_in_whatever_blocks_it_comes(void **state)
{
    (void)state;
    check_readings(arena, arrays, ROW_COUNT(arrays));
}

#define PAIR_ALIAS                                                                 \
    "{\"type\":\"record\",\"name\":\"Pair\",\"aliases\":[\"Couple\"],\"fields\":[" \
    "{\"name\":\"left\",\"type\":\"long\",\"aliases\":[\"first\",\"one\"]},"       \
    "{\"name\":\"right\",\"type\":\"string\",\"aliases\":[\"left\",\"second\"]}]}"
#define LEFT FIELD("left", "\"long\"")
#define RIGHT FIELD("right", "\"string\"")
#define PAIR_DEFAULTS                                                               \
    RECORD("Pair", FIELD_WITH("left", "\"long\"", "\"default\":-5") "," FIELD_WITH( \
                       "right", "\"string\"", "\"default\":\"en\""))
#define READ(reader, writer, hex, json)             \
    {                                               \
        &pair_type, reader, writer, hex, json, NULL \
    }
#define NOT_READ(reader, writer, words)             \
    {                                               \
        &pair_type, reader, writer, "", NULL, words \
    }
#define LEFT_2_RIGHT_X "{\"left\":2,\"right\":\"x\"}"

static const struct reading_row fields[] = {
    READ(PAIR, RECORD("Pair", RIGHT "," LEFT), "0278 04", LEFT_2_RIGHT_X),
    READ(PAIR,
         RECORD("Pair", FIELD("a", "\"int\"") "," LEFT "," FIELD(
                            "b", "\"int\"") "," RIGHT "," FIELD("c", "\"int\"")),
         "01 04 01 0278 01", LEFT_2_RIGHT_X),
    READ(PAIR, RECORD("other.Pair", LEFT "," RIGHT), "04 0278", LEFT_2_RIGHT_X),
    NOT_READ(PAIR, RECORD("Couple", LEFT "," RIGHT),
             "Pair: the writer's 'Couple' cannot be read as 'Pair'"),
    NOT_READ(PAIR, "\"long\"", "Pair: the writer's 'long' cannot be read as 'Pair'"),
    READ(PAIR_ALIAS, RECORD("Couple", LEFT "," RIGHT), "04 0278", LEFT_2_RIGHT_X),
    READ(PAIR_ALIAS, RECORD("Pair", FIELD("second", "\"string\"") "," FIELD("first", "\"int\"")),
         "0278 04", LEFT_2_RIGHT_X),
    /* Of two aliases the first counts, and a name goes before any alias. */
    READ(PAIR_ALIAS,
         RECORD("Pair", FIELD("one", "\"long\"") "," FIELD("first", "\"long\"") "," RIGHT),
         "08 04 0278", LEFT_2_RIGHT_X),
    READ(PAIR_ALIAS, RECORD("Pair", LEFT "," FIELD("first", "\"string\"") "," RIGHT),
         "04 0279 0278", LEFT_2_RIGHT_X),
    NOT_READ(PAIR, RECORD("Pair", LEFT),
             "Pair.right: the writer's 'Pair' has no such field, and 'Pair' no default for it"),
    READ(PAIR_DEFAULTS, RECORD("Pair", ""), "", "{\"left\":-5,\"right\":\"en\"}"),
    READ(PAIR_DEFAULTS, RECORD("Pair", RIGHT), "0278", "{\"left\":-5,\"right\":\"x\"}"),
    NOT_READ(PAIR_DEFAULTS, RECORD("Pair", FIELD("left", "\"null\"") "," RIGHT),
             "Pair.left: the writer's 'null' cannot be read as 'long'"),
};

static void test_fields_are_found_by_name_then_alias_then_default(void **state)
{
    (void)state;
    check_readings(arena, fields, ROW_COUNT(fields));
}

/* The reader's field has a default, and the writer has only the tail. */
#define WITH_DEFAULT(type, reader, default_json, json)                                           \
    {                                                                                            \
        &type, RECORD("Box", FIELD_WITH("value", reader, "\"default\":" default_json) "," TAIL), \
            RECORD("Box", TAIL), "0e", json, NULL                                                \
    }

static const struct reading_row defaults[] = {
    WITH_DEFAULT(int_box, "\"int\"", "-1", "{\"value\":-1" TAIL_7),
    WITH_DEFAULT(maybe_int_box, "[\"null\",\"int\"]", "null", "{\"tail\":7}"),
    WITH_DEFAULT(maybe_int_box, "[\"int\",\"null\"]", "3", "{\"value\":3" TAIL_7),
    WITH_DEFAULT(long_box, "\"long\"", "9007199254740993", "{\"value\":9007199254740993" TAIL_7),
    WITH_DEFAULT(maybe_long_box, MAYBE_LONG, "null", "{\"tail\":7}"),
    WITH_DEFAULT(boolean_box, "\"boolean\"", "true", "{\"value\":true" TAIL_7),
    WITH_DEFAULT(enum_box, COLOR, "\"RED\"", "{\"value\":\"RED\"" TAIL_7),
    WITH_DEFAULT(string_box, "\"string\"", "\"\"", "{\"value\":\"\"" TAIL_7),
    WITH_DEFAULT(bytes_box, "\"bytes\"", "\"\\u00ff\"", "{\"value\":\"/w==\"" TAIL_7),
    WITH_DEFAULT(record_box, PAIR, "{\"left\":1,\"right\":\"a\"}",
                 "{\"value\":{\"left\":1,\"right\":\"a\"}" TAIL_7),
    WITH_DEFAULT(maybe_record_box, MAYBE_PAIR, "null", "{\"tail\":7}"),
    WITH_DEFAULT(maybe_record_box, "[" PAIR ",\"null\"]", "{\"left\":1,\"right\":\"a\"}",
                 "{\"value\":{\"left\":1,\"right\":\"a\"}" TAIL_7),
    WITH_DEFAULT(array_box, PAIRS, "[]", "{\"value\":[]" TAIL_7),
    WITH_DEFAULT(array_box, PAIRS, "[{\"left\":1,\"right\":\"a\"},{\"left\":2,\"right\":\"b\"}]",
                 TWO_PAIRS),
};

static void test_a_field_left_out_takes_the_default_of_the_reader(void **state)
{
    (void)state;
    check_readings(arena, defaults, ROW_COUNT(defaults));
}

static void test_a_schema_older_than_the_program_is_fatal(void **state)
{
    (void)state;
    static const struct {
        const char *reader;
        const char *words;
    } rows[] = {
        {RECORD("Pair", LEFT), "the newest schema of 'Pair' has no such 'string'"},
        {RECORD("Pair", FIELD("left", "\"string\"") "," RIGHT), "has no such 'long'"},
        {RECORD("Couple", LEFT "," RIGHT), "the newest schema is 'Couple' and no record 'Pair'"},
        {"\"int\"", "the newest schema is 'int' and no record 'Pair'"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        const char *got;
        assert_int_equal(read_as(arena, &pair_type, rows[i].reader, PAIR, "", &got), FATAL);
        assert_non_null(strstr(got, rows[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_or_text_is_promoted_as_avro_says),
        cmocka_unit_test(test_a_time_in_another_unit_is_never_read_as_milliseconds),
        cmocka_unit_test(test_an_enum_is_read_by_its_symbol_never_by_its_index),
        cmocka_unit_test(test_a_union_is_resolved_by_the_branch_that_data_chooses),
        cmocka_unit_test(test_an_array_is_read_in_whatever_blocks_it_comes),
        cmocka_unit_test(test_fields_are_found_by_name_then_alias_then_default),
        cmocka_unit_test(test_a_field_left_out_takes_the_default_of_the_reader),
        cmocka_unit_test(test_a_schema_older_than_the_program_is_fatal),
    };
    return cmocka_run_group_tests_name("kit.plan", tests, arena_open, arena_close);
}
