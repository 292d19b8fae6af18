/* What a book is made of: for the files that implement core/book.h, and nobody else.
 *
 *   book.c          memory, room for a fact, its verdict
 *   allocation.c    what a fact does to a sku: the rules
 *   book_warm.c     what the next facts will touch
 *   book_flip.c     a change of the rules: what it does to every sku
 *   book_drain.c    the net changes of the last fact
 *   book_dump.c     the state as entries
 *   book_load.c     and back again; book_load_end.c: when all entries are there */
#ifndef SHORTFALL_CORE_BOOK_INSIDE_H
#define SHORTFALL_CORE_BOOK_INSIDE_H

#include "core/book.h"
#include "core/chunk.h"
#include "core/closed_memory.h"
#include "core/eta.h"
#include "core/line_index.h"
#include "core/sku.h"
#include "core/table.h"

/* The net changes of the last fact that have not been given out. */
struct drain {
    struct sku *sku; /* NULL: there is nothing to drain */
    int64_t at_ms;
    int64_t revision;
    enum shortage_cause cause; /* of lines that became short by this fact */
    uint32_t next;             /* place: before it all is drained */
    uint32_t stretch_from;     /* from here … */
    uint32_t stretch_until;    /* … to here short lines have another date than before */
    const struct line *closed; /* or NULL */
    bool listing;              /* to be told, with the status and quantity of the sku */
};

/* A change of the rules on its way through the skus: in the order of their oldest short lines,
 * which is the same after any restart. */
struct flip {
    struct chunk *chunk; /* where the next short line is looked for; NULL: there is no flip */
    uint32_t index;
    int64_t at_ms; /* of what it changes */
};

enum dump_phase {
    DUMP_NONE,
    DUMP_HEAD,
    DUMP_SHIPPED,
    DUMP_CHUNK_LINES,
    DUMP_CHUNK_STATUS,
    DUMP_CLOSED,
    DUMP_BOOK,
    DUMP_DONE,
};

/* A round through the entries of the state, and the arrays of the entry given last. */
struct dump {
    enum dump_phase phase;
    bool all;
    struct sku *sku;
    struct chunk *chunk;
    uint32_t warehouse;
    int64_t window;
    uint32_t span;
    struct dump_arrays *arrays; /* NULL until the first round */
    struct book_level *levels;
    uint32_t level_capacity;
};

struct load;

struct book {
    struct pool pool;
    book_same_facts *same_facts; /* NULL: bytes decide */
    void *same_facts_context;
    struct table skus;
    struct table names; /* interned ids of warehouses */
    struct sku **sku_list;
    uint32_t sku_count;
    uint32_t sku_capacity;
    struct line_index lines;
    struct chunk_row chunks;
    struct closed_memory closed;
    struct line *oldest_kept; /* closed lines that were ever short, in the order of closing */
    struct line *newest_kept;
    struct book_count count;
    size_t unsaved;    /* bytes, about */
    struct sku *dirty; /* those whose head or shipped goods changed since the last checkpoint */
    int32_t rules;
    int64_t base;            /* where the log's revisions begin */
    int64_t log_ms;          /* log time */
    int64_t revision;        /* of the last fact */
    bool log_dirty;          /* the topic has another log time or other rules */
    struct sku *sku;         /* of the fact that room was made for … */
    uint64_t order_hash;     /* … and of its order in the sku */
    struct line *spare_line; /* reserved for a paid line */
    size_t spare_line_size;
    struct eta_map before; /* dates of the last fact's sku before it … */
    struct eta_map after;  /* … and after it */
    struct drain drain;
    struct flip flip;
    struct dump dump;
    struct load *load; /* NULL: the book takes facts */
};

/* What an entry takes beside its texts, about: for `unsaved`. */
enum {
    UNSAVED_HEAD = 256, /* with its levels, key and record */
    UNSAVED_LINE = 64,
    UNSAVED_MEMORY = 64,
};

/* ---- book.c -------------------------------------------------------------------------------- */

/* Finds it or makes it. NULL: memory is at its limit. */
struct sku *book_get_sku(struct book *book, struct text id);
/* The warehouse, made if it is new; past the limit of warehouses the one without an id. NULL:
 * memory is at its limit. */
struct warehouse *book_get_warehouse(struct book *book, struct sku *sku, struct text id);
void book_mark(struct book *book, struct sku *sku);
void book_mark_head(struct book *book, struct sku *sku);

/* ---- allocation.c -------------------------------------------------------------------------- */

/* What a fact about book->sku does; room has been reserved. APPLIED fills the drain. */
enum book_verdict allocation_apply(struct book *book, const struct sku_fact *fact);
/* The promise of the rules in force, after whatever has happened to the sku. */
void allocation_settle(const struct book *book, struct sku *sku);
/* Log time has come to `log_ms`: forgets what has been remembered for long enough. */
void allocation_forget(struct book *book);
/* The closed line stays known until it is forgotten: behind those that closed before it. */
void allocation_keep(struct book *book, struct line *line);

/* ---- book_flip.c --------------------------------------------------------------------------- */

/* Other rules are in force, by a fact of that time; fills the drain for the first sku that it
 * touches. */
void flip_begin(struct book *book, int64_t at_ms);
/* The same for the next one. false: there is none left. */
bool flip_next(struct book *book);

/* ---- book_drain.c -------------------------------------------------------------------------- */

/* Everything has been decided; the maps of dates before and after are drawn. `at_ms` is the time of
 * the fact. */
void drain_begin(struct book *book, struct sku *sku, int64_t at_ms, enum shortage_cause cause,
                 const struct line *closed, bool listing);

#endif
