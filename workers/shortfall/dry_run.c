#include "shortfall/dry_run.h"

#include <stdlib.h>

#include "core/case_table.h"
#include "core/moment.h"

/* What went out first, so that a notice's offers are known when its event is played. */
const enum topic dry_run_topics[] = {
    TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST, TOPIC_COMPENSATION, TOPIC_CASE_EVENT, TOPIC_CLOCK,
};
const size_t dry_run_topic_count = sizeof dry_run_topics / sizeof *dry_run_topics;

enum status dry_run_init(struct dry_run *dry_run, struct arena *arena, struct codec *codec,
                         const struct policy_set *in_force, const struct policy_set *policies,
                         struct error *error)
{
    *dry_run = (struct dry_run){
        .arena = arena,
        .codec = codec,
        .in_force = in_force,
        .policies = policies,
        .cases = lookup_new(arena, sizeof(struct dry_run_case)),
        .offers = offers_new(arena),
        .effects = calloc(1, sizeof *dry_run->effects),
        .latest_ms = INT64_MIN,
    };
    return dry_run->cases && dry_run->offers && dry_run->effects
               ? OK
               : error_set(error, FATAL, "out of memory");
}

void dry_run_done(struct dry_run *dry_run)
{
    lookup_free(dry_run->cases);
    offers_free(dry_run->offers);
    free(dry_run->effects);
}

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "the topics hold more cases than this command has memory for");
}

/* ---- as it was: the records that went out -----------------------------------------------------
 */

/* The case of a record that went out; NULL: no memory. */
static struct dry_run_case *case_of(struct dry_run *dry_run, struct text case_id, int64_t at_ms)
{
    dry_run->latest_ms = moment_later(dry_run->latest_ms, at_ms);
    return lookup_put(dry_run->cases, case_id);
}

static enum status take_notification(struct dry_run *dry_run, const struct notification *record,
                                     struct error *error)
{
    struct dry_run_case *subject = case_of(dry_run, record->case_id, record->at_ms);
    if (!subject) {
        return full(error);
    }
    subject->seen++;
    tally_notification(&subject->was, record);
    return offers_take(dry_run->offers, record, error);
}

static enum status take_refund(struct dry_run *dry_run, const struct refund_request *record,
                               struct error *error)
{
    struct dry_run_case *subject = case_of(dry_run, record->case_id, record->at_ms);
    if (!subject) {
        return full(error);
    }
    subject->seen++;
    tally_refund_request(&subject->was, record);
    return OK;
}

static enum status take_compensation(struct dry_run *dry_run, const struct compensation *record,
                                     struct error *error)
{
    struct dry_run_case *subject = case_of(dry_run, record->case_id, record->at_ms);
    if (!subject) {
        return full(error);
    }
    subject->seen++;
    tally_compensation(&subject->was, record);
    return OK;
}

/* ---- as it would have been ------------------------------------------------------------------- */

static void fire(struct dry_run *dry_run, struct dry_run_case *subject, int64_t until_ms,
                 int64_t least_ms)
{
    while (replay_fire(&subject->other, until_ms, least_ms)) {
        tally_effects(&subject->would, dry_run->effects);
    }
}

/* The moment before the next deadline of the case as it was: up to then it was not late. */
static int64_t before_deadline_of(const struct dry_run_case *subject)
{
    return subject->follows ? case_next_deadline(&subject->as_it_was.file) - 1 : INT64_MAX;
}

static enum line_state state_of(const struct replay *replay, int32_t line_no)
{
    const struct case_line *line = case_find_line(&replay->file, line_no);
    return line ? line->state : LINE_UNKNOWN;
}

/* The line is the substitute of another, chosen in that replay. */
static bool is_substitute(const struct replay *replay, const struct shortage *shortage)
{
    const struct case_line *origin =
        case_find_line(&replay->file, shortage->line_no - SUBSTITUTE_LINE_BASE);
    return origin && text_equal(id_text(&origin->replacement_sku), shortage->sku);
}

