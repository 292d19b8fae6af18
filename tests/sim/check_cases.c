#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caseworker/case_record.h"
#include "caseworker/caseworker.h"
#include "checks.h"
#include "core/must.h"
#include "effects.h"
#include "kit/arena.h"
#include "kit/worker.h"
#include "outside.h"
#include "story.h"
#include "transcript.h"

enum { CASES_MAX = 512, LINES_MAX = 1024, KEY_SIZE = 80 };

struct seen_line {
    char order[KEY_SIZE];
    int32_t line_no;
    enum line_state state;
    int life; /* of its order's cases, which one it was in last */
};

struct seen_case {
    char id[KEY_SIZE];
    int64_t sequence;
    int lives; /* a case that was forgotten may begin anew (check_rules.c: only then) */
};

static struct seen_line seen_lines[LINES_MAX];
static int seen_line_count;
static struct seen_case seen_cases[CASES_MAX];
static int seen_case_count;

static const char *const states[LINE_STATE_COUNT] = {
    "UNKNOWN",      "CONFIRMING",  "AWAITING_DECISION", "WAITING_RESTOCK",
    "SUBSTITUTING", "REFUNDING",   "REFUND_FAILED",     "RECOVERED",
    "FILLED_LATE",  "SUBSTITUTED", "REFUNDED",          "WITHDRAWN"};

#define BIT(state) (1u << LINE_##state)

/* Where a line may go from each state: what docs/DOMAIN.md says, in our own words. */
static const unsigned follows[LINE_STATE_COUNT] = {
    [LINE_UNKNOWN] = BIT(CONFIRMING) | BIT(AWAITING_DECISION),
    [LINE_CONFIRMING] = BIT(AWAITING_DECISION) | BIT(REFUNDING) | BIT(REFUNDED) | BIT(RECOVERED) |
                        BIT(FILLED_LATE) | BIT(WITHDRAWN) | BIT(WAITING_RESTOCK),
    [LINE_AWAITING_DECISION] = BIT(WAITING_RESTOCK) | BIT(SUBSTITUTING) | BIT(SUBSTITUTED) |
                               BIT(REFUNDING) | BIT(REFUNDED) | BIT(RECOVERED) | BIT(FILLED_LATE) |
                               BIT(WITHDRAWN),
    [LINE_WAITING_RESTOCK] = BIT(AWAITING_DECISION) | BIT(SUBSTITUTING) | BIT(SUBSTITUTED) |
                             BIT(REFUNDING) | BIT(REFUNDED) | BIT(RECOVERED) | BIT(FILLED_LATE) |
                             BIT(WITHDRAWN),
    [LINE_SUBSTITUTING] = BIT(SUBSTITUTED) | BIT(REFUND_FAILED),
    [LINE_REFUNDING] = BIT(REFUNDED) | BIT(REFUND_FAILED),
    [LINE_REFUND_FAILED] = BIT(REFUNDED) | BIT(SUBSTITUTED),
    [LINE_RECOVERED] = BIT(CONFIRMING) | BIT(AWAITING_DECISION) | BIT(REFUNDING) | BIT(REFUNDED) |
                       BIT(FILLED_LATE) | BIT(WITHDRAWN),
    [LINE_FILLED_LATE] = BIT(REFUNDING) | BIT(REFUNDED),
};

static void copy(char out[KEY_SIZE], struct text text)
{
    must(text.size < KEY_SIZE);
    memset(out, 0, KEY_SIZE);
    memcpy(out, text.data, text.size);
}

static struct seen_line *line_at(struct text order, int32_t line_no)
{
    for (int i = 0; i < seen_line_count; i++) {
        if (seen_lines[i].line_no == line_no && text_equal(text_of(seen_lines[i].order), order)) {
            return &seen_lines[i];
        }
    }
    must(seen_line_count < LINES_MAX);
    struct seen_line *line = &seen_lines[seen_line_count++];
    *line = (struct seen_line){.line_no = line_no, .state = LINE_UNKNOWN};
    copy(line->order, order);
    return line;
}

static struct seen_case *case_at(struct text id)
{
    for (int i = 0; i < seen_case_count; i++) {
        if (text_equal(text_of(seen_cases[i].id), id)) {
            return &seen_cases[i];
        }
    }
    must(seen_case_count < CASES_MAX);
    struct seen_case *seen = &seen_cases[seen_case_count++];
    *seen = (struct seen_case){.sequence = 0};
    copy(seen->id, id);
    return seen;
}

/* ---- Events follow one another ------------------------------------------------------------------
 */

static void take_change(const struct case_event *event, const struct line_change *change, int life)
{
    struct seen_line *line = line_at(event->order_id, change->line_no);
    if (line->life != life) {
        line->life = life;
        line->state = LINE_UNKNOWN;
    }
    if (line->state != change->before) {
        story_fail("I11 each event begins where the last one ended", "%s/%d: from %s, but was %s",
                   line->order, line->line_no, states[change->before], states[line->state]);
    }
    if (change->before != change->after && !(follows[change->before] >> change->after & 1)) {
        story_fail("a line goes only where the rules lead", "%s/%d: %s to %s", line->order,
                   line->line_no, states[change->before], states[change->after]);
    }
    line->state = change->after;
}

