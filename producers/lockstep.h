/* Plays facts in their own time, in lockstep with the pipeline.
 *
 *   send a wave of facts (producers/wave.h)  ->  wait until all is drained  ->  read what was said
 *        ^                                                                          |
 *        +--- move the clock to the next deadline before the next fact  <-----------+
 *
 * So a deadline that lies between two facts fires between them, and what an answer causes is there
 * before the next fact. A deadline fires at the first multiple of the tick at or after it: the tick
 * is how finely time is played. Where nothing is due the clock goes in steps of a day while cases
 * are open, and jumps while none is. The pipeline must run with `clock = record`.
 *
 * With a rehearsal its answers are merged with the facts of the files. After the last fact the
 * clock goes on until no line waits for anything, but not for longer than the settling time. */
#ifndef SHORTFALL_PRODUCERS_LOCKSTEP_H
#define SHORTFALL_PRODUCERS_LOCKSTEP_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/settings.h"
#include "producers/merge.h"
#include "producers/rehearsal.h"

struct lockstep;

struct lockstep_options {
    int64_t tick_ms;
    int64_t settle_ms;   /* the longest play after the last fact of the files */
    int64_t patience_ms; /* how long the pipeline may stand still before it counts as stuck */
    bool exact;          /* see producers/wave.h */
    struct merge *facts; /* borrowed */
    struct rehearsal *rehearsal; /* borrowed; NULL: nobody answers */
};

struct lockstep_counts {
    uint64_t facts;
    uint64_t answers; /* of the rehearsal */
    uint64_t waves;
    uint64_t ticks;
    uint64_t open_lines; /* that wait for something now */
    int64_t at_ms;       /* the play's time; INT64_MIN: nothing was played */
};

enum status lockstep_new(const struct settings *settings, struct lockstep_options options,
                         struct lockstep **ret_lockstep, struct error *error) must_check;
void lockstep_free(struct lockstep *lockstep); /* accepts NULL */

/* One wave or one tick; *ret_more is false when the play is over. POISON: a fact is broken, and
 * nothing of it was sent. */
enum status lockstep_step(struct lockstep *lockstep, bool *ret_more,
                          struct error *error) must_check;

struct lockstep_counts lockstep_counts(const struct lockstep *lockstep);

#endif
