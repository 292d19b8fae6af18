/* Holds every case event against the plain model (model_case.h): verdict, lines and effects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_events.h"
#include "check_offers.h"
#include "checks.h"
#include "core/must.h"
#include "effects.h"
#include "faults.h"
#include "kit/arena.h"
#include "kit/policy_file.h"
#include "model_case.h"
#include "outside.h"
#include "record_same.h"
#include "story.h"
#include "transcript.h"
#include "world.h"

enum { CASES_MAX = 64, WORDS_SIZE = 900, ARENA_BYTES = 4 << 20 };

/* One event at work. */
struct checking {
    const struct told *told;
    const struct case_event *event;
    int index; /* among all events */
    struct model_case *model;
};

static struct model_case models[CASES_MAX];
static struct text case_ids[CASES_MAX];
static int64_t sequences[CASES_MAX]; /* of the newest event of the case that is open */
static int case_count;
static struct model_said said;
static struct arena *arena;

#define RULES_FAIL(checking, rule, format, ...)                                                \
    story_fail(rule, "%.*s event %lld (%.*s): " format, (int)(checking)->event->order_id.size, \
               (checking)->event->order_id.data, (long long)(checking)->event->sequence,       \
               (int)(checking)->event->fact_topic.size, (checking)->event->fact_topic.data,    \
               __VA_ARGS__)

static struct model_case *model_of(struct text case_id)
{
    for (int i = 0; i < case_count; i++) {
        if (text_equal(case_ids[i], case_id)) {
            return &models[i];
        }
    }
    must(case_count < CASES_MAX);
    case_ids[case_count] = case_id;
    sequences[case_count] = 0;
    models[case_count] = (struct model_case){.policy = NULL};
    return &models[case_count++];
}

static bool is_open(const struct model_case *model)
{
    return model->policy && !model->forgotten;
}

/* ---- The fact ---------------------------------------------------------------------------------
 */

/* Which refund of ours a result is about. */
static void find_refund(const struct refund_result *result, struct model_fact *fact)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    fact->is_no_refund = true;
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        if (text_equal(request->refund_id, result->refund_id) &&
            request->line_no == result->line_no &&
            text_equal(request->order_id, result->order_id)) {
            fact->is_no_refund = false;
            fact->is_difference = request->reason == REFUND_FOR_SUBSTITUTE_DIFFERENCE;
        }
    }
}

static const void *body_of(const struct checking *checking, enum topic topic)
{
    const struct record_type *type = topic_info(topic)->type;
    struct error error;
    void *body = arena_take(arena, type->size);
    must(body);
    if (codec_decode(outside_codec(), type, checking->event->fact, arena, body, &error) != OK) {
        RULES_FAIL(checking, "an event has its fact in full", "%s", error.text);
    }
    return body;
}

/* The fact's own time, by which it counts; of a shortage the earliest at which it may. */
static int64_t fact_of(const struct checking *checking, struct model_fact *fact)
{
    enum topic topic = topic_by_name(checking->event->fact_topic);
    *fact = (struct model_fact){.at_ms = checking->event->at_ms};
    switch (topic) {
    case TOPIC_SHORTAGE:
        fact->shortage = body_of(checking, topic);
        return fact->shortage->at_ms;
    case TOPIC_BUYER_DECISION:
        fact->decision = body_of(checking, topic);
        return fact->decision->decided_at_ms;
    case TOPIC_SELLER_RESPONSE:
        fact->response = body_of(checking, topic);
        return fact->response->responded_at_ms;
    case TOPIC_PLATFORM_RULING:
        fact->ruling = body_of(checking, topic);
        return fact->ruling->ruled_at_ms;
    case TOPIC_REFUND_RESULT:
        fact->result = body_of(checking, topic);
        find_refund(fact->result, fact);
        return fact->result->at_ms;
    default:
        if (!text_equal(checking->event->fact_topic, TEXT("timer"))) {
            RULES_FAIL(checking, "an event is of a fact or a deadline", "%s", "of neither");
        }
        return checking->event->at_ms;
    }
}

/* A shortage counts from when we learn of it, everything else at its own time. (Until a wrong clock
 * is noticed, what is learnt bears its time.) */
static void check_time(const struct checking *checking, const struct model_fact *fact,
                       int64_t own_ms)
{
    int64_t at_ms = checking->event->at_ms;
    bool learnt = fact->shortage && at_ms > own_ms &&
                  (at_ms <= checking->told->record->written_ms || faults_skewed());
    if (at_ms != own_ms && !learnt) {
        RULES_FAIL(checking, "rules: a fact counts at its time", "at %lld, its own is %lld",
                   (long long)at_ms, (long long)own_ms);
    }
}

/* ---- The case ---------------------------------------------------------------------------------
 */

