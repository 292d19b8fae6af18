#include "caseworker/caseworker.h"

#include <stdio.h>
#include <stdlib.h>

#include "caseworker/case_metrics.h"
#include "caseworker/case_record.h"
#include "caseworker/case_state.h"
#include "caseworker/case_watch.h"
#include "caseworker/catalogue.h"
#include "caseworker/effect_records.h"
#include "caseworker/input_marks.h"
#include "caseworker/inputs.h"
#include "caseworker/table_letters.h"
#include "core/must.h"
#include "kit/clock.h"
#include "kit/dead_letter.h"
#include "kit/headers.h"
#include "kit/log.h"
#include "kit/metrics.h"
#include "kit/policy_file.h"
#include "kit/traceparent.h"
#include "kit/words.h"

enum {
    STEP_MESSAGES_MAX = 1000,
    STEP_OUTBOX_BYTES = 32 << 20, /* an outbox that has more ends the step */
    RESTORE_ARENA_LIMIT = 64 << 20,
};

struct caseworker {
    const struct role_env *env;
    struct policy_set *policies; /* owned, as all below */
    struct words *words;
    struct stock_catalogue *catalogue;
    struct table_letters letters;
    struct case_store store;
    struct case_effects *effects; /* of the fact at hand */
    struct outbox *outbox;        /* of the open step; borrowed */
    int64_t timers_max;
    size_t memory_limit; /* bytes of all cases */
    struct counter *applied;
    struct counter *refused;
    struct counter *unchanged;
    struct gauge **open_cases; /* by partition; owned, as the two below */
    struct case_metrics *metrics;
    struct case_watch *watch;
};

/* ---- judging --------------------------------------------------------------------------------- */

/* What a step works on. */
struct judging {
    struct caseworker *worker;
    struct case_state *state;
    struct step *step;
    const struct message *message; /* NULL: a deadline */
};

static void log_judged(const struct judging *judging, const struct case_file *file,
                       const struct judged_fact *fact)
{
    const struct case_effects *effects = judging->worker->effects;
    log_event(LOG_INFO, effects->verdict == VERDICT_APPLIED ? "applied" : "refused",
              log_text("order", id_text(&file->order_id)), log_text("topic", fact->topic),
              log_number("partition", judging->state->partition),
              log_number("offset", judging->message ? judging->message->offset : -1),
              log_number("at", fact->at_ms), log_number("reason", effects->reason),
              log_number("notifications", effects->notification_count),
              log_number("refunds", effects->refund_request_count),
              log_number("plans", effects->plan_count));
}

static enum status judge(struct judging *judging, struct case_entry *entry,
                         const struct case_fact *fact, const struct judged_fact *told,
                         struct error *error)
{
    struct caseworker *worker = judging->worker;
    const struct policy *policy = policy_set_by_id(worker->policies, text_of(entry->file.policy));
    if (!policy) {
        return error_set(error, FATAL,
                         "order %.*s is under policy %s, which is not in policy.dir: put its file "
                         "back",
                         (int)entry->file.order_id.size, entry->file.order_id.data,
                         entry->file.policy);
    }
    struct catalogue catalogue = stock_catalogue_view(worker->catalogue);
    case_apply(&entry->file, policy, &catalogue, fact, worker->effects);
    cases_touch(&judging->state->cases, entry);
    switch (worker->effects->verdict) {
    case VERDICT_UNKNOWN:
        counter_add(worker->unchanged, 1);
        return OK;
    case VERDICT_APPLIED:
        counter_add(worker->applied, 1);
        case_metrics_judged(worker->metrics, &entry->file, fact, worker->effects,
                            worker->env->record_clock);
        break;
    case VERDICT_REFUSED:
        counter_add(worker->refused, 1);
        break;
    }
    log_judged(judging, &entry->file, told);
    return effect_records_add(judging->step->outbox, judging->state->partition, entry->case_id,
                              &entry->file, worker->effects, told, worker->words, error);
}

/* Fires deadlines at or before `until_ms`, the earliest first; *ret_all is false when the step has
 * had its share of them. */
