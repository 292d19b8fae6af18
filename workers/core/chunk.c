#include "core/chunk.h"

#include "core/must.h"
#include "core/sku.h"

enum { CAPACITY_MIN = 64 };

static uint32_t bytes_of(const struct line *line)
{
    return line_bytes(line) + line->sku->id.size;
}

static bool chunk_has_room(const struct chunk *chunk, uint32_t lines, uint32_t bytes)
{
    return chunk->live + lines <= BOOK_CHUNK_LINES &&
           (chunk->live == 0 || (uint64_t)chunk->bytes + bytes <= BOOK_CHUNK_BYTES);
}

static bool resize(struct chunk *chunk, struct pool *pool, uint32_t capacity)
{
    struct line **lines = pool_resize(pool, chunk->lines, chunk->capacity * sizeof(struct line *),
                                      capacity * sizeof(struct line *));
    if (lines) {
        chunk->lines = lines;
        chunk->capacity = (uint16_t)capacity;
    }
    return lines != NULL;
}

static void put_line(struct chunk *chunk, struct line *line)
{
    chunk->lines[chunk->count] = line;
    chunk_take_line(chunk, line);
}

/* The chunk's lines are written again, without those that are gone. */
static void squeeze(struct chunk *chunk)
{
    uint32_t count = chunk->count;
    chunk->count = 0;
    chunk->live = 0;
    chunk->bytes = 0;
    chunk->lines_dirty = true;
    chunk->status_dirty = true;
    for (uint32_t i = 0; i < count; i++) {
        if (chunk->lines[i]) {
            put_line(chunk, chunk->lines[i]);
        }
    }
}

/* The lines of `from` go to the end of `into`, the chunk before it. */
static bool merge(struct chunk *into, struct chunk *from, struct pool *pool)
{
    uint32_t needed = (uint32_t)into->live + from->live;
    if (needed > into->capacity && !resize(into, pool, needed)) {
        return false;
    }
    squeeze(into);
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->lines[i]) {
            put_line(into, from->lines[i]);
        }
    }
    from->count = 0;
    from->live = 0;
    from->bytes = 0;
    return true;
}

/* The next older chunk that has lines; NULL: there is none. */
static struct chunk *older(const struct chunk *chunk)
{
    struct chunk *found = chunk->previous;
    while (found && found->live == 0) {
        found = found->previous;
    }
    return found;
}

/* As long as the chunk before is not larger and both fit into one. */
static bool merge_back(struct chunk *chunk, struct pool *pool)
{
    for (struct chunk *before = older(chunk);
         before && before->live <= chunk->live && chunk_has_room(before, chunk->live, chunk->bytes);
         before = older(chunk)) {
        if (!merge(before, chunk, pool)) {
            return false;
        }
        chunk = before;
    }
    return true;
}

static bool is_sparse(const struct chunk *chunk)
{
    return chunk->live < chunk->count / 2;
}

/* What is left of a chunk is counted anew, where its lines are to be written or half are gone. */
static bool renumber(struct chunk *chunk, struct pool *pool, bool all)
{
    bool sparse = is_sparse(chunk);
    if (chunk->live == 0 || chunk->live == chunk->count || !(all || chunk->lines_dirty || sparse)) {
        return true;
    }
    squeeze(chunk);
    (void)resize(chunk, pool, chunk->count);
    return !sparse || merge_back(chunk, pool);
}

/* ---- Public ---------------------------------------------------------------------------------- */

struct chunk *chunk_new(struct chunk_row *row, struct pool *pool, struct chunk *previous,
                        int64_t number)
{
    struct chunk *chunk = pool_take(pool, sizeof(*chunk));
    if (chunk) {
        struct chunk *next = previous ? previous->next : row->first;
        *chunk = (struct chunk){.number = number, .previous = previous, .next = next};
        *(previous ? &previous->next : &row->first) = chunk;
        *(next ? &next->previous : &row->last) = chunk;
    }
    return chunk;
}

void chunk_free(struct chunk_row *row, struct pool *pool, struct chunk *chunk)
{
    *(chunk->previous ? &chunk->previous->next : &row->first) = chunk->next;
    *(chunk->next ? &chunk->next->previous : &row->last) = chunk->previous;
    pool_give(pool, chunk->lines, chunk->capacity * sizeof(struct line *));
    pool_give(pool, chunk, sizeof(*chunk));
}

void chunk_take_line(struct chunk *chunk, struct line *line)
{
    line->chunk = chunk;
    line->chunk_index = chunk->count++;
    chunk->live++;
    chunk->bytes += bytes_of(line);
}

bool chunk_reserve(struct chunk_row *row, struct pool *pool, uint32_t bytes)
{
    struct chunk *chunk = row->last;
    if (!chunk || !chunk->open || chunk->count == BOOK_CHUNK_LINES ||
        !chunk_has_room(chunk, 1, bytes)) {
        struct chunk *full = chunk;
        chunk = chunk_new(row, pool, full, 0);
        if (!chunk) {
            return false;
        }
        if (full) {
            full->open = false;
        }
        chunk->open = true;
        chunk->lines_dirty = true;
        chunk->status_dirty = true;
    }
    if (chunk->count < chunk->capacity) {
        return true;
    }
    return resize(chunk, pool, chunk->capacity ? 2 * (uint32_t)chunk->capacity : CAPACITY_MIN);
}

void chunk_add_line(struct chunk_row *row, struct line *line)
{
    struct chunk *chunk = row->last;
    must(chunk && chunk->open && chunk->count < chunk->capacity);
    if (chunk->count == 0) {
        chunk->number = line->revision;
    }
    put_line(chunk, line);
}

void chunk_drop_line(struct line *line)
{
    struct chunk *chunk = line->chunk;
    must(chunk->live > 0 && chunk->lines[line->chunk_index] == line);
    chunk->lines[line->chunk_index] = NULL;
    chunk->live--;
    chunk->bytes -= bytes_of(line);
}

bool chunk_cut(struct chunk_row *row, struct pool *pool, bool all)
{
    struct chunk *newest = row->last;
    if (newest && newest->open) {
        newest->open = false;
        if (newest->live > 0 && !merge_back(newest, pool)) {
            return false;
        }
    }
    for (struct chunk *chunk = row->first, *next; chunk; chunk = next) {
        next = chunk->next;
        if (chunk->live == 0 && !chunk->lines_written && !chunk->status_written) {
            chunk_free(row, pool, chunk);
        } else if (!renumber(chunk, pool, all)) {
            return false;
        }
    }
    return true;
}

void chunk_checkpointed(struct chunk_row *row, struct pool *pool)
{
    for (struct chunk *chunk = row->first, *next; chunk; chunk = next) {
        next = chunk->next;
        if (chunk->live == 0) {
            chunk_free(row, pool, chunk);
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
