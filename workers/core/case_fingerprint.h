/* Which inputs a case has judged already, so that one that is sent again changes nothing and is no
 * second case event. Internal to the rules of a case.
 *
 * What people say is known by its id and judged once. What the allocation and the payment system
 * say is guarded by revision and attempt: it may be out of place now and in place later, so it is a
 * duplicate only where it would be refused once more.
 *
 * The case remembers the last CASE_FINGERPRINTS_MAX of them; an older one meets a state that
 * refuses it, at worst with one more event. */
#ifndef SHORTFALL_CORE_CASE_FINGERPRINT_H
#define SHORTFALL_CORE_CASE_FINGERPRINT_H

#include "core/case.h"

/* Of what identifies the input; never 0, which is an empty place. */
uint64_t case_fingerprint_of(const struct case_fact *fact);

bool case_fingerprint_is_known(const struct case_file *file, uint64_t fingerprint);
void case_fingerprint_keep(struct case_file *file, uint64_t fingerprint);

/* Whether a fact of that kind is judged once, whatever came of it. */
bool case_fact_is_judged_once(enum case_fact_kind kind);

#endif
