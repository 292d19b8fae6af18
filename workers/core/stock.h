/* What lies where: the levels of one sku, its goods on their way out, and the restocks expected.
 *
 * One warehouse for each that ever had a level or shipped goods; the one with the empty id stands
 * for shipments that do not say from where. `known`: it has had a level. Sums over the levels are
 * kept up to date by stock_set_level.
 *
 * Shipped goods stop counting when their warehouse has counted at or after their closing. Where the
 * warehouse is not known, all known ones must have. A count never goes back: counted_out_ms is the
 * latest count a warehouse ever gave, whatever level was counted last. */
#ifndef SHORTFALL_CORE_STOCK_H
#define SHORTFALL_CORE_STOCK_H

#include "core/shipped.h"

/* More than that of a restock counts as that much, so that no sum can overflow. */
#define RESTOCK_QUANTITY_MAX INT64_C(1000000000000)

struct warehouse {
    struct text id; /* interned by the book */
    bool known;
    int64_t on_hand;
    int64_t safety_stock;
    int64_t version;
    int64_t counted_at_ms;
    int64_t counted_out_ms;
    struct restock *restocks; /* as they came */
    uint32_t restock_count;
    uint32_t restock_capacity;
    struct shipped shipped;
};

struct stock {
    struct warehouse *warehouses; /* by id */
    uint32_t warehouse_count;
    uint32_t warehouse_capacity;
    uint32_t known_count;
    uint32_t restock_count;
    uint32_t restock_capacity;
    struct restock *restocks; /* of all warehouses: by date, a date once */
    int64_t available;        /* sum of max(0, on_hand) */
    int64_t offered;          /* sum of max(0, on_hand - safety_stock) */
    int64_t shipped_quantity; /* not counted out */
    int64_t newest_count_ms;  /* of any level; INT64_MIN: none */
    int64_t all_counted_ms;   /* what every known warehouse has counted out; INT64_MIN: none */
    int64_t version;          /* the highest of any warehouse */
};

void stock_init(struct stock *stock);

struct warehouse *stock_find(const struct stock *stock, struct text id); /* or NULL */
/* Room for one more warehouse, or restock_count more restocks of this one; false: memory is at its
 * limit. Adding a warehouse needs room reserved; it moves the others. */
bool stock_reserve_warehouse(struct stock *stock, struct pool *pool);
bool stock_reserve_restocks(struct stock *stock, struct warehouse *warehouse, struct pool *pool,
                            uint32_t restock_count);
struct warehouse *stock_add(struct stock *stock, struct text id);

/* The level of the warehouse from now on; needs room for the restocks. counted_out_ms is at least
 * counted_at_ms. */
void stock_set_level(struct stock *stock, struct warehouse *warehouse,
                     const struct book_level *level);
/* After levels were set: frees the goods that they count out. */
void stock_count_out(struct stock *stock);
/* As if there had never been a level: while loading. */
void stock_clear_levels(struct stock *stock);
/* Goods have left; they count until they are counted out, perhaps not at all. Needs room in
 * warehouse->shipped. */
void stock_ship(struct stock *stock, struct warehouse *warehouse, int64_t closed_at_ms,
                int64_t quantity);

#endif
