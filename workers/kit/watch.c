#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/service.h"
#include "kit/worker_inner.h"

/* The gauges of one partition number and input; made when it is first ours, hidden while it is not.
 */
struct input_gauges {
    struct gauge *records;
    struct gauge *seconds;
};

struct watch {
    struct input_gauges *inputs; /* by partition * ROLE_INPUTS_MAX + input; owned */
    struct gauge *ready;
    struct gauge *running;
    struct gauge *restoring;
    struct gauge *stopped;
    struct gauge *input_partitions;
    struct gauge *clock_ahead_seconds;
};

static const char *const partitions_help = "Partition numbers of this worker, by phase.";

struct watch *watch_new(const struct settings *settings, int32_t partition_capacity)
{
    struct watch *watch = calloc(1, sizeof *watch);
    must(watch);
    watch->inputs = calloc((size_t)partition_capacity * ROLE_INPUTS_MAX, sizeof *watch->inputs);
    must(watch->inputs);
    watch->ready = metric_gauge("shortfall_ready", "Whether /readyz says so: 1 or 0.", NULL);
    watch->running =
        metric_gauge("shortfall_partitions", partitions_help, METRIC_LABELS({"phase", "running"}));
    watch->restoring = metric_gauge("shortfall_partitions", partitions_help,
                                    METRIC_LABELS({"phase", "restoring"}));
    watch->stopped =
        metric_gauge("shortfall_partitions", partitions_help, METRIC_LABELS({"phase", "stopped"}));
    watch->clock_ahead_seconds = metric_gauge(
        "shortfall_broker_clock_ahead_seconds",
        "How far the broker's clock is before ours; beyond 2 s nothing is decided.", NULL);
    watch->input_partitions = metric_gauge(
        "shortfall_input_partitions", "Partition numbers of the inputs, whoever has them.", NULL);
    gauge_set(metric_gauge("shortfall_memory_limit_bytes", "memory.limit.mb.", NULL),
              (double)(settings_number(settings, "memory.limit.mb") << 20));
    gauge_set(metric_gauge("shortfall_build_info", "Which version runs; always 1.",
                           METRIC_LABELS({"version", SHORTFALL_VERSION},
                                         {"librdkafka", rd_kafka_version_str()})),
              1);
    return watch;
}

void watch_free(struct watch *watch)
{
    if (watch) {
        free(watch->inputs);
        free(watch);
    }
}

static struct input_gauges *gauges_of(struct worker *worker, int32_t partition, uint32_t input)
{
    struct input_gauges *gauges =
        &worker->watch->inputs[(size_t)partition * ROLE_INPUTS_MAX + input];
    if (!gauges->records) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", partition);
        const struct metric_label *labels = METRIC_LABELS(
            {"topic", topic_info(worker->role->inputs[input])->name}, {"partition", number});
        gauges->records = metric_gauge("shortfall_lag_records",
                                       "Records of an input that are not applied yet.", labels);
        gauges->seconds =
            metric_gauge("shortfall_lag_seconds",
                         "Age of the records of an input that are being applied.", labels);
    }
    return gauges;
}

static void show_lag(struct worker *worker, struct shard *shard, uint32_t input)
{
    struct input_gauges *gauges = gauges_of(worker, shard->partition, input);
    int64_t end = consumer_end(worker->consumer, worker->role->inputs[input], shard->partition);
    int64_t records = lag_records(shard->position[input], end);
    if (records < 0) {
        return;
    }
    gauge_set(gauges->records, (double)records);
    gauge_set(gauges->seconds, lag_look(&shard->lag[input], records, clock_now_ms()));
}

static void hide_lag(struct worker *worker, int32_t partition, uint32_t input)
{
    struct input_gauges *gauges =
        &worker->watch->inputs[(size_t)partition * ROLE_INPUTS_MAX + input];
    if (gauges->records) {
        gauge_hide(gauges->records);
        gauge_hide(gauges->seconds);
    }
}

void watch_tend(struct worker *worker)
{
    int running = 0;
    int restoring = 0;
    int stopped = 0;
    for (int32_t p = 0; p < worker->env.partition_count; p++) {
        struct shard *shard = &worker->shards[p];
        running += shard->phase == SHARD_RUNNING;
        restoring += shard->phase == SHARD_RESTORING;
        stopped += shard->phase == SHARD_STOPPED;
        for (uint32_t i = 0; i < worker->role->input_count; i++) {
            if (shard->assigned[i]) {
                show_lag(worker, shard, i);
            } else {
                hide_lag(worker, p, i);
            }
        }
    }
    gauge_set(worker->watch->input_partitions, worker->env.partition_count);
    gauge_set(worker->watch->running, running);
    gauge_set(worker->watch->restoring, restoring);
    gauge_set(worker->watch->stopped, stopped);
    if (worker->role->clock_topic != TOPIC_NONE && !worker->env.record_clock) {
        gauge_set(worker->watch->clock_ahead_seconds,
                  (double)producer_broker_ahead_ms(worker->producer) / 1000.0);
    }
}

void watch_ready(struct worker *worker, bool ready, const char *words)
{
    gauge_set(worker->watch->ready, ready);
    http_set_ready(worker->http, ready, words);
    service_state(ready, words);
}

void watch_beat(struct worker *worker)
{
    int64_t now_ms = clock_monotonic_ms();
    http_beat_at(worker->http, now_ms);
    service_beat(now_ms);
}
