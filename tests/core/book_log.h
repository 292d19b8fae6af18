/* Random logs: small worlds in which all orders of events occur, and repeats of all kinds. The same
 * seed gives the same log. */
#ifndef TESTS_CORE_BOOK_LOG_H
#define TESTS_CORE_BOOK_LOG_H

#include "book_fixture.h"

enum {
    LOG_FACTS_MAX = 900,
    LOG_SKUS_MAX = 3,
    LOG_WAREHOUSES_MAX = 3,
    LOG_ORDERS_MAX = 1000,
};

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return random->state * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static inline int64_t random_below(struct random *random, int64_t end)
{
    return (int64_t)(random_next(random) % (uint64_t)end);
}

static inline struct random random_from(uint64_t seed)
{
    struct random random = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    random_next(&random);
    return random;
}

struct record {
    struct sku_fact fact;
    int64_t log_ms;
    struct restock restocks[3];
    char order[8];
};

/* What a log is like. */
struct log_shape {
    int facts_min;
    int facts_max;
    int orders_max;
    int on_hand_max;
    int paid_share;   /* of 100 facts */
    int closed_share; /* of 100 facts */
    bool conflicts;   /* one identity may come with several contents */
    bool long_pauses; /* so that closed lines are forgotten */
    bool flips;       /* the rules change now and then */
};

static const struct log_shape LOG_SMALL = {10, 120, 16, 12, 45, 25, true, true, true};
static const struct log_shape LOG_LARGE = {300, LOG_FACTS_MAX, LOG_ORDERS_MAX, 900, 75,
                                           15,  true,          true,           true};
static const struct log_shape LOG_HONEST = {10, 120, 16, 12, 45, 25, false, false, false};

struct log {
    struct record records[LOG_FACTS_MAX];
    int count;
    const struct log_shape *shape;
    int skus;
    int orders;
    int warehouses;
    int64_t now_ms;
    int64_t versions[LOG_SKUS_MAX][LOG_WAREHOUSES_MAX];
};

static const char *const log_skus[] = {"sku-a", "sku-b", "sku-c"};
static const char *const log_warehouses[] = {"w1", "w2", "w3", NULL};
static const char *const log_reports[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};
static const char *const log_facts[] = {"f", "facts", "other facts", ""};

/* Times that lie close together, now and then one far back. */
static inline int64_t random_time(struct random *random, const struct log *log)
{
    int64_t at_ms = log->now_ms - random_below(random, 40);
    return random_below(random, 12) == 0 ? at_ms - random_below(random, 40 * DAY) : at_ms;
}

static inline void random_level(struct random *random, struct log *log, struct record *record,
                                int sku)
{
    int warehouse = (int)random_below(random, log->warehouses);
    int64_t *version = &log->versions[sku][warehouse];
    *version += random_below(random, 8) == 0 ? -1 : 1 + random_below(random, 2);
    record->fact =
        level(log_skus[sku], log_warehouses[warehouse], *version,
              random_below(random, log->shape->on_hand_max + 2) - 1, random_time(random, log));
    record->fact.safety_stock = random_below(random, 4) == 0 ? random_below(random, 4) : 0;
    record->fact.restock_count = (uint32_t)random_below(random, 4);
    for (uint32_t i = 0; i < record->fact.restock_count; i++) {
        record->restocks[i].expected_at_ms = 1000 + 10 * random_below(random, 5);
        record->restocks[i].quantity = random_below(random, log->shape->on_hand_max / 2);
    }
}

static inline void random_paid(struct random *random, struct log *log, struct record *record,
                               int sku, int order, int line_no)
{
    struct random content = random_from((uint64_t)(order * 2 + line_no));
    struct random *source = log->shape->conflicts ? random : &content;
    int64_t at_ms = log->shape->conflicts ? random_time(random, log) : 90 * DAY + order;
    record->fact = paid(log_skus[sku], record->order, line_no, 1 + random_below(source, 5), at_ms);
    record->fact.order_facts = text_of(log_facts[random_below(source, 4)]);
}

static inline void random_fact(struct random *random, struct log *log, struct record *record)
{
    int sku = (int)random_below(random, log->skus);
    int order = (int)random_below(random, log->orders);
    int line_no = 1 + (int)random_below(random, 2);
    int64_t kind = random_below(random, 100);
    if (log->shape->flips && random_below(random, 25) == 0) {
        record->fact = rules(1 + (int32_t)random_below(random, 2), log->now_ms);
        return;
    }
    snprintf(record->order, sizeof(record->order), "o%d", order);
    if (kind < log->shape->paid_share) {
        random_paid(random, log, record, sku, order, line_no);
    } else if (kind < log->shape->paid_share + log->shape->closed_share) {
        enum close_reason reason = (enum close_reason)(1 + random_below(random, 4));
        reason = random_below(random, 2) == 0 ? CLOSE_SHIPPED : reason;
        record->fact = closed(log_skus[sku], record->order, line_no, reason,
                              log_warehouses[random_below(random, 4)], random_time(random, log));
    } else if (random_below(random, 3) > 0) {
        random_level(random, log, record, sku);
    } else {
        record->fact = report(log_skus[sku], log_reports[random_below(random, 8)], record->order,
                              (int)random_below(random, 3), random_time(random, log));
    }
}

/* The texts and restocks of a record's fact lie in the record. */
static inline void record_own(struct record *record)
{
    record->fact.restocks = record->restocks;
    if (text_is_set(record->fact.order_id)) {
        record->fact.order_id = text_of(record->order);
    }
}

static inline void random_log(uint64_t seed, const struct log_shape *shape, struct log *log)
{
    struct random random = random_from(seed);
    memset(log->versions, 0, sizeof(log->versions));
    log->shape = shape;
    log->now_ms = 100 * DAY;
    log->skus = 1 + (int)random_below(&random, LOG_SKUS_MAX);
    log->orders = 2 + (int)random_below(&random, shape->orders_max - 1);
    log->warehouses = 1 + (int)random_below(&random, LOG_WAREHOUSES_MAX);
    log->count = shape->facts_min + (int)random_below(&random, shape->facts_max - shape->facts_min);
    int64_t patience = 1 + random_below(&random, shape->facts_max / 2);
    for (int i = 0; i < log->count; i++) {
        struct record *record = &log->records[i];
        *record = (struct record){0};
        log->now_ms += random_below(&random, 20);
        if (random_below(&random, patience) == 0) {
            log->now_ms += random_below(&random, shape->long_pauses ? 16 * DAY : HOUR);
        }
        if (i > 0 && random_below(&random, 6) == 0) {
            *record = log->records[random_below(&random, i)];
        } else {
            random_fact(&random, log, record);
        }
        record_own(record);
        /* A change of the rules comes from no record, and moves no time. */
        record->log_ms =
            record->fact.kind == FACT_RULES ? 0 : log->now_ms - random_below(&random, 5);
    }
}

#endif