static void check_events(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    seen_line_count = seen_case_count = 0;
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        if (event->sequence == 0) {
            continue; /* of no case */
        }
        struct seen_case *seen = case_at(event->case_id);
        if (event->sequence == 1) {
            seen->lives++;
            seen->sequence = 0;
        }
        if (event->sequence != ++seen->sequence) {
            story_fail("I11 a case's events follow one another", "%.*s: %lld comes as number %lld",
                       (int)event->order_id.size, event->order_id.data, (long long)event->sequence,
                       (long long)seen->sequence);
        }
        for (uint32_t l = 0; l < event->line_count; l++) {
            take_change(event, &event->lines[l], seen->lives);
        }
    }
}

/* ---- Effects: all of an event's, and no others --------------------------------------------------
 */

static const enum topic effect_topics[] = {TOPIC_LINE_OUTCOME, TOPIC_NOTIFICATION,
                                           TOPIC_REFUND_REQUEST, TOPIC_FULFILMENT_PLAN,
                                           TOPIC_COMPENSATION};

enum { EFFECT_TOPICS = sizeof effect_topics / sizeof *effect_topics };

const struct told *effect_of(const struct told *event, const struct effect_id *effect)
{
    const struct told_list *list = transcript_of(topic_by_name(effect->topic));
    const struct told *nearest = NULL;
    int64_t apart_ms = INT64_MAX;
    for (int i = 0; i < list->count; i++) {
        int64_t this_ms = llabs(list->items[i].record->written_ms - event->record->written_ms);
        if (text_equal(list->items[i].id, effect->id) && this_ms < apart_ms) {
            nearest = &list->items[i];
            apart_ms = this_ms;
        }
    }
    return nearest;
}

static void check_effects(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    int told = 0;
    int written = 0;
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        for (uint32_t e = 0; e < event->effect_count; e++) {
            told++;
            if (!effect_of(&events->items[i], &event->effects[e])) {
                story_fail("I6 an event's effects are all there", "%.*s %.*s",
                           (int)event->effects[e].topic.size, event->effects[e].topic.data,
                           (int)event->effects[e].id.size, event->effects[e].id.data);
            }
        }
    }
    for (int t = 0; t < EFFECT_TOPICS; t++) {
        written += transcript_of(effect_topics[t])->count;
    }
    if (told != written) { /* ids are unique, so the numbers say it */
        story_fail("I6 effects are those of events", "%d told, %d written", told, written);
    }
}

/* A first request for the whole line frees the goods and cancels the plan in the same event. */
static void check_freed(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        int begun = 0;
        int outcomes = 0;
        int cancels = 0;
        for (uint32_t e = 0; e < event->effect_count; e++) {
            enum topic topic = topic_by_name(event->effects[e].topic);
            const struct told *effect = effect_of(&events->items[i], &event->effects[e]);
            if (topic == TOPIC_REFUND_REQUEST) {
                const struct refund_request *request = BODY(refund_request, effect);
                begun += request->attempt == 1 && request->reason != REFUND_FOR_RULING &&
                         request->reason != REFUND_FOR_SUBSTITUTE_DIFFERENCE;
            } else if (topic == TOPIC_LINE_OUTCOME) {
                outcomes += BODY(line_outcome, effect)->reason == CLOSE_REFUNDED;
            } else if (topic == TOPIC_FULFILMENT_PLAN) {
                cancels += BODY(fulfilment_plan, effect)->action == PLAN_CANCEL;
            }
        }
        if (begun > outcomes || begun > cancels) {
            story_fail("I6 a refunded line is freed and its plan cancelled at once",
                       "%.*s event %lld: %d refunds, %d outcomes, %d plans",
                       (int)event->order_id.size, event->order_id.data, (long long)event->sequence,
                       begun, outcomes, cancels);
        }
    }
}

/* ---- At rest
 * -------------------------------------------------------------------------------------- */

static unsigned states_after(const struct shortage *last)
{
    const unsigned ours =
        BIT(REFUNDED) | BIT(REFUNDING) | BIT(REFUND_FAILED) | BIT(SUBSTITUTED) | BIT(SUBSTITUTING);
    if (last->kind == SHORTAGE_RECOVERED) {
        return BIT(RECOVERED);
    }
    if (last->kind != SHORTAGE_CLOSED) {
        return BIT(AWAITING_DECISION) | BIT(WAITING_RESTOCK);
    }
    switch (last->reason) {
    case CLOSE_SHIPPED:
        return ours | BIT(FILLED_LATE) | BIT(RECOVERED) | BIT(WITHDRAWN);
    case CLOSE_SUBSTITUTED:
        return BIT(SUBSTITUTED) | BIT(SUBSTITUTING) | BIT(REFUND_FAILED);
    default:
        return ours | BIT(WITHDRAWN);
    }
}

