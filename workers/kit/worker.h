/* One loop for all three workers: assign, restore, step, commit, drain.
 *
 *            +--------------------------------------------------------------+
 *            v                                                              |
 *   ABSENT --assigned--> RESTORING --restored--> RUNNING --revoked--> ASIDE-+  (kept; used again if
 *     ^                      |                    |   |                |       what is committed is
 *     +----- lost / drop ----+--------------------+   |                |       still its own)
 *     |                                               v                |
 *     +---------------------------------------- STOPPED (can't be read on; an operator must act)
 *
 * A worker gives the loop a *role*: a table of functions. The role's step takes a batch of records
 * and gives records to write (kit/outbox.h); it does no I/O, so that the simulator can drive the
 * very same steps. The state of a partition number is the role's, opaque here, and changed in place
 * by the step: what a step wrote is sent in one transaction with the input offsets, repeated with
 * the same bytes for as long as the reason passes, and if it can never be sent the state is dropped
 * and restored. So memory is never ahead of Kafka for longer than a step.
 *
 * Everything here runs on one thread. */
#ifndef SHORTFALL_KIT_WORKER_H
#define SHORTFALL_KIT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/codec.h"
#include "kit/consumer.h"
#include "kit/error.h"
#include "kit/message.h"
#include "kit/outbox.h"
#include "kit/settings.h"

#define CLOCK_KEY "clock"

enum {
    ROLE_INPUTS_MAX = 8,
    ROLE_OUTPUTS_MAX = 8,
    EXIT_FENCED = 79, /* another process has our transactional.id: do not restart by itself */
};

/* What a role may use; borrowed for as long as the worker lives. */
struct role_env {
    const struct settings *settings;
    struct codec *codec;
    bool record_clock;              /* time is what the records say */
    int32_t partition_count;        /* of the inputs; the largest where they may differ */
    int32_t output_partition_count; /* of sku-event, for the sequencer */
};

/* One step of one partition. */
struct step {
    int32_t partition;
    const struct message *messages; /* in the order in which they came */
    uint32_t message_count;
    int64_t now_ms;          /* our clock */
    int64_t timers_until_ms; /* deadlines at or before it may fire: all answers before are read */
    struct outbox *outbox;   /* what to write */
    struct arena *arena;     /* reset after the step */
    uint32_t ret_consumed;   /* messages whose effects are complete */
    bool ret_more;           /* there is more to do before new messages */
    bool ret_waits;          /* the next message can't be read yet: try again after a while */
};

struct role {
    const char *name;  /* "allocator" */
    const char *group; /* "shortfall-allocator" */
    enum settings_scope scope;
    enum topic inputs[ROLE_INPUTS_MAX];
    uint32_t input_count;
    enum topic tables[ROLE_INPUTS_MAX]; /* read whole by every worker */
    uint32_t table_count;
    enum topic outputs[ROLE_OUTPUTS_MAX]; /* without the dead letters of the inputs */
    uint32_t output_count;
    bool any_counts; /* nothing is kept of a partition, so the inputs may have different numbers of
                      * them, and get more while it runs; else they are co-partitioned */
    enum topic kept; /* has a partition for each one of the log: of the first input, or of sku-event
                      * where the role writes that */
    bool transactional;
    int32_t rules_newest; /* of the rules of allocation that it knows; 0: it allocates nothing */
    bool forwards; /* puts a record of its inputs that came to a wrong partition into the right one
                    */
    enum topic clock_topic; /* of ours, with the broker's timestamps: its clock is learned by
                             * tombstones of the key CLOCK_KEY; TOPIC_NONE where nothing waits */

    /* What can be checked without servers, for `validate`: POISON. NULL: nothing. */
    enum status (*check)(const struct settings *settings, struct error *error);

    enum status (*start)(const struct role_env *env, void **ret_role, struct error *error);
    void (*stop)(void *role); /* frees what start made; all states have been dropped */

    /* Called again and again until *ret_done: each call works for about 100 ms. committed[i] is
     * that of inputs[i]. *state is NULL at first. */
    enum status (*restore)(void *role, int32_t partition, const struct commit_point *committed,
                           void **state, bool *ret_done, struct error *error);

    enum status (*step)(void *role, void *state, struct step *step, struct error *error);

    /* Adds what makes the applied position, of the first input, a place to start from again. NULL:
     * nothing is needed. */
    enum status (*checkpoint)(void *role, void *state, int64_t position, struct outbox *outbox,
                              struct error *error);

    /* A checkpoint is wanted before its time, or it would be too large. NULL: never. */
    bool (*wants_checkpoint)(const void *role);

    /* May change the offset to be committed for an input (it is the applied position) and set its
     * mark. checkpoint: a checkpoint is part of this commit. NULL: leave it. */
    void (*commit_point)(void *role, void *state, enum topic topic, bool checkpoint,
                         struct commit_point *point);

    /* The commit has succeeded. NULL: nothing to do. */
    void (*committed)(void *role, void *state, bool checkpoint);

    void (*drop)(void *role, void *state); /* frees a state, whole or half restored */

    /* A record of a table. NULL where there are none. */
    enum status (*table)(void *role, const struct message *message, struct error *error);

    /* A step is wanted though nothing came. NULL: never. */
    bool (*wants_step)(const void *role, const void *state);

    /* The earliest deadline of a state; INT64_MAX: none. NULL where there are none. */
    int64_t (*next_deadline)(const void *role, const void *state);

    /* Called about once a second with every running state: metrics, Redis to be rebuilt. */
    void (*tend)(void *role, void *state, int32_t partition);
};

/* The whole life of a worker's process; the value is its exit status. */
int worker_main(int argc, char **argv, const struct role *role);

#endif