static enum status fire_deadlines(struct judging *judging, int64_t until_ms, int64_t *fired,
                                  bool *ret_all, struct error *error)
{
    *ret_all = true;
    for (;;) {
        struct case_entry *entry = cases_earliest(&judging->state->cases);
        if (!entry || entry->deadline_ms > until_ms) {
            return OK;
        }
        if (*fired >= judging->worker->timers_max) {
            *ret_all = false;
            return OK;
        }
        (*fired)++;
        int64_t at_ms = entry->deadline_ms;
        if (!judging->worker->env->record_clock) {
            /* Said as of the proof: however late we are, the buyer has the whole time to answer a
             * notice, and a refund the whole time to come. Not as of now, though: the case has
             * other deadlines, for which answers may lie unread that came since the proof. */
            at_ms = judging->step->timers_until_ms;
        }
        case_metrics_fired(judging->worker->metrics, at_ms - entry->deadline_ms);
        struct case_fact fact = {.kind = CASE_FACT_TIMER, .at_ms = at_ms};
        struct judged_fact told = {.topic = TEXT("timer"), .bytes = TEXT(""), .at_ms = at_ms};
        struct judging timer = *judging;
        timer.message = NULL;
        enum status status = judge(&timer, entry, &fact, &told, error);
        if (status != OK) {
            return status;
        }
    }
}

/* ---- one record -------------------------------------------------------------------------------
 */

static enum status to_dead_letters(struct judging *judging, const char *reason, struct error *error)
{
    const struct message *message = judging->message;
    char words[ERROR_SIZE];
    memcpy(words, error->text, sizeof words);
    log_event(LOG_WARN, "dead_letter", log_string("topic", topic_info(message->topic)->name),
              log_number("partition", message->partition), log_number("offset", message->offset),
              log_string("reason", reason), log_error(error));
    return dead_letter_add(judging->step->outbox, message, "caseworker", reason, words, error);
}

/* A client whose partitioner is not Kafka's default: the record goes once to where it belongs, with
 * the headers that it came with. */
static enum status forward(struct judging *judging, struct text order_id, int32_t right,
                           struct error *error)
{
    const struct message *message = judging->message;
    if (message_has_header(message, CASEWORKER_FORWARDED_HEADER)) {
        (void)error_set(error, POISON, "forwarded, and still in partition %d instead of %d",
                        message->partition, right);
        return to_dead_letters(judging, "MISPLACED", error);
    }
    struct outgoing *item;
    enum status status = outbox_add_bytes(judging->step->outbox, message->topic, right, order_id,
                                          message->value, &item, error);
    if (status == OK) {
        status = headers_copy(judging->step->outbox, message, NULL, 1, item, error);
    }
    if (status == OK) {
        item->headers[item->header_count++] =
            (struct header){CASEWORKER_FORWARDED_HEADER, TEXT("1")};
        log_event(LOG_INFO, "forwarded", log_string("topic", topic_info(message->topic)->name),
                  log_number("partition", message->partition), log_number("to", right),
                  log_number("offset", message->offset));
    }
    return status;
}

/* The first shortage of an order opens its case. NULL with OK: it went to the dead letters. */
static enum status open_case(struct judging *judging, const char *case_id,
                             const struct shortage *shortage, struct case_entry **ret_entry,
                             struct error *error)
{
    struct caseworker *worker = judging->worker;
    bool record = worker->env->record_clock;
    int64_t now_ms = record ? judging->state->record_ms : judging->step->now_ms;
    /* With our own clock what counts is when it was found, not when the order was paid: a first
     * load of old open orders is welcome. */
    int64_t found_ms = record ? shortage->at_ms : judging->message->timestamp_ms;
    *ret_entry = NULL;
    if (shortage->kind != SHORTAGE_UNFILLABLE || found_ms < now_ms - CASE_RETENTION_MS) {
        (void)error_set(error, POISON, "order %.*s has no case (any more) for this shortage",
                        (int)shortage->order_id.size, shortage->order_id.data);
        return to_dead_letters(judging, "STALE", error);
    }
    struct case_entry *entry = cases_add(&judging->state->cases, case_id);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    const struct policy *policy = policy_set_find(worker->policies, shortage->marketplace,
                                                  shortage->seller_id, shortage->paid_at_ms);
    entry->has_head = true;
    case_open(&entry->file, shortage, policy);
    entry->file.trace = traceparent_of_message(judging->message);
    entry->file.life = case_life_of(shortage->paid_at_ms, now_ms);
    *ret_entry = entry;
    return OK;
}

