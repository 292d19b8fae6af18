/* One partition's cases with what keeps them: case-state in Kafka, the view in Redis.
 *
 * Restore, one call after the other, until it is done:
 *
 *   EMPTY --Redis has the committed mark--> FROM_REDIS --contents prove it--> READY
 *     |                                        |
 *     |  (no mark, another mark, no Redis)     | (torn)
 *     +----------------------------------------+--> FROM_KAFKA --up to the high watermark--> READY
 *
 * The high watermark, not the last stable offset: the committed offsets can be stable while the
 * marker of the last transaction is not yet in the topic. What is read must then have the committed
 * mark. If it has not, another worker has gone on, or who leads the topic does not know all of it:
 * the group is joined anew, and a partition that stays wrong is not served. */
#ifndef SHORTFALL_CASEWORKER_CASE_STATE_H
#define SHORTFALL_CASEWORKER_CASE_STATE_H

#include "caseworker/cases.h"
#include "kit/changelog.h"
#include "kit/codec.h"
#include "kit/outbox.h"
#include "kit/redis_view.h"

enum restoring {
    RESTORE_EMPTY,
    RESTORE_FROM_KAFKA,
    RESTORE_READY,
};

struct case_state {
    int32_t partition;
    struct cases cases;
    int64_t record_ms; /* with clock = record: the largest time told; 0: none yet */

    bool in_redis;      /* Redis holds what is in memory */
    int64_t redis_n;    /* the mark's n there, where in_redis */
    int64_t looked_ms;  /* monotonic: when it was last asked whether it still does */
    bool state_written; /* this step added state records */

    enum restoring restoring;
    int64_t restore_began_ms; /* monotonic */
};

/* What all partitions of a worker share; borrowed. */
struct case_store {
    struct codec *codec;
    struct redis_view *redis;   /* NULL: there is none */
    bool rebuild_failed;        /* the last one, which has been said; it is tried again and again */
    uint64_t redis_connections; /* whose warning has been said */
    struct changelog *records;  /* of case-state */
    struct case_state **states; /* by partition; NULL where there is none */
    int32_t partition_count;
    struct arena *arena; /* for decoding; reset as needed */
};

/* A Redis that may drop what it holds is no reason to stop, but somebody should know. */
void case_store_warn(struct case_store *store);

/* Memory of the cases of all partitions, about. */
size_t case_store_bytes(const struct case_store *store);

struct case_state *case_state_new(int32_t partition); /* NULL: out of memory */
void case_state_free(struct case_state *state);       /* accepts NULL */

/* Works on it for a while. mark_text: the committed one; "" where there is none. */
enum status case_state_restore(struct case_store *store, struct case_state *state,
                               const char *mark_text, bool *ret_done,
                               struct error *error) must_check;

/* Adds the state records of all changed cases to the outbox and lets go of forgotten cases. The
 * step moves the mark's n once at its end, if state_written. */
enum status case_state_settle(struct case_store *store, struct case_state *state,
                              struct outbox *outbox, struct error *error) must_check;

/* After the commit: brings Redis up to date with the state records of the outbox. */
void case_state_publish(struct case_store *store, struct case_state *state,
                        const struct outbox *outbox);

/* Rebuilds the view from memory, where it is not up to date; now and then it is asked whether it
 * is, for what Redis loses while nothing is written tells nobody. */
void case_state_rebuild(struct case_store *store, struct case_state *state);

#endif
