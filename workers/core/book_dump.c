/* The state as entries. A round begins by cutting the lines that are new into chunks; going through
 * the entries then changes nothing but notes of what was given, so that a round can be repeated. */
#include "core/book_inside.h"
#include "core/must.h"

/* The items of the entry given last. */
struct dump_arrays {
    union {
        struct book_line lines[BOOK_CHUNK_LINES];
        struct book_run runs[BOOK_CHUNK_LINES];
        struct book_memory memories[BOOK_CHUNK_LINES];
    };
};

/* ---- Going through --------------------------------------------------------------------------- */

static struct sku *first_sku(const struct book *book)
{
    if (!book->dump.all) {
        return book->dirty;
    }
    return book->sku_count > 0 ? book->sku_list[0] : NULL;
}

static struct sku *next_sku(const struct book *book, const struct sku *sku)
{
    if (!book->dump.all) {
        return sku->next_dirty;
    }
    return sku->number + 1 < book->sku_count ? book->sku_list[sku->number + 1] : NULL;
}

static bool give_head(struct dump *dump, struct book_entry *ret)
{
    const struct sku *sku = dump->sku;
    bool empty = sku->stock.known_count == 0 && !sku->reported &&
                 sku->listing_told == LISTING_UNKNOWN && sku->forgotten_paid_at_ms == INT64_MIN;
    if (!sku->head_dirty && (!dump->all || empty)) {
        return false;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < sku->stock.warehouse_count; i++) {
        const struct warehouse *warehouse = &sku->stock.warehouses[i];
        if (warehouse->known) {
            dump->levels[count++] = (struct book_level){
                .warehouse_id = warehouse->id,
                .on_hand = warehouse->on_hand,
                .safety_stock = warehouse->safety_stock,
                .version = warehouse->version,
                .counted_at_ms = warehouse->counted_at_ms,
                .counted_out_ms = warehouse->counted_out_ms,
                .restocks = warehouse->restocks,
                .restock_count = warehouse->restock_count,
            };
        }
    }
    ret->kind = BOOK_ENTRY_HEAD;
    ret->sku = sku->id;
    ret->levels = dump->levels;
    ret->level_count = count;
    ret->listing_told = sku->listing_told;
    ret->listing_told_quantity = sku->listing_told_quantity;
    ret->reported_at_ms = (struct optional_long){sku->reported_at_ms, sku->reported};
    bool forgotten = sku->forgotten_paid_at_ms != INT64_MIN;
    ret->forgotten_paid_at_ms =
        (struct optional_long){forgotten ? sku->forgotten_paid_at_ms : 0, forgotten};
    return true;
}

static bool give_lines(struct dump *dump, struct book_entry *ret)
{
    struct chunk *chunk = dump->chunk;
    ret->kind = BOOK_ENTRY_LINES;
    ret->number = chunk->number;
    if (chunk->live == 0) {
        ret->removed = true;
        return chunk->lines_written;
    }
    if (!chunk->lines_dirty && !dump->all) {
        return false;
    }
    must(chunk->live == chunk->count);
    for (uint32_t i = 0; i < chunk->count; i++) {
        const struct line *line = chunk->lines[i];
        dump->arrays->lines[i] = (struct book_line){
            .sku = line->sku->id,
            .revision = line->revision,
            .order_id = line_order_id(line),
            .line_no = line->line_no,
            .quantity = line->quantity,
            .paid_at_ms = line->paid_at_ms,
            .order_facts = line_order_facts(line),
        };
    }
    ret->line_count = chunk->count;
    ret->lines = dump->arrays->lines;
    return true;
}

static void add_run(struct dump_arrays *arrays, struct book_entry *entry, struct book_run run)
{
    struct book_run *last = entry->run_count > 0 ? &arrays->runs[entry->run_count - 1] : NULL;
    if (last && last->status == run.status && last->episode == run.episode &&
        last->cause == run.cause && last->reported_at_ms == run.reported_at_ms &&
        last->reason == run.reason && last->closed_log_ms == run.closed_log_ms) {
        last->count += run.count;
    } else {
        arrays->runs[entry->run_count++] = run;
    }
}

