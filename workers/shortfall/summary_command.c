/* shortfall summary: what came of everything, by a full read of the topics. */
#include <stdio.h>

#include "shortfall/command.h"
#include "shortfall/dlq_choice.h"
#include "shortfall/records.h"
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
    enum topic topic;
    const void *fact;
    if (event->verdict != VERDICT_APPLIED ||
        !text_equal(event->fact_topic, text_of(topic_info(TOPIC_BUYER_DECISION)->name))) {
        return OK;
    }
    enum status status = records_fact(reading->call, event, &topic, &fact, error);
    if (status == OK && topic == TOPIC_BUYER_DECISION) {
        summary_take_choice(&reading->summary, fact);
    }
    return status;
}

static enum status take(void *context, const struct message *message, const void *record,
                        struct error *error)
{
    struct reading *reading = context;
    if (!record) {
        return take_letter(reading, message, error);
    }
    enum status status = summary_take(&reading->summary, message->topic, record, error);
    if (status == OK && message->topic == TOPIC_CASE_EVENT) {
        status = take_choice(reading, record, error);
    }
    return status;
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
        status = records_scan(call, summary_topics, summary_topic_count, take, &reading, &error);
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
