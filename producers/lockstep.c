#include "producers/lockstep.h"

#include <stdlib.h>

#include "core/must.h"
#include "producers/drain.h"
#include "producers/news.h"
#include "producers/pending.h"
#include "producers/sender.h"
#include "producers/wave.h"

#define DAY_MS INT64_C(86400000)

static const enum topic watched_topics[] = {TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST,
                                            TOPIC_FULFILMENT_PLAN, TOPIC_CASE_EVENT};

struct lockstep {
    struct lockstep_options options;
    struct sender *sender;
    struct drain *drain;
    struct news *news;
    struct pending pending;
    struct wave wave;
    int64_t at_ms;        /* the latest time of any fact or tick; INT64_MIN: none yet */
    int64_t last_fact_ms; /* of the files */
    bool levels_known;    /* before the first level nothing can be short, so nothing falls due */
    struct lockstep_counts counts;
};

static enum status hear(void *context, enum topic topic, const void *record, struct error *error)
{
    struct lockstep *lockstep = context;
    enum status status = pending_take(&lockstep->pending, topic, record, error);
    if (status == OK && lockstep->options.rehearsal) {
        status = rehearsal_take(lockstep->options.rehearsal, topic, record, lockstep->at_ms, error);
    }
    return status;
}

enum status lockstep_new(const struct settings *settings, struct lockstep_options options,
                         struct lockstep **ret_lockstep, struct error *error)
{
    must(options.tick_ms > 0);
    struct lockstep *lockstep = calloc(1, sizeof *lockstep);
    if (!lockstep) {
        return error_set(error, FATAL, "out of memory");
    }
    lockstep->options = options;
    lockstep->at_ms = INT64_MIN;
    lockstep->last_fact_ms = INT64_MIN;
    lockstep->wave.exact = options.exact;
    enum status status = drain_new(settings, options.patience_ms, &lockstep->drain, error);
    if (status == OK) {
        status = sender_new(settings, "shortfall/replay", SENDER_TIME_OF_FACT, false,
                            &lockstep->sender, error);
    }
    if (status == OK) {
        status = drain_wait(lockstep->drain, error); /* what was there before is not of the play */
    }
    if (status == OK) {
        status =
            news_new(settings, watched_topics, sizeof watched_topics / sizeof watched_topics[0],
                     false, hear, lockstep, &lockstep->news, error);
    }
    if (status != OK) {
        lockstep_free(lockstep);
        return status;
    }
    *ret_lockstep = lockstep;
    return OK;
}

void lockstep_free(struct lockstep *lockstep)
{
    if (!lockstep) {
        return;
    }
    news_free(lockstep->news);
    sender_free(lockstep->sender);
    drain_free(lockstep->drain);
    pending_done(&lockstep->pending);
    free(lockstep);
}

/* The next fact of the files or the rehearsal; *ret_file says of which. */
static bool next_fact(const struct lockstep *lockstep, struct fact *ret_fact, bool *ret_file)
{
    const struct fact *filed = merge_first(lockstep->options.facts);
    struct fact answer;
    bool answered =
        lockstep->options.rehearsal && rehearsal_first(lockstep->options.rehearsal, &answer);
    if (!filed && !answered) {
        return false;
    }
    *ret_file = filed && (!answered || fact_compare(filed, &answer) <= 0);
    *ret_fact = *ret_file ? *filed : answer;
    return true;
}

static enum status step_over(struct lockstep *lockstep, const struct fact *fact, bool of_file,
                             struct error *error)
{
    if (fact->at_ms > lockstep->at_ms) { /* a time that is not known is below all others */
        lockstep->at_ms = fact->at_ms;
    }
    if (!of_file) {
        lockstep->counts.answers++;
        rehearsal_step(lockstep->options.rehearsal);
        return OK;
    }
    lockstep->counts.facts++;
    lockstep->levels_known = lockstep->levels_known || fact->topic == TOPIC_STOCK_LEVEL;
    if (fact->at_ms > lockstep->last_fact_ms) {
        lockstep->last_fact_ms = fact->at_ms;
    }
    return merge_step(lockstep->options.facts, error);
}

