#include "kit/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/codec_open.h"
#include "kit/crash_point.h"
#include "kit/dead_letter.h"
#include "kit/log.h"
#include "kit/service.h"
#include "kit/stop.h"
#include "kit/worker_inner.h"

enum {
    OUTBOX_LIMIT = 256 << 20,
    STEP_ARENA_LIMIT = 256 << 20,
    IDLE_WAIT_MS = 20, /* how long a poll waits when there is nothing to do */
    TEND_EVERY_MS = 1000,
    FENCED_MAX = 3,       /* in a row */
    END_EXTRA_MS = 20000, /* beyond drain.timeout.ms, to leave the group and close everything */
    CLOCK_WAIT_MS = 500,
};

/* ---- the loop ------------------------------------------------------------------------------- */

/* The next message needs what is away, a schema: it stays where it is, and all others go on. */
static enum status wait_awhile(struct worker *worker, struct shard *shard, struct error *error)
{
    bool waited = shard->waits_until_ms > 0;
    shard->waits_until_ms = clock_monotonic_ms() + WAIT_AWHILE_MS;
    if (waited) {
        return OK;
    }
    log_event(LOG_WARN, "partition_waits", log_number("partition", shard->partition),
              log_error(error));
    return consumer_pause(worker->consumer, shard->partition, error);
}

static enum status go_on(struct worker *worker, struct shard *shard, struct error *error)
{
    if (shard->waits_until_ms == 0) {
        return OK;
    }
    shard->waits_until_ms = 0;
    log_event(LOG_INFO, "partition_goes_on", log_number("partition", shard->partition));
    return consumer_resume(worker->consumer, shard->partition, error);
}

static enum status step_shard(struct worker *worker, struct shard *shard, struct error *error)
{
    int64_t now_ms = clock_now_ms();
    struct step step = {
        .partition = shard->partition,
        .messages = shard->inbox,
        .message_count = shard->inbox_count,
        .now_ms = now_ms,
        .timers_until_ms = deadlines_proved_until(worker, shard, now_ms),
        .outbox = &worker->outbox,
        .arena = worker->arena,
    };
    arena_reset(worker->arena);
    CRASH_POINT("before-step");
    enum status status = worker->role->step(worker->role_state, shard->state, &step, error);
    CRASH_POINT("after-step");
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
    return step.ret_waits ? wait_awhile(worker, shard, error) : go_on(worker, shard, error);
}

/* Not before there is an offset to send: what a step without messages writes would else be part of
 * a transaction that nothing fences. */
static bool wants_step(const struct worker *worker, const struct shard *shard)
{
    return worker->role->wants_step && shard_has_position(shard, worker->role) &&
           worker->role->wants_step(worker->role_state, shard->state);
}

static enum status step_all(struct worker *worker, struct error *error)
{
    int64_t started_ms = clock_monotonic_ms();
    bool stepped = false;
    worker->busy = false;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        worker->touched[i] = false;
        if (shard->phase != SHARD_RUNNING || shard->waits_until_ms > started_ms ||
            (shard->inbox_count == 0 && !shard->more && !deadlines_are_due(worker, shard) &&
             !wants_step(worker, shard))) {
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
        if (shard->phase == SHARD_RUNNING && shard->waits_until_ms == 0 &&
            (shard->more || shard->inbox_count)) {
            return true;
        }
    }
    return false;
}

static void say_ready(struct worker *worker)
{
    int restoring = 0;
    int stopped = 0;
    int waiting = worker->tables_wait_until_ms > 0;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        waiting += worker->shards[i].waits_until_ms > 0;
        restoring += worker->shards[i].phase == SHARD_RESTORING;
        stopped += worker->shards[i].phase == SHARD_STOPPED;
    }
    char reason[HTTP_REASON_SIZE];
    if (stopped) {
        (void)snprintf(reason, sizeof reason, "%d partitions stopped: see the log", stopped);
    } else if (waiting) {
        (void)snprintf(reason, sizeof reason, "waiting for the schema registry");
    } else if (restoring) {
        (void)snprintf(reason, sizeof reason, "restoring %d partitions", restoring);
    } else if (!consumer_group(worker->consumer)) {
        (void)snprintf(reason, sizeof reason, "joining the group");
    } else if (deadlines_clock_is_known(worker) && !deadlines_clock_is_right(worker)) {
        (void)snprintf(reason, sizeof reason,
                       "our clock and the broker's differ by %lld ms: nothing is decided until one "
                       "of them is put right",
                       (long long)producer_broker_ahead_ms(worker->producer));
    } else {
        watch_ready(worker, true, "running");
        return;
    }
    watch_ready(worker, false, reason);
}

