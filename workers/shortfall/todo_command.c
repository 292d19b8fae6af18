/* shortfall todo: what a seller or support must do next, the most urgent first. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "kit/money.h"
#include "shortfall/command.h"
#include "shortfall/phrase.h"
#include "shortfall/records.h"
#include "shortfall/todo.h"

#define TODO_ARENA_LIMIT ((size_t)2 << 30)

struct wanted {
    struct text seller; /* data == NULL: all */
    bool support;       /* only what support must do */
    int64_t limit;
};

struct reading {
    struct call *call;
    struct todo todo;
};

static enum status take(void *context, const struct message *message, const void *record,
                        struct error *error)
{
    struct reading *reading = context;
    enum status status = todo_take(&reading->todo, message->topic, record, error);
    if (status != OK || message->topic != TOPIC_CASE_EVENT || !disputes_need(record)) {
        return status;
    }
    const void *fact;
    enum topic topic;
    status = records_fact(reading->call, record, &topic, &fact, error);
    return status == OK && topic != TOPIC_NONE
               ? todo_take_fact(&reading->todo, record, topic, fact, error)
               : status;
}

static bool is_wanted(const struct wanted *wanted, const struct todo_item *item)
{
    if (wanted->support) {
        return todo_who(item->action) == TODO_SUPPORT;
    }
    return !text_is_set(wanted->seller) ||
           (todo_who(item->action) == TODO_SELLER && text_equal(item->seller_id, wanted->seller));
}

static void say_due(struct buffer *out, const struct todo_item *item, int64_t now_ms)
{
    char due[TIME_TEXT_SIZE] = "-";
    char age[TIME_TEXT_SIZE];
    char left[TIME_TEXT_SIZE + 16];
    if (!item->due_ms.set) {
        (void)snprintf(left, sizeof left, "for %s", age_text(now_ms - item->since_ms, age));
    } else if (todo_is_overdue(item, now_ms)) {
        (void)snprintf(left, sizeof left, "OVERDUE %s", age_text(now_ms - item->due_ms.value, age));
    } else {
        (void)snprintf(left, sizeof left, "in %s", age_text(item->due_ms.value - now_ms, age));
    }
    if (item->due_ms.set) {
        (void)time_format(item->due_ms.value, due);
    }
    phrase(out, "%-24s %-20s", due, left);
}

static void say_row(struct buffer *out, const struct todo_item *item, int64_t now_ms)
{
    char line[16] = "-";
    char money[MONEY_TEXT_SIZE];
    if (item->line_no > 0) {
        (void)snprintf(line, sizeof line, "%" PRId32, item->line_no);
    }
    say_due(out, item, now_ms);
    phrase(out, " %-7s %-16s %16s  %-20.*s %5s  %-20.*s %-12.*s\n      ",
           todo_who_name(todo_who(item->action)), todo_action_name(item->action),
           money_text(item->at_risk_minor, item->currency, money), PHRASE_TEXT(item->order_id),
           line, PHRASE_TEXT(item->sku), PHRASE_TEXT(item->seller_id));
    words_todo(out, item);
    phrase(out, "  (");
    words_todo_look(out, item);
    phrase(out, ")\n");
}

static bool print_row(struct buffer *out, const struct todo_item *item, int64_t now_ms)
{
    buffer_clear(out);
    say_row(out, item, now_ms);
    return !out->failed && fwrite(out->data, 1, out->size, stdout) == out->size;
}

static json_t *text_json(struct text text)
{
    return text.size > 0 ? json_stringn(text.data, text.size) : NULL;
}

