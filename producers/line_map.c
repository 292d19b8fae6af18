#include "producers/line_map.h"

#include <stdlib.h>

#include "producers/dice.h"

enum { CAPACITY_FIRST = 1024 };

static uint64_t hash_of(struct text order_id, int32_t line_no)
{
    struct dice dice = dice_for((uint64_t)line_no, order_id, "");
    uint64_t hash = dice_next(&dice);
    return hash ? hash : 1;
}

/* The place of a hash, or the free one where it would be. */
static struct line_entry *place_of(const struct line_map *map, uint64_t hash)
{
    uint64_t i = hash & (map->capacity - 1);
    while (map->entries[i].hash != 0 && map->entries[i].hash != hash) {
        i = (i + 1) & (map->capacity - 1);
    }
    return &map->entries[i];
}

static bool grow(struct line_map *map)
{
    struct line_map larger = {.capacity = map->capacity ? 2 * map->capacity : CAPACITY_FIRST,
                              .count = map->count};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries) {
        return false;
    }
    for (uint64_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].hash != 0) {
            *place_of(&larger, map->entries[i].hash) = map->entries[i];
        }
    }
    free(map->entries);
    *map = larger;
    return true;
}

int64_t *line_map_at(struct line_map *map, struct text order_id, int32_t line_no)
{
    if (2 * (map->count + 1) > map->capacity && !grow(map)) {
        return NULL;
    }
    uint64_t hash = hash_of(order_id, line_no);
    struct line_entry *entry = place_of(map, hash);
    if (entry->hash == 0) {
        entry->hash = hash;
        map->count++;
    }
    return &entry->value;
}

int64_t line_map_get(const struct line_map *map, struct text order_id, int32_t line_no)
{
    return map->capacity ? place_of(map, hash_of(order_id, line_no))->value : 0;
}

void line_map_done(struct line_map *map)
{
    free(map->entries);
    *map = (struct line_map){0};
}
