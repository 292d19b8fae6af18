/* The two columns of a dry run, by marketplace, seller and currency, for people and for programs.
 *
 * A case belongs to the period in which it was opened, and counts with all that came of it. */
#ifndef SHORTFALL_SHORTFALL_DRY_RUN_REPORT_H
#define SHORTFALL_SHORTFALL_DRY_RUN_REPORT_H

#include <jansson.h>

#include "kit/buffer.h"
#include "shortfall/dry_run.h"

/* Of one marketplace, seller and currency; as a total without seller, or without both. */
struct dry_run_row {
    struct text marketplace;
    struct text seller_id;
    struct text currency;
    int64_t parts; /* of a total: how many rows it is the sum of */
    int64_t cases;
    struct tally was;
    struct tally would;
};

/* Cases under one policy in force and one other policy. */
struct dry_run_pair {
    struct text policy;
    const char *other;
    int64_t cases;
};

struct dry_run_report {
    int64_t from_ms; /* cases opened from then … */
    int64_t to_ms;   /* … to before then */
    int64_t until_ms;
    int64_t cases;
    int64_t left_out;      /* not whole, so in neither column */
    int64_t unreproduced;  /* the policies at hand do not give what was recorded */
    struct lookup *rows;   /* owned; struct dry_run_row */
    struct lookup *totals; /* owned; struct dry_run_row, of each marketplace and of all */
    struct lookup *pairs;  /* owned; struct dry_run_pair */
};

/* Sums up the cases of a period; a dry run that has ended. */
enum status dry_run_report_init(struct dry_run_report *report, const struct dry_run *dry_run,
                                int64_t from_ms, int64_t to_ms, int64_t until_ms,
                                struct error *error) must_check;
void dry_run_report_done(struct dry_run_report *report);

void dry_run_report_write(const struct dry_run_report *report, struct buffer *out);

/* A new object, the caller's; NULL when there is no memory. */
json_t *dry_run_report_json(const struct dry_run_report *report);

#endif
