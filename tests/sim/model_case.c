#include "model_case.h"

#include "core/must.h"
#include "model_inside.h"

void model_refuse(struct model_work *work, enum refusal reason)
{
    work->said->verdict = VERDICT_REFUSED;
    work->said->reason = reason;
}

void model_outdated(struct model_work *work)
{
    work->said->verdict = VERDICT_UNKNOWN;
}

struct model_line *model_line_of(struct model_case *model, int32_t line_no)
{
    for (int i = 0; i < model->line_count; i++) {
        if (model->lines[i].line_no == line_no) {
            return &model->lines[i];
        }
    }
    return NULL;
}

bool model_is_told(const struct model_line *line)
{
    return line->state == LINE_AWAITING_DECISION || line->state == LINE_WAITING_RESTOCK;
}

/* Its part in the case is over, unless something happens to it again. */
static bool is_over(const struct model_line *line)
{
    return line->state == LINE_RECOVERED || line->state == LINE_FILLED_LATE ||
           line->state == LINE_SUBSTITUTED || line->state == LINE_REFUNDED ||
           line->state == LINE_WITHDRAWN || line->state == LINE_REFUND_FAILED;
}

/* Why nothing happens to a line that is past what the fact is about. */
static enum refusal past(const struct model_line *line)
{
    if (line->state == LINE_REFUNDING || line->state == LINE_SUBSTITUTING ||
        line->state == LINE_REFUND_FAILED) {
        return REFUSAL_MONEY_IN_MOTION;
    }
    if (line->state == LINE_FILLED_LATE) {
        return REFUSAL_SHIPPED;
    }
    if (line->state == LINE_REFUNDED || line->state == LINE_SUBSTITUTED ||
        line->state == LINE_WITHDRAWN) {
        return REFUSAL_CLOSED;
    }
    return REFUSAL_NOT_OPEN;
}

void model_become(struct model_work *work, struct model_line *line, enum line_state state)
{
    struct model_said *said = work->said;
    int i = 0;
    while (i < said->change_count && said->changes[i].line_no != line->line_no) {
        i++;
    }
    if (i == said->change_count) {
        said->changes[said->change_count++] =
            (struct line_change){.line_no = line->line_no, .before = line->state};
    }
    said->changes[i].after = state;
    line->state = state;
    if (state != LINE_AWAITING_DECISION) {
        line->answer_by = never;
    }
    if (!model_is_told(line)) { /* what was said and agreed holds no more */
        line->told = line->agreed = never;
        line->worse = line->may_wait = line->on_hold = false;
        line->offer_count = 0;
    }
}

/* ---- What the allocation says -----------------------------------------------------------------
 */

/* A grace runs once for all that is pending, and is never made longer. */
static void start_grace(struct model_work *work, int64_t grace_ms)
{
    work->model->grace_ends =
        moment_first(work->model->grace_ends, moment_at(work->at_ms + grace_ms));
    work->tells_now = work->tells_now || grace_ms == 0;
}

static void learn(struct model_line *line, const struct shortage *shortage)
{
    line->reported = shortage->cause == CAUSE_REPORTED;
    line->queue_place = shortage->queue_place;
    line->date = (struct moment){shortage->expected_at_ms.set, shortage->expected_at_ms.value};
}

static struct model_line *new_line(struct model_work *work, const struct shortage *shortage)
{
    struct model_case *model = work->model;
    must(model->line_count < MODEL_LINES_MAX);
    int at = model->line_count++;
    for (; at > 0 && model->lines[at - 1].line_no > shortage->line_no; at--) {
        model->lines[at] = model->lines[at - 1];
    }
    struct model_line *line = &model->lines[at];
    *line = (struct model_line){.line_no = shortage->line_no,
                                .state = LINE_UNKNOWN,
                                .sku = shortage->sku,
                                .title = shortage->title,
                                .quantity = shortage->quantity,
                                .paid_minor = shortage->paid_minor,
                                .first_promise_ms =
                                    shortage->ship_by_ms.set
                                        ? shortage->ship_by_ms.value
                                        : shortage->paid_at_ms + model->policy->ship_within_ms};
    line->promise_ms = line->first_promise_ms;
    return line;
}

