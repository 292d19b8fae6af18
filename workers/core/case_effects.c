#include "core/case_effects.h"

static struct optional_long some(int64_t value)
{
    return (struct optional_long){.value = value, .set = true};
}

void case_effects_reset(struct case_effects *effects)
{
    effects->verdict = VERDICT_UNKNOWN;
    effects->reason = REFUSAL_UNKNOWN;
    effects->sequence = 0;
    effects->line_change_count = 0;
    effects->notification_count = 0;
    effects->refund_request_count = 0;
    effects->plan_count = 0;
    effects->compensation_count = 0;
    effects->line_outcome_count = 0;
    effects->notice_line_count = 0;
    effects->choice_count = 0;
}

bool case_effects_are_empty(const struct case_effects *effects)
{
    return effects->line_change_count == 0 && effects->notification_count == 0 &&
           effects->refund_request_count == 0 && effects->plan_count == 0 &&
           effects->compensation_count == 0 && effects->line_outcome_count == 0;
}

void effect_line_change(struct case_step *step, int32_t line_no, enum line_state before,
                        enum line_state after)
{
    struct case_effects *effects = step->effects;
    for (uint32_t i = 0; i < effects->line_change_count; i++) {
        if (effects->line_changes[i].line_no == line_no) {
            effects->line_changes[i].after = after;
            return;
        }
    }
    must(effects->line_change_count < CASE_LINES_MAX);
    effects->line_changes[effects->line_change_count++] =
        (struct line_change){.line_no = line_no, .before = before, .after = after};
}

struct notification *effect_notification(struct case_step *step, enum audience audience,
                                         enum notice_kind kind, int32_t number)
{
    struct case_effects *effects = step->effects;
    struct case_file *file = step->file;
    must(effects->notification_count < CASE_NOTIFICATIONS_MAX);
    uint32_t at = effects->notification_count++;
    effects->notification_identities[at] = (struct notification_identity){
        .kind = kind, .audience = audience, .number = number, .sequence = step->sequence};
    struct notification *notification = &effects->notifications[at];
    *notification = (struct notification){
        .marketplace = id_text(&file->marketplace),
        .seller_id = id_text(&file->seller_id),
        .at_ms = step->at_ms,
        .order_id = id_text(&file->order_id),
        .audience = audience,
        .locale = text_of(file->locale),
        .kind = kind,
        .lines = &effects->notice_lines[effects->notice_line_count],
    };
    switch (audience) {
    case AUDIENCE_BUYER:
        notification->recipient_id = id_text(&file->buyer_id);
        file->told = true;
        break;
    case AUDIENCE_SELLER:
        notification->recipient_id = id_text(&file->seller_id);
        break;
    case AUDIENCE_SUPPORT:
    case AUDIENCE_UNKNOWN:
        break;
    }
    return notification;
}

struct notice_line *effect_notice_line(struct case_step *step, const struct case_line *line)
{
    struct case_effects *effects = step->effects;
    must(effects->notification_count > 0);
    must(effects->notice_line_count < CASE_NOTICE_LINES_MAX);
    struct notice_line *told = &effects->notice_lines[effects->notice_line_count++];
    *told = (struct notice_line){
        .line_no = line->line_no,
        .sku = id_text(&line->sku),
        .quantity = line->quantity,
        .paid_minor = line->paid_minor,
        .choices = &effects->choices[effects->choice_count],
        .title = title_text(&line->title),
    };
    effects->notifications[effects->notification_count - 1].line_count++;
    return told;
}

struct notice_choice *effect_choice(struct case_step *step, enum choice choice)
{
    struct case_effects *effects = step->effects;
    must(effects->notice_line_count > 0);
    must(effects->choice_count < CASE_CHOICES_MAX);
    struct notice_choice *added = &effects->choices[effects->choice_count++];
    *added = (struct notice_choice){.choice = choice};
    effects->notice_lines[effects->notice_line_count - 1].choice_count++;
    return added;
}

