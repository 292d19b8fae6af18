#include "caseworker/effect_records.h"

#include "caseworker/case_record.h"
#include "kit/topics.h"
#include "kit/traceparent.h"

/* What every adding needs; filled once for each fact. */
struct writing {
    struct outbox *outbox;
    int32_t partition;
    const char *case_id;
    int64_t life;
    struct text order_id;
    const struct trace *trace;
    struct effect_id *ids; /* for the case event */
    uint32_t id_count;
    uint32_t id_capacity;
    struct error *error;
};

/* ---- identities: the fields and their order are the contract --------------------------------- */

static void begin(struct identity *identity, const char *kind, const char *case_id)
{
    identity_begin(identity, kind);
    identity_text(identity, text_of(case_id));
}

void refund_id_of(const char *case_id, int32_t line_no, enum refund_purpose purpose,
                  char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "refund", case_id);
    identity_number(&identity, line_no);
    identity_number(&identity, purpose);
    identity_end(&identity, ret_id);
}

enum refund_purpose refund_purpose_of(const char *case_id, const struct refund_result *result)
{
    for (int purpose = REFUND_PURPOSE_LINE; purpose < REFUND_PURPOSE_COUNT; purpose++) {
        char id[IDENTITY_SIZE];
        refund_id_of(case_id, result->line_no, (enum refund_purpose)purpose, id);
        if (text_equal(text_of(id), result->refund_id)) {
            return (enum refund_purpose)purpose;
        }
    }
    return REFUND_PURPOSE_UNKNOWN;
}

/* Sequences of a later case of the order begin anew, ids must not. */
static void sequence_of(struct identity *identity, int64_t sequence, int64_t life)
{
    identity_number(identity, sequence);
    if (life != 0) {
        identity_number(identity, life);
    }
}

static void notification_id_of(const char *case_id, int64_t life,
                               const struct notification_identity *about,
                               char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "notification", case_id);
    identity_number(&identity, about->kind);
    identity_number(&identity, about->audience);
    identity_number(&identity, about->number);
    sequence_of(&identity, about->sequence, life);
    identity_end(&identity, ret_id);
}

static void plan_id_of(const char *case_id, int64_t life, const struct plan_identity *about,
                       char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "plan", case_id);
    identity_number(&identity, about->line_no);
    identity_number(&identity, about->action);
    sequence_of(&identity, about->sequence, life);
    identity_end(&identity, ret_id);
}

static void compensation_id_of(const char *case_id, const struct compensation_identity *about,
                               char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "compensation", case_id);
    identity_number(&identity, about->kind);
    identity_number(&identity, about->line_no);
    identity_number(&identity, about->rule);
    identity_text(&identity, about->source_id);
    identity_end(&identity, ret_id);
}

/* The record's id for those who deduplicate records, where `ret_id` names the thing itself. */
static void attempt_id_of(const char *refund_id, int32_t attempt, char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    identity_begin(&identity, "refund-request");
    identity_text(&identity, text_of(refund_id));
    identity_number(&identity, attempt);
    identity_end(&identity, ret_id);
}

static void outcome_id_of(const char *case_id, int32_t line_no, enum close_reason reason,
                          char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "line-outcome", case_id);
    identity_number(&identity, line_no);
    identity_number(&identity, reason);
    identity_end(&identity, ret_id);
}

static void event_id_of(const char *case_id, int64_t life, int64_t sequence,
                        const struct judged_fact *fact, char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    begin(&identity, "case-event", case_id);
    sequence_of(&identity, sequence, life);
    if (sequence == 0) {
        identity_text(&identity, fact->topic);
        identity_text(&identity, fact->id);
    }
    identity_end(&identity, ret_id);
}

/* ---- records --------------------------------------------------------------------------------- */

static enum status add(struct writing *writing, enum topic topic, const struct record_type *type,
                       const void *record, const char *id, int64_t at_ms)
{
    enum status status = outbox_add(writing->outbox, topic, writing->partition, writing->order_id,
                                    type, record, text_of(id), at_ms, writing->error);
    if (status == OK) {
        status = traceparent_add(writing->outbox, writing->trace, text_of(id), writing->error);
    }
    if (status != OK || topic == TOPIC_CASE_EVENT) {
        return status;
    }
    if (writing->id_count == writing->id_capacity) {
        return error_set(writing->error, FATAL, "more effects than a fact can have");
    }
    struct effect_id *effect = &writing->ids[writing->id_count++];
    effect->topic = text_of(topic_info(topic)->name);
    effect->id = arena_text(writing->outbox->arena, text_of(id));
    return text_is_set(effect->id) ? OK
                                   : error_set(writing->error, RETRY, "the step's outbox is full");
}

static enum status add_refunds(struct writing *writing, struct case_effects *effects)
{
    enum status status = OK;
    for (uint32_t i = 0; i < effects->refund_request_count && status == OK; i++) {
        struct refund_request *request = &effects->refund_requests[i];
        char refund_id[IDENTITY_SIZE];
        char record_id[IDENTITY_SIZE];
        refund_id_of(writing->case_id, effects->refund_identities[i].line_no,
                     effects->refund_identities[i].purpose, refund_id);
        attempt_id_of(refund_id, request->attempt, record_id);
        request->refund_id = text_of(refund_id);
        request->case_id = text_of(writing->case_id);
        status = add(writing, TOPIC_REFUND_REQUEST, &type_refund_request, request, record_id,
                     request->at_ms);
    }
    return status;
}

