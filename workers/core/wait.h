/* Waiting for the goods: agreed to by the buyer's word, or by silence where the policy says so.
 *
 * What is agreed is the date that the buyer was told, and the goods are held until then. Only the
 * buyer's word moves the promise, and only to a later date: who agrees to wait does not agree to a
 * shorter promise than the one ordered. Where there is no date (and the policy lets the buyer wait
 * all the same) the wait has no end of its own: the buyer may cancel at any time.
 *
 * The agreed date passes and the goods are still short: a new notice or a refund, as the policy
 * says. A date that passed before silence agreed to it is treated the same. */
#ifndef SHORTFALL_CORE_WAIT_H
#define SHORTFALL_CORE_WAIT_H

#include "core/case_step.h"

/* Steps of the table. */
enum verdict wait_choose(struct case_step *step, struct case_line *line);
enum verdict wait_silence(struct case_step *step, struct case_line *line);
enum verdict wait_pass_date(struct case_step *step, struct case_line *line);

#endif
