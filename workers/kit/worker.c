#include "kit/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/frontier.h"
#include "kit/http.h"
#include "kit/log.h"
#include "kit/metrics.h"
#include "kit/producer.h"
#include "kit/reader.h"
#include "kit/shard.h"

enum {
    OUTBOX_LIMIT = 256 << 20,
    STEP_ARENA_LIMIT = 256 << 20,
    IDLE_WAIT_MS = 20,      /* how long a poll waits when there is nothing to do */
    FLUSH_WAIT_MS = 30000,  /* for acknowledgements, before the same is sent again */
    BACKOFF_FIRST_MS = 50,
    BACKOFF_LAST_MS = 2000,
    FRONTIER_EVERY_MS = 1000,
    TEND_EVERY_MS = 1000,
    TABLE_BATCH = 5000,
    PARTITIONS_MAX = 4096,
};

struct worker {
    const struct role *role;
    void *role_state;
    struct role_env env;
    struct settings *settings; /* owned, as all below */
    struct codec *codec;
    struct consumer *consumer;
    struct producer *producer;
    struct frontier *frontier;
    struct reader *tables;
    struct http *http;
    struct arena *arena;
    struct outbox outbox;
    struct shard *shards; /* env.partition_count of them */
    bool *touched;        /* shards that are part of the open step */

    int64_t batch_messages;
    int64_t idle_commit_ms;
    int64_t checkpoint_ms;
    int64_t last_commit_ms; /* monotonic, as the next three */
    int64_t last_checkpoint_ms;
    int64_t last_frontier_ms;
    int64_t last_tend_ms;
    bool busy;   /* the last round consumed something */
    bool failed;  /* a callback met what can't be mended: stop */
    bool broken;  /* a step may have changed states without its records being sent: commit nothing */
    struct error failure;

    struct counter *consumed[ROLE_INPUTS_MAX];
    struct counter *produced[TOPIC_COUNT];
    struct counter *commits;
    struct counter *aborts;
    struct counter *drops;
    struct gauge **table_positions; /* table_count x partitions */
    struct histogram *step_seconds;
    struct histogram *commit_seconds;
};

static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
    (void)number;
    if (stop_asked) {
        _exit(130); /* the second signal: at once */
    }
    stop_asked = 1;
}

/* ---- shards --------------------------------------------------------------------------------- */

static void drop_state(struct worker *worker, struct shard *shard)
{
    shard_clear_inbox(shard);
    if (shard->state) {
        worker->role->drop(worker->role_state, shard->state);
        shard->state = NULL;
    }
    shard_enter(shard, SHARD_ABSENT);
}

static void drop_all(struct worker *worker, const char *why)
{
    log_event(LOG_WARN, "states_dropped", log_string("why", why));
    counter_add(worker->drops, 1);
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        drop_state(worker, &worker->shards[i]);
    }
    outbox_clear(&worker->outbox);
}

static void assigned(void *context, enum topic topic, int32_t partition,
                     const struct commit_point *committed)
{
    struct worker *worker = context;
    int input = shard_input_index(worker->role, topic);
    if (input < 0 || partition >= worker->env.partition_count) {
        worker->failed = true;
        (void)error_set(&worker->failure, FATAL,
                        "partition %d of %s was added: the counts of co-partitioned topics must "
                        "stay equal", partition, topic == TOPIC_NONE ? "?" : topic_info(topic)->name);
        return;
    }
    struct shard *shard = &worker->shards[partition];
    if (shard->phase == SHARD_ASIDE &&
        (committed->offset != shard->committed[input].offset ||
         strcmp(committed->metadata, shard->committed[input].metadata) != 0)) {
        drop_state(worker, shard); /* somebody else went on from here */
    }
    if (shard->phase == SHARD_ABSENT) {
        shard_enter(shard, SHARD_RESTORING);
        shard->proof_ms = 0;
        shard->timers_until_ms = INT64_MIN;
    }
    shard->assigned[input] = true;
    shard->committed[input] = *committed;
    shard->position[input] = committed->offset;
    shard->end[input] = -1;
}

