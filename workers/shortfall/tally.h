/* What came of cases, in numbers and money: of one case, or of many together.
 *
 * The records that went out and the effects of a case that is played again are counted by the same
 * functions, so that two tallies can be held against each other. A refund counts once, whatever
 * its attempts. Money is in minor units of one currency, which the caller keeps apart. */
#ifndef SHORTFALL_SHORTFALL_TALLY_H
#define SHORTFALL_SHORTFALL_TALLY_H

#include <stddef.h>

#include "core/case.h"

struct tally {
    int64_t first_notices; /* SHORTAGE */
    int64_t renewed_notices;
    int64_t messages; /* all notifications, these too, to whomever */
    int64_t silent_refunds;
    int64_t silent_waits;
    int64_t date_refunds; /* an agreed date passed, and the policy refunds then */
    int64_t refunds;
    int64_t refunded_minor;
    int64_t penalties;
    int64_t penalties_minor;
    int64_t settled; /* what was agreed with the seller or ruled by the platform */
    int64_t settled_minor;
};

void tally_notification(struct tally *tally, const struct notification *notification);
void tally_refund_request(struct tally *tally, const struct refund_request *request);
void tally_compensation(struct tally *tally, const struct compensation *compensation);

/* All of the three among the effects of a fact. */
void tally_effects(struct tally *tally, const struct case_effects *effects);

void tally_add(struct tally *sum, const struct tally *part);

/* The numbers one by one, for printing. */
struct tally_row {
    const char *name;  /* "refunds", for programs */
    const char *words; /* for people */
    bool money;
    size_t offset; /* of an int64_t in the tally */
};
extern const struct tally_row tally_rows[];
extern const size_t tally_row_count;

int64_t tally_value(const struct tally *tally, const struct tally_row *row);

#endif
