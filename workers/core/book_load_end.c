/* All entries are there: everything takes its place. */
#include "core/book_load.h"

#include "core/must.h"

/* The status of one line after the other, out of the runs; without runs all are covered. */
struct run_reader {
    const struct load_chunk *chunk;
    uint32_t run;
    int32_t used; /* of that run */
};

static const struct book_run PLAIN = {.count = 1, .status = BOOK_LINE_COVERED};

static bool run_is_sound(const struct book_run *run)
{
    bool ever_short =
        run->episode > 0 && run->cause > CAUSE_UNKNOWN && run->cause <= CAUSE_REPORTED;
    switch (run->status) {
    case BOOK_LINE_COVERED:
        return run->episode == 0 || ever_short;
    case BOOK_LINE_SHORT:
    case BOOK_LINE_BLOCKED:
        return ever_short;
    case BOOK_LINE_CLOSED:
        return ever_short && run->reason > CLOSE_UNKNOWN && run->reason <= CLOSE_SUBSTITUTED;
    case BOOK_LINE_GONE:
        return true;
    case BOOK_LINE_UNKNOWN:
        break;
    }
    return false;
}

/* NULL: the runs have no sound status for this line. */
static const struct book_run *next_run(struct run_reader *reader)
{
    if (!reader->chunk->runs) {
        return &PLAIN;
    }
    if (reader->run < reader->chunk->run_count &&
        reader->used == reader->chunk->runs[reader->run].count) {
        reader->run++;
        reader->used = 0;
    }
    if (reader->run == reader->chunk->run_count) {
        return NULL;
    }
    const struct book_run *run = &reader->chunk->runs[reader->run];
    bool sound = run->count > reader->used && run_is_sound(run);
    reader->used++;
    return sound ? run : NULL;
}

static bool runs_are_used_up(const struct run_reader *reader)
{
    const struct load_chunk *chunk = reader->chunk;
    return !chunk->runs ||
           (reader->run + 1 == chunk->run_count && reader->used == chunk->runs[reader->run].count);
}

/* The line takes its place in the queue, the index and the row of closed lines. */
static bool place_line(struct book *book, struct line *line, const struct book_run *run)
{
    struct queue *queue = &line->sku->queue;
    if (!queue_reserve(queue, &book->pool) || !line_index_reserve(&book->lines, &book->pool)) {
        return false;
    }
    line->episode = run->episode;
    line->cause = (uint8_t)run->cause;
    if (run->status == BOOK_LINE_BLOCKED) {
        line->since_ms = run->reported_at_ms;
    }
    if (run->status == BOOK_LINE_CLOSED) {
        line->since_ms = run->closed_log_ms;
        line->reason = (uint8_t)run->reason;
        allocation_keep(book, line);
        book->count.remembered++;
    } else {
        book->count.open_lines++;
    }
    queue_load(queue, line, run->status);
    line_index_add(&book->lines, line, line_index_hash(line->sku, line_order_id(line)));
    return true;
}

/* The lines that are still here become the chunk's. */
static enum book_load place_chunk(struct book *book, struct load_chunk *load)
{
    struct chunk *chunk = load->chunk;
    struct run_reader reader = {.chunk = load};
    chunk->lines_written = true;
    chunk->status_written = load->runs != NULL;
    for (uint32_t i = 0; i < load->line_count; i++) {
        struct line *line = load->lines[i];
        const struct book_run *run = next_run(&reader);
        if (!run || line->revision <= book->revision || line->revision < chunk->number) {
            return BOOK_LOAD_BROKEN;
        }
        book->revision = line->revision;
        if (run->status == BOOK_LINE_GONE) {
            pool_give(&book->pool, line, line_size(line->order_id_size, line->facts_size));
            load->lines[i] = NULL;
            chunk->count++;
            continue;
        }
        if (!place_line(book, line, run)) {
            return BOOK_LOAD_NO_MEMORY;
        }
        chunk_take_line(chunk, line);
    }
    chunk->lines = load->lines;
    chunk->capacity = (uint16_t)load->line_count;
    load->lines = NULL;
    load->line_count = 0;
    return runs_are_used_up(&reader) ? BOOK_LOADED : BOOK_LOAD_BROKEN;
}

static enum book_load place_chunks(struct book *book)
{
    for (struct chunk *chunk = book->chunks.first, *next; chunk; chunk = next) {
        next = chunk->next;
        struct load_chunk *load = load_find_chunk(book, chunk->number);
        must(load);
        if (load->lines) {
            enum book_load placed = place_chunk(book, load);
            if (placed != BOOK_LOADED) {
                return placed;
            }
        } else if (load->runs) {
            return BOOK_LOAD_BROKEN;
        } else {
            chunk_free(&book->chunks, &book->pool, chunk);
        }
    }
    return BOOK_LOADED;
}

