/* Which substitutes the notices offered: what a case that is played again may offer.
 *
 * What could be had at some past moment stands in no topic for ever, but each notice says what it
 * offered. So a line that is told of again is offered what the newest notice of its order and sku
 * at that time offered, or the next one where there was none yet. A price is known where the
 * difference came back to the buyer; else it is taken for the line's own. Only ever grows. */
#ifndef SHORTFALL_SHORTFALL_OFFERS_H
#define SHORTFALL_SHORTFALL_OFFERS_H

#include "core/case.h"
#include "kit/arena.h"
#include "kit/error.h"

struct offers;

/* arena: borrowed, never reset while the offers live. NULL when there is no memory. */
struct offers *offers_new(struct arena *arena);
void offers_free(struct offers *offers); /* accepts NULL */

/* Takes what a notification offers, if anything; of one order in the order of its partition. */
enum status offers_take(struct offers *offers, const struct notification *notification,
                        struct error *error) must_check;

/* For the rules, while they judge a fact of that order and time. */
struct offers_view {
    const struct offers *offers;
    struct text order_id;
    int64_t at_ms;
    struct listing_status listing; /* what listing_of gave last */
};
struct catalogue offers_catalogue(struct offers_view *view);

#endif
