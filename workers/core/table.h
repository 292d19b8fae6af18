/* Finds things by a 64-bit hash: open addressing, linear probing, no tombstones.
 *
 * The table holds the hash beside the pointer, so that probing looks at nothing else until the
 * whole hash fits, and growing never looks at the things at all. It owns its slots, not the things.
 */
#ifndef SHORTFALL_CORE_TABLE_H
#define SHORTFALL_CORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"

struct table_slot {
    uint64_t hash;
    void *value; /* NULL: free */
};

struct table {
    struct table_slot *slots;
    uint64_t size; /* a power of two, or 0 */
    uint64_t count;
};

/* Room for one more; false: memory is at its limit. */
bool table_reserve(struct table *table, struct pool *pool);
/* Needs room reserved. */
void table_add(struct table *table, uint64_t hash, void *value);
/* The slot of the first thing with this hash that `fits` the key, or NULL. */
struct table_slot *table_find(const struct table *table, uint64_t hash,
                              bool (*fits)(const void *value, const void *key), const void *key);
void table_remove(struct table *table, struct table_slot *slot);

#endif