static void place_shipped(struct sku *sku)
{
    struct stock *stock = &sku->stock;
    for (uint32_t i = 0; i < stock->warehouse_count; i++) {
        stock->shipped_quantity += shipped_quantity(&stock->warehouses[i].shipped);
        shipped_checkpointed(&stock->warehouses[i].shipped);
    }
    stock_count_out(stock);
}

static bool closed_before(const struct line *a, const struct line *b)
{
    return a->since_ms != b->since_ms ? a->since_ms < b->since_ms : a->revision < b->revision;
}

static struct line *merge_kept(struct line *a, struct line *b)
{
    struct line *first = NULL;
    struct line **end = &first;
    while (a && b) {
        struct line **next = closed_before(b, a) ? &b : &a;
        *end = *next;
        end = &(*next)->next_remembered;
        *next = *end;
    }
    *end = a ? a : b;
    return first;
}

/* Merge sort of the row of closed lines: level n holds 2^n sorted lines, or none. */
static void sort_kept(struct book *book)
{
    struct line *levels[64] = {0};
    uint32_t highest = 0;
    for (struct line *line = book->oldest_kept, *next; line; line = next) {
        next = line->next_remembered;
        line->next_remembered = NULL;
        uint32_t level = 0;
        for (; levels[level]; level++) {
            line = merge_kept(levels[level], line);
            levels[level] = NULL;
        }
        levels[level] = line;
        highest = level > highest ? level : highest;
    }
    struct line *sorted = NULL;
    for (uint32_t level = 0; level <= highest; level++) {
        sorted = merge_kept(levels[level], sorted);
    }
    book->oldest_kept = sorted;
    book->newest_kept = sorted;
    while (book->newest_kept && book->newest_kept->next_remembered) {
        book->newest_kept = book->newest_kept->next_remembered;
    }
}

static enum book_load place_spans(struct book *book)
{
    int64_t log_ms = 0;
    for (const struct load_span *span = book->load->first_span; span; span = span->next) {
        closed_memory_cut(&book->closed);
        for (uint32_t i = 0; i < span->count; i++) {
            if (span->items[i].log_ms < log_ms) {
                return BOOK_LOAD_BROKEN;
            }
            log_ms = span->items[i].log_ms;
            if (log_ms < book->log_ms - BOOK_REMEMBER_MS) {
                continue; /* forgotten; the rest of its span was not yet */
            }
            if (!closed_memory_reserve(&book->closed, &book->pool)) {
                return BOOK_LOAD_NO_MEMORY;
            }
            closed_memory_add(&book->closed, &span->items[i], span->number);
        }
        if (span->count > 0 && span->number > book->revision) {
            book->revision = span->number;
        }
    }
    closed_memory_cut(&book->closed);
    closed_memory_checkpointed(&book->closed);
    return log_ms <= book->log_ms ? BOOK_LOADED : BOOK_LOAD_BROKEN;
}

static void free_load(struct book *book)
{
    struct load *load = book->load;
    struct pool *pool = &book->pool;
    for (uint64_t i = 0; i < load->chunks.size; i++) {
        struct load_chunk *chunk = load->chunks.slots[i].value;
        if (chunk) {
            load_free_lines(book, chunk);
            pool_give(pool, chunk->runs, chunk->run_count * sizeof(struct book_run));
            pool_give(pool, chunk, sizeof(*chunk));
        }
    }
    for (struct load_span *span = load->first_span, *next; span; span = next) {
        next = span->next;
        load_free_items(book, span);
        pool_give(pool, span, sizeof(*span));
    }
    pool_give(pool, load->chunks.slots, load->chunks.size * sizeof(struct table_slot));
    pool_give(pool, load->spans.slots, load->spans.size * sizeof(struct table_slot));
    pool_give(pool, load, sizeof(*load));
    book->load = NULL;
}

enum book_load book_load_end(struct book *book)
{
    if (!book->load) {
        return BOOK_LOADED;
    }
    if (book->rules > BOOK_RULES_NEWEST) {
        return BOOK_LOAD_NEW_RULES;
    }
    enum book_load placed = place_chunks(book);
    if (placed != BOOK_LOADED) {
        return placed;
    }
    for (uint32_t i = 0; i < book->sku_count; i++) {
        place_shipped(book->sku_list[i]);
        book->count.short_lines += queue_total(&book->sku_list[i]->queue)->short_count;
    }
    sort_kept(book);
    placed = place_spans(book);
    if (placed != BOOK_LOADED) {
        return placed;
    }
    free_load(book);
    return BOOK_LOADED;
}
