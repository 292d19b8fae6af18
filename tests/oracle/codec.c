/* The codec as a filter, for an oracle to drive: one JSON object a line in, one out.
 *
 *   {"reader": SCHEMA, "writer": SCHEMA, "bytes": HEX}     decode what `writer` wrote
 *   {"reader": SCHEMA, "writer": SCHEMA, "record": JSON}   encode a record of `reader` by `writer`
 *
 * and {"status": "OK", "json": …} or {"status": "OK", "bytes": HEX}, else {"status": "POISON",
 * "error": …}, with "stage": "plan" where the schemas already do not resolve. The struct is laid
 * out from the reader's schema, which therefore has to be one that a table of fields can stand for
 * (kit/record_type.h). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/encoder.h"
#include "kit/plan.h"
#include "kit/record_json.h"
#include "kit/record_type.h"
#include "kit/schema.h"

enum {
    SLOT_SIZE =
        24, /* large enough for every kind: a text, an optional long, a pointer and a count */
    COUNT_AT = 16,
    ITEMS_MAX = 1000,
    MEMORY = 64 << 20,
};

static struct record_type *type_of(struct arena *arena, const struct schema_node *node);

static enum field_kind kind_of(const struct schema_node *node)
{
    switch (node->kind) {
    case SCHEMA_INT:
        return KIND_INT;
    case SCHEMA_LONG:
        return KIND_LONG;
    case SCHEMA_BOOLEAN:
        return KIND_BOOLEAN;
    case SCHEMA_ENUM:
        return KIND_ENUM;
    case SCHEMA_STRING:
        return KIND_STRING;
    case SCHEMA_BYTES:
        return KIND_BYTES;
    case SCHEMA_RECORD:
        return KIND_RECORD;
    case SCHEMA_ARRAY:
        return KIND_ARRAY;
    case SCHEMA_NULL:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
    case SCHEMA_MAP:
    case SCHEMA_UNION:
    case SCHEMA_FIXED:
        break;
    }
    (void)fprintf(stderr, "oracle_codec: no table can stand for a %s\n",
                  schema_kind_name(node->kind));
    exit(1);
}

static struct field_type field_of(struct arena *arena, const struct schema_field *declared,
                                  uint32_t offset)
{
    const struct schema_node *node = declared->node;
    struct field_type field = {.name = declared->name, .offset = offset};
    if (node->kind == SCHEMA_UNION) {
        field.optional = true;
        node = node->branches[node->branches[0]->kind == SCHEMA_NULL ? 1 : 0];
    }
    field.kind = kind_of(node);
    if (!field.optional && text_is_set(declared->default_json)) {
        field.default_json = declared->default_json.data;
    }
    if (field.kind == KIND_ENUM) {
        const char **symbols = arena_take(arena, (node->symbol_count + 1) * sizeof *symbols);
        memcpy(symbols, node->symbols, node->symbol_count * sizeof *symbols);
        field.symbols = symbols;
    } else if (field.kind == KIND_RECORD) {
        field.record = type_of(arena, node);
    } else if (field.kind == KIND_ARRAY) {
        field.record = type_of(arena, node->items);
        field.count_offset = offset + COUNT_AT;
        field.count_max = ITEMS_MAX;
    }
    return field;
}

/* A nested record that is always there lies behind the slots. */
static struct record_type *type_of(struct arena *arena, const struct schema_node *node)
{
    struct record_type *type = arena_take(arena, sizeof *type);
    struct field_type *fields = arena_take(arena, (node->field_count + 1) * sizeof *fields);
    type->name = schema_short_name(node->name);
    type->folder = type->name;
    type->size = (node->field_count + 1) * SLOT_SIZE;
    type->field_count = node->field_count;
    type->fields = fields;
    for (uint32_t i = 0; i < node->field_count; i++) {
        fields[i] = field_of(arena, &node->fields[i], i * SLOT_SIZE);
        if (fields[i].kind == KIND_RECORD && !fields[i].optional) {
            fields[i].offset = type->size;
            type->size += fields[i].record->size;
        }
    }
    return type;
}

static const struct schema *schema_of(struct arena *arena, const json_t *json)
{
    const struct schema *schema = NULL;
    struct error error = {""};
    char *words = json_dumps(json, JSON_ENCODE_ANY);
    if (!words || schema_parse(text_of(words), 32, arena, &schema, &error) != OK) {
        (void)fprintf(stderr, "oracle_codec: %s: %s\n", words ? words : "?", error.text);
        exit(1);
    }
    free(words);
    return schema;
}

static struct text bytes_of(struct arena *arena, const char *hex)
{
    uint32_t size = (uint32_t)strlen(hex) / 2;
    char *bytes = arena_take(arena, size);
    for (uint32_t i = 0; i < size; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * (size_t)i, "%2x", &byte) != 1) {
            exit(1);
        }
        bytes[i] = (char)byte;
    }
    return (struct text){bytes, size};
}

static json_t *failure(enum status status, const struct error *error)
{
    return json_pack("{s:s, s:s}", "status", status_name(status), "error", error->text);
}

static json_t *decode(struct arena *arena, const json_t *request)
{
    const struct schema *reader = schema_of(arena, json_object_get(request, "reader"));
    const struct schema *writer = schema_of(arena, json_object_get(request, "writer"));
    struct text bytes = bytes_of(arena, json_string_value(json_object_get(request, "bytes")));
    const struct record_type *type = type_of(arena, reader->root);
    void *record = arena_take(arena, type->size);
    const struct plan *plan = NULL;
    struct error error;
    enum status status = plan_new(type, reader, writer, 32, arena, &plan, &error);
    if (status != OK) {
        json_t *json = failure(status, &error);
        (void)json_object_set_new(json, "stage", json_string("plan"));
        return json;
    }
    status = plan_run(plan, bytes, arena, record, &error);
    return status == OK
               ? json_pack("{s:s, s:o}", "status", "OK", "json", record_to_json(type, record))
               : failure(status, &error);
}

static json_t *encode(struct arena *arena, const json_t *request)
{
    const struct schema *reader = schema_of(arena, json_object_get(request, "reader"));
    const struct schema *writer = schema_of(arena, json_object_get(request, "writer"));
    const struct record_type *type = type_of(arena, reader->root);
    void *record = arena_take(arena, type->size);
    const struct encoder *encoder = NULL;
    struct buffer out = {0};
    struct error error;
    enum status status =
        record_from_json(type, json_object_get(request, "record"), arena, record, &error);
    if (status == OK) {
        status = encoder_new(type, writer, arena, &encoder, &error);
    }
    if (status == OK) {
        status = encoder_run(encoder, record, &out, &error);
    }
    char *hex = arena_take(arena, 2 * out.size + 1);
    for (size_t i = 0; i < out.size; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", out.data[i]);
    }
    buffer_done(&out);
    return status == OK ? json_pack("{s:s, s:s}", "status", "OK", "bytes", hex)
                        : failure(status, &error);
}

int main(void)
{
    struct arena *arena = arena_new(MEMORY);
    char *line = NULL;
    size_t capacity = 0;
    while (arena && getline(&line, &capacity, stdin) > 0) {
        json_t *request = json_loads(line, 0, NULL);
        json_t *answer =
            json_object_get(request, "bytes") ? decode(arena, request) : encode(arena, request);
        char *words = json_dumps(answer, JSON_COMPACT);
        printf("%s\n", words ? words : "{}");
        (void)fflush(stdout);
        free(words);
        json_decref(answer);
        json_decref(request);
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);
    return 0;
}