static struct book_run run_of(const struct line *line)
{
    if (!line) {
        return (struct book_run){.count = 1, .status = BOOK_LINE_GONE};
    }
    struct book_run run = {
        .count = 1,
        .status = (enum book_line_status)queue_place(&line->sku->queue, line->position)->status,
        .episode = line->episode,
        .cause = (enum shortage_cause)line->cause,
    };
    if (run.status == BOOK_LINE_BLOCKED) {
        run.reported_at_ms = line->since_ms;
    } else if (run.status == BOOK_LINE_CLOSED) {
        run.reason = (enum close_reason)line->reason;
        run.closed_log_ms = line->since_ms;
    }
    return run;
}

static void fill_runs(struct dump *dump, struct book_entry *ret)
{
    for (uint32_t i = 0; i < dump->chunk->count; i++) {
        add_run(dump->arrays, ret, run_of(dump->chunk->lines[i]));
    }
    ret->runs = dump->arrays->runs;
}

/* All covered, none ever short: what a line is where nothing is said. */
static bool is_plain(const struct book_entry *entry)
{
    return entry->run_count == 1 && entry->runs[0].status == BOOK_LINE_COVERED &&
           entry->runs[0].episode == 0;
}

static bool give_status(struct dump *dump, struct book_entry *ret)
{
    struct chunk *chunk = dump->chunk;
    ret->kind = BOOK_ENTRY_STATUS;
    ret->number = chunk->number;
    if (chunk->live == 0) {
        ret->removed = true;
        return chunk->status_written;
    }
    if (!chunk->status_dirty && !dump->all) {
        return false;
    }
    fill_runs(dump, ret);
    chunk->status_given = !is_plain(ret);
    if (chunk->status_given) {
        return true;
    }
    ret->removed = true;
    ret->runs = NULL;
    ret->run_count = 0;
    return chunk->status_written && chunk->status_dirty;
}

/* false: there is no more of the sku. */
static bool give_shipped(struct dump *dump, struct book_entry *ret)
{
    const struct stock *stock = &dump->sku->stock;
    for (; dump->warehouse < stock->warehouse_count; dump->warehouse++) {
        const struct warehouse *warehouse = &stock->warehouses[dump->warehouse];
        int64_t window;
        if (shipped_next_window(&warehouse->shipped, dump->window, dump->all, &window)) {
            dump->window = window + 1;
            ret->kind = BOOK_ENTRY_SHIPPED;
            ret->sku = dump->sku->id;
            ret->warehouse_id = warehouse->id;
            ret->number = window;
            ret->shipment_count = shipped_window(&warehouse->shipped, window, &ret->shipments);
            ret->removed = ret->shipment_count == 0;
            return true;
        }
        dump->window = SHIPPED_WINDOW_MIN;
    }
    return false;
}

static bool give_span(struct book *book, const struct closed_span *span, struct book_entry *ret)
{
    struct dump *dump = &book->dump;
    ret->kind = BOOK_ENTRY_CLOSED;
    ret->number = span->number;
    ret->removed = closed_span_is_over(&book->closed, span);
    if (ret->removed) {
        return span->written;
    }
    if (span->written && !dump->all) {
        return false;
    }
    struct closed_place cursor = {0};
    struct closed_item item;
    while (closed_memory_next(&book->closed, span, &cursor, &item)) {
        must(ret->memory_count < BOOK_CHUNK_LINES);
        dump->arrays->memories[ret->memory_count++] = (struct book_memory){
            .sku = book->sku_list[item.sku]->id,
            .fingerprint = (int64_t)item.fingerprint,
            .kind = item.kind,
            .paid_at_ms = item.paid_at_ms,
            .closed_log_ms = item.log_ms,
        };
    }
    ret->memories = dump->arrays->memories;
    return true;
}

static bool give_closed(struct book *book, struct book_entry *ret)
{
    while (book->dump.span < book->closed.span_end) {
        *ret = (struct book_entry){0};
        if (give_span(book, &book->closed.spans[book->dump.span++], ret)) {
            return true;
        }
    }
    return false;
}

/* Always, changed or not: it says for which place the whole is true. */
static bool give_book(const struct book *book, struct book_entry *ret)
{
    ret->kind = BOOK_ENTRY_BOOK;
    ret->number = book->base;
    ret->rules = book->rules;
    ret->log_ms = book->log_ms;
    return true;
}