static enum status checkpoint_all(struct worker *worker, struct error *error);

static void revoked(void *context, bool lost)
{
    struct worker *worker = context;
    struct error error = {{0}};
    log_event(LOG_INFO, "revoked", log_boolean("lost", lost));
    lost = lost || worker->broken;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        shard_clear_inbox(&worker->shards[i]);
    }
    if (!lost && checkpoint_all(worker, &error) != OK) {
        log_event(LOG_WARN, "commit_at_revoke_failed", log_error(&error));
        lost = true;
    }
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        if (!lost && shard->phase == SHARD_RUNNING) {
            shard_enter(shard, SHARD_ASIDE);
        } else if (shard->phase != SHARD_ASIDE) {
            drop_state(worker, shard);
        }
        memset(shard->assigned, 0, sizeof shard->assigned);
    }
}

static enum status restore_some(struct worker *worker, bool *ret_all, struct error *error)
{
    *ret_all = true;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        bool kept = shard->phase == SHARD_ASIDE && consumer_group(worker->consumer) &&
                    shard->assigned[0];
        if (shard->phase != SHARD_RESTORING && !kept) {
            continue;
        }
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
            *ret_all = false;
            continue;
        }
        shard_enter(shard, SHARD_RUNNING);
        enum status status = consumer_resume(worker->consumer, i, error);
        if (status != OK) {
            return status;
        }
        log_event(LOG_INFO, "running", log_number("partition", i), log_boolean("kept", kept),
                  log_number("offset", shard->committed[0].offset));
    }
    return OK;
}

/* ---- reading ------------------------------------------------------------------------------- */

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

static enum status poll_some(struct worker *worker, int wait_ms, struct error *error)
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

static enum status tables_read(struct worker *worker, int wait_ms, bool *ret_at_end,
                               struct error *error)
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

/* ---- timers ---------------------------------------------------------------------------------- */

static bool proof_is_met(const struct worker *worker, const struct shard *shard)
{
    for (uint32_t i = 0; i < worker->role->input_count; i++) {
        if (shard->position[i] < shard->proof_end[i]) {
            return false;
        }
    }
    return true;
}

/* With our own clock: which deadlines may fire, by the rule of kit/frontier.h. */
static enum status timers_prove(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    int64_t now_ms = clock_now_ms();
    bool may_ask = clock_monotonic_ms() - worker->last_frontier_ms >= FRONTIER_EVERY_MS;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        if (shard->phase != SHARD_RUNNING) {
            continue;
        }
        if (worker->env.record_clock) {
            shard->timers_until_ms = INT64_MAX; /* the role tells time by its records */
            continue;
        }
        int64_t deadline_ms = role->next_deadline(worker->role_state, shard->state);
        if (deadline_ms > now_ms) {
            continue;
        }
        if (deadline_ms > shard->proof_ms && may_ask) {
            worker->last_frontier_ms = clock_monotonic_ms();
            enum status status = frontier_ask(worker->frontier, role->inputs, role->input_count, i,
                                              shard->proof_end, error);
            if (status != OK) {
                log_event(LOG_WARN, "timers_wait", log_error(error));
                continue;
            }
            shard->proof_ms = now_ms;
        }
        if (shard->proof_ms > shard->timers_until_ms && proof_is_met(worker, shard)) {
            shard->timers_until_ms = shard->proof_ms;
        }
    }
    return OK;
}

static bool timers_due(const struct worker *worker, const struct shard *shard)
{
    return worker->role->next_deadline && !worker->env.record_clock &&
           worker->role->next_deadline(worker->role_state, shard->state) <= shard->timers_until_ms;
}

