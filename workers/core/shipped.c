#include "core/shipped.h"

#include "core/must.h"

enum {
    CAPACITY_MIN = 4,
};

/* The first item from `from` to `to` that is not before the time: they lie in order. */
static uint32_t search(const struct shipped *shipped, uint32_t from, uint32_t to, int64_t at_ms)
{
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (shipped->items[middle].closed_at_ms < at_ms) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* The first item still counting with at least this time of closing. */
static uint32_t position_of(const struct shipped *shipped, int64_t closed_at_ms)
{
    return search(shipped, shipped->begin, shipped->end, closed_at_ms);
}

/* The window has lost something: among those to rewrite, in order, once. */
static void note_freed(struct shipped *shipped, int64_t window)
{
    must(shipped->freed < shipped->begin);
    uint32_t i = search(shipped, 0, shipped->freed, window);
    if (i < shipped->freed && shipped->items[i].closed_at_ms == window) {
        return;
    }
    memmove(&shipped->items[i + 1], &shipped->items[i],
            (shipped->freed - i) * sizeof(*shipped->items));
    shipped->items[i] = (struct book_shipment){.closed_at_ms = window};
    shipped->freed++;
}

/* Moves items within the array. */
static void move(struct shipped *shipped, uint32_t to, uint32_t from, uint32_t count)
{
    memmove(&shipped->items[to], &shipped->items[from], count * sizeof(*shipped->items));
    memmove(&shipped->marks[to], &shipped->marks[from], count);
}

bool shipped_reserve(struct shipped *shipped, struct pool *pool)
{
    if (shipped->end < shipped->capacity) {
        return true;
    }
    uint32_t count = shipped->end - shipped->begin;
    if (shipped->begin - shipped->freed > shipped->capacity / 2) {
        move(shipped, shipped->freed, shipped->begin, count);
        shipped->begin = shipped->freed;
        shipped->end = shipped->begin + count;
        return true;
    }
    uint32_t old = shipped->capacity;
    uint32_t capacity = old ? old * 2 : CAPACITY_MIN;
    uint8_t *marks = pool_take(pool, capacity);
    struct book_shipment *items =
        marks ? pool_resize(pool, shipped->items, old * sizeof(*items), capacity * sizeof(*items))
              : NULL;
    if (!items) {
        pool_give(pool, marks, capacity);
        return false;
    }
    if (old > 0) {
        memcpy(marks, shipped->marks, old);
        pool_give(pool, shipped->marks, old);
    }
    shipped->items = items;
    shipped->marks = marks;
    shipped->capacity = capacity;
    return true;
}

void shipped_add(struct shipped *shipped, int64_t closed_at_ms, int64_t quantity)
{
    uint32_t i = position_of(shipped, closed_at_ms);
    if (i < shipped->end && shipped->items[i].closed_at_ms == closed_at_ms) {
        shipped->items[i].quantity += quantity;
        shipped->marks[i] |= SHIPPED_DIRTY;
        return;
    }
    must(shipped->end < shipped->capacity);
    move(shipped, i + 1, i, shipped->end - i);
    shipped->items[i] = (struct book_shipment){closed_at_ms, quantity};
    shipped->marks[i] = SHIPPED_DIRTY;
    shipped->end++;
}

int64_t shipped_free(struct shipped *shipped, int64_t counted_out_ms)
{
    int64_t quantity = 0;
    while (shipped->begin < shipped->end &&
           shipped->items[shipped->begin].closed_at_ms <= counted_out_ms) {
        uint32_t i = shipped->begin++;
        quantity += shipped->items[i].quantity;
        if (shipped->marks[i] & SHIPPED_WRITTEN) {
            note_freed(shipped, shipped_window_of(shipped->items[i].closed_at_ms));
        }
    }
    return quantity;
}

int64_t shipped_quantity(const struct shipped *shipped)
{
    int64_t quantity = 0;
    for (uint32_t i = shipped->begin; i < shipped->end; i++) {
        quantity += shipped->items[i].quantity;
    }
    return quantity;
}

int64_t shipped_window_of(int64_t at_ms)
{
    return at_ms / SHIPPED_WINDOW_MS - (at_ms % SHIPPED_WINDOW_MS < 0);
}

bool shipped_next_window(const struct shipped *shipped, int64_t window, bool all,
                         int64_t *ret_window)
{
    uint32_t freed = search(shipped, 0, shipped->freed, window);
    bool found = freed < shipped->freed;
    if (found) {
        *ret_window = shipped->items[freed].closed_at_ms;
    }
    for (uint32_t i = position_of(shipped, window * SHIPPED_WINDOW_MS); i < shipped->end; i++) {
        int64_t live = shipped_window_of(shipped->items[i].closed_at_ms);
        if (found && live >= *ret_window) {
            break;
        }
        if (all || shipped->marks[i] & SHIPPED_DIRTY) {
            *ret_window = live;
            return true;
        }
    }
    return found;
}

uint32_t shipped_window(const struct shipped *shipped, int64_t window,
                        struct book_shipment **ret_items)
{
    uint32_t from = position_of(shipped, window * SHIPPED_WINDOW_MS);
    *ret_items = &shipped->items[from];
    return position_of(shipped, (window + 1) * SHIPPED_WINDOW_MS) - from;
}

void shipped_checkpointed(struct shipped *shipped)
{
    shipped->freed = 0;
    for (uint32_t i = shipped->begin; i < shipped->end; i++) {
        shipped->marks[i] = SHIPPED_WRITTEN;
    }
    if (shipped->begin == shipped->end) {
        shipped->begin = shipped->end = 0;
    }
}

void shipped_forget_window(struct shipped *shipped, int64_t window)
{
    uint32_t from = position_of(shipped, window * SHIPPED_WINDOW_MS);
    uint32_t to = position_of(shipped, (window + 1) * SHIPPED_WINDOW_MS);
    if (from == to) {
        return;
    }
    move(shipped, from, to, shipped->end - to);
    shipped->end -= to - from;
}
