/* The people who look after the workers. They read what the workers say, and once all else is
 * healed they do what docs/OPERATING.md says; before that they make mistakes of their own: offsets
 * that are set by hand.
 *
 * Whoever sets an offset stops the workers of the group in order, waits until the group is empty,
 * and starts them again; the tools keep no metadata. */
#ifndef TESTS_SIM_OPERATOR_H
#define TESTS_SIM_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "broker.h"
#include "kit/log.h"

enum by_hand {
    BY_HAND_BACK,
    BY_HAND_FORWARD,
    BY_HAND_SAME, /* only the mark is lost */
    BY_HAND_KINDS,
};

void operator_reset(void);

/* What a worker says; the one that runs. */
void operator_hears(const char *event, const struct log_field *fields);

/* A worker of this kind has said which offset is wrong, so it is no wonder that it ends. */
bool operator_knows_why(int kind);

/* A mistake: one offset of a worker kind's group, by so many records. */
void operator_errs(int kind, enum by_hand how, int64_t number);

/* Is there something that the workers can't mend themselves? */
bool operator_is_called(void);
/* Begins to mend all of it; false: there is nothing. */
bool operator_mends(void);
bool operator_is_at_work(void);

#endif
