#include "kit/schema_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec_support.h"

#include "group_arena.h" /* last: others have arenas of that name */

/* The JSON, or the words of the refusal. */
static const char *shown(const char *schema_json, const char *hex)
{
    const struct schema *schema = NULL;
    struct error error = {""};
    json_t *json = NULL;
    if (schema_parse(text_of(schema_json), 32, arena, &schema, &error) != OK) {
        fail_msg("%s: %s", schema_json, error.text);
    }
    enum status status = schema_to_json(schema, hex_bytes(arena, hex), 5, &json, &error);
    if (status != OK) {
        assert_int_equal(status, POISON);
        return arena_text(arena, text_of(error.text)).data;
    }
    char *words = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = arena_text(arena, text_of(words)).data;
    free(words);
    json_decref(json);
    return copy;
}

static void test_values_of_all_kinds_are_shown(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *hex;
        const char *shown;
    } rows[] = {
        {"\"null\"", "", "null"},
        {"\"boolean\"", "01", "true"},
        {"\"int\"", "03", "-2"},
        {"\"long\"", "feffffffffffffffff01", "9223372036854775807"},
        {"\"float\"", "0000c03f", "1.5"},
        {"\"double\"", "000000000000f0ff", "\"-Infinity\""},
        {"\"double\"", "000000000000f87f", "\"NaN\""},
        {"\"string\"", "06e7bcba", "\"\xe7\xbc\xba\""},
        {"\"bytes\"", "04ff00", "{\"base64\":\"/wA=\"}"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "ff00", "{\"base64\":\"/wA=\"}"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "02", "\"B\""},
        {"[\"null\",\"int\"]", "0204", "2"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "0402040306060a00", "a block of another size"},
        {"{\"type\":\"array\",\"items\":\"int\"}", "0402040304060800", "[1,2,3,4]"},
        {"{\"type\":\"map\",\"values\":\"int\"}", "0202610200", "{\"a\":1}"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
         "{\"name\":\"b\",\"type\":\"string\"}]}",
         "020262", "{\"a\":1,\"b\":\"b\"}"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        const char *words = shown(rows[i].schema, rows[i].hex);
        if (strncmp(words, rows[i].shown, strlen(rows[i].shown)) != 0) {
            fail_msg("row %zu: %s, not %s", i, words, rows[i].shown);
        }
    }
}

static void test_hostile_bytes_are_refused_with_the_place(void **state)
{
    (void)state;
    assert_string_equal(shown("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
                              "\"type\":{\"type\":\"array\",\"items\":\"string\"}}]}",
                              "0402ff"),
                        "a: a string that is not UTF-8");
    assert_non_null(strstr(shown("{\"type\":\"array\",\"items\":\"null\"}", "feffffff0f00"),
                           "more values than a message of this size may have"));
    assert_non_null(strstr(shown("{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":"
                                 "\"next\",\"type\":[\"null\",\"L\"]}]}",
                                 "020202020202020200"),
                           "values nested too deep"));
    assert_non_null(strstr(shown("\"string\"", "ff"), "in the middle"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_all_kinds_are_shown),
        cmocka_unit_test(test_hostile_bytes_are_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
