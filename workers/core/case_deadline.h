/* A case's deadlines: what must be looked at when, and what becomes of it.
 *
 * They are not kept anywhere: they follow from the state of the case, so a deadline fires once
 * because what made it is gone or has moved, and a case that is restored has all of them.
 *
 *   the grace's end       all that is pending is told
 *   decide_by             silence means what the notice said
 *   the agreed date       and the goods are still short
 *   a refund's next attempt
 *   a penalty             a time after the promise
 *   the retention's end   the case is forgotten */
#ifndef SHORTFALL_CORE_CASE_DEADLINE_H
#define SHORTFALL_CORE_CASE_DEADLINE_H

#include "core/case_step.h"

/* Fires all that is due at the step's time, which must be the earliest deadline of the case. */
enum verdict case_fire_deadlines(struct case_step *step);

#endif
