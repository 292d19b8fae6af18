/* From what came of a fact to the records that say so, with their deterministic ids.
 *
 * Each id is a UUIDv5 of what the effect is about (docs/IDENTITY.md), so a retry, a replay or a
 * second worker writes the same id. The case event lists them all, with the fact in full. */
#ifndef SHORTFALL_CASEWORKER_EFFECT_RECORDS_H
#define SHORTFALL_CASEWORKER_EFFECT_RECORDS_H

#include "core/case.h"
#include "kit/identity.h"
#include "kit/outbox.h"
#include "kit/words.h"

/* The fact that was judged, as the case event tells it. */
struct judged_fact {
    struct text topic; /* "timer" for a deadline */
    struct text bytes; /* as it came; empty for a timer */
    struct text id;    /* of the fact; used where there is no case to count events */
    int64_t at_ms;
};

/* Adds all effects and the case event to the outbox, for `partition` of the order-keyed topics.
 * The notifications get their subject and body from `words`. */
enum status effect_records_add(struct outbox *outbox, int32_t partition, const char *case_id,
                               const struct case_file *file, struct case_effects *effects,
                               const struct judged_fact *fact, const struct words *words,
                               struct error *error) must_check;

/* Adds the case event of a fact for an order that has no case: REFUSED, NO_CASE. */
enum status effect_records_add_no_case(struct outbox *outbox, int32_t partition,
                                       struct text order_id, const struct judged_fact *fact,
                                       struct error *error) must_check;

/* The refund of a (line, purpose): one id, whatever the attempt. */
void refund_id_of(const char *case_id, int32_t line_no, enum refund_purpose purpose,
                  char ret_id[IDENTITY_SIZE]);

/* Which refund of its line a result is about, by the id; UNKNOWN: none of the case's. */
enum refund_purpose refund_purpose_of(const char *case_id, const struct refund_result *result);

#endif
