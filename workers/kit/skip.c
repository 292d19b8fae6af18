#include "kit/skip.h"

static const uint8_t *skip_bytes(struct wire *wire, const uint8_t *cursor, uint32_t size)
{
    return size <= (uint64_t)(wire->end - cursor) ? cursor + size : wire_cut(wire);
}

static const uint8_t *skip_items(struct skip *skip, const struct schema_node *node,
                                 const uint8_t *cursor)
{
    bool is_map = node->kind == SCHEMA_MAP;
    uint32_t item_min = node->items->value_min + is_map; /* a key takes a byte at least */
    uint64_t items;
    for (;;) {
        const uint8_t *block_end;
        cursor = wire_block(skip->wire, cursor, item_min, &items, &block_end);
        if (!cursor || items == 0) {
            break;
        }
        for (; cursor && items > 0; items--) {
            if (is_map) {
                cursor = skip_text(skip->wire, cursor, true);
            }
            if (cursor) {
                cursor = skip_value(skip, node->items, cursor);
            }
        }
        if (!cursor) {
            return NULL;
        }
        if (block_end && cursor != block_end) {
            return wire_poison(skip->wire, "a block of another size than it says");
        }
    }
    return cursor;
}

static const uint8_t *skip_fields(struct skip *skip, const struct schema_node *node,
                                  const uint8_t *cursor)
{
    for (uint32_t i = 0; cursor && i < node->field_count; i++) {
        cursor = skip_value(skip, node->fields[i].node, cursor);
    }
    return cursor;
}

static const uint8_t *skip_kind(struct skip *skip, const struct schema_node *node,
                                const uint8_t *cursor)
{
    struct wire *wire = skip->wire;
    uint32_t index;
    int64_t wide;
    int32_t narrow;
    uint8_t boolean;
    switch (node->kind) {
    case SCHEMA_NULL:
        return cursor;
    case SCHEMA_BOOLEAN:
        return wire_boolean(wire, cursor, &boolean);
    case SCHEMA_INT:
        return wire_int(wire, cursor, &narrow);
    case SCHEMA_LONG:
        return wire_long(wire, cursor, &wide);
    case SCHEMA_FLOAT:
        return skip_bytes(wire, cursor, 4);
    case SCHEMA_DOUBLE:
        return skip_bytes(wire, cursor, 8);
    case SCHEMA_FIXED:
        return skip_bytes(wire, cursor, node->size);
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        return skip_text(wire, cursor, node->kind == SCHEMA_STRING);
    case SCHEMA_ENUM:
        return wire_index(wire, cursor, node->symbol_count, "symbol", &index);
    case SCHEMA_UNION:
        cursor = wire_index(wire, cursor, node->branch_count, "branch", &index);
        return cursor ? skip_value(skip, node->branches[index], cursor) : NULL;
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        return skip_items(skip, node, cursor);
    case SCHEMA_RECORD:
        return skip_fields(skip, node, cursor);
    }
    return wire_poison(wire, "a type that is none");
}

const uint8_t *skip_value(struct skip *skip, const struct schema_node *node, const uint8_t *cursor)
{
    if (skip->depth_left == 0) {
        return wire_poison(skip->wire, "values nested too deep");
    }
    if (skip->values_left == 0) {
        return wire_poison(skip->wire, "more values than a message of this size may have");
    }
    skip->depth_left--;
    skip->values_left--;
    cursor = skip_kind(skip, node, cursor);
    skip->depth_left++;
    return cursor;
}
