/* shortfall cases: the lines that could not be filled, one a row, and how they stand. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/clock.h"
#include "kit/money.h"
#include "shortfall/case_lines.h"
#include "shortfall/command.h"
#include "shortfall/phrase.h"
#include "shortfall/records.h"

#define LINES_ARENA_LIMIT ((size_t)2 << 30)

struct cases {
    struct call *call;
    struct case_lines lines;
    bool by_state;
    enum line_state state;
    struct text seller; /* data == NULL: all */
    int64_t older_than_ms;
    bool also_ended;
    int64_t now_ms;
};

static enum status take(void *context, const struct message *message, const void *record,
                        struct error *error)
{
    struct cases *cases = context;
    return case_lines_take(&cases->lines, message->topic, record, error);
}

static bool is_wanted(const struct cases *cases, const struct case_line_row *row)
{
    bool in_state =
        cases->by_state ? row->state == cases->state : cases->also_ended || case_line_is_open(row);
    return in_state && (!text_is_set(cases->seller) || text_equal(row->seller_id, cases->seller)) &&
           cases->now_ms - row->short_at_ms >= cases->older_than_ms;
}

static void print_row(const struct cases *cases, const struct case_line_row *row)
{
    char age[TIME_TEXT_SIZE];
    char paid[MONEY_TEXT_SIZE];
    char deadline[TIME_TEXT_SIZE] = "-";
    struct optional_long deadline_ms = case_line_deadline(row);
    if (deadline_ms.set) {
        (void)time_format(deadline_ms.value, deadline);
    }
    (void)printf("%-20.*s %5" PRId32 "  %-20.*s %-18s %-12.*s %12s %16s  %s\n",
                 PHRASE_TEXT(row->order_id), row->line_no, PHRASE_TEXT(row->sku),
                 line_state_name(row->state), PHRASE_TEXT(row->seller_id),
                 age_text(cases->now_ms - row->short_at_ms, age),
                 money_text(row->paid_minor, row->currency, paid), deadline);
}

static bool print_json(const struct cases *cases, const struct case_line_row *row)
{
    struct optional_long deadline_ms = case_line_deadline(row);
    json_t *json = json_pack(
        "{s:s%, s:i, s:s%, s:I, s:s, s:s%, s:I, s:I, s:I, s:s%, s:o*}", "order_id",
        row->order_id.data, (size_t)row->order_id.size, "line_no", (int)row->line_no, "sku",
        row->sku.size ? row->sku.data : "", (size_t)row->sku.size, "quantity",
        (json_int_t)row->quantity, "state", line_state_name(row->state), "seller_id",
        row->seller_id.size ? row->seller_id.data : "", (size_t)row->seller_id.size, "short_at",
        (json_int_t)row->short_at_ms, "age_ms", (json_int_t)(cases->now_ms - row->short_at_ms),
        "paid_minor", (json_int_t)row->paid_minor, "currency",
        row->currency.size ? row->currency.data : "", (size_t)row->currency.size, "deadline",
        deadline_ms.set ? json_integer(deadline_ms.value) : NULL);
    bool written = json && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return written;
}

/* The oldest first, and an order's lines together. */
static int compare_rows(const void *a, const void *b)
{
    const struct case_line_row *left = *(const struct case_line_row *const *)a;
    const struct case_line_row *right = *(const struct case_line_row *const *)b;
    if (left->short_at_ms != right->short_at_ms) {
        return left->short_at_ms < right->short_at_ms ? -1 : 1;
    }
    int order = text_compare(left->order_id, right->order_id);
    return order ? order : (left->line_no > right->line_no) - (left->line_no < right->line_no);
}

/* All rows in order; the array is the caller's, NULL when there is no memory. */
static const struct case_line_row **sort_rows(const struct case_lines *lines)
{
    size_t count = case_lines_count(lines);
    const struct case_line_row **rows = calloc(count + 1, sizeof *rows);
    if (rows) {
        for (size_t i = 0; i < count; i++) {
            rows[i] = case_lines_at(lines, i);
        }
        qsort(rows, count, sizeof *rows, compare_rows);
    }
    return rows;
}

static void print_head(void)
{
    (void)printf("%-20s %5s  %-20s %-18s %-12s %12s %16s  %s\n", "ORDER", "LINE", "SKU", "STATE",
                 "SELLER", "AGE", "PAID", "NEXT DEADLINE");
}

static enum status print_all(const struct cases *cases, struct error *error)
{
    bool as_json = call_flag(cases->call, "json");
    size_t count = case_lines_count(&cases->lines);
    const struct case_line_row **rows = sort_rows(&cases->lines);
    size_t shown = 0;
    size_t open = 0;
    bool written = rows;
    if (!as_json) {
        print_head();
    }
    for (size_t i = 0; i < count && written; i++) {
        open += case_line_is_open(rows[i]);
        if (!is_wanted(cases, rows[i])) {
            continue;
        }
        shown++;
        if (as_json) {
            written = print_json(cases, rows[i]);
        } else {
            print_row(cases, rows[i]);
        }
    }
    free(rows);
    if (!as_json) {
        (void)printf("%zu shown; %zu open, %zu ended%s\n", shown, open, count - open,
                     cases->also_ended || cases->by_state ? "" : " (--all shows them)");
    }
    return written ? OK : error_set(error, FATAL, "can't write the lines");
}

/* False: it is no state, which has been said. */
static bool state_of(const struct call *call, const char *name, enum line_state *ret_state)
{
    const char *names[LINE_STATE_COUNT];
    for (enum line_state state = 0; state < LINE_STATE_COUNT; state++) {
        names[state] = line_state_name(state);
        if (strcmp(names[state], name) == 0) {
            *ret_state = state;
            return true;
        }
    }
    (void)call_misused_name(call, "state", name, names, LINE_STATE_COUNT);
    return false;
}

static int run(struct call *call)
{
    const char *state = call_flag(call, "state");
    const char *older_than = call_flag(call, "older-than");
    struct cases cases = {
        .call = call,
        .by_state = state,
        .seller = text_of(call_flag(call, "seller")),
        .also_ended = call_flag(call, "all"),
    };
    if (state && !state_of(call, state, &cases.state)) {
        return EXIT_MISUSE;
    }
    if (older_than && !duration_parse(text_of(older_than), &cases.older_than_ms)) {
        return call_misused(call, "--older-than takes a duration as 2d or 90m, not '%s'",
                            older_than);
    }
    struct error error;
    struct arena *arena = arena_new(LINES_ARENA_LIMIT);
    enum status status = arena ? OK : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = case_lines_init(&cases.lines, arena, &error);
    }
    if (status == OK) {
        status = call_open(call, &error);
    }
    if (status == OK) {
        status =
            records_scan(call, case_lines_topics, case_lines_topic_count, take, &cases, &error);
    }
    if (status == OK) {
        cases.now_ms = call_now_ms(call, cases.lines.latest_ms);
        status = print_all(&cases, &error);
    }
    case_lines_done(&cases.lines);
    arena_free(arena);
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"state", "STATE", "only lines in this state, as AWAITING_DECISION"},
    {"seller", "ID", "only lines of this seller"},
    {"older-than", "DURATION", "only lines short for so long, as 2d or 90m"},
    {"all", NULL, "also lines whose case has ended"},
    {"json", NULL, "one JSON object a line"},
    {0},
};

const struct command command_cases = {
    .name = "cases",
    .arguments = "",
    .summary = "Lists the lines that could not be filled, and how they stand",
    .flags = flags,
    .run = run,
};