/* Waits for what was sent to have all its effects, and reads them. */
static enum status settle(struct lockstep *lockstep, struct error *error)
{
    enum status status = sender_flush(lockstep->sender, error);
    if (status == OK) {
        status = drain_wait(lockstep->drain, error);
    }
    if (status == OK) {
        status = news_read_drained(lockstep->news, lockstep->drain, error);
    }
    return status;
}

static enum status play_wave(struct lockstep *lockstep, int64_t until_ms, struct error *error)
{
    struct fact fact;
    bool of_file;
    struct wave *wave = &lockstep->wave;
    wave->span_ms = lockstep->levels_known ? lockstep->options.tick_ms : INT64_MAX;
    wave_begin(wave, until_ms, pending_next_ms(&lockstep->pending));
    enum status status = OK;
    enum status broken = OK;
    while (next_fact(lockstep, &fact, &of_file)) {
        int32_t partition;
        status = sender_partition(lockstep->sender, fact.topic, fact.key, &partition, error);
        if (status != OK || !wave_takes(wave, &fact, partition)) {
            break;
        }
        broken = sender_add(lockstep->sender, &fact, error);
        if (broken != OK) {
            break;
        }
        wave_add(wave, &fact, partition);
        broken = step_over(lockstep, &fact, of_file, error);
        if (broken != OK) {
            break;
        }
    }
    struct error settling;
    if (status == OK && wave->count > 0) {
        lockstep->counts.waves++;
        status = settle(lockstep, broken == OK ? error : &settling);
    }
    return broken != OK ? broken : status;
}

static enum status play_tick(struct lockstep *lockstep, int64_t at_ms, struct error *error)
{
    enum status status = sender_tick(lockstep->sender, at_ms, error);
    if (status != OK) {
        return status;
    }
    lockstep->at_ms = at_ms;
    lockstep->counts.ticks++;
    pending_pass(&lockstep->pending, at_ms);
    return settle(lockstep, error);
}

/* The first multiple of the tick at or after a time. */
static int64_t tick_at_or_after(int64_t tick_ms, int64_t at_ms)
{
    int64_t rest = at_ms % tick_ms;
    return rest == 0 ? at_ms : at_ms - rest + (rest > 0 ? tick_ms : 0);
}

/* When the clock must move next though no fact moves it; INT64_MAX: it need not. */
static int64_t next_tick_ms(const struct lockstep *lockstep)
{
    if (lockstep->at_ms == INT64_MIN) {
        return INT64_MAX;
    }
    int64_t due_ms = pending_next_ms(&lockstep->pending);
    if (lockstep->pending.open_count > 0 && due_ms > lockstep->at_ms + DAY_MS) {
        due_ms = lockstep->at_ms + DAY_MS;
    }
    if (due_ms == INT64_MAX) {
        return INT64_MAX;
    }
    int64_t tick_ms = tick_at_or_after(lockstep->options.tick_ms, due_ms);
    return tick_ms > lockstep->at_ms ? tick_ms : lockstep->at_ms;
}

/* After the files' last fact: up to where the play may go on. */
static int64_t end_ms(const struct lockstep *lockstep)
{
    bool files_ended = !merge_first(lockstep->options.facts);
    return files_ended && lockstep->last_fact_ms != INT64_MIN
               ? lockstep->last_fact_ms + lockstep->options.settle_ms
               : INT64_MAX;
}

enum status lockstep_step(struct lockstep *lockstep, bool *ret_more, struct error *error)
{
    struct fact fact;
    bool of_file;
    bool more = next_fact(lockstep, &fact, &of_file);
    int64_t tick_ms = next_tick_ms(lockstep);
    int64_t next_ms = more && fact.at_ms < tick_ms ? fact.at_ms : tick_ms;
    bool waiting = more || lockstep->pending.open_count > 0;
    *ret_more = waiting && next_ms <= end_ms(lockstep) && next_ms != INT64_MAX;
    if (!*ret_more) {
        return OK;
    }
    return more && fact.at_ms < tick_ms ? play_wave(lockstep, tick_ms, error)
                                        : play_tick(lockstep, tick_ms, error);
}

struct lockstep_counts lockstep_counts(const struct lockstep *lockstep)
{
    struct lockstep_counts counts = lockstep->counts;
    counts.open_lines = lockstep->pending.open_count;
    counts.at_ms = lockstep->at_ms;
    return counts;
}
