#include "core/chunk.h"

#include "core/must.h"
#include "core/sku.h"

/* Lines of the queue that are in no chunk yet: the newest ones. */
struct fresh {
    uint32_t first; /* place */
    uint32_t count;
    uint64_t bytes;
};

static struct fresh find_fresh(const struct queue *queue)
{
    struct fresh fresh = {.first = queue->used};
    for (uint32_t i = queue->used; i > 0; i--) {
        const struct place *place = queue_place(queue, i - 1);
        if (place->status == BOOK_LINE_GONE) {
            continue;
        }
        if (place->line->chunk) {
            break;
        }
        fresh.first = i - 1;
        fresh.count++;
        fresh.bytes += line_bytes(place->line);
    }
    return fresh;
}

static bool chunk_has_room(const struct chunk *chunk, const struct line *line)
{
    return chunk->count < BOOK_CHUNK_LINES &&
           (chunk->count == 0 || chunk->bytes + line_bytes(line) <= BOOK_CHUNK_BYTES);
}

/* The chunk's lines are written again, without those that are gone. */
static void chunk_renew(struct chunk *chunk)
{
    chunk->count = 0;
    chunk->live = 0;
    chunk->bytes = 0;
    chunk->lines_dirty = true;
    chunk->status_dirty = true;
}

/* New lines go together with the newest chunks as long as these are not larger: so a line is
 * written few times, and a sku has few chunks. Gives the chunk that takes them all, or NULL. */
static struct chunk *absorb_small_chunks(struct sku *sku, struct fresh *fresh)
{
    struct chunk *target = NULL;
    for (struct chunk *chunk = sku->last_chunk; chunk; chunk = chunk->previous) {
        if (chunk->live == 0) {
            continue;
        }
        if (chunk->live > fresh->count || fresh->count + chunk->live > BOOK_CHUNK_LINES ||
            fresh->bytes + chunk->bytes > BOOK_CHUNK_BYTES) {
            break;
        }
        fresh->count += chunk->live;
        fresh->bytes += chunk->bytes;
        if (target) {
            target->live = 0;
        }
        target = chunk;
    }
    return target;
}

static struct chunk *chunk_new(struct sku *sku, struct pool *pool, int64_t number)
{
    struct chunk *chunk = pool_take(pool, sizeof(*chunk));
    if (chunk) {
        *chunk = (struct chunk){.number = number};
        chunk_renew(chunk);
        chunk_link(sku, chunk, sku->last_chunk);
    }
    return chunk;
}

static bool cut_fresh(struct sku *sku, struct pool *pool)
{
    struct fresh fresh = find_fresh(&sku->queue);
    if (fresh.count == 0) {
        return true;
    }
    struct chunk *chunk = absorb_small_chunks(sku, &fresh);
    if (chunk) {
        fresh.first = queue_position(&sku->queue, chunk->number);
        chunk_renew(chunk);
    }
    for (uint32_t i = fresh.first; i < sku->queue.used; i++) {
        const struct place *place = queue_place(&sku->queue, i);
        if (place->status == BOOK_LINE_GONE) {
            continue;
        }
        if (!chunk || !chunk_has_room(chunk, place->line)) {
            chunk = chunk_new(sku, pool, place->line->revision);
            if (!chunk) {
                return false;
            }
        }
        chunk_take_line(chunk, place->line);
    }
    return true;
}

/* What is left of a chunk is counted anew, where its lines are to be written or half are gone. */
static void renumber(struct sku *sku, struct chunk *chunk, bool all)
{
    bool needed = all || chunk->lines_dirty || chunk->live < chunk->count / 2;
    if (!needed || chunk->live == 0 || chunk->live == chunk->count) {
        return;
    }
    uint16_t left = chunk->live;
    chunk_renew(chunk);
    for (uint32_t i = queue_position(&sku->queue, chunk->number); left > 0; i++) {
        const struct place *place = queue_place(&sku->queue, i);
        if (place->status != BOOK_LINE_GONE) {
            must(place->line->chunk == chunk);
            chunk_take_line(chunk, place->line);
            left--;
        }
    }
}

static void drop_unwritten(struct sku *sku, struct pool *pool)
{
    for (struct chunk *chunk = sku->first_chunk, *next; chunk; chunk = next) {
        next = chunk->next;
        if (chunk->live == 0 && !chunk->lines_written && !chunk->status_written) {
            chunk_unlink(sku, chunk);
            pool_give(pool, chunk, sizeof(*chunk));
        }
    }
}

/* ---- Public ---------------------------------------------------------------------------------- */

void chunk_unlink(struct sku *sku, struct chunk *chunk)
{
    if (chunk->previous) {
        chunk->previous->next = chunk->next;
    } else {
        sku->first_chunk = chunk->next;
    }
    if (chunk->next) {
        chunk->next->previous = chunk->previous;
    } else {
        sku->last_chunk = chunk->previous;
    }
}

void chunk_link(struct sku *sku, struct chunk *chunk, struct chunk *previous)
{
    chunk->previous = previous;
    chunk->next = previous ? previous->next : sku->first_chunk;
    if (chunk->previous) {
        chunk->previous->next = chunk;
    } else {
        sku->first_chunk = chunk;
    }
    if (chunk->next) {
        chunk->next->previous = chunk;
    } else {
        sku->last_chunk = chunk;
    }
}

void chunk_take_line(struct chunk *chunk, struct line *line)
{
    line->chunk = chunk;
    line->chunk_index = chunk->count++;
    chunk->live++;
    chunk->bytes += line_bytes(line);
}

void chunk_drop_line(struct chunk *chunk, const struct line *line)
{
    must(chunk->live > 0);
    chunk->live--;
    chunk->bytes -= line_bytes(line);
}

bool chunk_cut(struct sku *sku, struct pool *pool, bool all)
{
    if (!cut_fresh(sku, pool)) {
        return false;
    }
    drop_unwritten(sku, pool);
    for (struct chunk *chunk = sku->first_chunk; chunk; chunk = chunk->next) {
        renumber(sku, chunk, all);
    }
    return true;
}

void chunk_checkpointed(struct sku *sku, struct pool *pool)
{
    for (struct chunk *chunk = sku->first_chunk, *next; chunk; chunk = next) {
        next = chunk->next;
        if (chunk->live == 0) {
            chunk_unlink(sku, chunk);
            pool_give(pool, chunk, sizeof(*chunk));
            continue;
        }
        if (chunk->lines_dirty) {
            chunk->lines_written = true;
        }
        if (chunk->status_dirty) {
            chunk->status_written = chunk->status_given;
        }
        chunk->lines_dirty = false;
        chunk->status_dirty = false;
    }
}
