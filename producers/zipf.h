/* Draws one of n things of which few are drawn often: the k-th with weight 1 / k^skew.
 *
 * skew 0 draws all alike, 1 is how demand spreads over a shop's goods, above 1 few goods get nearly
 * all. Walker's alias method: a table made once, then two look-ups a draw, whatever n is. The
 * table is read only, so threads may share it, each with dice of its own. */
#ifndef SHORTFALL_PRODUCERS_ZIPF_H
#define SHORTFALL_PRODUCERS_ZIPF_H

#include <stdbool.h>
#include <stdint.h>

#include "producers/dice.h"

struct zipf {
    uint32_t count;
    double skew;
    double total; /* of all weights */
    struct zipf_slot {
        uint32_t threshold; /* of 2^32: below it the slot itself is drawn, else its alias */
        uint32_t alias;
    } * slots; /* owned */
};

/* count: 1 and up. False: no memory. */
bool zipf_init(struct zipf *zipf, uint32_t count, double skew);
void zipf_done(struct zipf *zipf);

/* From 0, which is drawn most, to count - 1. */
uint32_t zipf_draw(const struct zipf *zipf, struct dice *dice);

/* The share of all draws that falls on the k-th, counted from 0. */
double zipf_share(const struct zipf *zipf, uint32_t k);

#endif
