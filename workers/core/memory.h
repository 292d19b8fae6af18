/* Where the rules get memory from: whoever uses them owns the heap and its limit.
 *
 * `resize` behaves like realloc, but is told the old size, gives NULL where there is no more (then
 * `old` stays valid) and frees for a new_size of 0. What it gives is aligned for any type. */
#ifndef SHORTFALL_CORE_MEMORY_H
#define SHORTFALL_CORE_MEMORY_H

#include <stddef.h>

struct memory {
    void *context;
    void *(*resize)(void *context, void *old, size_t old_size, size_t new_size);
};

#endif
