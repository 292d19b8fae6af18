#include "core/must.h"
#include "kit/log.h"
#include "kit/worker_inner.h"

enum { TABLE_BATCH = 5000 };

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
    must(shard_push(shard, &polled->message, polled->native));
    counter_add(worker->consumed[input], 1);
}

enum status intake_poll(struct worker *worker, int wait_ms, struct error *error)
{
    int64_t taken = 0;
    while (taken < worker->batch_messages) {
        struct polled polled;
        consumer_poll(worker->consumer, taken ? 0 : wait_ms, &polled);
        if (worker->failed) {
            *error = worker->failure;
            return FATAL;
        }
        switch (polled.kind) {
        case POLL_NOTHING:
            return OK;
        case POLL_LOST:
            return error_set(error, ABORT_TXN, "membership: %s", polled.why);
        case POLL_STOPPED:
            if (polled.message.partition >= 0 &&
                polled.message.partition < worker->env.partition_count) {
                struct shard *shard = &worker->shards[polled.message.partition];
                log_event(LOG_ERROR, "partition_stopped",
                          log_string("topic", polled.message.topic == TOPIC_NONE
                                                  ? NULL
                                                  : topic_info(polled.message.topic)->name),
                          log_number("partition", polled.message.partition),
                          log_string("why", polled.why));
                if (shard->phase == SHARD_RUNNING || shard->phase == SHARD_RESTORING) {
                    shard_enter(shard, SHARD_STOPPED);
                }
            }
            break;
        case POLL_MESSAGE:
        case POLL_END:
            take_polled(worker, &polled);
            taken++;
            break;
        }
    }
    return OK;
}

enum status intake_tables(struct worker *worker, int wait_ms, bool *ret_at_end, struct error *error)
{
    const struct role *role = worker->role;
    *ret_at_end = true;
    for (int i = 0; i < TABLE_BATCH && role->table_count; i++) {
        struct message message;
        enum status status = reader_next(worker->tables, i ? 0 : wait_ms, &message, error);
        if (status != OK) {
            return status == RETRY ? OK : status;
        }
        if (message.topic == TOPIC_NONE) {
            break;
        }
        status = role->table(worker->role_state, &message, error);
        if (status != OK) {
            return status;
        }
        *ret_at_end = false;
    }
    uint32_t gauge = 0;
    for (uint32_t t = 0; t < role->table_count; t++) {
        for (int32_t p = 0; p < worker->env.partition_count; p++) {
            gauge_set(worker->table_positions[gauge++],
                      (double)reader_position(worker->tables, role->tables[t], p));
        }
    }
    return OK;
}
