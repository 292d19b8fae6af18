/* Finds things by a text.
 *
 * Things and their keys are in an arena of the caller's and stay where they are; they keep the
 * order in which they were put in. A lookup only ever grows. */
#ifndef SHORTFALL_SHORTFALL_LOOKUP_H
#define SHORTFALL_SHORTFALL_LOOKUP_H

#include <stddef.h>

#include "core/text.h"
#include "kit/arena.h"

struct lookup;

/* arena: borrowed, never reset while the lookup lives. thing_size: bytes of each thing. NULL when
 * the system has no memory. */
struct lookup *lookup_new(struct arena *arena, size_t thing_size);
void lookup_free(struct lookup *lookup); /* accepts NULL */

/* The thing of this key, NULL if there is none. */
void *lookup_get(const struct lookup *lookup, struct text key);

/* The thing of this key, a zeroed one if there was none yet; NULL when the arena is full. */
void *lookup_put(struct lookup *lookup, struct text key);

size_t lookup_count(const struct lookup *lookup);
/* By the order in which they were put in, from 0. */
void *lookup_at(const struct lookup *lookup, size_t number, struct text *ret_key);

#endif
