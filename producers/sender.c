#include "producers/sender.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/contract.h"
#include "core/must.h"
#include "kit/clock.h"
#include "kit/codec_open.h"
#include "kit/outbox.h"
#include "kit/producer.h"
#include "kit/reader.h"
#include "kit/traceparent.h"

enum {
    OUTBOX_LIMIT = 256 << 20, /* bytes of a batch */
    FLUSH_WAIT_MS = 10000,
    GIVE_UP_AFTER_MS = 60000,
};

struct sender {
    struct codec *codec;
    struct producer *producer; /* NULL in a dry run */
    struct reader *reader;     /* for numbers of partitions; likewise */
    struct outbox outbox;
    enum sender_time time;
    uint32_t fact_count; /* of the batch; a tick is several messages */
    uint64_t sent_count;
    int32_t partition_count[TOPIC_COUNT]; /* 0: not asked yet */
};

enum status sender_codec(const struct settings *settings, struct codec **ret_codec,
                         struct error *error)
{
    /* No fact is broken where the settings are. */
    return codec_open(settings, CODEC_OF_TOOL, ret_codec, error) == OK ? OK : FATAL;
}

/* Which topics facts may be sent to. */
static enum status frame_inputs(struct codec *codec, const struct settings *settings,
                                struct error *error)
{
    enum topic topics[TOPIC_COUNT];
    uint32_t count = 0;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (topic_info(topic)->input) {
            topics[count++] = topic;
        }
    }
    enum status status = codec_frame_topics(codec, settings, topics, count, error);
    return status == POISON ? FATAL : status;
}

enum status sender_new(const struct settings *settings, const char *source, enum sender_time time,
                       bool dry_run, struct sender **ret_sender, struct error *error)
{
    struct sender *sender = calloc(1, sizeof *sender);
    if (!sender) {
        return error_set(error, FATAL, "sender: out of memory");
    }
    sender->time = time;
    enum status status = sender_codec(settings, &sender->codec, error);
    if (status == OK) {
        status = outbox_init(&sender->outbox, sender->codec, source, OUTBOX_LIMIT, error);
    }
    if (status == OK && !dry_run) {
        status = frame_inputs(sender->codec, settings, error);
    }
    if (status == OK && !dry_run) {
        status = producer_new(settings, NULL, &sender->producer, error);
    }
    if (status == OK && !dry_run) {
        status = reader_new(settings, false, &sender->reader, error);
    }
    if (status != OK) {
        sender_free(sender);
        return status;
    }
    *ret_sender = sender;
    return OK;
}

void sender_free(struct sender *sender)
{
    if (!sender) {
        return;
    }
    producer_free(sender->producer);
    reader_free(sender->reader);
    outbox_done(&sender->outbox);
    codec_free(sender->codec);
    free(sender);
}

static enum status count_partitions(struct sender *sender, enum topic topic, int32_t *ret_count,
                                    struct error *error)
{
    if (!sender->reader) { /* a dry run knows no cluster: one partition stands for all */
        *ret_count = 1;
        return OK;
    }
    if (sender->partition_count[topic] == 0) {
        enum status status =
            reader_partition_count(sender->reader, topic, &sender->partition_count[topic], error);
        if (status != OK) {
            return status == POISON ? FATAL : status; /* a missing topic is no fault of a fact */
        }
    }
    *ret_count = sender->partition_count[topic];
    return OK;
}

enum status sender_partition(struct sender *sender, enum topic topic, struct text key,
                             int32_t *ret_partition, struct error *error)
{
    int32_t count;
    enum status status = count_partitions(sender, topic, &count, error);
    if (status == OK) {
        *ret_partition = topic_partition_of(key, count);
    }
    return status;
}

/* As it was given: its parent is the step of the shop's that the order came from, not we. */
static enum status add_traceparent(struct sender *sender, const struct fact *fact,
                                   struct error *error)
{
    if (!text_is_set(fact->traceparent)) {
        return OK;
    }
    struct outgoing *item = &sender->outbox.items[sender->outbox.count - 1];
    struct text value = arena_text(sender->outbox.arena, fact->traceparent);
    if (!text_is_set(value)) {
        return error_set(error, FATAL, "the batch has no room for a header");
    }
    must(item->header_count < OUTGOING_HEADERS_MAX);
    item->headers[item->header_count++] = (struct header){TRACEPARENT_HEADER, value};
    return OK;
}

static enum status add_message(struct sender *sender, const struct fact *fact, int32_t partition,
                               struct error *error)
{
    int64_t now_ms = clock_now_ms();
    int64_t at_ms = fact->at_ms == FACT_TIME_UNKNOWN ? now_ms : fact->at_ms;
    enum status status;
    if (fact->record) {
        char id[IDENTITY_SIZE];
        fact_identity(fact, id);
        status = outbox_add(&sender->outbox, fact->topic, partition, fact->key,
                            topic_info(fact->topic)->type, fact->record, text_of(id), at_ms, error);
        status = status ? status : add_traceparent(sender, fact, error);
    } else {
        status = outbox_add_bytes(&sender->outbox, fact->topic, partition, fact->key,
                                  (struct text){0}, NULL, error);
    }
    if (status == OK && sender->time == SENDER_TIME_OF_FACT && at_ms > now_ms) {
    }
    return status;
}

static enum status add_to_all_partitions(struct sender *sender, const struct fact *fact,
                                         struct error *error)
{
    int32_t count;
    enum status status = count_partitions(sender, fact->topic, &count, error);
    for (int32_t partition = 0; status == OK && partition < count; partition++) {
        status = add_message(sender, fact, partition, error);
    }
    return status;
}

enum status sender_add(struct sender *sender, const struct fact *fact, struct error *error)
{
    if (sender->fact_count >= SENDER_BATCH_MAX) {
        enum status flushed = sender_flush(sender, error);
        if (flushed != OK) {
            return flushed;
        }
    }
    enum status status = text_is_set(fact->key) ? add_message(sender, fact, -1, error)
                                                : add_to_all_partitions(sender, fact, error);
    if (status == OK) {
        sender->fact_count++;
    }
    return status;
}

enum status sender_tick(struct sender *sender, int64_t at_ms, struct error *error)
{
    const struct clock_tick tick = {.at_ms = at_ms};
    const struct fact fact = fact_of(TOPIC_CLOCK, &tick);
    return sender_add(sender, &fact, error);
}

static enum status send_batch(struct sender *sender, struct error *error)
{
    for (uint32_t i = 0; i < sender->outbox.count; i++) {
        enum status status = producer_send(sender->producer, &sender->outbox.items[i], error);
        if (status == RETRY) { /* the queue is full */
            status = producer_flush(sender->producer, FLUSH_WAIT_MS, error);
            if (status == OK) {
                status = producer_send(sender->producer, &sender->outbox.items[i], error);
            }
        }
        if (status != OK) {
            return status;
        }
    }
    return producer_flush(sender->producer, FLUSH_WAIT_MS, error);
}

enum status sender_flush(struct sender *sender, struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + GIVE_UP_AFTER_MS;
    enum status status = OK;
    while (sender->producer && sender->outbox.count > 0) {
        status = send_batch(sender, error);
        if (status == OK || status == FATAL) {
            break;
        }
        if (clock_monotonic_ms() > give_up_ms) {
            status = error_prefix(error, FATAL, "Kafka does not take the facts: ");
            break;
        }
    }
    if (status == OK) {
        sender->sent_count += sender->fact_count;
    }
    sender->fact_count = 0;
    outbox_clear(&sender->outbox);
    return status;
}

uint64_t sender_count(const struct sender *sender)
{
    return sender->sent_count;
}