static void short_of_goods(struct model_work *work, struct model_line *line)
{
    const struct policy *policy = work->model->policy;
    const struct shortage *shortage = work->fact->shortage;
    bool reported_before = line->reported;
    if (line->state == LINE_UNKNOWN || line->state == LINE_RECOVERED) {
        learn(line, shortage);
        model_become(work, line, LINE_CONFIRMING);
        start_grace(work, line->notice ? policy->renewed_grace_ms : policy->notice_grace_ms);
        work->tells_now = work->tells_now || line->reported;
        return;
    }
    if (line->state == LINE_CONFIRMING) {
        learn(line, shortage);
        work->tells_now = line->reported;
        return;
    }
    if (!model_is_told(line)) {
        model_refuse(work, past(line));
        return;
    }
    learn(line, shortage);
    /* Worse: later than what was told, or none where one was told. Better needs no message. */
    line->worse = line->told.known && (!line->date.known || line->date.ms > line->told.ms);
    if (line->worse) {
        start_grace(work, policy->renewed_grace_ms);
        work->tells_now = work->tells_now || (line->reported && !reported_before);
    }
}

static void back_in_stock(struct model_work *work, struct model_line *line)
{
    if (line->state == LINE_RECOVERED) {
        return;
    }
    if (line->state != LINE_CONFIRMING && !model_is_told(line)) {
        model_refuse(work, past(line));
        return;
    }
    learn(line, work->fact->shortage);
    if (line->on_hold) {
        model_plan(work, line, PLAN_RELEASE);
    }
    if (model_is_told(line)) { /* within the grace it is silent */
        model_tell_of(work, AUDIENCE_BUYER, NOTICE_BACK_IN_STOCK, line);
    }
    model_become(work, line, LINE_RECOVERED);
}

static void shipped(struct model_work *work, struct model_line *line)
{
    if (line->state == LINE_FILLED_LATE || line->state == LINE_WITHDRAWN) {
        model_refuse(work, past(line));
        return;
    }
    if (line->state == LINE_CONFIRMING || line->state == LINE_RECOVERED || model_is_told(line)) {
        model_become(work, line, line->notice ? LINE_FILLED_LATE : LINE_RECOVERED);
        line->shipped = true;
        return;
    }
    /* The money, or a substitute, goes out in their place, and stays so. */
    struct notification *told = model_tell_of(work, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION, line);
    if (line->replaced_by.size) {
        told->reason = TEXT("SHIPPED_AFTER_SUBSTITUTE");
        told->sku = line->replaced_by;
    } else {
        told->reason = TEXT("SHIPPED_AFTER_REFUND");
        model_tell_amount(told, line->whole.amount_minor);
    }
}

static void taken_back_by_the_shop(struct model_work *work, struct model_line *line)
{
    /* Once given up, a difference counts as much: REFUND_FAILED does not say which it was. */
    bool our_refund =
        line->whole.stage != MODEL_NO_REFUND || line->difference.stage == MODEL_GIVEN_UP;
    if (line->state == LINE_CONFIRMING || line->state == LINE_RECOVERED || model_is_told(line)) {
        model_become(work, line, LINE_WITHDRAWN);
    } else if (!our_refund || work->fact->shortage->reason != CLOSE_REFUNDED) {
        model_refuse(work, past(line));
    } /* else it is the echo of our own */
}

static void take_shortage(struct model_work *work)
{
    const struct shortage *shortage = work->fact->shortage;
    struct model_line *line = model_line_of(work->model, shortage->line_no);
    bool is_short = shortage->kind == SHORTAGE_UNFILLABLE || shortage->kind == SHORTAGE_ETA_CHANGED;
    if (line && shortage->revision <= line->revision) {
        model_outdated(work);
        return;
    }
    if (!line && !is_short) {
        model_refuse(work, REFUSAL_NO_SUCH_LINE);
        return;
    }
    line = line ? line : new_line(work, shortage);
    line->revision = shortage->revision;
    if (is_short) {
        short_of_goods(work, line);
    } else if (shortage->kind == SHORTAGE_RECOVERED) {
        back_in_stock(work, line);
    } else if (shortage->reason == CLOSE_SHIPPED) {
        shipped(work, line);
    } else if (shortage->reason != CLOSE_SUBSTITUTED) {
        taken_back_by_the_shop(work, line);
    } else if (!line->replaced_by.size) { /* else it is the echo of our own */
        model_refuse(work, past(line));
    }
}

/* ---- What the buyer and the platform say of lines ---------------------------------------------
 *
 * Each gives the reason of a refusal, or REFUSAL_UNKNOWN where it was done. */

static enum refusal cancel(struct model_work *work, struct model_line *line)
{
    bool knows = line->state != LINE_RECOVERED || line->notice > 0;
    if ((line->state == LINE_CONFIRMING || line->state == LINE_RECOVERED || model_is_told(line)) &&
        knows) {
        model_refund(work, line, REFUND_FOR_BUYER_CANCELLED);
        return REFUSAL_UNKNOWN;
    }
    return past(line);
}