static bool print_json(struct buffer *out, const struct todo_item *item, int64_t now_ms)
{
    char money[MONEY_TEXT_SIZE];
    buffer_clear(out);
    words_todo(out, item);
    size_t words_size = out->size;
    words_todo_look(out, item);
    if (out->failed) {
        return false;
    }
    const char *words = (const char *)out->data;
    json_t *json = json_pack(
        "{s:s, s:s, s:s%, s:s%, s:i, s:o*, s:o*, s:o*, s:o*, s:I, s:s, s:b, s:I, s:o*, s:s%}",
        "who", todo_who_name(todo_who(item->action)), "action", todo_action_name(item->action),
        "what", words, words_size, "order_id", item->order_id.data, (size_t)item->order_id.size,
        "line_no", (int)item->line_no, "sku", text_json(item->sku), "seller_id",
        text_json(item->seller_id), "due",
        item->due_ms.set ? json_integer(item->due_ms.value) : NULL, "left_ms",
        item->due_ms.set ? json_integer(item->due_ms.value - now_ms) : NULL, "at_risk_minor",
        (json_int_t)item->at_risk_minor, "at_risk",
        money_text(item->at_risk_minor, item->currency, money), "overdue",
        (int)todo_is_overdue(item, now_ms), "since", (json_int_t)item->since_ms, "currency",
        text_json(item->currency), "command", words + words_size, out->size - words_size);
    bool written = json && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return written;
}

static void print_head(void)
{
    (void)printf("%-24s %-20s %-7s %-16s %16s  %-20s %5s  %-20s %s\n", "DUE", "LEFT", "WHO",
                 "ACTION", "AT RISK", "ORDER", "LINE", "SKU", "SELLER");
}

static enum status print_all(const struct call *call, const struct todo *todo,
                             const struct wanted *wanted, int64_t now_ms, struct error *error)
{
    bool as_json = call_flag(call, "json");
    struct buffer out = {0};
    int64_t found = 0;
    int64_t shown = 0;
    int64_t overdue = 0;
    bool written = true;
    if (!as_json) {
        print_head();
    }
    for (size_t i = 0; i < todo->count && written; i++) {
        const struct todo_item *item = &todo->items[i];
        if (!is_wanted(wanted, item)) {
            continue;
        }
        found++;
        overdue += todo_is_overdue(item, now_ms);
        if (shown < wanted->limit) {
            shown++;
            written = as_json ? print_json(&out, item, now_ms) : print_row(&out, item, now_ms);
        }
    }
    if (!as_json) {
        (void)printf("%" PRId64 " shown of %" PRId64 " to do, %" PRId64 " of them overdue\n", shown,
                     found, overdue);
    }
    buffer_done(&out);
    return written ? OK : error_set(error, FATAL, "can't write what is to be done");
}

static int run(struct call *call)
{
    struct reading reading = {.call = call};
    struct wanted wanted = {
        .seller = text_of(call_flag(call, "seller")),
        .support = call_flag(call, "support"),
        .limit = INT64_MAX,
    };
    struct error error;
    if (text_is_set(wanted.seller) && wanted.support) {
        return call_misused(call, "--seller and --support exclude each other: say whose work");
    }
    if (!call_number(call, "limit", 1, INT64_MAX, &wanted.limit)) {
        return EXIT_MISUSE;
    }
    struct arena *arena = arena_new(TODO_ARENA_LIMIT);
    enum status status =
        arena ? todo_init(&reading.todo, arena, &error) : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = call_open(call, &error);
    }
    if (status == OK) {
        status = records_scan(call, todo_topics, todo_topic_count, take, &reading, &error);
    }
    int64_t now_ms = call_now_ms(call, reading.todo.lines.latest_ms);
    if (status == OK) {
        status = todo_make(&reading.todo, now_ms, &error);
    }
    if (status == OK) {
        status = print_all(call, &reading.todo, &wanted, now_ms, &error);
    }
    todo_done(&reading.todo);
    arena_free(arena);
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"seller", "ID", "only what this seller must do"},
    {"support", NULL, "only what support must do"},
    {"limit", "N", "only the first so many"},
    {"json", NULL, "one JSON object for each thing to do"},
    {0},
};

const struct command command_todo = {
    .name = "todo",
    .arguments = "",
    .summary = "Lists what a seller or support must do, by deadline and money at risk",
    .flags = flags,
    .run = run,
};