static enum status add_plans(struct writing *writing, struct case_effects *effects)
{
    enum status status = OK;
    for (uint32_t i = 0; i < effects->plan_count && status == OK; i++) {
        struct fulfilment_plan *plan = &effects->plans[i];
        char id[IDENTITY_SIZE];
        plan_id_of(writing->case_id, writing->life, &effects->plan_identities[i], id);
        plan->plan_id = text_of(id);
        plan->case_id = text_of(writing->case_id);
        status = add(writing, TOPIC_FULFILMENT_PLAN, &type_fulfilment_plan, plan, id, plan->at_ms);
    }
    return status;
}

static enum status add_compensations(struct writing *writing, struct case_effects *effects)
{
    enum status status = OK;
    for (uint32_t i = 0; i < effects->compensation_count && status == OK; i++) {
        struct compensation *compensation = &effects->compensations[i];
        char id[IDENTITY_SIZE];
        compensation_id_of(writing->case_id, &effects->compensation_identities[i], id);
        compensation->compensation_id = text_of(id);
        compensation->case_id = text_of(writing->case_id);
        status = add(writing, TOPIC_COMPENSATION, &type_compensation, compensation, id,
                     compensation->at_ms);
    }
    return status;
}

static enum status add_notifications(struct writing *writing, const struct case_file *file,
                                     struct case_effects *effects, const struct words *words)
{
    enum status status = OK;
    for (uint32_t i = 0; i < effects->notification_count && status == OK; i++) {
        struct notification *notification = &effects->notifications[i];
        char id[IDENTITY_SIZE];
        notification_id_of(writing->case_id, writing->life, &effects->notification_identities[i],
                           id);
        notification->notification_id = text_of(id);
        notification->case_id = text_of(writing->case_id);
        /* All sums of a notification, those of its lines too, are in the order's currency. */
        notification->currency = text_of(file->currency);
        if (!words_fill(words, notification, writing->outbox->arena, &notification->subject,
                        &notification->body)) {
            return error_set(writing->error, RETRY, "the step's outbox is full");
        }
        status = add(writing, TOPIC_NOTIFICATION, &type_notification, notification, id,
                     notification->at_ms);
    }
    return status;
}

static enum status add_outcomes(struct writing *writing, const struct case_file *file,
                                struct case_effects *effects)
{
    enum status status = OK;
    for (uint32_t i = 0; i < effects->line_outcome_count && status == OK; i++) {
        struct line_outcome *outcome = &effects->line_outcomes[i];
        char id[IDENTITY_SIZE];
        outcome_id_of(writing->case_id, outcome->line_no, outcome->reason, id);
        outcome->buyer_id = id_text(&file->buyer_id);
        outcome->locale = text_of(file->locale);
        outcome->currency = text_of(file->currency);
        status = add(writing, TOPIC_LINE_OUTCOME, &type_line_outcome, outcome, id, outcome->at_ms);
    }
    return status;
}

enum status effect_records_add(struct outbox *outbox, int32_t partition, const char *case_id,
                               const struct case_file *file, struct case_effects *effects,
                               const struct judged_fact *fact, const struct words *words,
                               struct error *error)
{
    struct writing writing = {
        .outbox = outbox,
        .partition = partition,
        .case_id = case_id,
        .life = file->life,
        .order_id = id_text(&file->order_id),
        .trace = &file->trace,
        .id_capacity = effects->refund_request_count + effects->plan_count +
                       effects->compensation_count + effects->notification_count +
                       effects->line_outcome_count,
        .error = error,
    };
    writing.ids = arena_take(outbox->arena, (writing.id_capacity + 1) * sizeof *writing.ids);
    if (!writing.ids) {
        return error_set(error, RETRY, "the step's outbox is full");
    }
    enum status status = add_refunds(&writing, effects);
    status = status ? status : add_plans(&writing, effects);
    status = status ? status : add_outcomes(&writing, file, effects);
    status = status ? status : add_notifications(&writing, file, effects, words);
    status = status ? status : add_compensations(&writing, effects);
    if (status != OK) {
        return status;
    }
    char event_id[IDENTITY_SIZE];
    event_id_of(case_id, file->life, effects->sequence, fact, event_id);
    struct case_event event = {
        .marketplace = id_text(&file->marketplace),
        .seller_id = id_text(&file->seller_id),
        .at_ms = fact->at_ms,
        .event_id = text_of(event_id),
        .case_id = text_of(case_id),
        .order_id = id_text(&file->order_id),
        .sequence = effects->sequence,
        .policy = text_of(file->policy),
        .fact_topic = fact->topic,
        .fact = fact->bytes,
        .verdict = effects->verdict,
        .reason = effects->reason,
        .lines = effects->line_changes,
        .line_count = effects->line_change_count,
        .effects = writing.ids,
        .effect_count = writing.id_count,
    };
    return add(&writing, TOPIC_CASE_EVENT, &type_case_event, &event, event_id, event.at_ms);
}

enum status effect_records_add_no_case(struct outbox *outbox, int32_t partition,
                                       struct text order_id, const struct judged_fact *fact,
                                       struct error *error)
{
    char case_id[IDENTITY_SIZE];
    char event_id[IDENTITY_SIZE];
    case_id_of(order_id, case_id);
    event_id_of(case_id, 0, 0, fact, event_id);
    struct case_event event = {
        .marketplace = TEXT(""),
        .seller_id = TEXT(""),
        .at_ms = fact->at_ms,
        .event_id = text_of(event_id),
        .case_id = text_of(case_id),
        .order_id = order_id,
        .policy = TEXT(""),
        .fact_topic = fact->topic,
        .fact = fact->bytes,
        .verdict = VERDICT_REFUSED,
        .reason = REFUSAL_NO_CASE,
    };
    return outbox_add(outbox, TOPIC_CASE_EVENT, partition, order_id, &type_case_event, &event,
                      text_of(event_id), event.at_ms, error);
}
