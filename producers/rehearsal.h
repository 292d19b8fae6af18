/* Plays the world around the pipeline: buyers, sellers, the platform, the payment system, the shop.
 *
 * What the pipeline says to the world goes in (notifications, refund requests, fulfilment plans),
 * what the world answers comes out, each answer at its own time:
 *
 *   buyer     a notice with choices is answered after minutes to days with one of them, or not at
 *             all; a few think better of it later. Some claim something; an offer is accepted,
 *             rejected, or taken to the platform.
 *   seller    answers a claim with an offer or declines it, and hands in evidence.
 *   platform  rules when it is asked to.
 *   payment   a refund succeeds after minutes, sometimes only at a later attempt, rarely only after
 *             it was given up.
 *   shop      ships what is back in stock and what replaces it after a day, unless the play's own
 *             data has the closing of that line, or the line became short again.
 *
 * Everything is drawn from the seed and the identity of what is answered. So the same seed and the
 * same notices give the same answers, in whatever order they come, and a player that starts anew
 * says the same again, with the same ids. Does no I/O and reads no clock. */
#ifndef SHORTFALL_PRODUCERS_REHEARSAL_H
#define SHORTFALL_PRODUCERS_REHEARSAL_H

#include <stdint.h>

#include "kit/error.h"
#include "kit/topics.h"
#include "producers/fact.h"
#include "producers/line_map.h"

struct rehearsal;

/* The topics that rehearsal_take wants to see. */
extern const enum topic rehearsal_topics[];
extern const uint32_t rehearsal_topic_count;

/* closed: the lines whose closing the data has (value above 0); borrowed; NULL: none. hurry: all
 * delays are divided by it; 1 is the pace of people. */
enum status rehearsal_new(uint64_t seed, int64_t hurry, const struct line_map *closed,
                          struct rehearsal **ret_rehearsal, struct error *error) must_check;
void rehearsal_free(struct rehearsal *rehearsal); /* accepts NULL */

/* now_ms: no answer is given before it. FATAL: no memory. */
enum status rehearsal_take(struct rehearsal *rehearsal, enum topic topic, const void *record,
                           int64_t now_ms, struct error *error) must_check;

/* The next answer, which lives until rehearsal_step; false: nothing is planned. Answers to what no
 * longer holds are passed over. */
bool rehearsal_first(struct rehearsal *rehearsal, struct fact *ret_fact);
void rehearsal_step(struct rehearsal *rehearsal);

#endif
