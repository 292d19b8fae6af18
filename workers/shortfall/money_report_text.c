#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kit/money.h"
#include "shortfall/money_report.h"
#include "shortfall/phrase.h"

/* The columns of a table: those from `first` to before `end`. */
struct table {
    const char *title;
    enum money_column first;
    enum money_column end;
};

static const struct table refunds = {"Refunds", MONEY_REQUESTED, MONEY_PENALTY};
static const struct table compensations = {"Compensations", MONEY_PENALTY, MONEY_COLUMN_COUNT};

/* The amount alone, as its currency has a column. */
static void write_sum(struct buffer *out, const struct money_sum *sum, struct text currency)
{
    char text[MONEY_TEXT_SIZE];
    const char *amount = strchr(money_text(sum->minor, currency, text), ' ');
    phrase(out, " %6" PRId64 " %13s", sum->count, sum->count > 0 && amount ? amount + 1 : "-");
}

static bool has_any(const struct money_row *row, const struct table *table)
{
    bool any = false;
    for (enum money_column column = table->first; column < table->end; column++) {
        any = any || row->sums[column].count > 0;
    }
    return any;
}

static void write_row(struct buffer *out, const struct money_row *row, const struct table *table)
{
    if (!has_any(row, table)) {
        return;
    }
    struct text seller = text_is_set(row->seller_id) ? row->seller_id : TEXT("(all)");
    phrase(out, "  %-16.*s %-8.*s", PHRASE_TEXT(seller), PHRASE_TEXT(row->currency));
    for (enum money_column column = table->first; column < table->end; column++) {
        write_sum(out, &row->sums[column], row->currency);
    }
    phrase(out, "\n");
}

/* Rows and totals in order. */
struct sorted {
    const struct money_row **rows; /* owned */
    size_t row_count;
    const struct money_row **totals; /* owned */
    size_t total_count;
};

static void write_table(struct buffer *out, const struct sorted *sorted, const struct table *table)
{
    phrase(out, "\n%s\n  %-16s %-8s", table->title, "SELLER", "CURRENCY");
    for (enum money_column column = table->first; column < table->end; column++) {
        phrase(out, " %20s", money_column_name(column));
    }
    phrase(out, "\n");
    for (size_t i = 0; i < sorted->row_count; i++) {
        write_row(out, sorted->rows[i], table);
    }
    for (size_t i = 0; i < sorted->total_count; i++) {
        write_row(out, sorted->totals[i], table);
    }
}

static void write_sum_check(struct buffer *out, const struct money_row *total)
{
    phrase(out, "  %s requested ", phrase_mark(money_row_adds_up(total)));
    phrase_money(out, total->sums[MONEY_REQUESTED].minor, total->currency);
    phrase(out, " = succeeded ");
    phrase_money(out, total->sums[MONEY_SUCCEEDED].minor, total->currency);
    phrase(out, " + failed ");
    phrase_money(out, total->sums[MONEY_FAILED].minor, total->currency);
    phrase(out, " + outstanding ");
    phrase_money(out, total->sums[MONEY_OUTSTANDING].minor, total->currency);
    phrase(out, "\n");
}

static void write_checks(struct buffer *out, const struct money_report *report,
                         const struct sorted *sorted)
{
    phrase(out, "\nDoes it add up?\n");
    for (size_t i = 0; i < sorted->total_count; i++) {
        write_sum_check(out, sorted->totals[i]);
    }
    phrase(out, "  %s every attempt of a refund asked for the same amount",
           phrase_mark(report->changed == 0));
    if (report->changed > 0) {
        phrase(out, ": %" PRId64 " refunds changed theirs", report->changed);
    }
    phrase(out, "\n  %s no refund went out twice", phrase_mark(report->twice == 0));
    if (report->twice > 0) {
        phrase(out, ": %" PRId64 " did, so more was paid than is said here", report->twice);
    }
    phrase(out, "\n");
    if (report->refunds.unasked > 0) {
        phrase(out,
               "  (%" PRId64 " results are of refunds whose request is not, or no longer, in the "
               "topic)\n",
               report->refunds.unasked);
    }
}

void money_report_write(const struct money_report *report, const struct span *span, int64_t now_ms,
                        struct buffer *out)
{
    const struct sorted sorted = {
        .rows = money_rows_sort(report->rows),
        .row_count = lookup_count(report->rows),
        .totals = money_rows_sort(report->totals),
        .total_count = lookup_count(report->totals),
    };
    if (!sorted.rows || !sorted.totals) {
        out->failed = true;
        free(sorted.rows);
        free(sorted.totals);
        return;
    }
    phrase(out, "Refunds asked for, and compensations given");
    span_phrase(out, span);
    phrase(out, "; as they stand at ");
    phrase_time(out, now_ms);
    phrase(out,
           ".\nrequested = succeeded + failed (a person was asked) + outstanding. overdue: not "
           "back, and due before now;\nlate: back, but after it was due. Each column: how "
           "many, and how much.\n");
    write_table(out, &sorted, &refunds);
    write_table(out, &sorted, &compensations);
    write_checks(out, report, &sorted);
    free(sorted.rows);
    free(sorted.totals);
}
