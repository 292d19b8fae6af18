/* A Shortfall moved to topics of another prefix, with another number of partitions.
 *
 * Partitions of topics that are joined cannot grow in place: an order's case and a sku's stock
 * would be looked for where they are not. So all that is known moves to new topics:
 *
 *   from                        to
 *   allocator-state          -> allocator-state     each sku to its partition
 * (allocator/book_split.h) case-state               -> case-state          each order's case
 * likewise (caseworker/case_split.h) substitute, listing-status, record by record (move_tables.c)
 *   inputs that nobody has read yet, record by record (shortfall/forward.h)
 *
 * All of it is written in transactions, and each of them commits, for the groups of the new
 * workers, offsets with the word MOVED_UNFINISHED (kit/moved.h), so that a worker refuses to start
 * on a half. The last one commits at once what makes it true: for the new groups where they begin
 * and the marks of their states, for the old groups the word where everything went. Before it
 * nothing of the old has changed; after it nobody can go on there. A move that died on the way is
 * begun anew: what it left is removed first.
 *
 * Nothing may be under way between the workers: `sku-event` and `shortage` must have been read to
 * their ends. Nothing else is asked: what lies unread in the inputs is carried over. */
#ifndef SHORTFALL_SHORTFALL_MOVE_H
#define SHORTFALL_SHORTFALL_MOVE_H

#include "kit/group.h"
#include "kit/outbox.h"
#include "kit/reader.h"
#include "kit/worker.h"
#include "shortfall/command.h"

enum {
    MOVE_ROLES = 3,
    MOVE_FIRST_MARK = 1,              /* n of the marks with which the new caseworkers begin */
    MOVE_MEMBERS_PATIENCE_MS = 60000, /* a worker that ended stays in its group for its session */
};

/* sequencer, allocator, caseworker: in the order in which they are to be stopped. */
extern const struct role *const move_roles[MOVE_ROLES];
enum { MOVE_SEQUENCER, MOVE_ALLOCATOR, MOVE_CASEWORKER };

/* One of the two Shortfalls. */
struct side {
    const struct settings *settings;
    struct reader *records;           /* owned, as all below; read_committed */
    struct reader *watermarks;        /* read_uncommitted: for the ends alone */
    struct group *groups[MOVE_ROLES]; /* by move_roles */
    int32_t partition_count;          /* of what is joined by order */
    int32_t sku_partition_count;      /* of sku-event and allocator-state */
};

struct case_state;

struct move {
    struct call *call;
    struct side from; /* owned, as all below */
    struct side to;
    struct group *forward;     /* of the old prefix, see shortfall/forward.h */
    struct producer *producer; /* of the new one */
    struct outbox outbox;
    struct case_state **cases; /* the new ones, by partition */
    uint64_t commits;          /* digest of what the old groups had committed at the check */
    bool again;                /* an earlier move was begun and did not come to its end */

    int64_t skus; /* for the report, as all below */
    int64_t open_lines;
    int64_t short_lines;
    int64_t case_count;
    int64_t table_records;
};

/* *move is zeroed; `to` outlives it. Asks nobody yet but how many partitions there are. */
enum status move_open(struct move *move, struct call *call, const struct settings *to,
                      struct error *error) must_check;
void move_done(struct move *move);

/* Is it all as it must be? POISON with what is not, and what to do. */
enum status move_check(struct move *move, struct error *error) must_check;

/* The whole move but for the inputs that were not read. */
enum status move_all(struct move *move, struct error *error) must_check;

/* The way back, as long as nobody has worked on the new topics. POISON: somebody has, or nothing
 * was moved there. */
enum status move_back(struct move *move, struct error *error) must_check;

/* ---- between the files of the move ---- */

/* Called with what is committed of each partition of a role's input. */
typedef enum status move_each_commit(struct move *move, const struct side *side, int role,
                                     enum topic topic, int32_t partition,
                                     const struct commit_point *point, struct error *error);
enum status move_visit_commits(struct move *move, struct side *side, int role, enum topic topic,
                               move_each_commit *each, struct error *error) must_check;

enum status side_open(struct side *side, const struct settings *settings,
                      struct error *error) must_check;
void side_done(struct side *side); /* also of one that is zeroed or half open */

/* Called for each record; a status other than OK ends the reading. */
typedef enum status side_each(void *context, const struct message *message, struct error *error);

/* The committed records of a partition from an offset (or RD_KAFKA_OFFSET_BEGINNING) up to where it
 * ends now; *ret_end, which may be NULL, is that end. RETRY: a transaction is open there. */
enum status side_read(struct side *side, enum topic topic, int32_t partition, int64_t offset,
                      side_each *each, void *context, int64_t *ret_end,
                      struct error *error) must_check;
int32_t side_partitions(const struct side *side, enum topic topic);

/* A transaction with all records of the outbox, which is then empty; again with the same bytes
 * while the reason passes, for a minute. RETRY: the same command again. */
enum status move_transact(struct producer *producer, struct outbox *outbox,
                          const struct producer_offsets *offsets, uint32_t count,
                          struct error *error) must_check;
/* The outbox holds as much as a transaction should. */
bool move_is_large(const struct outbox *outbox);

/* For the next transaction: the new groups' offsets with the word that a move is under way. */
enum status move_note_unfinished(struct move *move, struct error *error) must_check;
/* Writes the outbox, if it is not empty, in a transaction that says that the move is under way. */
enum status move_write(struct move *move, struct error *error) must_check;
/* The same once it has become large. */
enum status move_write_if_large(struct move *move, struct error *error) must_check;

/* POISON: somebody has worked on the old topics since the check. */
enum status move_check_again(struct move *move, struct error *error) must_check;
enum status move_remove_leftovers(struct move *move, struct error *error) must_check;
enum status move_stock(struct move *move, struct error *error) must_check;
enum status move_cases(struct move *move, struct error *error) must_check;
enum status move_tables(struct move *move, struct error *error) must_check;

/* Set on every record that was carried over, so that whoever counts knows it from a new one. */
#define MOVED_HEADER "shortfall-moved"

/* Adds a record as it was written, with its key, headers and timestamp and MOVED_HEADER, to the new
 * topic of the same name, by its key. */
enum status move_carry(struct outbox *outbox, const struct message *message,
                       struct error *error) must_check;

#endif
