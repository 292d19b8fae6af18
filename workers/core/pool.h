/* Small blocks out of large pages, so that a fact costs no call to the heap.
 *
 * Blocks up to POOL_BLOCK_MAX bytes come in classes of 16 bytes, each with a list of free blocks;
 * larger ones go straight to the memory's owner. Nobody keeps sizes: who gives a block back says
 * how large it was. Pages are kept until pool_done, which frees all that was ever taken. */
#ifndef SHORTFALL_CORE_POOL_H
#define SHORTFALL_CORE_POOL_H

#include <stdbool.h>

#include "core/memory.h"

enum {
    POOL_STEP = 16, /* blocks are multiples of it and aligned to it */
    POOL_BLOCK_MAX = 2048,
    POOL_PAGE = 64 << 10,
};

struct pool_page;
struct pool_large;

struct pool {
    struct memory memory;
    void *free[POOL_BLOCK_MAX / POOL_STEP + 1]; /* by class: a chain through the blocks */
    struct pool_page *pages;
    char *rest; /* what is left of the newest page */
    size_t rest_size;
    struct pool_large *large;
};

void pool_init(struct pool *pool, const struct memory *memory);
void pool_done(struct pool *pool);

/* Not zeroed. NULL: memory is at its limit. */
void *pool_take(struct pool *pool, size_t size);
void pool_give(struct pool *pool, void *block, size_t size); /* accepts NULL */
/* As realloc: the old block is gone where the new one is not NULL, and untouched where it is. */
void *pool_resize(struct pool *pool, void *block, size_t old_size, size_t new_size);

#endif
