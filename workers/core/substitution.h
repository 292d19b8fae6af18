/* Shipping something else instead: only what the current notice offered, with the buyer's consent,
 * and the buyer never pays more.
 *
 * Line n's substitute is line SUBSTITUTE_LINE_BASE + n of the order, of the substitute's sku.
 * Cheaper: the difference is refunded on line n. Dearer: the seller absorbs it. The new line may
 * become short in its turn and is then a line of the same case. What was offered is honoured even
 * if it has sold out meanwhile: then the new line is told to be short like any other. */
#ifndef SHORTFALL_CORE_SUBSTITUTION_H
#define SHORTFALL_CORE_SUBSTITUTION_H

#include "core/case_step.h"

/* Sets what the line's notice offers: substitutes whose listing is AVAILABLE with at least the
 * quantity, and not dearer unless the policy says that the seller absorbs it. */
void substitution_offer(struct case_step *step, struct case_line *line);

/* Step of the table. */
enum verdict substitution_choose(struct case_step *step, struct case_line *line);

/* What comes back to the buyer; 0 for a dearer one. */
int64_t substitution_difference(const struct case_line *line,
                                const struct offered_substitute *offered);

/* When it ships if it is chosen at that time. */
int64_t substitution_ships_by(const struct offered_substitute *offered, int64_t chosen_at_ms);

#endif
