/* The records that a case event names as its effects. */
#ifndef TESTS_SIM_EFFECTS_H
#define TESTS_SIM_EFFECTS_H

#include "transcript.h"

/* NULL: it is in no topic. */
const struct told *effect_of(const struct effect_id *effect);

#endif
