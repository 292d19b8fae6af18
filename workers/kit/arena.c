#include "kit/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Under the address sanitizer every allocation is followed by bytes that must not be touched, so
 * an overrun inside the arena is found as one of malloc's would be. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { GUARD_SIZE = 16 };
#define GUARD(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define UNGUARD(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
enum { GUARD_SIZE = 0 };
#define GUARD(address, size) ((void)0)
#define UNGUARD(address, size) ((void)0)
#endif

struct arena {
    char *base;
    size_t used;
    size_t dirty; /* bytes from base that were handed out before, so are no longer zero */
    size_t limit; /* what callers may take */
    size_t range; /* what is reserved */
};

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        return NULL;
    }
    arena->limit = limit_bytes;
    arena->range = limit_bytes ? limit_bytes : 1;
    void *base = mmap(NULL, arena->range, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        free(arena);
        return NULL;
    }
    arena->base = base;
    GUARD(arena->base, arena->range);
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena) {
        return;
    }
    UNGUARD(arena->base, arena->range);
    (void)munmap(arena->base, arena->range); /* fails only for a range that was never mapped */
    free(arena);
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t left = arena->limit - arena->used;
    if (size > left) {
        return NULL;
    }
    size_t taken = (size + GUARD_SIZE + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    char *memory = arena->base + arena->used;
    size_t start = arena->used;
    arena->used += taken < left ? taken : left;
    UNGUARD(memory, size);
    if (start < arena->dirty) {
        memset(memory, 0, size < arena->dirty - start ? size : arena->dirty - start);
    }
    if (arena->used > arena->dirty) {
        arena->dirty = arena->used;
    }
    return memory;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_take(arena, size);
    if (copy && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

struct text arena_text(struct arena *arena, struct text text)
{
    char *copy = arena_take(arena, (size_t)text.size + 1);
    if (!copy) {
        return (struct text){0};
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return (struct text){copy, text.size};
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *words = size < 0 ? NULL : arena_take(arena, (size_t)size + 1);
    if (!words) {
        return (struct text){0};
    }
    va_start(arguments, format);
    int written = vsnprintf(words, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return written == size ? (struct text){words, (uint32_t)size} : (struct text){0};
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

void arena_reset(struct arena *arena)
{
    GUARD(arena->base, arena->used);
    arena->used = 0;
}