static enum status judge_input(struct judging *judging, struct input *input, struct error *error)
{
    char case_id[IDENTITY_SIZE];
    case_id_of(input->order_id, case_id);
    struct case_entry *entry = cases_find(&judging->state->cases, case_id);
    if (entry && case_is_forgotten(&entry->file)) {
        enum status status = case_state_settle(&judging->worker->store, judging->state,
                                               judging->step->outbox, error);
        if (status != OK) {
            return status;
        }
        entry = NULL; /* settled: it is gone */
    }
    struct judged_fact told = {
        .topic = text_of(topic_info(judging->message->topic)->name),
        .bytes = judging->message->value,
        .id = input->id,
        .at_ms = input->fact.at_ms,
    };
    if (!entry && input->fact.kind != CASE_FACT_SHORTAGE) {
        counter_add(judging->worker->refused, 1);
        return effect_records_add_no_case(judging->step->outbox, judging->state->partition,
                                          input->order_id, &told, error);
    }
    if (!entry) {
        enum status status = open_case(judging, case_id, input->fact.shortage, &entry, error);
        if (status != OK || !entry) {
            return status;
        }
    }
    if (input->fact.kind == CASE_FACT_SHORTAGE &&
        !cases_reserve_line(&judging->state->cases, entry)) {
        return error_set(error, FATAL, "out of memory");
    }
    if (input->fact.kind == CASE_FACT_REFUND_RESULT) {
        input->fact.purpose = refund_purpose_of(case_id, input->fact.refund_result);
    }
    return judge(judging, entry, &input->fact, &told, error);
}

/* *ret_taken is false when deadlines before it must first have another step. */
static enum status take_message(struct judging *judging, int64_t *fired, bool *ret_taken,
                                struct error *error)
{
    struct caseworker *worker = judging->worker;
    struct case_state *state = judging->state;
    struct input input;
    const char *reason;
    enum status status = input_read(worker->env->codec, judging->message, judging->step->arena,
                                    &input, &reason, error);
    *ret_taken = true;
    if (status == POISON) {
        return to_dead_letters(judging, reason, error);
    }
    if (status == RETRY) { /* its schema is away */
        judging->step->ret_waits = true;
        *ret_taken = false;
        return OK;
    }
    if (status != OK || input.ignored) {
        return status;
    }
    int32_t right = text_is_set(input.order_id)
                        ? topic_partition_of(input.order_id, worker->env->partition_count)
                        : state->partition;
    if (right != state->partition) {
        return forward(judging, input.order_id, right, error);
    }
    if (!worker->env->record_clock && input.fact.kind == CASE_FACT_SHORTAGE &&
        text_is_set(input.order_id) && input.fact.at_ms < judging->step->now_ms) {
        /* A shortage counts from when we learn of it: however late that is, the buyer has the
         * whole time to answer. */
        input.fact.at_ms = judging->step->now_ms;
    }
    int64_t until_ms = input.fact.at_ms;
    if (worker->env->record_clock) {
        state->record_ms = until_ms > state->record_ms ? until_ms : state->record_ms;
        until_ms = state->record_ms;
    } else if (judging->step->timers_until_ms < until_ms) {
        until_ms = judging->step->timers_until_ms;
    }
    status = fire_deadlines(judging, until_ms, fired, ret_taken, error);
    if (status != OK || !*ret_taken || !text_is_set(input.order_id)) {
        return status;
    }
    return judge_input(judging, &input, error);
}

/* ---- the role -------------------------------------------------------------------------------- */

static enum status step(void *role, void *opaque, struct step *step, struct error *error)
{
    struct caseworker *worker = role;
    struct judging judging = {.worker = worker, .state = opaque, .step = step};
    int64_t fired = 0;
    bool all = true;
    if (case_store_bytes(&worker->store) > worker->memory_limit) {
        return error_set(error, FATAL,
                         "the cases need more than memory.limit.mb: raise it, or add workers so "
                         "that each has fewer partitions");
    }
    worker->outbox = step->outbox;
    judging.state->state_written = false;
    enum status letters = table_letters_add(&worker->letters, step->partition, step->outbox, error);
    if (letters != OK) {
        return letters;
    }
    for (uint32_t i = 0; i < step->message_count && i < STEP_MESSAGES_MAX && all; i++) {
        bool taken;
        judging.message = &step->messages[i];
        enum status status = take_message(&judging, &fired, &taken, error);
        if (status != OK) {
            return status;
        }
        if (!taken) {
            break;
        }
        step->ret_consumed = i + 1;
        all = arena_used(step->outbox->arena) < STEP_OUTBOX_BYTES &&
              arena_used(step->arena) < STEP_OUTBOX_BYTES;
    }
    if (!worker->env->record_clock) {
        enum status status = fire_deadlines(&judging, step->timers_until_ms, &fired, &all, error);
        if (status != OK) {
            return status;
        }
    }
    step->ret_more = step->ret_consumed < step->message_count || !all;
    enum status status = case_state_settle(&worker->store, judging.state, step->outbox, error);
    if (judging.state->state_written) {
        judging.state->cases.mark.n++;
    }
    return status;
}

