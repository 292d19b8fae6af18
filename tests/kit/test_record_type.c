/* The tables of fields and the schemas are two texts of one contract; here they must agree. */
#include "kit/record_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec_support.h"
#include "kit/fingerprint.h"
#include "kit/schema_store.h"

enum { NAMES_MAX = 200 };

static struct arena *arena;
static struct schema_store store;

static int read_schemas(void **state)
{
    (void)state;
    struct error error;
    arena = arena_new(16 << 20);
    enum status status =
        schema_store_read(SHORTFALL_SOURCE_DIR "/schemas", 32, 1000, arena, &store, &error);
    if (status != OK) {
        print_error("%s\n", error.text);
    }
    return status;
}

static int free_schemas(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct schema_node *newest(const struct record_type *type)
{
    const struct schema_folder *folder = schema_store_find(&store, type->folder);
    assert_non_null(folder);
    return folder->versions[folder->version_count - 1].schema->root;
}

static void agree_on_record(const struct record_type *type, const struct schema_node *node);

static void agree_on_symbols(const struct field_type *field, const struct schema_node *node)
{
    uint32_t count = 0;
    for (; field->symbols[count]; count++) {
        assert_true(count < node->symbol_count);
        assert_string_equal(field->symbols[count], node->symbols[count]);
    }
    assert_int_equal(count, node->symbol_count);
    assert_string_equal(field->symbols[0], "UNKNOWN");
    assert_int_equal(node->default_symbol, 0);
}

static void agree_on_type(const struct field_type *field, const struct schema_node *node)
{
    assert_string_equal(field_kind_name(field->kind), schema_kind_name(node->kind));
    bool is_time = node->logical_type && strcmp(node->logical_type, "timestamp-millis") == 0;
    assert_int_equal(field->is_time, is_time);
    if (field->kind == KIND_ENUM) {
        agree_on_symbols(field, node);
    } else if (field->kind == KIND_RECORD) {
        agree_on_record(field->record, node);
    } else if (field->kind == KIND_ARRAY) {
        assert_true(field->count_max > 0);
        agree_on_record(field->record, node->items);
    } else if (field->kind == KIND_STRING || field->kind == KIND_BYTES) {
        assert_true(field->size_max > 0);
    }
}

static void agree_on_field(const struct field_type *field, const struct schema_field *declared)
{
    assert_string_equal(field->name, declared->name);
    const struct schema_node *node = declared->node;
    struct text default_json = text_of(field->default_json);
    if (field->optional) {
        assert_int_equal(node->kind, SCHEMA_UNION);
        assert_int_equal(node->branch_count, 2);
        assert_int_equal(node->branches[0]->kind, SCHEMA_NULL);
        node = node->branches[1];
        assert_null(field->default_json);
        default_json = TEXT("null");
    }
    assert_true(text_is_set(default_json) == text_is_set(declared->default_json));
    assert_true(text_equal(default_json, declared->default_json));
    agree_on_type(field, node);
}

static void agree_on_record(const struct record_type *type, const struct schema_node *node)
{
    assert_int_equal(node->kind, SCHEMA_RECORD);
    assert_string_equal(type->name, schema_short_name(node->name));
    assert_memory_equal(node->name, "shortfall.", 10);
    assert_int_equal(type->field_count, node->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        agree_on_field(&type->fields[i], &node->fields[i]);
    }
}

static void test_every_table_agrees_with_its_newest_schema(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        agree_on_record(*type, newest(*type));
    }
}

static void test_every_record_is_found_by_its_folder(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        assert_non_null(schema_store_find(&store, (*type)->folder));
        assert_ptr_equal(record_type_of_folder((*type)->folder), *type);
    }
    assert_null(record_type_of_folder("no-such-folder"));
}

struct named {
    const char *name;
    const char *canonical;
};

static void collect_names(const struct schema *schema, const struct schema_node *node,
                          struct named *names, size_t *count)
{
    if (node->name) {
        struct buffer form = {0};
        const struct schema alone = {node, schema->node_count};
        fingerprint_canonical_form(&alone, &form);
        struct text text = {(const char *)form.data, (uint32_t)form.size};
        assert_true(*count < NAMES_MAX);
        names[(*count)++] = (struct named){node->name, arena_text(arena, text).data};
        buffer_done(&form);
    }
    if (node->items) {
        collect_names(schema, node->items, names, count);
    }
    for (uint32_t i = 0; i < node->branch_count; i++) {
        collect_names(schema, node->branches[i], names, count);
    }
    for (uint32_t i = 0; i < node->field_count; i++) {
        collect_names(schema, node->fields[i].node, names, count);
    }
}

static void test_a_name_means_the_same_in_every_newest_schema(void **state)
{
    (void)state;
    static struct named names[NAMES_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < store.folder_count; i++) {
        const struct schema_folder *folder = &store.folders[i];
        const struct schema *schema = folder->versions[folder->version_count - 1].schema;
        collect_names(schema, schema->root, names, &count);
    }
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < a; b++) {
            if (strcmp(names[a].name, names[b].name) == 0) {
                assert_string_equal(names[a].canonical, names[b].canonical);
            }
        }
    }
}

static void test_fields_lie_apart_and_within_their_struct(void **state)
{
    (void)state;
    for (const struct record_type *const *type = record_types; *type; type++) {
        for (uint32_t i = 0; i < (*type)->field_count; i++) {
            const struct field_type *field = &(*type)->fields[i];
            assert_true(field->offset < (*type)->size);
            for (uint32_t earlier = 0; earlier < i; earlier++) {
                assert_int_not_equal(field->offset, (*type)->fields[earlier].offset);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_table_agrees_with_its_newest_schema),
        cmocka_unit_test(test_every_record_is_found_by_its_folder),
        cmocka_unit_test(test_a_name_means_the_same_in_every_newest_schema),
        cmocka_unit_test(test_fields_lie_apart_and_within_their_struct),
    };
    return cmocka_run_group_tests_name("kit.record_type", tests, read_schemas, free_schemas);
}
