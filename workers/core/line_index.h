/* Finds a line by its identity: sku, order and line number.
 *
 * Keyed by sku and order; the lines of one order in one sku are a chain, so that a report about a
 * whole order finds them all. The index owns no lines. */
#ifndef SHORTFALL_CORE_LINE_INDEX_H
#define SHORTFALL_CORE_LINE_INDEX_H

#include "core/line.h"
#include "core/table.h"

struct line_index {
    struct table orders; /* of the first line of each chain */
};

/* The hash of an order in a sku, which the other calls want: a fact asks more than once. */
uint64_t line_index_hash(const struct sku *sku, struct text order_id);

/* Room for one more; false: memory is at its limit. */
bool line_index_reserve(struct line_index *index, struct pool *pool);
/* Needs room reserved. */
void line_index_add(struct line_index *index, struct line *line, uint64_t hash);
void line_index_remove(struct line_index *index, struct line *line, uint64_t hash);
/* The lines of an order in a sku, linked by next_of_order; NULL: none. */
struct line *line_index_order(const struct line_index *index, const struct sku *sku,
                              struct text order_id, uint64_t hash);
struct line *line_index_find(const struct line_index *index, const struct sku *sku,
                             struct text order_id, int32_t line_no, uint64_t hash);

#endif