/* The version in force when the order was paid, of its marketplace or else of `default`. */
static const struct policy *own_policy(const struct policy_set *set, struct text marketplace,
                                       int64_t paid_at_ms)
{
    const struct policy *newest = NULL;
    for (size_t i = 0; i < policy_set_count(set); i++) {
        const struct policy_entry *entry = policy_set_at(set, i);
        if (!entry->overlays && text_equal(text_of(entry->policy.name), marketplace) &&
            entry->policy.effective_from_ms <= paid_at_ms &&
            (!newest || entry->policy.effective_from_ms > newest->effective_from_ms)) {
            newest = &entry->policy;
        }
    }
    return newest;
}

/* With what the seller has laid over it. (All overlays of the simulator are of one version.) */
static const struct policy *policy_for(const struct policy_set *set, const struct shortage *first)
{
    struct text marketplace = first->marketplace;
    const struct policy *own = own_policy(set, marketplace, first->paid_at_ms);
    if (!own) {
        marketplace = TEXT(POLICY_DEFAULT_NAME);
        own = own_policy(set, marketplace, first->paid_at_ms);
    }
    for (size_t i = 0; i < policy_set_count(set) && own; i++) {
        const struct policy_entry *entry = policy_set_at(set, i);
        size_t size = strlen(own->id);
        if (entry->overlays && text_equal(text_of(entry->overlays), marketplace) &&
            text_equal(text_of(entry->seller), first->seller_id) &&
            strncmp(entry->policy.id, own->id, size) == 0 && entry->policy.id[size] == '+') {
            return &entry->policy;
        }
    }
    return own;
}

/* From 1 up; and from 1 anew where a case was forgotten. */
static void check_sequence(const struct checking *checking)
{
    int64_t *sequence = &sequences[checking->model - models];
    *sequence = is_open(checking->model) ? *sequence + 1 : 1;
    if (checking->event->sequence != *sequence) {
        RULES_FAIL(checking, "I11 a case's events follow one another", "it comes as number %lld",
                   (long long)*sequence);
    }
}

static void open_case(const struct checking *checking, const struct model_fact *fact)
{
    if (!fact->shortage || fact->shortage->kind != SHORTAGE_UNFILLABLE) {
        RULES_FAIL(checking, "rules: a case begins with a shortage", "%s", "with none");
    }
    const struct policy *policy = policy_for(outside_policies(), fact->shortage);
    const struct policy *before = policy_for(outside_policies_before(), fact->shortage);
    if (before && text_equal(text_of(before->id), checking->event->policy)) {
        policy = before; /* by a worker to whom the next versions have not come */
    }
    if (!policy || !text_equal(text_of(policy->id), checking->event->policy)) {
        RULES_FAIL(checking, "rules: the policy in force when the order was paid", "%.*s, not %s",
                   (int)checking->event->policy.size, checking->event->policy.data,
                   policy ? policy->id : "any");
    }
    model_begin(checking->model, fact->shortage, policy);
}

static void check_no_case(const struct checking *checking)
{
    const struct case_event *event = checking->event;
    if (is_open(checking->model)) {
        RULES_FAIL(checking, "rules: no case only where there is none", "%s", "there is one");
    }
    if (event->verdict != VERDICT_REFUSED || event->reason != REFUSAL_NO_CASE ||
        event->line_count || event->effect_count) {
        RULES_FAIL(checking, "rules: without a case a fact is refused, NO_CASE", "%s",
                   "it was not, or had effects");
    }
}

/* ---- What came of it --------------------------------------------------------------------------
 */

static const char *verdict_words(enum verdict verdict, enum refusal reason)
{
    const char *word = verdict == VERDICT_REFUSED
                           ? record_type_symbol(&type_case_event, "reason", reason)
                           : record_type_symbol(&type_case_event, "verdict", verdict);
    return verdict == VERDICT_UNKNOWN ? "no event, for it was known, or nothing is due" : word;
}

static void check_verdict(const struct checking *checking)
{
    const struct case_event *event = checking->event;
    if (event->verdict != said.verdict || event->reason != said.reason) {
        RULES_FAIL(checking, "rules: the verdict", "%s, but the rules say %s",
                   verdict_words(event->verdict, event->reason),
                   verdict_words(said.verdict, said.reason));
    }
}

static const char *state_words(enum line_state state)
{
    return record_type_symbol(&type_line_change, "after", state);
}

static void check_change(const struct checking *checking, const struct line_change *wanted)
{
    const struct case_event *event = checking->event;
    enum line_state before = wanted->before;
    enum line_state after = wanted->before;
    for (uint32_t i = 0; i < event->line_count; i++) {
        if (event->lines[i].line_no == wanted->line_no) {
            before = event->lines[i].before;
            after = event->lines[i].after;
        }
    }
    if (before != wanted->before || after != wanted->after) {
        RULES_FAIL(checking, "rules: the state of a line",
                   "line %d goes from %s to %s, but the rules say from %s to %s", wanted->line_no,
                   state_words(before), state_words(after), state_words(wanted->before),
                   state_words(wanted->after));
    }
}

