/* One sku: its stock, its lines, and what has been said about it. Never moves, never goes. */
#ifndef SHORTFALL_CORE_SKU_H
#define SHORTFALL_CORE_SKU_H

#include "core/queue.h"
#include "core/stock.h"

struct sku {
    struct text id;
    uint64_t hash;
    uint32_t number; /* in the book's list */
    bool dirty;      /* in the book's list of those */
    bool head_dirty;
    bool reported; /* by a report that no later level has answered */
    bool flipped;  /* by the change of rules that is under way */
    struct sku *next_dirty;
    struct stock stock;
    struct queue queue;
    int64_t reported_at_ms;       /* the latest such report */
    int64_t forgotten_paid_at_ms; /* newest paid_at ever forgotten; INT64_MIN: none */
    int64_t listing_told_quantity;
    enum listing_state listing_told;
};

/* Covered lines, and goods that are on their way out but still in on_hand. */
static inline int64_t sku_reserved(const struct sku *sku)
{
    return queue_total(&sku->queue)->covered_quantity + sku->stock.shipped_quantity;
}

/* Below 0 where goods on their way out are more than what is there. */
static inline int64_t sku_free(const struct sku *sku)
{
    return sku->stock.available - sku_reserved(sku);
}

#endif
