#include "core/book.h"

#include "core/book_inside.h"
#include "core/hash.h"
#include "core/must.h"
#include "core/sound.h"

enum { SKUS_MIN = 64 };

/* The interned id of a warehouse. */
struct name {
    uint32_t size;
    char data[];
};

/* ---- What no sequencer would write ----------------------------------------------------------- */

static bool closed_is_sound(const struct sku_fact *fact)
{
    return sound_id(fact->order_id) && fact->line_no >= 1 &&
           fact->warehouse_id.size <= ID_SIZE_MAX && fact->reason >= CLOSE_SHIPPED &&
           fact->reason <= CLOSE_SUBSTITUTED;
}

static bool report_is_sound(const struct sku_fact *fact)
{
    return sound_id(fact->id) && sound_id(fact->order_id) && fact->line_no >= 0;
}

static bool fact_is_sound(const struct sku_fact *fact)
{
    switch (fact->kind) {
    case FACT_PAID:
        return sound_id(fact->sku) && sound_time(fact->at_ms) &&
               sound_line(fact->order_id, fact->line_no, fact->quantity, fact->at_ms,
                          fact->order_facts);
    case FACT_LEVEL:
        return sound_id(fact->sku) && sound_time(fact->at_ms) &&
               sound_level(fact->warehouse_id, fact->on_hand, fact->safety_stock, fact->restocks,
                           fact->restock_count);
    case FACT_CLOSED:
        return sound_id(fact->sku) && sound_time(fact->at_ms) && closed_is_sound(fact);
    case FACT_REPORT:
        return sound_id(fact->sku) && sound_time(fact->at_ms) && report_is_sound(fact);
    case FACT_RULES:
        return fact->rules >= 1 && sound_time(fact->at_ms);
    case FACT_UNKNOWN:
        break;
    }
    return false;
}

/* ---- Skus and warehouses --------------------------------------------------------------------- */

static bool sku_fits(const void *value, const void *key)
{
    return text_equal(((const struct sku *)value)->id, *(const struct text *)key);
}

static struct sku *find_sku(const struct book *book, uint64_t hash, struct text id)
{
    struct table_slot *slot = table_find(&book->skus, hash, sku_fits, &id);
    return slot ? slot->value : NULL;
}

static bool sku_list_reserve(struct book *book)
{
    if (book->sku_count < book->sku_capacity) {
        return true;
    }
    uint32_t capacity = book->sku_capacity ? book->sku_capacity * 2 : SKUS_MIN;
    struct sku **list =
        pool_resize(&book->pool, book->sku_list, book->sku_capacity * sizeof(struct sku *),
                    capacity * sizeof(struct sku *));
    if (!list) {
        return false;
    }
    book->sku_list = list;
    book->sku_capacity = capacity;
    return true;
}

struct sku *book_get_sku(struct book *book, struct text id)
{
    uint64_t hash = hash_text(0, id);
    struct sku *sku = find_sku(book, hash, id);
    if (sku) {
        return sku;
    }
    if (!table_reserve(&book->skus, &book->pool) || !sku_list_reserve(book)) {
        return NULL;
    }
    size_t size = sizeof(*sku) + id.size; /* the id lies behind the struct */
    sku = pool_take(&book->pool, size);
    if (!sku) {
        return NULL;
    }
    char *copy = (char *)(sku + 1);
    memcpy(copy, id.data, id.size);
    *sku = (struct sku){
        .id = {copy, id.size},
        .hash = hash,
        .number = book->sku_count,
        .forgotten_paid_at_ms = INT64_MIN,
    };
    stock_init(&sku->stock);
    table_add(&book->skus, hash, sku);
    book->sku_list[book->sku_count++] = sku;
    return sku;
}

static bool name_fits(const void *value, const void *key)
{
    const struct name *name = value;
    return text_equal((struct text){name->data, name->size}, *(const struct text *)key);
}

