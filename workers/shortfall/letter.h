/* A dead letter as it lies in its topic: what kit/dead_letter.h wrote beside the original record.
 *
 * Views into the message's headers, as long as it lives. */
#ifndef SHORTFALL_SHORTFALL_LETTER_H
#define SHORTFALL_SHORTFALL_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/message.h"

/* How often a record was written to its topic; a record without this header came once. It stays
 * with the record when it becomes a dead letter again. */
#define LETTER_ATTEMPT_HEADER "shortfall.attempt"

struct letter {
    struct text topic;  /* where it was read: name, partition, offset; not set: unknown */
    int32_t partition;  /* -1: unknown */
    int64_t offset;     /* -1: unknown */
    struct text stage;  /* the worker that gave it up */
    struct text reason; /* one word, the class of the fault */
    struct text words;  /* for people */
    int64_t attempt;    /* 1 and up */
};

struct letter letter_of(const struct message *message);

/* Does this header say why the letter is dead, rather than belong to the original record? */
bool letter_is_own_header(const char *name);

#endif
