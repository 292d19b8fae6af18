/* The records that a case event names as its effects. */
#ifndef TESTS_SIM_EFFECTS_H
#define TESTS_SIM_EFFECTS_H

#include "transcript.h"

/* NULL: it is in no topic. Where the id was written twice (a penalty, check_inputs.c), the one that
 * was written with the event. */
const struct told *effect_of(const struct told *event, const struct effect_id *effect);

#endif
