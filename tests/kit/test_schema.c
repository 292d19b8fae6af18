#include "kit/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec_support.h"
#include "kit/schema_default.h"

#include "group_arena.h" /* last: others have arenas of that name */

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static enum status parse(const char *json, const struct schema **ret_schema, struct error *error)
{
    return schema_parse(text_of(json), 32, arena, ret_schema, error);
}

static const struct {
    const char *json;
    const char *words; /* a part of the refusal */
} invalid[] = {
    {"", "line 1"},
    {"{", "line 1"},
    {"{\"type\":\"int\",\"type\":\"long\"}", "duplicate"},
    {"3", "a type is missing"},
    {"null", "a type is missing"},
    {"{}", "a type is missing"},
    {"{\"type\":{\"type\":\"int\"}}", "a type is missing"},
    {"\"strin\"", "unknown type 'strin'"},
    {"\"union\"", "unknown type 'union'"},
    {"{\"type\":\"union\"}", "unknown type 'union'"},
    {"\"record\"", "unknown type 'record'"},
    {"[]", "a union without branches"},
    {"[\"int\",\"int\"]", "'int' is twice in a union"},
    {"[\"null\",[\"int\"]]", "a union directly inside a union"},
    {"[{\"type\":\"map\",\"values\":\"int\"},{\"type\":\"map\",\"values\":\"long\"}]",
     "'map' is twice in a union"},
    {"{\"type\":\"array\"}", "array of a type is missing"},
    {"{\"type\":\"map\",\"values\":\"R\"}", "map of unknown type 'R'"},
    {"{\"type\":\"record\",\"fields\":[]}", "record without a valid name"},
    {"{\"type\":\"record\",\"name\":\"1R\",\"fields\":[]}", "record without a valid name"},
    {"{\"type\":\"record\",\"name\":\"a..R\",\"fields\":[]}", "record without a valid name"},
    {"{\"type\":\"record\",\"name\":\"R\",\"namespace\":7,\"fields\":[]}",
     "'R' has no valid namespace"},
    {"{\"type\":\"record\",\"name\":\"R\"}", "'R' has no list of"},
    {"{\"type\":\"record\",\"name\":\"int\",\"fields\":[]}", "the name of a primitive type"},
    {RECORD("7"), "a field without a valid name"},
    {RECORD("{\"name\":\"a\"}"), "field 'a': a type is missing"},
    {RECORD("{\"name\":\"a.b\",\"type\":\"int\"}"), "a field without a valid name"},
    {RECORD("{\"name\":\"a\",\"type\":\"R2\"}"), "field 'a': unknown type 'R2'"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}"),
     "field 'a' is twice in 'R'"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\",\"aliases\":\"b\"}"), "its aliases are not a list"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\",\"aliases\":[\"b\",\"b\"]}"),
     "'b' is twice in its aliases"},
    {RECORD("{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}}"),
     "'R' is defined twice"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "'E' has no symbols"},
    {"{\"type\":\"enum\",\"name\":\"E\"}", "'E' has no symbols"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "'A' is twice in its symbols"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A-B\"]}", "'A-B' of its symbols is no name"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}",
     "the default of 'E' is not one of its symbols"},
    {"{\"type\":\"fixed\",\"name\":\"F\"}", "'F' has no valid size"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "'F' has no valid size"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":\"4\"}", "'F' has no valid size"},
};

static void test_an_invalid_schema_is_refused_with_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(invalid); i++) {
        const struct schema *schema;
        struct error error = {""};
        enum status status = parse(invalid[i].json, &schema, &error);
        if (status != POISON || !strstr(error.text, invalid[i].words)) {
            fail_msg("%s: %s '%s'", invalid[i].json, status_name(status), error.text);
        }
    }
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    char json[40 * 26 + 10] = "";
    for (int i = 0; i < 40; i++) {
        strcat(json, "{\"type\":\"array\",\"items\":");
    }
    strcat(json, "\"int\"");
    for (int i = 0; i < 40; i++) {
        strcat(json, "}");
    }
    const struct schema *schema;
    struct error error;
    assert_int_equal(parse(json, &schema, &error), POISON);
    assert_non_null(strstr(error.text, "nested deeper than 32"));
}

static void test_names_are_relative_to_the_namespace_around_them(void **state)
{
    (void)state;
    const struct schema *schema = NULL;
    struct error error;
    const char *json =
        "{\"type\":\"record\",\"name\":\"a.b.R\",\"aliases\":[\"Old\",\"x.Older\"],\"fields\":["
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"S\"]}},"
        "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"namespace\":\"c\","
        "\"size\":2}},"
        "{\"name\":\"again\",\"type\":\"E\"},"
        "{\"name\":\"full\",\"type\":\"c.F\"},"
        "{\"name\":\"self\",\"type\":[\"null\",\"R\"]}]}";
    assert_int_equal(parse(json, &schema, &error), OK);
    const struct schema_node *root = schema->root;
    assert_string_equal(root->name, "a.b.R");
    assert_string_equal(root->aliases[0], "a.b.Old");
    assert_string_equal(root->aliases[1], "x.Older");
    assert_null(root->aliases[2]);
    assert_string_equal(root->fields[0].node->name, "a.b.E");
    assert_string_equal(root->fields[1].node->name, "c.F");
    assert_ptr_equal(root->fields[2].node, root->fields[0].node);
    assert_ptr_equal(root->fields[3].node, root->fields[1].node);
    assert_ptr_equal(root->fields[4].node->branches[1], root);
    assert_int_equal(root->value_min, 1 + 2 + 1 + 2 + 1);
}

