/* shortfall case ORDER: everything that happened to an order, in plain words, and how it stands. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "kit/record_json.h"
#include "shortfall/case_lines.h"
#include "shortfall/command.h"
#include "shortfall/letter.h"
#include "shortfall/phrase.h"
#include "shortfall/scan.h"
#include "shortfall/timeline.h"
#include "shortfall/words.h"

#define ORDER_ARENA_LIMIT ((size_t)1 << 30)

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
};

/* Words for what can't be read: a dead letter, or bytes that are no record. */
static struct text letter_words(struct arena *arena, const struct message *message,
                                const struct error *error)
{
    if (topic_info(message->topic)->type) {
        return arena_format(arena, "A record of %s can't be read: %s.",
                            topic_info(message->topic)->name, error->text);
    }
    struct letter letter = letter_of(message);
    return arena_format(arena, "A record of %.*s was given up by the %.*s: %.*s, %.*s.",
                        PHRASE_TEXT(letter.topic), PHRASE_TEXT(letter.stage),
                        PHRASE_TEXT(letter.reason), PHRASE_TEXT(letter.words));
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
    if (type && call_decode(order->call, type, entry.bytes, &entry.record, &why) == OK) {
        entry.at_ms = timeline_record_ms(message->topic, entry.record);
    } else {
        entry.record = NULL;
        entry.words = letter_words(arena, message, &why);
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
    size_t count = case_lines_count(&order->lines);
    phrase(out, count > 0 ? "\nNow\n" : "\nNothing of this order was ever short.\n");
    for (size_t i = 0; i < count; i++) {
        const struct case_line_row *row = case_lines_at(&order->lines, i);
        struct optional_long deadline_ms = case_line_deadline(row);
        phrase(out, "  line %d, %.*s: %s, %s", row->line_no, PHRASE_TEXT(row->sku),
               line_state_name(row->state), words_line_state(row->state));
        if (deadline_ms.set) {
            phrase(out, ", until ");
            phrase_time(out, deadline_ms.value);
        }
        phrase(out, "\n");
    }
}

static enum status print_words(const struct order *order, const char *order_id, struct error *error)
{
    struct buffer out = {0};
    phrase(&out, "Order %s\n\n", order_id);
    timeline_write(&order->timeline, &out);
    write_lines(order, &out);
    bool whole = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    buffer_done(&out);
    return whole ? OK : error_set(error, FATAL, "can't write the words of order %s", order_id);
}

static json_t *entry_json(const struct order *order, const struct timeline_entry *entry)
{
    struct buffer out = {0};
    timeline_words(&order->timeline, entry, &out);
    json_t *json = json_pack(
        "{s:I, s:s, s:i, s:I, s:i, s:s%, s:o*}", "at", (json_int_t)entry->at_ms, "topic",
        topic_info(entry->topic)->name, "partition", (int)entry->partition, "offset",
        (json_int_t)entry->offset, "times", (int)entry->times, "words",
        out.size ? (const char *)out.data : "", out.size, "record",
        entry->record ? record_to_json(topic_info(entry->topic)->type, entry->record) : NULL);
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
    json_t *json =
        json_pack("{s:s, s:o, s:o}", "order_id", order_id, "timeline", timeline, "lines", lines);
    whole = whole && json && !json_dumpf(json, stdout, JSON_INDENT(1)) && putchar('\n') != EOF;
    json_decref(json);
    return whole ? OK : error_set(error, FATAL, "can't write order %s as JSON", order_id);
}

static enum status look(struct order *order, const char *order_id, struct error *error)
{
    struct call *call = order->call;
    enum status status = call_open(call, error);
    if (status != OK) {
        return status;
    }
    arena_free(call->arena); /* it is for one record; here all of an order's must live */
    call->arena = arena_new(ORDER_ARENA_LIMIT);
    if (!call->arena) {
        return error_set(error, FATAL, "out of memory");
    }
    timeline_init(&order->timeline, call->arena);
    status = case_lines_init(&order->lines, call->arena, error);
    if (status == OK) {
        status = scan(call->reader, topics, sizeof topics / sizeof *topics, text_of(order_id), take,
                      order, error);
    }
    timeline_sort(&order->timeline);
    return status;
}

static int run(struct call *call)
{
    struct order order = {.call = call};
    struct error error;
    const char *order_id = call_argument(call, 0);
    enum status status = look(&order, order_id, &error);
    int exit_status = EXIT_DONE;
    if (status == OK && order.timeline.count == 0) {
        (void)fprintf(stderr, "shortfall case: no record of order '%s' is in the topics\n",
                      order_id);
        exit_status = EXIT_NOT_SO;
    } else if (status == OK) {
        status = call_flag(call, "json") ? print_json(&order, order_id, &error)
                                         : print_words(&order, order_id, &error);
    }
    timeline_done(&order.timeline);
    case_lines_done(&order.lines);
    return status == OK ? exit_status : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
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
