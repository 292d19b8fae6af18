/* What an encoder makes of a struct for a schema that is not quite the struct's own. */
#include "kit/encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plan_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

#define MAYBE_LONG "[\"null\",\"long\"]"
#define PAIRS ARRAY(PAIR)

/* A box that is given as JSON, by a schema: its bytes, or what is wrong with it. */
static enum status write_as(const struct record_type *type, const char *schema, const char *json,
                            const char **ret_hex)
{
    static struct error error;
    const struct encoder *encoder = NULL;
    void *record = arena_take(arena, type->size);
    json_t *value = json_loads(json, 0, NULL);
    assert_non_null(value);
    if (record_from_json(type, value, arena, record, &error) != OK) {
        fail_msg("%s: %s", json, error.text);
    }
    json_decref(value);
    enum status status = encoder_new(type, schema_of(arena, schema), arena, &encoder, &error);
    struct buffer out = {0};
    if (status == OK) {
        status = encoder_run(encoder, record, &out, &error);
    }
    *ret_hex = status == OK ? hex_of(arena, out.data, out.size) : error.text;
    buffer_done(&out);
    return status;
}

struct writing_row {
    const struct record_type *type;
    const char *schema;
    const char *json;
    enum status status;
    const char *words; /* the bytes, or what is wrong */
};

static void check_writings(const struct writing_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got;
        enum status status = write_as(rows[i].type, rows[i].schema, rows[i].json, &got);
        if (status != rows[i].status || strcmp(got, rows[i].words) != 0) {
            fail_msg("row %zu: %s as %s: wanted %s %s, got %s %s", i, rows[i].json, rows[i].schema,
                     status_name(rows[i].status), rows[i].words, status_name(status), got);
        }
    }
}

#define SHORT_COLOR ENUM("Color", "\"BLUE\",\"UNKNOWN\"")
#define SHORT_COLOR_DEFAULT                                                     \
    "{\"type\":\"enum\",\"name\":\"Color\",\"symbols\":[\"BLUE\",\"UNKNOWN\"]," \
    "\"default\":\"UNKNOWN\"}"

static const struct writing_row values[] = {
    {&int_box, BOX("\"int\""), "{\"value\":-2,\"tail\":7}", OK, "030e"},
    {&int_box, BOX("[\"null\",\"string\",\"int\"]"), "{\"value\":-2,\"tail\":7}", OK, "04030e"},
    {&long_box, BOX("\"long\""), "{\"value\":2147483648,\"tail\":7}", OK, "80808080100e"},
    {&long_box, BOX("\"int\""), "{\"value\":-2147483648,\"tail\":7}", OK, "ffffffff0f0e"},
    {&long_box, BOX("\"int\""), "{\"value\":2147483648,\"tail\":7}", POISON,
     "Box.value: 2147483648 does not fit the int of this version"},
    {&boolean_box, BOX("\"boolean\""), "{\"value\":true,\"tail\":7}", OK, "010e"},
    {&string_box, BOX("\"string\""), "{\"value\":\"\\u00e9\",\"tail\":7}", OK, "04c3a90e"},
    {&string_box, BOX("\"bytes\""), "{\"value\":\"ab\",\"tail\":7}", OK, "0461620e"},
    {&bytes_box, BOX("\"bytes\""), "{\"value\":\"/w==\",\"tail\":7}", OK, "02ff0e"},
    {&bytes_box, BOX("\"string\""), "{\"value\":\"/w==\",\"tail\":7}", POISON,
     "Box.value: it is not UTF-8"},
    {&enum_box, BOX(COLOR), "{\"value\":\"BLUE\",\"tail\":7}", OK, "040e"},
    {&enum_box, BOX(SHORT_COLOR), "{\"value\":\"BLUE\",\"tail\":7}", OK, "000e"},
    {&enum_box, BOX(SHORT_COLOR), "{\"value\":\"RED\",\"tail\":7}", POISON,
     "Box.value: the schema has no symbol for 1, and no default"},
    {&enum_box, BOX(SHORT_COLOR_DEFAULT), "{\"value\":\"RED\",\"tail\":7}", OK, "020e"},
    {&record_box, BOX(PAIR), "{\"value\":{\"left\":2,\"right\":\"x\"},\"tail\":7}", OK, "0402780e"},
    {&array_box, BOX(PAIRS), "{\"value\":[],\"tail\":7}", OK, "000e"},
    {&array_box, BOX(PAIRS),
     "{\"value\":[{\"left\":1,\"right\":\"a\"},{\"left\":2,\"right\":\"b\"}],\"tail\":7}", OK,
     "0402026104026200"
     "0e"},
    {&array_box, BOX(ARRAY(RECORD("Pair", FIELD("right", "\"string\"")))),
     "{\"value\":[{\"left\":1,\"right\":\"a\"}],\"tail\":7}", OK,
     "02026100"
     "0e"},
};

