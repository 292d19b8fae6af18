#include "producers/load_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"

enum {
    QUANTITY_MAX = 3,       /* of a line, from 1 on, all alike */
    LITTLE_DEMAND = 30,     /* of one sku, on average */
    LITTLE_STOCK_MAX = 128, /* ten deviations above it */
    PERCENT_CANCELLED = 5,  /* of closings; the others are shipped */
};

/* In percent, of an order with i + 1 lines, in a shop. */
static const int shop_percent[] = {65, 23, 9, 3};
#define SHOP_LINES_MEAN 1.5

#define QUANTITY_MEAN ((1.0 + QUANTITY_MAX) / 2)
#define QUANTITY_SQUARE_MEAN ((QUANTITY_MAX + 1.0) * (2 * QUANTITY_MAX + 1) / 6)
#define STOCK_FOR_ALL 6.0 /* deviations above the mean that demand practically never reaches */

/* How much of a demand of normal shape is beyond z deviations above its mean, in deviations. */
static double beyond(double z)
{
    double density = exp(-z * z / 2) / sqrt(2 * acos(-1));
    return density - z * erfc(z / sqrt(2)) / 2;
}

/* Demand is a number of lines that comes by chance, of quantities by chance. Much of it has normal
 * shape, with a variance that follows from its mean. */
static int64_t stock_for_much(double mean, double short_share)
{
    double deviation = sqrt(mean * QUANTITY_SQUARE_MEAN / QUANTITY_MEAN);
    double low = -mean / deviation;
    double high = STOCK_FOR_ALL;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (beyond(middle) * deviation > short_share * mean) {
            low = middle;
        } else {
            high = middle;
        }
    }
    double stock = mean + high * deviation;
    return stock > 0 ? llround(stock) : 0;
}

/* Of little demand the chance of each amount is computed (Panjer), up to the stock beyond which no
 * more than the share is to be expected. */
static int64_t stock_for_little(double mean, double short_share)
{
    double lines = mean / QUANTITY_MEAN;
    double chance[LITTLE_STOCK_MAX] = {exp(-lines)};
    double beyond_stock = mean;
    double at_most_stock = 0; /* the chance that no more than the stock is wanted */
    int64_t stock = 0;
    while (beyond_stock > short_share * mean && stock < LITTLE_STOCK_MAX - 1) {
        at_most_stock += chance[stock];
        beyond_stock -= 1 - at_most_stock;
        stock++;
        for (int64_t quantity = 1; quantity <= QUANTITY_MAX && quantity <= stock; quantity++) {
            chance[stock] +=
                lines * (double)quantity / QUANTITY_MAX * chance[stock - quantity] / (double)stock;
        }
    }
    return stock;
}

static uint32_t draw_line_count(const struct load_plan *plan, struct dice *dice)
{
    if (plan->lines != LOAD_LINES_SHOP) {
        return (uint32_t)dice_between(dice, 1, 2 * (int64_t)plan->lines - 1);
    }
    int left = (int)dice_between(dice, 0, 99);
    uint32_t count = 1;
    while (left >= shop_percent[count - 1]) {
        left -= shop_percent[count - 1];
        count++;
    }
    return count;
}

/* From the hottest on each sku is sold out whose share still fits in what shall be short so far. */
static void sell_out(struct load_plan *plan)
{
    double demand = 0;
    double sold_out = 0;
    for (uint32_t k = 0; k < plan->sku_count; k++) {
        double share = zipf_share(&plan->zipf, k);
        demand += share;
        if (sold_out + share <= plan->short_share * demand) {
            sold_out += share;
            plan->stock[k] = 0;
        }
    }
}

