/* Chance that is the same for the same seed: every draw of the simulator comes from one of these.
 *
 * The world, the faults and the order in which things happen have streams of their own, so that a
 * story with fewer faults still has the same orders. */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t mixed = chance->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

static inline struct chance chance_of(uint64_t seed, uint64_t stream)
{
    struct chance chance = {seed * 0x2545f4914f6cdd1du + stream};
    (void)chance_next(&chance);
    return chance;
}

/* 0 to below - 1. */
static inline int64_t chance_below(struct chance *chance, int64_t below)
{
    return (int64_t)(chance_next(chance) % (uint64_t)below);
}

static inline int64_t chance_between(struct chance *chance, int64_t least, int64_t most)
{
    return least + chance_below(chance, most - least + 1);
}

/* True in `hits` of `of` draws. */
static inline bool chance_hits(struct chance *chance, int64_t hits, int64_t of)
{
    return chance_below(chance, of) < hits;
}

#endif
