/* What else a process meets outside: clocks, exits, logs, and files that are read once for all. */
#ifndef TESTS_SIM_OUTSIDE_H
#define TESTS_SIM_OUTSIDE_H

#include "kit/codec.h"

/* Reads schemas, policies and words, which all processes of all seeds then share. */
void outside_prepare(void);
struct codec *outside_codec(void);
struct policy_set *outside_policies(void); /* with the next versions */
struct policy_set *outside_policies_before(void); /* without them */

#endif
