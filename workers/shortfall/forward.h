/* Records that come to the inputs of a Shortfall that was moved, carried over to where it went.
 *
 * Not everyone who writes inputs goes over at the same moment, and what the old workers had not
 * read when they stopped lies there too. Each record is written to the new topic of the same name,
 * with its key, headers and timestamp, in one transaction with how far this has come: exactly once.
 * What its fact does is the same as if it had been written there: facts are known by their
 * identity.
 *
 * How far is what the group FORWARD_GROUP of the old prefix has committed; the move itself sets
 * where it begins. `clock` is not carried over: what time it is has to be said anew, in every
 * partition. */
#ifndef SHORTFALL_SHORTFALL_FORWARD_H
#define SHORTFALL_SHORTFALL_FORWARD_H

#include "shortfall/move.h"

#define FORWARD_GROUP "shortfall-forward"

struct forward;

/* Is the topic carried over? */
bool forward_has(enum topic topic);

/* Notes in the group where it is to begin: at the first record that not all of the old workers who
 * read it have read. The begin of `substitute`, which is no worker's, is the caller's to note. */
enum status forward_note_begin(struct group *group, struct side *from,
                               struct error *error) must_check;

/* `from`: settings of the old prefix, which outlive it. Where to is what the move has left there.
 * POISON: it was never moved. */
enum status forward_new(const struct settings *from, struct codec *codec,
                        struct forward **ret_forward, struct error *error) must_check;
void forward_free(struct forward *forward); /* accepts NULL */

/* The prefix where it all goes. */
const char *forward_prefix(const struct forward *forward);

/* Carries over all that is there now. Adds to the counts how many records of each topic. */
enum status forward_pass(struct forward *forward, int64_t counts[TOPIC_COUNT],
                         struct error *error) must_check;

#endif