static enum refusal refund_as_ruled(struct model_work *work, struct model_line *line)
{
    if (line->state == LINE_CONFIRMING || line->state == LINE_RECOVERED ||
        line->state == LINE_FILLED_LATE || model_is_told(line)) {
        model_refund(work, line, REFUND_FOR_RULING);
        return REFUSAL_UNKNOWN;
    }
    return past(line);
}

/* WAIT and SUBSTITUTE answer the line's current notice, and no other. */
static enum refusal answers_notice(const struct model_work *work, const struct model_line *line)
{
    const struct buyer_decision *decision = work->fact->decision;
    if (line->state == LINE_CONFIRMING) {
        return REFUSAL_STALE_NOTICE;
    }
    if (!model_is_told(line)) {
        return past(line);
    }
    return decision->notice.set && decision->notice.value == line->notice ? REFUSAL_UNKNOWN
                                                                          : REFUSAL_STALE_NOTICE;
}

void model_hold(struct model_work *work, struct model_line *line, struct moment until, bool by_word)
{
    if (line->state != LINE_WAITING_RESTOCK) {
        model_plan(work, line, PLAN_HOLD_FOR_RESTOCK)->until_ms = moment_told(until);
        line->on_hold = true;
    }
    struct notification *told = model_tell_of(work, AUDIENCE_BUYER, NOTICE_WAIT_CONFIRMED, line);
    told->expected_at_ms = moment_told(until);
    told->consent = by_word ? CONSENT_EXPRESS : CONSENT_SILENCE;
    model_become(work, line, LINE_WAITING_RESTOCK);
    line->agreed = until;
    line->agreed_by_word = by_word;
    if (by_word && until.known && until.ms > line->promise_ms) {
        line->promise_ms = until.ms;
    }
}

static enum refusal wait_for_goods(struct model_work *work, struct model_line *line)
{
    enum refusal refusal = answers_notice(work, line);
    if (refusal) {
        return refusal;
    }
    struct moment until = line->told;
    if (moment_is_due(until, work->at_ms)) { /* a past date is no date */
        until = never;
    }
    bool any_time = work->model->policy->without_eta == WITHOUT_ETA_OFFER;
    if (!line->may_wait || (!until.known && !any_time)) {
        return REFUSAL_NOT_OFFERED;
    }
    if (line->state != LINE_WAITING_RESTOCK || !line->agreed_by_word) {
        model_hold(work, line, until, true);
    }
    return REFUSAL_UNKNOWN;
}

static enum refusal take_substitute(struct model_work *work, struct model_line *line)
{
    enum refusal refusal = answers_notice(work, line);
    if (refusal) {
        return refusal;
    }
    const struct model_offer *offer = model_offer_of(line, work->fact->decision->sku);
    if (!offer) {
        return REFUSAL_NOT_OFFERED;
    }
    int64_t cheaper = model_cheaper_by(line, offer);
    int64_t price = offer->price_minor * line->quantity;
    struct optional_long ships_by = moment_told(moment_at(work->at_ms + offer->ship_within_ms));
    int32_t new_line_no = SUBSTITUTE_LINE_BASE + line->line_no;
    line->replaced_by = offer->sku;

    struct fulfilment_plan *plan = model_plan(work, line, PLAN_SHIP_SUBSTITUTE);
    plan->sku = offer->sku;
    plan->quantity = (struct optional_int){(int32_t)line->quantity, true};
    plan->new_line_no = (struct optional_int){new_line_no, true};
    plan->until_ms = ships_by;
    if (price > line->paid_minor) {
        plan->seller_absorbs_minor = (struct optional_long){price - line->paid_minor, true};
    }
    struct notification *told =
        model_tell_of(work, AUDIENCE_BUYER, NOTICE_SUBSTITUTE_CONFIRMED, line);
    told->sku = offer->sku;
    told->expected_at_ms = ships_by;
    struct replacement *replacement = &work->said->replacements[work->said->outcome_count];
    *replacement = (struct replacement){.line_no = new_line_no,
                                        .sku = offer->sku,
                                        .quantity = line->quantity,
                                        .paid_minor = line->paid_minor - cheaper,
                                        .ship_by_ms = ships_by};
    model_outcome(work, line, CLOSE_SUBSTITUTED)->replacement = replacement;
    if (cheaper > 0) {
        model_tell_amount(told, cheaper);
        model_refund_difference(work, line, cheaper);
    }
    model_become(work, line, cheaper > 0 ? LINE_SUBSTITUTING : LINE_SUBSTITUTED);
    return REFUSAL_UNKNOWN;
}

