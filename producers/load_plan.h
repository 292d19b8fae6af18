/* What a load consists of: the n-th order, its closings, the levels; all from the seed alone.
 *
 * Nothing is remembered: the n-th order is computed whenever it is needed, so that an order can be
 * closed long after it was placed and threads need not talk. Stock is such that about the
 * wanted share of what is open at one time does not fit: each sku has its mean demand and so much
 * more that, with chance as it is, that share is left over. What was shipped is received anew, so a
 * level stays as it is under new versions.
 *
 * So the last who ask for a sku are the short ones, and without closings they come towards the end.
 * Where `sold_out` is set the share is that of skus which have none at all instead: it is spread
 * over the whole time. */
#ifndef SHORTFALL_PRODUCERS_LOAD_PLAN_H
#define SHORTFALL_PRODUCERS_LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/contract.h"
#include "producers/zipf.h"

enum {
    LOAD_LINES_MAX = 50, /* a load's lines of an order */
    LOAD_LINES_SHOP = 0, /* 65 % one line, the others two to four: 1.5 on average */
    LOAD_ID_SIZE = 32,
    LOAD_SELLERS = 100,
};

struct load_plan {
    uint64_t seed;
    uint32_t sku_count;
    double skew;
    uint32_t lines;      /* of an order on average; LOAD_LINES_SHOP: as shops see them */
    double short_share;  /* of the open demand that shall not fit, 0 to 1 */
    bool sold_out;       /* it is that of skus that never have any */
    uint64_t open_count; /* orders that are open at one time */
    struct zipf zipf;
    int64_t *stock; /* owned; by sku */
};

/* One order in memory of its own. */
struct load_order {
    struct order_paid paid;
    struct order_line lines[LOAD_LINES_MAX];
    char order_id[LOAD_ID_SIZE];
    char seller_id[LOAD_ID_SIZE];
    char buyer_id[LOAD_ID_SIZE];
    char skus[LOAD_LINES_MAX][LOAD_ID_SIZE];
};

/* The fields above zipf are set. False: no memory. */
bool load_plan_init(struct load_plan *plan);
void load_plan_done(struct load_plan *plan);

/* The n-th order, from 0. */
void load_plan_order(const struct load_plan *plan, uint64_t n, int64_t paid_at_ms,
                     struct load_order *ret_order);

/* How a line of an order ends, one record for each of its lines. */
void load_plan_closing(const struct load_plan *plan, const struct load_order *order, uint32_t line,
                       uint64_t n, int64_t closed_at_ms, struct order_closed *ret_closed);

/* The level of the k-th sku; sku: memory for its name. */
void load_plan_level(const struct load_plan *plan, uint32_t k, int64_t version,
                     int64_t counted_at_ms, char sku[LOAD_ID_SIZE], struct stock_level *ret_level);

#endif