bool load_plan_init(struct load_plan *plan)
{
    must(2 * (int64_t)plan->lines - 1 <= LOAD_LINES_MAX);
    plan->stock = calloc(plan->sku_count, sizeof *plan->stock);
    if (!plan->stock || !zipf_init(&plan->zipf, plan->sku_count, plan->skew)) {
        free(plan->stock);
        return false;
    }
    double lines = plan->lines == LOAD_LINES_SHOP ? SHOP_LINES_MEAN : plan->lines;
    double demand = (double)plan->open_count * lines * QUANTITY_MEAN;
    double short_share = plan->sold_out ? 0 : plan->short_share;
    for (uint32_t k = 0; k < plan->sku_count; k++) {
        double mean = demand * zipf_share(&plan->zipf, k);
        plan->stock[k] = mean < LITTLE_DEMAND ? stock_for_little(mean, short_share)
                                              : stock_for_much(mean, short_share);
    }
    if (plan->sold_out) {
        sell_out(plan);
    }
    return true;
}

void load_plan_done(struct load_plan *plan)
{
    zipf_done(&plan->zipf);
    free(plan->stock);
}

static struct text name(char buffer[LOAD_ID_SIZE], const char *prefix, uint64_t number)
{
    int size = snprintf(buffer, LOAD_ID_SIZE, "%s%" PRIu64, prefix, number);
    must(size > 0 && size < LOAD_ID_SIZE);
    return (struct text){buffer, (uint32_t)size};
}

/* Seeds give different orders, but the same skus. */
static struct text order_name(char buffer[LOAD_ID_SIZE], uint64_t seed, uint64_t n)
{
    int size = snprintf(buffer, LOAD_ID_SIZE, "load-%" PRIu32 "-%" PRIu64, (uint32_t)seed, n);
    must(size > 0 && size < LOAD_ID_SIZE);
    return (struct text){buffer, (uint32_t)size};
}

void load_plan_order(const struct load_plan *plan, uint64_t n, int64_t paid_at_ms,
                     struct load_order *ret_order)
{
    struct dice dice = dice_of_number(plan->seed, n);
    uint64_t seller = (uint64_t)dice_between(&dice, 1, LOAD_SELLERS);
    uint32_t line_count = draw_line_count(plan, &dice);
    ret_order->paid = (struct order_paid){
        .order_id = order_name(ret_order->order_id, plan->seed, n),
        .marketplace = TEXT("load"),
        .seller_id = name(ret_order->seller_id, "seller-", seller),
        .buyer_id = name(ret_order->buyer_id, "buyer-", dice_next(&dice) % 1000000),
        .locale = TEXT("en"),
        .currency = TEXT("EUR"),
        .paid_at_ms = paid_at_ms,
        .lines = ret_order->lines,
        .line_count = line_count,
    };
    for (uint32_t i = 0; i < line_count; i++) {
        uint32_t sku = zipf_draw(&plan->zipf, &dice);
        int32_t quantity = (int32_t)dice_between(&dice, 1, QUANTITY_MAX);
        ret_order->lines[i] = (struct order_line){
            .line_no = (int32_t)i + 1,
            .sku = name(ret_order->skus[i], "load-sku-", sku),
            .quantity = quantity,
            .paid_minor = quantity * (INT64_C(499) + 100 * (sku % 97)),
        };
    }
}

void load_plan_closing(const struct load_plan *plan, const struct load_order *order, uint32_t line,
                       uint64_t n, int64_t closed_at_ms, struct order_closed *ret_closed)
{
    struct dice dice = dice_of_number(plan->seed ^ UINT64_C(0xc105ed), n);
    bool cancelled = dice_percent(&dice, PERCENT_CANCELLED);
    *ret_closed = (struct order_closed){
        .order_id = order->paid.order_id,
        .line_no = order->lines[line].line_no,
        .sku = order->lines[line].sku,
        .reason = cancelled ? CLOSE_CANCELLED : CLOSE_SHIPPED,
        .warehouse_id = cancelled ? (struct text){0} : TEXT("load-1"),
        .closed_at_ms = closed_at_ms,
    };
}

void load_plan_level(const struct load_plan *plan, uint32_t k, int64_t version,
                     int64_t counted_at_ms, char sku[LOAD_ID_SIZE], struct stock_level *ret_level)
{
    *ret_level = (struct stock_level){
        .sku = name(sku, "load-sku-", k),
        .warehouse_id = TEXT("load-1"),
        .on_hand = plan->stock[k],
        .version = version,
        .counted_at_ms = counted_at_ms,
    };
}
