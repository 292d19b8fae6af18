#include "core/must.h"
#include "model_inside.h"

struct fulfilment_plan *model_plan(struct model_work *work, const struct model_line *line,
                                   enum plan_action action)
{
    must(work->said->plan_count < MODEL_SAID_MAX);
    struct fulfilment_plan *plan = &work->said->plans[work->said->plan_count++];
    *plan = (struct fulfilment_plan){.line_no = line->line_no, .action = action};
    return plan;
}

struct line_outcome *model_outcome(struct model_work *work, const struct model_line *line,
                                   enum close_reason reason)
{
    must(work->said->outcome_count < MODEL_SAID_MAX);
    struct line_outcome *outcome = &work->said->outcomes[work->said->outcome_count++];
    *outcome = (struct line_outcome){.line_no = line->line_no,
                                     .sku = line->sku,
                                     .reason = reason,
                                     .buyer_id = work->model->first.buyer_id,
                                     .locale = work->model->first.locale,
                                     .currency = work->model->first.currency};
    return outcome;
}

struct compensation *model_compensate(struct model_work *work, enum compensation_kind kind,
                                      int32_t line_no, int64_t amount_minor)
{
    must(work->said->compensation_count < MODEL_SAID_MAX);
    struct compensation *given = &work->said->compensations[work->said->compensation_count++];
    *given = (struct compensation){.line_no = line_no,
                                   .kind = kind,
                                   .amount_minor = amount_minor,
                                   .currency = work->model->first.currency,
                                   .payer = PAYER_SELLER,
                                   .instrument = INSTRUMENT_CASH};
    return given;
}

/* ---- Refunds ----------------------------------------------------------------------------------
 */

int64_t model_left(const struct model_line *line)
{
    return line->paid_minor - line->difference.amount_minor - line->whole.amount_minor;
}

static void request(struct model_work *work, const struct model_line *line,
                    const struct model_refund *refund)
{
    must(work->said->refund_count < MODEL_SAID_MAX);
    work->said->refunds[work->said->refund_count++] =
        (struct refund_request){.line_no = line->line_no,
                                .amount_minor = refund->amount_minor,
                                .currency = work->model->first.currency,
                                .reason = refund->reason,
                                .attempt = refund->attempt,
                                .due_by_ms = refund->due_by_ms};
}

/* A refund of nothing is done as it begins. */
static void begin(struct model_work *work, const struct model_line *line,
                  struct model_refund *refund, enum refund_reason reason, int64_t amount_minor)
{
    *refund = (struct model_refund){.stage = amount_minor > 0 ? MODEL_ASKED : MODEL_BACK,
                                    .reason = reason,
                                    .attempt = 1,
                                    .amount_minor = amount_minor,
                                    .due_by_ms = work->at_ms + work->model->policy->refund_due_ms};
    if (amount_minor > 0) {
        request(work, line, refund);
    }
}

static struct text words_of(enum refund_reason reason)
{
    switch (reason) {
    case REFUND_FOR_BUYER_CANCELLED:
        return TEXT("BUYER_CANCELLED");
    case REFUND_FOR_SILENCE:
        return TEXT("SILENCE");
    case REFUND_FOR_DATE_PASSED:
        return TEXT("DATE_PASSED");
    case REFUND_FOR_RULING:
        return TEXT("RULING");
    default:
        must(!"a reason to refund a line");
        return TEXT("");
    }
}

void model_refund(struct model_work *work, struct model_line *line, enum refund_reason reason)
{
    begin(work, line, &line->whole, reason, model_left(line));
    struct notification *told = model_tell_of(work, AUDIENCE_BUYER, NOTICE_REFUND_STARTED, line);
    told->reason = words_of(reason);
    told->due_by_ms = (struct optional_long){line->whole.due_by_ms, true};
    model_tell_amount(told, line->whole.amount_minor);
    if (!line->shipped) { /* of goods that are gone only money moves */
        model_plan(work, line, PLAN_CANCEL);
        (void)model_outcome(work, line, CLOSE_REFUNDED);
    }
    model_become(work, line, line->whole.stage == MODEL_BACK ? LINE_REFUNDED : LINE_REFUNDING);
}

