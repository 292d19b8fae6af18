#include "core/line_index.h"

#include "core/hash.h"
#include "core/must.h"
#include "core/sku.h"

struct order_key {
    const struct sku *sku;
    struct text order_id;
};

static bool is_of_order(const void *value, const void *key)
{
    const struct line *line = value;
    const struct order_key *order = key;
    return line->sku == order->sku && text_equal(line_order_id(line), order->order_id);
}

static struct table_slot *find_slot(const struct line_index *index, const struct sku *sku,
                                    struct text order_id, uint64_t hash)
{
    struct order_key key = {sku, order_id};
    return table_find(&index->orders, hash, is_of_order, &key);
}

uint64_t line_index_hash(const struct sku *sku, struct text order_id)
{
    return hash_text(sku->hash, order_id);
}

bool line_index_reserve(struct line_index *index, struct pool *pool)
{
    return table_reserve(&index->orders, pool);
}

void line_index_add(struct line_index *index, struct line *line, uint64_t hash)
{
    struct table_slot *slot = find_slot(index, line->sku, line_order_id(line), hash);
    line->next_of_order = slot ? slot->value : NULL;
    if (slot) {
        slot->value = line;
    } else {
        table_add(&index->orders, hash, line);
    }
}

void line_index_remove(struct line_index *index, struct line *line, uint64_t hash)
{
    struct table_slot *slot = find_slot(index, line->sku, line_order_id(line), hash);
    must(slot);
    struct line *before = slot->value;
    if (before == line && !line->next_of_order) {
        table_remove(&index->orders, slot);
        return;
    }
    if (before == line) {
        slot->value = line->next_of_order;
        return;
    }
    while (before->next_of_order != line) {
        before = before->next_of_order;
        must(before);
    }
    before->next_of_order = line->next_of_order;
}

struct line *line_index_order(const struct line_index *index, const struct sku *sku,
                              struct text order_id, uint64_t hash)
{
    struct table_slot *slot = find_slot(index, sku, order_id, hash);
    return slot ? slot->value : NULL;
}

struct line *line_index_find(const struct line_index *index, const struct sku *sku,
                             struct text order_id, int32_t line_no, uint64_t hash)
{
    struct line *line = line_index_order(index, sku, order_id, hash);
    while (line && line->line_no != line_no) {
        line = line->next_of_order;
    }
    return line;
}
