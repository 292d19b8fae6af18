#include "shortfall/money_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"

const enum topic money_report_topics[] = {
    TOPIC_CASE_EVENT,
    TOPIC_REFUND_REQUEST,
    TOPIC_REFUND_RESULT,
    TOPIC_COMPENSATION,
};
const size_t money_report_topic_count = sizeof money_report_topics / sizeof *money_report_topics;

static const char *const column_names[MONEY_COLUMN_COUNT] = {
    [MONEY_REQUESTED] = "requested",
    [MONEY_SUCCEEDED] = "succeeded",
    [MONEY_FAILED] = "failed",
    [MONEY_OUTSTANDING] = "outstanding",
    [MONEY_OVERDUE] = "overdue",
    [MONEY_LATE] = "late",
    [MONEY_PENALTY] = "penalty",
    [MONEY_GOODWILL] = "goodwill",
    [MONEY_RULED] = "ruled",
    [MONEY_BY_SELLER] = "by_seller",
    [MONEY_BY_PLATFORM] = "by_platform",
};

/* A compensation, as far as it counts here. */
struct owed {
    struct text seller_id;
    struct text currency; /* data == NULL: not taken yet */
    enum compensation_kind kind;
    enum payer payer;
    int64_t amount_minor;
    int64_t at_ms;
};

const char *money_column_name(enum money_column column)
{
    must(column < MONEY_COLUMN_COUNT);
    return column_names[column];
}

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "the topics hold more than this command has memory for");
}

enum status money_report_init(struct money_report *report, struct arena *arena, struct error *error)
{
    *report = (struct money_report){
        .arena = arena,
        .compensations = lookup_new(arena, sizeof(struct owed)),
        .rows = lookup_new(arena, sizeof(struct money_row)),
        .totals = lookup_new(arena, sizeof(struct money_row)),
    };
    if (!report->compensations || !report->rows || !report->totals) {
        return error_set(error, FATAL, "out of memory");
    }
    enum status status = ledger_init(&report->refunds, arena, error);
    return status == OK ? case_lines_init(&report->lines, arena, error) : status;
}

void money_report_done(struct money_report *report)
{
    lookup_free(report->compensations);
    lookup_free(report->rows);
    lookup_free(report->totals);
    ledger_done(&report->refunds);
    case_lines_done(&report->lines);
}

static void see_time(struct money_report *report, int64_t at_ms)
{
    report->latest_ms = at_ms > report->latest_ms ? at_ms : report->latest_ms;
}

static enum status take_compensation(struct money_report *report,
                                     const struct compensation *compensation, struct error *error)
{
    struct owed *owed = lookup_put(report->compensations, compensation->compensation_id);
    see_time(report, compensation->at_ms);
    if (owed && !text_is_set(owed->currency)) {
        *owed = (struct owed){
            .seller_id = arena_text(report->arena, compensation->seller_id),
            .currency = arena_text(report->arena, compensation->currency),
            .kind = compensation->kind,
            .payer = compensation->payer,
            .amount_minor = compensation->amount_minor,
            .at_ms = compensation->at_ms,
        };
    }
    return owed && text_is_set(owed->currency) && text_is_set(owed->seller_id) ? OK : full(error);
}