/* Of one line; or, with 0, of each to which it applies, and refused if it is none. */
static void for_lines(struct model_work *work, int32_t line_no,
                      enum refusal (*rule)(struct model_work *, struct model_line *))
{
    enum refusal first = REFUSAL_NO_SUCH_LINE;
    bool done = false;
    bool any = false;
    for (int i = 0; i < work->model->line_count; i++) {
        struct model_line *line = &work->model->lines[i];
        if (line_no != 0 && line->line_no != line_no) {
            continue;
        }
        enum refusal refusal = rule(work, line);
        first = any ? first : refusal;
        any = true;
        done = done || refusal == REFUSAL_UNKNOWN;
    }
    if (!done) {
        model_refuse(work, first);
    }
}

static void take_decision(struct model_work *work)
{
    const struct buyer_decision *decision = work->fact->decision;
    switch (decision->choice) {
    case CHOICE_CANCEL:
        for_lines(work, decision->line_no, cancel);
        break;
    case CHOICE_WAIT:
        for_lines(work, decision->line_no, wait_for_goods);
        break;
    case CHOICE_SUBSTITUTE:
        if (decision->line_no == 0) { /* consent to a substitute is for one line */
            model_refuse(work, REFUSAL_NO_SUCH_LINE);
        } else {
            for_lines(work, decision->line_no, take_substitute);
        }
        break;
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
        model_take_claim(work);
        break;
    case CHOICE_UNKNOWN:
        must(!"a choice that we know");
    }
}

static void take_ruling(struct model_work *work)
{
    const struct platform_ruling *ruling = work->fact->ruling;
    if (ruling->ruling != RULING_REFUND) {
        model_take_compensation_ruling(work);
        return;
    }
    for_lines(work, ruling->line_no, refund_as_ruled);
    if (work->said->verdict == VERDICT_APPLIED) {
        model_refund_was_ruled(work);
    }
}

/* ---- One fact ---------------------------------------------------------------------------------
 */

/* A person's word counts once, whatever was said to it. */
static bool was_judged(struct model_case *model, struct text id)
{
    for (int i = 0; i < model->judged_count; i++) {
        if (text_equal(model->judged[i], id)) {
            return true;
        }
    }
    must(model->judged_count < MODEL_FACTS_MAX);
    model->judged[model->judged_count++] = id;
    return false;
}

static bool is_known(struct model_case *model, const struct model_fact *fact)
{
    return (fact->decision && was_judged(model, fact->decision->id)) ||
           (fact->response && was_judged(model, fact->response->id)) ||
           (fact->ruling && was_judged(model, fact->ruling->id));
}

static void judge(struct model_work *work)
{
    const struct model_fact *fact = work->fact;
    if (fact->shortage) {
        take_shortage(work);
    } else if (fact->decision) {
        take_decision(work);
    } else if (fact->response) {
        model_take_response(work);
    } else if (fact->ruling) {
        take_ruling(work);
    } else if (fact->result) {
        model_take_result(work);
    } else {
        model_take_deadlines(work);
    }
}

/* What follows from the lines: whether a grace runs, and since when all is over. */
static void look_at_case(struct model_work *work)
{
    struct model_case *model = work->model;
    bool pending = false;
    bool over = true;
    bool changed = false;
    for (int i = 0; i < model->line_count; i++) {
        pending = pending || model_is_pending(&model->lines[i]);
        over = over && is_over(&model->lines[i]);
    }
    for (int i = 0; i < work->said->change_count; i++) {
        changed = changed || work->said->changes[i].before != work->said->changes[i].after;
    }
    model->grace_ends = pending ? model->grace_ends : never;
    if (!over) {
        model->ended = never;
    } else if (changed) {
        model->ended = moment_at(work->at_ms);
    }
}

void model_begin(struct model_case *model, const struct shortage *first,
                 const struct policy *policy)
{
    *model = (struct model_case){.policy = policy, .first = *first};
}

void model_take(struct model_case *model, const struct model_fact *fact, struct model_said *said)
{
    struct model_work work = {.model = model, .fact = fact, .said = said, .at_ms = fact->at_ms};
    *said = (struct model_said){.verdict = VERDICT_APPLIED, .last_due_ms = INT64_MIN};
    if (is_known(model, fact)) {
        model_outdated(&work);
        return;
    }
    judge(&work);
    if (said->verdict != VERDICT_APPLIED) {
        return;
    }
    if (work.tells_now) {
        model_send_notice(&work);
    }
    look_at_case(&work);
}
