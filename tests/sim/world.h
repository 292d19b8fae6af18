/* The simulated world: shops that sell, buyers that answer, a payment system, a platform.
 *
 * It writes what any client could write (twice at times, late, out of order, garbage too) and reads
 * only what is committed. What it wrote is remembered, so that the promises can be held against it.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"
#include "core/contract.h"

enum { WORLD_SKUS = 4, WORLD_LINES_MAX = 256 };

struct sold_line {
    char order[16];
    int32_t line_no;
    char sku[4];
    int64_t paid_minor;
    bool closed; /* by the shop */
};

/* Does this story play old records, with clock = record? */
bool world_plays_records(void);
/* The time that the facts are told with. Where records are played it lies far behind that of the
 * clocks, and goes with them. */
int64_t world_now_ms(void);

/* Says how late it is, where that is not seen from a clock. */
void world_tick(void);

void world_reset(struct chance chance, int orders);

/* Orders, levels and closings within the next `us`. */
void world_plan(int64_t us);
/* A level of every warehouse that counts everything that was shipped. */
void world_count_stock(void);
/* Now and then within the next `us` the operator flips the rules of allocation, one way or back. */
void world_plan_flips(struct chance chance, int64_t us);
/* Nothing is left anywhere: every line that waits to be shipped is short. */
void world_empty_stock(void);
/* Nobody starts anything new; what was asked is still answered. */
void world_calm(void);
/* Whether answers are still on their way. */
bool world_is_busy(void);

enum { WORLD_TRACEPARENT_SIZE = 64 };

/* The header traceparent that an order was sent with: a valid one, one that is none, or no one at
 * all, "". true: it is valid, and ret_start is how those begin that we write: up to the parent id.
 */
bool world_traceparent(struct text order, char ret_value[WORLD_TRACEPARENT_SIZE],
                       char ret_start[WORLD_TRACEPARENT_SIZE]);

const struct sold_line *world_line(struct text order, int32_t line_no); /* NULL: none */
int world_order_count(void);

#endif
