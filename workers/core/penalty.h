/* What a rule of a platform or a law gives the buyer, without anyone asking: per line, each rule
 * once, and only while the goods are short and the buyer knows.
 *
 * A rule becomes due when a PLAIN notice admits the shortage, or a time after the promise. Rules
 * together give the larger of the largest single one and the cap on their sum; what was paid
 * already is deducted, and nothing is sent for zero.
 *
 * While a shortage is still in its grace (CONFIRMING) no rule becomes due: it may be none. One that
 * fell due meanwhile becomes due with the notice, which is minutes later at most. */
#ifndef SHORTFALL_CORE_PENALTY_H
#define SHORTFALL_CORE_PENALTY_H

#include "core/case_step.h"

/* base x rate, rounded half up, within [min, max]; max 0: no maximum. */
int64_t penalty_amount(const struct penalty *penalty, int64_t paid_minor);

/* What the rules of the set (bit i: policy->penalties[i]) give together for a line. */
int64_t penalty_together(const struct policy *policy, uint32_t set, int64_t paid_minor);

/* A PLAIN notice has admitted the shortage of the line. */
void penalty_admit(struct case_step *step, struct case_line *line);

/* Step of the table: pays what is due after the promise. */
enum verdict penalty_pass(struct case_step *step, struct case_line *line);

/* When the next rule becomes due after the promise, as things stand. */
struct optional_long penalty_next(const struct case_file *file, const struct policy *policy,
                                  const struct case_line *line);

#endif