void model_refund_difference(struct model_work *work, struct model_line *line, int64_t amount_minor)
{
    begin(work, line, &line->difference, REFUND_FOR_SUBSTITUTE_DIFFERENCE, amount_minor);
}

static void succeeded(struct model_work *work, struct model_line *line, struct model_refund *refund)
{
    if (refund->stage == MODEL_NO_REFUND) {
        model_refuse(work, REFUSAL_NOT_OPEN);
        return;
    }
    if (refund->stage == MODEL_BACK) {
        work->said->verdict = VERDICT_UNKNOWN;
        return;
    }
    refund->stage = MODEL_BACK; /* whichever attempt it was, also after it was given up */
    model_tell_amount(model_tell_of(work, AUDIENCE_BUYER, NOTICE_REFUND_DONE, line),
                      refund->amount_minor);
    model_become(work, line, refund == &line->whole ? LINE_REFUNDED : LINE_SUBSTITUTED);
}

static void failed(struct model_work *work, struct model_line *line, struct model_refund *refund)
{
    const struct refund_result *result = work->fact->result;
    const struct policy *policy = work->model->policy;
    if (refund->stage == MODEL_NO_REFUND ||
        (refund->stage == MODEL_ASKED && result->attempt > refund->attempt)) {
        model_refuse(work, REFUSAL_NOT_OPEN);
        return;
    }
    if (refund->stage != MODEL_ASKED || result->attempt < refund->attempt) {
        work->said->verdict = VERDICT_UNKNOWN;
        return;
    }
    if (result->retryable && refund->attempt <= (int32_t)policy->refund_retry_count) {
        refund->stage = MODEL_FAILED_ONCE;
        refund->again_ms = work->at_ms + policy->refund_retry_ms[refund->attempt - 1];
        return;
    }
    refund->stage = MODEL_GIVEN_UP;
    struct notification *told = model_tell_of(work, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION, line);
    told->reason = TEXT("REFUND_FAILED");
    model_tell_amount(told, refund->amount_minor);
    model_become(work, line, LINE_REFUND_FAILED);
}

void model_take_result(struct model_work *work)
{
    const struct refund_result *result = work->fact->result;
    struct model_line *line = model_line_of(work->model, result->line_no);
    if (!line || work->fact->is_no_refund) {
        model_refuse(work, REFUSAL_NO_SUCH_LINE);
        return;
    }
    struct model_refund *refund = work->fact->is_difference ? &line->difference : &line->whole;
    if (result->status == REFUND_SUCCEEDED) {
        succeeded(work, line, refund);
    } else {
        failed(work, line, refund);
    }
}

static struct moment again_at(const struct model_refund *refund)
{
    return refund->stage == MODEL_FAILED_ONCE ? moment_at(refund->again_ms) : never;
}

struct moment model_again_at(const struct model_line *line)
{
    return moment_first(again_at(&line->whole), again_at(&line->difference));
}

static void again(struct model_work *work, struct model_line *line, struct model_refund *refund)
{
    if (moment_is_due(again_at(refund), work->at_ms)) {
        refund->stage = MODEL_ASKED;
        refund->attempt++;
        request(work, line, refund);
    }
}

void model_refund_again(struct model_work *work, struct model_line *line)
{
    again(work, line, &line->whole);
    again(work, line, &line->difference);
}

/* ---- Penalties --------------------------------------------------------------------------------
 */

static int64_t half_up(int64_t amount_minor, int32_t rate_bp)
{
    return (amount_minor * rate_bp + 5000) / 10000;
}

