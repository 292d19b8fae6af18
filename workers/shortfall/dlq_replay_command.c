/* shortfall dlq replay: gives dead letters back to the topic they came from, once what was wrong
 * with them has been put right.
 *
 * Key, bytes and the record's own headers are the original ones, so it keeps its identity (ce_id)
 * and whoever has taken it meanwhile drops it. The letter stays where it is: its topic can only be
 * emptied by time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kit/headers.h"
#include "kit/producer.h"
#include "shortfall/dlq_choice.h"
#include "shortfall/phrase.h"
#include "shortfall/scan.h"

enum { FLUSH_WAIT_MS = 30000, FULL_WAIT_MS = 1000 };

struct replay {
    struct dlq_choice choice;
    struct producer *producer; /* owned */
    size_t sent;
};

/* The record's own headers, and how often it has been tried with this one. */
static enum status copy_headers(const struct message *message, struct text attempt,
                                struct outgoing *item, struct error *error)
{
    const char *name;
    struct text value;
    for (size_t i = 0; message_header(message, i, &name, &value); i++) {
        if (letter_is_own_header(name) || strcmp(name, LETTER_ATTEMPT_HEADER) == 0) {
            continue;
        }
        if (item->header_count == OUTGOING_HEADERS_MAX - 1) {
            return error_set(error, POISON,
                             "%s, partition %" PRId32 ", offset %" PRId64
                             ": more than %d headers can't be kept; nothing more was sent",
                             topic_info(message->topic)->name, message->partition, message->offset,
                             OUTGOING_HEADERS_MAX - 1);
        }
        item->headers[item->header_count++] = (struct header){name, value};
    }
    item->headers[item->header_count++] = (struct header){LETTER_ATTEMPT_HEADER, attempt};
    return OK;
}

static enum status send_again(struct replay *replay, const struct outgoing *item,
                              struct error *error)
{
    enum status status = producer_send(replay->producer, item, error);
    while (status == RETRY) {
        status = producer_flush(replay->producer, FULL_WAIT_MS, error);
        status = status == OK ? producer_send(replay->producer, item, error) : status;
        if (status == RETRY) {
            return status; /* not even a flush made room: Kafka is away */
        }
    }
    return status;
}

static enum status replay_letter(void *context, const struct message *message, struct error *error)
{
    struct replay *replay = context;
    struct letter letter = letter_of(message);
    if (!dlq_choice_has(&replay->choice, message, &letter)) {
        return OK;
    }
    char attempt[24];
    int size = snprintf(attempt, sizeof attempt, "%" PRId64, letter.attempt + 1);
    struct outgoing item = {
        .topic = dlq_origin(message->topic),
        .partition = text_is_set(message->key) ? -1 : letter.partition,
        .key = message->key,
        .value = message->value,
    };
    enum status status =
        copy_headers(message, (struct text){attempt, (uint32_t)size}, &item, error);
    if (status == OK) {
        status = send_again(replay, &item, error);
    }
    if (status == OK) {
        replay->sent++;
        (void)printf("%s, partition %" PRId32 ", offset %" PRId64 " (%.*s) -> %s, attempt %s\n",
                     topic_info(message->topic)->name, message->partition, message->offset,
                     PHRASE_TEXT(letter.reason), topic_info(item.topic)->name, attempt);
    }
    return status;
}

static int run(struct call *call)
{
    struct replay replay = {0};
    struct error error;
    bool all = call_flag(call, "all");
    if (!dlq_choice_read(call, &replay.choice)) {
        return EXIT_MISUSE;
    }
    if (replay.choice.topic_count != 1 || all == (replay.choice.offset >= 0)) {
        return call_misused(call, "say which: --topic TOPIC and either --offset N or --all");
    }
    enum status status = call_open(call, &error);
    if (status == OK) {
        status = producer_new(call->settings, NULL, &replay.producer, &error);
    }
    if (status == OK) {
        status = scan(call->reader, replay.choice.topics, 1, (struct text){0}, replay_letter,
                      &replay, &error);
    }
    if (status == OK) {
        status = producer_flush(replay.producer, FLUSH_WAIT_MS, &error);
    }
    producer_free(replay.producer);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    (void)printf("%zu written to %s\n", replay.sent,
                 topic_info(dlq_origin(replay.choice.topics[0]))->name);
    return replay.sent > 0 ? EXIT_DONE : EXIT_NOT_SO;
}

static const struct settings_flag flags[] = {
    {"topic", "TOPIC", "the topic, by its own name or that of its dead letters"},
    {"partition", "N", "only of this partition"},
    {"offset", "N", "the one at this offset of the dead letters"},
    {"all", NULL, "all of the topic"},
    {"reason", "REASON", "only those given up for this reason, as CONFLICT"},
    {0},
};

const struct command command_dlq_replay = {
    .name = "dlq replay",
    .arguments = "",
    .summary = "Writes dead letters back to where they came from, to be tried again",
    .flags = flags,
    .run = run,
};