static void test_a_value_is_written_as_the_schema_has_it(void **state)
{
    (void)state;
    check_writings(values, ROW_COUNT(values));
}

#define UNSET "{\"tail\":7}"
#define REQUIRED_DEFAULT RECORD("Box", FIELD_WITH("value", "\"long\"", "\"default\":-1") "," TAIL)

static const struct writing_row optionals[] = {
    {&maybe_long_box, BOX(MAYBE_LONG), UNSET, OK, "000e"},
    {&maybe_long_box, BOX(MAYBE_LONG), "{\"value\":0,\"tail\":7}", OK, "02000e"},
    {&maybe_long_box, BOX("[\"long\",\"null\"]"), UNSET, OK, "020e"},
    {&maybe_long_box, BOX("[\"long\",\"null\"]"), "{\"value\":0,\"tail\":7}", OK, "00000e"},
    {&maybe_long_box, BOX("\"long\""), "{\"value\":3,\"tail\":7}", OK, "060e"},
    {&maybe_long_box, BOX("\"long\""), UNSET, POISON,
     "Box.value: null where this version requires a value"},
    {&maybe_long_box, REQUIRED_DEFAULT, UNSET, OK, "010e"},
    {&maybe_int_box, BOX("[\"null\",\"int\"]"), UNSET, OK, "000e"},
    {&maybe_int_box, BOX("[\"null\",\"int\"]"), "{\"value\":0,\"tail\":7}", OK, "02000e"},
    {&maybe_string_box, BOX("[\"null\",\"string\"]"), UNSET, OK, "000e"},
    {&maybe_string_box, BOX("[\"null\",\"string\"]"), "{\"value\":\"\",\"tail\":7}", OK, "02000e"},
    {&maybe_enum_box, BOX("[\"null\"," COLOR "]"), UNSET, OK, "000e"},
    {&maybe_enum_box, BOX("[\"null\"," COLOR "]"), "{\"value\":\"RED\",\"tail\":7}", OK, "02020e"},
    {&maybe_record_box, BOX("[\"null\"," PAIR "]"), UNSET, OK, "000e"},
    {&maybe_record_box, BOX("[\"null\"," PAIR "]"),
     "{\"value\":{\"left\":2,\"right\":\"x\"},\"tail\":7}", OK, "020402780e"},
};

static void test_null_is_written_as_its_branch_or_the_default(void **state)
{
    (void)state;
    check_writings(optionals, ROW_COUNT(optionals));
}

static const struct writing_row versions[] = {
    /* The order is the schema's, an older version lacks fields, a newer one has more. */
    {&int_box, RECORD("Box", TAIL "," FIELD("value", "\"int\"")), "{\"value\":-2,\"tail\":7}", OK,
     "0e03"},
    {&int_box, RECORD("Box", TAIL), "{\"value\":-2,\"tail\":7}", OK, "0e"},
    {&int_box, RECORD("Box", ""), "{\"value\":-2,\"tail\":7}", OK, ""},
    {&int_box,
     RECORD("Box", FIELD_WITH("zone", "\"string\"", "\"default\":\"UTC\"") "," TAIL "," FIELD_WITH(
                       "tags", MAP("\"int\""), "\"default\":{}")),
     "{\"value\":-2,\"tail\":7}", OK, "065554430e00"},
    {&int_box, RECORD("Box", FIELD("zone", "\"string\"")), "{\"value\":-2,\"tail\":7}", FATAL,
     "Box.zone: the schema requires it, and this program does not know it"},
    {&int_box, RECORD("Crate", TAIL), "{\"value\":-2,\"tail\":7}", FATAL,
     "the schema is 'Crate' and no record 'Box'"},
    {&int_box, BOX("\"string\""), "{\"value\":-2,\"tail\":7}", FATAL,
     "Box.value: a 'int' cannot be written as 'string'"},
    {&int_box, BOX("[\"null\",\"string\"]"), "{\"value\":-2,\"tail\":7}", FATAL,
     "Box.value: a 'int' cannot be written as 'union'"},
    {&array_box, BOX(ARRAY("\"long\"")), "{\"value\":[],\"tail\":7}", FATAL,
     "Box.value: a 'record' cannot be written as 'long'"},
};

static void test_any_version_is_written_that_the_struct_can_give(void **state)
{
    (void)state;
    check_writings(versions, ROW_COUNT(versions));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_is_written_as_the_schema_has_it),
        cmocka_unit_test(test_null_is_written_as_its_branch_or_the_default),
        cmocka_unit_test(test_any_version_is_written_that_the_struct_can_give),
    };
    return cmocka_run_group_tests_name("kit.encoder", tests, arena_open, arena_close);
}