static int64_t penalty_alone(const struct penalty *penalty, int64_t paid_minor)
{
    int64_t amount = half_up(paid_minor, penalty->rate_bp);
    if (penalty->max_minor > 0 && amount > penalty->max_minor) {
        amount = penalty->max_minor;
    }
    return amount < penalty->min_minor ? penalty->min_minor : amount;
}

/* The larger of the largest single one and min(their sum, cap x paid). */
static int64_t penalties_together(const struct policy *policy, const struct model_line *line)
{
    int64_t largest = 0;
    int64_t sum = 0;
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        if (line->penalty_due[i]) {
            int64_t alone = penalty_alone(&policy->penalties[i], line->paid_minor);
            largest = alone > largest ? alone : largest;
            sum += alone;
        }
    }
    int64_t cap = half_up(line->paid_minor, policy->stack_cap_bp);
    int64_t together = sum < cap ? sum : cap;
    return largest > together ? largest : together;
}

/* It is for promises as long as the line's, and its rule was not due before. */
static bool penalty_is_open(const struct model_case *model, const struct model_line *line,
                            uint32_t which)
{
    const struct penalty *penalty = &model->policy->penalties[which];
    int64_t promised_ms = line->first_promise_ms - model->first.paid_at_ms;
    if ((penalty->promise_over_ms.set && promised_ms <= penalty->promise_over_ms.value) ||
        (penalty->promise_up_to_ms.set && promised_ms > penalty->promise_up_to_ms.value)) {
        return false;
    }
    for (uint32_t i = 0; i < model->policy->penalty_count; i++) {
        if (line->penalty_due[i] && model->policy->penalties[i].rule == penalty->rule) {
            return false;
        }
    }
    return true;
}

static void pay_penalty(struct model_work *work, struct model_line *line, uint32_t which)
{
    const struct policy *policy = work->model->policy;
    const struct penalty *penalty = &policy->penalties[which];
    line->penalty_due[which] = true;
    int64_t amount = penalties_together(policy, line) - line->penalties_minor;
    if (amount == 0) {
        return;
    }
    line->penalties_minor += amount;
    struct compensation *given =
        model_compensate(work, COMPENSATION_PENALTY, line->line_no, amount);
    given->rule = penalty->rule;
    given->base_minor = (struct optional_long){line->paid_minor, true};
    given->rate_bp = (struct optional_int){penalty->rate_bp, true};
    given->payer = policy->payer ? policy->payer : PAYER_SELLER;
    given->instrument = policy->instrument ? policy->instrument : INSTRUMENT_CASH;
}

void model_penalties_of_admission(struct model_work *work, struct model_line *line)
{
    for (uint32_t i = 0; i < work->model->policy->penalty_count; i++) {
        if (work->model->policy->penalties[i].on_admission &&
            penalty_is_open(work->model, line, i)) {
            pay_penalty(work, line, i);
        }
    }
}

/* Due some time after the promise; not before the buyer knows that the line is short. */
static struct moment penalty_at(const struct model_case *model, const struct model_line *line,
                                uint32_t which)
{
    const struct penalty *penalty = &model->policy->penalties[which];
    if (!model_is_told(line) || !penalty->after_promise_ms.set ||
        !penalty_is_open(model, line, which)) {
        return never;
    }
    int64_t at_ms = line->promise_ms + penalty->after_promise_ms.value;
    return moment_at(at_ms > line->noticed_ms ? at_ms : line->noticed_ms);
}

struct moment model_penalty_at(const struct model_case *model, const struct model_line *line)
{
    struct moment first = never;
    for (uint32_t i = 0; i < model->policy->penalty_count; i++) {
        first = moment_first(first, penalty_at(model, line, i));
    }
    return first;
}

void model_penalties_of_time(struct model_work *work, struct model_line *line)
{
    for (uint32_t i = 0; i < work->model->policy->penalty_count; i++) {
        if (moment_is_due(penalty_at(work->model, line, i), work->at_ms)) {
            pay_penalty(work, line, i);
        }
    }
}