static bool has_letter(struct text value)
{
    const struct told_list *letters = transcript_of(TOPIC_SHORTAGE_DLQ);
    for (int i = 0; i < letters->count; i++) {
        if (text_equal(letters->items[i].record->value, value)) {
            return true;
        }
    }
    return false;
}

static bool is_last(const struct told_list *list, int at)
{
    const struct shortage *one = BODY(shortage, &list->items[at]);
    for (int i = at + 1; i < list->count; i++) {
        const struct shortage *later = BODY(shortage, &list->items[i]);
        if (later->line_no == one->line_no && text_equal(later->order_id, one->order_id)) {
            return false;
        }
    }
    return true;
}

/* No case knows a line of which all was found longer ago than cases are kept. */
static bool was_found_too_late(const struct told_list *list, const struct shortage *last)
{
    for (int i = 0; i < list->count; i++) {
        const struct shortage *one = BODY(shortage, &list->items[i]);
        if (one->kind == SHORTAGE_UNFILLABLE && one->line_no == last->line_no &&
            text_equal(one->order_id, last->order_id) &&
            !has_letter(list->items[i].record->value)) {
            return false;
        }
    }
    return true;
}

static void check_agreement(void)
{
    const struct told_list *list = transcript_of(TOPIC_SHORTAGE);
    for (int i = 0; i < list->count; i++) {
        const struct shortage *last = BODY(shortage, &list->items[i]);
        if (!is_last(list, i) || has_letter(list->items[i].record->value)) {
            continue;
        }
        const struct seen_line *line = line_at(last->order_id, last->line_no);
        if (line->state == LINE_UNKNOWN && was_found_too_late(list, last)) {
            continue;
        }
        if (!(states_after(last) >> line->state & 1)) {
            story_fail("I2 a line's state agrees with its last shortage", "%s/%d: %s after kind %d",
                       line->order, line->line_no, states[line->state], last->kind);
        }
    }
}

static const struct refund_request *request_of(struct text refund_id)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        if (text_equal(request->refund_id, refund_id)) {
            return request;
        }
    }
    return NULL;
}

/* Whose money came back is told so, and its part is over. */
static void check_finished(void)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_RESULT);
    for (int i = 0; i < list->count; i++) {
        const struct refund_result *result = BODY(refund_result, &list->items[i]);
        const struct refund_request *request = result ? request_of(result->refund_id) : NULL;
        if (!request || result->status != REFUND_SUCCEEDED) {
            continue;
        }
        const struct seen_line *line = line_at(request->order_id, request->line_no);
        if (line->state != LINE_REFUNDED && line->state != LINE_SUBSTITUTED) {
            story_fail("I13 a refund that succeeded is over", "%s/%d is %s", line->order,
                       line->line_no, states[line->state]);
        }
    }
}

/* Months after the last fact nobody is still asked, and nothing is still to be confirmed. */
static void check_ends(void)
{
    for (int i = 0; i < seen_line_count; i++) {
        enum line_state state = seen_lines[i].state;
        if (state == LINE_CONFIRMING || state == LINE_AWAITING_DECISION) {
            story_fail("I13 every case ends within its deadlines", "%s/%d is still %s",
                       seen_lines[i].order, seen_lines[i].line_no, states[state]);
        }
    }
}

static bool is_newest(const struct told_list *list, int at)
{
    for (int i = at + 1; i < list->count; i++) {
        if (text_equal(list->items[i].record->key, list->items[at].record->key)) {
            return false;
        }
    }
    return true;
}

/* What case-state holds is what the events lead to. */
static void check_state_topic(void)
{
    const struct told_list *list = transcript_of(TOPIC_CASE_STATE);
    struct arena *arena = arena_new(16 << 20);
    must(arena);
    for (int i = 0; i < list->count; i++) {
        const struct record *record = list->items[i].record;
        struct case_line_record line;
        struct error error;
        if (!is_newest(list, i) || !record->value.data ||
            !memchr(record->key.data, '/', record->key.size)) {
            continue;
        }
        must(codec_decode(outside_codec(), &type_case_line, record->value, arena, &line, &error) ==
             OK);
        struct text case_id = {record->key.data, 36};
        bool known = false;
        for (int l = 0; l < seen_line_count; l++) {
            char id[IDENTITY_SIZE];
            case_id_of(text_of(seen_lines[l].order), id);
            if (seen_lines[l].line_no != line.line.line_no || !text_equal(text_of(id), case_id)) {
                continue;
            }
            known = true;
            if (line.line.state != seen_lines[l].state) {
                story_fail("I11 folding the events gives the state", "%s/%d: %s, but events say %s",
                           seen_lines[l].order, seen_lines[l].line_no, states[line.line.state],
                           states[seen_lines[l].state]);
            }
        }
        if (!known) {
            story_fail("I11 folding the events gives the state", "%.*s has no event",
                       (int)record->key.size, record->key.data);
        }
    }
    arena_free(arena);
}

void check_cases(void)
{
    check_events();
    check_effects();
    check_freed();
    check_agreement();
    check_state_topic();
    check_finished();
    check_ends();
}
