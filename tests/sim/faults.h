/* The plan of what goes wrong: some faults, each with its time, drawn from the seed.
 *
 * A fault at a process strikes after a number of its boundaries, so that it can hit any point in
 * the middle of a step, a transaction or a restore; the others strike at their time. Faults can be
 * left out one by one, which is how a failing story is made shorter. */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

enum { FAULTS_MAX = 24 };

/* Draws the faults of a story that lasts so long. Those whose bit is set in `without` are drawn,
 * and left out. quiet: none at all. */
void faults_plan(struct chance chance, int64_t us, uint32_t without);
int faults_count(void);
void faults_heal(void); /* all is well from here on */
void faults_print(void);
/* How far clocks differed, at most. */
bool faults_skewed(void);

#endif