/* A word of the stock that follows from what the case as it was did, and the other did not. */
static bool never_came_about(const struct dry_run_case *subject, const struct case_event *event,
                             const struct shortage *shortage)
{
    const struct replay *other = &subject->other;
    enum line_state state = state_of(other, shortage->line_no);
    if (shortage->line_no > SUBSTITUTE_LINE_BASE && subject->follows &&
        is_substitute(&subject->as_it_was, shortage) && !is_substitute(other, shortage)) {
        return true;
    }
    if (shortage->kind != SHORTAGE_CLOSED || event->verdict != VERDICT_APPLIED) {
        return false;
    }
    switch (shortage->reason) {
    case CLOSE_REFUNDED: /* by the shop it would have withdrawn the line */
        return event->line_count == 0 &&
               line_transition_of(state, LINE_FACT_REFUNDED).step != LINE_STEP_NOTE;
    case CLOSE_SUBSTITUTED:
        return line_transition_of(state, LINE_FACT_SUBSTITUTED).step != LINE_STEP_NOTE;
    case CLOSE_SHIPPED: /* after a refund the stock would have been free, not shipped */
        return event->effect_count == 0 &&
               line_transition_of(state, LINE_FACT_SHIPPED).step == LINE_STEP_SHIPPED_AFTER_ALL;
    case CLOSE_CANCELLED:
    case CLOSE_UNKNOWN:
        break;
    }
    return false;
}

/* The decision as it answers the notice of its line in the other case, if it answered the current
 * one in the case as it was. */
static struct buyer_decision answer_of(const struct dry_run_case *subject,
                                       const struct case_event *event,
                                       const struct buyer_decision *decision)
{
    struct buyer_decision answer = *decision;
    const struct case_line *line = case_find_line(&subject->other.file, decision->line_no);
    bool was_current = event->verdict != VERDICT_REFUSED || event->reason != REFUSAL_STALE_NOTICE;
    if (answer.notice.set && was_current && line && line->notice > 0) {
        answer.notice.value = line->notice;
    }
    return answer;
}

static enum status judge(struct dry_run *dry_run, struct dry_run_case *subject,
                         const struct case_event *event, const struct recorded_fact *recorded,
                         struct error *error)
{
    struct case_fact fact = recorded->fact;
    struct buyer_decision answer;
    if (case_is_forgotten(&subject->other.file)) {
        return OK;
    }
    if (fact.kind == CASE_FACT_SHORTAGE && never_came_about(subject, event, fact.shortage)) {
        return OK;
    }
    if (fact.kind == CASE_FACT_BUYER_DECISION) {
        answer = answer_of(subject, event, fact.buyer_decision);
        fact.buyer_decision = &answer;
    }
    enum status status = replay_judge(&subject->other, &fact, error);
    if (status == OK) {
        tally_effects(&subject->would, dry_run->effects);
    }
    return status;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* How many of what we count the event sent out. */
static int64_t outputs_of(const struct case_event *event)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < event->effect_count; i++) {
        enum topic topic = topic_by_name(event->effects[i].topic);
        count += topic == TOPIC_NOTIFICATION || topic == TOPIC_REFUND_REQUEST ||
                 topic == TOPIC_COMPENSATION;
    }
    return count;
}

/* A case's first event. One that comes after the case was forgotten begins another life of it,
 * which counts with the first. */
static enum status begin(struct dry_run *dry_run, struct dry_run_case *subject,
                         const struct case_event *event, const struct shortage *first,
                         struct error *error)
{
    const struct replay empty = {
        .arena = dry_run->arena, .offers = dry_run->offers, .effects = dry_run->effects};
    const struct policy *in_force = policy_set_by_id(dry_run->in_force, event->policy);
    if (!text_is_set(subject->marketplace)) {
        subject->opened_at_ms = event->at_ms;
        subject->marketplace = arena_text(dry_run->arena, first->marketplace);
        subject->seller_id = arena_text(dry_run->arena, first->seller_id);
        subject->currency = arena_text(dry_run->arena, first->currency);
        subject->policy = arena_text(dry_run->arena, event->policy);
    }
    subject->open = true;
    subject->follows = in_force;
    subject->as_it_was = empty;
    subject->other = empty;
    if (in_force) {
        replay_open(&subject->as_it_was, first, in_force);
    }
    replay_open(&subject->other, first,
                policy_set_find(dry_run->policies, first->marketplace, first->seller_id,
                                first->paid_at_ms));
    return text_is_set(subject->policy) ? OK : full(error);
}

