#include "core/book_inside.h"
#include "core/hash.h"
#include "core/must.h"

/* One fact on its way through the rules. */
struct step {
    struct book *book;
    struct sku *sku;
    const struct sku_fact *fact;
    enum shortage_cause cause; /* of the lines that become short by it */
    const struct line *closed; /* a line that was ever short and closed by it */
    bool first_level;
};

static const uint64_t REPORT_TAG = UINT64_C(0x7265706f7274); /* "report" */

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static enum book_line_status status_of(const struct line *line)
{
    return (enum book_line_status)queue_place(&line->sku->queue, line->position)->status;
}

static uint64_t line_fingerprint(uint64_t order_hash, int32_t line_no)
{
    return closed_memory_mask(hash_number(order_hash, (uint32_t)line_no));
}

static struct line *find_line(const struct step *step)
{
    return line_index_find(&step->book->lines, step->sku, step->fact->order_id, step->fact->line_no,
                           step->book->order_hash);
}

static uint64_t report_fingerprint(const struct sku *sku, struct text id)
{
    return closed_memory_mask(hash_text(hash_number(sku->hash, REPORT_TAG), id));
}

static void remember(const struct step *step, uint64_t fingerprint, enum book_memory_kind kind,
                     int64_t paid_at_ms)
{
    struct closed_item item = {
        .sku = step->sku->number,
        .kind = kind,
        .fingerprint = fingerprint,
        .paid_at_ms = paid_at_ms,
        .log_ms = step->book->log_ms,
    };
    closed_memory_add(&step->book->closed, &item, step->book->revision);
    step->book->unsaved += UNSAVED_MEMORY;
}

/* Nobody needs the line any more. */
static void drop_line(struct book *book, struct line *line, uint64_t order_hash)
{
    line_index_remove(&book->lines, line, order_hash);
    queue_remove(&line->sku->queue, line->position, &book->pool);
    chunk_drop_line(line);
    pool_give(&book->pool, line, line_size(line->order_id_size, line->facts_size));
}

/* ---- Paid ------------------------------------------------------------------------------------ */

static bool same_line(const struct book *book, const struct line *line, const struct sku_fact *fact)
{
    struct text known = line_order_facts(line);
    if (line->quantity != fact->quantity || line->paid_at_ms != fact->at_ms) {
        return false;
    }
    return text_equal(known, fact->order_facts) ||
           (book->same_facts &&
            book->same_facts(book->same_facts_context, known, fact->order_facts));
}

static struct line *line_from(struct step *step)
{
    const struct sku_fact *fact = step->fact;
    struct line *line = step->book->spare_line;
    must(line &&
         step->book->spare_line_size == line_size(fact->order_id.size, fact->order_facts.size));
    step->book->spare_line = NULL;
    *line = (struct line){
        .sku = step->sku,
        .revision = step->book->revision,
        .paid_at_ms = fact->at_ms,
        .line_no = fact->line_no,
        .quantity = (int32_t)fact->quantity,
        .facts_size = (uint16_t)fact->order_facts.size,
        .order_id_size = (uint8_t)fact->order_id.size,
    };
    memcpy(line->texts, fact->order_id.data, fact->order_id.size);
    if (fact->order_facts.size > 0) {
        memcpy(line->texts + fact->order_id.size, fact->order_facts.data, fact->order_facts.size);
    }
    return line;
}

