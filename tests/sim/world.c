#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "core/must.h"
#include "kit/arena.h"
#include "outside.h"
#include "process.h"
#include "story.h"
#include "world_answers.h"

enum { WAREHOUSES = 2, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS, TICK_EVERY_US = 400000 };

static const char *const skus[WORLD_SKUS] = {"a", "b", "c", "d"};
static const char *const warehouses[WAREHOUSES] = {"w1", "w2"};
static const char *const marketplaces[] = {"default", "tmall",     "us-ftc", "eu",     "taobao",
                                           "jd",      "pinduoduo", "uk",     "nowhere"};

static struct chance chance;
static int orders_left;
static int order_count;
static int report_count;
static struct sold_line lines[WORLD_LINES_MAX];
static int line_count;
static int64_t versions[WORLD_SKUS][WAREHOUSES];
static int64_t on_hand[WORLD_SKUS][WAREHOUSES];
static bool plays_records;
static bool ticks;

#define RECORDS_ARE_OLD_MS (INT64_C(180) * DAY_MS)

bool world_plays_records(void)
{
    return plays_records;
}

int64_t world_now_ms(void)
{
    return broker_wall_ms() - (plays_records ? RECORDS_ARE_OLD_MS : 0);
}

void world_reset(struct chance drawn, int orders)
{
    chance = drawn;
    orders_left = orders;
    order_count = report_count = line_count = 0;
    ticks = false;
    plays_records = chance_hits(&chance, 1, 6);
    memset(versions, 0, sizeof versions);
    memset(on_hand, 0, sizeof on_hand);
    answers_reset(chance_of(chance_next(&chance), 1));
}

const struct sold_line *world_line(struct text order, int32_t line_no)
{
    for (int i = 0; i < line_count; i++) {
        if (lines[i].line_no == line_no && text_equal(text_of(lines[i].order), order)) {
            return &lines[i];
        }
    }
    return NULL;
}

