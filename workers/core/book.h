/* The book: who gets the goods, for every sku of one partition.
 *
 * A book is fed the facts of one partition's log, one by one and in order, and says which paid
 * lines became short, recovered, got another expected date or closed, and which listings changed.
 * It is a pure function of that log: no clock, no heap of its own, no I/O. The same log gives the
 * same output, whatever happened to the process in between.
 *
 * One fact
 *
 *      book_reserve ──false──> memory is at its limit; nothing has changed
 *          │ true
 *      book_apply ─────────> a verdict; DUPLICATE and dead letters leave no changes
 *          │
 *      book_next_change ───> the net changes, one by one, until it says false
 *          │
 *      the next fact, or a checkpoint
 *
 * One fact may flip a million lines. It is decided at once by book_apply, and drained at whatever
 * pace the caller likes; until then the book takes no other fact and no checkpoint.
 *
 * The rules (version 1)
 *   available = sum of max(0, on_hand), reserved = covered lines + shipped lines not yet counted
 * out. After every fact: uncover from the newest covered line back until reserved <= available;
 * then, from the oldest on, cover each short line that fits, skipping what does not. A line is
 * covered whole or not at all; lines stand in the order of the log. Only shipped goods that no
 * count has seen leave can keep reserved above available; then nothing is covered. Before a sku's
 * first level its lines count as covered and nothing is said about them. A reported line is short
 * and blocked: it gets no cover until a level counted after the report.
 *
 * Identity. A fact that comes again changes nothing: paid and closed are known by (order, line),
 * a level by (warehouse, version), a report by its id. A closed line is remembered until log time,
 * the running maximum of `log_ms`, is more than BOOK_REMEMBER_MS past the log time of its closing.
 * Of what it forgets a sku keeps the newest paid_at; an unknown paid line not newer is TOO_OLD.
 *
 *   second closing of a line      | after SHIPPED | after CANCELLED, REFUNDED, SUBSTITUTED
 *   ------------------------------+---------------+---------------------------------------
 *   SHIPPED, line was ever short  | DUPLICATE     | CLOSED(SHIPPED) once more; stock untouched
 *   SHIPPED, line was never short | DUPLICATE     | DUPLICATE
 *   any other reason              | DUPLICATE     | DUPLICATE
 *
 * State. Kept by the caller in a compacted topic, as entries: book_dirty_* gives what changed since
 * the last checkpoint, book_load_* takes it back. Entries of one key replace each other; different
 * keys may be loaded in any order. What can be computed is not kept (expected dates, sums).
 *
 * Ownership. A book owns all it holds, out of the memory it was given. Texts that it gives out
 * point into the book: those of a change until the next book_reserve, those of an entry until the
 * next call. */
#ifndef SHORTFALL_CORE_BOOK_H
#define SHORTFALL_CORE_BOOK_H

#include <stddef.h>

#include "core/contract.h"

enum {
    BOOK_RULES_NEWEST = 1,        /* the newest version of the rules this code knows */
    BOOK_CHUNK_LINES = 4096,      /* most lines of one entry */
    BOOK_CHUNK_BYTES = 512 << 10, /* most bytes of text in one entry of lines */
    BOOK_WAREHOUSES_MAX = 4096,   /* warehouses of one sku */
};

/* How long a closed line is remembered, in log time: longer than any input may lag. */
#define BOOK_REMEMBER_MS (INT64_C(14) * 24 * 3600 * 1000)

/* Where memory comes from, and where its limit is enforced. `resize` behaves like realloc, is told
 * the old size, returns NULL where there is no more (then `old` stays valid), and frees for a
 * new_size of 0. Aligned for any type. */
struct memory {
    void *context;
    void *(*resize)(void *context, void *old, size_t old_size, size_t new_size);
};

