#include "core/wait.h"

#include "core/case_effects.h"
#include "core/moment.h"
#include "core/notice.h"
#include "core/refund.h"

static void agree(struct case_step *step, struct case_line *line, struct optional_long date,
                  enum consent consent)
{
    if (line->state != LINE_WAITING_RESTOCK) {
        struct fulfilment_plan *hold = effect_plan(step, line, PLAN_HOLD_FOR_RESTOCK);
        hold->until_ms = date;
        line->held = true;
    }
    struct notification *confirmed =
        effect_line_notification(step, AUDIENCE_BUYER, NOTICE_WAIT_CONFIRMED, line);
    confirmed->expected_at_ms = date;
    confirmed->consent = consent;

    case_line_set_state(step, line, LINE_WAITING_RESTOCK);
    line->agreed_ms = date;
    line->consent = consent;
    if (consent == CONSENT_EXPRESS && date.set) {
        line->promise_ms = moment_later(line->promise_ms, date.value);
    }
}

enum verdict wait_choose(struct case_step *step, struct case_line *line)
{
    const struct buyer_decision *decision = step->fact->buyer_decision;
    if (!notice_is_current(line, decision->notice)) {
        return case_refuse(step, REFUSAL_STALE_NOTICE);
    }
    bool date_is_past = line->told_ms.set && line->told_ms.value <= step->at_ms;
    if (!line->wait_offered || (date_is_past && step->policy->without_eta != WITHOUT_ETA_OFFER)) {
        return case_refuse(step, REFUSAL_NOT_OFFERED);
    }
    /* The same word again changes nothing; after silence it makes the consent an express one. */
    if (line->state == LINE_WAITING_RESTOCK && line->consent == CONSENT_EXPRESS) {
        return VERDICT_APPLIED;
    }
    struct optional_long no_date = {.set = false};
    agree(step, line, date_is_past ? no_date : line->told_ms, CONSENT_EXPRESS);
    return VERDICT_APPLIED;
}

enum verdict wait_pass_date(struct case_step *step, struct case_line *line)
{
    switch (step->policy->passed) {
    case DATE_PASSED_RENEW:
        line->renewal_pending = true;
        line->agreed_ms = (struct optional_long){.set = false};
        step->notice_now = true;
        break;
    case DATE_PASSED_REFUND:
        refund_start(step, line, REFUND_FOR_DATE_PASSED);
        break;
    }
    return VERDICT_APPLIED;
}

enum verdict wait_silence(struct case_step *step, struct case_line *line)
{
    switch (line->on_silence) {
    case SILENCE_UNKNOWN:
    case SILENCE_REFUND:
        refund_start(step, line, REFUND_FOR_SILENCE);
        break;
    case SILENCE_WAIT:
        if (line->told_ms.set && line->told_ms.value <= step->at_ms) {
            return wait_pass_date(step, line);
        }
        agree(step, line, line->told_ms, CONSENT_SILENCE);
        break;
    }
    return VERDICT_APPLIED;
}