int world_order_count(void)
{
    return order_count;
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* Of the last digit of its id, not of chance, so that the check knows it too. */
bool world_traceparent(struct text order, char ret_value[WORLD_TRACEPARENT_SIZE],
                       char ret_start[WORLD_TRACEPARENT_SIZE])
{
    int digit = order.data[order.size - 1] - '0';
    (void)snprintf(ret_start, WORLD_TRACEPARENT_SIZE, "00-%032x-", 1000 + atoi(order.data + 1));
    (void)snprintf(ret_value, WORLD_TRACEPARENT_SIZE, "%s00f067aa0ba902b7-%s", ret_start,
                   digit == 1 ? "1" : "01");
    if (digit == 0) {
        ret_value[0] = '\0';
    }
    return digit > 1;
}

static void add_header(struct record *record, char *name, const char *value)
{
    record->headers = calloc(1, sizeof *record->headers);
    must(record->headers);
    record->headers[record->header_count++] = (struct pair){name, text_of(strdup(value))};
}

/* An order's producer names its trace; so do the programs by which people answer, of their own. */
static void add_traceparent(struct record *record, enum topic topic)
{
    static char name[] = "traceparent";
    static char answer[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    char value[WORLD_TRACEPARENT_SIZE];
    char start[WORLD_TRACEPARENT_SIZE];
    if (topic == TOPIC_ORDER_PAID) {
        (void)world_traceparent(record->key, value, start);
        if (value[0]) {
            add_header(record, name, value);
        }
    } else if (topic == TOPIC_BUYER_DECISION) {
        add_header(record, name, answer);
    }
}

static void again(void *opaque, int64_t topic)
{
    struct record *record = opaque;
    (void)broker_append((enum topic)topic, topic_partition_of(record->key, PARTITIONS), record);
}

/* One in ten comes again, at once or later; one in thirty of an order's comes to a wrong place. */
void world_write(enum topic topic, const char *key, const struct record_type *type,
                 const void *value)
{
    struct buffer buffer = {0};
    struct error error;
    must(codec_encode(outside_codec(), type, value, &buffer, &error) == OK);
    struct record *record = calloc(1, sizeof *record);
    must(record);
    *record = (struct record){.timestamp_ms = broker_wall_ms(),
                              .key = text_of(strdup(key)),
                              .value = {(const char *)buffer.data, (uint32_t)buffer.size}};
    add_traceparent(record, topic);
    int32_t partition = topic_partition_of(record->key, PARTITIONS);
    bool by_order = topic == TOPIC_BUYER_DECISION || topic == TOPIC_PLATFORM_RULING ||
                    topic == TOPIC_REFUND_RESULT;
    if (by_order && chance_hits(&chance, 1, 30)) {
        partition = (partition + 1) % PARTITIONS;
    }
    (void)broker_append(topic, partition, record);
    if (chance_hits(&chance, 1, 10)) {
        process_later(chance_below(&chance, 3000000), again, record, topic);
    }
    if (chance_hits(&chance, 1, 40)) {
        struct record garbage = *record;
        garbage.value.size = (uint32_t)chance_below(&chance, garbage.value.size);
        (void)broker_append(topic, topic_partition_of(record->key, PARTITIONS), &garbage);
    }
}

/* ---- The shop -----------------------------------------------------------------------------------
 */

static void sell(void *context, int64_t number)
{
    (void)context, (void)number;
    struct order_line items[3] = {0};
    char order[16];
    (void)snprintf(order, sizeof order, "o%d", ++order_count);
    struct order_paid paid = {
        .order_id = text_of(order),
        .marketplace = text_of(
            marketplaces[chance_below(&chance, sizeof marketplaces / sizeof *marketplaces)]),
        .seller_id = order_count % 3 == 0 ? TEXT("s2") : TEXT("s1"), /* see policies/ */
        .buyer_id = TEXT("b1"),
        .locale = chance_hits(&chance, 1, 2) ? TEXT("zh-CN") : TEXT("en"),
        .currency = TEXT("CNY"),
        .paid_at_ms = world_now_ms() - chance_below(&chance, HOUR_MS),
        .lines = items,
        .line_count = (uint32_t)chance_between(&chance, 1, 3),
    };
    if (chance_hits(&chance, 1, 2)) {
        paid.ship_by_ms = (struct optional_long){
            paid.paid_at_ms + chance_between(&chance, 1, 96) * HOUR_MS, true};
    }
    for (uint32_t i = 0; i < paid.line_count; i++) {
        items[i] = (struct order_line){.line_no = (int32_t)i + 1,
                                       .sku = text_of(skus[chance_below(&chance, WORLD_SKUS)]),
                                       .quantity = (int32_t)chance_between(&chance, 1, 3),
                                       .paid_minor = chance_below(&chance, 20) * 500};
        must(line_count < WORLD_LINES_MAX);
        struct sold_line *line = &lines[line_count++];
        *line = (struct sold_line){.line_no = items[i].line_no, .paid_minor = items[i].paid_minor};
        memcpy(line->order, order, sizeof order);
        (void)snprintf(line->sku, sizeof line->sku, "%s", items[i].sku.data);
    }
    world_write(TOPIC_ORDER_PAID, order, &type_order_paid, &paid);
}

static void count_one(int sku, int warehouse, int64_t wanted, bool restock)
{
    struct restock coming = {world_now_ms() + chance_between(&chance, 1, 400) * HOUR_MS,
                             chance_between(&chance, 1, 6)};
    on_hand[sku][warehouse] = wanted;
    struct stock_level level = {.sku = text_of(skus[sku]),
                                .warehouse_id = text_of(warehouses[warehouse]),
                                .on_hand = wanted,
                                .safety_stock = chance_below(&chance, 2),
                                .version = ++versions[sku][warehouse],
                                .counted_at_ms = world_now_ms(),
                                .restock = restock ? &coming : NULL};
    if (chance_hits(&chance, 1, 20) && level.version > 2) {
        level.version -= 2; /* an old one, late: it must not count */
        versions[sku][warehouse]--;
    }
    world_write(TOPIC_STOCK_LEVEL, skus[sku], &type_stock_level, &level);
}

static void count(void *context, int64_t number)
{
    (void)context, (void)number;
    count_one((int)chance_below(&chance, WORLD_SKUS), (int)chance_below(&chance, WAREHOUSES),
              chance_below(&chance, 8) - 1, chance_hits(&chance, 1, 3));
}

static void count_all(bool empty)
{
    ticks = false; /* who is to rest must not be told all the time how late it is */
    for (int sku = 0; sku < WORLD_SKUS; sku++) {
        for (int warehouse = 0; warehouse < WAREHOUSES; warehouse++) {
            versions[sku][warehouse] += 3; /* whatever came late is older */
            count_one(sku, warehouse, empty ? 0 : on_hand[sku][warehouse], false);
        }
    }
}

void world_count_stock(void)
{
    count_all(false);
}

void world_empty_stock(void)
{
    count_all(true);
}

static void close_line(void *context, int64_t number)
{
    (void)context, (void)number;
    if (line_count == 0) {
        return;
    }
    struct sold_line *line = &lines[chance_below(&chance, line_count)];
    if (line->closed && !chance_hits(&chance, 1, 10)) {
        return;
    }
    line->closed = true;
    int64_t draw = chance_below(&chance, 10);
    struct order_closed closed = {.order_id = text_of(line->order),
                                  .line_no = line->line_no,
                                  .sku = text_of(line->sku),
                                  .reason = draw < 7   ? CLOSE_SHIPPED
                                            : draw < 9 ? CLOSE_CANCELLED
                                                       : CLOSE_REFUNDED,
                                  .closed_at_ms = world_now_ms()};
    if (closed.reason == CLOSE_SHIPPED && chance_hits(&chance, 1, 2)) {
        closed.warehouse_id = text_of(warehouses[chance_below(&chance, WAREHOUSES)]);
    }
    world_write(TOPIC_ORDER_CLOSED, line->order, &type_order_closed, &closed);
}

static void report_missing(void *context, int64_t number)
{
    (void)context, (void)number;
    if (line_count == 0) {
        return;
    }
    const struct sold_line *line = &lines[chance_below(&chance, line_count)];
    char id[16];
    (void)snprintf(id, sizeof id, "r%d", ++report_count);
    struct seller_response response = {.id = text_of(id),
                                       .order_id = text_of(line->order),
                                       .line_no = line->line_no,
                                       .sku = text_of(line->sku),
                                       .kind = RESPONSE_REPORT_NO_STOCK,
                                       .responded_at_ms = world_now_ms()};
    world_write(TOPIC_SELLER_RESPONSE, line->order, &type_seller_response, &response);
}

static void offer_substitutes(void *context, int64_t number)
{
    (void)context, (void)number;
    struct substitute_offer offers[2];
    const char *sku = skus[chance_below(&chance, WORLD_SKUS)];
    struct substitute substitute = {.sku = text_of(sku), .substitutes = offers};
    for (int i = 0; i < 2; i++) {
        const char *other = skus[chance_below(&chance, WORLD_SKUS)];
        if (strcmp(other, sku) != 0 && (i == 0 || substitute.substitute_count == 0)) {
            offers[substitute.substitute_count++] =
                (struct substitute_offer){text_of(other), chance_below(&chance, 10) * 200, 24};
        }
    }
    if (substitute.substitute_count > 0) {
        world_write(TOPIC_SUBSTITUTE, sku, &type_substitute, &substitute);
    }
}

/* What says how late it is where nothing else happens: a tick into every partition. */
void world_tick(void)
{
    if (!plays_records) {
        return;
    }
    struct clock_tick now = {.at_ms = world_now_ms()};
    struct buffer buffer = {0};
    struct error error;
    must(codec_encode(outside_codec(), &type_clock_tick, &now, &buffer, &error) == OK);
    struct record record = {.timestamp_ms = broker_wall_ms(),
                            .key = TEXT("clock"),
                            .value = {(const char *)buffer.data, (uint32_t)buffer.size}};
    for (int32_t p = 0; p < PARTITIONS; p++) {
        (void)broker_append(TOPIC_CLOCK, p, &record);
    }
    buffer_done(&buffer);
}

static void tick_on(void *context, int64_t number)
{
    if (ticks) {
        world_tick();
        process_later(TICK_EVERY_US, tick_on, context, number);
    }
}

/* ---- Plans ------------------------------------------------------------------------------------
 */

/* As `shortfall rules use` writes it: for every partition at once, without a time of its own. */
static void flip_rules(void *context, int64_t rules)
{
    (void)context;
    struct error error;
    struct sku_fact fact = {.kind = FACT_RULES,
                            .sku = TEXT(""),
                            .at_ms = world_plays_records() ? 0 : broker_wall_ms(),
                            .rules = (int32_t)rules,
                            .source_topic = TEXT("")};
    struct sku_event event = {.facts = &fact, .fact_count = 1};
    story_tell("rules %d from here on", fact.rules);
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        struct buffer buffer = {0};
        must(codec_encode(outside_codec(), &type_sku_event, &event, &buffer, &error) == OK);
        struct record *record = calloc(1, sizeof *record);
        must(record);
        *record = (struct record){.timestamp_ms = broker_wall_ms(),
                                  .value = {(const char *)buffer.data, (uint32_t)buffer.size}};
        (void)broker_append(TOPIC_SKU_EVENT, partition, record);
    }
}

void world_plan_flips(struct chance drawn, int64_t us)
{
    if (chance_hits(&drawn, 1, 3)) {
        return; /* stories under the rules 1 alone */
    }
    for (int64_t flips = chance_between(&drawn, 1, 4); flips > 0; flips--) {
        process_later(chance_below(&drawn, us), flip_rules, NULL, chance_between(&drawn, 1, 2));
    }
}

static void plan(int count, int64_t us, void (*happen)(void *context, int64_t number))
{
    for (int i = 0; i < count; i++) {
        process_later(chance_below(&chance, us), happen, NULL, 0);
    }
}

void world_plan(int64_t us)
{
    int orders = (int)chance_between(&chance, 0, orders_left < 8 ? orders_left : 8);
    orders_left -= orders;
    plan(orders, us, sell);
    plan((int)chance_between(&chance, 1, 8), us, count);
    plan((int)chance_between(&chance, 0, 3), us, close_line);
    plan((int)chance_below(&chance, 2), us, report_missing);
    plan((int)chance_below(&chance, 3), us, offer_substitutes);
    answers_begin();
    if (!ticks && plays_records) {
        ticks = true;
        tick_on(NULL, 0);
    }
}

void world_calm(void)
{
    answers_calm();
}

bool world_is_busy(void)
{
    return answers_wait();
}