/* ---- writing -------------------------------------------------------------------------------- */

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
    return offsets ? consumer_commit(worker->consumer, offsets, error) : OK;
}

static void backoff(struct worker *worker, int *wait_ms, const struct error *why)
{
    log_event(LOG_WARN, "commit_again", log_number("wait_ms", *wait_ms), log_error(why));
    http_set_ready(worker->http, false, why->text);
    http_beat(worker->http); /* waiting for a broker is no hang */
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
        if (worker->role->committed) {
            worker->role->committed(worker->role_state, shard->state, checkpoint);
        }
        worker->touched[p] = false;
    }
    outbox_clear(&worker->outbox);
    worker->last_commit_ms = clock_monotonic_ms();
    counter_add(worker->commits, 1);
}

/* Sends the outbox with the offsets of the touched shards, again and again with the same bytes
 * while the reason passes. The sequencer's offsets wait for an idle moment (checkpoint). */
static enum status commit_round(struct worker *worker, bool checkpoint, struct error *error)
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

static enum status checkpoint_all(struct worker *worker, struct error *error)
{
    bool any = false;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        worker->touched[i] = shard->phase == SHARD_RUNNING && !shard->more &&
                             shard_is_ahead(shard, worker->role);
        if (!worker->touched[i]) {
            continue;
        }
        any = true;
        if (worker->role->checkpoint) {
            enum status status = worker->role->checkpoint(worker->role_state, shard->state,
                                                          &worker->outbox, error);
            if (status != OK) {
                return error_prefix(error, status == RETRY ? FATAL : status,
                                    "checkpoint of partition %d: ", i);
            }
        }
    }
    worker->last_checkpoint_ms = clock_monotonic_ms();
    return any ? commit_round(worker, true, error) : OK;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static enum status step_shard(struct worker *worker, struct shard *shard, struct error *error)
{
    struct step step = {
        .partition = shard->partition,
        .messages = shard->inbox,
        .message_count = shard->inbox_count,
        .now_ms = clock_now_ms(),
        .timers_until_ms = shard->timers_until_ms,
        .outbox = &worker->outbox,
        .arena = worker->arena,
    };
    arena_reset(worker->arena);
    enum status status = worker->role->step(worker->role_state, shard->state, &step, error);
    if (status != OK) {
        return error_prefix(error, status == RETRY || status == POISON ? FATAL : status,
                            "partition %d: ", shard->partition);
    }
    shard->more = step.ret_more;
    if (step.ret_consumed) {
        shard_consume(shard, worker->role, step.ret_consumed);
        worker->busy = true;
    }
    worker->touched[shard->partition] = true;
    return OK;
}

static enum status step_all(struct worker *worker, struct error *error)
{
    int64_t started_ms = clock_monotonic_ms();
    bool stepped = false;
    worker->busy = false;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        worker->touched[i] = false;
        if (shard->phase != SHARD_RUNNING ||
            (shard->inbox_count == 0 && !shard->more && !timers_due(worker, shard))) {
            continue;
        }
        enum status status = step_shard(worker, shard, error);
        if (status != OK) {
            return status;
        }
        stepped = true;
    }
    if (stepped) {
        histogram_observe(worker->step_seconds,
                          (double)(clock_monotonic_ms() - started_ms) / 1000.0);
    }
    return worker->outbox.count ? commit_round(worker, false, error) : OK;
}

static bool more_to_do(const struct worker *worker)
{
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        const struct shard *shard = &worker->shards[i];
        if (shard->phase == SHARD_RUNNING && (shard->more || shard->inbox_count)) {
            return true;
        }
    }
    return false;
}

