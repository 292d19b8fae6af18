#include "shortfall/words.h"

#include <inttypes.h>

#include "kit/record_type.h"
#include "shortfall/phrase.h"

void words_line(struct buffer *out, int32_t line_no)
{
    if (line_no == 0) {
        phrase(out, "the whole case");
    } else {
        phrase(out, "line %d", line_no);
    }
}

const char *words_instrument(enum instrument instrument)
{
    switch (instrument) {
    case INSTRUMENT_CASH:
        return "in cash";
    case INSTRUMENT_COUPON:
        return "as a coupon";
    case INSTRUMENT_POINTS:
        return "in points";
    case INSTRUMENT_DISCOUNT:
        return "as a discount";
    case INSTRUMENT_UNKNOWN:
        break;
    }
    return "in some form";
}

const char *words_line_state(enum line_state state)
{
    switch (state) {
    case LINE_CONFIRMING:
        return "short, not told yet: the stock may still come back";
    case LINE_AWAITING_DECISION:
        return "the buyer was told and may choose";
    case LINE_WAITING_RESTOCK:
        return "held for restock";
    case LINE_SUBSTITUTING:
        return "another product goes out, the difference is on its way back";
    case LINE_REFUNDING:
        return "the refund is on its way";
    case LINE_REFUND_FAILED:
        return "the refund failed: a person must act";
    case LINE_RECOVERED:
        return "ended: the goods were there after all";
    case LINE_FILLED_LATE:
        return "ended: shipped late";
    case LINE_SUBSTITUTED:
        return "ended: another product went out";
    case LINE_REFUNDED:
        return "ended: refunded";
    case LINE_WITHDRAWN:
        return "ended: cancelled by the shop";
    case LINE_UNKNOWN:
    case LINE_STATE_COUNT:
        break;
    }
    return "in a state that is not known here";
}

static const char *cause_words(enum shortage_cause cause)
{
    switch (cause) {
    case CAUSE_OVERSOLD:
        return "more was sold than there is";
    case CAUSE_COUNT_FELL:
        return "the count of the stock fell";
    case CAUSE_REPORTED:
        return "the seller reported it missing";
    case CAUSE_UNKNOWN:
        break;
    }
    return "for a cause that is not known here";
}

static void say_expected(struct buffer *out, const struct shortage *shortage)
{
    if (shortage->expected_at_ms.set) {
        phrase(out, "expected ");
        phrase_time(out, shortage->expected_at_ms.value);
    } else {
        phrase(out, "no date known");
    }
}

void words_shortage(struct buffer *out, const struct shortage *shortage)
{
    phrase(out, "Line %d ", shortage->line_no);
    switch (shortage->kind) {
    case SHORTAGE_UNFILLABLE:
        phrase(out, "can't be filled%s: %" PRId64 " x %.*s, %s",
               shortage->episode > 1 ? " once more" : "", shortage->quantity,
               PHRASE_TEXT(shortage->sku), cause_words(shortage->cause));
        phrase(out, " (%" PRId64 " available, %" PRId64 " reserved, stock version %" PRId64 ").",
               shortage->available, shortage->reserved, shortage->stock_version);
        phrase(out, " Place %" PRId64 " in the queue, %" PRId64 " wanted before it; ",
               shortage->queue_place, shortage->ahead_quantity);
        say_expected(out, shortage);
        break;
    case SHORTAGE_RECOVERED:
        phrase(out,
               "can be filled: %" PRId64 " x %.*s (%" PRId64 " available, %" PRId64
               " reserved, stock version %" PRId64 ")",
               shortage->quantity, PHRASE_TEXT(shortage->sku), shortage->available,
               shortage->reserved, shortage->stock_version);
        break;
    case SHORTAGE_ETA_CHANGED:
        phrase(out, "has another date: ");
        say_expected(out, shortage);
        phrase(out, " (%" PRId64 " available, %" PRId64 " reserved, stock version %" PRId64,
               shortage->available, shortage->reserved, shortage->stock_version);
        phrase(out, "; place %" PRId64 " in the queue, %" PRId64 " wanted before it)",
               shortage->queue_place, shortage->ahead_quantity);
        break;
    case SHORTAGE_CLOSED:
        phrase(out, "has left the queue: %s",
               symbol_of(&type_shortage, "reason", shortage->reason));
        break;
    case SHORTAGE_UNKNOWN:
        phrase(out, "changed in a way that is not known here");
        break;
    }
    phrase(out, ".");
}

void words_fulfilment_plan(struct buffer *out, const struct fulfilment_plan *plan,
                           struct text currency)
{
    phrase(out, "Plan: ");
    switch (plan->action) {
    case PLAN_HOLD_FOR_RESTOCK:
        phrase(out, "hold line %d for restock", plan->line_no);
        if (plan->until_ms.set) {
            phrase(out, " until ");
            phrase_time(out, plan->until_ms.value);
        }
        break;
    case PLAN_RELEASE:
        phrase(out, "ship line %d now", plan->line_no);
        break;
    case PLAN_SHIP_SUBSTITUTE:
        phrase(out, "ship %d x %.*s as line %d instead of line %d",
               plan->quantity.set ? plan->quantity.value : 1, PHRASE_TEXT(plan->sku),
               plan->new_line_no.set ? plan->new_line_no.value
                                     : SUBSTITUTE_LINE_BASE + plan->line_no,
               plan->line_no);
        if (plan->seller_absorbs_minor.set && plan->seller_absorbs_minor.value > 0) {
            phrase(out, ", the seller pays the difference of ");
            phrase_money(out, plan->seller_absorbs_minor.value, currency);
        }
        break;
    case PLAN_CANCEL:
        phrase(out, "do not ship line %d", plan->line_no);
        break;
    case PLAN_UNKNOWN:
        phrase(out, "something that is not known here, for line %d", plan->line_no);
        break;
    }
    phrase(out, ".");
}

