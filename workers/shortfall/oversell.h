/* Why a sku was sold that was not there, and what safety stock would have covered it.
 *
 * Each sku with lines that became short: how many, for which cause, and how late its stock feed
 * was, by what the records hold. Two times are told:
 *
 *   delay    from a level's own time (counted_at) to its arrival in the stock log (`log` of the
 *            sku-event that holds it; with clock = record, the latest time that the facts had told)
 *   behind   from the own time of the level by which a line was found short to when that was found:
 *            where the count fell, when that level arrived; else the time of the sale or the report
 *
 * Suggested safety stock = the 95th percentile (nearest rank), over the levels, of the units paid
 * after the level's own time and not after its arrival. Those units were sold by a number that was
 * no longer true, and nobody could know: a listing that had kept so many back would have covered
 * 95 of 100 levels. Of fewer than 20 levels the 95th percentile is just the largest, so nothing is
 * suggested. What the delay does not explain (goods lost between two counts, a report, a listing
 * that sold on although it was closed) safety stock against the delay does not cure; where the
 * percentile is 0 that is said instead of a number.
 *
 * Repetitions count once: a line by order and line, a level by warehouse and version. A span limits
 * the shortages and the levels, not the sales. Take shortage whole before sku-event: of other skus
 * nothing is kept. The stock log is kept for 30 days. Pure: all memory is the arena's. */
#ifndef SHORTFALL_SHORTFALL_OVERSELL_H
#define SHORTFALL_SHORTFALL_OVERSELL_H

#include "core/contract.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "shortfall/lookup.h"
#include "shortfall/span.h"

enum {
    OVERSELL_PERCENT = 95,
    OVERSELL_LEVELS_MIN = 20, /* 100 / (100 - 95): one of them lies above */
};

enum oversell_advice {
    OVERSELL_TOO_LITTLE, /* too few levels to suggest anything */
    OVERSELL_NO_DELAY,   /* the delay does not explain it: nothing was sold in it */
    OVERSELL_KEEP_BACK,  /* the suggestion is a number above 0 */
};

/* A spread of times or units; all 0 where `count` is. */
struct oversell_spread {
    size_t count;
    int64_t half; /* half of them are at most this */
    int64_t high; /* 95 of 100 */
    int64_t most;
};

struct oversell_row {
    struct text sku;
    struct text seller_id;
    int64_t lines;
    int64_t units;
    int64_t causes[CAUSE_REPORTED + 1]; /* lines by cause */
    struct oversell_spread delay_ms;
    struct oversell_spread behind_ms;
    struct oversell_spread sold; /* units, in each level's delay */
    int64_t safety_stock;        /* as it is now, over all warehouses */
    enum oversell_advice advice;
};

struct oversell {
    struct arena *arena; /* borrowed */
    struct span span;
    struct lookup *skus;       /* owned; by sku */
    struct lookup *lines;      /* owned; lines that were short, by order and line */
    struct lookup *sales;      /* owned; paid lines of those skus, likewise */
    struct lookup *shelves;    /* owned; by sku and warehouse */
    struct oversell_row *rows; /* owned; made by oversell_make, the most units first */
    size_t row_count;
};

enum status oversell_init(struct oversell *oversell, struct arena *arena, const struct span *span,
                          struct error *error) must_check;
void oversell_done(struct oversell *oversell);

enum status oversell_take_shortage(struct oversell *oversell, const struct shortage *shortage,
                                   struct error *error) must_check;
enum status oversell_take_log(struct oversell *oversell, const struct sku_event *event,
                              struct error *error) must_check;

/* Once, after all was taken. */
enum status oversell_make(struct oversell *oversell, struct error *error) must_check;

/* What is suggested and why, a sentence. */
void oversell_why(struct buffer *out, const struct oversell_row *row);

/* The table, with what its columns mean. */
void oversell_write(const struct oversell *oversell, struct buffer *out);

#endif