static void say_ready(struct worker *worker, bool tables_complete)
{
    int restoring = 0;
    int stopped = 0;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        restoring += worker->shards[i].phase == SHARD_RESTORING;
        stopped += worker->shards[i].phase == SHARD_STOPPED;
    }
    char reason[HTTP_REASON_SIZE];
    if (stopped) {
        (void)snprintf(reason, sizeof reason, "%d partitions stopped: see the log", stopped);
    } else if (restoring) {
        (void)snprintf(reason, sizeof reason, "restoring %d partitions", restoring);
    } else if (!tables_complete) {
        (void)snprintf(reason, sizeof reason, "reading the tables");
    } else if (!consumer_group(worker->consumer)) {
        (void)snprintf(reason, sizeof reason, "joining the group");
    } else {
        http_set_ready(worker->http, true, "running");
        return;
    }
    http_set_ready(worker->http, false, reason);
}

static void tend(struct worker *worker)
{
    int64_t now_ms = clock_monotonic_ms();
    if (!worker->role->tend || now_ms - worker->last_tend_ms < TEND_EVERY_MS) {
        return;
    }
    worker->last_tend_ms = now_ms;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        if (worker->shards[i].phase == SHARD_RUNNING) {
            worker->role->tend(worker->role_state, worker->shards[i].state, i);
        }
    }
}

static enum status round_of(struct worker *worker, struct error *error)
{
    bool restored = true;
    bool tables_at_end = true;
    enum status status = tables_read(worker, 0, &tables_at_end, error);
    if (status == OK) {
        int wait_ms = more_to_do(worker) || worker->busy || !tables_at_end ? 0 : IDLE_WAIT_MS;
        status = poll_some(worker, wait_ms, error);
    }
    if (status == OK) {
        status = restore_some(worker, &restored, error);
    }
    if (status == OK && worker->role->next_deadline) {
        status = timers_prove(worker, error);
    }
    if (status == OK) {
        status = step_all(worker, error);
    }
    int64_t now_ms = clock_monotonic_ms();
    bool idle = !worker->busy && now_ms - worker->last_commit_ms >= worker->idle_commit_ms;
    bool due = now_ms - worker->last_checkpoint_ms >= worker->checkpoint_ms;
    if (status == OK && (idle || due)) {
        status = checkpoint_all(worker, error);
    }
    if (status == OK) {
        tend(worker);
        say_ready(worker, true);
    }
    http_beat(worker->http);
    return status;
}

