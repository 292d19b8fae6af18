/* Walks over a value that nobody asked for, checking it as strictly as one that is read.
 *
 * The walk is bounded whatever the bytes say: by the depth of the nesting and, because a value may
 * take no bytes at all (an array of nulls), by the number of values in one message. */
#ifndef SHORTFALL_KIT_SKIP_H
#define SHORTFALL_KIT_SKIP_H

#include <stddef.h>
#include <stdint.h>

#include "kit/schema.h"
#include "kit/utf8.h"
#include "kit/wire.h"

struct skip {
    struct wire *wire;
    uint64_t values_left;
    uint32_t depth_left;
};

/* For one message of `size` bytes, under a schema of this depth. */
static inline struct skip skip_start(struct wire *wire, size_t size, uint32_t depth_max)
{
    /* No honest message has so many values a byte. */
    return (struct skip){wire, 100000 + 16 * (uint64_t)size, depth_max};
}

/* One text; the same. */
static inline const uint8_t *skip_text(struct wire *wire, const uint8_t *cursor, bool is_string)
{
    uint32_t size;
    cursor = wire_length(wire, cursor, &size);
    if (!cursor) {
        return NULL;
    }
    if (is_string && !utf8_valid(cursor, size)) {
        return wire_poison(wire, "a string that is not UTF-8");
    }
    return cursor + size;
}

/* The cursor behind the value, or NULL with the words in the wire. */
const uint8_t *skip_value(struct skip *skip, const struct schema_node *node, const uint8_t *cursor);

#endif