static enum status follow(struct dry_run_case *subject, const struct case_event *event,
                          const struct recorded_fact *fact, struct error *error)
{
    return subject->follows
               ? replay_follow(&subject->as_it_was, event, fact, &subject->follows, error)
               : OK;
}

static enum status play(struct dry_run *dry_run, struct dry_run_case *subject,
                        const struct case_event *event, const struct recorded_fact *fact,
                        struct error *error)
{
    fire(dry_run, subject, moment_earlier(event->at_ms, before_deadline_of(subject)), INT64_MIN);
    enum status status = follow(subject, event, fact, error);
    if (status != OK) {
        return status;
    }
    if (fact->timer) {
        /* What was due when this one was, or since, was as late as it. */
        fire(dry_run, subject, event->at_ms, event->at_ms);
        return OK;
    }
    return judge(dry_run, subject, event, fact, error);
}

static enum status take_event(struct dry_run *dry_run, const struct case_event *event,
                              struct arena *scratch, struct error *error)
{
    struct recorded_fact fact;
    struct error unread;
    if (event->sequence == 0) {
        return OK; /* no case, and none under any policy */
    }
    struct dry_run_case *subject = case_of(dry_run, event->case_id, event->at_ms);
    if (!subject) {
        return full(error);
    }
    enum status status = recorded_fact_read(dry_run->codec, scratch, event, &fact, &unread);
    bool is_first = event->sequence == 1;
    bool begins = is_first && status == OK && !fact.timer && fact.fact.kind == CASE_FACT_SHORTAGE;
    bool continues = subject->open && event->sequence == subject->sequence + 1;
    subject->incomplete |= status != OK || !(is_first ? begins : continues);
    if (subject->incomplete) {
        return status == FATAL ? error_set(error, FATAL, "%s", unread.text) : OK;
    }
    subject->sequence = event->sequence;
    subject->recorded += outputs_of(event);
    if (is_first) {
        status = begin(dry_run, subject, event, fact.fact.shortage, error);
    }
    return status == OK ? play(dry_run, subject, event, &fact, error) : status;
}

enum status dry_run_take(struct dry_run *dry_run, enum topic topic, const void *record,
                         struct arena *scratch, struct error *error)
{
    if (topic == TOPIC_NOTIFICATION) {
        return take_notification(dry_run, record, error);
    }
    if (topic == TOPIC_REFUND_REQUEST) {
        return take_refund(dry_run, record, error);
    }
    if (topic == TOPIC_COMPENSATION) {
        return take_compensation(dry_run, record, error);
    }
    if (topic == TOPIC_CASE_EVENT) {
        return take_event(dry_run, record, scratch, error);
    }
    must(topic == TOPIC_CLOCK);
    const struct clock_tick *tick = record;
    dry_run->latest_ms = moment_later(dry_run->latest_ms, tick->at_ms);
    return OK;
}

void dry_run_end(struct dry_run *dry_run, int64_t until_ms)
{
    for (size_t i = 0; i < lookup_count(dry_run->cases); i++) {
        struct dry_run_case *subject = lookup_at(dry_run->cases, i, NULL);
        if (dry_run_case_is_whole(subject)) {
            fire(dry_run, subject, moment_earlier(until_ms, before_deadline_of(subject)),
                 INT64_MIN);
        }
    }
}

bool dry_run_case_is_whole(const struct dry_run_case *subject)
{
    return subject->open && !subject->incomplete && subject->recorded == subject->seen;
}
