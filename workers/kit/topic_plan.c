#include "kit/topic_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/must.h"

bool topic_is_by_sku(enum topic topic)
{
    return topic == TOPIC_SKU_EVENT || topic == TOPIC_SKU_EVENT_DLQ ||
           topic == TOPIC_ALLOCATOR_STATE;
}

bool topic_is_free(enum topic topic)
{
    return topic == TOPIC_ORDER_PAID || topic == TOPIC_ORDER_PAID_DLQ ||
           topic == TOPIC_STOCK_LEVEL || topic == TOPIC_STOCK_LEVEL_DLQ ||
           topic == TOPIC_ORDER_CLOSED || topic == TOPIC_ORDER_CLOSED_DLQ;
}

/* The number that the first topic of a group has that is there; 0 if none is. */
static int32_t group_count(const struct topic_found found[TOPIC_COUNT], bool by_sku,
                           enum topic *ret_first)
{
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (!topic_is_free(topic) && topic_is_by_sku(topic) == by_sku &&
            found[topic].partition_count > 0) {
            *ret_first = topic;
            return found[topic].partition_count;
        }
    }
    return 0;
}

struct comparison {
    topic_difference *each;
    void *context;
    uint32_t count;
};

static void differs(struct comparison *comparison, enum topic topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void differs(struct comparison *comparison, enum topic topic, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    must(size >= 0);
    comparison->each(comparison->context, topic, words);
    comparison->count++;
}

static void compare_partitions(struct comparison *comparison, enum topic topic, int32_t count,
                               int32_t wished, const struct topic_found found[TOPIC_COUNT])
{
    if (wished > 0 && count != wished) {
        differs(comparison, topic, "has %" PRId32 " partitions, not %" PRId32, count, wished);
        return;
    }
    enum topic first = topic;
    int32_t shared = group_count(found, topic_is_by_sku(topic), &first);
    if (wished == 0 && count != shared) {
        differs(comparison, topic, "has %" PRId32 " partitions, but %s has %" PRId32, count,
                topic_info(first)->name, shared);
    }
}

static void compare_kept(struct comparison *comparison, enum topic topic,
                         const struct topic_found *found)
{
    const struct topic_info *info = topic_info(topic);
    if (info->compacted && !found->compacted) {
        differs(comparison, topic, "is not compacted: set cleanup.policy=compact");
    } else if (info->compacted && found->deletes) {
        differs(comparison, topic,
                "drops old records: set cleanup.policy=compact, not with delete");
    } else if (!info->compacted && found->compacted) {
        differs(comparison, topic, "is compacted, which loses facts: set cleanup.policy=delete");
    } else if (!info->compacted && found->retention_ms >= 0 &&
               (info->retention_ms < 0 || found->retention_ms < info->retention_ms)) {
        differs(comparison, topic,
                "keeps records for %" PRId64 " ms: set retention.ms=%" PRId64 " or longer",
                found->retention_ms, info->retention_ms);
    }
    if (info->broker_time && !found->broker_time) {
        differs(comparison, topic,
                "does not tell the broker's time: set message.timestamp.type=LogAppendTime");
    }
}

uint32_t topic_compare(const struct topic_found found[TOPIC_COUNT], struct topic_wish wish,
                       topic_difference *each, void *context)
{
    struct comparison comparison = {.each = each, .context = context};
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (found[topic].partition_count == 0) {
            differs(
                &comparison, topic,
                "is missing, or this login may not see it: make it with `shortfall topics create`");
            continue;
        }
        if (!topic_is_free(topic) || wish.partition_count > 0) {
            compare_partitions(
                &comparison, topic, found[topic].partition_count,
                topic_is_by_sku(topic) ? wish.sku_partition_count : wish.partition_count, found);
        }
        compare_kept(&comparison, topic, &found[topic]);
    }
    return comparison.count;
}

static enum status settle(int32_t *wished, const struct topic_found found[TOPIC_COUNT], bool by_sku,
                          int32_t or_else, struct error *error)
{
    enum topic first = TOPIC_NONE;
    int32_t shared = group_count(found, by_sku, &first);
    if (*wished == 0) {
        *wished = shared > 0 ? shared : or_else;
    }
    if (shared > 0 && *wished != shared) {
        return error_set(error, POISON,
                         "%s has %" PRId32 " partitions, not %" PRId32
                         ": topics that are joined must have the same number, and it cannot be "
                         "changed in place; ask for %" PRId32,
                         topic_info(first)->name, shared, *wished, shared);
    }
    return OK;
}

enum status topic_wish_settle(struct topic_wish *wish, const struct topic_found found[TOPIC_COUNT],
                              int32_t or_else, struct error *error)
{
    enum status status = settle(&wish->partition_count, found, false, or_else, error);
    if (status != OK) {
        return status;
    }
    return settle(&wish->sku_partition_count, found, true, wish->partition_count, error);
}
