/* Puts to each notice of an order's timeline what its choices cost.
 *
 * The case is played again from its events (shortfall/replay.h), under the policy that it was
 * opened with. That needs the policy's file and the whole of the events; where either is missing,
 * or what comes out is not what was recorded, nothing is claimed and the reason is said. */
#ifndef SHORTFALL_SHORTFALL_CASE_COSTS_H
#define SHORTFALL_SHORTFALL_CASE_COSTS_H

#include "kit/codec.h"
#include "kit/policy_file.h"
#include "shortfall/timeline.h"

/* timeline: as it was read, not yet sorted. *ret_why: in the timeline's arena, why some notice has
 * no costs, if one has none. */
enum status case_costs_add(struct timeline *timeline, struct codec *codec,
                           const struct policy_set *policies, struct text *ret_why,
                           struct error *error) must_check;

/* Whether there is a notice whose choices have no costs. */
bool case_costs_are_missing(const struct timeline *timeline);

#endif
