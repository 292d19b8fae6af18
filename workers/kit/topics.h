/* Every topic, in one table: what it holds, how it is keyed, kept and split.
 *
 * `shortfall topics create` makes them from this table, `shortfall topics check` compares a cluster
 * with it, and the workers name topics only by the enum. A prefix ("staging.") may be set for all.
 */
#ifndef SHORTFALL_KIT_TOPICS_H
#define SHORTFALL_KIT_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/record_type.h"

enum topic {
    TOPIC_ORDER_PAID,
    TOPIC_STOCK_LEVEL,
    TOPIC_ORDER_CLOSED,
    TOPIC_SUBSTITUTE,
    TOPIC_BUYER_DECISION,
    TOPIC_SELLER_RESPONSE,
    TOPIC_PLATFORM_RULING,
    TOPIC_REFUND_RESULT,
    TOPIC_CLOCK,
    TOPIC_SKU_EVENT,
    TOPIC_SHORTAGE,
    TOPIC_LINE_OUTCOME,
    TOPIC_LISTING_STATUS,
    TOPIC_NOTIFICATION,
    TOPIC_REFUND_REQUEST,
    TOPIC_FULFILMENT_PLAN,
    TOPIC_COMPENSATION,
    TOPIC_CASE_EVENT,
    TOPIC_CASE_STATE,
    TOPIC_ALLOCATOR_STATE,
    /* dead letters of the inputs, in the inputs' order */
    TOPIC_ORDER_PAID_DLQ,
    TOPIC_STOCK_LEVEL_DLQ,
    TOPIC_ORDER_CLOSED_DLQ,
    TOPIC_SUBSTITUTE_DLQ,
    TOPIC_BUYER_DECISION_DLQ,
    TOPIC_SELLER_RESPONSE_DLQ,
    TOPIC_PLATFORM_RULING_DLQ,
    TOPIC_REFUND_RESULT_DLQ,
    TOPIC_CLOCK_DLQ,
    TOPIC_SKU_EVENT_DLQ,
    TOPIC_SHORTAGE_DLQ,
    TOPIC_LINE_OUTCOME_DLQ,
    TOPIC_LISTING_STATUS_DLQ,
    TOPIC_COUNT,
    TOPIC_NONE = TOPIC_COUNT,
};

struct topic_info {
    const char *name;
    const struct record_type *type; /* NULL: dead letters and internal state of several types */
    enum topic dlq;                 /* TOPIC_NONE where there is none */
    bool input;                     /* written by the world: `shortfall-produce` may */
    bool compacted;
    int64_t retention_ms; /* of what is not compacted; -1: for ever */
    bool broker_time;     /* timestamps are the broker's: from them its clock is learned */
};

/* Never NULL for a topic below TOPIC_COUNT. */
const struct topic_info *topic_info(enum topic topic);

/* The topic of that name (without prefix); TOPIC_NONE if there is none. */
enum topic topic_by_name(struct text name);

bool topic_is_dead_letters(enum topic topic);

/* Kafka's default partitioner, so that any client's producer agrees with ours: murmur2 of the key,
 * made positive, modulo the number of partitions. */
int32_t topic_partition_of(struct text key, int32_t partition_count);

#endif
