#include "kit/topics.h"

#include "core/must.h"

#define DAYS INT64_C(86400000)

/* Facts are kept longer than the 14 days for which a closed line is remembered, so that whatever a
 * replay brings back is still recognised. What the cases are made of and what they say is kept as
 * long as a closed case stays as a stub (90 days). The case events are the record of what was done
 * and why: they stay. */
#define KEPT_FACTS (30 * DAYS)
#define KEPT_CASES (90 * DAYS)
#define KEPT_FOR_EVER INT64_C(-1)

static const struct topic_info topics[TOPIC_COUNT] = {
    [TOPIC_ORDER_PAID] = {.name = "order-paid",
                          .type = &type_order_paid,
                          .dlq = TOPIC_ORDER_PAID_DLQ,
                          .input = true,
                          .retention_ms = KEPT_FACTS},
    [TOPIC_STOCK_LEVEL] = {.name = "stock-level",
                           .type = &type_stock_level,
                           .dlq = TOPIC_STOCK_LEVEL_DLQ,
                           .input = true,
                           .retention_ms = KEPT_FACTS},
    [TOPIC_ORDER_CLOSED] = {.name = "order-closed",
                            .type = &type_order_closed,
                            .dlq = TOPIC_ORDER_CLOSED_DLQ,
                            .input = true,
                            .retention_ms = KEPT_FACTS},
    [TOPIC_SUBSTITUTE] = {.name = "substitute",
                          .type = &type_substitute,
                          .dlq = TOPIC_SUBSTITUTE_DLQ,
                          .input = true,
                          .compacted = true,
                          .retention_ms = KEPT_FOR_EVER},
    [TOPIC_BUYER_DECISION] = {.name = "buyer-decision",
                              .type = &type_buyer_decision,
                              .dlq = TOPIC_BUYER_DECISION_DLQ,
                              .input = true,
                              .retention_ms = KEPT_CASES},
    [TOPIC_SELLER_RESPONSE] = {.name = "seller-response",
                               .type = &type_seller_response,
                               .dlq = TOPIC_SELLER_RESPONSE_DLQ,
                               .input = true,
                               .retention_ms = KEPT_CASES},
    [TOPIC_PLATFORM_RULING] = {.name = "platform-ruling",
                               .type = &type_platform_ruling,
                               .dlq = TOPIC_PLATFORM_RULING_DLQ,
                               .input = true,
                               .retention_ms = KEPT_CASES},
    [TOPIC_REFUND_RESULT] = {.name = "refund-result",
                             .type = &type_refund_result,
                             .dlq = TOPIC_REFUND_RESULT_DLQ,
                             .input = true,
                             .retention_ms = KEPT_CASES},
    [TOPIC_CLOCK] = {.name = "clock",
                     .type = &type_clock_tick,
                     .dlq = TOPIC_CLOCK_DLQ,
                     .input = true,
                     .retention_ms = KEPT_CASES},
    [TOPIC_SKU_EVENT] = {.name = "sku-event",
                         .type = &type_sku_event,
                         .dlq = TOPIC_SKU_EVENT_DLQ,
                         .retention_ms = KEPT_FACTS},
    [TOPIC_SHORTAGE] = {.name = "shortage",
                        .type = &type_shortage,
                        .dlq = TOPIC_SHORTAGE_DLQ,
                        .retention_ms = KEPT_CASES},
    [TOPIC_LINE_OUTCOME] = {.name = "line-outcome",
                            .type = &type_line_outcome,
                            .dlq = TOPIC_LINE_OUTCOME_DLQ,
                            .retention_ms = KEPT_CASES},
    [TOPIC_LISTING_STATUS] = {.name = "listing-status",
                              .type = &type_listing_status,
                              .dlq = TOPIC_LISTING_STATUS_DLQ,
                              .compacted = true,
                              .retention_ms = KEPT_FOR_EVER},
    [TOPIC_NOTIFICATION] = {.name = "notification",
                            .type = &type_notification,
                            .dlq = TOPIC_NONE,
                            .retention_ms = KEPT_CASES},
    [TOPIC_REFUND_REQUEST] = {.name = "refund-request",
                              .type = &type_refund_request,
                              .dlq = TOPIC_NONE,
                              .retention_ms = KEPT_CASES},
    [TOPIC_FULFILMENT_PLAN] = {.name = "fulfilment-plan",
                               .type = &type_fulfilment_plan,
                               .dlq = TOPIC_NONE,
                               .retention_ms = KEPT_CASES},
    [TOPIC_COMPENSATION] = {.name = "compensation",
                            .type = &type_compensation,
                            .dlq = TOPIC_NONE,
                            .retention_ms = KEPT_CASES},
    [TOPIC_CASE_EVENT] = {.name = "case-event",
                          .type = &type_case_event,
                          .dlq = TOPIC_NONE,
                          .retention_ms = KEPT_FOR_EVER},
    [TOPIC_CASE_STATE] = {.name = "case-state",
                          .dlq = TOPIC_NONE,
                          .compacted = true,
                          .retention_ms = KEPT_FOR_EVER,
                          .broker_time = true},
    [TOPIC_ALLOCATOR_STATE] = {.name = "allocator-state",
                               .dlq = TOPIC_NONE,
                               .compacted = true,
                               .retention_ms = KEPT_FOR_EVER},
#define DEAD_LETTERS(of, topic_name) \
    [of##_DLQ] = {.name = topic_name ".dlq", .dlq = TOPIC_NONE, .retention_ms = KEPT_CASES}
    DEAD_LETTERS(TOPIC_ORDER_PAID, "order-paid"),
    DEAD_LETTERS(TOPIC_STOCK_LEVEL, "stock-level"),
    DEAD_LETTERS(TOPIC_ORDER_CLOSED, "order-closed"),
    DEAD_LETTERS(TOPIC_SUBSTITUTE, "substitute"),
    DEAD_LETTERS(TOPIC_BUYER_DECISION, "buyer-decision"),
    DEAD_LETTERS(TOPIC_SELLER_RESPONSE, "seller-response"),
    DEAD_LETTERS(TOPIC_PLATFORM_RULING, "platform-ruling"),
    DEAD_LETTERS(TOPIC_REFUND_RESULT, "refund-result"),
    DEAD_LETTERS(TOPIC_CLOCK, "clock"),
    DEAD_LETTERS(TOPIC_SKU_EVENT, "sku-event"),
    DEAD_LETTERS(TOPIC_SHORTAGE, "shortage"),
    DEAD_LETTERS(TOPIC_LINE_OUTCOME, "line-outcome"),
    DEAD_LETTERS(TOPIC_LISTING_STATUS, "listing-status"),
#undef DEAD_LETTERS
};

/* MurmurHash2 as Kafka's Java client has it: 32 bits, a fixed seed, words little-endian. */
static uint32_t murmur2(struct text key)
{
    enum { SHIFT = 24 };
    const uint32_t seed = 0x9747b28c;
    const uint32_t factor = 0x5bd1e995;
    const uint8_t *byte = (const uint8_t *)key.data;
    uint32_t left = key.size;
    uint32_t hash = seed ^ key.size;
    for (; left >= 4; left -= 4, byte += 4) {
        uint32_t word = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                        (uint32_t)byte[3] << 24;
        word *= factor;
        word ^= word >> SHIFT;
        word *= factor;
        hash *= factor;
        hash ^= word;
    }
    if (left > 0) {
        for (uint32_t i = 0; i < left; i++) {
            hash ^= (uint32_t)byte[i] << (8 * i);
        }
        hash *= factor;
    }
    hash ^= hash >> 13;
    hash *= factor;
    hash ^= hash >> 15;
    return hash;
}

const struct topic_info *topic_info(enum topic topic)
{
    must(topic < TOPIC_COUNT);
    return &topics[topic];
}

enum topic topic_by_name(struct text name)
{
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (text_equal(text_of(topics[topic].name), name)) {
            return topic;
        }
    }
    return TOPIC_NONE;
}

bool topic_is_dead_letters(enum topic topic)
{
    return topic >= TOPIC_ORDER_PAID_DLQ && topic < TOPIC_COUNT;
}

int32_t topic_partition_of(struct text key, int32_t partition_count)
{
    must(partition_count > 0);
    return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)partition_count);
}
