#include "producers/fact.h"

#include "core/contract.h"
#include "core/must.h"

/* What an input's record is: where its key and its time lie, and in which place it is sorted among
 * those of the same time. */
struct shape {
    uint32_t key_offset;
    bool keyed;
    const char *time_field; /* NULL: it has no time */
    uint32_t time_offset;
    int rank;
};

#define SHAPE(type, key, time, place)                                                 \
    {                                                                                 \
        .keyed = true, .key_offset = offsetof(struct type, key), .time_field = #time, \
        .time_offset = offsetof(struct type, time##_ms), .rank = (place)              \
    }

static const struct shape shapes[TOPIC_COUNT] = {
    [TOPIC_ORDER_CLOSED] = SHAPE(order_closed, order_id, closed_at, 1),
    [TOPIC_STOCK_LEVEL] = SHAPE(stock_level, sku, counted_at, 2),
    [TOPIC_SUBSTITUTE] = {.keyed = true, .key_offset = offsetof(struct substitute, sku), .rank = 3},
    [TOPIC_ORDER_PAID] = SHAPE(order_paid, order_id, paid_at, 4),
    [TOPIC_BUYER_DECISION] = SHAPE(buyer_decision, order_id, decided_at, 5),
    [TOPIC_SELLER_RESPONSE] = SHAPE(seller_response, order_id, responded_at, 6),
    [TOPIC_PLATFORM_RULING] = SHAPE(platform_ruling, order_id, ruled_at, 7),
    [TOPIC_REFUND_RESULT] = SHAPE(refund_result, order_id, at, 8),
    [TOPIC_CLOCK] = {.time_field = "at",
                     .time_offset = offsetof(struct clock_tick, at_ms),
                     .rank = 9},
};

static const struct shape *shape_of(enum topic topic)
{
    must(topic < TOPIC_COUNT && shapes[topic].rank > 0);
    return &shapes[topic];
}

struct fact fact_of(enum topic topic, const void *record)
{
    const struct shape *shape = shape_of(topic);
    struct fact fact = {.topic = topic, .record = record, .at_ms = FACT_TIME_UNKNOWN};
    if (shape->keyed) {
        fact.key = *(const struct text *)((const char *)record + shape->key_offset);
    }
    if (shape->time_field) {
        fact.at_ms = *(const int64_t *)((const char *)record + shape->time_offset);
    }
    return fact;
}

const char *fact_time_field(enum topic topic)
{
    return shape_of(topic)->time_field;
}

/* A substitute has no version, so it is known by what it says: offer by offer, each id made of the
 * one before it, since all of them together would be too long for one name. */
static void identify_substitute(struct identity *identity, const struct substitute *substitute)
{
    char chain[IDENTITY_SIZE] = "";
    for (uint32_t i = 0; i < substitute->substitute_count; i++) {
        const struct substitute_offer *offer = &substitute->substitutes[i];
        struct identity link;
        identity_begin(&link, "substitute-offer");
        identity_text(&link, text_of(chain));
        identity_text(&link, offer->sku);
        identity_number(&link, offer->price_minor);
        identity_number(&link, offer->ship_within_h);
        identity_end(&link, chain);
    }
    identity_text(identity, text_of(chain));
}

/* The fields after topic and key. */
static void identify(struct identity *identity, const struct fact *fact)
{
    const void *record = fact->record;
    if (fact->topic == TOPIC_STOCK_LEVEL) {
        const struct stock_level *level = record;
        identity_text(identity, level->warehouse_id);
        identity_number(identity, level->version);
    } else if (fact->topic == TOPIC_ORDER_CLOSED) {
        const struct order_closed *closed = record;
        identity_number(identity, closed->line_no);
        identity_number(identity, closed->reason);
    } else if (fact->topic == TOPIC_SUBSTITUTE) {
        identify_substitute(identity, record);
    } else if (fact->topic == TOPIC_BUYER_DECISION) {
        identity_text(identity, ((const struct buyer_decision *)record)->id);
    } else if (fact->topic == TOPIC_SELLER_RESPONSE) {
        identity_text(identity, ((const struct seller_response *)record)->id);
    } else if (fact->topic == TOPIC_PLATFORM_RULING) {
        identity_text(identity, ((const struct platform_ruling *)record)->id);
    } else if (fact->topic == TOPIC_REFUND_RESULT) {
        const struct refund_result *result = record;
        identity_text(identity, result->refund_id);
        identity_number(identity, result->attempt);
        identity_number(identity, result->status);
    } else if (fact->topic == TOPIC_CLOCK) {
        identity_number(identity, ((const struct clock_tick *)record)->at_ms);
    }
}

void fact_identity(const struct fact *fact, char ret_id[IDENTITY_SIZE])
{
    must(fact->record);
    struct identity identity;
    identity_begin(&identity, topic_info(fact->topic)->name);
    identity_text(&identity, fact->key);
    identify(&identity, fact);
    identity_end(&identity, ret_id);
}

int fact_compare(const struct fact *a, const struct fact *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    return shape_of(a->topic)->rank - shape_of(b->topic)->rank;
}

struct text fact_sku(const struct fact *fact, uint32_t n)
{
    if (!fact->record) {
        return (struct text){0};
    }
    if (fact->topic == TOPIC_ORDER_PAID) {
        const struct order_paid *paid = fact->record;
        return n < paid->line_count ? paid->lines[n].sku : (struct text){0};
    }
    if (n == 0 && fact->topic == TOPIC_STOCK_LEVEL) {
        return ((const struct stock_level *)fact->record)->sku;
    }
    if (n == 0 && fact->topic == TOPIC_ORDER_CLOSED) {
        return ((const struct order_closed *)fact->record)->sku;
    }
    if (n == 0 && fact->topic == TOPIC_SELLER_RESPONSE) {
        return ((const struct seller_response *)fact->record)->sku;
    }
    return (struct text){0};
}
