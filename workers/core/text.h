/* A view of text or bytes that somebody else owns.
 *
 * data may be NULL, which means "not there" (an Avro null); an empty text has a data pointer and
 * size 0. A view is not terminated by a zero byte. It lives as long as what it points into: in a
 * decoded fact that is the message's payload or the arena of the step. */
#ifndef SHORTFALL_CORE_TEXT_H
#define SHORTFALL_CORE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    uint32_t size; /* bytes */
};

/* A text over a string literal. */
#define TEXT(literal) ((struct text){(literal), (uint32_t)(sizeof(literal) - 1)})

static inline struct text text_of(const char *string)
{
    return (struct text){string, string ? (uint32_t)strlen(string) : 0};
}

static inline bool text_is_set(struct text text)
{
    return text.data != NULL;
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Order of bytes, a prefix first; below, at or above 0 as memcmp. */
static inline int text_compare(struct text a, struct text b)
{
    uint32_t shared = a.size < b.size ? a.size : b.size;
    int order = shared ? memcmp(a.data, b.data, shared) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

#endif
