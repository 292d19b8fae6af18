/* One arena for all tests of a group: cmocka's set-up and end of the group. */
#ifndef SHORTFALL_TESTS_KIT_GROUP_ARENA_H
#define SHORTFALL_TESTS_KIT_GROUP_ARENA_H

#include "kit/arena.h"

static struct arena *arena;

static inline int arena_open(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    return arena ? 0 : -1;
}

static inline int arena_close(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#endif
