/* shortfall summary: what came of everything, by a full read of the topics. */
#include <inttypes.h>
#include <stdio.h>

#include "shortfall/command.h"
#include "shortfall/dlq_choice.h"
#include "shortfall/scan.h"
#include "shortfall/summary.h"

#define SUMMARY_ARENA_LIMIT ((size_t)4 << 30)

struct reading {
    struct call *call;
    struct summary summary;
    struct arena *arena; /* owned; the summary's */
};

/* A letter's record counts where it can be read after all: its lines are those that are dead. */
static enum status take_letter(struct reading *reading, const struct message *message,
                               struct error *error)
{
    enum topic origin = dlq_origin(message->topic);
    struct letter letter = letter_of(message);
    const void *record = NULL;
    struct error ignored;
    if (call_decode(reading->call, topic_info(origin)->type, message->value, &record, &ignored) !=
        OK) {
        record = NULL;
    }
    return summary_take_letter(&reading->summary, origin, &letter, record, error);
}

static enum status take_choice(struct reading *reading, const struct case_event *event,
                               struct error *error)
{
    const void *decision;
    if (event->verdict != VERDICT_APPLIED ||
        !text_equal(event->fact_topic, text_of(topic_info(TOPIC_BUYER_DECISION)->name))) {
        return OK;
    }
    enum status status =
        call_decode(reading->call, &type_buyer_decision, event->fact, &decision, error);
    if (status == OK) {
        summary_take_choice(&reading->summary, decision);
    }
    return status;
}

static enum status take_record(struct reading *reading, const struct message *message,
                               struct error *error)
{
    const void *record;
    const struct record_type *type = topic_info(message->topic)->type;
    enum status status = call_decode(reading->call, type, message->value, &record, error);
    if (status == POISON && topic_info(message->topic)->input) {
        return OK; /* it is, or will be, a dead letter */
    }
    if (status == OK) {
        status = summary_take(&reading->summary, message->topic, record, error);
    }
    if (status == OK && message->topic == TOPIC_CASE_EVENT) {
        status = take_choice(reading, record, error);
    }
    return status;
}

static enum status take(void *context, const struct message *message, struct error *error)
{
    struct reading *reading = context;
    enum status status = OK;
    if (message->topic >= TOPIC_ORDER_PAID_DLQ) {
        status = take_letter(reading, message, error);
    } else if (text_is_set(message->value)) {
        status = take_record(reading, message, error);
    }
    arena_reset(reading->call->arena);
    return status == OK
               ? OK
               : error_prefix(error, status, "%s, partition %" PRId32 ", offset %" PRId64 ": ",
                              topic_info(message->topic)->name, message->partition,
                              message->offset);
}

static int run(struct call *call)
{
    struct reading reading = {.call = call};
    struct buffer out = {0};
    struct error error;
    bool adds_up = false;
    reading.arena = arena_new(SUMMARY_ARENA_LIMIT);
    enum status status = reading.arena ? summary_init(&reading.summary, reading.arena, &error)
                                       : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = call_open(call, &error);
    }
    if (status == OK) {
        status = scan(call->reader, summary_topics, summary_topic_count, (struct text){0}, take,
                      &reading, &error);
    }
    if (status == OK) {
        adds_up = summary_write(&reading.summary, &out);
        if (out.failed || fwrite(out.data, 1, out.size, stdout) != out.size) {
            status = error_set(&error, FATAL, "can't write the summary");
        }
    }
    buffer_done(&out);
    summary_done(&reading.summary);
    arena_free(reading.arena);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    return adds_up ? EXIT_DONE : EXIT_NOT_SO;
}

static const struct settings_flag flags[] = {{0}};

const struct command command_summary = {
    .name = "summary",
    .arguments = "",
    .summary = "Sums up what came of all orders, and checks that it adds up; exit 1 if not",
    .flags = flags,
    .run = run,
};
