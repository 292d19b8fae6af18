#include "kit/schema_compatibility.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_AND(name, type, more) "{\"name\":\"" name "\",\"type\":" type "," more "}"
#define ENUM(symbols, more) "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]" more "}"
#define LIST(more) RECORD(FIELD("next", "[\"null\",\"R\"]") "," FIELD("value", "\"int\"") more)

static const struct schema *parsed(const char *json)
{
    const struct schema *schema = NULL;
    struct error error;
    if (schema_parse(text_of(json), 32, arena, &schema, &error) != OK) {
        fail_msg("%s: %s", json, error.text);
    }
    return schema;
}

struct row {
    const char *reader;
    const char *writer;
    const char *refusal; /* NULL: it can be read */
};

static void check(const struct row *rows, size_t count,
                  enum status (*compare)(const struct schema *, const struct schema *,
                                         struct error *))
{
    for (size_t i = 0; i < count; i++) {
        struct error error = {""};
        enum status status = compare(parsed(rows[i].reader), parsed(rows[i].writer), &error);
        if (status != (rows[i].refusal ? POISON : OK)) {
            fail_msg("row %zu: %s %s", i, status_name(status), error.text);
        }
        assert_string_equal(error.text, rows[i].refusal ? rows[i].refusal : "");
    }
}

static void test_what_can_be_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\"long\"", "\"int\"", NULL},
        {"\"double\"", "\"float\"", NULL},
        {"\"string\"", "\"bytes\"", NULL},
        {"\"int\"", "\"long\"", "int: 'long' cannot be read as 'int'"},
        {"\"boolean\"", "\"int\"", "boolean: 'int' cannot be read as 'boolean'"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "\"long\"", NULL},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
         "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
         "long: a 'timestamp-micros' cannot be read as a 'timestamp-millis'"},
        {RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("b", "\"int\"") "," FIELD("a", "\"int\"")),
         NULL},
        {RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("b", "\"int\"")),
         "R.a: the writer's 'R' has no such field, and it has no default"},
        {RECORD(FIELD_AND("a", "\"int\"", "\"default\":1")), RECORD(FIELD("b", "\"int\"")), NULL},
        {RECORD(FIELD_AND("a", "\"int\"", "\"aliases\":[\"b\"]")), RECORD(FIELD("b", "\"int\"")),
         NULL},
        {RECORD(FIELD_AND("a", "\"int\"", "\"aliases\":[\"b\"]")), RECORD(FIELD("b", "\"long\"")),
         "R.a: 'long' cannot be read as 'int'"},
        {"{\"type\":\"record\",\"name\":\"S\",\"fields\":[]}", RECORD(""),
         "S: 'R' cannot be read as 'S'"},
        {"{\"type\":\"record\",\"name\":\"S\",\"aliases\":[\"R\"],\"fields\":[]}", RECORD(""),
         NULL},
        {ENUM("\"A\"", ""), ENUM("\"B\",\"A\"", ""),
         "E: 'E' has no symbol 'B', and no default "
         "symbol"},
        {ENUM("\"A\"", ",\"default\":\"A\""), ENUM("\"B\",\"A\"", ""), NULL},
        {"{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"array\",\"items\":\"long\"}",
         "array[]: 'long' cannot be read as 'int'"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"map\",\"values\":\"string\"}",
         "map{}: 'string' cannot be read as 'int'"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}",
         "{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", "F: 'F' of 3 bytes, not of 2"},
    };
    check(rows, ROW_COUNT(rows), schema_can_read);
}

static void test_unions_on_either_side(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[\"null\",\"int\"]", "\"int\"", NULL},
        {"[\"null\",\"long\"]", "[\"null\",\"int\"]", NULL},
        {"\"int\"", "[\"int\"]", NULL},
        {"\"int\"", "[\"null\",\"int\"]", "int: 'null' cannot be read as 'int'"},
        {"[\"null\",\"int\"]", "\"string\"", "union: 'string' cannot be read as 'union'"},
        {"[\"null\"," RECORD(FIELD("a", "\"int\"")) "]", RECORD(FIELD("b", "\"int\"")),
         "union.a: the writer's 'R' has no such field, and it has no default"},
    };
    check(rows, ROW_COUNT(rows), schema_can_read);
}

static void test_a_recursive_type_is_compared_to_its_end(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {LIST(""), LIST(""), NULL},
        {LIST("," FIELD("more", "\"int\"")), LIST(""),
         "R.more: the writer's 'R' has no such field, and it has no default"},
        {LIST(""), LIST("," FIELD("more", "\"int\"")), NULL},
    };
    check(rows, ROW_COUNT(rows), schema_can_read);
}

/* Here the row's "reader" is the older version. */
static void test_names_stay(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ENUM("\"A\",\"B\"", ""), ENUM("\"A\",\"B\",\"C\"", ""), NULL},
        {ENUM("\"A\",\"B\"", ""), ENUM("\"B\",\"A\"", ""),
         "'E': symbol 0 was 'A' and must stay so; new symbols go to the end"},
        {ENUM("\"A\",\"B\"", ""), ENUM("\"A\"", ""),
         "'E': symbol 1 was 'B' and must stay so; new symbols go to the end"},
        {RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("a", "\"long\"") "," FIELD("b", "\"int\"")),
         NULL},
        {RECORD(FIELD("a", "[\"null\"," ENUM("\"A\"", "") "]")),
         RECORD(FIELD("a", ENUM("\"B\"", ""))),
         "'E': symbol 0 was 'A' and must stay so; new symbols go to the end"},
        {RECORD(FIELD("a", "\"int\"")), RECORD(FIELD_AND("b", "\"int\"", "\"aliases\":[\"a\"]")),
         "'R' has no field 'a' any more: programs are written against it, so it stays, under its "
         "name"},
    };
    check(rows, ROW_COUNT(rows), schema_keeps_names);
}

static void test_a_schema_that_could_not_evolve_is_named(void **state)
{
    (void)state;
    struct error error = {""};
    assert_int_equal(
        schema_can_evolve(parsed(RECORD(FIELD("a", ENUM("\"A\"", ",\"default\":\"A\"")))), &error),
        OK);
    assert_int_equal(schema_can_evolve(parsed(RECORD(FIELD("a", ENUM("\"A\"", "")))), &error),
                     POISON);
    assert_string_equal(error.text, "'E' has no default symbol, so no symbol could ever be added");
    assert_int_equal(schema_can_evolve(parsed("[\"int\",\"null\"]"), &error), POISON);
    assert_string_equal(
        error.text, "a union of 'int' has null, but not first, so null could not be its default");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_read),
        cmocka_unit_test(test_unions_on_either_side),
        cmocka_unit_test(test_a_recursive_type_is_compared_to_its_end),
        cmocka_unit_test(test_names_stay),
        cmocka_unit_test(test_a_schema_that_could_not_evolve_is_named),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