static void tend(struct worker *worker)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - worker->last_tend_ms < TEND_EVERY_MS) {
        return;
    }
    worker->last_tend_ms = now_ms;
    watch_tend(worker);
    for (int32_t i = 0; worker->role->tend && i < worker->env.partition_count; i++) {
        if (worker->shards[i].phase == SHARD_RUNNING) {
            worker->role->tend(worker->role_state, worker->shards[i].state, i);
        }
    }
}

/* What is decided by a wrong clock would stand: a deadline that is an hour too early, or a case
 * that opened in the future. So facts wait with the deadlines. */
static void wait_for_the_clock(struct worker *worker)
{
    int64_t ahead_ms = producer_broker_ahead_ms(worker->producer);
    if (worker->last_probe_ms != worker->clock_said_ms) {
        log_event(LOG_ERROR, "clock_differs", log_number("broker_ahead_ms", ahead_ms),
                  log_number("allowed_ms", CLOCK_DIFFERS_MAX_MS));
        worker->clock_said_ms = worker->last_probe_ms;
    }
    worker->busy = false;
    (void)usleep(CLOCK_WAIT_MS * 1000);
}

static enum status round_of(struct worker *worker, struct error *error)
{
    enum status status = intake_tables(worker, 0, error);
    if (status == OK) {
        int wait_ms = more_to_do(worker) || worker->busy ? 0 : IDLE_WAIT_MS;
        status = intake_poll(worker, wait_ms, error);
    }
    if (status == OK) {
        status = assignment_restore(worker, error);
    }
    if (status == OK) {
        status = commit_clock_probe(worker, error);
    }
    if (status == OK && worker->role->next_deadline) {
        deadlines_prove(worker);
    }
    if (status == OK && deadlines_clock_is_right(worker)) {
        status = step_all(worker, error);
    } else if (status == OK && deadlines_clock_is_known(worker)) {
        wait_for_the_clock(worker);
    }
    int64_t now_ms = clock_monotonic_ms();
    bool idle = !worker->busy && now_ms - worker->last_commit_ms >= worker->idle_commit_ms;
    bool due =
        now_ms - worker->last_checkpoint_ms >= worker->checkpoint_ms ||
        (worker->role->wants_checkpoint && worker->role->wants_checkpoint(worker->role_state));
    if (status == OK && (idle || due)) {
        status = commit_checkpoint(worker, error);
    }
    if (status == OK) {
        tend(worker);
        say_ready(worker);
    }
    watch_beat(worker);
    return status;
}

/* The tables come first: a choice that they offer must not be missing from the first notice. */
static enum status read_tables(struct worker *worker, struct error *error)
{
    enum status status = intake_tables_ask(worker, error);
    while (status == OK && !intake_tables_are_read(worker) && !stop_is_asked()) {
        status = intake_tables(worker, IDLE_WAIT_MS, error);
        watch_beat(worker);
    }
    return status == RETRY ? OK : status;
}

static enum status start_consumer(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    struct consumer_events events = {worker, assignment_assigned, assignment_revoked};
    return consumer_new(worker->settings, role->group, role->rules_newest, role->inputs,
                        role->input_count, &events, &worker->consumer, error);
}

/* After a membership was lost. A consumer that was fenced is made anew: it may have been by its own
 * join, whose answer was lost. Again and again without a commit between them it is a twin. */
static enum status join_again(struct worker *worker, struct error *error)
{
    if (!consumer_is_dead(worker->consumer)) {
        return consumer_rejoin(worker->consumer, error);
    }
    worker->fenced += consumer_is_fenced(worker->consumer);
    if (worker->fenced > FENCED_MAX) {
        return error_prefix(error, FATAL, "FENCED %d times, is another process in our slot? ",
                            worker->fenced);
    }
    consumer_free(worker->consumer);
    worker->consumer = NULL;
    return start_consumer(worker, error);
}

/* Runs until it is asked to stop. POISON: what it reads was changed, and only an operator can help;
 * FATAL: all else that it can't go on from. */