/* Runs until it is asked to stop; OK or FATAL. */
static enum status run(struct worker *worker, struct error *error)
{
    bool at_end = false;
    while (worker->role->table_count && !at_end && !stop_asked) {
        enum status status = tables_read(worker, 500, &at_end, error);
        if (status != OK) {
            return status;
        }
        http_beat(worker->http);
    }
    while (!stop_asked) {
        enum status status = round_of(worker, error);
        if (status == ABORT_TXN) {
            drop_all(worker, error->text);
            status = consumer_rejoin(worker->consumer, error);
        }
        if (status != OK) {
            worker->broken = true;
            return FATAL;
        }
    }
    http_set_ready(worker->http, false, "draining");
    log_event(LOG_INFO, "draining");
    return OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static enum status count_partitions(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    int64_t give_up_ms = clock_monotonic_ms() + 30000;
    for (uint32_t i = 0; i < role->input_count + role->table_count; i++) {
        bool input = i < role->input_count;
        enum topic topic = input ? role->inputs[i] : role->tables[i - role->input_count];
        int32_t count = 0;
        enum status status;
        do {
            status = frontier_partition_count(worker->frontier, topic, &count, error);
        } while (status == RETRY && !stop_asked && clock_monotonic_ms() < give_up_ms);
        if (status != OK) {
            return status;
        }
        if (i == 0) {
            worker->env.partition_count = count;
        } else if (count != worker->env.partition_count) {
            return error_set(error, POISON,
                             "topic %s has %d partitions, but %s has %d: co-partitioned topics "
                             "must have equal counts",
                             topic_info(topic)->name, count, topic_info(role->inputs[0])->name,
                             worker->env.partition_count);
        }
    }
    if (worker->env.partition_count > PARTITIONS_MAX) {
        return error_set(error, POISON, "more than %d partitions", PARTITIONS_MAX);
    }
    return frontier_partition_count(worker->frontier, TOPIC_SKU_EVENT,
                                    &worker->env.output_partition_count, error);
}

static enum status start_tables(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    if (role->table_count == 0) {
        return OK;
    }
    enum status status = reader_new(worker->settings, true, &worker->tables, error);
    worker->table_positions = calloc((size_t)role->table_count *
                                         (size_t)worker->env.partition_count,
                                     sizeof *worker->table_positions);
    must(worker->table_positions);
    uint32_t gauge = 0;
    for (uint32_t t = 0; t < role->table_count && status == OK; t++) {
        for (int32_t p = 0; p < worker->env.partition_count && status == OK; p++) {
            char number[16];
            (void)snprintf(number, sizeof number, "%d", p);
            worker->table_positions[gauge++] = metric_gauge(
                "shortfall_table_position", "Offset up to which a table has been read.",
                METRIC_LABELS({"topic", topic_info(role->tables[t])->name}, {"partition", number}));
            status = reader_start(worker->tables, role->tables[t], p, RD_KAFKA_OFFSET_BEGINNING,
                                  error);
        }
    }
    return status;
}

static void register_metrics(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->role->input_count; i++) {
        worker->consumed[i] = metric_counter(
            "shortfall_consumed_total", "Records read from an input topic.",
            METRIC_LABELS({"topic", topic_info(worker->role->inputs[i])->name}));
    }
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        worker->produced[topic] =
            metric_counter("shortfall_produced_total", "Records written and committed.",
                           METRIC_LABELS({"topic", topic_info((enum topic)topic)->name}));
    }
    worker->commits = metric_counter("shortfall_commits_total", "Commits that succeeded.", NULL);
    worker->aborts = metric_counter("shortfall_commit_retries_total",
                                    "Commits repeated with the same bytes.", NULL);
    worker->drops = metric_counter("shortfall_states_dropped_total",
                                   "Times all state was dropped to be restored.", NULL);
    worker->step_seconds = metric_histogram("shortfall_step_seconds", "One round of steps.", NULL,
                                            metric_buckets_seconds);
    worker->commit_seconds = metric_histogram("shortfall_commit_seconds", "One commit.", NULL,
                                              metric_buckets_seconds);
}

static enum status start_codec(struct worker *worker, struct error *error)
{
    enum status status = codec_new(settings_text(worker->settings, "schema.dir"),
                                   CODEC_LIMITS_DEFAULT, &worker->codec, error);
    if (status != OK) {
        return POISON; /* a matter of configuration: exit 78 */
    }
    return outbox_init(&worker->outbox, worker->codec, worker->role->group, OUTBOX_LIMIT, error);
}

static enum status start_clients(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    char id[192];
    (void)snprintf(id, sizeof id, "%s%s-%lld", settings_text(worker->settings, "topic.prefix"),
                   role->group, (long long)settings_number(worker->settings, "slot"));
    enum status status =
        producer_new(worker->settings, role->transactional ? id : NULL, &worker->producer, error);
    if (status != OK) {
        return status;
    }
    struct consumer_events events = {worker, assigned, revoked};
    return consumer_new(worker->settings, role->group, role->inputs, role->input_count, &events,
                        &worker->consumer, error);
}

