#include "core/stock.h"

#include "core/must.h"

enum {
    WAREHOUSES_MIN = 1,
    RESTOCKS_MIN = 2,
};

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 0;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The first warehouse whose id is not below `id`. */
static uint32_t warehouse_position(const struct stock *stock, struct text id)
{
    uint32_t from = 0;
    uint32_t to = stock->warehouse_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (text_compare(stock->warehouses[middle].id, id) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static uint32_t restock_position(const struct stock *stock, int64_t expected_at_ms)
{
    uint32_t from = 0;
    uint32_t to = stock->restock_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (stock->restocks[middle].expected_at_ms < expected_at_ms) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* A restock of no quantity is none. */
static int64_t restock_quantity(const struct restock *restock)
{
    int64_t quantity = positive(restock->quantity);
    return quantity < RESTOCK_QUANTITY_MAX ? quantity : RESTOCK_QUANTITY_MAX;
}

static void restock_add(struct stock *stock, const struct restock *restock)
{
    int64_t quantity = restock_quantity(restock);
    if (quantity == 0) {
        return;
    }
    uint32_t i = restock_position(stock, restock->expected_at_ms);
    if (i < stock->restock_count && stock->restocks[i].expected_at_ms == restock->expected_at_ms) {
        stock->restocks[i].quantity += quantity;
        return;
    }
    must(stock->restock_count < stock->restock_capacity);
    memmove(&stock->restocks[i + 1], &stock->restocks[i],
            (stock->restock_count - i) * sizeof(*stock->restocks));
    stock->restocks[i] = (struct restock){restock->expected_at_ms, quantity};
    stock->restock_count++;
}

static void restock_remove(struct stock *stock, const struct restock *restock)
{
    int64_t quantity = restock_quantity(restock);
    if (quantity == 0) {
        return;
    }
    uint32_t i = restock_position(stock, restock->expected_at_ms);
    must(i < stock->restock_count && stock->restocks[i].quantity >= quantity);
    stock->restocks[i].quantity -= quantity;
    if (stock->restocks[i].quantity == 0) {
        stock->restock_count--;
        memmove(&stock->restocks[i], &stock->restocks[i + 1],
                (stock->restock_count - i) * sizeof(*stock->restocks));
    }
}

static void set_restocks(struct stock *stock, struct warehouse *warehouse,
                         const struct book_level *level)
{
    must(level->restock_count <= warehouse->restock_capacity);
    for (uint32_t i = 0; i < warehouse->restock_count; i++) {
        restock_remove(stock, &warehouse->restocks[i]);
    }
    warehouse->restock_count = level->restock_count;
    for (uint32_t i = 0; i < level->restock_count; i++) {
        warehouse->restocks[i] = level->restocks[i];
        restock_add(stock, &warehouse->restocks[i]);
    }
}

/* Up to when all goods of this warehouse have been counted out. */
static int64_t counted_out(const struct stock *stock, const struct warehouse *warehouse)
{
    return warehouse->known ? warehouse->counted_out_ms : stock->all_counted_ms;
}

void stock_init(struct stock *stock)
{
    *stock = (struct stock){.newest_count_ms = INT64_MIN, .all_counted_ms = INT64_MIN};
}

struct warehouse *stock_find(const struct stock *stock, struct text id)
{
    uint32_t i = warehouse_position(stock, id);
    bool found = i < stock->warehouse_count && text_equal(stock->warehouses[i].id, id);
    return found ? &stock->warehouses[i] : NULL;
}

bool stock_reserve_warehouse(struct stock *stock, struct pool *pool)
{
    if (stock->warehouse_count < stock->warehouse_capacity) {
        return true;
    }
    uint32_t capacity = stock->warehouse_capacity ? stock->warehouse_capacity * 2 : WAREHOUSES_MIN;
    struct warehouse *warehouses =
        pool_resize(pool, stock->warehouses, stock->warehouse_capacity * sizeof(*warehouses),
                    capacity * sizeof(*warehouses));
    if (!warehouses) {
        return false;
    }
    stock->warehouses = warehouses;
    stock->warehouse_capacity = capacity;
    return true;
}

static bool restocks_reserve(struct restock **restocks, uint32_t *capacity, uint32_t needed,
                             struct pool *pool)
{
    if (needed <= *capacity) {
        return true;
    }
    uint32_t grown = *capacity ? *capacity : RESTOCKS_MIN;
    while (grown < needed) {
        grown *= 2;
    }
    struct restock *moved =
        pool_resize(pool, *restocks, *capacity * sizeof(*moved), grown * sizeof(*moved));
    if (!moved) {
        return false;
    }
    *restocks = moved;
    *capacity = grown;
    return true;
}

bool stock_reserve_restocks(struct stock *stock, struct warehouse *warehouse, struct pool *pool,
                            uint32_t restock_count)
{
    return restocks_reserve(&warehouse->restocks, &warehouse->restock_capacity, restock_count,
                            pool) &&
           restocks_reserve(&stock->restocks, &stock->restock_capacity,
                            stock->restock_count + restock_count, pool);
}

struct warehouse *stock_add(struct stock *stock, struct text id)
{
    must(stock->warehouse_count < stock->warehouse_capacity);
    uint32_t i = warehouse_position(stock, id);
    memmove(&stock->warehouses[i + 1], &stock->warehouses[i],
            (stock->warehouse_count - i) * sizeof(*stock->warehouses));
    stock->warehouse_count++;
    stock->warehouses[i] = (struct warehouse){.id = id};
    return &stock->warehouses[i];
}

void stock_set_level(struct stock *stock, struct warehouse *warehouse,
                     const struct book_level *level)
{
    must(level->counted_out_ms >= level->counted_at_ms);
    if (warehouse->known) {
        stock->available -= positive(warehouse->on_hand);
        stock->offered -= positive(warehouse->on_hand - warehouse->safety_stock);
    } else {
        warehouse->known = true;
        stock->known_count++;
    }
    warehouse->on_hand = level->on_hand;
    warehouse->safety_stock = level->safety_stock;
    warehouse->version = level->version;
    warehouse->counted_at_ms = level->counted_at_ms;
    warehouse->counted_out_ms = level->counted_out_ms;
    stock->available += positive(warehouse->on_hand);
    stock->offered += positive(warehouse->on_hand - warehouse->safety_stock);
    stock->newest_count_ms = max(stock->newest_count_ms, level->counted_out_ms);
    stock->version = stock->known_count == 1 ? level->version : max(stock->version, level->version);
    set_restocks(stock, warehouse, level);
}

void stock_count_out(struct stock *stock)
{
    stock->all_counted_ms = INT64_MIN;
    bool first = true;
    for (uint32_t i = 0; i < stock->warehouse_count; i++) {
        const struct warehouse *warehouse = &stock->warehouses[i];
        if (warehouse->known && (first || warehouse->counted_out_ms < stock->all_counted_ms)) {
            stock->all_counted_ms = warehouse->counted_out_ms;
            first = false;
        }
    }
    for (uint32_t i = 0; i < stock->warehouse_count; i++) {
        struct warehouse *warehouse = &stock->warehouses[i];
        stock->shipped_quantity -= shipped_free(&warehouse->shipped, counted_out(stock, warehouse));
    }
}

void stock_clear_levels(struct stock *stock)
{
    for (uint32_t i = 0; i < stock->warehouse_count; i++) {
        stock->warehouses[i].known = false;
        stock->warehouses[i].restock_count = 0;
    }
    stock->known_count = 0;
    stock->restock_count = 0;
    stock->available = 0;
    stock->offered = 0;
    stock->newest_count_ms = INT64_MIN;
    stock->version = 0;
}

void stock_ship(struct stock *stock, struct warehouse *warehouse, int64_t closed_at_ms,
                int64_t quantity)
{
    if (stock->known_count > 0 && closed_at_ms <= counted_out(stock, warehouse)) {
        return;
    }
    shipped_add(&warehouse->shipped, closed_at_ms, quantity);
    stock->shipped_quantity += quantity;
}