static void check_changes(const struct checking *checking)
{
    const struct case_event *event = checking->event;
    for (int i = 0; i < said.change_count; i++) {
        check_change(checking, &said.changes[i]);
    }
    for (uint32_t i = 0; i < event->line_count; i++) {
        struct line_change wanted = {event->lines[i].line_no, event->lines[i].before,
                                     event->lines[i].before};
        for (int w = 0; w < said.change_count; w++) {
            wanted = said.changes[w].line_no == wanted.line_no ? said.changes[w] : wanted;
        }
        check_change(checking, &wanted);
    }
}

/* ---- Effects ----------------------------------------------------------------------------------
 */

/* What every effect says of its event, and what the model does not say: ids and words. */
#define SAME_FRAME(record, wanted)              \
    do {                                        \
        (record)->marketplace = (wanted).place; \
        (record)->seller_id = (wanted).seller;  \
        (record)->order_id = (wanted).order;    \
        (record)->at_ms = (wanted).at_ms;       \
    } while (0)

struct frame {
    struct text place;
    struct text seller;
    struct text order;
    struct text case_id;
    int64_t at_ms;
};

static struct frame frame_of(const struct checking *checking)
{
    return (struct frame){checking->model->first.marketplace, checking->model->first.seller_id,
                          checking->model->first.order_id, checking->event->case_id,
                          checking->event->at_ms};
}

static void complete_wanted(const struct checking *checking)
{
    struct frame frame = frame_of(checking);
    for (int i = 0; i < said.notice_count; i++) {
        SAME_FRAME(&said.notices[i], frame);
        said.notices[i].case_id = frame.case_id;
    }
    for (int i = 0; i < said.refund_count; i++) {
        SAME_FRAME(&said.refunds[i], frame);
        said.refunds[i].case_id = frame.case_id;
    }
    for (int i = 0; i < said.plan_count; i++) {
        SAME_FRAME(&said.plans[i], frame);
        said.plans[i].case_id = frame.case_id;
    }
    for (int i = 0; i < said.outcome_count; i++) {
        SAME_FRAME(&said.outcomes[i], frame);
    }
    for (int i = 0; i < said.compensation_count; i++) {
        SAME_FRAME(&said.compensations[i], frame);
        said.compensations[i].case_id = frame.case_id;
        said.compensations[i].policy = checking->event->policy;
    }
}

/* All that came of one kind, and all that had to. */
struct comparison {
    const struct record_type *type;
    const char *wanted; /* an array of the type's records */
    int wanted_count;
    bool found[MODEL_SAID_MAX];
    union {
        struct notification notice;
        struct refund_request refund;
        struct fulfilment_plan plan;
        struct compensation compensation;
        struct line_outcome outcome;
    } record; /* the effect at hand, without its ids and words */
};

static void take_record(struct comparison *comparison, enum topic topic, const void *body)
{
    const struct text none = {0};
    memcpy(&comparison->record, body, comparison->type->size);
    switch (topic) {
    case TOPIC_NOTIFICATION:
        comparison->record.notice.notification_id = none;
        comparison->record.notice.subject = none;
        comparison->record.notice.body = none;
        break;
    case TOPIC_REFUND_REQUEST:
        comparison->record.refund.refund_id = none;
        break;
    case TOPIC_FULFILMENT_PLAN:
        comparison->record.plan.plan_id = none;
        break;
    case TOPIC_COMPENSATION:
        comparison->record.compensation.compensation_id = none;
        break;
    default:
        must(topic == TOPIC_LINE_OUTCOME);
    }
}

static const void *wanted_at(const struct comparison *comparison, int i)
{
    return comparison->wanted + (size_t)i * comparison->type->size;
}

static bool find_wanted(struct comparison *comparison)
{
    for (int i = 0; i < comparison->wanted_count; i++) {
        if (!comparison->found[i] &&
            record_same(comparison->type, &comparison->record, wanted_at(comparison, i))) {
            comparison->found[i] = true;
            return true;
        }
    }
    return false;
}

static void check_topic(const struct checking *checking, enum topic topic, const void *wanted,
                        int wanted_count)
{
    const struct case_event *event = checking->event;
    struct comparison comparison = {
        .type = topic_info(topic)->type, .wanted = wanted, .wanted_count = wanted_count};
    char too_much[WORDS_SIZE] = "";
    char missing[WORDS_SIZE] = "";
    for (uint32_t i = 0; i < event->effect_count; i++) {
        if (topic_by_name(event->effects[i].topic) != topic) {
            continue;
        }
        take_record(&comparison, topic, effect_of(checking->told, &event->effects[i])->body);
        if (!find_wanted(&comparison)) {
            record_words(comparison.type, &comparison.record, too_much, sizeof too_much);
        }
    }
    for (int i = 0; i < wanted_count; i++) {
        if (!comparison.found[i]) {
            record_words(comparison.type, wanted_at(&comparison, i), missing, sizeof missing);
        }
    }
    if (*too_much || *missing) {
        RULES_FAIL(checking, "rules: the effects", "there is %s\n  but the rules say %s",
                   *too_much ? too_much : "nothing", *missing ? missing : "nothing");
    }
}

