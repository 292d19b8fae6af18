#include "check_events.h"

#include <stdlib.h>

#include "core/must.h"
#include "effects.h"
#include "faults.h"
#include "story.h"

enum { SKEW_MS = 2500, EQUAL_MS = 5 };

/* Twelve days pass at the very end (main.c). */
#define LAST_LEAP_MS (INT64_C(13) * 24 * 60 * 60 * 1000)

static int64_t *fact_written_ms; /* by event; INT64_MAX: of no record */

int64_t events_tolerance_ms(void)
{
    return faults_skewed() ? SKEW_MS : EQUAL_MS;
}

int64_t events_all_fired_ms(void)
{
    return broker_wall_ms() - LAST_LEAP_MS;
}

/* The bytes were judged before: in a case that is forgotten, or where there was none. */
static bool was_judged(const struct told_list *events, int index)
{
    const struct case_event *event = BODY(case_event, &events->items[index]);
    for (int i = 0; i < index; i++) {
        const struct case_event *earlier = BODY(case_event, &events->items[i]);
        if (text_equal(earlier->fact, event->fact) &&
            text_equal(earlier->fact_topic, event->fact_topic)) {
            return true;
        }
    }
    return false;
}

/* When the fact came to where it is judged: first, or last if it is judged again. */
static int64_t written_ms(const struct told_list *events, int index)
{
    const struct told *told = &events->items[index];
    const struct case_event *event = BODY(case_event, told);
    enum topic topic = topic_by_name(event->fact_topic);
    if (topic == TOPIC_NONE) {
        return INT64_MAX;
    }
    const struct told_list *list = transcript_of(topic);
    int32_t partition = topic_partition_of(event->order_id, PARTITIONS);
    bool again = was_judged(events, index);
    int64_t found_ms = INT64_MAX;
    for (int i = 0; i < list->count; i++) {
        const struct record *record = list->items[i].record;
        bool it = list->items[i].partition == partition && text_equal(record->value, event->fact) &&
                  record->written_ms <= told->record->written_ms;
        if (it && (again || found_ms == INT64_MAX)) {
            found_ms = record->written_ms;
        }
    }
    if (found_ms == INT64_MAX) {
        story_fail("I1 an event is of a fact that was written", "%.*s event %lld",
                   (int)event->order_id.size, event->order_id.data, (long long)event->sequence);
    }
    return found_ms;
}

void events_prepare(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    free(fact_written_ms);
    fact_written_ms = calloc((size_t)events->count + 1, sizeof *fact_written_ms);
    must(fact_written_ms);
    for (int i = 0; i < events->count; i++) {
        fact_written_ms[i] = written_ms(events, i);
    }
}

void events_check_deadline(int index, int64_t due_ms)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    const struct told *told = &events->items[index];
    const struct case_event *event = BODY(case_event, told);
    int64_t in_time_ms = due_ms - events_tolerance_ms();
    if (told->record->written_ms < in_time_ms || event->at_ms < due_ms ||
        event->at_ms > told->record->written_ms + events_tolerance_ms()) {
        story_fail("I8 no deadline fires early", "%.*s event %lld: due at %lld, said at %lld, %lld",
                   (int)event->order_id.size, event->order_id.data, (long long)event->sequence,
                   (long long)due_ms, (long long)event->at_ms, (long long)told->record->written_ms);
    }
    /* It is said as of the proof that everything was read: not only up to the deadline. */
    int64_t read_ms = event->at_ms - events_tolerance_ms();
    for (int i = index + 1; i < events->count; i++) {
        const struct case_event *later = BODY(case_event, &events->items[i]);
        if (text_equal(later->case_id, event->case_id) && fact_written_ms[i] <= read_ms) {
            story_fail("I8 no deadline fires with an unread answer",
                       "%.*s: the deadline is event %lld, %.*s, %lld ms before, is event %lld",
                       (int)event->order_id.size, event->order_id.data, (long long)event->sequence,
                       (int)later->fact_topic.size, later->fact_topic.data,
                       (long long)(event->at_ms - fact_written_ms[i]), (long long)later->sequence);
        }
    }
}

/* ---- The end: I7 ------------------------------------------------------------------------------
 */

static bool may_follow_end(const struct told *of, const struct effect_id *effect, bool stays)
{
    const struct case_event *event = BODY(case_event, of);
    enum topic cause = topic_by_name(event->fact_topic);
    const struct told *told = effect_of(of, effect);
    bool is_notice = topic_by_name(effect->topic) == TOPIC_NOTIFICATION;
    switch (cause) {
    case TOPIC_BUYER_DECISION:
    case TOPIC_SELLER_RESPONSE:
    case TOPIC_PLATFORM_RULING:
        return !is_notice || (BODY(notification, told)->kind != NOTICE_SHORTAGE &&
                              BODY(notification, told)->kind != NOTICE_RENEWED);
    case TOPIC_REFUND_RESULT:
        return is_notice && BODY(notification, told)->kind == NOTICE_REFUND_DONE;
    case TOPIC_SHORTAGE: /* short again; or shipped, although the money is back */
        return !stays || (is_notice && BODY(notification, told)->audience == AUDIENCE_SUPPORT);
    default:
        return false;
    }
}

void events_check_after_end(int index, bool stays)
{
    const struct told *told = &transcript_of(TOPIC_CASE_EVENT)->items[index];
    const struct case_event *event = BODY(case_event, told);
    for (uint32_t i = 0; i < event->effect_count; i++) {
        if (!may_follow_end(told, &event->effects[i], stays)) {
            story_fail("I7 nothing comes after the end but what was asked for",
                       "%.*s event %lld of %.*s: %.*s", (int)event->order_id.size,
                       event->order_id.data, (long long)event->sequence,
                       (int)event->fact_topic.size, event->fact_topic.data,
                       (int)event->effects[i].topic.size, event->effects[i].topic.data);
        }
    }
}