enum status money_report_take(struct money_report *report, enum topic topic, const void *record,
                              struct error *error)
{
    if (topic == TOPIC_CASE_EVENT) {
        see_time(report, ((const struct case_event *)record)->at_ms);
        return case_lines_take(&report->lines, topic, record, error);
    }
    if (topic == TOPIC_REFUND_REQUEST) {
        const struct ledger_refund *ignored;
        see_time(report, ((const struct refund_request *)record)->at_ms);
        return ledger_take_request(&report->refunds, record, &ignored, error);
    }
    if (topic == TOPIC_REFUND_RESULT) {
        see_time(report, ((const struct refund_result *)record)->at_ms);
        (void)ledger_take_result(&report->refunds, record);
        return OK;
    }
    must(topic == TOPIC_COMPENSATION);
    return take_compensation(report, record, error);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* The row that is being added to, with its total. */
struct entry {
    struct money_row *row;
    struct money_row *total;
    bool too_large;
};

static enum status entry_of(struct money_report *report, struct text seller_id,
                            struct text currency, struct entry *ret_entry, struct error *error)
{
    char key[LINE_KEY_SIZE];
    int size = snprintf(key, sizeof key, "%u/%.*s/%.*s", currency.size, (int)currency.size,
                        currency.data, (int)seller_id.size, seller_id.data);
    must(size > 0 && size < LINE_KEY_SIZE); /* the decoder has a limit for ids */
    struct money_row *row = lookup_put(report->rows, (struct text){key, (uint32_t)size});
    struct money_row *total = lookup_put(report->totals, currency);
    if (!row || !total) {
        return full(error);
    }
    row->seller_id = seller_id;
    row->currency = currency;
    total->currency = currency;
    *ret_entry = (struct entry){.row = row, .total = total};
    return OK;
}

static void add(struct entry *entry, enum money_column column, int64_t minor)
{
    struct money_sum *sum = &entry->row->sums[column];
    struct money_sum *total = &entry->total->sums[column];
    sum->count++;
    total->count++;
    entry->too_large = entry->too_large || __builtin_add_overflow(sum->minor, minor, &sum->minor) ||
                       __builtin_add_overflow(total->minor, minor, &total->minor);
}

static enum status finish(const struct entry *entry, struct error *error)
{
    return entry->too_large ? error_set(error, FATAL, "the amounts in %.*s are too large to add up",
                                        (int)entry->row->currency.size, entry->row->currency.data)
                            : OK;
}

static enum line_state state_of(const struct money_report *report,
                                const struct ledger_refund *refund)
{
    const struct case_line_row *line =
        case_lines_find(&report->lines, refund->order_id, refund->line_no);
    return line ? line->state : LINE_UNKNOWN;
}

static enum status add_refund(struct money_report *report, const struct ledger_refund *refund,
                              int64_t now_ms, struct error *error)
{
    struct entry entry;
    enum status status = entry_of(report, refund->seller_id, refund->currency, &entry, error);
    if (status != OK) {
        return status;
    }
    add(&entry, MONEY_REQUESTED, refund->amount_minor);
    switch (ledger_outcome(refund, state_of(report, refund))) {
    case REFUND_HAS_SUCCEEDED:
        add(&entry, MONEY_SUCCEEDED, refund->amount_minor);
        break;
    case REFUND_HAS_FAILED:
        add(&entry, MONEY_FAILED, refund->amount_minor);
        break;
    case REFUND_IS_OUTSTANDING:
        add(&entry, MONEY_OUTSTANDING, refund->amount_minor);
        break;
    }
    if (ledger_is_overdue(refund, now_ms)) {
        add(&entry, MONEY_OVERDUE, refund->amount_minor);
    }
    if (ledger_was_late(refund)) {
        add(&entry, MONEY_LATE, refund->amount_minor);
    }
    report->changed += refund->changed;
    report->twice += refund->twice;
    return finish(&entry, error);
}

static enum status add_owed(struct money_report *report, const struct owed *owed,
                            struct error *error)
{
    struct entry entry;
    enum status status = entry_of(report, owed->seller_id, owed->currency, &entry, error);
    if (status != OK) {
        return status;
    }
    switch (owed->kind) {
    case COMPENSATION_PENALTY:
        add(&entry, MONEY_PENALTY, owed->amount_minor);
        break;
    case COMPENSATION_GOODWILL:
        add(&entry, MONEY_GOODWILL, owed->amount_minor);
        break;
    case COMPENSATION_RULING:
    case COMPENSATION_UNKNOWN:
        add(&entry, MONEY_RULED, owed->amount_minor);
        break;
    }
    add(&entry, owed->payer == PAYER_PLATFORM ? MONEY_BY_PLATFORM : MONEY_BY_SELLER,
        owed->amount_minor);
    return finish(&entry, error);
}

enum status money_report_make(struct money_report *report, const struct span *span, int64_t now_ms,
                              struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; i < ledger_count(&report->refunds) && status == OK; i++) {
        const struct ledger_refund *refund = ledger_at(&report->refunds, i);
        if (span_holds(span, refund->asked_at_ms)) {
            status = add_refund(report, refund, now_ms, error);
        }
    }
    for (size_t i = 0; i < lookup_count(report->compensations) && status == OK; i++) {
        const struct owed *owed = lookup_at(report->compensations, i, NULL);
        if (span_holds(span, owed->at_ms)) {
            status = add_owed(report, owed, error);
        }
    }
    return status;
}

static int compare_rows(const void *a, const void *b)
{
    const struct money_row *left = *(const struct money_row *const *)a;
    const struct money_row *right = *(const struct money_row *const *)b;
    int order = text_compare(left->seller_id, right->seller_id);
    return order ? order : text_compare(left->currency, right->currency);
}

const struct money_row **money_rows_sort(const struct lookup *rows)
{
    size_t count = lookup_count(rows);
    const struct money_row **sorted = calloc(count + 1, sizeof *sorted);
    if (sorted) {
        for (size_t i = 0; i < count; i++) {
            sorted[i] = lookup_at(rows, i, NULL);
        }
        qsort(sorted, count, sizeof *sorted, compare_rows);
    }
    return sorted;
}

bool money_row_adds_up(const struct money_row *row)
{
    const struct money_sum *sums = row->sums;
    return sums[MONEY_REQUESTED].count == sums[MONEY_SUCCEEDED].count + sums[MONEY_FAILED].count +
                                              sums[MONEY_OUTSTANDING].count &&
           sums[MONEY_REQUESTED].minor == sums[MONEY_SUCCEEDED].minor + sums[MONEY_FAILED].minor +
                                              sums[MONEY_OUTSTANDING].minor;
}

bool money_report_adds_up(const struct money_report *report)
{
    bool whole = report->changed == 0 && report->twice == 0;
    for (size_t i = 0; i < lookup_count(report->rows) && whole; i++) {
        whole = money_row_adds_up(lookup_at(report->rows, i, NULL));
    }
    for (size_t i = 0; i < lookup_count(report->totals) && whole; i++) {
        whole = money_row_adds_up(lookup_at(report->totals, i, NULL));
    }
    return whole;
}
