/* The lines of one sku in the order of the log, and what each of them has got.
 *
 * A place is never moved by what happens to other lines; a line that goes leaves a hole, and holes
 * are squeezed out when room is made for a new line. Places lie in blocks of QUEUE_BLOCK. Over the
 * blocks stands a binary tree of sums, so that the newest covered line, the oldest short one that
 * fits, the sums ahead of a place and the changed places are found in O(log n) steps. A queue of up
 * to one block is a single small array and one sum.
 *
 * The status of a place is changed by one function (place_set_status), which also marks the change
 * in the line's chunk and counts *net* changes: a place is changed while its line is short and was
 * not before the fact, or the other way around; the reader of the changes clears the mark.
 *
 *   paid                     ──> COVERED, SHORT   queue_append
 *   COVERED                  ──> SHORT            queue_uncover: there is less than was promised
 *   SHORT                    ──> COVERED          queue_cover, queue_cover_in_order: there is more
 *   COVERED, SHORT           ──> BLOCKED          queue_block: a report says there is none
 *   BLOCKED                  ──> SHORT            queue_unblock: a count has answered the report
 *   COVERED, SHORT, BLOCKED  ──> CLOSED           queue_close: it was ever short, so it stays known
 *   COVERED, CLOSED          ──> GONE             queue_remove: a hole */
#ifndef SHORTFALL_CORE_QUEUE_H
#define SHORTFALL_CORE_QUEUE_H

#include "core/line.h"
#include "core/pool.h"

enum {
    QUEUE_BLOCK = 32, /* places */
};

#define QUEUE_NOWHERE UINT32_MAX
#define QUEUE_NO_FIT UINT32_MAX /* a quantity that no line has */

struct place {
    struct line *line; /* of GONE: not there any more */
    int32_t quantity;
    uint8_t status; /* enum book_line_status */
    bool changed;
};

struct queue_sum {
    int64_t covered_quantity;
    int64_t short_quantity;  /* SHORT and BLOCKED */
    int64_t first_report_ms; /* of BLOCKED: the oldest report; INT64_MAX: none */
    uint32_t short_count;
    uint32_t change_count;
    uint32_t smallest_fit; /* least quantity of a SHORT line; QUEUE_NO_FIT: none */
};

extern const struct queue_sum queue_sum_empty;

struct queue {
    struct place **blocks;
    struct queue_sum *sums; /* of the tree: sums[0] is the root, node n has 2n + 1 and 2n + 2 */
    uint32_t capacity;      /* blocks; a power of two, or 0 */
    uint32_t first_size;    /* places in the first block, which grows with need */
    uint32_t used;          /* places, with holes; the last one is no hole */
    uint32_t holes;
};

/* What a place can be looked for by. */
enum queue_trait {
    QUEUE_SHORT,    /* SHORT or BLOCKED */
    QUEUE_FITTING,  /* SHORT, with a quantity of at most the argument */
    QUEUE_REPORTED, /* BLOCKED by a report before the argument */
    QUEUE_CHANGED,
};

struct queue_ahead {
    int64_t count;    /* short lines before a place */
    int64_t quantity; /* their sum */
};

/* Room for one more line; may move lines to other places, so no change may be pending. */
bool queue_reserve(struct queue *queue, struct pool *pool);
/* Puts a line at the end: COVERED, or SHORT and changed. Needs room reserved. */
void queue_append(struct queue *queue, struct line *line, bool covered);
/* The same while loading, with any status but GONE, and no change. */
void queue_load(struct queue *queue, struct line *line, enum book_line_status status);

struct place *queue_place(const struct queue *queue, uint32_t position);
/* The sums over all places; they change with the queue. */
static inline const struct queue_sum *queue_total(const struct queue *queue)
{
    return queue->capacity ? &queue->sums[0] : &queue_sum_empty;
}

/* Whether a line waits for goods; one that waits for the answer to a report does not count. */
static inline bool queue_waits(const struct queue *queue)
{
    return queue_total(queue)->smallest_fit != QUEUE_NO_FIT;
}

/* A report says that there is none for this line: it waits, without cover. Of several reports the
 * latest counts. */
void queue_block(struct queue *queue, uint32_t position, int64_t reported_at_ms);
/* The report is answered: the line waits like any other. */
void queue_unblock(struct queue *queue, uint32_t position);
/* The line waits no more, but stays known. */
void queue_close(struct queue *queue, uint32_t position);
/* The line is gone: leaves a hole. */
void queue_remove(struct queue *queue, uint32_t position, struct pool *pool);

/* Uncovers from the newest covered line back until at least `excess` is freed or none is covered.
 */
void queue_uncover(struct queue *queue, int64_t excess);
/* Covers from the oldest short line on each that still fits into `room`. */
void queue_cover(struct queue *queue, int64_t room);
/* Covers from the oldest short line on, up to the first that does not fit into `room` any more. */
void queue_cover_in_order(struct queue *queue, int64_t room);

/* The first place at or after `from` with the trait, or QUEUE_NOWHERE. */
uint32_t queue_find(const struct queue *queue, uint32_t from, enum queue_trait trait,
                    int64_t argument);
/* Clears the mark of a net change. */
void queue_clear_change(struct queue *queue, uint32_t position);
struct queue_ahead queue_ahead(const struct queue *queue, uint32_t position);
/* The first place whose short line, with all short ones ahead of it, is more than `quantity`;
 * `used` if there is none. */
uint32_t queue_reach(const struct queue *queue, int64_t quantity);
#endif
