/* What can't be taken goes to the input's dead letters, whole: nothing is lost.
 *
 * Original bytes, key and headers unchanged, the same partition number, and beside them why:
 * `__connect.errors.topic`, `.partition`, `.offset`, `.stage`, `.exception.class.name`,
 * `.exception.message`. The record is part of the step's outbox, so it is written exactly as often
 * as the input is counted as consumed. */
#ifndef SHORTFALL_KIT_DEAD_LETTER_H
#define SHORTFALL_KIT_DEAD_LETTER_H

#include "kit/message.h"
#include "kit/outbox.h"

/* Shows the counters of a topic's dead letters, at zero, so that the first one is an increase. */
void dead_letter_watch(enum topic topic);

/* stage: the worker. reason: one word, the class of the fault: MALFORMED, INVALID, CONFLICT,
 * TOO_OLD, STALE, TIME_AHEAD, MISPLACED. words: for a person. */
enum status dead_letter_add(struct outbox *outbox, const struct message *message, const char *stage,
                            const char *reason, const char *words, struct error *error) must_check;

#endif
