/* A bump allocator with a ceiling: everything of one step lives in it and goes in one reset.
 *
 * Memory is taken from the system in blocks and kept for the next step, up to the limit given at
 * the start. An allocation beyond the limit returns NULL, which callers turn into POISON (a message
 * too large) or RETRY. Pointers live until arena_reset. Not shared between threads. */
#ifndef SHORTFALL_KIT_ARENA_H
#define SHORTFALL_KIT_ARENA_H

#include <stddef.h>

#include "core/text.h"

struct arena;

/* limit_bytes: the most it will ever hold. NULL when the system has no memory. */
struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *arena); /* accepts NULL */

/* Zeroed memory, aligned for any type; NULL beyond the limit. */
void *arena_take(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* A copy with a zero byte behind it (not counted in size); data is NULL if there is no room. */
struct text arena_text(struct arena *arena, struct text text);
/* Formatted, terminated text; data is NULL if there is no room. */
struct text arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena);
void arena_reset(struct arena *arena);

#endif
