/* With clock = record no time comes from a clock: what is written knows of no later time than the
 * records that it was made of. The wall clock of such a story is half a year ahead of them. */
#include "checks.h"
#include "story.h"
#include "transcript.h"
#include "world.h"

static void check_time(enum topic topic, const struct told *told, int64_t at_ms)
{
    if (at_ms > world_now_ms()) {
        story_fail("with clock = record, time is that of the records",
                   "%s %d/%lld is of a time %lld ms after the last record", topic_info(topic)->name,
                   told->partition, (long long)told->record->offset,
                   (long long)(at_ms - world_now_ms()));
    }
}

/* The log's time is the latest of the message's facts. (A flip of the rules is of no time.) */
static void check_log_time(const struct told *told, const struct sku_event *event)
{
    int64_t latest_ms = INT64_MIN;
    if (event->fact_count == 1 && event->facts[0].kind == FACT_RULES) {
        return;
    }
    for (uint32_t i = 0; i < event->fact_count; i++) {
        latest_ms = event->facts[i].at_ms > latest_ms ? event->facts[i].at_ms : latest_ms;
    }
    if (event->log_ms != latest_ms) {
        story_fail("with clock = record, the log's time is that of its facts",
                   "sku-event %d/%lld: %lld instead of %lld", told->partition,
                   (long long)told->record->offset, (long long)event->log_ms, (long long)latest_ms);
    }
}

static void check_message(enum topic topic, const struct told *told)
{
    switch (topic) {
    case TOPIC_SKU_EVENT:
        check_log_time(told, BODY(sku_event, told));
        break;
    case TOPIC_SHORTAGE:
        check_time(topic, told, BODY(shortage, told)->at_ms);
        break;
    case TOPIC_NOTIFICATION:
        check_time(topic, told, BODY(notification, told)->at_ms);
        break;
    case TOPIC_REFUND_REQUEST:
        check_time(topic, told, BODY(refund_request, told)->at_ms);
        break;
    case TOPIC_CASE_EVENT:
        check_time(topic, told, BODY(case_event, told)->at_ms);
        break;
    default:
        break;
    }
}

void check_record_clock(void)
{
    for (int topic = 0; world_plays_records() && topic < TOPIC_COUNT; topic++) {
        const struct told_list *list = transcript_of((enum topic)topic);
        for (int i = 0; i < list->count; i++) {
            if (list->items[i].body) {
                check_message((enum topic)topic, &list->items[i]);
            }
        }
    }
}
