/* A bump allocator with a ceiling: everything of one step lives in it and goes in one reset.
 *
 * The ceiling is one reserved range of addresses; the system backs it page by page as it is first
 * used, and the pages are kept for the next step. So there is nothing to fragment: an allocation
 * fits exactly when `used + size` is within the limit. Beyond it arena_take returns NULL, which
 * callers turn into POISON where the arena was empty before (this message alone is too large) and
 * into RETRY where it was not (finish the step, reset, and go on with the same message).
 *
 * Pointers live until arena_reset. Not shared between threads. */
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