static void test_what_avro_c_drops_is_kept(void **state)
{
    (void)state;
    const struct schema *schema = NULL;
    struct error error;
    const char *json = RECORD(
        "{\"name\":\"t\",\"aliases\":[\"time\"],\"default\":-1,"
        "\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
        "{\"name\":\"n\",\"type\":[\"null\",\"int\"],\"default\":null},"
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],"
        "\"default\":\"B\"}}");
    assert_int_equal(parse(json, &schema, &error), OK);
    const struct schema_field *fields = schema->root->fields;
    assert_string_equal(fields[0].aliases[0], "time");
    assert_string_equal(fields[0].default_json.data, "-1");
    assert_string_equal(fields[0].node->logical_type, "timestamp-millis");
    assert_string_equal(fields[1].default_json.data, "null");
    assert_false(text_is_set(fields[2].default_json));
    assert_int_equal(fields[2].node->default_symbol, 1);
}

#define FIELD(type, json) RECORD("{\"name\":\"f\",\"type\":" type ",\"default\":" json "}")
#define ENUM "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"
#define FIXED "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"
#define NESTED                                                                           \
    "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}," \
    "{\"name\":\"b\",\"type\":\"string\",\"default\":\"x\"}]}"

static const struct {
    const char *json;
    const char *hex; /* NULL: the default is no value of the type */
} defaults[] = {
    {FIELD("\"null\"", "null"), ""},
    {FIELD("\"null\"", "0"), NULL},
    {FIELD("\"boolean\"", "true"), "01"},
    {FIELD("\"boolean\"", "1"), NULL},
    {FIELD("\"int\"", "-3"), "05"},
    {FIELD("\"int\"", "2147483648"), NULL},
    {FIELD("\"int\"", "1.0"), NULL},
    {FIELD("\"long\"", "2147483648"), "8080808010"},
    {FIELD("\"long\"", "\"1\""), NULL},
    {FIELD("\"float\"", "1.5"), "0000c03f"},
    {FIELD("\"float\"", "1e300"), NULL},
    {FIELD("\"double\"", "1"), "000000000000f03f"},
    {FIELD("\"double\"", "\"NaN\""), NULL},
    {FIELD("\"string\"", "\"en\""), "04656e"},
    {FIELD("\"string\"", "null"), NULL},
    {FIELD("\"bytes\"", "\"\\u00ff\\u0000a\""), "06ff0061"},
    {FIELD("\"bytes\"", "\"\\u0100\""), NULL},
    {FIELD(FIXED, "\"\\u0001\\u0002\""), "0102"},
    {FIELD(FIXED, "\"\\u0001\""), NULL},
    {FIELD(ENUM, "\"B\""), "02"},
    {FIELD(ENUM, "\"C\""), NULL},
    {FIELD("[\"null\",\"string\"]", "null"), "00"},
    {FIELD("[\"null\",\"string\"]", "\"x\""), "020278"},
    {FIELD("[\"null\",\"string\"]", "7"), NULL},
    {FIELD("{\"type\":\"array\",\"items\":\"int\"}", "[]"), "00"},
    {FIELD("{\"type\":\"array\",\"items\":\"int\"}", "[1,2]"), "04020400"},
    {FIELD("{\"type\":\"array\",\"items\":\"int\"}", "[1,\"2\"]"), NULL},
    {FIELD("{\"type\":\"map\",\"values\":\"int\"}", "{\"a\":1}"), "0202610200"},
    {FIELD(NESTED, "{\"a\":1}"), "020278"},
    {FIELD(NESTED, "{\"a\":1,\"b\":\"y\"}"), "020279"},
    {FIELD(NESTED, "{\"b\":\"y\"}"), NULL},
    {FIELD(NESTED, "[]"), NULL},
    {RECORD("{\"name\":\"f\",\"type\":[\"R\",\"null\"],\"default\":{\"f\":{}}}"), NULL},
};

static void test_a_default_becomes_the_bytes_of_its_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(defaults); i++) {
        const struct schema *schema = NULL;
        struct error error = {""};
        struct buffer bytes = {0};
        if (parse(defaults[i].json, &schema, &error) != OK) {
            fail_msg("%s: %s", defaults[i].json, error.text);
        }
        enum status status = schema_default_write(&schema->root->fields[0], &bytes, &error);
        assert_int_equal(schema_default_check(schema, &error), status);
        if (!defaults[i].hex) {
            assert_int_equal(status, POISON);
            assert_non_null(strstr(error.text, "field 'f': its default"));
        } else {
            assert_int_equal(status, OK);
            assert_string_equal(hex_of(arena, bytes.data, bytes.size), defaults[i].hex);
        }
        buffer_done(&bytes);
    }
}

static void test_a_default_without_an_end_is_refused(void **state)
{
    (void)state;
    const struct schema *schema = NULL;
    struct error error;
    const char *json = RECORD("{\"name\":\"f\",\"type\":\"R\",\"default\":{}},"
                              "{\"name\":\"g\",\"type\":\"R\",\"default\":{}}");
    assert_int_equal(parse(json, &schema, &error), OK);
    assert_int_equal(schema_default_check(schema, &error), POISON);
    assert_non_null(strstr(error.text, "never ends"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_invalid_schema_is_refused_with_what_and_where),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_names_are_relative_to_the_namespace_around_them),
        cmocka_unit_test(test_what_avro_c_drops_is_kept),
        cmocka_unit_test(test_a_default_becomes_the_bytes_of_its_type),
        cmocka_unit_test(test_a_default_without_an_end_is_refused),
    };
    return cmocka_run_group_tests_name("kit.schema", tests, arena_open, arena_close);
}
