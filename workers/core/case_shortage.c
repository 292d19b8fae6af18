#include "core/case_shortage.h"

#include "core/case_effects.h"
#include "core/moment.h"

/* LINE_FACT_COUNT where the shortage says nothing that we know. */
static enum line_fact fact_of(const struct shortage *shortage)
{
    switch (shortage->kind) {
    case SHORTAGE_UNFILLABLE:
        return LINE_FACT_SHORT;
    case SHORTAGE_ETA_CHANGED:
        return LINE_FACT_ETA_CHANGED;
    case SHORTAGE_RECOVERED:
        return LINE_FACT_RECOVERED;
    case SHORTAGE_CLOSED:
        switch (shortage->reason) {
        case CLOSE_SHIPPED:
            return LINE_FACT_SHIPPED;
        case CLOSE_CANCELLED:
            return LINE_FACT_CANCELLED;
        case CLOSE_REFUNDED:
            return LINE_FACT_REFUNDED;
        case CLOSE_SUBSTITUTED:
            return LINE_FACT_SUBSTITUTED;
        case CLOSE_UNKNOWN:
            break;
        }
        break;
    case SHORTAGE_UNKNOWN:
        break;
    }
    return LINE_FACT_COUNT;
}

static void take_status(struct case_line *line, const struct shortage *shortage)
{
    line->episode = shortage->episode;
    line->cause = shortage->cause;
    line->queue_place = shortage->queue_place;
    line->expected_at_ms = (struct optional_long){
        .value = shortage->expected_at_ms.set ? shortage->expected_at_ms.value : 0,
        .set = shortage->expected_at_ms.set};
}

static struct case_line *add_line(struct case_step *step, const struct shortage *shortage)
{
    struct case_line *line = case_add_line(step->file, shortage->line_no);
    id_set(&line->sku, shortage->sku);
    title_set(&line->title, shortage->title);
    line->quantity = shortage->quantity;
    line->paid_minor = shortage->paid_minor;
    line->revision = shortage->revision;
    line->first_promise_ms = shortage->ship_by_ms.set
                                 ? shortage->ship_by_ms.value
                                 : moment_after(shortage->paid_at_ms, step->policy->ship_within_ms);
    line->promise_ms = line->first_promise_ms;
    return line;
}

enum verdict case_judge_shortage(struct case_step *step)
{
    const struct shortage *shortage = step->fact->shortage;
    enum line_fact fact = fact_of(shortage);
    struct case_line *line = case_line_find(step->file, shortage->line_no);
    if (line && shortage->revision <= line->revision) {
        return VERDICT_UNKNOWN;
    }
    if (line) {
        line->revision = shortage->revision;
    }
    if (fact == LINE_FACT_COUNT) {
        return case_refuse(step, REFUSAL_NOT_OPEN);
    }
    if (!line) {
        struct line_transition cell = line_transition_of(LINE_UNKNOWN, fact);
        if (cell.step == LINE_STEP_REFUSE || step->file->line_count == CASE_LINES_MAX) {
            return case_refuse(step, REFUSAL_NO_SUCH_LINE);
        }
        line = add_line(step, shortage);
    }
    return case_step_line(step, line, fact);
}

/* A grace of 0 is over as it starts: nobody waits for a deadline that is due. */
static bool starts_without_grace(struct case_step *step, int64_t grace_ms)
{
    case_start_grace(step, grace_ms);
    return grace_ms == 0;
}

enum verdict shortage_open(struct case_step *step, struct case_line *line)
{
    take_status(line, step->fact->shortage);
    case_line_set_state(step, line, LINE_CONFIRMING);
    bool at_once = starts_without_grace(step, line->notice == 0 ? step->policy->notice_grace_ms
                                                                : step->policy->renewed_grace_ms);
    step->notice_now = at_once || line->cause == CAUSE_REPORTED;
    return VERDICT_APPLIED;
}

enum verdict shortage_follow(struct case_step *step, struct case_line *line)
{
    const struct shortage *shortage = step->fact->shortage;
    bool newly_reported = shortage->cause == CAUSE_REPORTED &&
                          (line->cause != CAUSE_REPORTED || line->state == LINE_CONFIRMING);
    take_status(line, shortage);
    bool is_worse = false;
    bool at_once = false;
    if (line->state != LINE_CONFIRMING) {
        is_worse = line->told_ms.set &&
                   (!line->expected_at_ms.set || line->expected_at_ms.value > line->told_ms.value);
        line->renewal_pending = is_worse;
        if (is_worse) {
            at_once = starts_without_grace(step, step->policy->renewed_grace_ms);
        }
    }
    step->notice_now = at_once || (newly_reported && case_line_is_pending(line));
    return VERDICT_APPLIED;
}

enum verdict shortage_release(struct case_step *step, struct case_line *line)
{
    bool was_told = line->state != LINE_CONFIRMING;
    take_status(line, step->fact->shortage);
    if (line->held) {
        effect_plan(step, line, PLAN_RELEASE);
    }
    if (was_told) {
        effect_line_notification(step, AUDIENCE_BUYER, NOTICE_BACK_IN_STOCK, line);
    }
    case_line_set_state(step, line, LINE_RECOVERED);
    return VERDICT_APPLIED;
}

enum verdict shortage_ship(struct case_step *step, struct case_line *line)
{
    case_line_set_state(step, line, line->notice > 0 ? LINE_FILLED_LATE : LINE_RECOVERED);
    line->shipped = true;
    return VERDICT_APPLIED;
}

/* The goods left although the money, or a substitute, goes out in their place. */
enum verdict shortage_ship_after_all(struct case_step *step, struct case_line *line)
{
    bool is_replaced = line->replacement_sku.size > 0;
    struct notification *told =
        effect_line_notification(step, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION, line);
    told->reason = is_replaced ? TEXT("SHIPPED_AFTER_SUBSTITUTE") : TEXT("SHIPPED_AFTER_REFUND");
    if (is_replaced) {
        told->sku = id_text(&line->replacement_sku);
    } else {
        effect_amount(step, told, line->refunds[REFUND_PURPOSE_LINE].amount_minor);
    }
    return VERDICT_APPLIED;
}

enum verdict shortage_withdraw(struct case_step *step, struct case_line *line)
{
    case_line_set_state(step, line, LINE_WITHDRAWN);
    return VERDICT_APPLIED;
}
