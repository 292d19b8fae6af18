/* A number for each line of an order: is it closed in the data, is it open, how often was it asked.
 *
 * Lines are known by a 64-bit hash of (order, line), so an entry is 16 bytes and the map never
 * holds on to a text; with a million lines two share a hash once in 40 million plays. Open
 * addressing, entries are never removed. */
#ifndef SHORTFALL_PRODUCERS_LINE_MAP_H
#define SHORTFALL_PRODUCERS_LINE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

/* Zeroed is empty. */
struct line_map {
    struct line_entry {
        uint64_t hash; /* 0: free */
        int64_t value;
    } * entries; /* owned */
    uint64_t capacity;
    uint64_t count;
};

/* The line's number, 0 where it has none yet. The pointer lives until the next call. NULL: there is
 * no memory. */
int64_t *line_map_at(struct line_map *map, struct text order_id, int32_t line_no);

/* Only looks: 0 where the line is not known. */
int64_t line_map_get(const struct line_map *map, struct text order_id, int32_t line_no);

void line_map_done(struct line_map *map);

#endif
