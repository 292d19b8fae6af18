#include "shortfall/dispute.h"

#include "core/case_table.h"

enum status disputes_init(struct disputes *disputes, struct arena *arena, struct error *error)
{
    *disputes =
        (struct disputes){.arena = arena, .by_order = lookup_new(arena, sizeof(struct dispute))};
    return disputes->by_order ? OK : error_set(error, FATAL, "out of memory");
}

void disputes_done(struct disputes *disputes)
{
    lookup_free(disputes->by_order);
}

static enum settlement_fact fact_of_decision(const struct buyer_decision *decision)
{
    switch (decision->choice) {
    case CHOICE_CLAIM:
        return SETTLEMENT_FACT_CLAIM;
    case CHOICE_ACCEPT:
        return SETTLEMENT_FACT_ACCEPT;
    case CHOICE_REJECT:
        return SETTLEMENT_FACT_REJECT;
    case CHOICE_ASK_PLATFORM:
        return SETTLEMENT_FACT_ASK_PLATFORM;
    case CHOICE_UNKNOWN:
    case CHOICE_WAIT:
    case CHOICE_SUBSTITUTE:
    case CHOICE_CANCEL:
        break;
    }
    return SETTLEMENT_FACT_COUNT;
}

static enum settlement_fact fact_of_response(const struct seller_response *response)
{
    switch (response->kind) {
    case RESPONSE_OFFER_COMPENSATION:
        return SETTLEMENT_FACT_OFFER;
    case RESPONSE_DECLINE:
        return SETTLEMENT_FACT_DECLINE;
    case RESPONSE_REPORT_NO_STOCK:
    case RESPONSE_UNKNOWN:
        break;
    }
    return SETTLEMENT_FACT_COUNT;
}

static enum settlement_fact fact_of_ruling(const struct platform_ruling *ruling)
{
    switch (ruling->ruling) {
    case RULING_REFUND:
        return SETTLEMENT_FACT_REFUND;
    case RULING_COMPENSATE:
        return SETTLEMENT_FACT_COMPENSATE;
    case RULING_DISMISS:
        return SETTLEMENT_FACT_DISMISS;
    case RULING_UNKNOWN:
        break;
    }
    return SETTLEMENT_FACT_COUNT;
}

/* SETTLEMENT_FACT_COUNT: it has nothing to do with a settlement. */
static enum settlement_fact fact_of(enum topic topic, const void *fact)
{
    if (topic == TOPIC_BUYER_DECISION) {
        return fact_of_decision(fact);
    }
    if (topic == TOPIC_SELLER_RESPONSE) {
        return fact_of_response(fact);
    }
    return topic == TOPIC_PLATFORM_RULING ? fact_of_ruling(fact) : SETTLEMENT_FACT_COUNT;
}

/* What the seller is asked after the fact. */
static enum dispute_question question_after(const struct dispute *dispute,
                                            enum settlement_fact fact)
{
    switch (fact) {
    case SETTLEMENT_FACT_CLAIM:
        return DISPUTE_CLAIM;
    case SETTLEMENT_FACT_REJECT:
        return DISPUTE_REJECTION;
    case SETTLEMENT_FACT_ASK_PLATFORM:
        return DISPUTE_EVIDENCE;
    case SETTLEMENT_FACT_REFUND: /* of a line; it ends the argument only where it was the ruling */
        return dispute->state == SETTLEMENT_RULED ? DISPUTE_NOTHING : dispute->question;
    case SETTLEMENT_FACT_OFFER:
    case SETTLEMENT_FACT_DECLINE:
    case SETTLEMENT_FACT_ACCEPT:
    case SETTLEMENT_FACT_COMPENSATE:
    case SETTLEMENT_FACT_DISMISS:
    case SETTLEMENT_FACT_COUNT:
        break;
    }
    return DISPUTE_NOTHING;
}

bool disputes_need(const struct case_event *event)
{
    enum topic topic = topic_by_name(event->fact_topic);
    return event->verdict == VERDICT_APPLIED &&
           (topic == TOPIC_BUYER_DECISION || topic == TOPIC_SELLER_RESPONSE ||
            topic == TOPIC_PLATFORM_RULING);
}

enum status disputes_take_fact(struct disputes *disputes, const struct case_event *event,
                               enum topic topic, const void *fact, struct error *error)
{
    enum settlement_fact kind = fact_of(topic, fact);
    if (kind == SETTLEMENT_FACT_COUNT || event->verdict != VERDICT_APPLIED) {
        return OK;
    }
    struct dispute *dispute = lookup_put(disputes->by_order, event->order_id);
    if (dispute && !text_is_set(dispute->order_id)) {
        dispute->order_id = arena_text(disputes->arena, event->order_id);
        dispute->seller_id = arena_text(disputes->arena, event->seller_id);
    }
    if (!dispute || !text_is_set(dispute->order_id) || !text_is_set(dispute->seller_id)) {
        return error_set(error, FATAL, "too many disputes for the memory of this command");
    }
    struct settlement_transition cell = settlement_transition_of(dispute->state, kind);
    if (!cell.legal) {
        return OK; /* what was before it is no longer in the topic */
    }
    dispute->state = cell.next;
    enum dispute_question question = question_after(dispute, kind);
    if (question != dispute->question) {
        dispute->asked_at_ms = event->at_ms;
    }
    dispute->question = question;
    if (kind == SETTLEMENT_FACT_ASK_PLATFORM) {
        dispute->escalated_at_ms = event->at_ms;
    }
    return OK;
}

void disputes_take_notification(struct disputes *disputes, const struct notification *notification)
{
    struct dispute *dispute = lookup_get(disputes->by_order, notification->order_id);
    if (dispute && notification->kind == NOTICE_NEEDS_ACTION &&
        notification->audience == AUDIENCE_SELLER) {
        dispute->answer_by_ms = notification->answer_by_ms;
    }
}

size_t disputes_count(const struct disputes *disputes)
{
    return lookup_count(disputes->by_order);
}

const struct dispute *disputes_at(const struct disputes *disputes, size_t number)
{
    return lookup_at(disputes->by_order, number, NULL);
}
