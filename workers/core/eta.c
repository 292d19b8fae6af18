#include "core/eta.h"

#include "core/must.h"

enum { CAPACITY_MIN = 8 };

static bool same_date(struct optional_long a, struct optional_long b)
{
    return a.set == b.set && (!a.set || a.value == b.value);
}

/* The part that a place is in. */
static uint32_t part_of(const struct eta_map *map, uint32_t position)
{
    uint32_t from = 0;
    uint32_t to = map->count - 1;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (map->parts[middle].until <= position) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static void part_add(struct eta_map *map, uint32_t until, struct optional_long expected_at_ms)
{
    must(map->count < map->capacity);
    map->parts[map->count++] = (struct eta_part){until, expected_at_ms};
}

bool eta_reserve(struct eta_map *map, struct pool *pool, uint32_t restock_count)
{
    uint32_t capacity = map->capacity ? map->capacity : CAPACITY_MIN;
    while (capacity < restock_count + 1) {
        capacity *= 2;
    }
    if (capacity == map->capacity) {
        return true;
    }
    struct eta_part *parts =
        pool_resize(pool, map->parts, map->capacity * sizeof(*parts), capacity * sizeof(*parts));
    if (!parts) {
        return false;
    }
    map->parts = parts;
    map->capacity = capacity;
    return true;
}

void eta_draw(struct eta_map *map, const struct queue *queue, int64_t free,
              const struct restock *restocks, uint32_t restock_count)
{
    map->count = 0;
    uint32_t reached = 0;
    int64_t quantity = free;
    bool waiting = queue_total(queue)->short_count > 0;
    for (uint32_t i = 0; waiting && i < restock_count; i++) {
        quantity += restocks[i].quantity;
        uint32_t until = queue_reach(queue, quantity);
        if (until == reached) {
            continue;
        }
        reached = until;
        waiting = until < queue->used;
        part_add(map, until, (struct optional_long){restocks[i].expected_at_ms, true});
    }
    part_add(map, QUEUE_NOWHERE, (struct optional_long){0});
}

struct optional_long eta_at(const struct eta_map *map, uint32_t position)
{
    return map->parts[part_of(map, position)].expected_at_ms;
}

bool eta_difference(const struct eta_map *before, const struct eta_map *after, uint32_t from,
                    uint32_t *ret_from, uint32_t *ret_until)
{
    uint32_t b = part_of(before, from);
    uint32_t a = part_of(after, from);
    while (from != QUEUE_NOWHERE) {
        const struct eta_part *old = &before->parts[b];
        const struct eta_part *new = &after->parts[a];
        uint32_t until = old->until < new->until ? old->until : new->until;
        if (!same_date(old->expected_at_ms, new->expected_at_ms)) {
            *ret_from = from;
            *ret_until = until;
            return true;
        }
        b += old->until == until;
        a += new->until == until;
        from = until;
    }
    return false;
}
