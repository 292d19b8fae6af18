/* One partition number of a role's co-partitioned inputs: its state, its inbox, how far it is.
 *
 * The lifecycle is drawn in kit/worker.h; shard_enter is the one function that changes it. A
 * position is the offset of what comes next, per input; it moves only when a step has consumed the
 * record, or, at the end of a partition, past the control records there. */
#ifndef SHORTFALL_KIT_SHARD_H
#define SHORTFALL_KIT_SHARD_H

#include <librdkafka/rdkafka.h>

#include "kit/lag.h"
#include "kit/worker.h"

enum phase {
    SHARD_ABSENT,    /* not ours, no state */
    SHARD_RESTORING, /* ours, paused, state incomplete */
    SHARD_RUNNING,   /* ours */
    SHARD_ASIDE,     /* not ours now; the state is kept */
    SHARD_STOPPED,   /* ours, but can't be read on */
};

struct shard {
    int32_t partition; /* once it was assigned */
    enum phase phase;
    void *state;            /* the role's */
    bool more;              /* the last step said that there is more to do */
    int64_t waits_until_ms; /* monotonic; of a shard whose next message can't be read yet, paused
                             * meanwhile; 0: it goes on */

    int64_t position[ROLE_INPUTS_MAX];
    int64_t end[ROLE_INPUTS_MAX]; /* the last end of partition that was seen; -1: none */
    struct commit_point committed[ROLE_INPUTS_MAX];
    bool assigned[ROLE_INPUTS_MAX];
    bool incomplete; /* only some are, and this has been said */
    struct lag lag[ROLE_INPUTS_MAX];
    int64_t restore_began_ms; /* monotonic, of RESTORING */

    struct message *inbox;        /* inbox_count of them, oldest first */
    rd_kafka_message_t **natives; /* likewise; owned */
    uint32_t inbox_count;
    uint32_t inbox_capacity;
    size_t inbox_bytes; /* of keys and values in it */

    /* Proof that answers were read: everything that was in the log at proof_ms, wall clock. */
    int64_t proof_ms;       /* 0: none asked */
    int64_t proof_asked_ms; /* monotonic */
    int64_t proof_end[ROLE_INPUTS_MAX];
    int64_t timers_until_ms;
};

void shard_enter(struct shard *shard, enum phase phase);

/* Takes a message over; false when there is no memory. */
bool shard_push(struct shard *shard, const struct message *message, rd_kafka_message_t *native);

/* Marks the oldest `count` messages as applied and gives them back; 0 after an end of partition was
 * seen, which an input of which nothing waits then passes. */
void shard_consume(struct shard *shard, const struct role *role, uint32_t count);

/* Gives all messages back unapplied. */
void shard_clear_inbox(struct shard *shard);

/* Are its inputs ours: all of them, or any where they need not go together? Not all are for a while
 * when one of them has got more partitions, or when the group's leader did not know one of them. */
bool shard_is_assigned(const struct shard *shard, const struct role *role);

/* Is there anything applied that is not committed? */
bool shard_is_ahead(const struct shard *shard, const struct role *role);

/* Is it known of any input where it goes on? Not so at first where nothing is committed. */
bool shard_has_position(const struct shard *shard, const struct role *role);

int shard_input_index(const struct role *role, enum topic topic); /* -1: not an input */

void shard_done(struct shard *shard); /* frees the inbox; the state must be gone */

#endif
