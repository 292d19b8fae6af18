#include "kit/schema_json.h"

#include <math.h>
#include <string.h>

#include "kit/base64.h"
#include "kit/buffer.h"
#include "kit/utf8.h"
#include "kit/wire.h"

enum { VALUES_LEAST = 100000, VALUES_A_BYTE = 16 };

struct reading {
    struct wire wire;
    const uint8_t *cursor; /* NULL after a failure */
    uint64_t values_left;
    uint32_t depth_left;
};

static json_t *read_value(struct reading *reading, const struct schema_node *node);

static json_t *no_memory(struct reading *reading)
{
    reading->cursor = NULL;
    reading->wire.status = error_set(reading->wire.error, FATAL, "out of memory");
    return NULL;
}

/* Gives the value on if there is one, and all is well so far. */
static json_t *keep(struct reading *reading, json_t *json)
{
    if (!json) {
        return no_memory(reading);
    }
    if (!reading->cursor) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- Values ------------------------------------------------------------------------------ */

/* The bytes of a text, bytes or fixed; NULL after a failure. */
static const char *take(struct reading *reading, uint32_t size)
{
    if (size > (uint64_t)(reading->wire.end - reading->cursor)) {
        reading->cursor = wire_cut(&reading->wire);
        return NULL;
    }
    const char *bytes = (const char *)reading->cursor;
    reading->cursor += size;
    return bytes;
}

static json_t *bytes_to_json(struct reading *reading, uint32_t size)
{
    const char *bytes = take(reading, size);
    if (!bytes) {
        return NULL;
    }
    struct buffer letters = {0};
    base64_write((struct text){bytes, size}, &letters);
    json_t *json = NULL;
    if (!letters.failed) {
        json = json_pack("{s:s%}", "base64", letters.data ? (const char *)letters.data : "",
                         letters.size);
    }
    buffer_done(&letters);
    return keep(reading, json);
}

static json_t *read_text(struct reading *reading, bool is_string)
{
    uint32_t size = 0;
    reading->cursor = wire_length(&reading->wire, reading->cursor, &size);
    if (!reading->cursor) {
        return NULL;
    }
    if (!is_string) {
        return bytes_to_json(reading, size);
    }
    const char *bytes = take(reading, size);
    if (bytes && !utf8_valid((const uint8_t *)bytes, size)) {
        reading->cursor = wire_poison(&reading->wire, "a string that is not UTF-8");
    }
    return reading->cursor ? keep(reading, json_stringn(bytes, size)) : NULL;
}

static json_t *read_float(struct reading *reading, bool is_double)
{
    const char *bytes = take(reading, is_double ? 8 : 4);
    if (!bytes) {
        return NULL;
    }
    uint64_t bits = 0;
    for (int i = is_double ? 7 : 3; i >= 0; i--) {
        bits = bits << 8 | (uint8_t)bytes[i];
    }
    double value;
    if (is_double) {
        memcpy(&value, &bits, sizeof value);
    } else {
        uint32_t narrow_bits = (uint32_t)bits;
        float narrow;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        value = narrow;
    }
    if (isnan(value)) {
        return keep(reading, json_string("NaN"));
    }
    if (isinf(value)) {
        return keep(reading, json_string(value > 0 ? "Infinity" : "-Infinity"));
    }
    return keep(reading, json_real(value));
}

static json_t *read_number(struct reading *reading, const struct schema_node *node)
{
    int64_t wide = 0;
    int32_t narrow = 0;
    if (node->kind == SCHEMA_LONG) {
        reading->cursor = wire_long(&reading->wire, reading->cursor, &wide);
    } else {
        reading->cursor = wire_int(&reading->wire, reading->cursor, &narrow);
        wide = narrow;
    }
    return keep(reading, json_integer(wide));
}

static json_t *read_boolean(struct reading *reading)
{
    uint8_t boolean = 0;
    reading->cursor = wire_boolean(&reading->wire, reading->cursor, &boolean);
    return keep(reading, json_boolean(boolean));
}

static json_t *read_enum(struct reading *reading, const struct schema_node *node)
{
    uint32_t index = 0;
    reading->cursor =
        wire_index(&reading->wire, reading->cursor, node->symbol_count, "symbol", &index);
    return reading->cursor ? keep(reading, json_string(node->symbols[index])) : NULL;
}

static json_t *read_union(struct reading *reading, const struct schema_node *node)
{
    uint32_t index = 0;
    reading->cursor =
        wire_index(&reading->wire, reading->cursor, node->branch_count, "branch", &index);
    return reading->cursor ? read_value(reading, node->branches[index]) : NULL;
}

/* ---- What holds values ------------------------------------------------------------------- */

static json_t *read_fields(struct reading *reading, const struct schema_node *node)
{
    json_t *object = json_object();
    for (uint32_t i = 0; object && reading->cursor && i < node->field_count; i++) {
        json_t *value = read_value(reading, node->fields[i].node);
        if (!value) {
            error_prefix(reading->wire.error, reading->wire.status, "%s: ", node->fields[i].name);
        } else if (json_object_set_new(object, node->fields[i].name, value) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return keep(reading, object);
}

static bool read_item(struct reading *reading, const struct schema_node *node, json_t *list)
{
    json_t *key = node->kind == SCHEMA_MAP ? read_text(reading, true) : NULL;
    json_t *value = NULL;
    if (reading->cursor) {
        value = read_value(reading, node->items);
    }
    bool failed = !value;
    if (value && key) {
        failed =
            json_object_setn_new(list, json_string_value(key), json_string_length(key), value) != 0;
    } else if (value) {
        failed = json_array_append_new(list, value) != 0;
    }
    json_decref(key);
    if (failed && reading->cursor) {
        (void)no_memory(reading);
    }
    return !failed;
}

static json_t *read_items(struct reading *reading, const struct schema_node *node)
{
    bool is_map = node->kind == SCHEMA_MAP;
    json_t *list = is_map ? json_object() : json_array();
    uint64_t items = 1;
    while (list && reading->cursor && items > 0) {
        const uint8_t *block_end = NULL;
        reading->cursor = wire_block(&reading->wire, reading->cursor,
                                     node->items->value_min + is_map, &items, &block_end);
        for (uint64_t i = 0; reading->cursor && i < items; i++) {
            if (!read_item(reading, node, list)) {
                break;
            }
        }
        if (reading->cursor && block_end && reading->cursor != block_end) {
            reading->cursor = wire_poison(&reading->wire, "a block of another size than it says");
        }
    }
    return keep(reading, list);
}

static json_t *read_kind(struct reading *reading, const struct schema_node *node)
{
    switch (node->kind) {
    case SCHEMA_NULL:
        return keep(reading, json_null());
    case SCHEMA_BOOLEAN:
        return read_boolean(reading);
    case SCHEMA_INT:
    case SCHEMA_LONG:
        return read_number(reading, node);
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
        return read_float(reading, node->kind == SCHEMA_DOUBLE);
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        return read_text(reading, node->kind == SCHEMA_STRING);
    case SCHEMA_FIXED:
        return bytes_to_json(reading, node->size);
    case SCHEMA_ENUM:
        return read_enum(reading, node);
    case SCHEMA_UNION:
        return read_union(reading, node);
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        return read_items(reading, node);
    case SCHEMA_RECORD:
        return read_fields(reading, node);
    }
    return NULL;
}

static json_t *read_value(struct reading *reading, const struct schema_node *node)
{
    if (reading->depth_left == 0 || reading->values_left == 0) {
        reading->cursor =
            wire_poison(&reading->wire, reading->depth_left == 0
                                            ? "values nested too deep"
                                            : "more values than a message of this size may have");
        return NULL;
    }
    reading->depth_left--;
    reading->values_left--;
    json_t *json = read_kind(reading, node);
    reading->depth_left++;
    return json;
}

enum status schema_to_json(const struct schema *schema, struct text bytes, uint32_t depth_max,
                           json_t **ret_json, struct error *error)
{
    const uint8_t *start = (const uint8_t *)bytes.data;
    struct reading reading = {
        .wire = {.end = start + bytes.size, .error = error, .status = OK},
        .cursor = start,
        .values_left = VALUES_LEAST + VALUES_A_BYTE * (uint64_t)bytes.size,
        .depth_left = depth_max,
    };
    json_t *json = read_value(&reading, schema->root);
    if (!json) {
        return reading.wire.status;
    }
    if (reading.cursor != reading.wire.end) {
        json_decref(json);
        return error_set(error, POISON, "%td bytes behind its end",
                         reading.wire.end - reading.cursor);
    }
    *ret_json = json;
    return OK;
}
