#include <string.h>

#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/log.h"
#include "kit/moved.h"
#include "kit/worker_inner.h"

void assignment_drop(struct worker *worker, struct shard *shard)
{
    shard_clear_inbox(shard);
    if (shard->state) {
        worker->role->drop(worker->role_state, shard->state);
        shard->state = NULL;
    }
    shard_enter(shard, SHARD_ABSENT);
}

void assignment_drop_all(struct worker *worker, const char *why)
{
    log_event(LOG_WARN, "states_dropped", log_string("why", why));
    counter_add(worker->drops, 1);
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        assignment_drop(worker, &worker->shards[i]);
    }
    outbox_clear(&worker->outbox);
}

/* A partition number that was not there at the start. */
static bool take_new_partition(struct worker *worker, int input, int32_t partition)
{
    if (input < 0 || !worker->role->any_counts || partition >= worker->shard_capacity) {
        worker->failed = error_set(
            &worker->failure, POISON,
            "topic %s has got a partition %d: the number of partitions must be that of the topics "
            "beside it (%d) and can't be changed in place (OPERATING.md, More partitions)",
            input < 0 ? "?" : topic_info(worker->role->inputs[input])->name, partition,
            worker->env.partition_count);
        return false;
    }
    log_event(LOG_INFO, "partition_added",
              log_string("topic", topic_info(worker->role->inputs[input])->name),
              log_number("partition", partition));
    worker->env.partition_count = partition + 1;
    return true;
}

void assignment_assigned(void *context, enum topic topic, int32_t partition,
                         const struct commit_point *committed)
{
    struct worker *worker = context;
    int input = shard_input_index(worker->role, topic);
    if ((input < 0 || partition >= worker->env.partition_count) &&
        !take_new_partition(worker, input, partition)) {
        return;
    }
    enum status moved = moved_check(committed->metadata, &worker->failure);
    if (moved != OK) {
        worker->failed = moved;
        return;
    }
    struct shard *shard = &worker->shards[partition];
    shard->partition = partition;
    if (shard->phase == SHARD_ASIDE &&
        (committed->offset != shard->committed[input].offset ||
         strcmp(committed->metadata, shard->committed[input].metadata) != 0)) {
        assignment_drop(worker, shard); /* somebody else went on from here */
    }
    if (shard->phase == SHARD_ABSENT) {
        CRASH_POINT("assigned-before-restore");
        shard_enter(shard, SHARD_RESTORING);
        shard->restore_began_ms = clock_monotonic_ms();
        shard->more = false;
        shard->incomplete = false;
        shard->waits_until_ms = 0;
        shard->proof_ms = 0;
        shard->timers_until_ms = INT64_MIN;
    }
    shard->assigned[input] = true;
    shard->committed[input] = *committed;
    shard->position[input] = committed->offset;
    shard->end[input] = -1;
    shard->lag[input] = (struct lag){0};
}

void assignment_revoked(void *context, bool lost)
{
    struct worker *worker = context;
    struct error error = {{0}};
    log_event(LOG_INFO, "revoked", log_boolean("lost", lost));
    CRASH_POINT("revoked-before-checkpoint");
    lost = lost || worker->broken;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        shard_clear_inbox(&worker->shards[i]);
    }
    if (!lost && commit_checkpoint(worker, &error) != OK) {
        log_event(LOG_WARN, "commit_at_revoke_failed", log_error(&error));
        outbox_clear(&worker->outbox); /* no later transaction may carry what is another's now */
        lost = true;
    }
    CRASH_POINT("revoked-after-checkpoint");
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        bool whole = !lost && shard->phase == SHARD_RUNNING && !shard->more &&
                     !shard_is_ahead(shard, worker->role);
        if (whole) {
            shard_enter(shard, SHARD_ASIDE);
        } else if (shard->phase != SHARD_ASIDE) {
            assignment_drop(worker, shard);
        }
        memset(shard->assigned, 0, sizeof shard->assigned);
    }
}

/* A state is never restored for some of its inputs: what the others would tell is missing, and so
 * is the mark that came with their offsets. */
static bool may_restore(const struct worker *worker, struct shard *shard)
{
    bool whole = shard_is_assigned(shard, worker->role);
    if (shard->phase == SHARD_ASIDE) {
        return whole && consumer_group(worker->consumer);
    }
    if (shard->phase == SHARD_RESTORING && !whole && !shard->incomplete) {
        shard->incomplete = true;
        log_event(LOG_WARN, "partition_incomplete", log_number("partition", shard->partition),
                  log_string("what", "not all of its topics are given to us: do they have the same "
                                     "number of partitions?"));
    }
    return shard->phase == SHARD_RESTORING && whole;
}

enum status assignment_restore(struct worker *worker, struct error *error)
{
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        if (!may_restore(worker, shard)) {
            continue;
        }
        bool kept = shard->phase == SHARD_ASIDE;
        bool done = kept;
        if (!kept) {
            enum status status = worker->role->restore(worker->role_state, i, shard->committed,
                                                       &shard->state, &done, error);
            if (status == RETRY) {
                log_event(LOG_WARN, "restore_delayed", log_number("partition", i),
                          log_error(error));
                done = false;
            } else if (status != OK) {
                return error_prefix(error, status, "restore of partition %d: ", i);
            }
        }
        if (!done) {
            continue;
        }
        CRASH_POINT("restored-before-running");
        shard_enter(shard, SHARD_RUNNING);
        if (!kept) {
            histogram_observe(worker->restore_seconds,
                              (double)(clock_monotonic_ms() - shard->restore_began_ms) / 1000.0);
        }
        enum status status = consumer_resume(worker->consumer, i, error);
        if (status != OK) {
            return status;
        }
        log_event(LOG_INFO, "running", log_number("partition", i), log_boolean("kept", kept),
                  log_number("offset", shard->committed[0].offset));
    }
    return OK;
}
