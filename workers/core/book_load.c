/* Takes the entries of a state, in any order of keys. */
#include "core/book_load.h"

#include "core/hash.h"
#include "core/must.h"
#include "core/sound.h"

/* ---- Looking up ------------------------------------------------------------------------------ */

static bool chunk_fits(const void *value, const void *key)
{
    return ((const struct load_chunk *)value)->number == *(const int64_t *)key;
}

static bool span_fits(const void *value, const void *key)
{
    return ((const struct load_span *)value)->number == *(const int64_t *)key;
}

struct load_chunk *load_find_chunk(const struct book *book, int64_t number)
{
    struct table_slot *slot =
        table_find(&book->load->chunks, hash_number(0, (uint64_t)number), chunk_fits, &number);
    return slot ? slot->value : NULL;
}

/* Finds it or makes it, in its place in the row; NULL: no memory. */
static struct load_chunk *get_chunk(struct book *book, int64_t number)
{
    struct load_chunk *found = load_find_chunk(book, number);
    if (found) {
        return found;
    }
    struct chunk *previous = book->chunks.last;
    while (previous && previous->number > number) {
        previous = previous->previous;
    }
    struct load_chunk *load = pool_take(&book->pool, sizeof(*load));
    if (!load || !table_reserve(&book->load->chunks, &book->pool)) {
        pool_give(&book->pool, load, sizeof(*load));
        return NULL;
    }
    *load = (struct load_chunk){.number = number,
                                .chunk = chunk_new(&book->chunks, &book->pool, previous, number)};
    if (!load->chunk) {
        pool_give(&book->pool, load, sizeof(*load));
        return NULL;
    }
    table_add(&book->load->chunks, hash_number(0, (uint64_t)number), load);
    return load;
}

static struct load_span *get_span(struct book *book, int64_t number)
{
    struct load *load = book->load;
    uint64_t hash = hash_number(0, (uint64_t)number);
    struct table_slot *slot = table_find(&load->spans, hash, span_fits, &number);
    if (slot) {
        return slot->value;
    }
    struct load_span *span = pool_take(&book->pool, sizeof(*span));
    if (!span || !table_reserve(&load->spans, &book->pool)) {
        pool_give(&book->pool, span, sizeof(*span));
        return NULL;
    }
    struct load_span *previous = load->last_span;
    while (previous && previous->number > number) {
        previous = previous->previous;
    }
    struct load_span *next = previous ? previous->next : load->first_span;
    *span = (struct load_span){.number = number, .previous = previous, .next = next};
    *(previous ? &previous->next : &load->first_span) = span;
    *(next ? &next->previous : &load->last_span) = span;
    table_add(&load->spans, hash, span);
    return span;
}

/* ---- One entry ------------------------------------------------------------------------------- */

static enum book_load load_book(struct book *book, const struct book_entry *entry)
{
    if (entry->removed) {
        return BOOK_LOADED; /* a move that was begun anew; what holds comes under another key */
    }
    if (entry->rules < 1 || entry->log_ms < 0 || !sound_time(entry->log_ms) || entry->number < 0) {
        return BOOK_LOAD_BROKEN;
    }
    book->base = entry->number;
    book->rules = entry->rules;
    book->log_ms = entry->log_ms;
    return BOOK_LOADED;
}

static enum book_load load_level(struct book *book, struct sku *sku, const struct book_level *level)
{
    if (!sound_level(level->warehouse_id, level->on_hand, level->safety_stock, level->restocks,
                     level->restock_count) ||
        !sound_time(level->counted_at_ms) || !sound_time(level->counted_out_ms) ||
        level->counted_out_ms < level->counted_at_ms) {
        return BOOK_LOAD_BROKEN;
    }
    struct warehouse *warehouse = book_get_warehouse(book, sku, level->warehouse_id);
    if (!warehouse ||
        !stock_reserve_restocks(&sku->stock, warehouse, &book->pool, level->restock_count)) {
        return BOOK_LOAD_NO_MEMORY;
    }
    if (warehouse->known || warehouse->id.size == 0) {
        return BOOK_LOAD_BROKEN;
    }
    stock_set_level(&sku->stock, warehouse, level);
    return BOOK_LOADED;
}