/* Warehouses are few and lie in many skus. data is NULL when memory is at its limit. */
static struct text intern(struct book *book, struct text id)
{
    uint64_t hash = hash_text(0, id);
    struct table_slot *slot = table_find(&book->names, hash, name_fits, &id);
    if (!slot) {
        struct name *name = pool_take(&book->pool, sizeof(*name) + id.size);
        if (!name || !table_reserve(&book->names, &book->pool)) {
            pool_give(&book->pool, name, sizeof(*name) + id.size);
            return (struct text){0};
        }
        name->size = id.size;
        memcpy(name->data, id.data, id.size);
        table_add(&book->names, hash, name);
        return (struct text){name->data, name->size};
    }
    const struct name *name = slot->value;
    return (struct text){name->data, name->size};
}

struct warehouse *book_get_warehouse(struct book *book, struct sku *sku, struct text id)
{
    struct text asked = text_is_set(id) ? id : TEXT("");
    struct warehouse *warehouse = stock_find(&sku->stock, asked);
    if (!warehouse && sku->stock.warehouse_count >= BOOK_WAREHOUSES_MAX) {
        asked = TEXT("");
        warehouse = stock_find(&sku->stock, asked);
    }
    if (warehouse) {
        return warehouse;
    }
    struct text name = intern(book, asked);
    if (!text_is_set(name) || !stock_reserve_warehouse(&sku->stock, &book->pool)) {
        return NULL;
    }
    return stock_add(&sku->stock, name);
}

void book_mark(struct book *book, struct sku *sku)
{
    if (!sku->dirty) {
        book->unsaved += UNSAVED_HEAD;
        sku->dirty = true;
        sku->next_dirty = book->dirty;
        book->dirty = sku;
    }
}

void book_mark_head(struct book *book, struct sku *sku)
{
    book_mark(book, sku);
    sku->head_dirty = true;
}

/* ---- Room ------------------------------------------------------------------------------------ */

static bool reserve_line(struct book *book, size_t size)
{
    if (book->spare_line && book->spare_line_size == size) {
        return true;
    }
    struct line *line = pool_resize(&book->pool, book->spare_line, book->spare_line_size, size);
    if (!line) {
        return false;
    }
    book->spare_line = line;
    book->spare_line_size = size;
    return true;
}

static bool reserve_paid(struct book *book, struct sku *sku, const struct sku_fact *fact)
{
    uint32_t bytes = sku->id.size + fact->order_id.size + fact->order_facts.size;
    return reserve_line(book, line_size(fact->order_id.size, fact->order_facts.size)) &&
           chunk_reserve(&book->chunks, &book->pool, bytes) &&
           queue_reserve(&sku->queue, &book->pool) && line_index_reserve(&book->lines, &book->pool);
}

static bool reserve_level(struct book *book, struct sku *sku, const struct sku_fact *fact)
{
    struct warehouse *warehouse = book_get_warehouse(book, sku, fact->warehouse_id);
    return warehouse &&
           stock_reserve_restocks(&sku->stock, warehouse, &book->pool, fact->restock_count);
}

/* Only goods of an open line keep counting after they were shipped. */
static bool reserve_closed(struct book *book, struct sku *sku, const struct sku_fact *fact)
{
    if (fact->reason != CLOSE_SHIPPED ||
        !line_index_find(&book->lines, sku, fact->order_id, fact->line_no, book->order_hash)) {
        return true;
    }
    struct warehouse *warehouse = book_get_warehouse(book, sku, fact->warehouse_id);
    return warehouse && shipped_reserve(&warehouse->shipped, &book->pool);
}

static bool reserve_by_kind(struct book *book, struct sku *sku, const struct sku_fact *fact)
{
    switch (fact->kind) {
    case FACT_PAID:
        return reserve_paid(book, sku, fact);
    case FACT_LEVEL:
        return reserve_level(book, sku, fact);
    case FACT_CLOSED:
        return reserve_closed(book, sku, fact);
    case FACT_REPORT:
    case FACT_RULES:
    case FACT_UNKNOWN:
        break;
    }
    return true;
}

