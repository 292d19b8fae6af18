/* The money of the cases, a row for each seller and currency: what was to be paid back and what
 * became of it, and what is owed beyond that.
 *
 *   requested   refunds asked of the payment system, each once, whatever the attempts
 *   succeeded   the money is back; a success after a failure counts as one
 *   failed      the case gave it up and asked a person
 *   outstanding neither: no answer yet, or the next attempt waits
 *   overdue     of failed and outstanding: now is after the time that it was due by
 *   late        of succeeded: the money was back after that time
 *   penalty, goodwill, ruled    compensations by what gave them, and by who pays: seller, platform
 *
 * So requested = succeeded + failed + outstanding, in number and in money, in every row; it is
 * checked, for a report that does not add up is no report. Currencies are never mixed. A refund
 * belongs to the time when it was first asked for, a compensation to its own; how a refund stands
 * is always said as of now. refund-request and refund-result are kept for 90 days, so what is older
 * is not in it.
 *
 * Take the topics in the order of money_report_topics, then make the rows. Pure: all memory is the
 * arena's. */
#ifndef SHORTFALL_SHORTFALL_MONEY_REPORT_H
#define SHORTFALL_SHORTFALL_MONEY_REPORT_H

#include "kit/buffer.h"
#include "kit/topics.h"
#include "shortfall/case_lines.h"
#include "shortfall/ledger.h"
#include "shortfall/span.h"

enum money_column {
    MONEY_REQUESTED,
    MONEY_SUCCEEDED,
    MONEY_FAILED,
    MONEY_OUTSTANDING,
    MONEY_OVERDUE,
    MONEY_LATE,
    MONEY_PENALTY,
    MONEY_GOODWILL,
    MONEY_RULED,
    MONEY_BY_SELLER,
    MONEY_BY_PLATFORM,
    MONEY_COLUMN_COUNT, /* not a column */
};

struct money_sum {
    int64_t count;
    int64_t minor;
};

struct money_row {
    struct text seller_id; /* data == NULL: all sellers */
    struct text currency;
    struct money_sum sums[MONEY_COLUMN_COUNT];
};

struct money_report {
    struct arena *arena;   /* borrowed */
    struct ledger refunds; /* what was asked for */
    struct case_lines lines;
    struct lookup *compensations; /* owned; by compensation_id */
    int64_t latest_ms;            /* the latest time that any record told */

    /* Made by money_report_make. */
    struct lookup *rows;   /* owned; struct money_row by seller and currency */
    struct lookup *totals; /* owned; struct money_row by currency */
    int64_t changed;       /* refunds that were asked for with more than one amount */
    int64_t twice;         /* refunds that went out twice */
};

extern const enum topic money_report_topics[];
extern const size_t money_report_topic_count;

enum status money_report_init(struct money_report *report, struct arena *arena,
                              struct error *error) must_check;
void money_report_done(struct money_report *report);

enum status money_report_take(struct money_report *report, enum topic topic, const void *record,
                              struct error *error) must_check;

/* Once, after all was taken. */
enum status money_report_make(struct money_report *report, const struct span *span, int64_t now_ms,
                              struct error *error) must_check;

/* Rows or totals, by seller and currency; the array is the caller's to free, NULL when there is no
 * memory. There are lookup_count(rows). */
const struct money_row **money_rows_sort(const struct lookup *rows);

/* "requested", "by_seller" … */
const char *money_column_name(enum money_column column);

bool money_row_adds_up(const struct money_row *row);
bool money_report_adds_up(const struct money_report *report);

/* The tables and whether it adds up. */
void money_report_write(const struct money_report *report, const struct span *span, int64_t now_ms,
                        struct buffer *out);

#endif