static enum book_load load_head(struct book *book, struct sku *sku, const struct book_entry *entry)
{
    if (entry->listing_told > LISTING_AVAILABLE) {
        return BOOK_LOAD_BROKEN;
    }
    stock_clear_levels(&sku->stock);
    for (uint32_t i = 0; i < entry->level_count; i++) {
        enum book_load loaded = load_level(book, sku, &entry->levels[i]);
        if (loaded != BOOK_LOADED) {
            return loaded;
        }
    }
    sku->listing_told = entry->listing_told;
    sku->listing_told_quantity = entry->listing_told_quantity;
    sku->reported = entry->reported_at_ms.set;
    sku->reported_at_ms = entry->reported_at_ms.value;
    sku->forgotten_paid_at_ms =
        entry->forgotten_paid_at_ms.set ? entry->forgotten_paid_at_ms.value : INT64_MIN;
    return BOOK_LOADED;
}

void load_free_lines(struct book *book, struct load_chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->line_count; i++) {
        struct line *line = chunk->lines[i];
        if (line) {
            pool_give(&book->pool, line, line_size(line->order_id_size, line->facts_size));
        }
    }
    pool_give(&book->pool, chunk->lines, chunk->line_count * sizeof(struct line *));
    chunk->lines = NULL;
    chunk->line_count = 0;
}

static struct line *load_line(struct book *book, const struct book_line *body)
{
    struct sku *sku = book_get_sku(book, body->sku);
    struct line *line =
        sku ? pool_take(&book->pool, line_size(body->order_id.size, body->order_facts.size)) : NULL;
    if (!line) {
        return NULL;
    }
    *line = (struct line){
        .sku = sku,
        .revision = body->revision,
        .paid_at_ms = body->paid_at_ms,
        .line_no = body->line_no,
        .quantity = (int32_t)body->quantity,
        .facts_size = (uint16_t)body->order_facts.size,
        .order_id_size = (uint8_t)body->order_id.size,
    };
    memcpy(line->texts, body->order_id.data, body->order_id.size);
    if (body->order_facts.size > 0) {
        memcpy(line->texts + body->order_id.size, body->order_facts.data, body->order_facts.size);
    }
    return line;
}

static enum book_load load_lines(struct book *book, struct load_chunk *chunk,
                                 const struct book_entry *entry)
{
    load_free_lines(book, chunk);
    if (entry->removed) {
        return BOOK_LOADED;
    }
    if (entry->line_count == 0 || entry->line_count > BOOK_CHUNK_LINES) {
        return BOOK_LOAD_BROKEN;
    }
    chunk->lines = pool_take(&book->pool, entry->line_count * sizeof(struct line *));
    if (!chunk->lines) {
        return BOOK_LOAD_NO_MEMORY;
    }
    memset(chunk->lines, 0, entry->line_count * sizeof(struct line *));
    chunk->line_count = entry->line_count;
    for (uint32_t i = 0; i < entry->line_count; i++) {
        const struct book_line *line = &entry->lines[i];
        if (!sound_id(line->sku) || !sound_line(line->order_id, line->line_no, line->quantity,
                                                line->paid_at_ms, line->order_facts)) {
            return BOOK_LOAD_BROKEN;
        }
        chunk->lines[i] = load_line(book, line);
        if (!chunk->lines[i]) {
            return BOOK_LOAD_NO_MEMORY;
        }
    }
    return BOOK_LOADED;
}

static enum book_load load_status(struct book *book, struct load_chunk *chunk,
                                  const struct book_entry *entry)
{
    pool_give(&book->pool, chunk->runs, chunk->run_count * sizeof(struct book_run));
    chunk->runs = NULL;
    chunk->run_count = 0;
    if (entry->removed) {
        return BOOK_LOADED;
    }
    if (entry->run_count == 0 || entry->run_count > BOOK_CHUNK_LINES) {
        return BOOK_LOAD_BROKEN;
    }
    chunk->runs = pool_take(&book->pool, entry->run_count * sizeof(struct book_run));
    if (!chunk->runs) {
        return BOOK_LOAD_NO_MEMORY;
    }
    chunk->run_count = entry->run_count;
    memcpy(chunk->runs, entry->runs, entry->run_count * sizeof(struct book_run));
    return BOOK_LOADED;
}

static enum book_load load_shipped(struct book *book, struct sku *sku,
                                   const struct book_entry *entry)
{
    struct warehouse *warehouse = book_get_warehouse(book, sku, entry->warehouse_id);
    if (!warehouse) {
        return BOOK_LOAD_NO_MEMORY;
    }
    if (entry->number <= SHIPPED_WINDOW_MIN || entry->number >= -(SHIPPED_WINDOW_MIN + 1)) {
        return BOOK_LOAD_BROKEN;
    }
    shipped_forget_window(&warehouse->shipped, entry->number);
    for (uint32_t i = 0; !entry->removed && i < entry->shipment_count; i++) {
        if (entry->shipments[i].quantity < 1 || !sound_time(entry->shipments[i].closed_at_ms) ||
            shipped_window_of(entry->shipments[i].closed_at_ms) != entry->number) {
            return BOOK_LOAD_BROKEN;
        }
        if (!shipped_reserve(&warehouse->shipped, &book->pool)) {
            return BOOK_LOAD_NO_MEMORY;
        }
        shipped_add(&warehouse->shipped, entry->shipments[i].closed_at_ms,
                    entry->shipments[i].quantity);
    }
    return BOOK_LOADED;
}