static enum status restore(void *role, int32_t partition, const struct commit_point *committed,
                           void **state, bool *ret_done, struct error *error)
{
    struct caseworker *worker = role;
    if (!*state) {
        enum status marks =
            input_marks_check(worker->env->settings, &caseworker_role, partition, committed, error);
        if (marks != OK) {
            return marks;
        }
        worker->store.states[partition] = case_state_new(partition);
        *state = worker->store.states[partition];
        if (!*state) {
            return error_set(error, FATAL, "out of memory");
        }
    }
    struct case_state *restored = *state;
    enum status status =
        case_state_restore(&worker->store, restored, committed[0].metadata, ret_done, error);
    if (status == OK && *ret_done) {
        case_metrics_restored(worker->metrics, restored->in_redis);
    }
    return status;
}

static void drop(void *role, void *opaque)
{
    struct caseworker *worker = role;
    struct case_state *state = opaque;
    changelog_stop(worker->store.records, state->partition);
    table_letters_dropped(&worker->letters, state->partition);
    gauge_hide(worker->open_cases[state->partition]);
    case_watch_drop(worker->watch, state->partition);
    case_metrics_dropped(worker->metrics);
    worker->store.states[state->partition] = NULL;
    case_state_free(state);
}

static void commit_point(void *role, void *opaque, enum topic topic, bool checkpoint,
                         struct commit_point *point)
{
    (void)role, (void)checkpoint;
    const struct case_state *state = opaque;
    _Static_assert((int)MARK_TEXT_SIZE <= (int)COMMIT_METADATA_SIZE, "a mark fits");
    input_mark_to_text(&state->cases.mark, topic, point->metadata);
}

static void committed(void *role, void *opaque, bool checkpoint)
{
    struct caseworker *worker = role;
    struct case_state *state = opaque;
    case_metrics_committed(worker->metrics, clock_now_ms());
    if (!checkpoint && worker->outbox) {
        table_letters_sent(&worker->letters, state->partition);
        case_state_publish(&worker->store, state, worker->outbox);
    }
}

static enum status table(void *role, const struct message *message, struct error *error)
{
    struct caseworker *worker = role;
    enum status status = stock_catalogue_take(worker->catalogue, message, error);
    if (status == POISON) {
        table_letters_keep(&worker->letters, message, error->text);
        log_event(LOG_WARN, "dead_letter", log_string("topic", topic_info(message->topic)->name),
                  log_number("partition", message->partition),
                  log_number("offset", message->offset), log_error(error));
        return OK;
    }
    return status;
}

static bool wants_step(const void *role, const void *opaque)
{
    const struct caseworker *worker = role;
    const struct case_state *state = opaque;
    return table_letters_wait(&worker->letters, state->partition);
}

static int64_t next_deadline(const void *role, const void *opaque)
{
    (void)role;
    const struct case_state *state = opaque;
    const struct case_entry *entry = cases_earliest(&state->cases);
    return entry ? entry->deadline_ms : INT64_MAX;
}

static void tend(void *role, void *opaque, int32_t partition)
{
    struct caseworker *worker = role;
    struct case_state *state = opaque;
    gauge_set(worker->open_cases[partition], (double)state->cases.count);
    case_state_rebuild(&worker->store, state);
    case_watch_tend(worker->watch, state,
                    worker->env->record_clock ? state->record_ms : clock_now_ms());
    case_store_warn(&worker->store);
}

/* For `validate`: the policies and the words must be right. */
static enum status check(const struct settings *settings, struct error *error)
{
    struct policy_set *policies = NULL;
    struct words *words = NULL;
    enum status status =
        policy_set_load(settings_text(settings, "policy.dir"),
                        settings_text(settings, "policy.default"), &policies, error);
    if (status == OK) {
        status = words_load_configured(settings, &words, error);
    }
    words_free(words);
    policy_set_free(policies);
    return status == OK ? OK : POISON;
}

