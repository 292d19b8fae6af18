#include "shortfall/summary.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "shortfall/case_lines.h"
#include "shortfall/phrase.h"

const enum topic summary_topics[] = {
    TOPIC_ORDER_PAID,          TOPIC_ORDER_PAID_DLQ,
    TOPIC_STOCK_LEVEL_DLQ,     TOPIC_ORDER_CLOSED_DLQ,
    TOPIC_SUBSTITUTE_DLQ,      TOPIC_BUYER_DECISION_DLQ,
    TOPIC_SELLER_RESPONSE_DLQ, TOPIC_PLATFORM_RULING_DLQ,
    TOPIC_REFUND_RESULT_DLQ,   TOPIC_CLOCK_DLQ,
    TOPIC_LINE_OUTCOME_DLQ,    TOPIC_SKU_EVENT,
    TOPIC_SKU_EVENT_DLQ,       TOPIC_SHORTAGE,
    TOPIC_SHORTAGE_DLQ,        TOPIC_LISTING_STATUS,
    TOPIC_LISTING_STATUS_DLQ,  TOPIC_CASE_EVENT,
    TOPIC_NOTIFICATION,        TOPIC_FULFILMENT_PLAN,
    TOPIC_REFUND_REQUEST,      TOPIC_REFUND_RESULT,
    TOPIC_COMPENSATION,
};
const size_t summary_topic_count = sizeof summary_topics / sizeof *summary_topics;

enum status summary_init(struct summary *summary, struct arena *arena, struct error *error)
{
    *summary = (struct summary){
        .arena = arena,
        .lines = lookup_new(arena, sizeof(struct summary_line)),
        .money = lookup_new(arena, sizeof(struct summary_money)),
        .notices = lookup_new(arena, sizeof(struct summary_count)),
        .cases = lookup_new(arena, sizeof(struct summary_count)),
        .listings = lookup_new(arena, sizeof(struct summary_listing)),
        .letters = lookup_new(arena, sizeof(struct summary_count)),
    };
    bool whole = summary->lines && summary->money && summary->notices && summary->cases &&
                 summary->listings && summary->letters;
    return whole ? ledger_init(&summary->refunds, arena, error)
                 : error_set(error, FATAL, "out of memory");
}

void summary_done(struct summary *summary)
{
    lookup_free(summary->lines);
    ledger_done(&summary->refunds);
    lookup_free(summary->money);
    lookup_free(summary->notices);
    lookup_free(summary->cases);
    lookup_free(summary->listings);
    lookup_free(summary->letters);
}

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "the topics hold more than this command has memory for");
}

static struct summary_line *line_of(struct summary *summary, struct text order_id, int32_t line_no)
{
    char key[LINE_KEY_SIZE];
    return lookup_put(summary->lines, line_key(key, order_id, line_no));
}

static enum status take_paid(struct summary *summary, const struct order_paid *order, bool dead,
                             struct error *error)
{
    for (uint32_t i = 0; i < order->line_count; i++) {
        struct summary_line *line = line_of(summary, order->order_id, order->lines[i].line_no);
        if (!line) {
            return full(error);
        }
        line->dead = line->dead || dead;
        line->paid = line->paid || !dead;
        line->paid_minor = order->lines[i].paid_minor;
    }
    return OK;
}

static enum status take_sku_event(struct summary *summary, const struct sku_event *event,
                                  bool too_old, struct error *error)
{
    for (uint32_t i = 0; i < event->fact_count; i++) {
        const struct sku_fact *fact = &event->facts[i];
        if (fact->kind != FACT_PAID) {
            continue;
        }
        struct summary_line *line = line_of(summary, fact->order_id, fact->line_no);
        if (!line) {
            return full(error);
        }
        line->sequenced = line->sequenced || !too_old;
        line->too_old = line->too_old || too_old;
    }
    return OK;
}

static enum status take_shortage(struct summary *summary, const struct shortage *shortage,
                                 struct error *error)
{
    struct summary_line *line = line_of(summary, shortage->order_id, shortage->line_no);
    if (!line) {
        return full(error);
    }
    line->paid_minor = shortage->paid_minor;
    if (shortage->kind == SHORTAGE_UNFILLABLE && !line->short_at_ms.set) {
        line->cause = shortage->cause;
        line->short_at_ms = (struct optional_long){shortage->at_ms, true};
    }
    return OK;
}

static enum status take_listing(struct summary *summary, const struct listing_status *listing,
                                struct error *error)
{
    struct summary_listing *known = lookup_put(summary->listings, listing->sku);
    if (!known) {
        return full(error);
    }
    summary->listings_closed +=
        listing->status == LISTING_SOLD_OUT && known->status != LISTING_SOLD_OUT;
    summary->listings_reopened +=
        listing->status == LISTING_AVAILABLE && known->status == LISTING_SOLD_OUT;
    known->status = listing->status;
    return OK;
}

static enum status take_event(struct summary *summary, const struct case_event *event,
                              struct error *error)
{
    if (event->verdict == VERDICT_REFUSED) {
        must((unsigned int)event->reason < SUMMARY_REFUSALS);
        summary->refusals[event->reason]++;
        return OK;
    }
    if (!lookup_put(summary->cases, event->case_id)) {
        return full(error);
    }
    for (uint32_t i = 0; i < event->line_count; i++) {
        struct summary_line *line = line_of(summary, event->order_id, event->lines[i].line_no);
        if (!line) {
            return full(error);
        }
        line->cased = true;
        line->state = event->lines[i].after;
    }
    return OK;
}

