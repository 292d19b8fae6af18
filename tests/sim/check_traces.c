#include <stdio.h>

#include "checks.h"
#include "story.h"
#include "transcript.h"
#include "world.h"

/* Keyed by the order, and written because of it. */
static const enum topic topics[] = {TOPIC_SHORTAGE,        TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST,
                                    TOPIC_FULFILMENT_PLAN, TOPIC_COMPENSATION, TOPIC_LINE_OUTCOME,
                                    TOPIC_CASE_EVENT};

/* The order's trace, and of the record's own id the first sixteen digits; or no header at all. */
static void check_trace(enum topic topic, const struct told *told)
{
    char value[WORLD_TRACEPARENT_SIZE];
    char start[WORLD_TRACEPARENT_SIZE];
    char expected[2 * WORLD_TRACEPARENT_SIZE] = "";
    if (world_traceparent(told->record->key, value, start)) {
        (void)snprintf(expected, sizeof expected, "%s%.8s%.4s%.4s-01", start, told->id.data,
                       told->id.data + 9, told->id.data + 14);
    }
    struct text found = transcript_header(told->record, "traceparent");
    if (!text_equal(found, text_of(expected))) {
        story_fail("all that is said of an order is of its trace", "%s %d/%lld: '%.*s', not '%s'",
                   topic_info(topic)->name, told->partition, (long long)told->record->offset,
                   (int)found.size, found.size ? found.data : "", expected);
    }
}

void check_traces(void)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        const struct told_list *list = transcript_of(topics[i]);
        for (int at = 0; at < list->count; at++) {
            bool no_case =
                topics[i] == TOPIC_CASE_EVENT && BODY(case_event, &list->items[at])->sequence == 0;
            if (!no_case) {
                check_trace(topics[i], &list->items[at]);
            }
        }
    }
}
