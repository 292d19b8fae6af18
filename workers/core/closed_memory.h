/* What is known of lines that are gone: that they closed. And of reports: that they came.
 *
 * A set of fingerprints answers whether an identity is remembered; a row of pages in the order of
 * the log says which to forget next and what to keep of it. Log time never goes back, so the oldest
 * is always in front and forgetting is a step at the front, never a search.
 *
 * A closing that comes before its paid line is UNPAID; when the paid line comes it is remembered
 * anew as CLOSED, and the older entry means nothing any more. In the state the row is cut into
 * spans of up to BOOK_CHUNK_LINES, each written once and removed when all in it is forgotten. */
#ifndef SHORTFALL_CORE_CLOSED_MEMORY_H
#define SHORTFALL_CORE_CLOSED_MEMORY_H

#include "core/book_entry.h"
#include "core/pool.h"

struct closed_page;

struct closed_item {
    uint32_t sku; /* its number in the book */
    enum book_memory_kind kind;
    uint64_t fingerprint; /* masked by closed_memory_mask */
    int64_t paid_at_ms;
    int64_t log_ms;
};

/* Where an item is; running: how many were ever added before it. */
struct closed_place {
    struct closed_page *page;
    uint32_t at;
    uint64_t running;
};

struct closed_span {
    int64_t number; /* revision of its first item: its key */
    struct closed_place first;
    uint64_t end; /* running */
    bool open;    /* still growing: never written */
    bool written;
};

struct closed_memory {
    uint64_t *set; /* fingerprint with the kind in its low bits; 0: free */
    uint64_t set_size;
    uint64_t set_count;
    struct closed_page *oldest;
    struct closed_page *newest;
    struct closed_page *spare; /* reserved, or the last one freed */
    uint64_t added;
    uint64_t forgotten;
    struct closed_span *spans; /* from span_begin to span_end, in order */
    uint32_t span_begin;
    uint32_t span_end;
    uint32_t span_capacity;
};

/* The part of a fingerprint that is kept. */
uint64_t closed_memory_mask(uint64_t fingerprint);

/* Room for one more; false: memory is at its limit. */
bool closed_memory_reserve(struct closed_memory *memory, struct pool *pool);
/* What is remembered under this fingerprint; UNKNOWN: nothing. */
enum book_memory_kind closed_memory_find(const struct closed_memory *memory, uint64_t fingerprint);
/* Needs room reserved. log_ms is not before that of the item before. */
void closed_memory_add(struct closed_memory *memory, const struct closed_item *item,
                       int64_t revision);
/* Forgets the oldest item that is older than `before_log_ms`. false: there is none. */
bool closed_memory_forget(struct closed_memory *memory, struct pool *pool, int64_t before_log_ms,
                          struct closed_item *ret_item, bool *ret_superseded);

/* The open span takes no more. */
void closed_memory_cut(struct closed_memory *memory);
/* The items of a span that are still remembered, one by one from a zeroed cursor on. */
bool closed_memory_next(const struct closed_memory *memory, const struct closed_span *span,
                        struct closed_place *cursor, struct closed_item *ret_item);
bool closed_span_is_over(const struct closed_memory *memory, const struct closed_span *span);
/* All spans are in the topic as they are here; those that are over are not there any more. */
void closed_memory_checkpointed(struct closed_memory *memory);

#endif
