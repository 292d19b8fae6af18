/* A change of the rules: every sku is settled anew, one after the other, as its changes are
 * drained.
 *
 * Only a sku with short lines can be touched: where none is short, what is covered stays covered
 * under any rules. The skus come in the order of their oldest short lines in the log. That is the
 * same after a restart, whatever the order in which the state was loaded, so a flip of which half
 * was written goes on with the right half. No listing is told: what changes hands between those who
 * wait and those who are covered was not for sale before, and is not now. */
#include "core/book_inside.h"
#include "core/must.h"

/* The sku of the next short line whose sku has not been flipped; NULL: there is none. */
static struct sku *next_sku(struct book *book)
{
    struct flip *flip = &book->flip;
    for (; flip->chunk; flip->chunk = flip->chunk->next, flip->index = 0) {
        while (flip->index < flip->chunk->count) {
            const struct line *line = flip->chunk->lines[flip->index++];
            if (!line || line->sku->flipped) {
                continue;
            }
            uint8_t status = queue_place(&line->sku->queue, line->position)->status;
            if (status == BOOK_LINE_SHORT || status == BOOK_LINE_BLOCKED) {
                return line->sku;
            }
        }
    }
    return NULL;
}

void flip_begin(struct book *book, int64_t at_ms)
{
    must(!book->flip.chunk);
    for (uint32_t i = 0; i < book->sku_count; i++) {
        book->sku_list[i]->flipped = false;
    }
    book->flip = (struct flip){
        .chunk = book->chunks.first,
        .at_ms = at_ms > book->log_ms ? at_ms : book->log_ms,
    };
    (void)flip_next(book);
}

bool flip_next(struct book *book)
{
    struct sku *sku = next_sku(book);
    if (!sku) {
        return false;
    }
    const struct stock *stock = &sku->stock;
    uint32_t short_before = queue_total(&sku->queue)->short_count;
    sku->flipped = true;
    eta_draw(&book->before, &sku->queue, sku_free(sku), stock->restocks, stock->restock_count);
    allocation_settle(book, sku);
    eta_draw(&book->after, &sku->queue, sku_free(sku), stock->restocks, stock->restock_count);
    book->count.short_lines += queue_total(&sku->queue)->short_count;
    book->count.short_lines -= short_before;
    /* Other rules only ever cover more: nothing becomes short by them, so there is no cause. */
    drain_begin(book, sku, book->flip.at_ms, CAUSE_UNKNOWN, NULL, false);
    return true;
}