/* A flat list: each step needs those before it. POISON stands for a bad configuration. */
static enum status start(struct worker *worker, struct error *error)
{
    const struct settings *settings = worker->settings;
    register_metrics(worker);
    enum status status =
        http_start(settings_text(settings, "http.listen"), &worker->http, error);
    if (status == OK) {
        status = start_codec(worker, error);
    }
    if (status == OK) {
        status = frontier_new(settings, &worker->frontier, error);
    }
    if (status == OK) {
        status = count_partitions(worker, error);
    }
    if (status != OK) {
        return status;
    }
    worker->env.settings = settings;
    worker->env.codec = worker->codec;
    worker->env.record_clock = strcmp(settings_text(settings, "clock"), "record") == 0;
    worker->arena = arena_new(STEP_ARENA_LIMIT);
    worker->shards = calloc((size_t)worker->env.partition_count, sizeof *worker->shards);
    worker->touched = calloc((size_t)worker->env.partition_count, sizeof *worker->touched);
    must(worker->arena && worker->shards && worker->touched);
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        worker->shards[i].partition = i;
    }
    worker->batch_messages = settings_number(settings, "batch.messages");
    worker->idle_commit_ms = settings_number(settings, "idle.commit.ms");
    worker->checkpoint_ms = settings_number(settings, "checkpoint.interval.ms");
    status = worker->role->start(&worker->env, &worker->role_state, error);
    if (status == OK) {
        status = start_tables(worker, error);
    }
    return status == OK ? start_clients(worker, error) : status;
}

static void finish(struct worker *worker)
{
    consumer_free(worker->consumer); /* revokes: checkpoint and commit, then leaves the group */
    for (int32_t i = 0; worker->shards && i < worker->env.partition_count; i++) {
        drop_state(worker, &worker->shards[i]);
        shard_done(&worker->shards[i]);
    }
    producer_free(worker->producer);
    reader_free(worker->tables);
    frontier_free(worker->frontier);
    if (worker->role_state) {
        worker->role->stop(worker->role_state);
    }
    outbox_done(&worker->outbox);
    arena_free(worker->arena);
    codec_free(worker->codec);
    http_stop(worker->http);
    free(worker->table_positions);
    free(worker->shards);
    free(worker->touched);
    settings_free(worker->settings);
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void start_log(const struct worker *worker)
{
    enum log_format format = LOG_LOGFMT;
    enum log_level level = LOG_INFO;
    char name[64];
    (void)log_format_parse(settings_text(worker->settings, "log.format"), &format);
    (void)log_level_parse(settings_text(worker->settings, "log.level"), &level);
    (void)snprintf(name, sizeof name, "%s-%lld", worker->role->name,
                   (long long)settings_number(worker->settings, "slot"));
    log_init(format, level, name);
}

int worker_main(int argc, char **argv, const struct role *role)
{
    struct worker worker = {.role = role};
    struct error error = {{0}};
    if (settings_load(role->scope, argc, argv, &worker.settings, &error) != OK) {
        (void)fprintf(stderr, "shortfall-%s: %s\n", role->name, error.text);
        return SETTINGS_EXIT;
    }
    switch (settings_action(worker.settings)) {
    case SETTINGS_HELP:
        settings_help(role->scope, NULL, stdout);
        settings_free(worker.settings);
        return 0;
    case SETTINGS_VERSION:
        (void)printf("shortfall-%s %s\n", role->name, SHORTFALL_VERSION);
        settings_free(worker.settings);
        return 0;
    case SETTINGS_DRY_RUN:
        settings_print(worker.settings, stdout);
        settings_free(worker.settings);
        return 0;
    case SETTINGS_RUN:
        break;
    }
    start_log(&worker);
    watch_signals();
    enum status status = start(&worker, &error);
    int exit_status = status == POISON ? SETTINGS_EXIT : 1;
    if (status == OK) {
        log_event(LOG_INFO, "started", log_number("partitions", worker.env.partition_count));
        status = run(&worker, &error);
    }
    if (status == OK) {
        exit_status = 0;
    } else {
        if (strstr(error.text, "FENCED")) {
            exit_status = EXIT_FENCED;
        }
        log_event(LOG_ERROR, "stopped", log_error(&error), log_number("exit", exit_status));
    }
    finish(&worker);
    if (exit_status == 0) {
        log_event(LOG_INFO, "stopped", log_number("exit", 0));
    }
    return exit_status;
}