struct notification *effect_line_notification(struct case_step *step, enum audience audience,
                                              enum notice_kind kind, const struct case_line *line)
{
    struct notification *notification = effect_notification(step, audience, kind, line->line_no);
    effect_notice_line(step, line);
    return notification;
}

void effect_amount(const struct case_step *step, struct notification *notification,
                   int64_t amount_minor)
{
    notification->currency = text_of(step->file->currency);
    notification->amount_minor = some(amount_minor);
}

struct fulfilment_plan *effect_plan(struct case_step *step, const struct case_line *line,
                                    enum plan_action action)
{
    struct case_effects *effects = step->effects;
    must(effects->plan_count < CASE_PLANS_MAX);
    uint32_t at = effects->plan_count++;
    effects->plan_identities[at] = (struct plan_identity){
        .line_no = line->line_no, .action = action, .sequence = step->sequence};
    effects->plans[at] = (struct fulfilment_plan){
        .marketplace = id_text(&step->file->marketplace),
        .seller_id = id_text(&step->file->seller_id),
        .at_ms = step->at_ms,
        .order_id = id_text(&step->file->order_id),
        .line_no = line->line_no,
        .action = action,
    };
    return &effects->plans[at];
}

void effect_refund_request(struct case_step *step, const struct case_line *line,
                           enum refund_purpose purpose)
{
    struct case_effects *effects = step->effects;
    const struct case_refund *refund = &line->refunds[purpose];
    must(refund->state == REFUND_STATE_REQUESTED);
    must(effects->refund_request_count < CASE_REFUND_REQUESTS_MAX);
    uint32_t at = effects->refund_request_count++;
    effects->refund_identities[at] =
        (struct refund_identity){.line_no = line->line_no, .purpose = purpose};
    effects->refund_requests[at] = (struct refund_request){
        .marketplace = id_text(&step->file->marketplace),
        .seller_id = id_text(&step->file->seller_id),
        .at_ms = step->at_ms,
        .order_id = id_text(&step->file->order_id),
        .line_no = line->line_no,
        .amount_minor = refund->amount_minor,
        .currency = text_of(step->file->currency),
        .reason = refund->reason,
        .attempt = refund->attempt,
        .due_by_ms = refund->due_by_ms,
    };
}

struct compensation *effect_compensation(struct case_step *step,
                                         struct compensation_identity identity,
                                         int64_t amount_minor)
{
    struct case_effects *effects = step->effects;
    must(amount_minor > 0);
    must(effects->compensation_count < CASE_COMPENSATIONS_MAX);
    uint32_t at = effects->compensation_count++;
    effects->compensation_identities[at] = identity;
    effects->compensations[at] = (struct compensation){
        .marketplace = id_text(&step->file->marketplace),
        .seller_id = id_text(&step->file->seller_id),
        .at_ms = step->at_ms,
        .order_id = id_text(&step->file->order_id),
        .line_no = identity.line_no,
        .kind = identity.kind,
        .rule = identity.rule,
        .amount_minor = amount_minor,
        .currency = text_of(step->file->currency),
        .payer = PAYER_SELLER,
        .instrument = INSTRUMENT_CASH,
        .policy = text_of(step->file->policy),
    };
    return &effects->compensations[at];
}

void effect_line_outcome(struct case_step *step, const struct case_line *line,
                         enum close_reason reason, const struct replacement *replacement)
{
    struct case_effects *effects = step->effects;
    must(effects->line_outcome_count < CASE_LINES_MAX);
    uint32_t at = effects->line_outcome_count++;
    effects->line_outcomes[at] = (struct line_outcome){
        .marketplace = id_text(&step->file->marketplace),
        .seller_id = id_text(&step->file->seller_id),
        .at_ms = step->at_ms,
        .order_id = id_text(&step->file->order_id),
        .line_no = line->line_no,
        .sku = id_text(&line->sku),
        .reason = reason,
        .buyer_id = id_text(&step->file->buyer_id),
        .locale = text_of(step->file->locale),
        .currency = text_of(step->file->currency),
    };
    if (replacement) {
        effects->replacements[at] = *replacement;
        effects->line_outcomes[at].replacement = &effects->replacements[at];
    }
}
