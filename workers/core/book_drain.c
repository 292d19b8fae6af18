#include "core/book_inside.h"
#include "core/must.h"

void drain_begin(struct book *book, struct sku *sku, int64_t at_ms, enum shortage_cause cause,
                 const struct line *closed, bool listing)
{
    book->drain = (struct drain){
        .sku = sku,
        .at_ms = at_ms,
        .revision = book->revision,
        .cause = cause,
        .closed = closed,
        .listing = listing,
    };
}

/* The first place at or after drain->next of a short line whose date is not what it was. */
static uint32_t next_other_date(struct book *book)
{
    struct drain *drain = &book->drain;
    uint32_t from = drain->next;
    if (book->before.count == 1 && book->after.count == 1) {
        return QUEUE_NOWHERE; /* no dates at all */
    }
    while (from < drain->sku->queue.used) {
        if (from >= drain->stretch_until &&
            !eta_difference(&book->before, &book->after, from, &drain->stretch_from,
                            &drain->stretch_until)) {
            drain->stretch_from = QUEUE_NOWHERE;
            drain->stretch_until = QUEUE_NOWHERE;
        }
        from = from > drain->stretch_from ? from : drain->stretch_from;
        uint32_t position = queue_find(&drain->sku->queue, from, QUEUE_SHORT, 0);
        if (position < drain->stretch_until) {
            return position;
        }
        from = drain->stretch_until;
    }
    return QUEUE_NOWHERE;
}

static void fill(const struct drain *drain, const struct line *line, struct book_change *ret)
{
    *ret = (struct book_change){.kind = BOOK_CHANGE_SHORTAGE};
    ret->order_facts = line_order_facts(line);
    ret->shortage = (struct shortage){
        .at_ms = drain->at_ms,
        .order_id = line_order_id(line),
        .line_no = line->line_no,
        .sku = drain->sku->id,
        .quantity = line->quantity,
        .episode = line->episode,
        .revision = drain->revision,
        .cause = (enum shortage_cause)line->cause,
        .available = drain->sku->stock.available,
        .reserved = sku_reserved(drain->sku),
        .stock_version = drain->sku->stock.version,
    };
}

/* A line of the queue has changed: it became short, or is not short any more, or has another date.
 */
static void fill_place(struct book *book, uint32_t position, struct book_change *ret)
{
    struct drain *drain = &book->drain;
    struct queue *queue = &drain->sku->queue;
    struct place *place = queue_place(queue, position);
    struct line *line = place->line;
    bool covered = place->status == BOOK_LINE_COVERED;
    enum shortage_kind kind = SHORTAGE_ETA_CHANGED;
    if (place->changed) {
        queue_clear_change(queue, position);
        kind = covered ? SHORTAGE_RECOVERED : SHORTAGE_UNFILLABLE;
    }
    if (kind == SHORTAGE_UNFILLABLE) {
        must(drain->cause != CAUSE_UNKNOWN);
        line->episode++;
        line->cause = (uint8_t)drain->cause;
    }
    fill(drain, line, ret);
    ret->shortage.kind = kind;
    if (!covered) {
        struct queue_ahead ahead = queue_ahead(queue, position);
        ret->shortage.queue_place = ahead.count + 1;
        ret->shortage.ahead_quantity = ahead.quantity;
        ret->shortage.expected_at_ms = eta_at(&book->after, position);
    }
}

static void fill_closed(const struct drain *drain, struct book_change *ret)
{
    fill(drain, drain->closed, ret);
    ret->shortage.kind = SHORTAGE_CLOSED;
    ret->shortage.reason = (enum close_reason)drain->closed->reason;
}

static void fill_listing(const struct drain *drain, struct book_change *ret)
{
    *ret = (struct book_change){.kind = BOOK_CHANGE_LISTING};
    ret->listing = (struct listing_status){
        .sku = drain->sku->id,
        .status = drain->sku->listing_told,
        .quantity = {drain->sku->listing_told_quantity, true},
        .as_of_ms = drain->at_ms,
    };
}

/* The next change of the drain's sku. */
static bool next_of_sku(struct book *book, struct book_change *ret_change)
{
    struct drain *drain = &book->drain;
    uint32_t changed = queue_find(&drain->sku->queue, drain->next, QUEUE_CHANGED, 0);
    uint32_t other_date = next_other_date(book);
    uint32_t position = changed < other_date ? changed : other_date;
    if (position != QUEUE_NOWHERE) {
        drain->next = position + 1;
        fill_place(book, position, ret_change);
        return true;
    }
    drain->next = QUEUE_NOWHERE;
    if (drain->closed) {
        fill_closed(drain, ret_change);
        drain->closed = NULL;
        return true;
    }
    if (drain->listing) {
        fill_listing(drain, ret_change);
        drain->listing = false;
        return true;
    }
    drain->sku = NULL;
    return false;
}

bool book_next_change(struct book *book, struct book_change *ret_change)
{
    while (book->drain.sku) {
        if (next_of_sku(book, ret_change)) {
            return true;
        }
        (void)flip_next(book);
    }
    return false;
}