static enum book_verdict apply_paid(struct step *step)
{
    const struct sku_fact *fact = step->fact;
    struct sku *sku = step->sku;
    struct book *book = step->book;
    struct line *known = find_line(step);
    if (known) {
        bool duplicate = status_of(known) == BOOK_LINE_CLOSED || same_line(step->book, known, fact);
        return duplicate ? BOOK_DUPLICATE : BOOK_CONFLICT;
    }
    uint64_t fingerprint = line_fingerprint(book->order_hash, fact->line_no);
    switch (closed_memory_find(&book->closed, fingerprint)) {
    case BOOK_MEMORY_CLOSED:
    case BOOK_MEMORY_REPORTED:
        return BOOK_DUPLICATE;
    case BOOK_MEMORY_UNPAID:
        remember(step, fingerprint, BOOK_MEMORY_CLOSED, fact->at_ms);
        return BOOK_APPLIED;
    case BOOK_MEMORY_UNKNOWN:
        break;
    }
    if (fact->at_ms <= sku->forgotten_paid_at_ms) {
        return BOOK_TOO_OLD;
    }
    /* Nothing that waits fits into what is free, so a line that fits takes it from nobody; where
     * nobody is overtaken it must not wait for more either. */
    bool overtakes = book->rules >= BOOK_RULES_IN_ORDER && queue_waits(&sku->queue);
    bool covered = sku->stock.known_count == 0 || (fact->quantity <= sku_free(sku) && !overtakes);
    struct line *line = line_from(step);
    chunk_add_line(&book->chunks, line);
    book->unsaved += UNSAVED_LINE + sku->id.size + line_bytes(line);
    queue_append(&sku->queue, line, covered);
    line_index_add(&book->lines, line, book->order_hash);
    book->count.open_lines++;
    step->cause = CAUSE_OVERSOLD;
    return BOOK_APPLIED;
}

/* ---- Closed ---------------------------------------------------------------------------------- */

/* Goods of a covered line have left, but are in on_hand until they are counted out. */
static void ship(struct step *step, const struct line *line)
{
    struct stock *stock = &step->sku->stock;
    struct text id = step->fact->warehouse_id;
    struct warehouse *warehouse = stock_find(stock, text_is_set(id) ? id : TEXT(""));
    if (!warehouse) {
        warehouse = stock_find(stock, TEXT(""));
    }
    must(warehouse);
    stock_ship(stock, warehouse, step->fact->at_ms, line->quantity);
    book_mark(step->book, step->sku);
}

/* A line that was ever short closes again: only that its goods left after all is news. */
static enum book_verdict close_again(struct step *step, struct line *line)
{
    if (step->fact->reason != CLOSE_SHIPPED || line->reason == CLOSE_SHIPPED) {
        return BOOK_DUPLICATE;
    }
    line->reason = CLOSE_SHIPPED;
    line->chunk->status_dirty = true;
    step->closed = line;
    return BOOK_APPLIED;
}

static enum book_verdict apply_closed(struct step *step)
{
    const struct sku_fact *fact = step->fact;
    struct book *book = step->book;
    uint64_t fingerprint = line_fingerprint(book->order_hash, fact->line_no);
    struct line *line = find_line(step);
    if (!line) {
        if (closed_memory_find(&book->closed, fingerprint) != BOOK_MEMORY_UNKNOWN) {
            return BOOK_DUPLICATE;
        }
        remember(step, fingerprint, BOOK_MEMORY_UNPAID, fact->at_ms);
        return BOOK_APPLIED;
    }
    enum book_line_status status = status_of(line);
    if (status == BOOK_LINE_CLOSED) {
        return close_again(step, line);
    }
    if (status == BOOK_LINE_COVERED && fact->reason == CLOSE_SHIPPED) {
        ship(step, line);
    }
    book->count.open_lines--;
    if (line->episode > 0) {
        line->reason = (uint8_t)fact->reason;
        line->since_ms = book->log_ms;
        queue_close(&step->sku->queue, line->position);
        allocation_keep(book, line);
        book->count.remembered++;
        step->closed = line;
    } else {
        remember(step, fingerprint, BOOK_MEMORY_CLOSED, line->paid_at_ms);
        drop_line(book, line, book->order_hash);
    }
    return BOOK_APPLIED;
}

/* ---- Level ----------------------------------------------------------------------------------- */

static bool same_level(const struct warehouse *warehouse, const struct sku_fact *fact)
{
    if (warehouse->on_hand != fact->on_hand || warehouse->safety_stock != fact->safety_stock ||
        warehouse->counted_at_ms != fact->at_ms ||
        warehouse->restock_count != fact->restock_count) {
        return false;
    }
    for (uint32_t i = 0; i < fact->restock_count; i++) {
        if (warehouse->restocks[i].expected_at_ms != fact->restocks[i].expected_at_ms ||
            warehouse->restocks[i].quantity != fact->restocks[i].quantity) {
            return false;
        }
    }
    return true;
}

