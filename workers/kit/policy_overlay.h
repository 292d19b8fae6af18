/* A seller's overlay upon a marketplace's policy. */
#ifndef SHORTFALL_KIT_POLICY_OVERLAY_H
#define SHORTFALL_KIT_POLICY_OVERLAY_H

#include "kit/policy_draft.h"

/* The policy of both: the marketplace's, with what the overlay gives. FATAL if its id would be
 * longer than an id may be. */
enum status policy_overlay_apply(const struct policy_draft *base,
                                 const struct policy_draft *overlay, struct policy *ret_policy,
                                 struct error *error) must_check;

/* The n-th value that is worse for the buyer than the marketplace's, in words; false if there are
 * not so many. */
enum { POLICY_WARNING_SIZE = 512 };
bool policy_overlay_warning(const struct policy_draft *base, const struct policy_draft *overlay,
                            size_t n, char ret_words[POLICY_WARNING_SIZE]);

#endif
