/* What each choice of a notice costs whoever pays: refunds, penalties, the price of a substitute.
 *
 * Nothing is computed here: the choice is tried on a copy of the case as it stood after the notice,
 * by the rules and under the case's policy, and what comes out is summed up for the line. What was
 * due with the notice itself is no matter of the choice and is left out. */
#ifndef SHORTFALL_SHORTFALL_COST_H
#define SHORTFALL_SHORTFALL_COST_H

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/error.h"

struct replay;

/* A notice of more lines is left without costs: to try each choice of each would take too long. */
enum { COST_LINES_MAX = 100 };

struct choice_outcome {
    int64_t refund_minor;
    int64_t penalty_minor;
    int64_t absorbed_minor; /* of a dearer substitute, by the seller */
};

struct choice_cost {
    int32_t line_no;
    enum choice choice;             /* WAIT, SUBSTITUTE or CANCEL */
    struct text sku;                /* of SUBSTITUTE; the notice's */
    bool has_date;                  /* of WAIT */
    struct choice_outcome outcome;  /* of WAIT: the goods come on the date told */
    struct choice_outcome at_worst; /* of WAIT: they never come, and nobody says anything more */
};

/* The choices of a notice of at most COST_LINES_MAX lines, in its order. The notice is the last
 * thing that the replay sent, and *ret_costs lives in the replay's arena. */
enum status choice_costs_of(const struct replay *replay, const struct notification *notice,
                            struct choice_cost **ret_costs, uint32_t *ret_count,
                            struct error *error) must_check;

#endif
