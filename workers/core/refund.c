#include "core/refund.h"

#include "core/case_effects.h"
#include "core/moment.h"

static int64_t refunded(const struct case_line *line)
{
    int64_t sum = 0;
    for (int purpose = 0; purpose < REFUND_PURPOSE_COUNT; purpose++) {
        sum += line->refunds[purpose].amount_minor;
    }
    return sum;
}

/* The line whose substitute this one is, or NULL. */
static const struct case_line *replaced_line(const struct case_file *file,
                                             const struct case_line *line)
{
    if (line->line_no <= SUBSTITUTE_LINE_BASE) {
        return NULL;
    }
    const struct case_line *origin = case_find_line(file, line->line_no - SUBSTITUTE_LINE_BASE);
    bool replaced = origin && origin->replacement_sku.size > 0 &&
                    text_equal(id_text(&origin->replacement_sku), id_text(&line->sku));
    return replaced ? origin : NULL;
}

int64_t refund_left(const struct case_file *file, const struct case_line *line)
{
    int64_t left = line->paid_minor - refunded(line);
    int64_t of_kin = refunded(line);
    const struct case_line *origin = replaced_line(file, line);
    for (; origin; origin = replaced_line(file, origin)) {
        of_kin += refunded(origin);
        int64_t left_of_origin = origin->paid_minor - of_kin;
        left = left_of_origin < left ? left_of_origin : left;
    }
    return left > 0 ? left : 0;
}

bool refund_is_running(const struct case_refund *refund)
{
    return refund->state == REFUND_STATE_REQUESTED || refund->state == REFUND_STATE_WAITING;
}

struct text refund_reason_text(enum refund_reason reason)
{
    switch (reason) {
    case REFUND_FOR_UNKNOWN:
        return TEXT("UNKNOWN");
    case REFUND_FOR_BUYER_CANCELLED:
        return TEXT("BUYER_CANCELLED");
    case REFUND_FOR_SILENCE:
        return TEXT("SILENCE");
    case REFUND_FOR_DATE_PASSED:
        return TEXT("DATE_PASSED");
    case REFUND_FOR_RULING:
        return TEXT("RULING");
    case REFUND_FOR_SUBSTITUTE_DIFFERENCE:
        return TEXT("SUBSTITUTE_DIFFERENCE");
    }
    return TEXT("UNKNOWN");
}

/* Requests the first attempt; one of nothing is done at once. */
static void request(struct case_step *step, struct case_line *line, enum refund_purpose purpose,
                    enum refund_reason reason, int64_t amount_minor)
{
    struct case_refund *refund = &line->refunds[purpose];
    must(refund->state == REFUND_STATE_NONE);
    must(amount_minor >= 0 && amount_minor <= refund_left(step->file, line));
    refund->state = amount_minor > 0 ? REFUND_STATE_REQUESTED : REFUND_STATE_DONE;
    refund->reason = reason;
    refund->attempt = 1;
    refund->amount_minor = amount_minor;
    refund->due_by_ms = moment_after(step->at_ms, step->policy->refund_due_ms);
    if (amount_minor > 0) {
        effect_refund_request(step, line, purpose);
    }
    must(refunded(line) <= line->paid_minor);
}

void refund_start(struct case_step *step, struct case_line *line, enum refund_reason reason)
{
    /* A line kept by an older version says it by its state alone. */
    bool goods_are_gone = line->shipped || line->state == LINE_FILLED_LATE;
    request(step, line, REFUND_PURPOSE_LINE, reason, refund_left(step->file, line));
    const struct case_refund *refund = &line->refunds[REFUND_PURPOSE_LINE];

    struct notification *started =
        effect_line_notification(step, AUDIENCE_BUYER, NOTICE_REFUND_STARTED, line);
    effect_amount(step, started, refund->amount_minor);
    started->reason = refund_reason_text(reason);
    started->due_by_ms = (struct optional_long){.value = refund->due_by_ms, .set = true};
    if (!goods_are_gone) {
        effect_plan(step, line, PLAN_CANCEL);
        effect_line_outcome(step, line, CLOSE_REFUNDED, NULL);
    }
    case_line_set_state(step, line, LINE_REFUNDING);
    if (refund->state == REFUND_STATE_DONE) {
        case_line_set_state(step, line, LINE_REFUNDED);
    }
}

