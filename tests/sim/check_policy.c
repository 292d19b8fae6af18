/* A case keeps the policy that it was opened under, whoever decides on it: its events all name the
 * same, and its refunds are due as that one says (the next versions in tests/sim/next_policies differ in
 * it from all others). */
#include <string.h>

#include "checks.h"
#include "kit/policy_file.h"
#include "outside.h"
#include "story.h"
#include "transcript.h"

static const struct case_event *event_of(struct text effect_id)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        for (uint32_t e = 0; e < event->effect_count; e++) {
            if (text_equal(event->effects[e].id, effect_id)) {
                return event;
            }
        }
    }
    return NULL;
}

/* The last one of its case before it: a case that begins after a forgotten one counts from 1. */
static const struct case_event *event_before(const struct told_list *events, int i)
{
    const struct case_event *event = BODY(case_event, &events->items[i]);
    while (i-- > 0) {
        const struct case_event *earlier = BODY(case_event, &events->items[i]);
        if (earlier->sequence > 0 && text_equal(earlier->case_id, event->case_id)) {
            return earlier;
        }
    }
    return NULL;
}

static void check_same_policy(void)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        const struct case_event *before = event->sequence > 1 ? event_before(events, i) : NULL;
        if (before && !text_equal(before->policy, event->policy)) {
            story_fail("a case keeps its policy", "%.*s: event %lld under %.*s, before %.*s",
                       (int)event->order_id.size, event->order_id.data, (long long)event->sequence,
                       (int)event->policy.size, event->policy.data, (int)before->policy.size,
                       before->policy.data);
        }
    }
}

static void check_due(void)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        const struct case_event *event = event_of(list->items[i].id);
        const struct policy *policy =
            event ? policy_set_by_id(outside_policies(), event->policy) : NULL;
        if (request->attempt > 1) {
            continue;
        }
        int64_t wanted_ms = policy ? request->at_ms + policy->refund_due_ms : -1;
        if (request->due_by_ms != wanted_ms) {
            story_fail("a case keeps its policy", "%.*s/%d: due %lld ms after %lld, under %.*s",
                       (int)request->order_id.size, request->order_id.data, request->line_no,
                       (long long)(request->due_by_ms - request->at_ms), (long long)request->at_ms,
                       event ? (int)event->policy.size : 4, event ? event->policy.data : "none");
        }
    }
}

void check_policy(void)
{
    check_same_policy();
    check_due();
}
