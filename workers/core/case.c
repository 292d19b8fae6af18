#include "core/case.h"

#include "core/case_deadline.h"
#include "core/case_effects.h"
#include "core/case_fingerprint.h"
#include "core/case_shortage.h"
#include "core/moment.h"
#include "core/notice.h"
#include "core/penalty.h"
#include "core/refund.h"
#include "core/settlement.h"
#include "core/substitution.h"
#include "core/wait.h"

static enum verdict note(struct case_step *step, struct case_line *line)
{
    (void)step;
    (void)line;
    return VERDICT_APPLIED;
}

static enum verdict (*const rules[LINE_STEP_COUNT])(struct case_step *, struct case_line *) = {
    [LINE_STEP_NOTE] = note,
    [LINE_STEP_OPEN] = shortage_open,
    [LINE_STEP_REOPEN] = shortage_open,
    [LINE_STEP_FOLLOW] = shortage_follow,
    [LINE_STEP_RELEASE] = shortage_release,
    [LINE_STEP_SHIP] = shortage_ship,
    [LINE_STEP_WITHDRAW] = shortage_withdraw,
    [LINE_STEP_SHIPPED_AFTER_ALL] = shortage_ship_after_all,
    [LINE_STEP_WAIT] = wait_choose,
    [LINE_STEP_SUBSTITUTE] = substitution_choose,
    [LINE_STEP_REFUND] = refund_cancel,
    [LINE_STEP_FINISH_REFUND] = refund_finish,
    [LINE_STEP_FAIL_REFUND] = refund_fail,
    [LINE_STEP_RETRY_REFUND] = refund_retry,
    [LINE_STEP_NOTIFY] = notice_line_add,
    [LINE_STEP_SILENCE] = wait_silence,
    [LINE_STEP_PASS_DATE] = wait_pass_date,
    [LINE_STEP_PENALIZE] = penalty_pass,
};

enum verdict case_refuse(struct case_step *step, enum refusal reason)
{
    must(reason != REFUSAL_UNKNOWN);
    step->effects->reason = reason;
    return VERDICT_REFUSED;
}

enum verdict case_step_line(struct case_step *step, struct case_line *line, enum line_fact fact)
{
    struct line_transition cell = line_transition_of(line->state, fact);
    if (cell.step == LINE_STEP_REFUSE) {
        return case_refuse(step, cell.refusal);
    }
    if (cell.step == LINE_STEP_IGNORE) {
        return VERDICT_UNKNOWN;
    }
    enum line_state before = line->state;
    enum verdict verdict = rules[cell.step](step, line);
    if (verdict == VERDICT_APPLIED) {
        must(cell.next & UINT32_C(1) << line->state);
    } else {
        must(line->state == before);
    }
    return verdict;
}

void case_line_set_state(struct case_step *step, struct case_line *line, enum line_state state)
{
    const struct optional_long none = {.set = false};
    must(line_state_may_become(line->state, state));
    if (line->state != state) {
        effect_line_change(step, line->line_no, line->state, state);
    }
    line->state = state;
    bool is_told = state == LINE_AWAITING_DECISION || state == LINE_WAITING_RESTOCK;
    if (state != LINE_AWAITING_DECISION) {
        line->decide_by_ms = none;
        line->on_silence = SILENCE_UNKNOWN;
    }
    if (state != LINE_WAITING_RESTOCK) {
        line->consent = CONSENT_UNKNOWN;
    }
    if (!is_told) {
        line->renewal_pending = false;
        line->wait_offered = false;
        line->told_ms = none;
        line->agreed_ms = none;
        line->held = false;
        line->offered_count = 0;
        memset(line->offered, 0, sizeof line->offered);
    }
}

bool case_line_is_pending(const struct case_line *line)
{
    return line->state == LINE_CONFIRMING || line->renewal_pending;
}

