/* shortfall report money: what was refunded and what is owed, for each seller and currency. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "shortfall/command.h"
#include "shortfall/money_report.h"
#include "shortfall/records.h"

#define REPORT_ARENA_LIMIT ((size_t)4 << 30)

static enum status take(void *context, const struct message *message, const void *record,
                        struct error *error)
{
    return money_report_take(context, message->topic, record, error);
}

static bool print_row(const struct money_row *row, int64_t now_ms)
{
    json_t *json = json_pack("{s:s%, s:s%, s:I}", "seller_id", row->seller_id.data,
                             (size_t)row->seller_id.size, "currency", row->currency.data,
                             (size_t)row->currency.size, "as_of", (json_int_t)now_ms);
    bool written = json;
    for (enum money_column column = 0; column < MONEY_COLUMN_COUNT && written; column++) {
        const struct money_sum *sum = &row->sums[column];
        written = json_object_set_new(json, money_column_name(column),
                                      json_pack("{s:I, s:I}", "count", (json_int_t)sum->count,
                                                "minor", (json_int_t)sum->minor)) == 0;
    }
    written = written && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return written;
}

static enum status print_json(const struct money_report *report, int64_t now_ms,
                              struct error *error)
{
    const struct money_row **rows = money_rows_sort(report->rows);
    bool written = rows;
    for (size_t i = 0; i < lookup_count(report->rows) && written; i++) {
        written = print_row(rows[i], now_ms);
    }
    free(rows);
    return written ? OK : error_set(error, FATAL, "can't write the report as JSON");
}

static enum status print_text(const struct money_report *report, const struct span *span,
                              int64_t now_ms, struct error *error)
{
    struct buffer out = {0};
    money_report_write(report, span, now_ms, &out);
    bool written = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    buffer_done(&out);
    return written ? OK : error_set(error, FATAL, "can't write the report");
}

static enum status make(struct call *call, struct money_report *report, const struct span *span,
                        struct error *error)
{
    enum status status = call_open(call, error);
    if (status == OK) {
        status =
            records_scan(call, money_report_topics, money_report_topic_count, take, report, error);
    }
    if (status != OK) {
        return status;
    }
    int64_t now_ms = call_now_ms(call, report->latest_ms);
    status = money_report_make(report, span, now_ms, error);
    if (status != OK) {
        return status;
    }
    return call_flag(call, "json") ? print_json(report, now_ms, error)
                                   : print_text(report, span, now_ms, error);
}

static int run(struct call *call)
{
    struct span span;
    struct money_report report = {0};
    struct error error;
    if (!span_of_call(call, &span)) {
        return EXIT_MISUSE;
    }
    struct arena *arena = arena_new(REPORT_ARENA_LIMIT);
    enum status status = arena ? money_report_init(&report, arena, &error)
                               : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = make(call, &report, &span, &error);
    }
    bool adds_up = status == OK && money_report_adds_up(&report);
    money_report_done(&report);
    arena_free(arena);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    return adds_up ? EXIT_DONE : EXIT_NOT_SO;
}

static const struct settings_flag flags[] = {
    {"from", "DATE", "only refunds first asked for, and compensations given, from then on"},
    {"to", "DATE", "only those before it: the first day that is left out"},
    {"json", NULL, "one JSON object for each seller and currency, in minor units"},
    {0},
};

const struct command command_report_money = {
    .name = "report money",
    .arguments = "",
    .summary = "Sums up refunds and compensations, and checks that it adds up; exit 1 if not",
    .flags = flags,
    .run = run,
};
