#include "core/settlement.h"

#include "core/case_effects.h"
#include "core/moment.h"
#include "core/money.h"

/* The one place where the settlement's state changes. */
static void set_state(struct case_step *step, enum settlement_fact fact)
{
    struct case_file *file = step->file;
    struct settlement_transition cell = settlement_transition_of(file->settlement, fact);
    must(cell.legal);
    if (cell.next == SETTLEMENT_DECLINED && file->settlement != SETTLEMENT_DECLINED) {
        file->declined_at_ms = step->at_ms;
    }
    file->settlement = cell.next;
}

static void drop_offer(struct case_file *file)
{
    memset(&file->offer_id, 0, sizeof file->offer_id);
    file->offer_minor = 0;
    file->offer_instrument = INSTRUMENT_UNKNOWN;
}

static void ask_seller(struct case_step *step, struct text reason, int64_t answer_ms)
{
    struct notification *asked = effect_notification(step, AUDIENCE_SELLER, NOTICE_NEEDS_ACTION, 0);
    asked->reason = reason;
    asked->answer_by_ms.value = moment_after(step->at_ms, answer_ms);
    asked->answer_by_ms.set = true;
}

static struct notification *tell_settled(struct case_step *step, struct text reason,
                                         int64_t amount_minor)
{
    struct notification *settled = effect_notification(step, AUDIENCE_BUYER, NOTICE_SETTLED, 0);
    settled->reason = reason;
    effect_amount(step, settled, amount_minor);
    return settled;
}

int64_t settlement_limit(const struct case_file *file, const struct policy *policy)
{
    int64_t paid = 0;
    for (uint32_t i = 0; i < file->line_count; i++) {
        const struct case_line *line = &file->lines[i];
        const struct case_line *origin =
            line->line_no > SUBSTITUTE_LINE_BASE
                ? case_find_line(file, line->line_no - SUBSTITUTE_LINE_BASE)
                : NULL;
        bool is_substitute =
            origin && text_equal(id_text(&origin->replacement_sku), id_text(&line->sku));
        paid += is_substitute ? 0 : line->paid_minor;
    }
    return money_share_floor(paid, policy->goodwill_max_rate_bp);
}

static enum verdict claim(struct case_step *step)
{
    const struct case_file *file = step->file;
    if (case_is_closed(file)) {
        if (!file->told) {
            return case_refuse(step, REFUSAL_NOT_OPEN);
        }
        int64_t end_ms = moment_after(file->closed_at_ms.value, step->policy->claim_window_ms);
        if (step->at_ms >= end_ms) {
            return case_refuse(step, REFUSAL_CLOSED);
        }
    }
    set_state(step, SETTLEMENT_FACT_CLAIM);
    ask_seller(step, TEXT("CLAIM"), step->policy->goodwill_answer_ms);
    return VERDICT_APPLIED;
}

static bool offer_stands(const struct case_file *file, struct text offer_id)
{
    return file->offer_id.size > 0 && text_equal(id_text(&file->offer_id), offer_id);
}

static enum verdict accept(struct case_step *step)
{
    struct case_file *file = step->file;
    struct text offer_id = step->fact->buyer_decision->offer_id;
    if (!offer_stands(file, offer_id)) {
        return case_refuse(step, REFUSAL_NO_SUCH_OFFER);
    }
    set_state(step, SETTLEMENT_FACT_ACCEPT);
    struct compensation *agreed = effect_compensation(
        step, (struct compensation_identity){.kind = COMPENSATION_GOODWILL, .source_id = offer_id},
        file->offer_minor);
    agreed->instrument = file->offer_instrument;
    struct notification *settled = tell_settled(step, TEXT("AGREED"), file->offer_minor);
    settled->instrument = file->offer_instrument;
    settled->offer_id = offer_id;
    drop_offer(file);
    return VERDICT_APPLIED;
}

static enum verdict reject(struct case_step *step)
{
    struct case_file *file = step->file;
    struct text offer_id = step->fact->buyer_decision->offer_id;
    bool names_another = text_is_set(offer_id) && !offer_stands(file, offer_id);
    if (file->offer_id.size == 0 || names_another) {
        return case_refuse(step, REFUSAL_NO_SUCH_OFFER);
    }
    set_state(step, SETTLEMENT_FACT_REJECT);
    drop_offer(file);
    ask_seller(step, TEXT("REJECTED"), step->policy->goodwill_answer_ms);
    return VERDICT_APPLIED;
}

static enum verdict ask_platform(struct case_step *step)
{
    const struct case_file *file = step->file;
    const struct policy *policy = step->policy;
    if (file->settlement == SETTLEMENT_DECLINED && policy->ask_within_ms.set &&
        step->at_ms >= moment_after(file->declined_at_ms, policy->ask_within_ms.value)) {
        return case_refuse(step, REFUSAL_NOT_OPEN);
    }
    set_state(step, SETTLEMENT_FACT_ASK_PLATFORM);
    ask_seller(step, TEXT("EVIDENCE"), policy->seller_evidence_ms);
    struct notification *mediate =
        effect_notification(step, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION, 0);
    mediate->reason = TEXT("MEDIATE");
    return VERDICT_APPLIED;
}

