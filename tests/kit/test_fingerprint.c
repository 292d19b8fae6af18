/* The canonical forms and fingerprints below come from fastavro 1.13.1
 * (schema.to_parsing_canonical_form and schema.fingerprint with CRC-64-AVRO, whose hex is in the
 * order of the bytes on the wire); that of "null" is also in the Avro specification's own code. */
#include "kit/fingerprint.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *schema;
    const char *canonical;
    uint64_t fingerprint;
} rows[] = {
    {"\"null\"", "\"null\"", 0x63dd24e7cc258f8a},
    {"\"boolean\"", "\"boolean\"", 0x9f42fc78a4d4f764},
    {"\"int\"", "\"int\"", 0x7275d51a3f395c8f},
    {"{\"type\": \"int\"}", "\"int\"", 0x7275d51a3f395c8f},
    {"\"long\"", "\"long\"", 0xd054e14493f41db7},
    {"\"float\"", "\"float\"", 0x4d7c02cb3ea8d790},
    {"\"double\"", "\"double\"", 0x8e7535c032ab957e},
    {"\"bytes\"", "\"bytes\"", 0x4fc016dac3201965},
    {"\"string\"", "\"string\"", 0x8f014872634503c7},
    {"{\"type\":\"fixed\",\"name\":\"a.b.Md5\",\"size\":16,\"doc\":\"x\",\"aliases\":[\"Y\"]}",
     "{\"name\":\"a.b.Md5\",\"type\":\"fixed\",\"size\":16}", 0x0661cf6e94c1f82c},
    {"{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":\"long\"}}",
     "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":\"long\"}}", 0xd37748dab2be7abd},
    {"[\"null\", {\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}]", "[\"null\",\"long\"]",
     0x98ca1358ed40804a},
    {"{\"type\":\"enum\",\"namespace\":\"n\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],"
     "\"default\":\"A\"}",
     "{\"name\":\"n.E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}", 0x36bdb0f27ae4534c},
    {"{\"type\":\"record\",\"name\":\"Node\",\"namespace\":\"n.s\",\"doc\":\"d\",\"fields\":["
     "{\"order\":\"ignore\",\"default\":0,\"name\":\"v\",\"type\":\"int\"},"
     "{\"name\":\"next\",\"type\":[\"null\",\"Node\"],\"default\":null,\"aliases\":[\"after\"]}]}",
     "{\"name\":\"n.s.Node\",\"type\":\"record\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
     "{\"name\":\"next\",\"type\":[\"null\",\"n.s.Node\"]}]}",
     0x578caaa217882997},
};

static void test_a_schema_has_one_form_and_one_fingerprint(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error;
        const struct schema *schema = NULL;
        assert_int_equal(schema_parse(text_of(rows[i].schema), 32, arena, &schema, &error), OK);
        struct buffer form = {0};
        fingerprint_canonical_form(schema, &form);
        buffer_append_byte(&form, '\0');
        assert_string_equal(form.data, rows[i].canonical);
        buffer_done(&form);
        uint64_t fingerprint = 0;
        assert_int_equal(fingerprint_schema(schema, &fingerprint, &error), OK);
        assert_true(fingerprint == rows[i].fingerprint);
    }
    arena_free(arena);
}

static void test_no_bytes_have_the_empty_fingerprint(void **state)
{
    (void)state;
    assert_true(fingerprint_bytes(NULL, 0) == UINT64_C(0xc15d213aa4d7a795));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schema_has_one_form_and_one_fingerprint),
        cmocka_unit_test(test_no_bytes_have_the_empty_fingerprint),
    };
    return cmocka_run_group_tests_name("kit.fingerprint", tests, NULL, NULL);
}