enum book_verdict {
    BOOK_APPLIED,   /* took effect (with or without changes to drain) */
    BOOK_DUPLICATE, /* was known; nothing happened */
    BOOK_OUTDATED,  /* a level older than the one we have; nothing happened */
    BOOK_CONFLICT,  /* dead letter: a known identity with other content */
    BOOK_TOO_OLD,   /* dead letter: a paid line that may be a duplicate of a forgotten one */
    BOOK_MALFORMED, /* dead letter: no fact that a sequencer would write */
    BOOK_NEW_RULES, /* rules that this code does not know: stop, and let a newer version go on */
};

enum book_change_kind {
    BOOK_CHANGE_SHORTAGE,
    BOOK_CHANGE_LISTING,
};

/* One record to write. Of a shortage, what the order's facts say stays unset (marketplace, seller,
 * buyer, locale, currency, paid_*, ship_by): the caller decodes `order_facts`, as they were paid.
 */
struct book_change {
    enum book_change_kind kind;
    struct shortage shortage;
    struct listing_status listing;
    struct text order_facts;
};

struct book;

/* NULL when there is no memory. `memory` is copied; its context must outlive the book. */
struct book *book_new(const struct memory *memory);
void book_free(struct book *book); /* accepts NULL */

/* Makes all the room that applying this fact could need. false: memory is at its limit, and nothing
 * has changed. The last fact must have been drained. */
bool book_reserve(struct book *book, const struct sku_fact *fact);

/* Takes one fact, for which room has been reserved. `revision` is its position in the log and grows
 * from fact to fact; `log_ms` is the log's timestamp of it. */
enum book_verdict book_apply(struct book *book, const struct sku_fact *fact, int64_t revision,
                             int64_t log_ms);

/* The next net change of the last fact: shortages in the order of the queue, then CLOSED, then the
 * listing. false: there is none left. */
bool book_next_change(struct book *book, struct book_change *ret_change);

int32_t book_rules(const struct book *book); /* the version in force; 1 at the start */

/* For metrics. */
struct book_count {
    uint64_t skus;
    uint64_t open_lines;
    uint64_t short_lines;
    uint64_t remembered; /* closed lines and reports */
};
struct book_count book_count(const struct book *book);

/* ---- State --------------------------------------------------------------------------------- */

enum book_entry_kind {
    BOOK_ENTRY_UNKNOWN,
    BOOK_ENTRY_BOOK,    /* one a partition */
    BOOK_ENTRY_HEAD,    /* one a sku */
    BOOK_ENTRY_LINES,   /* lines of a sku as they were paid; number: revision of the first */
    BOOK_ENTRY_STATUS,  /* what became of them; number as LINES. None: all are covered */
    BOOK_ENTRY_SHIPPED, /* goods of a sku not counted out; number: minute of closing, since 1970 */
    BOOK_ENTRY_CLOSED,  /* what is remembered; number: running number of the first */
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
    struct text sku;          /* of HEAD, LINES, STATUS, SHIPPED */
    struct text warehouse_id; /* of SHIPPED; empty: not said */
    int64_t number;
    bool removed; /* the key is no more: a tombstone */

    int32_t rules; /* BOOK */
    int64_t log_ms;

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

/* Starts going through the entries that changed since the last checkpoint, or through `all` that
 * there are. false: memory is at its limit. The last fact must have been drained. Starting again
 * gives the same entries again, until book_checkpointed says that they are safe. */
bool book_dirty_begin(struct book *book, bool all);
bool book_dirty_next(struct book *book, struct book_entry *ret_entry);
/* What the last full round gave is safe. No fact may have been applied since it began. */
void book_checkpointed(struct book *book);

enum book_load {
    BOOK_LOADED,
    BOOK_LOAD_NO_MEMORY,
    BOOK_LOAD_BROKEN, /* the entries contradict each other: not a state that a book gave */
};

/* Takes one entry into a new book. The latest of each key counts; `removed` takes it away. */
enum book_load book_load_entry(struct book *book, const struct book_entry *entry);
/* All is loaded; from here on the book takes facts. A new book needs no load at all. */
enum book_load book_load_end(struct book *book);

#endif