enum verdict settlement_decide(struct case_step *step)
{
    enum settlement_fact fact = SETTLEMENT_FACT_COUNT;
    enum verdict (*rule)(struct case_step *) = NULL;
    switch (step->fact->buyer_decision->choice) {
    case CHOICE_CLAIM:
        fact = SETTLEMENT_FACT_CLAIM;
        rule = claim;
        break;
    case CHOICE_ACCEPT:
        fact = SETTLEMENT_FACT_ACCEPT;
        rule = accept;
        break;
    case CHOICE_REJECT:
        fact = SETTLEMENT_FACT_REJECT;
        rule = reject;
        break;
    case CHOICE_ASK_PLATFORM:
        fact = SETTLEMENT_FACT_ASK_PLATFORM;
        rule = ask_platform;
        break;
    case CHOICE_UNKNOWN:
    case CHOICE_WAIT:
    case CHOICE_SUBSTITUTE:
    case CHOICE_CANCEL:
        break;
    }
    must(rule);
    struct settlement_transition cell = settlement_transition_of(step->file->settlement, fact);
    return cell.legal ? rule(step) : case_refuse(step, cell.refusal);
}

static enum verdict offer(struct case_step *step)
{
    struct case_file *file = step->file;
    const struct seller_response *response = step->fact->seller_response;
    if (!response->amount_minor.set || response->amount_minor.value <= 0) {
        return case_refuse(step, REFUSAL_NO_SUCH_OFFER);
    }
    if (response->amount_minor.value > settlement_limit(file, step->policy)) {
        return case_refuse(step, REFUSAL_OVER_LIMIT);
    }
    set_state(step, SETTLEMENT_FACT_OFFER);
    id_set(&file->offer_id, response->id);
    file->offer_minor = response->amount_minor.value;
    file->offer_instrument =
        response->instrument == INSTRUMENT_UNKNOWN ? INSTRUMENT_CASH : response->instrument;

    struct notification *told = effect_notification(step, AUDIENCE_BUYER, NOTICE_OFFER, 0);
    effect_amount(step, told, file->offer_minor);
    told->instrument = file->offer_instrument;
    told->offer_id = id_text(&file->offer_id);
    return VERDICT_APPLIED;
}

static enum verdict decline(struct case_step *step)
{
    /* After the platform was asked, this is the seller's word to it (with the evidence in the
     * fact): the buyer was answered or did not wait for the answer. */
    bool is_evidence = step->file->settlement == SETTLEMENT_ESCALATED;
    set_state(step, SETTLEMENT_FACT_DECLINE);
    if (!is_evidence) {
        effect_notification(step, AUDIENCE_BUYER, NOTICE_DECLINED, 0);
    }
    return VERDICT_APPLIED;
}

enum verdict settlement_respond(struct case_step *step)
{
    bool is_offer = step->fact->seller_response->kind == RESPONSE_OFFER_COMPENSATION;
    struct settlement_transition cell = settlement_transition_of(
        step->file->settlement, is_offer ? SETTLEMENT_FACT_OFFER : SETTLEMENT_FACT_DECLINE);
    if (!cell.legal) {
        return case_refuse(step, cell.refusal);
    }
    return is_offer ? offer(step) : decline(step);
}

enum verdict settlement_rule(struct case_step *step)
{
    const struct platform_ruling *ruling = step->fact->platform_ruling;
    bool compensates = ruling->ruling == RULING_COMPENSATE;
    enum settlement_fact fact = compensates ? SETTLEMENT_FACT_COMPENSATE : SETTLEMENT_FACT_DISMISS;
    struct settlement_transition cell = settlement_transition_of(step->file->settlement, fact);
    if (!cell.legal) {
        return case_refuse(step, cell.refusal);
    }
    if (compensates && !ruling->amount_minor.set) {
        return case_refuse(step, REFUSAL_NO_SUCH_OFFER);
    }
    if (ruling->line_no != 0 && !case_find_line(step->file, ruling->line_no)) {
        return case_refuse(step, REFUSAL_NO_SUCH_LINE);
    }
    set_state(step, fact);
    drop_offer(step->file);
    if (!compensates) {
        tell_settled(step, TEXT("DISMISSED"), 0);
        return VERDICT_APPLIED;
    }
    int64_t amount = ruling->amount_minor.value;
    if (amount > 0) {
        effect_compensation(step,
                            (struct compensation_identity){.kind = COMPENSATION_RULING,
                                                           .line_no = ruling->line_no,
                                                           .source_id = ruling->id},
                            amount);
    }
    tell_settled(step, TEXT("RULED"), amount)->instrument = INSTRUMENT_CASH;
    return VERDICT_APPLIED;
}

void settlement_refund_ruled(struct case_step *step)
{
    set_state(step, SETTLEMENT_FACT_REFUND);
    if (step->file->settlement == SETTLEMENT_RULED) {
        drop_offer(step->file);
    }
}
