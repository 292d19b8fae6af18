#include "core/table.h"

#include <string.h>

#include "core/must.h"

enum { SIZE_MIN = 16 };

bool table_reserve(struct table *table, struct pool *pool)
{
    if ((table->count + 1) * 4 <= table->size * 3) {
        return true;
    }
    struct table old = *table;
    uint64_t size = old.size ? old.size * 2 : SIZE_MIN;
    struct table_slot *slots = pool_take(pool, size * sizeof(*slots));
    if (!slots) {
        return false;
    }
    memset(slots, 0, size * sizeof(*slots));
    *table = (struct table){.slots = slots, .size = size};
    for (uint64_t i = 0; i < old.size; i++) {
        if (old.slots[i].value) {
            table_add(table, old.slots[i].hash, old.slots[i].value);
        }
    }
    pool_give(pool, old.slots, old.size * sizeof(*old.slots));
    return true;
}

void table_add(struct table *table, uint64_t hash, void *value)
{
    must(value && table->count < table->size);
    uint64_t i = hash & (table->size - 1);
    while (table->slots[i].value) {
        i = (i + 1) & (table->size - 1);
    }
    table->slots[i] = (struct table_slot){hash, value};
    table->count++;
}

struct table_slot *table_find(const struct table *table, uint64_t hash,
                              bool (*fits)(const void *value, const void *key), const void *key)
{
    if (table->size == 0) {
        return NULL;
    }
    for (uint64_t i = hash & (table->size - 1); table->slots[i].value;
         i = (i + 1) & (table->size - 1)) {
        if (table->slots[i].hash == hash && fits(table->slots[i].value, key)) {
            return &table->slots[i];
        }
    }
    return NULL;
}

/* Later things of the same run move up into the gap where that brings them nearer to their place.
 */
void table_remove(struct table *table, struct table_slot *slot)
{
    uint64_t mask = table->size - 1;
    uint64_t gap = (uint64_t)(slot - table->slots);
    must(gap <= mask && slot->value);
    for (uint64_t i = (gap + 1) & mask; table->slots[i].value; i = (i + 1) & mask) {
        uint64_t home = table->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            table->slots[gap] = table->slots[i];
            gap = i;
        }
    }
    table->slots[gap] = (struct table_slot){0};
    table->count--;
}
