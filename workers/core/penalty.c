#include "core/penalty.h"

#include "core/case_effects.h"
#include "core/moment.h"
#include "core/money.h"

int64_t penalty_amount(const struct penalty *penalty, int64_t paid_minor)
{
    int64_t amount = money_share(paid_minor, penalty->rate_bp);
    if (penalty->max_minor > 0 && amount > penalty->max_minor) {
        amount = penalty->max_minor;
    }
    return amount < penalty->min_minor ? penalty->min_minor : amount;
}

int64_t penalty_together(const struct policy *policy, uint32_t set, int64_t paid_minor)
{
    int64_t largest = 0;
    int64_t sum = 0;
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        if (set & UINT32_C(1) << i) {
            int64_t amount = penalty_amount(&policy->penalties[i], paid_minor);
            largest = amount > largest ? amount : largest;
            sum += amount;
        }
    }
    int64_t cap = money_share(paid_minor, policy->stack_cap_bp);
    int64_t capped = sum < cap ? sum : cap;
    return largest > capped ? largest : capped;
}

/* Whether the rule can still become due for the line: it is one for promises of this length, and
 * neither it nor another penalty of the same rule was due before. */
static bool is_open(const struct case_file *file, const struct policy *policy,
                    const struct case_line *line, uint32_t index)
{
    const struct penalty *penalty = &policy->penalties[index];
    /* Compared as sums: a difference of absurd times could overflow. */
    if (penalty->promise_over_ms.set &&
        line->first_promise_ms <= moment_after(file->paid_at_ms, penalty->promise_over_ms.value)) {
        return false;
    }
    if (penalty->promise_up_to_ms.set &&
        line->first_promise_ms > moment_after(file->paid_at_ms, penalty->promise_up_to_ms.value)) {
        return false;
    }
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        bool was_due = line->penalties_due & UINT32_C(1) << i;
        if (was_due && (i == index || policy->penalties[i].rule == penalty->rule)) {
            return false;
        }
    }
    return true;
}

static int64_t due_at(const struct penalty *penalty, const struct case_line *line)
{
    int64_t at_ms = moment_after(line->promise_ms, penalty->after_promise_ms.value);
    return moment_later(at_ms, line->noticed_at_ms);
}

static void pay(struct case_step *step, struct case_line *line, uint32_t index)
{
    const struct policy *policy = step->policy;
    const struct penalty *penalty = &policy->penalties[index];
    line->penalties_due |= UINT32_C(1) << index;
    int64_t together = penalty_together(policy, line->penalties_due, line->paid_minor);
    int64_t amount = together - line->penalty_paid_minor;
    must(amount >= 0);
    if (amount == 0) {
        return;
    }
    line->penalty_paid_minor += amount;
    struct compensation *compensation = effect_compensation(
        step,
        (struct compensation_identity){
            .kind = COMPENSATION_PENALTY, .line_no = line->line_no, .rule = penalty->rule},
        amount);
    if (policy->payer != PAYER_UNKNOWN) {
        compensation->payer = policy->payer;
    }
    if (policy->instrument != INSTRUMENT_UNKNOWN) {
        compensation->instrument = policy->instrument;
    }
    compensation->base_minor = (struct optional_long){.value = line->paid_minor, .set = true};
    compensation->rate_bp = (struct optional_int){.value = penalty->rate_bp, .set = true};
}

void penalty_admit(struct case_step *step, struct case_line *line)
{
    for (uint32_t i = 0; i < step->policy->penalty_count; i++) {
        if (step->policy->penalties[i].on_admission && is_open(step->file, step->policy, line, i)) {
            pay(step, line, i);
        }
    }
}

enum verdict penalty_pass(struct case_step *step, struct case_line *line)
{
    for (uint32_t i = 0; i < step->policy->penalty_count; i++) {
        const struct penalty *penalty = &step->policy->penalties[i];
        if (penalty->after_promise_ms.set && due_at(penalty, line) <= step->at_ms &&
            is_open(step->file, step->policy, line, i)) {
            pay(step, line, i);
        }
    }
    return VERDICT_APPLIED;
}

struct optional_long penalty_next(const struct case_file *file, const struct policy *policy,
                                  const struct case_line *line)
{
    struct optional_long next = {.set = false};
    if (!line_state_is_short(line->state) || line->state == LINE_CONFIRMING) {
        return next;
    }
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        const struct penalty *penalty = &policy->penalties[i];
        if (penalty->after_promise_ms.set && is_open(file, policy, line, i)) {
            int64_t at_ms = due_at(penalty, line);
            next.value = next.set ? moment_earlier(next.value, at_ms) : at_ms;
            next.set = true;
        }
    }
    return next;
}