static void check_effects_of(const struct checking *checking)
{
    complete_wanted(checking);
    check_topic(checking, TOPIC_REFUND_REQUEST, said.refunds, said.refund_count);
    check_topic(checking, TOPIC_LINE_OUTCOME, said.outcomes, said.outcome_count);
    check_topic(checking, TOPIC_FULFILMENT_PLAN, said.plans, said.plan_count);
    check_topic(checking, TOPIC_COMPENSATION, said.compensations, said.compensation_count);
    check_topic(checking, TOPIC_NOTIFICATION, said.notices, said.notice_count);
}

/* ---- All events -------------------------------------------------------------------------------
 */

static void check_event(struct checking *checking)
{
    struct model_offer offers[MODEL_SAID_MAX];
    struct model_fact fact;
    if (checking->event->sequence == 0) {
        check_no_case(checking);
        return;
    }
    check_sequence(checking);
    check_time(checking, &fact, fact_of(checking, &fact));
    if (!is_open(checking->model)) {
        open_case(checking, &fact);
    }
    bool was_over = checking->model->ended.known;
    fact.offer_count = check_offers(checking->told, checking->model, offers);
    fact.offers = offers;
    model_take(checking->model, &fact, &said);
    check_verdict(checking);
    check_changes(checking);
    check_effects_of(checking);
    if (was_over) {
        events_check_after_end(checking->index, checking->model->ended.known);
    }
    if (topic_by_name(checking->event->fact_topic) == TOPIC_NONE) {
        events_check_deadline(checking->index, said.last_due_ms);
    }
}

/* ---- What was passed over ---------------------------------------------------------------------
 */

static bool has_event(const struct told *input, struct text topic)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        if (text_equal(event->fact, input->record->value) && text_equal(event->fact_topic, topic)) {
            return true;
        }
    }
    return false;
}

/* A result without an event is one that came too late to say anything. */
static void check_passed_over(const struct refund_result *result)
{
    struct model_fact fact = {.result = result};
    struct model_line *line = NULL;
    find_refund(result, &fact);
    for (int i = 0; i < case_count; i++) {
        if (text_equal(models[i].first.order_id, result->order_id)) {
            line = model_line_of(&models[i], result->line_no);
        }
    }
    if (!line || fact.is_no_refund) {
        return; /* of a case that is forgotten */
    }
    const struct model_refund *refund = fact.is_difference ? &line->difference : &line->whole;
    bool is_open = refund->stage == MODEL_ASKED && refund->attempt == result->attempt;
    if (is_open || (result->status == REFUND_SUCCEEDED && refund->stage != MODEL_BACK)) {
        story_fail("rules: a result that says something new is judged", "%.*s/%d attempt %d",
                   (int)result->order_id.size, result->order_id.data, result->line_no,
                   result->attempt);
    }
}

static void check_results(void)
{
    const struct told_list *results = transcript_of(TOPIC_REFUND_RESULT);
    for (int i = 0; i < results->count; i++) {
        const struct told *told = &results->items[i];
        const struct refund_result *result = BODY(refund_result, told);
        bool there = result && told->partition == topic_partition_of(result->order_id, PARTITIONS);
        if (there && !has_event(told, TEXT("refund-result"))) {
            check_passed_over(result);
        }
    }
}

/* Everything that became due has fired; with clock = record, when a later record comes. */
static void check_none_is_left(void)
{
    if (world_plays_records()) {
        return;
    }
    for (int i = 0; i < case_count; i++) {
        struct moment next = is_open(&models[i]) ? model_next_due(&models[i]) : (struct moment){0};
        if (next.known && next.ms <= events_all_fired_ms()) {
            story_fail("I8 every deadline fires", "%.*s: one of %lld",
                       (int)models[i].first.order_id.size, models[i].first.order_id.data,
                       (long long)next.ms);
        }
    }
}

void check_rules(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    arena = arena ? arena : arena_new(ARENA_BYTES);
    must(arena);
    case_count = 0;
    events_prepare();
    for (int i = 0; i < events->count; i++) {
        struct checking checking = {
            .told = &events->items[i], .event = BODY(case_event, &events->items[i]), .index = i};
        checking.model = model_of(checking.event->case_id);
        check_event(&checking);
    }
    check_results();
    check_none_is_left();
}
