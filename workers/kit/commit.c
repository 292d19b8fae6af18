#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/log.h"
#include "kit/stop.h"
#include "kit/worker_inner.h"

enum {
    FLUSH_WAIT_MS = 30000, /* for acknowledgements, before the same is sent again */
    BACKOFF_FIRST_MS = 50,
    BACKOFF_LAST_MS = 2000,
    PROBE_EVERY_MS = 30000,      /* of the broker's clock */
    PROBE_WRONG_EVERY_MS = 5000, /* while it differs from ours */
    PROBE_WAITED_EVERY_MS = 200, /* while deadlines wait for it */
};

static rd_kafka_topic_partition_list_t *offsets_of(struct worker *worker, bool checkpoint,
                                                   struct commit_point *points)
{
    const struct role *role = worker->role;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (int32_t p = 0; p < worker->env.partition_count; p++) {
        struct shard *shard = &worker->shards[p];
        for (uint32_t i = 0; i < role->input_count && worker->touched[p]; i++) {
            struct commit_point *point = &points[(size_t)p * ROLE_INPUTS_MAX + i];
            *point = (struct commit_point){.offset = shard->position[i]};
            if (!shard->assigned[i]) {
                continue;
            }
            if (role->commit_point) {
                role->commit_point(worker->role_state, shard->state, role->inputs[i], checkpoint,
                                   point);
            }
            if (point->offset < 0) {
                continue; /* nothing of it has been seen yet */
            }
            rd_kafka_topic_partition_t *element = rd_kafka_topic_partition_list_add(
                list, consumer_topic_name(worker->consumer, role->inputs[i]), p);
            element->offset = point->offset;
            if (point->metadata[0]) {
                element->metadata = strdup(point->metadata); /* the list's now */
                element->metadata_size = strlen(point->metadata);
                must(element->metadata);
            }
        }
    }
    return list;
}

static enum status send_idempotent(struct worker *worker, rd_kafka_topic_partition_list_t *offsets,
                                   struct error *error)
{
    for (uint32_t i = 0; i < worker->outbox.count; i++) {
        enum status status = producer_send(worker->producer, &worker->outbox.items[i], error);
        if (status == RETRY) {
            status = producer_flush(worker->producer, FLUSH_WAIT_MS, error);
            i--;
        }
        if (status != OK) {
            return status;
        }
    }
    if (worker->outbox.count) {
        enum status status = producer_flush(worker->producer, FLUSH_WAIT_MS, error);
        if (status != OK) {
            return status;
        }
    }
    CRASH_POINT("acknowledged-before-offsets");
    return offsets ? consumer_commit(worker->consumer, offsets, error) : OK;
}

static void backoff(struct worker *worker, int *wait_ms, const struct error *why)
{
    log_event(LOG_WARN, "commit_again", log_number("wait_ms", *wait_ms), log_error(why));
    watch_ready(worker, false, why->text);
    watch_beat(worker); /* waiting for a broker is no hang */
    (void)usleep((useconds_t)*wait_ms * 1000);
    *wait_ms = 2 * *wait_ms > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : 2 * *wait_ms;
}

static void commit_done(struct worker *worker, bool checkpoint, bool offsets_sent,
                        const struct commit_point *points)
{
    for (uint32_t i = 0; i < worker->outbox.count; i++) {
        counter_add(worker->produced[worker->outbox.items[i].topic], 1);
    }
    for (int32_t p = 0; p < worker->env.partition_count; p++) {
        struct shard *shard = &worker->shards[p];
        if (!worker->touched[p]) {
            continue;
        }
        for (uint32_t i = 0; offsets_sent && i < worker->role->input_count; i++) {
            if (shard->assigned[i] && points[(size_t)p * ROLE_INPUTS_MAX + i].offset >= 0) {
                shard->committed[i] = points[(size_t)p * ROLE_INPUTS_MAX + i];
            }
        }
        CRASH_POINT("before-committed-is-told");
        if (worker->role->committed) {
            worker->role->committed(worker->role_state, shard->state, checkpoint);
        }
        worker->touched[p] = false;
    }
    CRASH_POINT("after-committed-is-told");
    outbox_clear(&worker->outbox);
    worker->last_commit_ms = clock_monotonic_ms();
    worker->fenced = 0;
    counter_add(worker->commits, 1);
}

