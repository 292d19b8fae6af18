#include "core/pool.h"

#include <stdint.h>
#include <string.h>

#include "core/must.h"

/* In front of the blocks of a page; keeps them aligned. */
struct pool_page {
    struct pool_page *next;
    void *unused;
};

/* In front of a large block. */
struct pool_large {
    struct pool_large *next;
    struct pool_large **link; /* what points here */
    size_t size;              /* with this */
    void *unused;
};

_Static_assert(sizeof(struct pool_page) % POOL_STEP == 0, "blocks stay aligned");
_Static_assert(sizeof(struct pool_large) % POOL_STEP == 0, "blocks stay aligned");

static size_t class_of(size_t size)
{
    return (size + POOL_STEP - 1) / POOL_STEP;
}

static void large_link(struct pool *pool, struct pool_large *large)
{
    large->next = pool->large;
    large->link = &pool->large;
    if (large->next) {
        large->next->link = &large->next;
    }
    pool->large = large;
}

static void large_unlink(struct pool_large *large)
{
    *large->link = large->next;
    if (large->next) {
        large->next->link = large->link;
    }
}

static void *large_resize(struct pool *pool, void *block, size_t size)
{
    struct pool_large *old = block ? (struct pool_large *)block - 1 : NULL;
    size_t full = sizeof(struct pool_large) + size;
    if (full < size) {
        return NULL;
    }
    if (old) {
        large_unlink(old);
    }
    struct pool_large *large =
        pool->memory.resize(pool->memory.context, old, old ? old->size : 0, full);
    if (large) {
        large->size = full;
        large_link(pool, large);
        return large + 1;
    }
    if (old) {
        large_link(pool, old);
    }
    return NULL;
}

/* Cuts what is left of the newest page into free blocks, so that nothing of it is lost. */
static void page_use_up(struct pool *pool)
{
    while (pool->rest_size >= POOL_STEP) {
        size_t size = pool->rest_size < POOL_BLOCK_MAX ? pool->rest_size : POOL_BLOCK_MAX;
        void *block = pool->rest;
        pool->rest += size;
        pool->rest_size -= size;
        pool_give(pool, block, size);
    }
}

void pool_init(struct pool *pool, const struct memory *memory)
{
    *pool = (struct pool){.memory = *memory};
}

void pool_done(struct pool *pool)
{
    struct memory memory = pool->memory;
    for (struct pool_page *page = pool->pages, *next; page; page = next) {
        next = page->next;
        memory.resize(memory.context, page, POOL_PAGE, 0);
    }
    for (struct pool_large *large = pool->large, *next; large; large = next) {
        next = large->next;
        memory.resize(memory.context, large, large->size, 0);
    }
    *pool = (struct pool){.memory = memory};
}

void *pool_take(struct pool *pool, size_t size)
{
    must(size > 0);
    if (size > POOL_BLOCK_MAX) {
        return large_resize(pool, NULL, size);
    }
    size_t class = class_of(size);
    void *block = pool->free[class];
    if (block) {
        memcpy(&pool->free[class], block, sizeof(void *));
        return block;
    }
    if (pool->rest_size < class * POOL_STEP) {
        struct pool_page *page = pool->memory.resize(pool->memory.context, NULL, 0, POOL_PAGE);
        if (!page) {
            return NULL;
        }
        page_use_up(pool);
        page->next = pool->pages;
        pool->pages = page;
        pool->rest = (char *)(page + 1);
        pool->rest_size = POOL_PAGE - sizeof(*page);
    }
    block = pool->rest;
    pool->rest += class * POOL_STEP;
    pool->rest_size -= class * POOL_STEP;
    return block;
}

void pool_give(struct pool *pool, void *block, size_t size)
{
    if (!block) {
        return;
    }
    if (size > POOL_BLOCK_MAX) {
        struct pool_large *large = (struct pool_large *)block - 1;
        must(large->size == sizeof(*large) + size);
        large_unlink(large);
        pool->memory.resize(pool->memory.context, large, large->size, 0);
        return;
    }
    size_t class = class_of(size);
    memcpy(block, &pool->free[class], sizeof(void *));
    pool->free[class] = block;
}

void *pool_resize(struct pool *pool, void *block, size_t old_size, size_t new_size)
{
    if (!block) {
        return pool_take(pool, new_size);
    }
    if (old_size > POOL_BLOCK_MAX && new_size > POOL_BLOCK_MAX) {
        return large_resize(pool, block, new_size);
    }
    if (old_size <= POOL_BLOCK_MAX && new_size <= POOL_BLOCK_MAX &&
        class_of(old_size) == class_of(new_size)) {
        return block;
    }
    void *moved = pool_take(pool, new_size);
    if (moved) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        pool_give(pool, block, old_size);
    }
    return moved;
}
