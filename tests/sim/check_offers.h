/* Which substitutes there were, by the topics `substitute` and `listing-status`. */
#ifndef TESTS_SIM_CHECK_OFFERS_H
#define TESTS_SIM_CHECK_OFFERS_H

#include "model_case.h"
#include "transcript.h"

/* The notice among an event's effects, and the substitutes that it offers, with their prices. It
 * fails the story where it offers what could not be had, or leaves out what surely could. Returns
 * how many. */
int check_offers(const struct told *event, struct model_case *model,
                 struct model_offer ret_offers[MODEL_SAID_MAX]);

#endif
