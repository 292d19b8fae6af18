#include "kit/clock.h"
#include "kit/log.h"
#include "kit/worker_inner.h"

/* With our own clock a deadline waits for the proof that kit/frontier.h describes. */
enum {
    FRONTIER_EVERY_MS = 1000,
    /* An older proof is asked anew: what fires is said as of the proof, and whoever is to answer it
     * must have the whole time, but for minutes. Shorter, and a lag of that length, as in a large
     * sale, would stop all deadlines while it lasts. */
    PROOF_AGE_MAX_MS = 300000,
};

bool deadlines_clock_is_known(const struct worker *worker)
{
    return worker->last_probe_ms != 0 || worker->role->clock_topic == TOPIC_NONE ||
           worker->env.record_clock;
}

bool deadlines_clock_is_right(const struct worker *worker)
{
    int64_t ahead_ms = producer_broker_ahead_ms(worker->producer);
    return deadlines_clock_is_known(worker) &&
           (worker->env.record_clock ||
            (ahead_ms <= CLOCK_DIFFERS_MAX_MS && ahead_ms >= -CLOCK_DIFFERS_MAX_MS));
}

static bool proof_is_met(const struct worker *worker, const struct shard *shard)
{
    for (uint32_t i = 0; i < worker->role->input_count; i++) {
        if (shard->position[i] < shard->proof_end[i]) {
            return false;
        }
    }
    return intake_tables_are_read(worker);
}

/* Where everything ends now; what was in the logs at `now_ms` lies below. */
static enum status ask(struct worker *worker, struct shard *shard, int64_t now_ms,
                       struct error *error)
{
    const struct role *role = worker->role;
    struct place places[ROLE_INPUTS_MAX];
    for (uint32_t i = 0; i < role->input_count; i++) {
        places[i] = (struct place){role->inputs[i], shard->partition};
    }
    enum status status =
        frontier_ask(worker->frontier, places, role->input_count, shard->proof_end, error);
    if (status == OK) {
        status = intake_tables_ask(worker, error);
    }
    if (status == OK) {
        shard->proof_ms = now_ms;
        shard->proof_asked_ms = clock_monotonic_ms();
    }
    return status;
}

static bool proof_is_new(const struct worker *worker, const struct shard *shard)
{
    return shard->proof_ms > 0 && shard->proof_ms > shard->timers_until_ms &&
           proof_is_met(worker, shard);
}

/* A clock that has just jumped, or that of a process that has just started, says nothing about
 * what is due until it was compared with the broker's. Nothing fires before that. In the same
 * millisecond the comparison may have come first, and the jump between them. */
static bool clock_is_proved(const struct worker *worker, const struct shard *shard)
{
    return deadlines_clock_is_right(worker) &&
           producer_clock_compared_ms(worker->producer) > shard->proof_asked_ms;
}

bool deadlines_wait_for_clock(const struct worker *worker)
{
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        const struct shard *shard = &worker->shards[i];
        if (shard->phase == SHARD_RUNNING && proof_is_new(worker, shard) &&
            !clock_is_proved(worker, shard)) {
            return true;
        }
    }
    return false;
}

static bool is_old(int64_t proof_ms, int64_t now_ms)
{
    return proof_ms < now_ms - PROOF_AGE_MAX_MS;
}

/* A proof of a wrong clock stays wrong when the clock is put right. */
static void forget_wrong_times(const struct worker *worker, struct shard *shard, int64_t now_ms)
{
    if (!deadlines_clock_is_right(worker) || shard->proof_ms > now_ms) {
        shard->proof_ms = 0;
    }
    if (shard->timers_until_ms > now_ms) {
        shard->timers_until_ms = INT64_MIN;
    }
}

void deadlines_prove(struct worker *worker)
{
    const struct role *role = worker->role;
    int64_t now_ms = clock_now_ms();
    if (worker->env.record_clock) {
        return;
    }
    bool may_ask = clock_monotonic_ms() - worker->last_frontier_ms >= FRONTIER_EVERY_MS;
    for (int32_t i = 0; i < worker->env.partition_count; i++) {
        struct shard *shard = &worker->shards[i];
        struct error error;
        if (shard->phase != SHARD_RUNNING) {
            continue;
        }
        forget_wrong_times(worker, shard, now_ms);
        int64_t deadline_ms = role->next_deadline(worker->role_state, shard->state);
        if (deadline_ms > now_ms || !deadlines_clock_is_right(worker)) {
            continue;
        }
        if ((deadline_ms > shard->proof_ms || is_old(shard->proof_ms, now_ms)) && may_ask) {
            worker->last_frontier_ms = clock_monotonic_ms();
            if (ask(worker, shard, now_ms, &error) != OK) {
                log_event(LOG_WARN, "timers_wait", log_error(&error));
                continue;
            }
        }
        if (proof_is_new(worker, shard) && clock_is_proved(worker, shard)) {
            shard->timers_until_ms = shard->proof_ms;
        }
    }
}

int64_t deadlines_proved_until(const struct worker *worker, const struct shard *shard,
                               int64_t now_ms)
{
    if (worker->env.record_clock) {
        return INT64_MAX; /* the role tells time by its records */
    }
    bool holds = deadlines_clock_is_right(worker) && !is_old(shard->timers_until_ms, now_ms);
    return holds ? shard->timers_until_ms : INT64_MIN;
}

bool deadlines_are_due(const struct worker *worker, const struct shard *shard)
{
    return worker->role->next_deadline && !worker->env.record_clock &&
           worker->role->next_deadline(worker->role_state, shard->state) <=
               deadlines_proved_until(worker, shard, clock_now_ms());
}
