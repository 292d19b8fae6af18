/* Chance that is the same every time: numbers drawn from a seed and from what they are about.
 *
 * A die of its own for each notice, refund or order means that an answer depends on these alone,
 * never on which came first. splitmix64; good enough for plays and loads, for nothing secret. */
#ifndef SHORTFALL_PRODUCERS_DICE_H
#define SHORTFALL_PRODUCERS_DICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

struct dice {
    uint64_t state;
};

/* `subject`: the id of what is drawn for; `purpose` keeps two draws for the same subject apart. */
struct dice dice_for(uint64_t seed, struct text subject, const char *purpose);
struct dice dice_of_number(uint64_t seed, uint64_t subject);

uint64_t dice_next(struct dice *dice);
/* From low to high, both included; high - low is below 2^63. */
int64_t dice_between(struct dice *dice, int64_t low, int64_t high);
/* True in `percent` of 100 draws. */
bool dice_percent(struct dice *dice, uint32_t percent);

#endif
