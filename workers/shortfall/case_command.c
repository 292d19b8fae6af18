/* shortfall case ORDER: everything that happened to an order, in plain words, and how it stands. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "kit/record_json.h"
#include "kit/traceparent.h"
#include "shortfall/case_costs.h"
#include "shortfall/case_lines.h"
#include "shortfall/command.h"
#include "shortfall/evidence.h"
#include "shortfall/letter.h"
#include "shortfall/phrase.h"
#include "shortfall/scan.h"
#include "shortfall/timeline.h"

#define ORDER_ARENA_LIMIT ((size_t)1 << 30)

enum { LANGUAGES_MAX = 8, EVIDENCE_LIMIT = 256 << 20 };

/* In the order in which facts pass through them. */
static const enum topic topics[] = {
    TOPIC_ORDER_PAID,
    TOPIC_ORDER_CLOSED,
    TOPIC_BUYER_DECISION,
    TOPIC_SELLER_RESPONSE,
    TOPIC_PLATFORM_RULING,
    TOPIC_REFUND_RESULT,
    TOPIC_ORDER_PAID_DLQ,
    TOPIC_ORDER_CLOSED_DLQ,
    TOPIC_BUYER_DECISION_DLQ,
    TOPIC_SELLER_RESPONSE_DLQ,
    TOPIC_PLATFORM_RULING_DLQ,
    TOPIC_REFUND_RESULT_DLQ,
    TOPIC_SHORTAGE,
    TOPIC_SHORTAGE_DLQ,
    TOPIC_CASE_EVENT,
    TOPIC_FULFILMENT_PLAN,
    TOPIC_REFUND_REQUEST,
    TOPIC_COMPENSATION,
    TOPIC_NOTIFICATION,
};

struct order {
    struct call *call; /* its arena holds everything of the order */
    struct timeline timeline;
    struct case_lines lines;
    struct policy_set *policies; /* owned; NULL: they can't be had */
    struct trace trace;          /* none: its producer gave none */
    struct text why_no_costs;    /* data NULL: every notice has its costs */
};

/* Words for what can't be read: a dead letter, or bytes that are no record. */
static struct text letter_words(const struct order *order, const struct message *message,
                                const struct error *why)
{
    struct buffer out = {0};
    const struct language *language = order->timeline.language;
    if (topic_info(message->topic)->type) {
        language->unreadable(&out, text_of(topic_info(message->topic)->name), why->text);
    } else {
        struct letter letter = letter_of(message);
        language->letter(&out, &letter);
    }
    struct text words =
        arena_text(order->call->arena, (struct text){(const char *)out.data, (uint32_t)out.size});
    buffer_done(&out);
    return words;
}

/* The trace that the case goes by; where there is no case, that of the paid order. People's answers
 * may have traces of their own, which are not the order's. */
static void take_trace(struct order *order, const struct message *message)
{
    if (message->topic == TOPIC_ORDER_PAID || message->topic == TOPIC_SHORTAGE ||
        message->topic == TOPIC_CASE_EVENT) {
        struct trace trace = traceparent_of_message(message);
        order->trace = trace_is_set(&trace) ? trace : order->trace;
    }
}

static enum status take(void *context, const struct message *message, struct error *error)
{
    struct order *order = context;
    struct arena *arena = order->call->arena;
    const struct record_type *type = topic_info(message->topic)->type;
    struct timeline_entry entry = {
        .topic = message->topic,
        .partition = message->partition,
        .offset = message->offset,
        .at_ms = message->timestamp_ms,
        .bytes = arena_text(arena, message->value), /* the record's texts point into it */
    };
    struct error why;
    take_trace(order, message);
    if (type && call_decode(order->call, type, entry.bytes, &entry.record, &why) == OK) {
        entry.at_ms = timeline_record_ms(message->topic, entry.record);
    } else {
        entry.record = NULL;
        entry.words = letter_words(order, message, &why);
    }
    enum status status = timeline_add(&order->timeline, &entry, error);
    if (status == OK && entry.record) {
        status = case_lines_take(&order->lines, message->topic, entry.record, error);
    }
    return status;
}

/* How the lines of the case stand. */
static void write_lines(const struct order *order, struct buffer *out)
{
    const struct language *language = order->timeline.language;
    size_t count = case_lines_count(&order->lines);
    phrase(out, "\n%s\n", count > 0 ? language->now : language->never_short);
    for (size_t i = 0; i < count; i++) {
        const struct case_line_row *row = case_lines_at(&order->lines, i);
        struct optional_long deadline_ms = case_line_deadline(row);
        phrase(out, "  ");
        language->line(out, row->line_no);
        phrase(out, ", %.*s: %s, %s", PHRASE_TEXT(row->sku), line_state_name(row->state),
               language->line_state(row->state));
        if (deadline_ms.set) {
            phrase(out, "%s", language->until);
            phrase_time(out, deadline_ms.value);
        }
        phrase(out, "\n");
    }
}

