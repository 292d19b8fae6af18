/* Lines of a book that are written together: the unit in which lines go to the state.
 *
 * A line's body is written once, in a chunk with its neighbours in the log, whatever their skus
 * are; what becomes of it is written beside it, under the same number. The chunks are a row, by
 * age, and so are the lines in each. New lines go to the newest chunk until it is full or a
 * checkpoint begins. Then small chunks go together with a newer one that is as large: a line is
 * written some log2(BOOK_CHUNK_LINES) times at most, and few chunks are not full. A chunk of which
 * half is gone is written anew without that. */
#ifndef SHORTFALL_CORE_CHUNK_H
#define SHORTFALL_CORE_CHUNK_H

#include "core/line.h"
#include "core/pool.h"

struct chunk {
    struct chunk *next; /* the newer one */
    struct chunk *previous;
    struct line **lines; /* count of them, in room for capacity; NULL: it is gone */
    int64_t number;      /* revision of its first line when it was cut: its key */
    uint32_t bytes;      /* of text in the lines it still has */
    uint16_t capacity;
    uint16_t count; /* lines in its entry */
    uint16_t live; /* of these, lines that are still here; 0: only its tombstone is left to write */
    bool open;     /* takes new lines: the newest one, never written */
    bool lines_dirty;
    bool status_dirty;
    bool lines_written; /* the topic has its entry of lines */
    bool status_written;
    bool status_given; /* the latest round through the changes gave an entry of its status */
};

struct chunk_row {
    struct chunk *first;
    struct chunk *last;
};

/* Room for a line of a sku with so many bytes of text, the sku's id among them; false: memory is at
 * its limit. */
bool chunk_reserve(struct chunk_row *row, struct pool *pool, uint32_t bytes);
/* The newest line. Needs room reserved. */
void chunk_add_line(struct chunk_row *row, struct line *line);
/* The line is gone. */
void chunk_drop_line(struct line *line);

/* While loading: a chunk behind `previous` (NULL: in front) without lines. NULL: no memory. */
struct chunk *chunk_new(struct chunk_row *row, struct pool *pool, struct chunk *previous,
                        int64_t number);
/* While loading: the line is the chunk's next one, and already where it belongs in `lines`. */
void chunk_take_line(struct chunk *chunk, struct line *line);
/* Takes it out of the row, and frees it. */
void chunk_free(struct chunk_row *row, struct pool *pool, struct chunk *chunk);

/* New lines become chunks. Those whose lines have to be written, or all, then hold no line that is
 * gone. false: memory is at its limit; what is cut is cut. */
bool chunk_cut(struct chunk_row *row, struct pool *pool, bool all);
/* What there is of lines and status is in the topic; chunks that are over are not there any more.
 */
void chunk_checkpointed(struct chunk_row *row, struct pool *pool);

#endif
