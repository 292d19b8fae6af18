/* A growing run of bytes with a ceiling. Zeroed is empty; `limit` 0 means BUFFER_LIMIT_DEFAULT.
 *
 * An append that does not fit (the ceiling, or the system has no memory) leaves the bytes as they
 * are and marks the buffer as failed; so does every append after it. The caller appends away and
 * looks once, at the end. */
#ifndef SHORTFALL_KIT_BUFFER_H
#define SHORTFALL_KIT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUFFER_LIMIT_DEFAULT = 16 << 20 };

struct buffer {
    uint8_t *data; /* owned */
    size_t size;
    size_t capacity;
    size_t limit;
    bool failed; /* an append did not fit; sticky until buffer_clear, so it is checked once */
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
bool buffer_reserve_slow(struct buffer *buffer, size_t size);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_done(struct buffer *buffer);  /* empty again, as zeroed */

/* Makes room for `size` more bytes, to be written at data + size by the caller. */
static inline bool buffer_reserve(struct buffer *buffer, size_t size)
{
    return (!buffer->failed && size <= buffer->capacity - buffer->size) ||
           buffer_reserve_slow(buffer, size);
}

#endif