/* Writes all at once: to a file, or NULL to standard output. */
static enum status write_out(const struct buffer *out, const char *path, struct error *error)
{
    if (out->failed) {
        return error_set(error, FATAL, "out of memory");
    }
    FILE *file = path ? fopen(path, "wb") : stdout;
    if (!file) {
        return error_set(error, POISON, "can't open %s: %s", path, strerror(errno));
    }
    bool whole = fwrite(out->data, 1, out->size, file) == out->size;
    whole = (path ? fclose(file) : fflush(file)) == 0 && whole;
    return whole ? OK
                 : error_set(error, FATAL, "can't write %s: %s", path ? path : "standard output",
                             strerror(errno));
}

static enum status print_words(const struct order *order, const char *order_id, struct error *error)
{
    struct buffer out = {0};
    const struct language *language = order->timeline.language;
    phrase(&out, "%s%s\n", language->order, order_id);
    if (trace_is_set(&order->trace)) {
        char trace_id[TRACE_ID_TEXT_SIZE];
        trace_id_text(&order->trace, trace_id);
        phrase(&out, "%s%s\n", language->trace, trace_id);
    }
    phrase(&out, "\n");
    timeline_write(&order->timeline, &out);
    write_lines(order, &out);
    if (text_is_set(order->why_no_costs)) {
        phrase(&out, "\n%s%.*s\n", language->costs_unknown, PHRASE_TEXT(order->why_no_costs));
    }
    enum status status = write_out(&out, NULL, error);
    buffer_done(&out);
    return status;
}

static enum status print_evidence(const struct order *order, const char *order_id, const char *path,
                                  struct error *error)
{
    struct buffer out = {.limit = EVIDENCE_LIMIT};
    const struct evidence evidence = {
        .order_id = order_id,
        .timeline = &order->timeline,
        .lines = &order->lines,
        .policies = order->policies,
        .why_no_costs = order->why_no_costs,
    };
    evidence_write(&evidence, &out);
    enum status status = write_out(&out, path, error);
    buffer_done(&out);
    return status;
}

static json_t *cost_json(const struct choice_cost *cost)
{
    bool waits = cost->choice == CHOICE_WAIT;
    json_t *json = json_pack(
        "{s:i, s:s, s:s%, s:I, s:I, s:I, s:o*, s:o*}", "line_no", (int)cost->line_no, "choice",
        symbol_of(&type_buyer_decision, "choice", cost->choice), "sku",
        cost->sku.size ? cost->sku.data : "", (size_t)cost->sku.size, "refund_minor",
        (json_int_t)cost->outcome.refund_minor, "penalty_minor",
        (json_int_t)cost->outcome.penalty_minor, "absorbed_minor",
        (json_int_t)cost->outcome.absorbed_minor, "at_worst_refund_minor",
        waits ? json_integer(cost->at_worst.refund_minor) : NULL, "at_worst_penalty_minor",
        waits ? json_integer(cost->at_worst.penalty_minor) : NULL);
    return json;
}