/* Other rules may move the dates of any sku. */
static bool reserve_flip(struct book *book)
{
    uint32_t restocks_max = 0;
    for (uint32_t i = 0; i < book->sku_count; i++) {
        uint32_t restocks = book->sku_list[i]->stock.restock_count;
        restocks_max = restocks > restocks_max ? restocks : restocks_max;
    }
    return eta_reserve(&book->before, &book->pool, restocks_max) &&
           eta_reserve(&book->after, &book->pool, restocks_max);
}

/* ---- Public ---------------------------------------------------------------------------------- */

struct book *book_new(const struct memory *memory)
{
    struct book *book = memory->resize(memory->context, NULL, 0, sizeof(*book));
    if (!book) {
        return NULL;
    }
    *book = (struct book){.rules = BOOK_RULES_FIRST, .revision = INT64_MIN};
    pool_init(&book->pool, memory);
    return book;
}

void book_set_same_facts(struct book *book, book_same_facts *same_facts, void *context)
{
    book->same_facts = same_facts;
    book->same_facts_context = context;
}

void book_free(struct book *book)
{
    if (!book) {
        return;
    }
    struct memory memory = book->pool.memory;
    pool_done(&book->pool);
    memory.resize(memory.context, book, sizeof(*book), 0);
}

bool book_reserve(struct book *book, const struct sku_fact *fact)
{
    must(!book->drain.sku && !book->load);
    if (!fact_is_sound(fact)) {
        return true;
    }
    if (fact->kind == FACT_RULES) {
        return reserve_flip(book);
    }
    struct sku *sku = book_get_sku(book, fact->sku);
    book->sku = sku;
    if (sku && fact->kind != FACT_LEVEL) {
        book->order_hash = line_index_hash(sku, fact->order_id);
    }
    if (!sku || !closed_memory_reserve(&book->closed, &book->pool) ||
        !reserve_by_kind(book, sku, fact)) {
        return false;
    }
    return eta_reserve(&book->before, &book->pool, sku->stock.restock_capacity) &&
           eta_reserve(&book->after, &book->pool, sku->stock.restock_capacity);
}

static enum book_verdict apply_rules(struct book *book, const struct sku_fact *fact)
{
    if (fact->rules > BOOK_RULES_NEWEST) {
        return BOOK_NEW_RULES;
    }
    if (fact->rules == book->rules) {
        return BOOK_DUPLICATE;
    }
    book->rules = fact->rules;
    book->log_dirty = true;
    flip_begin(book, fact->at_ms);
    return BOOK_APPLIED;
}

enum book_verdict book_apply(struct book *book, const struct sku_fact *fact, int64_t revision,
                             int64_t log_ms)
{
    must(!book->drain.sku && !book->load && revision > book->revision);
    book->revision = revision;
    book->dump.phase = DUMP_NONE;
    if (log_ms > book->log_ms && sound_time(log_ms)) {
        book->log_ms = log_ms;
        book->log_dirty = true;
        allocation_forget(book);
    }
    if (!fact_is_sound(fact)) {
        return BOOK_MALFORMED;
    }
    if (fact->kind == FACT_RULES) {
        return apply_rules(book, fact);
    }
    must(book->sku && text_equal(book->sku->id, fact->sku));
    return allocation_apply(book, fact);
}

size_t book_unsaved(const struct book *book)
{
    return book->unsaved;
}

int64_t book_revision(const struct book *book)
{
    return book->revision;
}

int64_t book_base(const struct book *book)
{
    return book->base;
}

int32_t book_rules(const struct book *book)
{
    return book->rules;
}

struct book_count book_count(const struct book *book)
{
    struct book_count count = book->count;
    count.skus = book->sku_count;
    count.remembered += book->closed.added - book->closed.forgotten;
    return count;
}