static enum status run(struct worker *worker, struct error *error)
{
    if (read_tables(worker, error) != OK) {
        return FATAL;
    }
    while (!stop_is_asked()) {
        enum status status = round_of(worker, error);
        if (status == ABORT_TXN) {
            assignment_drop_all(worker, error->text);
            status = join_again(worker, error);
        }
        if (status != OK) {
            worker->broken = true;
            return status == POISON ? POISON : FATAL;
        }
    }
    watch_ready(worker, false, "draining");
    service_stopping();
    log_event(LOG_INFO, "draining");
    return OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static enum status start_tables(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    if (role->table_count == 0) {
        return OK;
    }
    size_t most = (size_t)role->table_count * (size_t)worker->env.partition_count;
    worker->table_places = calloc(most, sizeof *worker->table_places);
    worker->table_ends = calloc(most, sizeof *worker->table_ends);
    worker->table_positions = calloc(most, sizeof *worker->table_positions);
    must(worker->table_places && worker->table_ends && worker->table_positions);
    enum status status = reader_new(worker->settings, true, &worker->tables, error);
    for (uint32_t t = 0; t < role->table_count && status == OK; t++) {
        for (int32_t p = 0; p < worker->env.partition_count && status == OK; p++) {
            char number[16];
            (void)snprintf(number, sizeof number, "%d", p);
            uint32_t at = worker->table_place_count++;
            worker->table_places[at] = (struct place){role->tables[t], p};
            worker->table_positions[at] = metric_gauge(
                "shortfall_table_position", "Offset up to which a table has been read.",
                METRIC_LABELS({"topic", topic_info(role->tables[t])->name}, {"partition", number}));
            status =
                reader_start(worker->tables, role->tables[t], p, RD_KAFKA_OFFSET_BEGINNING, error);
        }
    }
    return status;
}

static void register_metrics(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->role->input_count; i++) {
        worker->consumed[i] =
            metric_counter("shortfall_consumed_total", "Records read from an input topic.",
                           METRIC_LABELS({"topic", topic_info(worker->role->inputs[i])->name}));
        dead_letter_watch(worker->role->inputs[i]);
    }
    for (uint32_t i = 0; i < worker->role->table_count; i++) {
        dead_letter_watch(worker->role->tables[i]);
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
    worker->commit_seconds =
        metric_histogram("shortfall_commit_seconds", "One commit.", NULL, metric_buckets_seconds);
    worker->checkpoint_seconds = metric_histogram("shortfall_checkpoint_seconds",
                                                  "One commit of positions and changed state.",
                                                  NULL, metric_buckets_seconds);
    worker->restore_seconds = metric_histogram("shortfall_restore_seconds",
                                               "From an assignment to the partition's first step.",
                                               NULL, metric_buckets_seconds);
}

static enum status start_codec(struct worker *worker, struct error *error)
{
    if (codec_open(worker->settings, CODEC_OF_WORKER, &worker->codec, error) != OK) {
        return POISON; /* a matter of configuration: exit 78 */
    }
    return outbox_init(&worker->outbox, worker->codec, worker->role->group, OUTBOX_LIMIT, error);
}

/* A registry may come up after us, as Kafka may. */
static enum status frame_outputs(struct worker *worker, struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + FIRST_ANSWER_MS;
    enum status status;
    do {
        status = codec_frame_topics(worker->codec, worker->settings, worker->role->outputs,
                                    worker->role->output_count, error);
    } while (status == RETRY && !stop_is_asked() && clock_monotonic_ms() < give_up_ms);
    return status;
}

static void warm_outputs(struct worker *worker)
{
    const struct role *role = worker->role;
    enum topic topics[ROLE_OUTPUTS_MAX + 2 * ROLE_INPUTS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < role->output_count; i++) {
        topics[count++] = role->outputs[i];
    }
    for (uint32_t i = 0; i < role->input_count; i++) {
        topics[count++] = topic_info(role->inputs[i])->dlq;
    }
    for (uint32_t i = 0; i < role->table_count; i++) {
        topics[count++] = topic_info(role->tables[i])->dlq;
    }
    producer_warm(worker->producer, topics, count);
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
    warm_outputs(worker);
    return start_consumer(worker, error);
}

/* A flat list: each step needs those before it. POISON stands for a bad configuration. */
static enum status start(struct worker *worker, struct error *error)
{
    const struct settings *settings = worker->settings;
    register_metrics(worker);
    enum status status = http_start(settings_text(settings, "http.listen"), &worker->http, error);
    if (status == OK) {
        status = start_codec(worker, error);
    }
    if (status == OK) {
        status = frame_outputs(worker, error);
    }
    if (status == OK) {
        status = frontier_new(settings, &worker->frontier, error);
    }
    if (status == OK) {
        status = counts_ask(worker, error);
    }
    if (status != OK) {
        return status;
    }
    worker->env.settings = settings;
    worker->env.codec = worker->codec;
    worker->env.record_clock = strcmp(settings_text(settings, "clock"), "record") == 0;
    worker->arena = arena_new(STEP_ARENA_LIMIT);
    worker->shard_capacity =
        worker->role->any_counts ? PARTITIONS_MAX : worker->env.partition_count;
    worker->shards = calloc((size_t)worker->shard_capacity, sizeof *worker->shards);
    worker->touched = calloc((size_t)worker->shard_capacity, sizeof *worker->touched);
    must(worker->arena && worker->shards && worker->touched);
    worker->watch = watch_new(settings, worker->shard_capacity);
    worker->batch_messages = settings_number(settings, "batch.messages");
    worker->linger_ms = settings_number(settings, "batch.linger.ms");
    worker->idle_commit_ms = settings_number(settings, "idle.commit.ms");
    worker->checkpoint_ms = settings_number(settings, "checkpoint.interval.ms");
    worker->drain_ms = settings_number(settings, "drain.timeout.ms");
    status = worker->role->start(&worker->env, &worker->role_state, error);
    if (status == OK) {
        status = start_tables(worker, error);
    }
    return status == OK ? start_clients(worker, error) : status;
}

static void finish(struct worker *worker)
{
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        shard_clear_inbox(&worker->shards[i]); /* a record that is not given back hangs the close */
    }
    consumer_free(worker->consumer); /* revokes: checkpoint and commit, then leaves the group */
    for (int32_t i = 0; worker->shards && i < worker->env.partition_count; i++) {
        assignment_drop(worker, &worker->shards[i]);
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
    watch_free(worker->watch);
    free(worker->table_positions);
    free(worker->table_places);
    free(worker->table_ends);
    free(worker->shards);
    free(worker->touched);
    settings_free(worker->settings);
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

/* Everything that can be wrong without a server, as a start would find it. */
static int validate(struct worker *worker)
{
    struct error error;
    enum status status = start_codec(worker, &error);
    if (status == OK && worker->role->check) {
        status = worker->role->check(worker->settings, &error);
    }
    if (status == OK) {
        settings_print(worker->settings, stdout);
    } else {
        (void)fprintf(stderr, "shortfall-%s: %s\n", worker->role->name, error.text);
    }
    outbox_done(&worker->outbox);
    codec_free(worker->codec);
    settings_free(worker->settings);
    return status == OK ? 0 : SETTINGS_EXIT;
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
        return validate(&worker);
    case SETTINGS_RUN:
        break;
    }
    start_log(&worker);
    if (settings_kafka_warning(worker.settings)) {
        log_event(LOG_WARN, "kafka_settings",
                  log_string("what", settings_kafka_warning(worker.settings)));
    }
    stop_listen();
    stop_within(settings_number(worker.settings, "drain.timeout.ms") + END_EXTRA_MS);
    enum status status = start(&worker, &error);
    /* Who is asked to stop while he still waits for Kafka has failed at nothing. */
    bool gave_up = status == RETRY && stop_is_asked();
    if (status == OK) {
        log_event(LOG_INFO, "started", log_number("partitions", worker.env.partition_count),
                  log_number("http_port", http_port(worker.http)));
        status = run(&worker, &error);
    }
    if (status != OK) {
        int exit_status = strstr(error.text, "FENCED") ? EXIT_FENCED
                          : status == POISON           ? SETTINGS_EXIT
                          : gave_up                    ? 0
                                                       : 1;
        log_event(LOG_ERROR, "stopped", log_error(&error), log_number("exit", exit_status));
        /* In doubt: nothing more is said to anybody, and no library is waited for. */
        _exit(exit_status);
    }
    finish(&worker);
    log_event(LOG_INFO, "stopped", log_number("exit", 0));
    return 0;
}
