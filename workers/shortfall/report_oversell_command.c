/* shortfall report oversell: which skus were sold that were not there, and how late their feed was.
 */
#include <jansson.h>
#include <stdio.h>

#include "core/must.h"
#include "shortfall/command.h"
#include "shortfall/oversell.h"
#include "shortfall/records.h"

#define REPORT_ARENA_LIMIT ((size_t)4 << 30)

/* One after the other, each to the end that it has by then: of the log only those skus are kept
 * that were short, and what is seen to be short was in the log before. */
static const enum topic shortages[] = {TOPIC_SHORTAGE};
static const enum topic stock_log[] = {TOPIC_SKU_EVENT};

static enum status take(void *context, const struct message *message, const void *record,
                        struct error *error)
{
    if (message->topic == TOPIC_SHORTAGE) {
        return oversell_take_shortage(context, record, error);
    }
    must(message->topic == TOPIC_SKU_EVENT);
    return oversell_take_log(context, record, error);
}

static json_t *spread_json(const struct oversell_spread *spread)
{
    return spread->count == 0
               ? NULL
               : json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)spread->count, "half",
                           (json_int_t)spread->half, "high", (json_int_t)spread->high, "most",
                           (json_int_t)spread->most);
}

static bool print_row(const struct oversell_row *row, struct buffer *why)
{
    buffer_clear(why);
    oversell_why(why, row);
    if (why->failed) {
        return false;
    }
    json_t *json = json_pack(
        "{s:s%, s:s%, s:I, s:I, s:I, s:I, s:I, s:o*, s:o*, s:o*, s:I, s:o*, s:s%}", "sku",
        row->sku.data, (size_t)row->sku.size, "seller_id", row->seller_id.data,
        (size_t)row->seller_id.size, "lines", (json_int_t)row->lines, "units",
        (json_int_t)row->units, "oversold", (json_int_t)row->causes[CAUSE_OVERSOLD], "count_fell",
        (json_int_t)row->causes[CAUSE_COUNT_FELL], "reported",
        (json_int_t)row->causes[CAUSE_REPORTED], "delay_ms", spread_json(&row->delay_ms),
        "behind_ms", spread_json(&row->behind_ms), "sold_in_delay", spread_json(&row->sold),
        "safety_stock", (json_int_t)row->safety_stock, "suggested",
        row->advice == OVERSELL_KEEP_BACK ? json_integer(row->sold.high) : NULL, "why",
        (const char *)why->data, why->size);
    bool written = json && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return written;
}

static enum status print(const struct call *call, const struct oversell *oversell,
                         struct error *error)
{
    struct buffer out = {0};
    bool written = true;
    if (call_flag(call, "json")) {
        for (size_t i = 0; i < oversell->row_count && written; i++) {
            written = print_row(&oversell->rows[i], &out);
        }
    } else {
        oversell_write(oversell, &out);
        written = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    }
    buffer_done(&out);
    return written ? OK : error_set(error, FATAL, "can't write the report");
}

static int run(struct call *call)
{
    struct span span;
    struct oversell oversell = {0};
    struct error error;
    if (!span_of_call(call, &span)) {
        return EXIT_MISUSE;
    }
    struct arena *arena = arena_new(REPORT_ARENA_LIMIT);
    enum status status = arena ? oversell_init(&oversell, arena, &span, &error)
                               : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = call_open(call, &error);
    }
    if (status == OK) {
        status = records_scan(call, shortages, 1, take, &oversell, &error);
    }
    if (status == OK) {
        status = records_scan(call, stock_log, 1, take, &oversell, &error);
    }
    if (status == OK) {
        status = oversell_make(&oversell, &error);
    }
    if (status == OK) {
        status = print(call, &oversell, &error);
    }
    oversell_done(&oversell);
    arena_free(arena);
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"from", "DATE", "only lines that became short, and levels counted, from then on"},
    {"to", "DATE", "only those before it: the first day that is left out"},
    {"json", NULL, "one JSON object a sku"},
    {0},
};

const struct command command_report_oversell = {
    .name = "report oversell",
    .arguments = "",
    .summary = "Tells by sku why lines were short, how late its stock feed was, what to keep back",
    .flags = flags,
    .run = run,
};