/* From a sku to the next one, or to what is not of any. */
static void start_sku(struct book *book, struct sku *sku)
{
    struct dump *dump = &book->dump;
    dump->sku = sku;
    dump->warehouse = 0;
    dump->window = SHIPPED_WINDOW_MIN;
    dump->phase = sku ? DUMP_HEAD : DUMP_CHUNK_LINES;
}

/* One step on; true if it gives an entry. */
static bool dump_step(struct book *book, struct book_entry *ret)
{
    struct dump *dump = &book->dump;
    switch (dump->phase) {
    case DUMP_HEAD:
        dump->phase = DUMP_SHIPPED;
        return give_head(dump, ret);
    case DUMP_SHIPPED:
        if (give_shipped(dump, ret)) {
            return true;
        }
        start_sku(book, next_sku(book, dump->sku));
        return false;
    case DUMP_CHUNK_LINES:
        dump->phase = dump->chunk ? DUMP_CHUNK_STATUS : DUMP_CLOSED;
        return dump->chunk && give_lines(dump, ret);
    case DUMP_CHUNK_STATUS: {
        bool given = give_status(dump, ret);
        dump->chunk = dump->chunk->next;
        dump->phase = DUMP_CHUNK_LINES;
        return given;
    }
    case DUMP_CLOSED:
        if (give_closed(book, ret)) {
            return true;
        }
        dump->phase = DUMP_BOOK;
        return false;
    case DUMP_BOOK:
        dump->phase = DUMP_DONE;
        return give_book(book, ret);
    case DUMP_NONE:
    case DUMP_DONE:
        break;
    }
    must(!"no round has begun");
    return false;
}

/* ---- Public ---------------------------------------------------------------------------------- */

static bool reserve_levels(struct book *book, uint32_t count)
{
    struct dump *dump = &book->dump;
    if (count <= dump->level_capacity) {
        return true;
    }
    uint32_t capacity = dump->level_capacity ? dump->level_capacity : 4;
    while (capacity < count) {
        capacity *= 2;
    }
    struct book_level *levels =
        pool_resize(&book->pool, dump->levels, dump->level_capacity * sizeof(*levels),
                    capacity * sizeof(*levels));
    if (!levels) {
        return false;
    }
    dump->levels = levels;
    dump->level_capacity = capacity;
    return true;
}

bool book_dirty_begin(struct book *book, bool all)
{
    must(!book->drain.sku && !book->load);
    struct dump *dump = &book->dump;
    dump->phase = DUMP_NONE;
    dump->all = all;
    if (!dump->arrays) {
        dump->arrays = pool_take(&book->pool, sizeof(*dump->arrays));
    }
    if (!dump->arrays) {
        return false;
    }
    for (struct sku *sku = first_sku(book); sku; sku = next_sku(book, sku)) {
        if (!reserve_levels(book, sku->stock.known_count)) {
            return false;
        }
    }
    if (!chunk_cut(&book->chunks, &book->pool, all)) {
        return false;
    }
    closed_memory_cut(&book->closed);
    dump->span = book->closed.span_begin;
    dump->chunk = book->chunks.first;
    start_sku(book, first_sku(book));
    return true;
}

bool book_dirty_next(struct book *book, struct book_entry *ret_entry)
{
    while (book->dump.phase != DUMP_DONE) {
        *ret_entry = (struct book_entry){0};
        if (dump_step(book, ret_entry)) {
            return true;
        }
    }
    return false;
}

static void checkpoint_sku(struct sku *sku)
{
    for (uint32_t i = 0; i < sku->stock.warehouse_count; i++) {
        shipped_checkpointed(&sku->stock.warehouses[i].shipped);
    }
    sku->head_dirty = false;
    sku->dirty = false;
}

void book_checkpointed(struct book *book)
{
    must(book->dump.phase == DUMP_DONE);
    book->dump.phase = DUMP_NONE;
    for (struct sku *sku = book->dirty, *next; sku; sku = next) {
        next = sku->next_dirty;
        checkpoint_sku(sku);
    }
    book->dirty = NULL;
    book->unsaved = 0;
    chunk_checkpointed(&book->chunks, &book->pool);
    closed_memory_checkpointed(&book->closed);
    book->log_dirty = false;
}