static void register_metrics(struct caseworker *worker)
{
    static const char *const help = "Facts and deadlines judged.";
    worker->applied =
        metric_counter("shortfall_facts_judged_total", help, METRIC_LABELS({"verdict", "applied"}));
    worker->refused =
        metric_counter("shortfall_facts_judged_total", help, METRIC_LABELS({"verdict", "refused"}));
    worker->unchanged = metric_counter("shortfall_facts_judged_total", help,
                                       METRIC_LABELS({"verdict", "duplicate"}));
    for (int32_t p = 0; p < worker->env->partition_count; p++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", p);
        worker->open_cases[p] =
            metric_gauge("shortfall_cases", "Cases held in memory, closed ones included.",
                         METRIC_LABELS({"partition", number}));
    }
}

static enum status start(const struct role_env *env, void **ret_role, struct error *error)
{
    struct caseworker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        return error_set(error, FATAL, "out of memory");
    }
    *ret_role = worker;
    size_t partitions = (size_t)env->partition_count;
    worker->env = env;
    worker->timers_max = settings_number(env->settings, "timers.step.max");
    worker->memory_limit = (size_t)settings_number(env->settings, "memory.limit.mb") << 20;
    worker->effects = calloc(1, sizeof *worker->effects);
    worker->open_cases = calloc(partitions, sizeof *worker->open_cases);
    worker->metrics = case_metrics_new();
    worker->store.codec = env->codec;
    worker->store.partition_count = env->partition_count;
    worker->store.arena = arena_new(RESTORE_ARENA_LIMIT);
    worker->store.states = calloc(partitions, sizeof *worker->store.states);
    if (!worker->effects || !worker->metrics || !worker->open_cases || !worker->store.states ||
        !worker->store.arena) {
        return error_set(error, FATAL, "out of memory");
    }
    register_metrics(worker);
    enum status status = table_letters_init(&worker->letters, env->codec, error);
    if (status != OK) {
        return status;
    }
    if (policy_set_load(settings_text(env->settings, "policy.dir"),
                        settings_text(env->settings, "policy.default"), &worker->policies,
                        error) != OK ||
        words_load_configured(env->settings, &worker->words, error) != OK) {
        return POISON; /* a matter of configuration: exit 78 */
    }
    status = redis_view_configured(env->settings, &worker->store.redis, error);
    if (status == OK) {
        worker->watch = case_watch_new(env->partition_count, worker->store.redis, worker->metrics);
        status = worker->watch ? OK : error_set(error, FATAL, "out of memory");
    }
    if (status == OK) {
        status = stock_catalogue_new(env->codec, &worker->catalogue, error);
    }
    return status == OK ? changelog_new(env->settings, TOPIC_CASE_STATE, env->partition_count,
                                        &worker->store.records, error)
                        : status;
}

static void stop(void *role)
{
    struct caseworker *worker = role;
    changelog_free(worker->store.records);
    redis_view_free(worker->store.redis);
    stock_catalogue_free(worker->catalogue);
    table_letters_done(&worker->letters);
    words_free(worker->words);
    policy_set_free(worker->policies);
    arena_free(worker->store.arena);
    free(worker->store.states);
    free(worker->open_cases);
    case_watch_free(worker->watch);
    case_metrics_free(worker->metrics);
    free(worker->effects);
    free(worker);
}

const struct role caseworker_role = {
    .name = "caseworker",
    .group = "shortfall-caseworker",
    .scope = SETTINGS_CASEWORKER,
    /* The shortage first: its offset carries the mark. */
    .inputs = {TOPIC_SHORTAGE, TOPIC_BUYER_DECISION, TOPIC_SELLER_RESPONSE, TOPIC_PLATFORM_RULING,
               TOPIC_REFUND_RESULT, TOPIC_CLOCK},
    .input_count = 6,
    .tables = {TOPIC_SUBSTITUTE, TOPIC_LISTING_STATUS},
    .table_count = 2,
    .outputs = {TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST, TOPIC_FULFILMENT_PLAN, TOPIC_COMPENSATION,
                TOPIC_CASE_EVENT, TOPIC_CASE_STATE, TOPIC_LINE_OUTCOME},
    .output_count = 7,
    .kept = TOPIC_CASE_STATE,
    .transactional = true,
    .forwards = true,
    .clock_topic = TOPIC_CASE_STATE,
    .check = check,
    .start = start,
    .stop = stop,
    .restore = restore,
    .step = step,
    .commit_point = commit_point,
    .committed = committed,
    .drop = drop,
    .table = table,
    .wants_step = wants_step,
    .next_deadline = next_deadline,
    .tend = tend,
};
