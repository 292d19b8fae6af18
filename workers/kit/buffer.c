#include "kit/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 256 };

static size_t limit_of(const struct buffer *buffer)
{
    return buffer->limit ? buffer->limit : (size_t)BUFFER_LIMIT_DEFAULT;
}

/* Doubles, so that appending n bytes costs n however they come; never past the limit. */
static bool grow(struct buffer *buffer, size_t needed)
{
    size_t limit = limit_of(buffer);
    size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_FIRST;
    while (capacity < needed) {
        capacity *= 2;
    }
    if (capacity > limit) {
        capacity = limit;
    }
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool buffer_reserve_slow(struct buffer *buffer, size_t size)
{
    if (buffer->failed) {
        return false;
    }
    size_t limit = limit_of(buffer);
    if (buffer->size > limit || size > limit - buffer->size || !grow(buffer, buffer->size + size)) {
        buffer->failed = true;
        return false;
    }
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size > 0 && buffer_reserve(buffer, size)) {
        memcpy(buffer->data + buffer->size, bytes, size);
        buffer->size += size;
    }
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    if (buffer_reserve(buffer, 1)) {
        buffer->data[buffer->size++] = byte;
    }
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.limit = buffer->limit};
}