/* Sends the outbox with the offsets of the touched shards, again and again with the same bytes
 * while the reason passes. The sequencer's offsets wait for an idle moment (checkpoint). */
enum status commit_round(struct worker *worker, bool checkpoint, struct error *error)
{
    struct commit_point *points =
        calloc((size_t)worker->env.partition_count * ROLE_INPUTS_MAX, sizeof *points);
    must(points);
    rd_kafka_topic_partition_list_t *offsets = offsets_of(worker, checkpoint, points);
    bool with_offsets = offsets->cnt > 0 && (worker->role->transactional || checkpoint);
    int wait_ms = BACKOFF_FIRST_MS;
    int64_t started_ms = clock_monotonic_ms();
    enum status status;
    for (;;) {
        if (worker->role->transactional) {
            status = offsets->cnt == 0 ? OK
                                       : producer_transact(worker->producer, offsets,
                                                           consumer_group(worker->consumer),
                                                           &worker->outbox, error);
        } else {
            status = send_idempotent(worker, with_offsets ? offsets : NULL, error);
        }
        if (status != RETRY) {
            break;
        }
        counter_add(worker->aborts, 1);
        if (stop_is_asked() && clock_monotonic_ms() - started_ms > worker->drain_ms) {
            status = error_prefix(error, FATAL, "gave up while draining: ");
            break;
        }
        backoff(worker, &wait_ms, error);
    }
    must(status != OK || offsets->cnt > 0 || worker->outbox.count == 0 ||
         !worker->role->transactional);
    if (status == OK) {
        commit_done(worker, checkpoint, with_offsets, points);
        histogram_observe(worker->commit_seconds,
                          (double)(clock_monotonic_ms() - started_ms) / 1000.0);
    }
    rd_kafka_topic_partition_list_destroy(offsets);
    free(points);
    return status;
}

enum status commit_checkpoint(struct worker *worker, struct error *error)
{
    bool any = false;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        worker->touched[i] =
            shard->phase == SHARD_RUNNING && !shard->more && shard_is_ahead(shard, worker->role);
        if (!worker->touched[i]) {
            continue;
        }
        any = true;
        if (worker->role->checkpoint) {
            enum status status = worker->role->checkpoint(
                worker->role_state, shard->state, shard->position[0], &worker->outbox, error);
            if (status != OK) {
                return error_prefix(error, status == RETRY ? FATAL : status,
                                    "checkpoint of partition %d: ", i);
            }
        }
    }
    CRASH_POINT("checkpoint-made");
    worker->last_checkpoint_ms = clock_monotonic_ms();
    if (!any) {
        return OK;
    }
    enum status status = commit_round(worker, true, error);
    if (status == OK) {
        int64_t took_ms = clock_monotonic_ms() - worker->last_checkpoint_ms;
        histogram_observe(worker->checkpoint_seconds, (double)took_ms / 1000.0);
    }
    return status;
}

/* The first partition that can carry it: its offset fences it like any other transaction. */
static struct shard *probe_shard(struct worker *worker)
{
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        if (shard->phase == SHARD_RUNNING && !shard->more && shard->position[0] >= 0) {
            return shard;
        }
    }
    return NULL;
}

enum status commit_clock_probe(struct worker *worker, struct error *error)
{
    if (worker->role->clock_topic == TOPIC_NONE || worker->env.record_clock) {
        return OK;
    }
    int64_t every_ms = !deadlines_clock_is_right(worker)  ? PROBE_WRONG_EVERY_MS
                       : deadlines_wait_for_clock(worker) ? PROBE_WAITED_EVERY_MS
                                                          : PROBE_EVERY_MS;
    int64_t now_ms = clock_monotonic_ms();
    if (worker->last_probe_ms && now_ms - worker->last_probe_ms < every_ms) {
        return OK;
    }
    struct shard *shard = probe_shard(worker);
    if (!shard) {
        return OK;
    }
    enum status status =
        outbox_add_bytes(&worker->outbox, worker->role->clock_topic, shard->partition,
                         TEXT(CLOCK_KEY), (struct text){0}, NULL, error);
    memset(worker->touched, 0, (size_t)worker->env.partition_count * sizeof *worker->touched);
    worker->touched[shard->partition] = true;
    if (status == OK) {
        status = commit_round(worker, true, error);
    }
    worker->last_probe_ms = status == OK ? now_ms : worker->last_probe_ms;
    return status;
}
