/* One paid line, from the fact that brought it until nobody needs to know it any more.
 *
 * A line and its texts are one block of the pool and never move. Whether it is covered or short is
 * kept at its place in the queue (core/queue.h), which alone changes it; what is here was paid, or
 * is what was last said about the line. */
#ifndef SHORTFALL_CORE_LINE_H
#define SHORTFALL_CORE_LINE_H

#include <stddef.h>

#include "core/book_entry.h"

struct sku;
struct chunk;

struct line {
    struct sku *sku;
    struct chunk *chunk;
    struct line *next_of_order;   /* another line of the same order and sku */
    struct line *next_remembered; /* of CLOSED: the one that closed next */
    int64_t revision;
    int64_t paid_at_ms;
    int64_t since_ms;  /* of BLOCKED: time of the report; of CLOSED: log time of the closing */
    uint32_t position; /* in the queue */
    int32_t line_no;
    int32_t quantity;
    int32_t episode; /* how often it became short */
    uint16_t facts_size;
    uint16_t chunk_index; /* its place in the chunk's entry */
    uint8_t order_id_size;
    uint8_t cause;  /* enum shortage_cause, of the latest episode */
    uint8_t reason; /* enum close_reason, of CLOSED */
    char texts[];   /* the order's id, then its facts */
};

/* A line is written whole, and may be cut behind its texts: an id is never empty. */
_Static_assert(sizeof(struct line) <= offsetof(struct line, texts) + 1, "nothing is behind");

static inline size_t line_size(uint32_t order_id_size, uint32_t facts_size)
{
    return offsetof(struct line, texts) + order_id_size + facts_size;
}

static inline struct text line_order_id(const struct line *line)
{
    return (struct text){line->texts, line->order_id_size};
}

static inline struct text line_order_facts(const struct line *line)
{
    return (struct text){line->texts + line->order_id_size, line->facts_size};
}

static inline uint32_t line_bytes(const struct line *line)
{
    return (uint32_t)line->order_id_size + line->facts_size;
}

#endif
