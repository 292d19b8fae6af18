#include "kit/wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const uint8_t *wire_poison(struct wire *wire, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char words[ERROR_SIZE];
    if (vsnprintf(words, sizeof words, format, arguments) < 0) {
        words[0] = '\0';
    }
    va_end(arguments);
    wire->status = error_set(wire->error, POISON, "%s", words);
    return NULL;
}

const uint8_t *wire_cut(struct wire *wire)
{
    return wire_poison(wire, "the bytes end in the middle of it");
}

/* Why the bytes at the cursor are no varint. */
static const uint8_t *varint_fault(struct wire *wire, const uint8_t *cursor)
{
    for (int i = 0; i < WIRE_VARINT_MAX; i++, cursor++) {
        if (cursor >= wire->end) {
            return wire_cut(wire);
        }
        if (*cursor == 0 && i > 0) {
            return wire_poison(wire, "a number has more bytes than it needs");
        }
        if (*cursor < 0x80) {
            break;
        }
    }
    return wire_poison(wire, "a number is longer than 64 bits");
}

/* The zigzag form, before it is undone. */
static inline const uint8_t *read_varint(struct wire *wire, const uint8_t *cursor,
                                         uint64_t *ret_zigzag)
{
    uint64_t zigzag = 0;
    const uint8_t *at = cursor;
    const uint8_t *last =
        wire->end - cursor > WIRE_VARINT_MAX ? cursor + WIRE_VARINT_MAX : wire->end;
    for (unsigned shift = 0; at < last; shift += 7) {
        uint64_t byte = *at++;
        zigzag |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) {
                break;
            }
            *ret_zigzag = zigzag;
            return at;
        }
    }
    return varint_fault(wire, cursor);
}

const uint8_t *wire_long_slow(struct wire *wire, const uint8_t *cursor, int64_t *value)
{
    uint64_t zigzag = 0;
    cursor = read_varint(wire, cursor, &zigzag);
    if (cursor) {
        *value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    }
    return cursor;
}

const uint8_t *wire_int_slow(struct wire *wire, const uint8_t *cursor, int32_t *value)
{
    int64_t wide;
    cursor = wire_long_slow(wire, cursor, &wide);
    if (!cursor) {
        return NULL;
    }
    if (wide < INT32_MIN || wide > INT32_MAX) {
        return wire_poison(wire, "%" PRId64 " does not fit an int", wide);
    }
    *value = (int32_t)wide;
    return cursor;
}

const uint8_t *wire_length_slow(struct wire *wire, const uint8_t *cursor, uint32_t *size)
{
    int64_t length;
    cursor = wire_long_slow(wire, cursor, &length);
    if (!cursor) {
        return NULL;
    }
    if (length < 0) {
        return wire_poison(wire, "a length of %" PRId64, length);
    }
    if (length > wire->end - cursor || length > UINT32_MAX) {
        return wire_poison(wire, "a length of %" PRId64 " where %td bytes are left", length,
                           wire->end - cursor);
    }
    *size = (uint32_t)length;
    return cursor;
}

const uint8_t *wire_index_slow(struct wire *wire, const uint8_t *cursor, uint32_t count,
                               const char *what, uint32_t *index)
{
    int64_t wide;
    cursor = wire_long_slow(wire, cursor, &wide);
    if (!cursor) {
        return NULL;
    }
    if (wide < 0 || wide >= count) {
        return wire_poison(wire, "there is no %s %" PRId64 ", only %u", what, wide, count);
    }
    *index = (uint32_t)wide;
    return cursor;
}

const uint8_t *wire_block(struct wire *wire, const uint8_t *cursor, uint32_t item_min,
                          uint64_t *items, const uint8_t **block_end)
{
    int64_t count;
    *block_end = NULL;
    cursor = wire_long(wire, cursor, &count);
    if (!cursor) {
        return NULL;
    }
    *items = (uint64_t)count;
    if (count < 0) {
        *items = 0 - (uint64_t)count;
        int64_t size;
        cursor = wire_long(wire, cursor, &size);
        if (!cursor) {
            return NULL;
        }
        if (size < 0 || size > wire->end - cursor) {
            return wire_poison(wire, "a block of %" PRId64 " bytes where %td are left", size,
                               wire->end - cursor);
        }
        *block_end = cursor + size;
    }
    uint64_t left = (uint64_t)(wire->end - cursor);
    if (item_min > 0 && *items > left / item_min) {
        return wire_poison(wire, "%" PRIu64 " items where %" PRIu64 " bytes are left", *items,
                           left);
    }
    return cursor;
}