/* The place of the first line with at least this number. */
static uint32_t place_of(const struct case_file *file, int64_t line_no)
{
    uint32_t from = 0;
    uint32_t to = file->line_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (file->lines[middle].line_no < line_no) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

struct case_line *case_line_find(const struct case_file *file, int32_t line_no)
{
    uint32_t place = place_of(file, line_no);
    bool found = place < file->line_count && file->lines[place].line_no == line_no;
    return found ? &file->lines[place] : NULL;
}

struct case_line *case_line_after(const struct case_file *file, int32_t line_no)
{
    uint32_t place = place_of(file, (int64_t)line_no + 1);
    return place < file->line_count ? &file->lines[place] : NULL;
}

struct case_line *case_add_line(struct case_file *file, int32_t line_no)
{
    uint32_t place = place_of(file, line_no);
    struct case_line *line = &file->lines[place];
    must(file->line_count < file->line_capacity);
    must(place == file->line_count || line->line_no != line_no);
    memmove(line + 1, line, (file->line_count - place) * sizeof *line);
    memset(line, 0, sizeof *line);
    line->line_no = line_no;
    file->line_count++;
    return line;
}

const struct case_line *case_find_line(const struct case_file *file, int32_t line_no)
{
    return case_line_find(file, line_no);
}

void case_start_grace(struct case_step *step, int64_t grace_ms)
{
    struct optional_long *ends = &step->file->grace_ms;
    int64_t end_ms = moment_after(step->at_ms, grace_ms);
    ends->value = ends->set ? moment_earlier(ends->value, end_ms) : end_ms;
    ends->set = true;
}

bool case_is_closed(const struct case_file *file)
{
    return file->closed_at_ms.set;
}

bool case_is_forgotten(const struct case_file *file)
{
    return file->forgotten;
}

/* One of the order's lines, or with 0 each for which the fact is legal. Where it is legal for
 * none, the reason is that of the first line. */
static enum verdict judge_lines(struct case_step *step, int32_t line_no, enum line_fact fact)
{
    struct case_file *file = step->file;
    if (line_no != 0) {
        struct case_line *line = case_line_find(file, line_no);
        return line ? case_step_line(step, line, fact) : case_refuse(step, REFUSAL_NO_SUCH_LINE);
    }
    bool applied = false;
    enum refusal first_reason = REFUSAL_UNKNOWN;
    for (struct case_line *line = case_line_after(file, 0); line;
         line = case_line_after(file, line->line_no)) {
        if (case_step_line(step, line, fact) == VERDICT_APPLIED) {
            applied = true;
        } else if (first_reason == REFUSAL_UNKNOWN) {
            first_reason = step->effects->reason;
        }
    }
    if (!applied) {
        return case_refuse(step, first_reason);
    }
    step->effects->reason = REFUSAL_UNKNOWN;
    return VERDICT_APPLIED;
}

static enum verdict judge_decision(struct case_step *step)
{
    const struct buyer_decision *decision = step->fact->buyer_decision;
    switch (decision->choice) {
    case CHOICE_WAIT:
        return judge_lines(step, decision->line_no, LINE_FACT_WAIT);
    case CHOICE_CANCEL:
        return judge_lines(step, decision->line_no, LINE_FACT_CANCEL);
    case CHOICE_SUBSTITUTE:
        /* Consent to a substitute is for one line, never for whatever offers it. */
        return decision->line_no == 0 ? case_refuse(step, REFUSAL_NO_SUCH_LINE)
                                      : judge_lines(step, decision->line_no, LINE_FACT_SUBSTITUTE);
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
        return settlement_decide(step);
    case CHOICE_UNKNOWN:
        break;
    }
    return case_refuse(step, REFUSAL_NOT_OFFERED);
}

static enum verdict judge_response(struct case_step *step)
{
    switch (step->fact->seller_response->kind) {
    case RESPONSE_REPORT_NO_STOCK:
        return VERDICT_UNKNOWN; /* a fact for the allocation; the shortage it makes comes back */
    case RESPONSE_OFFER_COMPENSATION:
    case RESPONSE_DECLINE:
        return settlement_respond(step);
    case RESPONSE_UNKNOWN:
        break;
    }
    return case_refuse(step, REFUSAL_NOT_OPEN);
}

static enum verdict judge_ruling(struct case_step *step)
{
    const struct platform_ruling *ruling = step->fact->platform_ruling;
    switch (ruling->ruling) {
    case RULING_REFUND: {
        enum verdict verdict = judge_lines(step, ruling->line_no, LINE_FACT_REFUND_RULED);
        if (verdict == VERDICT_APPLIED) {
            settlement_refund_ruled(step);
        }
        return verdict;
    }
    case RULING_COMPENSATE:
    case RULING_DISMISS:
        return settlement_rule(step);
    case RULING_UNKNOWN:
        break;
    }
    return case_refuse(step, REFUSAL_NOT_OPEN);
}

static enum verdict judge_result(struct case_step *step)
{
    const struct case_fact *fact = step->fact;
    struct case_line *line = case_line_find(step->file, fact->refund_result->line_no);
    must(fact->purpose < REFUND_PURPOSE_COUNT);
    if (!line || fact->purpose == REFUND_PURPOSE_UNKNOWN) {
        return case_refuse(step, REFUSAL_NO_SUCH_LINE);
    }
    switch (fact->refund_result->status) {
    case REFUND_SUCCEEDED:
        return case_step_line(step, line, LINE_FACT_REFUND_SUCCEEDED);
    case REFUND_STATUS_FAILED:
        return case_step_line(step, line, LINE_FACT_REFUND_FAILED);
    case REFUND_UNKNOWN:
        break;
    }
    return case_refuse(step, REFUSAL_NOT_OPEN);
}

static enum verdict judge(struct case_step *step)
{
    switch (step->fact->kind) {
    case CASE_FACT_SHORTAGE:
        return case_judge_shortage(step);
    case CASE_FACT_BUYER_DECISION:
        return judge_decision(step);
    case CASE_FACT_SELLER_RESPONSE:
        return judge_response(step);
    case CASE_FACT_PLATFORM_RULING:
        return judge_ruling(step);
    case CASE_FACT_REFUND_RESULT:
        return judge_result(step);
    case CASE_FACT_TIMER:
        return case_fire_deadlines(step);
    }
    must(!"a fact of a known kind");
    return VERDICT_UNKNOWN;
}

/* Keeps what follows from the lines' states: when a penalty is due, whether a grace runs, whether
 * and since when the case is closed. */
static void settle(struct case_step *step)
{
    struct case_file *file = step->file;
    bool any_pending = false;
    bool all_ended = file->line_count > 0;
    for (uint32_t i = 0; i < file->line_count; i++) {
        struct case_line *line = &file->lines[i];
        line->penalty_at_ms = penalty_next(file, step->policy, line);
        any_pending |= case_line_is_pending(line);
        all_ended &= line_state_is_end(line->state);
    }
    if (!any_pending) {
        file->grace_ms = (struct optional_long){.set = false};
    }
    if (!all_ended) {
        file->closed_at_ms = (struct optional_long){.set = false};
    } else if (!file->closed_at_ms.set || step->effects->line_change_count > 0) {
        file->closed_at_ms = (struct optional_long){.value = step->at_ms, .set = true};
    }
    must(any_pending == file->grace_ms.set);
}

/* What holds between facts. */
static void check(const struct case_file *file)
{
    for (uint32_t i = 0; i < file->line_count; i++) {
        const struct case_line *line = &file->lines[i];
        const struct case_refund *whole = &line->refunds[REFUND_PURPOSE_LINE];
        const struct case_refund *difference = &line->refunds[REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE];
        must(line->state > LINE_UNKNOWN && line->state < LINE_STATE_COUNT);
        must(whole->amount_minor + difference->amount_minor <= line->paid_minor);
        must((line->state == LINE_AWAITING_DECISION) == line->decide_by_ms.set);
        must((line->state == LINE_REFUNDING) == refund_is_running(whole));
        must((line->state == LINE_SUBSTITUTING) == refund_is_running(difference));
        must((line->state == LINE_REFUNDED) == (whole->state == REFUND_STATE_DONE));
        must((line->state == LINE_REFUND_FAILED) ==
             (whole->state == REFUND_STATE_FAILED || difference->state == REFUND_STATE_FAILED));
    }
}

/* Cut after `size` - 1 bytes. */
static void keep_text(char *kept, uint32_t size, struct text text)
{
    uint32_t length = text.size < size ? text.size : size - 1;
    memset(kept, 0, size);
    if (length > 0) {
        memcpy(kept, text.data, length);
    }
}

void case_open(struct case_file *file, const struct shortage *first, const struct policy *policy)
{
    struct case_line *lines = file->lines;
    uint32_t line_capacity = file->line_capacity;
    memset(file, 0, sizeof *file);
    file->lines = lines;
    file->line_capacity = line_capacity;
    id_set(&file->order_id, first->order_id);
    id_set(&file->marketplace, first->marketplace);
    id_set(&file->seller_id, first->seller_id);
    id_set(&file->buyer_id, first->buyer_id);
    keep_text(file->locale, sizeof file->locale, first->locale);
    keep_text(file->currency, sizeof file->currency, first->currency);
    keep_text(file->policy, sizeof file->policy, text_of(policy->id));
    file->paid_at_ms = first->paid_at_ms;
    file->ship_by_ms.set = first->ship_by_ms.set;
    file->ship_by_ms.value = first->ship_by_ms.set ? first->ship_by_ms.value : 0;
}

int64_t case_life_of(int64_t paid_at_ms, int64_t now_ms)
{
    if (now_ms < moment_after(paid_at_ms, CASE_RETENTION_MS)) {
        return 0;
    }
    const int64_t day_ms = 24 * HOUR_MS;
    return now_ms / day_ms - paid_at_ms / day_ms; /* the difference itself could overflow */
}

void case_apply(struct case_file *file, const struct policy *policy,
                const struct catalogue *catalogue, const struct case_fact *fact,
                struct case_effects *effects)
{
    must(!file->forgotten);
    case_effects_reset(effects);
    uint64_t fingerprint = case_fingerprint_of(fact);
    bool is_known = case_fingerprint_is_known(file, fingerprint);
    bool once = case_fact_is_judged_once(fact->kind);
    if (once && is_known) {
        return;
    }
    struct case_step step = {.file = file,
                             .policy = policy,
                             .catalogue = catalogue,
                             .fact = fact,
                             .at_ms = fact->at_ms,
                             .sequence = file->sequence + 1,
                             .effects = effects};
    effects->verdict = judge(&step);
    if (effects->verdict == VERDICT_REFUSED && is_known) {
        effects->verdict = VERDICT_UNKNOWN;
        effects->reason = REFUSAL_UNKNOWN;
    }
    if (effects->verdict == VERDICT_UNKNOWN) {
        must(case_effects_are_empty(effects));
        return;
    }
    if (step.notice_now) {
        notice_send(&step);
    }
    must(effects->verdict == VERDICT_APPLIED || case_effects_are_empty(effects));
    file->sequence = step.sequence;
    effects->sequence = step.sequence;
    if (once || effects->verdict == VERDICT_REFUSED) {
        case_fingerprint_keep(file, fingerprint);
    }
    settle(&step);
    check(file);
}