/* Reports from before this count have their answer. */
static void answer_reports(struct step *step)
{
    struct sku *sku = step->sku;
    int64_t counted_at_ms = step->fact->at_ms;
    if (sku->reported && sku->reported_at_ms < counted_at_ms) {
        sku->reported = false;
    }
    uint32_t position = 0;
    while ((position = queue_find(&sku->queue, position, QUEUE_REPORTED, counted_at_ms)) !=
           QUEUE_NOWHERE) {
        queue_unblock(&sku->queue, position++);
    }
}

static enum book_verdict apply_level(struct step *step)
{
    const struct sku_fact *fact = step->fact;
    struct stock *stock = &step->sku->stock;
    struct warehouse *warehouse = stock_find(stock, fact->warehouse_id);
    if (!warehouse) {
        return BOOK_MALFORMED; /* more warehouses than a sku may have */
    }
    if (warehouse->known && fact->version < warehouse->version) {
        return BOOK_OUTDATED;
    }
    if (warehouse->known && fact->version == warehouse->version) {
        return same_level(warehouse, fact) ? BOOK_DUPLICATE : BOOK_CONFLICT;
    }
    step->first_level = stock->known_count == 0;
    step->cause = step->first_level ? CAUSE_OVERSOLD : CAUSE_COUNT_FELL;
    struct book_level level = {
        .on_hand = fact->on_hand,
        .safety_stock = fact->safety_stock,
        .version = fact->version,
        .counted_at_ms = fact->at_ms,
        .counted_out_ms =
            warehouse->known ? max(warehouse->counted_out_ms, fact->at_ms) : fact->at_ms,
        .restocks = fact->restocks,
        .restock_count = fact->restock_count,
    };
    stock_set_level(stock, warehouse, &level);
    stock_count_out(stock);
    answer_reports(step);
    book_mark_head(step->book, step->sku);
    return BOOK_APPLIED;
}

/* ---- Report ---------------------------------------------------------------------------------- */

static enum book_verdict apply_report(struct step *step)
{
    const struct sku_fact *fact = step->fact;
    struct sku *sku = step->sku;
    struct book *book = step->book;
    if (fact->at_ms < sku->stock.newest_count_ms) {
        return BOOK_OUTDATED;
    }
    uint64_t fingerprint = report_fingerprint(sku, fact->id);
    if (closed_memory_find(&book->closed, fingerprint) != BOOK_MEMORY_UNKNOWN) {
        return BOOK_DUPLICATE;
    }
    remember(step, fingerprint, BOOK_MEMORY_REPORTED, 0);
    bool effect = false;
    for (struct line *line = line_index_order(&book->lines, sku, fact->order_id, book->order_hash);
         line; line = line->next_of_order) {
        if ((fact->line_no == 0 || fact->line_no == line->line_no) &&
            status_of(line) != BOOK_LINE_CLOSED) {
            queue_block(&sku->queue, line->position, fact->at_ms);
            effect = true;
        }
    }
    if (effect) {
        sku->reported_at_ms = sku->reported ? max(sku->reported_at_ms, fact->at_ms) : fact->at_ms;
        sku->reported = true;
        book_mark_head(book, sku);
    }
    step->cause = CAUSE_REPORTED;
    return BOOK_APPLIED;
}

/* ---- After every fact ------------------------------------------------------------------------ */

/* The promise of the design: what is reserved is there, and nothing waits that could be served. */
void allocation_settle(const struct book *book, struct sku *sku)
{
    if (sku->stock.known_count == 0) {
        return;
    }
    int64_t excess = -sku_free(sku);
    if (excess > 0) {
        queue_uncover(&sku->queue, excess);
    }
    if (book->rules >= BOOK_RULES_IN_ORDER) {
        queue_cover_in_order(&sku->queue, sku_free(sku));
    } else {
        queue_cover(&sku->queue, sku_free(sku));
    }
    must(sku_free(sku) >= 0 || queue_total(&sku->queue)->covered_quantity == 0);
}