static enum status take_notification(struct summary *summary, const struct notification *notice,
                                     struct error *error)
{
    struct summary_count *known = lookup_put(summary->notices, notice->notification_id);
    if (!known) {
        return full(error);
    }
    known->count++;
    if (known->count > 1) {
        summary->notices_twice++;
        return OK;
    }
    must((unsigned int)notice->kind < SUMMARY_NOTICE_KINDS &&
         (unsigned int)notice->audience < SUMMARY_AUDIENCES);
    summary->notice_counts[notice->kind][notice->audience]++;
    summary->notices_without_case += !lookup_get(summary->cases, notice->case_id);
    summary->silent_waits +=
        notice->kind == NOTICE_WAIT_CONFIRMED && notice->consent == CONSENT_SILENCE;
    for (uint32_t i = 0; i < notice->line_count && notice->audience == AUDIENCE_BUYER; i++) {
        struct summary_line *line = line_of(summary, notice->order_id, notice->lines[i].line_no);
        if (!line) {
            return full(error);
        }
        if (!line->told_at_ms.set) {
            line->told_at_ms = (struct optional_long){notice->at_ms, true};
        }
    }
    return OK;
}

static enum status take_plan(struct summary *summary, const struct fulfilment_plan *plan,
                             struct error *error)
{
    struct summary_line *line = line_of(summary, plan->order_id, plan->line_no);
    if (!line) {
        return full(error);
    }
    line->held = line->held || plan->action == PLAN_HOLD_FOR_RESTOCK;
    line->substituted = line->substituted || plan->action == PLAN_SHIP_SUBSTITUTE;
    return OK;
}

static enum status take_refund_request(struct summary *summary,
                                       const struct refund_request *request, struct error *error)
{
    const struct ledger_refund *refund;
    struct summary_line *line = line_of(summary, request->order_id, request->line_no);
    struct summary_money *money = lookup_put(summary->money, request->currency);
    if (!line || !money) {
        return full(error);
    }
    enum status status = ledger_take_request(&summary->refunds, request, &refund, error);
    if (status != OK || !refund) {
        return status; /* or the next attempt of one that is known */
    }
    money->asked_minor += request->amount_minor;
    bool of_difference = request->reason == REFUND_FOR_SUBSTITUTE_DIFFERENCE;
    summary->refunds_again += line->refund_seen[of_difference];
    line->refund_seen[of_difference] = true;
    line->refunded_minor += request->amount_minor;
    summary->silent_refunds += request->reason == REFUND_FOR_SILENCE;
    return OK;
}

static enum status take_refund_result(struct summary *summary, const struct refund_result *result,
                                      struct error *error)
{
    const struct ledger_refund *refund = ledger_take_result(&summary->refunds, result);
    struct summary_money *money = refund ? lookup_put(summary->money, refund->currency) : NULL;
    if (refund && !money) {
        return full(error);
    }
    if (refund) {
        money->succeeded_minor += refund->amount_minor;
    }
    return OK;
}

static enum status take_compensation(struct summary *summary,
                                     const struct compensation *compensation, struct error *error)
{
    struct summary_money *money = lookup_put(summary->money, compensation->currency);
    if (!money) {
        return full(error);
    }
    summary->compensations++;
    money->compensated_minor += compensation->amount_minor;
    return OK;
}

enum status summary_take(struct summary *summary, enum topic topic, const void *record,
                         struct error *error)
{
    if (topic == TOPIC_ORDER_PAID) {
        return take_paid(summary, record, false, error);
    }
    if (topic == TOPIC_SKU_EVENT) {
        return take_sku_event(summary, record, false, error);
    }
    if (topic == TOPIC_SHORTAGE) {
        return take_shortage(summary, record, error);
    }
    if (topic == TOPIC_LISTING_STATUS) {
        return take_listing(summary, record, error);
    }
    if (topic == TOPIC_CASE_EVENT) {
        return take_event(summary, record, error);
    }
    if (topic == TOPIC_NOTIFICATION) {
        return take_notification(summary, record, error);
    }
    if (topic == TOPIC_FULFILMENT_PLAN) {
        return take_plan(summary, record, error);
    }
    if (topic == TOPIC_REFUND_REQUEST) {
        return take_refund_request(summary, record, error);
    }
    if (topic == TOPIC_REFUND_RESULT) {
        return take_refund_result(summary, record, error);
    }
    must(topic == TOPIC_COMPENSATION);
    return take_compensation(summary, record, error);
}

void summary_take_choice(struct summary *summary, const struct buyer_decision *decision)
{
    must((unsigned int)decision->choice < SUMMARY_CHOICES);
    summary->choices[decision->choice]++;
}

enum status summary_take_letter(struct summary *summary, enum topic origin,
                                const struct letter *letter, const void *record,
                                struct error *error)
{
    char name[ERROR_SIZE];
    int size = snprintf(name, sizeof name, "%s %.*s", topic_info(origin)->name,
                        PHRASE_TEXT(letter->reason));
    must(size > 0);
    uint32_t key_size = size < (int)sizeof name ? (uint32_t)size : (uint32_t)sizeof name - 1;
    struct summary_count *known = lookup_put(summary->letters, (struct text){name, key_size});
    if (!known) {
        return full(error);
    }
    known->count++;
    if (record && origin == TOPIC_ORDER_PAID) {
        return take_paid(summary, record, true, error);
    }
    if (record && origin == TOPIC_SKU_EVENT && text_equal(letter->reason, TEXT("TOO_OLD"))) {
        return take_sku_event(summary, record, true, error);
    }
    return OK;
}
