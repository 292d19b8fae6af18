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
 * The rules
 *
 * Available is the sum of max(0, on_hand); reserved are the covered lines, and shipped goods that
 * no count has seen leave. After every fact: uncover from the newest covered line back until
 * reserved is no more than available; then cover short lines from the oldest on, each that fits:
 *
 *   version 1   skipping what does not: a small line may overtake a large one, and no goods lie
 * idle version 2   up to the first that does not: nobody is overtaken, so that a large line is not
 *               starved by small ones behind it, and no later order can move the date it was told
 *
 * So under version 2 a line that is paid while another waits is short, whatever is free. A blocked
 * line (below) waits for an answer, not for goods: it holds up nobody. A line is covered whole or
 * not at all; lines stand in the order of the log. Only shipped goods can keep reserved above
 * available; then nothing is covered.
 *
 * Before a sku's first level its lines count as covered and nothing is said about them. A reported
 * line is short and blocked: it gets no cover until a level counted after the report, from any
 * warehouse. A report older than a count we have, or of no open line, has no effect.
 *
 * A line that became short has the cause OVERSOLD where it could not be covered when it was paid or
 * at the first level, COUNT_FELL where a level took its cover, REPORTED by a report. Its date is
 * that of the earliest restock by which all that waits before it and itself fit into what is free.
 *
 * A listing is AVAILABLE where sum of max(0, on_hand - safety_stock) - reserved - waiting is above
 * 0 and every report has its answer. It is told at the first level, when that changes, and when a
 * level leaves another quantity than was told.
 *
 * Other rules come as a fact of the log, RULES, and hold from it on: all skus are settled under
 * them at once. What is covered stays covered, also what overtook others before. From 2 to 1 the
 * lines that fit recover; from 1 to 2 nothing changes at once. To the version in force it is a
 * DUPLICATE, so it needs no id. What it changes is of its own time or the log's, whichever is
 * later: in a log that goes by the time of its records the fact needs none.
 *
 * Identity. A fact that comes again changes nothing: paid and closed are known by (order, line), a
 * level by (warehouse, version), a report by its id. A closed line or a report is remembered until
 * log time, the running maximum of `log_ms`, is more than BOOK_REMEMBER_MS past the log time at
 * which it came; a line that was ever short for BOOK_REMEMBER_SHORT_MS. A closing that comes before
 * its paid line is remembered too; the line is dropped when it comes, and remembered anew. Of what
 * it forgets a sku keeps the newest paid_at (of a closing without paid line its closed_at, for it
 * was paid before); an unknown paid line not newer is TOO_OLD.
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
 * next call, the id of a sku as long as the book. */
#ifndef SHORTFALL_CORE_BOOK_H
#define SHORTFALL_CORE_BOOK_H

#include "core/book_entry.h"
#include "core/memory.h"

enum {
    BOOK_RULES_FIRST = 1,       /* what holds from the start: small lines may overtake large ones */
    BOOK_RULES_IN_ORDER = 2,    /* nobody is overtaken */
    BOOK_RULES_NEWEST = 2,      /* the newest version of the rules this code knows */
    BOOK_WAREHOUSES_MAX = 4096, /* warehouses of one sku */
};

/* How long a closed line is remembered, in log time: longer than any input may lag. */
#define BOOK_REMEMBER_MS (INT64_C(14) * 24 * 3600 * 1000)
/* One that was ever short as long as its closed case stays: goods that ship although the money went
 * back must be noticed. */
#define BOOK_REMEMBER_SHORT_MS (INT64_C(90) * 24 * 3600 * 1000)

enum book_verdict {
    BOOK_APPLIED,   /* took effect (with or without changes to drain) */
    BOOK_DUPLICATE, /* was known; nothing happened */
    BOOK_OUTDATED,  /* a level older than the one we have, or a report older than a count we have;
                       nothing happened */
    BOOK_CONFLICT,  /* dead letter: a known identity with other content */
    BOOK_TOO_OLD,   /* dead letter: a paid line that may be a duplicate of a forgotten one */
    BOOK_MALFORMED, /* dead letter: no fact that a sequencer would write, or a warehouse too many */
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

/* Whether two order_facts with different bytes say the same of an order. A paid line that is there
 * twice may have been written by two versions of their schema. Without it, the bytes decide. */
typedef bool book_same_facts(void *context, struct text a, struct text b);
void book_set_same_facts(struct book *book, book_same_facts *same_facts, void *context);

void book_free(struct book *book); /* accepts NULL */

/* Of `count` facts that will be applied one after the other, `next` is the next: asks the memory
 * for what those behind it will need. Changes nothing. */
void book_warm(const struct book *book, const struct sku_fact *facts, uint32_t count,
               uint32_t next);

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

/* Of the last fact that left something in the state; INT64_MIN: none did. After a load it must lie
 * below what is applied next: else the state is that of a later place in the log. */
int64_t book_revision(const struct book *book);

int32_t book_rules(const struct book *book); /* the version in force; the first at the start */

/* Where the revisions of the book's log begin: 0, but for a book that was moved here from another
 * log (allocator/book_split.h). Whatever happened in that one has a revision below it, so that
 * revisions go on growing although the new log's positions begin at 0. */
int64_t book_base(const struct book *book);

/* For metrics. */
struct book_count {
    uint64_t skus;
    uint64_t open_lines;
    uint64_t short_lines;
    uint64_t remembered; /* closed lines and reports */
};
struct book_count book_count(const struct book *book);

/* ---- State --------------------------------------------------------------------------------- */

/* Roughly how many bytes the next checkpoint would write: the caller takes one before that is too
 * much for a transaction. */
size_t book_unsaved(const struct book *book);

/* Starts going through the entries that changed since the last checkpoint, or through `all` that
 * there are. false: memory is at its limit. The last fact must have been drained. Starting again
 * gives the same entries again, until book_checkpointed says that they are safe. The book itself is
 * always among them, so that what is kept can say with it what the whole is true for. */
bool book_dirty_begin(struct book *book, bool all);
bool book_dirty_next(struct book *book, struct book_entry *ret_entry);
/* What the last full round gave is safe. No fact may have been applied since it began. */
void book_checkpointed(struct book *book);

enum book_load {
    BOOK_LOADED,
    BOOK_LOAD_NO_MEMORY,
    BOOK_LOAD_BROKEN,    /* the entries contradict each other: not a state that a book gave */
    BOOK_LOAD_NEW_RULES, /* it was kept under rules that this code does not know: only book_load_end
                            says so, since the latest entry counts */
};

/* Takes one entry into a new book. The latest of each key counts; `removed` takes it away. */
enum book_load book_load_entry(struct book *book, const struct book_entry *entry);
/* All is loaded; from here on the book takes facts. A new book needs no load at all. */
enum book_load book_load_end(struct book *book);

#endif