static enum book_load load_item(struct book *book, struct load_span *span,
                                const struct book_memory *memory)
{
    uint64_t fingerprint = (uint64_t)memory->fingerprint;
    if (!sound_id(memory->sku) || fingerprint != closed_memory_mask(fingerprint) ||
        memory->kind < BOOK_MEMORY_CLOSED || memory->kind > BOOK_MEMORY_REPORTED ||
        memory->closed_log_ms < 0 || !sound_time(memory->closed_log_ms)) {
        return BOOK_LOAD_BROKEN;
    }
    struct sku *sku = book_get_sku(book, memory->sku);
    if (!sku) {
        return BOOK_LOAD_NO_MEMORY;
    }
    span->items[span->count++] = (struct closed_item){
        .sku = sku->number,
        .kind = memory->kind,
        .fingerprint = fingerprint,
        .paid_at_ms = memory->paid_at_ms,
        .log_ms = memory->closed_log_ms,
    };
    return BOOK_LOADED;
}

void load_free_items(struct book *book, struct load_span *span)
{
    pool_give(&book->pool, span->items, span->capacity * sizeof(*span->items));
    span->items = NULL;
    span->count = 0;
    span->capacity = 0;
}

static enum book_load load_closed(struct book *book, const struct book_entry *entry)
{
    struct load_span *span = get_span(book, entry->number);
    if (!span) {
        return BOOK_LOAD_NO_MEMORY;
    }
    load_free_items(book, span);
    if (entry->removed) {
        return BOOK_LOADED;
    }
    if (entry->memory_count == 0 || entry->memory_count > BOOK_CHUNK_LINES) {
        return BOOK_LOAD_BROKEN;
    }
    span->items = pool_take(&book->pool, entry->memory_count * sizeof(*span->items));
    if (!span->items) {
        return BOOK_LOAD_NO_MEMORY;
    }
    span->capacity = entry->memory_count;
    enum book_load loaded = BOOK_LOADED;
    for (uint32_t i = 0; i < entry->memory_count && loaded == BOOK_LOADED; i++) {
        loaded = load_item(book, span, &entry->memories[i]);
    }
    return loaded;
}

static enum book_load load_sku_entry(struct book *book, const struct book_entry *entry)
{
    if (!sound_id(entry->sku)) {
        return BOOK_LOAD_BROKEN;
    }
    struct sku *sku = book_get_sku(book, entry->sku);
    if (!sku) {
        return BOOK_LOAD_NO_MEMORY;
    }
    return entry->kind == BOOK_ENTRY_HEAD ? load_head(book, sku, entry)
                                          : load_shipped(book, sku, entry);
}

static enum book_load load_chunk_entry(struct book *book, const struct book_entry *entry)
{
    struct load_chunk *chunk = get_chunk(book, entry->number);
    if (!chunk) {
        return BOOK_LOAD_NO_MEMORY;
    }
    return entry->kind == BOOK_ENTRY_LINES ? load_lines(book, chunk, entry)
                                           : load_status(book, chunk, entry);
}

/* ---- Public ---------------------------------------------------------------------------------- */

static bool begin(struct book *book)
{
    must(book->sku_count == 0 && book->revision == INT64_MIN);
    book->load = pool_take(&book->pool, sizeof(*book->load));
    if (book->load) {
        *book->load = (struct load){0};
    }
    return book->load != NULL;
}

enum book_load book_load_entry(struct book *book, const struct book_entry *entry)
{
    if (!book->load && !begin(book)) {
        return BOOK_LOAD_NO_MEMORY;
    }
    switch (entry->kind) {
    case BOOK_ENTRY_BOOK:
        return load_book(book, entry);
    case BOOK_ENTRY_HEAD:
    case BOOK_ENTRY_SHIPPED:
        return load_sku_entry(book, entry);
    case BOOK_ENTRY_LINES:
    case BOOK_ENTRY_STATUS:
        return load_chunk_entry(book, entry);
    case BOOK_ENTRY_CLOSED:
        return load_closed(book, entry);
    case BOOK_ENTRY_UNKNOWN:
        break;
    }
    return BOOK_LOAD_BROKEN;
}
