/* Where a partition's log goes on, as its state knows it, beside where Kafka says.
 *
 * The two are committed in one transaction, and each commit bears a mark; so they differ only where
 * an offset was set by hand, which takes the mark away, or where whoever answered for the state does
 * not know all of it. What is set before the state's place would be decided twice, what is set
 * behind it would leave facts out. At the state's own place it is taken, also without a mark: then
 * what was written after the last checkpoint is written again, with the same ids. Pure. */
#ifndef SHORTFALL_ALLOCATOR_PLACE_H
#define SHORTFALL_ALLOCATOR_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"

/* Instead of a place that the state says. */
enum {
    PLACE_NOT_SAID = -1,   /* it is of a version that says none */
    PLACE_OF_NOTHING = -2, /* there is no state */
};

struct place {
    int32_t partition;
    int64_t offset;   /* where the log is to go on */
    bool marked;      /* our mark is with it */
    int64_t first;    /* where the log began, before the state was read */
    int64_t said;     /* what the state says that it is true for, or one of the above */
    int64_t revision; /* of the newest fact in the state, from the first one of its log on; below 0:
                       * none of this log */
};

/* Does the state end before what is committed with our mark? Both were written in one transaction,
 * so whoever answered for the topic does not know all of it: a leader that has been deposed, or one
 * of before a loss. Without any state what is committed is where the log began when it was first
 * read: not where it begins now, and something lies between. */
bool place_is_incomplete(const struct place *place);

/* Of a state that is whole: OK, or the words that say which offset is right. ABORT_TXN: the offset
 * bears our mark, so another worker has gone on, and asking Kafka again helps. FATAL: only an
 * operator can. */
enum status place_check(const struct place *place, struct error *error) must_check;

#endif
