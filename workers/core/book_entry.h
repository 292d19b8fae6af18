/* The state of a book as entries of a compacted topic: what they hold and how they are keyed.
 *
 * An entry's key is its kind, sku, warehouse_id and number; what a kind does not use is empty or 0.
 * Entries are cut so that what changes often is small, and what is large never changes: a line as
 * it was paid is written once, in a chunk with its neighbours; what becomes of the lines of a chunk
 * is runs of equal status; goods on their way out lie in one entry for some seconds of closing;
 * closed lines are remembered in chunks of their own. */
#ifndef SHORTFALL_CORE_BOOK_ENTRY_H
#define SHORTFALL_CORE_BOOK_ENTRY_H

#include "core/contract.h"

enum {
    BOOK_CHUNK_LINES = 4096,      /* most items of one entry */
    BOOK_CHUNK_BYTES = 512 << 10, /* most bytes of text in one entry of lines */
};

enum book_entry_kind {
    BOOK_ENTRY_UNKNOWN,
    BOOK_ENTRY_BOOK,    /* one a partition; number: where its revisions begin, see book_base */
    BOOK_ENTRY_HEAD,    /* one a sku */
    BOOK_ENTRY_LINES,   /* lines as they were paid; number: revision of the first */
    BOOK_ENTRY_STATUS,  /* what became of them; number as LINES. None: all are covered */
    BOOK_ENTRY_SHIPPED, /* goods of a sku not counted out; number: when they closed, in windows of
                            BOOK_CHUNK_LINES milliseconds since 1970 */
    BOOK_ENTRY_CLOSED,  /* what is remembered; number: revision of the first */
};

struct book_level {
    struct text warehouse_id;
    int64_t on_hand;
    int64_t safety_stock;
    int64_t version;
    int64_t counted_at_ms;
    int64_t counted_out_ms; /* latest count ever: goods that left before are not in on_hand */
    struct restock *restocks;
    uint32_t restock_count;
};

struct book_line {
    struct text sku;
    int64_t revision; /* of the paid fact: the line's place in the order of the log */
    struct text order_id;
    int32_t line_no;
    int64_t quantity;
    int64_t paid_at_ms;
    struct text order_facts;
};

enum book_line_status {
    BOOK_LINE_UNKNOWN,
    BOOK_LINE_COVERED,
    BOOK_LINE_SHORT,
    BOOK_LINE_BLOCKED, /* short, and no cover until a level counted after the report */
    BOOK_LINE_CLOSED,  /* was ever short; its body is kept until it is forgotten */
    BOOK_LINE_GONE,    /* not there any more */
};

/* The status of `count` lines of a chunk, one after the other. */
struct book_run {
    int32_t count;
    enum book_line_status status;
    int32_t episode;
    enum shortage_cause cause; /* of the latest episode */
    int64_t reported_at_ms;    /* of BLOCKED */
    enum close_reason reason;  /* of CLOSED */
    int64_t closed_log_ms;     /* of CLOSED: log time of the closing */
};

struct book_shipment {
    int64_t closed_at_ms;
    int64_t quantity;
};

enum book_memory_kind {
    BOOK_MEMORY_UNKNOWN,
    BOOK_MEMORY_CLOSED,   /* a closed line */
    BOOK_MEMORY_UNPAID,   /* a closing that came before its paid line */
    BOOK_MEMORY_REPORTED, /* a report */
};

struct book_memory {
    struct text sku;
    int64_t fingerprint; /* of sku, order and line, or of sku and report */
    enum book_memory_kind kind;
    int64_t paid_at_ms;    /* of UNPAID: closed_at, since it was paid before; of REPORTED: 0 */
    int64_t closed_log_ms; /* log time of the closing or report */
};

/* One entry of the state. `kind`, `sku`, `warehouse_id` and `number` are its key. */
struct book_entry {
    enum book_entry_kind kind;
    struct text sku;          /* of HEAD, SHIPPED */
    struct text warehouse_id; /* of SHIPPED; empty: not said */
    int64_t number;
    bool removed; /* the key is no more: a tombstone */

    int32_t rules; /* BOOK */
    int64_t log_ms;
    int64_t place; /* up to where all entries are true, for whoever keeps them: the book itself
                      knows no place, and leaves it alone */

    struct book_level *levels; /* HEAD */
    uint32_t level_count;
    enum listing_state listing_told;
    int64_t listing_told_quantity;
    struct optional_long reported_at_ms; /* a report no later level has answered yet */
    struct optional_long forgotten_paid_at_ms;

    struct book_line *lines; /* LINES */
    uint32_t line_count;
    struct book_run *runs; /* STATUS */
    uint32_t run_count;
    struct book_shipment *shipments; /* SHIPPED */
    uint32_t shipment_count;
    struct book_memory *memories; /* CLOSED */
    uint32_t memory_count;
};

#endif
