/* Lines of one sku that are written together: the unit in which lines go to the state.
 *
 * A line's body is written once, in a chunk with its neighbours in the log; what becomes of it is
 * written beside it, under the same number. A sku's chunks are a row, by age. New lines are cut
 * into chunks when a checkpoint begins, and small chunks go up into the new one: a line is written
 * some log2(BOOK_CHUNK_LINES) times at most, and a sku has few chunks that are not full. */
#ifndef SHORTFALL_CORE_CHUNK_H
#define SHORTFALL_CORE_CHUNK_H

#include "core/line.h"
#include "core/pool.h"

struct chunk {
    struct chunk *next; /* the newer one */
    struct chunk *previous;
    int64_t number; /* revision of its first line when it was cut: its key */
    uint32_t bytes; /* of text in the lines it still has */
    uint16_t count; /* lines in its entry */
    uint16_t live; /* of these, lines that are still here; 0: only its tombstone is left to write */
    bool lines_dirty;
    bool status_dirty;
    bool lines_written; /* the topic has its entry of lines */
    bool status_written;
    bool status_given; /* the latest round through the changes gave an entry of its status */
};

void chunk_unlink(struct sku *sku, struct chunk *chunk);
/* Puts it behind `previous`; NULL: in front. */
void chunk_link(struct sku *sku, struct chunk *chunk, struct chunk *previous);
/* The next line of the chunk. */
void chunk_take_line(struct chunk *chunk, struct line *line);
/* The line is gone. */
void chunk_drop_line(struct chunk *chunk, const struct line *line);

/* Cuts the sku's new lines into chunks. Those whose lines have to be written, or all, then hold no
 * line that is gone. false: memory is at its limit; what is cut is cut. */
bool chunk_cut(struct sku *sku, struct pool *pool, bool all);
/* What there is of lines and status is in the topic; chunks that are over are not there any more.
 */
void chunk_checkpointed(struct sku *sku, struct pool *pool);

#endif
