#include "core/must.h"
#include "kit/clock.h"
#include "kit/log.h"
#include "kit/worker_inner.h"

enum {
    TABLE_BATCH = 5000,
    INBOX_BYTES_MAX = 32 << 20, /* of all shards; messages of the largest size are few then */
};

static void take_polled(struct worker *worker, struct polled *polled)
{
    int input = shard_input_index(worker->role, polled->message.topic);
    struct shard *shard = &worker->shards[polled->message.partition];
    if (polled->kind == POLL_END) {
        if (input >= 0 && shard->phase != SHARD_ABSENT) {
            shard->end[input] = polled->message.offset;
            shard_consume(shard, worker->role, 0);
        }
        return;
    }
    /* After a pause librdkafka may deliver again what was applied: it is known by its offset. */
    bool wanted = input >= 0 && shard->phase == SHARD_RUNNING &&
                  polled->message.offset >= shard->position[input];
    for (uint32_t i = shard->inbox_count; wanted && i > 0; i--) {
        if (shard->inbox[i - 1].topic == polled->message.topic) {
            wanted = polled->message.offset > shard->inbox[i - 1].offset;
            break;
        }
    }
    if (!wanted) {
        rd_kafka_message_destroy(polled->native);
        return;
    }
    if (shard->position[input] < 0) {
        shard->position[input] = polled->message.offset; /* the log begins there */
    }
    must(shard_push(shard, &polled->message, polled->native));
    counter_add(worker->consumed[input], 1);
}

static void stop_partition(struct worker *worker, const struct polled *polled)
{
    const struct message *message = &polled->message;
    log_event(
        LOG_ERROR, "partition_stopped",
        log_string("topic", message->topic == TOPIC_NONE ? NULL : topic_info(message->topic)->name),
        log_number("partition", message->partition), log_string("why", polled->why));
    if (message->partition < 0 || message->partition >= worker->env.partition_count) {
        return;
    }
    struct shard *shard = &worker->shards[message->partition];
    if (shard->phase == SHARD_RUNNING || shard->phase == SHARD_RESTORING) {
        shard_enter(shard, SHARD_STOPPED);
    }
}

/* What waits in the shards' inboxes, because their steps are slower than the reading. A shard that
 * waits for a schema must not hold up the others: it is paused, and so gets no more. */
static void count_waiting(const struct worker *worker, int64_t *ret_messages, size_t *ret_bytes)
{
    *ret_messages = 0;
    *ret_bytes = 0;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        if (worker->shards[i].waits_until_ms > 0) {
            continue;
        }
        *ret_messages += worker->shards[i].inbox_count;
        *ret_bytes += worker->shards[i].inbox_bytes;
    }
}

enum status intake_poll(struct worker *worker, int wait_ms, struct error *error)
{
    int64_t taken;
    size_t bytes;
    count_waiting(worker, &taken, &bytes);
    int64_t until_ms = 0; /* monotonic: the round waits for more so long; 0: none has come */
    do {                  /* polled even where nothing fits: the group must see that we live */
        struct polled polled;
        int64_t left_ms = until_ms ? until_ms - clock_monotonic_ms() : 0;
        consumer_poll(worker->consumer, taken ? (int)(left_ms > 0 ? left_ms : 0) : wait_ms,
                      &polled);
        if (worker->failed != OK) {
            *error = worker->failure;
            return worker->failed;
        }
        switch (polled.kind) {
        case POLL_NOTHING:
            return OK;
        case POLL_LOST:
            return error_set(error, ABORT_TXN, "membership: %s", polled.why);
        case POLL_FATAL:
            return error_set(error, ABORT_TXN, "consumer: %s", polled.why);
        case POLL_STOPPED:
            stop_partition(worker, &polled);
            break;
        case POLL_MESSAGE:
        case POLL_END:
            if (until_ms == 0) {
                until_ms = clock_monotonic_ms() + worker->linger_ms;
            }
            bytes += polled.message.key.size + polled.message.value.size;
            take_polled(worker, &polled);
            taken++;
            break;
        }
    } while (taken < worker->batch_messages && bytes < INBOX_BYTES_MAX);
    return OK;
}

/* The record needs what is away, a schema: it is read again after a while. */
static enum status tables_wait(struct worker *worker, const struct message *message,
                               struct error *error)
{
    if (worker->tables_wait_until_ms == 0) {
        log_event(LOG_WARN, "table_waits", log_string("topic", topic_info(message->topic)->name),
                  log_number("partition", message->partition), log_error(error));
    }
    worker->tables_wait_until_ms = clock_monotonic_ms() + WAIT_AWHILE_MS;
    return reader_start(worker->tables, message->topic, message->partition, message->offset, error);
}

enum status intake_tables(struct worker *worker, int wait_ms, struct error *error)
{
    const struct role *role = worker->role;
    if (worker->tables_wait_until_ms > clock_monotonic_ms()) {
        return OK;
    }
    for (int i = 0; i < TABLE_BATCH && role->table_count; i++) {
        struct message message;
        enum status status = reader_next(worker->tables, i ? 0 : wait_ms, &message, error);
        if (status != OK) {
            return status == RETRY ? OK : status; /* read on when the way is free again */
        }
        if (message.topic == TOPIC_NONE) {
            break;
        }
        status = role->table(worker->role_state, &message, error);
        if (status == RETRY) {
            return tables_wait(worker, &message, error);
        }
        if (status != OK) {
            return status;
        }
        worker->tables_wait_until_ms = 0;
    }
    for (uint32_t i = 0; i < worker->table_place_count; i++) {
        const struct place *place = &worker->table_places[i];
        gauge_set(worker->table_positions[i],
                  (double)reader_position(worker->tables, place->topic, place->partition));
    }
    return OK;
}

enum status intake_tables_ask(struct worker *worker, struct error *error)
{
    return worker->table_place_count
               ? frontier_ask(worker->frontier, worker->table_places, worker->table_place_count,
                              worker->table_ends, error)
               : OK;
}

bool intake_tables_are_read(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->table_place_count; i++) {
        const struct place *place = &worker->table_places[i];
        if (reader_position(worker->tables, place->topic, place->partition) <
            worker->table_ends[i]) {
            return false;
        }
    }
    return true;
}
