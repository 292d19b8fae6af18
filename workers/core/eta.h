/* When the short lines of one sku can expect their goods.
 *
 * A short line is served by the earliest restock at which its own quantity and all that is ahead of
 * it in the queue fit into what is free by then. What is ahead only grows along the queue, so the
 * dates only get later: a few borders between places say the dates of a million lines, and two such
 * maps, from before and after a fact, say which lines must be told another date. */
#ifndef SHORTFALL_CORE_ETA_H
#define SHORTFALL_CORE_ETA_H

#include "core/queue.h"

/* Short lines before place `until`, and not before the part in front of it, have this date. */
struct eta_part {
    uint32_t until; /* QUEUE_NOWHERE: to the end, and for any line to come */
    struct optional_long expected_at_ms;
};

/* At least one part, the last one up to QUEUE_NOWHERE. */
struct eta_map {
    struct eta_part *parts;
    uint32_t count;
    uint32_t capacity;
};

/* Room for the parts of a sku with that many restocks; false: memory is at its limit. */
bool eta_reserve(struct eta_map *map, struct pool *pool, uint32_t restock_count);
/* `free` is what is available and not reserved; the restocks are by date. */
void eta_draw(struct eta_map *map, const struct queue *queue, int64_t free,
              const struct restock *restocks, uint32_t restock_count);
struct optional_long eta_at(const struct eta_map *map, uint32_t position);
/* The first place at or after `from` whose dates differ, and where that stretch ends. false: none.
 */
bool eta_difference(const struct eta_map *before, const struct eta_map *after, uint32_t from,
                    uint32_t *ret_from, uint32_t *ret_until);

#endif
