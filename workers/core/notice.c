#include "core/notice.h"

#include "core/case_effects.h"
#include "core/moment.h"
#include "core/penalty.h"
#include "core/refund.h"
#include "core/substitution.h"

bool notice_is_current(const struct case_line *line, struct optional_int notice)
{
    return notice.set && line->notice > 0 && notice.value == line->notice;
}

/* The date if it lies ahead: a past date is no date. */
static struct optional_long date_ahead(struct optional_long date, int64_t at_ms)
{
    return date.set && date.value > at_ms ? date : (struct optional_long){.set = false};
}

static enum on_silence silence_means(const struct policy *policy, const struct case_line *line,
                                     bool is_first)
{
    enum on_silence silence = policy->renewed_silence;
    if (is_first) {
        int64_t latest_ms = moment_after(line->promise_ms, policy->eta_within_ms);
        bool is_near = line->told_ms.set && line->told_ms.value <= latest_ms;
        silence = is_near ? policy->notice_silence_with_eta : policy->notice_silence;
    }
    return silence == SILENCE_WAIT ? SILENCE_WAIT : SILENCE_REFUND;
}

static int64_t decide_by(const struct case_step *step, const struct case_line *line, bool is_first)
{
    const struct policy *policy = step->policy;
    bool is_bound = !is_first && policy->passed == DATE_PASSED_REFUND && line->agreed_ms.set;
    if (is_bound && line->agreed_ms.value > step->at_ms) {
        return line->agreed_ms.value;
    }
    int64_t window_ms = is_first ? policy->notice_window_ms : policy->renewed_window_ms;
    int64_t by_ms = moment_after(step->at_ms, window_ms);
    return line->decide_by_ms.set ? moment_later(by_ms, line->decide_by_ms.value) : by_ms;
}

static void add_choices(struct case_step *step, const struct case_line *line)
{
    if (line->wait_offered) {
        effect_choice(step, CHOICE_WAIT)->expected_at_ms = line->told_ms;
    }
    for (uint32_t i = 0; i < line->offered_count; i++) {
        const struct offered_substitute *offered = &line->offered[i];
        struct notice_choice *choice = effect_choice(step, CHOICE_SUBSTITUTE);
        choice->sku = id_text(&offered->sku);
        choice->expected_at_ms.value = substitution_ships_by(offered, step->at_ms);
        choice->expected_at_ms.set = true;
        choice->refund_minor = substitution_difference(line, offered);
    }
    effect_choice(step, CHOICE_CANCEL)->refund_minor = refund_left(step->file, line);
}

enum verdict notice_line_add(struct case_step *step, struct case_line *line)
{
    const struct policy *policy = step->policy;
    bool is_first = line->notice == 0;

    line->told_ms = date_ahead(line->expected_at_ms, step->at_ms);
    line->wait_offered = line->told_ms.set || policy->without_eta == WITHOUT_ETA_OFFER;
    substitution_offer(step, line);
    line->on_silence = silence_means(policy, line, is_first);
    line->decide_by_ms =
        (struct optional_long){.value = decide_by(step, line, is_first), .set = true};
    line->notice = step->file->notice_count;
    line->noticed_at_ms = step->at_ms;
    line->renewal_pending = false;
    if (policy->passed != DATE_PASSED_REFUND) {
        line->agreed_ms = (struct optional_long){.set = false};
    }
    case_line_set_state(step, line, LINE_AWAITING_DECISION);

    struct notice_line *told = effect_notice_line(step, line);
    told->expected_at_ms = line->told_ms;
    if (line->queue_place > 0 && line->queue_place <= INT32_MAX) {
        told->queue_place = (struct optional_int){.value = (int32_t)line->queue_place, .set = true};
    }
    told->decide_by_ms = line->decide_by_ms;
    told->on_silence = line->on_silence;
    add_choices(step, line);
    return VERDICT_APPLIED;
}

/* NEUTRAL words need a policy that allows them and a date for every line; they admit nothing. */
static enum wording wording_of(const struct case_step *step, const struct notification *notice)
{
    if (step->policy->wording != WORDING_NEUTRAL) {
        return WORDING_PLAIN;
    }
    for (uint32_t i = 0; i < notice->line_count; i++) {
        if (!notice->lines[i].expected_at_ms.set) {
            return WORDING_PLAIN;
        }
    }
    return WORDING_NEUTRAL;
}

void notice_send(struct case_step *step)
{
    struct case_file *file = step->file;
    bool any_pending = false;
    bool any_first = false;
    for (uint32_t i = 0; i < file->line_count; i++) {
        bool is_pending = case_line_is_pending(&file->lines[i]);
        any_pending |= is_pending;
        any_first |= is_pending && file->lines[i].notice == 0;
    }
    if (!any_pending) {
        return; /* silence at the very end of a grace has refunded what was pending */
    }
    file->notice_count++;
    struct notification *notice = effect_notification(
        step, AUDIENCE_BUYER, any_first ? NOTICE_SHORTAGE : NOTICE_RENEWED, file->notice_count);
    notice->notice = (struct optional_int){.value = file->notice_count, .set = true};
    for (struct case_line *line = case_line_after(file, 0); line;
         line = case_line_after(file, line->line_no)) {
        if (case_line_is_pending(line)) {
            enum verdict verdict = case_step_line(step, line, LINE_FACT_GRACE_OVER);
            must(verdict == VERDICT_APPLIED);
        }
    }
    notice->wording = wording_of(step, notice);
    if (notice->wording == WORDING_PLAIN) {
        for (struct case_line *line = case_line_after(file, 0); line;
             line = case_line_after(file, line->line_no)) {
            if (line->notice == file->notice_count) {
                penalty_admit(step, line);
            }
        }
    }
    file->grace_ms = (struct optional_long){.set = false};
}