static const char *refund_words(enum refund_reason reason)
{
    switch (reason) {
    case REFUND_FOR_BUYER_CANCELLED:
        return "the buyer cancelled";
    case REFUND_FOR_SILENCE:
        return "the buyer did not answer";
    case REFUND_FOR_DATE_PASSED:
        return "the agreed date has passed";
    case REFUND_FOR_RULING:
        return "the platform ruled so";
    case REFUND_FOR_SUBSTITUTE_DIFFERENCE:
        return "the other product is cheaper";
    case REFUND_FOR_UNKNOWN:
        break;
    }
    return "for a reason that is not known here";
}

void words_refund_request(struct buffer *out, const struct refund_request *request)
{
    phrase(out, "Refund of ");
    phrase_money(out, request->amount_minor, request->currency);
    phrase(out, " for line %d asked of the payment system%s: %s. Due by ", request->line_no,
           request->attempt > 1 ? " again" : "", refund_words(request->reason));
    phrase_time(out, request->due_by_ms);
    phrase(out, " (attempt %d).", request->attempt);
}

void words_compensation(struct buffer *out, const struct compensation *compensation)
{
    phrase(out, "Compensation of ");
    phrase_money(out, compensation->amount_minor, compensation->currency);
    phrase(out, " %s for ", words_instrument(compensation->instrument));
    words_line(out, compensation->line_no);
    phrase(out,
           ", paid by the %s: ", compensation->payer == PAYER_PLATFORM ? "platform" : "seller");
    switch (compensation->kind) {
    case COMPENSATION_PENALTY:
        phrase(out, "penalty %s", symbol_of(&type_compensation, "rule", compensation->rule));
        break;
    case COMPENSATION_GOODWILL:
        phrase(out, "as agreed");
        break;
    case COMPENSATION_RULING:
        phrase(out, "as ruled");
        break;
    case COMPENSATION_UNKNOWN:
        phrase(out, "for a reason that is not known here");
        break;
    }
    if (compensation->rate_bp.set && compensation->base_minor.set) {
        phrase(out, ", ");
        phrase_rate(out, compensation->rate_bp.value);
        phrase(out, " of ");
        phrase_money(out, compensation->base_minor.value, compensation->currency);
    }
    phrase(out, " (%.*s).", PHRASE_TEXT(compensation->policy));
}

static const char *refusal_words(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NO_CASE:
        return "there is no case";
    case REFUSAL_NO_SUCH_LINE:
        return "the case has no such line";
    case REFUSAL_NOT_OFFERED:
        return "that was not offered";
    case REFUSAL_STALE_NOTICE:
        return "it answers a notice that is no longer the current one";
    case REFUSAL_NOT_OPEN:
        return "there is nothing to answer";
    case REFUSAL_MONEY_IN_MOTION:
        return "the money is on its way back already";
    case REFUSAL_SHIPPED:
        return "the goods have been shipped";
    case REFUSAL_CLOSED:
        return "the case has ended";
    case REFUSAL_OVER_LIMIT:
        return "it is above the limit of the policy";
    case REFUSAL_NO_SUCH_OFFER:
        return "there is no such offer";
    case REFUSAL_ALREADY_CLAIMED:
        return "there is a claim already";
    case REFUSAL_ALREADY_SETTLED:
        return "it is settled already";
    case REFUSAL_NOT_CLAIMED:
        return "nothing was claimed";
    case REFUSAL_UNKNOWN:
        break;
    }
    return "for a reason that is not known here";
}

void words_case_event(struct buffer *out, const struct case_event *event)
{
    if (event->verdict == VERDICT_REFUSED) {
        phrase(out, "Refused the %.*s: %s (%s).", PHRASE_TEXT(event->fact_topic),
               refusal_words(event->reason), symbol_of(&type_case_event, "reason", event->reason));
        return;
    }
    const char *before = "Case: ";
    for (uint32_t i = 0; i < event->line_count; i++) {
        const struct line_change *change = &event->lines[i];
        if (change->before == change->after) {
            continue;
        }
        phrase(out, "%sline %d is now %s", before, change->line_no, line_state_name(change->after));
        before = ", ";
    }
    if (*before == ',' && event->sequence == 1) {
        phrase(out, " (policy %.*s)", PHRASE_TEXT(event->policy));
    }
    phrase(out, "%s", *before == ',' ? "." : "");
}

void words_repeated(struct buffer *out, uint32_t times)
{
    phrase(out, " (came %u times)", times);
}
