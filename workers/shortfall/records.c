#include "shortfall/records.h"

#include <inttypes.h>

#include "shortfall/scan.h"

struct reading {
    struct call *call;
    records_each *each;
    void *context;
};

static enum status take_record(struct reading *reading, const struct message *message,
                               struct error *error)
{
    const struct topic_info *info = topic_info(message->topic);
    const void *record;
    if (!text_is_set(message->value)) {
        return OK;
    }
    enum status status = call_decode(reading->call, info->type, message->value, &record, error);
    if (status == POISON && info->input) {
        return OK;
    }
    return status == OK ? reading->each(reading->context, message, record, error) : status;
}

static enum status take(void *context, const struct message *message, struct error *error)
{
    struct reading *reading = context;
    enum status status = topic_info(message->topic)->type
                             ? take_record(reading, message, error)
                             : reading->each(reading->context, message, NULL, error);
    arena_reset(reading->call->arena);
    return status == OK
               ? OK
               : error_prefix(error, status, "%s, partition %" PRId32 ", offset %" PRId64 ": ",
                              topic_info(message->topic)->name, message->partition,
                              message->offset);
}

enum status records_scan(struct call *call, const enum topic *topics, size_t count,
                         records_each *each, void *context, struct error *error)
{
    struct reading reading = {.call = call, .each = each, .context = context};
    return scan(call->reader, topics, count, (struct text){0}, take, &reading, error);
}

enum status records_fact(struct call *call, const struct case_event *event, enum topic *ret_topic,
                         const void **ret_fact, struct error *error)
{
    enum topic topic = topic_by_name(event->fact_topic);
    *ret_topic = TOPIC_NONE;
    if (topic == TOPIC_NONE || !topic_info(topic)->type || event->fact.size == 0) {
        return OK;
    }
    enum status status = call_decode(call, topic_info(topic)->type, event->fact, ret_fact, error);
    if (status == OK) {
        *ret_topic = topic;
    }
    return status;
}