/* Decides what the shop's page should say; true if it must be told. */
static bool settle_listing(const struct step *step)
{
    struct sku *sku = step->sku;
    if (sku->stock.known_count == 0 && !sku->reported) {
        return false;
    }
    int64_t sellable =
        sku->stock.offered - sku_reserved(sku) - queue_total(&sku->queue)->short_quantity;
    bool available = sellable > 0 && !sku->reported;
    enum listing_state status = available ? LISTING_AVAILABLE : LISTING_SOLD_OUT;
    int64_t quantity = available ? sellable : 0;
    bool tell = step->first_level || status != sku->listing_told ||
                (step->fact->kind == FACT_LEVEL && quantity != sku->listing_told_quantity);
    if (tell) {
        sku->listing_told = status;
        sku->listing_told_quantity = quantity;
        book_mark_head(step->book, sku);
    }
    return tell;
}

static enum book_verdict apply_by_kind(struct step *step)
{
    switch (step->fact->kind) {
    case FACT_PAID:
        return apply_paid(step);
    case FACT_LEVEL:
        return apply_level(step);
    case FACT_CLOSED:
        return apply_closed(step);
    case FACT_REPORT:
        return apply_report(step);
    case FACT_RULES:
    case FACT_UNKNOWN:
        break;
    }
    return BOOK_MALFORMED;
}

enum book_verdict allocation_apply(struct book *book, const struct sku_fact *fact)
{
    struct sku *sku = book->sku;
    struct step step = {.book = book, .sku = sku, .fact = fact};
    const struct stock *stock = &sku->stock;
    uint32_t short_before = queue_total(&sku->queue)->short_count;
    eta_draw(&book->before, &sku->queue, sku_free(sku), stock->restocks, stock->restock_count);
    enum book_verdict verdict = apply_by_kind(&step);
    if (verdict != BOOK_APPLIED) {
        return verdict;
    }
    allocation_settle(book, sku);
    eta_draw(&book->after, &sku->queue, sku_free(sku), stock->restocks, stock->restock_count);
    book->count.short_lines += queue_total(&sku->queue)->short_count;
    book->count.short_lines -= short_before;
    drain_begin(book, sku, fact->at_ms, step.cause, step.closed, settle_listing(&step));
    return BOOK_APPLIED;
}

/* ---- Forgetting ------------------------------------------------------------------------------ */

static void note_forgotten(struct book *book, struct sku *sku, int64_t paid_at_ms)
{
    if (paid_at_ms > sku->forgotten_paid_at_ms) {
        sku->forgotten_paid_at_ms = paid_at_ms;
        book_mark_head(book, sku);
    }
}

void allocation_forget(struct book *book)
{
    int64_t before_ms = book->log_ms - BOOK_REMEMBER_MS;
    struct closed_item item;
    bool superseded;
    while (closed_memory_forget(&book->closed, &book->pool, before_ms, &item, &superseded)) {
        if (item.kind != BOOK_MEMORY_REPORTED && !superseded) {
            note_forgotten(book, book->sku_list[item.sku], item.paid_at_ms);
        }
    }
    int64_t short_before_ms = book->log_ms - BOOK_REMEMBER_SHORT_MS;
    while (book->oldest_kept && book->oldest_kept->since_ms < short_before_ms) {
        struct line *line = book->oldest_kept;
        book->oldest_kept = line->next_remembered;
        if (!book->oldest_kept) {
            book->newest_kept = NULL;
        }
        note_forgotten(book, line->sku, line->paid_at_ms);
        drop_line(book, line, line_index_hash(line->sku, line_order_id(line)));
        book->count.remembered--;
    }
}

void allocation_keep(struct book *book, struct line *line)
{
    line->next_remembered = NULL;
    if (book->newest_kept) {
        book->newest_kept->next_remembered = line;
    } else {
        book->oldest_kept = line;
    }
    book->newest_kept = line;
}
