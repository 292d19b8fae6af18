/* Facts come in batches, and each is about another sku: what it will touch is asked for some facts
 * before it is its turn, step by step, so that the processor need not wait for memory. */
#include "core/book_inside.h"
#include "core/hash.h"

enum { /* facts ahead */
       SLOTS_AHEAD = 12,
       SKU_AHEAD = 8,
       QUEUE_AHEAD = 4,
       CACHE_LINE = 64,
};

static struct table_slot *home_slot(const struct table *table, uint64_t hash)
{
    return &table->slots[hash & (table->size - 1)];
}

/* Whoever has this very hash is the sku, as good as surely. */
static struct sku *probable_sku(const struct book *book, uint64_t hash)
{
    const struct table_slot *slot = home_slot(&book->skus, hash);
    return slot->hash == hash ? slot->value : NULL;
}

static void warm_slots(const struct book *book, const struct sku_fact *fact)
{
    uint64_t hash = hash_text(0, fact->sku);
    __builtin_prefetch(home_slot(&book->skus, hash));
    if (book->lines.orders.size > 0 && text_is_set(fact->order_id)) {
        __builtin_prefetch(home_slot(&book->lines.orders, hash_text(hash, fact->order_id)), 1);
    }
}

static void warm_sku(const struct book *book, const struct sku_fact *fact)
{
    const char *sku = (const char *)probable_sku(book, hash_text(0, fact->sku));
    for (size_t at = 0; sku && at < sizeof(struct sku) + CACHE_LINE; at += CACHE_LINE) {
        __builtin_prefetch(sku + at, 1);
    }
}

static void warm_queue(const struct book *book, const struct sku_fact *fact)
{
    const struct sku *sku = probable_sku(book, hash_text(0, fact->sku));
    if (sku && sku->queue.capacity > 0) {
        __builtin_prefetch(sku->queue.sums, 1);
        __builtin_prefetch(sku->queue.blocks);
        if (sku->queue.capacity == 1) {
            __builtin_prefetch(sku->queue.blocks[0], 1);
        }
    }
}

void book_warm(const struct book *book, const struct sku_fact *facts, uint32_t count, uint32_t next)
{
    if (book->skus.size == 0) {
        return;
    }
    if (count - next > SLOTS_AHEAD) {
        warm_slots(book, &facts[next + SLOTS_AHEAD]);
    }
    if (count - next > SKU_AHEAD) {
        warm_sku(book, &facts[next + SKU_AHEAD]);
    }
    if (count - next > QUEUE_AHEAD) {
        warm_queue(book, &facts[next + QUEUE_AHEAD]);
    }
}
