/* Avro's binary form, read without trusting it and written without fuss.
 *
 * Every reader takes the cursor and returns it behind the value. NULL means that the bytes are not
 * that value; the words are then in wire->error and the caller's next move in wire->status. Nothing
 * is read past wire->end, and a length or a count is checked against the bytes that are left before
 * anything is done with it.
 *
 * A varint must be the shortest one for its value: what has two encodings can be told apart by
 * nobody who compares bytes. */
#ifndef SHORTFALL_KIT_WIRE_H
#define SHORTFALL_KIT_WIRE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kit/error.h"

enum {
    WIRE_VARINT_MAX = 10, /* bytes of the longest varint */
};

struct wire {
    const uint8_t *end;
    struct error *error;
    enum status status;
};

/* Marks the wire as poisoned and returns NULL, so that a failure is one statement. */
const uint8_t *wire_poison(struct wire *wire, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
/* The same for a value that ends after the bytes do. */
const uint8_t *wire_cut(struct wire *wire) __attribute__((cold));

/* Varints that the quick ways below do not read, and the failures. */
const uint8_t *wire_long_slow(struct wire *wire, const uint8_t *cursor, int64_t *value);
const uint8_t *wire_int_slow(struct wire *wire, const uint8_t *cursor, int32_t *value);
const uint8_t *wire_length_slow(struct wire *wire, const uint8_t *cursor, uint32_t *size);

const uint8_t *wire_index_slow(struct wire *wire, const uint8_t *cursor, uint32_t count,
                               const char *what, uint32_t *index);

/* The varint of two to four bytes at the cursor, before the zigzag is undone, without a loop; its
 * size is returned. 0: it is another, or not the shortest one, or too near the end to tell. */
static inline unsigned wire_short_varint(const struct wire *wire, const uint8_t *cursor,
                                         uint32_t *zigzag)
{
    uint32_t word;
    if (wire->end - cursor < (ptrdiff_t)sizeof word) {
        return 0;
    }
    memcpy(&word, cursor, sizeof word);
    word = le32toh(word);
    uint32_t last = ~word & 0x80808080; /* the bytes that may be the last one, by their top bit */
    last &= 0 - last;                   /* the first of them */
    unsigned size = last ? ((unsigned)__builtin_ctz(last) + 1) / 8 : 0;
    word &= last | (last - 1);
    if (size < 2 || word >> (8 * size - 8) == 0) {
        return 0;
    }
    word = (word & 0x007F007F) | (word & 0x7F007F00) >> 1;
    *zigzag = (word & 0x3FFF) | (word & 0x3FFF0000) >> 2;
    return size;
}

static inline const uint8_t *wire_long(struct wire *wire, const uint8_t *cursor, int64_t *value)
{
    if (cursor < wire->end && *cursor < 0x80) {
        *value = (int64_t)(*cursor >> 1) ^ -(int64_t)(*cursor & 1);
        return cursor + 1;
    }
    uint32_t zigzag;
    unsigned size = wire_short_varint(wire, cursor, &zigzag);
    if (size > 0) {
        *value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
        return cursor + size;
    }
    return wire_long_slow(wire, cursor, value);
}

static inline const uint8_t *wire_int(struct wire *wire, const uint8_t *cursor, int32_t *value)
{
    if (cursor < wire->end && *cursor < 0x80) {
        *value = (int32_t)(*cursor >> 1) ^ -(int32_t)(*cursor & 1);
        return cursor + 1;
    }
    uint32_t zigzag;
    unsigned size = wire_short_varint(wire, cursor, &zigzag);
    if (size > 0) {
        *value = (int32_t)(zigzag >> 1) ^ -(int32_t)(zigzag & 1);
        return cursor + size;
    }
    return wire_int_slow(wire, cursor, value);
}

/* The length in front of a string or bytes; so many bytes do follow the returned cursor. */
static inline const uint8_t *wire_length(struct wire *wire, const uint8_t *cursor, uint32_t *size)
{
    if (cursor < wire->end && (*cursor & 0x81) == 0) {
        *size = *cursor >> 1;
        if (*size < (uint32_t)(wire->end - cursor)) {
            return cursor + 1;
        }
    }
    return wire_length_slow(wire, cursor, size);
}

static inline const uint8_t *wire_boolean(struct wire *wire, const uint8_t *cursor, uint8_t *value)
{
    if (cursor >= wire->end) {
        return wire_cut(wire);
    }
    if (*cursor > 1) {
        return wire_poison(wire, "a boolean is 0 or 1, not %d", *cursor);
    }
    *value = *cursor;
    return cursor + 1;
}

/* The index of one of `count` things of a kind: "symbol", "branch". */
static inline const uint8_t *wire_index(struct wire *wire, const uint8_t *cursor, uint32_t count,
                                        const char *what, uint32_t *index)
{
    if (cursor < wire->end && (*cursor & 0x81) == 0 && (uint32_t)(*cursor >> 1) < count) {
        *index = *cursor >> 1;
        return cursor + 1;
    }
    return wire_index_slow(wire, cursor, count, what, index);
}

/* The number of items in a block and, where the writer gave it, the block's size in bytes
 * (else *block_end is NULL). 0 items end the array or map. No more items are claimed than the
 * bytes that are left can hold at `item_min` bytes each. */
const uint8_t *wire_block(struct wire *wire, const uint8_t *cursor, uint32_t item_min,
                          uint64_t *items, const uint8_t **block_end);

/* Writes a varint at `cursor`, where there is room for WIRE_VARINT_MAX bytes, and returns the
 * place behind it. */
static inline uint8_t *wire_put_long(uint8_t *cursor, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    while (rest >= 0x80) {
        *cursor++ = (uint8_t)(rest | 0x80);
        rest >>= 7;
    }
    *cursor++ = (uint8_t)rest;
    return cursor;
}

#endif
