#include "kit/clock.h"
#include "kit/log.h"
#include "kit/worker_inner.h"

enum { FRONTIER_EVERY_MS = 1000 };

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
void deadlines_prove(struct worker *worker)
{
    const struct role *role = worker->role;
    struct error error;
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
                                              shard->proof_end, &error);
            if (status != OK) {
                log_event(LOG_WARN, "timers_wait", log_error(&error));
                continue;
            }
            shard->proof_ms = now_ms;
        }
        if (shard->proof_ms > shard->timers_until_ms && proof_is_met(worker, shard)) {
            shard->timers_until_ms = shard->proof_ms;
        }
    }
}

bool deadlines_are_due(const struct worker *worker, const struct shard *shard)
{
    return worker->role->next_deadline && !worker->env.record_clock &&
           worker->role->next_deadline(worker->role_state, shard->state) <= shard->timers_until_ms;
}
