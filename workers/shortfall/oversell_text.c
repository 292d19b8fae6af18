#include <inttypes.h>

#include "kit/clock.h"
#include "shortfall/oversell.h"
#include "shortfall/phrase.h"

static void say_spread(struct buffer *out, const struct oversell_spread *spread)
{
    char half[TIME_TEXT_SIZE];
    char high[TIME_TEXT_SIZE];
    char most[TIME_TEXT_SIZE];
    if (spread->count == 0) {
        phrase(out, "not known");
        return;
    }
    phrase(out, "half within %s, %d of 100 within %s, the most %s",
           duration_format(spread->half, half), OVERSELL_PERCENT,
           duration_format(spread->high, high), duration_format(spread->most, most));
}

void oversell_why(struct buffer *out, const struct oversell_row *row)
{
    char high[TIME_TEXT_SIZE];
    switch (row->advice) {
    case OVERSELL_TOO_LITTLE:
        phrase(out,
               "nothing to suggest: %zu levels are in the log, and at least %d are needed to say "
               "what %d of 100 are like",
               row->sold.count, OVERSELL_LEVELS_MIN, OVERSELL_PERCENT);
        return;
    case OVERSELL_NO_DELAY:
        phrase(out,
               "nothing to suggest: in the delay of %d of 100 levels (%zu in all, %d of 100 within "
               "%s) no unit was sold, so the delay does not explain these lines",
               OVERSELL_PERCENT, row->sold.count, OVERSELL_PERCENT,
               duration_format(row->delay_ms.high, high));
        return;
    case OVERSELL_KEEP_BACK:
        phrase(out,
               "keep %" PRId64
               " back: between a level's own time and its arrival, for %d of 100 of "
               "%zu levels at most %" PRId64 " units were sold (half: %" PRId64
               ", the most: %" PRId64 ")",
               row->sold.high, OVERSELL_PERCENT, row->sold.count, row->sold.high, row->sold.half,
               row->sold.most);
        if (row->safety_stock >= row->sold.high) {
            phrase(out, "; what is kept back now would do");
        }
        return;
    }
}

static void write_row(struct buffer *out, const struct oversell_row *row)
{
    phrase(out,
           "%-24.*s %-14.*s %7" PRId64 " %7" PRId64 " %9" PRId64 " %11" PRId64 " %9" PRId64
           " %8zu %11" PRId64 " ",
           PHRASE_TEXT(row->sku), PHRASE_TEXT(row->seller_id), row->lines, row->units,
           row->causes[CAUSE_OVERSOLD], row->causes[CAUSE_COUNT_FELL], row->causes[CAUSE_REPORTED],
           row->delay_ms.count, row->safety_stock);
    if (row->advice == OVERSELL_KEEP_BACK) {
        phrase(out, "%10" PRId64 "\n", row->sold.high);
    } else {
        phrase(out, "%10s\n", "-");
    }
    phrase(out, "      delay: ");
    say_spread(out, &row->delay_ms);
    phrase(out, "; behind: ");
    say_spread(out, &row->behind_ms);
    phrase(out, "\n      ");
    oversell_why(out, row);
    phrase(out, "\n");
}

void oversell_write(const struct oversell *oversell, struct buffer *out)
{
    int64_t lines = 0;
    int64_t units = 0;
    phrase(out, "Lines that became short");
    span_phrase(out, &oversell->span);
    phrase(out,
           ", by sku.\n"
           "delay: from a level's own time (counted_at) to its arrival in the stock log "
           "(sku-event, log).\n"
           "behind: from the own time of the level by which a line was found short to when that "
           "was found: where the\n"
           "count fell, when that level arrived; else the time of the sale or of the report.\n"
           "SUGGESTED safety stock: what %d of 100 levels had at most sold in their delay, if "
           "there are %d levels.\n\n",
           OVERSELL_PERCENT, OVERSELL_LEVELS_MIN);
    phrase(out, "%-24s %-14s %7s %7s %9s %11s %9s %8s %11s %10s\n", "SKU", "SELLER", "LINES",
           "UNITS", "OVERSOLD", "COUNT_FELL", "REPORTED", "LEVELS", "SAFETY NOW", "SUGGESTED");
    for (size_t i = 0; i < oversell->row_count; i++) {
        lines += oversell->rows[i].lines;
        units += oversell->rows[i].units;
        write_row(out, &oversell->rows[i]);
    }
    phrase(out, "%zu skus, %" PRId64 " lines, %" PRId64 " units\n", oversell->row_count, lines,
           units);
}
