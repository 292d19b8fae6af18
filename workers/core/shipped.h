/* Goods of one sku that have left one warehouse, but that no count there has seen leave yet: they
 * are still in on_hand, so they still count as reserved.
 *
 * Sums by time of closing, in that order; so what a count frees is always a part at the front. In
 * the state they are cut into windows of closing, of so many milliseconds that no entry can have
 * too many items: a shipment rewrites its window, a count removes whole windows. The numbers of
 * windows that lost something which is in the topic are kept in front of the same array (an item
 * freed leaves the room that its window's number needs):
 *
 *      | windows to rewrite | free | still counting, by closed_at | free |
 *      0                 freed   begin                           end    capacity */
#ifndef SHORTFALL_CORE_SHIPPED_H
#define SHORTFALL_CORE_SHIPPED_H

#include "core/book_entry.h"
#include "core/pool.h"

enum { SHIPPED_WINDOW_MS = BOOK_CHUNK_LINES };

/* Before every window there is. */
#define SHIPPED_WINDOW_MIN (INT64_MIN / SHIPPED_WINDOW_MS)

enum shipped_mark {
    SHIPPED_WRITTEN = 1, /* the topic has it, perhaps with an older quantity */
    SHIPPED_DIRTY = 2,   /* the topic does not have it as it is here */
};

struct shipped {
    struct book_shipment *items; /* of a window to rewrite, closed_at_ms is its number */
    uint8_t *marks;              /* of items that still count */
    uint32_t freed;
    uint32_t begin;
    uint32_t end;
    uint32_t capacity;
};

/* Room for one more; false: memory is at its limit. */
bool shipped_reserve(struct shipped *shipped, struct pool *pool);
/* Needs room reserved. */
void shipped_add(struct shipped *shipped, int64_t closed_at_ms, int64_t quantity);
/* Counted out up to this time: gives the quantity that no longer counts. */
int64_t shipped_free(struct shipped *shipped, int64_t counted_out_ms);
int64_t shipped_quantity(const struct shipped *shipped);

/* The window of a time: rounded down, also before 1970. */
int64_t shipped_window_of(int64_t at_ms);
/* The number of the first window at or after `window` that is not in the topic as it is here, or,
 * with `all`, that has anything; false: there is none. */
bool shipped_next_window(const struct shipped *shipped, int64_t window, bool all,
                         int64_t *ret_window);
/* What lies in that window: a part of the array. */
uint32_t shipped_window(const struct shipped *shipped, int64_t window,
                        struct book_shipment **ret_items);
void shipped_checkpointed(struct shipped *shipped);
/* While loading: what is known of that window is not so. */
void shipped_forget_window(struct shipped *shipped, int64_t window);

#endif