/* NULL where the entry has none. */
static json_t *costs_json(const struct timeline_entry *entry)
{
    json_t *json = entry->cost_count > 0 ? json_array() : NULL;
    for (uint32_t i = 0; i < entry->cost_count && json; i++) {
        if (json_array_append_new(json, cost_json(&entry->costs[i]))) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

static json_t *entry_json(const struct order *order, const struct timeline_entry *entry)
{
    struct buffer out = {0};
    timeline_words(&order->timeline, entry, &out);
    json_t *json = json_pack(
        "{s:I, s:s, s:i, s:I, s:i, s:s%, s:o*, s:o*}", "at", (json_int_t)entry->at_ms, "topic",
        topic_info(entry->topic)->name, "partition", (int)entry->partition, "offset",
        (json_int_t)entry->offset, "times", (int)entry->times, "words",
        out.size ? (const char *)out.data : "", out.size, "record",
        entry->record ? record_to_json(topic_info(entry->topic)->type, entry->record) : NULL,
        "costs", costs_json(entry));
    buffer_done(&out);
    return json;
}

static json_t *line_json(const struct case_line_row *row)
{
    struct optional_long deadline_ms = case_line_deadline(row);
    return json_pack("{s:i, s:s%, s:s, s:o*}", "line_no", (int)row->line_no, "sku",
                     row->sku.size ? row->sku.data : "", (size_t)row->sku.size, "state",
                     line_state_name(row->state), "deadline",
                     deadline_ms.set ? json_integer(deadline_ms.value) : NULL);
}

static enum status print_json(const struct order *order, const char *order_id, struct error *error)
{
    json_t *timeline = json_array();
    json_t *lines = json_array();
    bool whole = timeline && lines;
    for (size_t i = 0; i < order->timeline.count && whole; i++) {
        whole = !json_array_append_new(timeline, entry_json(order, &order->timeline.entries[i]));
    }
    for (size_t i = 0; i < case_lines_count(&order->lines) && whole; i++) {
        whole = !json_array_append_new(lines, line_json(case_lines_at(&order->lines, i)));
    }
    char trace_id[TRACE_ID_TEXT_SIZE];
    trace_id_text(&order->trace, trace_id);
    json_t *json = json_pack("{s:s, s:s*, s:o, s:o}", "order_id", order_id, "trace_id",
                             trace_is_set(&order->trace) ? trace_id : NULL, "timeline", timeline,
                             "lines", lines);
    whole = whole && json && !json_dumpf(json, stdout, JSON_INDENT(1)) && putchar('\n') != EOF;
    json_decref(json);
    return whole ? OK : error_set(error, FATAL, "can't write order %s as JSON", order_id);
}

/* The policies are asked for only to tell what choices cost: without them all else is told. */
static enum status add_costs(struct order *order, struct error *error)
{
    const struct settings *settings = order->call->settings;
    struct error why;
    enum status status = settings_require(settings, "policy.dir", &why);
    if (status == OK) {
        status = policy_set_load(settings_text(settings, "policy.dir"),
                                 settings_text(settings, "policy.default"), &order->policies, &why);
    }
    if (status != OK) {
        order->why_no_costs = arena_format(order->call->arena, "%s.", why.text);
        return OK;
    }
    return case_costs_add(&order->timeline, order->call->codec, order->policies,
                          &order->why_no_costs, error);
}

static enum status look(struct order *order, const char *order_id, const struct language *language,
                        struct error *error)
{
    struct call *call = order->call;
    timeline_init(&order->timeline, NULL, language);
    enum status status = call_open(call, error);
    if (status != OK) {
        return status;
    }
    arena_free(call->arena); /* it is for one record; here all of an order's must live */
    call->arena = arena_new(ORDER_ARENA_LIMIT);
    if (!call->arena) {
        return error_set(error, FATAL, "out of memory");
    }
    order->timeline.arena = call->arena;
    status = case_lines_init(&order->lines, call->arena, error);
    if (status == OK) {
        status = scan(call->reader, topics, sizeof topics / sizeof *topics, text_of(order_id), take,
                      order, error);
    }
    if (status == OK) {
        status = add_costs(order, error);
    }
    if (!case_costs_are_missing(&order->timeline)) {
        order->why_no_costs = (struct text){0};
    }
    timeline_sort(&order->timeline);
    return status;
}

/* The language that was asked for; NULL: there is none of that name, which has been said. */
static const struct language *asked_language(const struct call *call)
{
    const char *tag = call_flag(call, "lang");
    const struct language *language = language_find(tag ? tag : language_en.tag);
    if (!language) {
        const char *tags[LANGUAGES_MAX];
        size_t count = 0;
        while (count < LANGUAGES_MAX && language_tag(count)) {
            tags[count] = language_tag(count);
            count++;
        }
        (void)call_misused_name(call, "language", tag, tags, count);
    }
    return language;
}

static enum status print(const struct order *order, const char *order_id, struct error *error)
{
    const struct call *call = order->call;
    if (call_flag(call, "evidence")) {
        return print_evidence(order, order_id, call_flag(call, "out"), error);
    }
    return call_flag(call, "json") ? print_json(order, order_id, error)
                                   : print_words(order, order_id, error);
}

static int run(struct call *call)
{
    struct order order = {.call = call};
    struct error error;
    const char *order_id = call_argument(call, 0);
    const struct language *language = asked_language(call);
    if (!language) {
        return EXIT_MISUSE;
    }
    if (call_flag(call, "json") && call_flag(call, "evidence")) {
        return call_misused(call, "--evidence is a document of its own: leave out --json");
    }
    if (call_flag(call, "out") && !call_flag(call, "evidence")) {
        return call_misused(call, "--out is for --evidence; all else goes to standard output");
    }
    enum status status = look(&order, order_id, language, &error);
    int exit_status = EXIT_DONE;
    if (status == OK && order.timeline.count == 0) {
        (void)fprintf(stderr, "shortfall case: no record of order '%s' is in the topics\n",
                      order_id);
        exit_status = EXIT_NOT_SO;
    } else if (status == OK) {
        status = print(&order, order_id, &error);
    }
    timeline_done(&order.timeline);
    case_lines_done(&order.lines);
    policy_set_free(order.policies);
    return status == OK ? exit_status : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"lang", "LANGUAGE", "en (default) or zh-CN"},
    {"evidence", NULL, "one document for the platform, with the records as its proof"},
    {"out", "FILE", "where the document goes; without it, to standard output"},
    {"json", NULL, "as one JSON object, with the records themselves"},
    {0},
};

const struct command command_case = {
    .name = "case",
    .arguments = "ORDER",
    .argument_count = 1,
    .summary = "Tells what happened to an order, in plain words, and how it stands",
    .flags = flags,
    .run = run,
};
