/* Goods of one sku that have left one warehouse, but that no count there has seen leave yet: they
 * are still in on_hand, so they still count as reserved.
 *
 * Sums by time of closing, in that order; so what a count frees is always a part at the front. In
 * the state they are cut by the minute of closing: a shipment rewrites its minute, a count removes
 * whole minutes. The numbers of minutes that lost something which is in the topic are kept in front
 * of the same array (an entry freed leaves at least the room that its minute's number needs):
 *
 *      | minutes to rewrite | free | still counting, by closed_at | free |
 *      0                 freed   begin                           end    capacity */
#ifndef SHORTFALL_CORE_SHIPPED_H
#define SHORTFALL_CORE_SHIPPED_H

#include "core/book_entry.h"
#include "core/pool.h"

/* Before every minute there is. */
#define SHIPPED_MINUTE_MIN (INT64_MIN / 60000)

enum shipped_mark {
    SHIPPED_WRITTEN = 1, /* the topic has it, perhaps with an older quantity */
    SHIPPED_DIRTY = 2,   /* the topic does not have it as it is here */
};

struct shipped {
    struct book_shipment *items; /* of a minute to rewrite, closed_at_ms is its number */
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

/* The number of the first minute at or after `minute` that is not in the topic as it is here, or,
 * with `all`, that has anything; false: there is none. */
bool shipped_next_minute(const struct shipped *shipped, int64_t minute, bool all,
                         int64_t *ret_minute);
/* What lies in that minute: a part of the array. */
uint32_t shipped_minute(const struct shipped *shipped, int64_t minute,
                        struct book_shipment **ret_items);
void shipped_checkpointed(struct shipped *shipped);
/* While loading: what is known of that minute is not so. */
void shipped_forget_minute(struct shipped *shipped, int64_t minute);

#endif