void refund_start_difference(struct case_step *step, struct case_line *line, int64_t amount_minor)
{
    must(amount_minor > 0);
    request(step, line, REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE, REFUND_FOR_SUBSTITUTE_DIFFERENCE,
            amount_minor);
}

enum verdict refund_cancel(struct case_step *step, struct case_line *line)
{
    if (step->fact->kind == CASE_FACT_PLATFORM_RULING) {
        refund_start(step, line, REFUND_FOR_RULING);
        return VERDICT_APPLIED;
    }
    /* Who was never told of the shortage cancels with the shop, as any other order. */
    if (line->state == LINE_RECOVERED && line->notice == 0) {
        return case_refuse(step, REFUSAL_NOT_OPEN);
    }
    refund_start(step, line, REFUND_FOR_BUYER_CANCELLED);
    return VERDICT_APPLIED;
}

enum verdict refund_finish(struct case_step *step, struct case_line *line)
{
    enum refund_purpose purpose = step->fact->purpose;
    struct case_refund *refund = &line->refunds[purpose];
    if (refund->state == REFUND_STATE_NONE) {
        return case_refuse(step, REFUSAL_NOT_OPEN);
    }
    if (refund->state == REFUND_STATE_DONE) {
        return VERDICT_UNKNOWN;
    }
    /* Whichever attempt it was: the money is back. */
    refund->state = REFUND_STATE_DONE;
    struct notification *done =
        effect_line_notification(step, AUDIENCE_BUYER, NOTICE_REFUND_DONE, line);
    effect_amount(step, done, refund->amount_minor);
    case_line_set_state(step, line,
                        purpose == REFUND_PURPOSE_LINE ? LINE_REFUNDED : LINE_SUBSTITUTED);
    return VERDICT_APPLIED;
}

enum verdict refund_fail(struct case_step *step, struct case_line *line)
{
    const struct refund_result *result = step->fact->refund_result;
    const struct policy *policy = step->policy;
    struct case_refund *refund = &line->refunds[step->fact->purpose];
    if (refund->state == REFUND_STATE_NONE || result->attempt > refund->attempt) {
        return case_refuse(step, REFUSAL_NOT_OPEN);
    }
    if (refund->state != REFUND_STATE_REQUESTED || result->attempt < refund->attempt) {
        return VERDICT_UNKNOWN;
    }
    uint32_t retries = (uint32_t)refund->attempt - 1;
    if (result->retryable && retries < policy->refund_retry_count) {
        refund->state = REFUND_STATE_WAITING;
        refund->retry_at_ms = moment_after(step->at_ms, policy->refund_retry_ms[retries]);
        return VERDICT_APPLIED;
    }
    refund->state = REFUND_STATE_FAILED;
    struct notification *failed =
        effect_line_notification(step, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION, line);
    effect_amount(step, failed, refund->amount_minor);
    failed->reason = TEXT("REFUND_FAILED");
    case_line_set_state(step, line, LINE_REFUND_FAILED);
    return VERDICT_APPLIED;
}

enum verdict refund_retry(struct case_step *step, struct case_line *line)
{
    for (int purpose = 0; purpose < REFUND_PURPOSE_COUNT; purpose++) {
        struct case_refund *refund = &line->refunds[purpose];
        if (refund->state == REFUND_STATE_WAITING && refund->retry_at_ms <= step->at_ms) {
            refund->state = REFUND_STATE_REQUESTED;
            refund->attempt++;
            effect_refund_request(step, line, (enum refund_purpose)purpose);
        }
    }
    return VERDICT_APPLIED;
}
