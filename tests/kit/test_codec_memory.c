/* The codec without memory: wherever it runs out, it says so and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "plan_support.h"

#define EVERYTHING                                                        \
    RECORD("Box", FIELD("extra", MAP("[\"null\",\"string\"]")) "," FIELD( \
                      "value", ARRAY("[\"null\"," PAIR "]")))
#define READER \
    RECORD("Box", FIELD("value", ARRAY(PAIR)) "," FIELD_WITH("tail", "\"int\"", "\"default\":7"))
#define BYTES "02 0278 02 0279 00 04 02 02 0261 02 04 0262 00"
#define JSON "{\"value\":[{\"left\":1,\"right\":\"a\"},{\"left\":2,\"right\":\"b\"}],\"tail\":7}"

static struct error error;

/* From two texts to a record and back. */
static enum status read_and_write(struct arena *memory, const char **ret_json)
{
    const struct schema *reader = NULL;
    const struct schema *writer = NULL;
    const struct plan *plan = NULL;
    const struct encoder *encoder = NULL;
    enum status status = schema_parse(text_of(READER), 32, memory, &reader, &error);
    if (status == OK) {
        status = schema_parse(text_of(EVERYTHING), 32, memory, &writer, &error);
    }
    if (status == OK) {
        status = plan_new(&array_box, reader, writer, 32, memory, &plan, &error);
    }
    if (status == OK) {
        status = encoder_new(&array_box, reader, memory, &encoder, &error);
    }
    if (status != OK) {
        return status;
    }
    struct arena *step = arena_new(1 << 16);
    struct box box;
    struct buffer out = {0};
    status = plan_run(plan, hex_bytes(step, BYTES), step, &box, &error);
    if (status == OK) {
        status = encoder_run(encoder, &box, &out, &error);
    }
    *ret_json = json_of(memory, &array_box, &box);
    buffer_done(&out);
    arena_free(step);
    return status;
}

static void test_too_little_room_is_fatal_wherever_it_ends(void **state)
{
    (void)state;
    const char *json = NULL;
    size_t limit = 0;
    for (;; limit += 16) {
        struct arena *memory = arena_new(limit);
        enum status status = read_and_write(memory, &json);
        bool done = status == OK && json;
        if (done) {
            assert_string_equal(json, JSON);
        } else {
            assert_true(status == FATAL || status == OK);
        }
        arena_free(memory);
        if (done) {
            break;
        }
        assert_true(limit < 1 << 20);
    }
    assert_true(limit > 1000);
}

/* jansson's memory, of which one allocation fails. */
static long allocations_left;

static void *take_or_fail(size_t size)
{
    return allocations_left-- == 0 ? NULL : malloc(size);
}

static void test_a_failed_allocation_of_json_is_no_record(void **state)
{
    (void)state;
    uint32_t seed = 0;
    struct arena *arena = arena_new(1 << 24);
    struct notification *record = arena_take(arena, sizeof *record);
    struct notification *copy = arena_take(arena, sizeof *copy);
    fill_record(arena, &type_notification, record, &seed);
    json_set_alloc_funcs(take_or_fail, free);
    allocations_left = -1;
    json_t *json = record_to_json(&type_notification, record);
    long needed = -1 - allocations_left;
    assert_true(needed > 100);
    for (long i = 0; i < needed; i++) {
        allocations_left = i;
        assert_null(record_to_json(&type_notification, record));
    }
    allocations_left = -1;
    assert_int_equal(record_from_json(&type_notification, json, arena, copy, &error), OK);
    json_decref(json);
    json_set_alloc_funcs(malloc, free);
    assert_string_equal(json_of(arena, &type_notification, copy),
                        json_of(arena, &type_notification, record));
    arena_free(arena);
}

static void test_a_failed_allocation_of_json_is_no_schema(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 24);
    json_set_alloc_funcs(take_or_fail, free);
    const char *json = NULL;
    enum status status = POISON;
    for (long i = 0; status != OK; i++) {
        allocations_left = i;
        status = read_and_write(arena, &json);
        assert_true(i < 100000);
        arena_reset(arena);
    }
    json_set_alloc_funcs(malloc, free);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_little_room_is_fatal_wherever_it_ends),
        cmocka_unit_test(test_a_failed_allocation_of_json_is_no_record),
        cmocka_unit_test(test_a_failed_allocation_of_json_is_no_schema),
    };
    return cmocka_run_group_tests_name("kit.codec_memory", tests, NULL, NULL);
}
