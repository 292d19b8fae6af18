/* A case: one order with lines that were short, from the first shortage to its fair end.
 *
 * Pure: no clock, no heap, no I/O. The caller passes time and memory and carries out the effects.
 * One case an order, so that a buyer with three missing items gets one message, and so that
 * sum(refunds) <= paid has a single writer.
 *
 *   CONFIRMING -> AWAITING_DECISION -> WAITING_RESTOCK | SUBSTITUTING | REFUNDING
 *              -> RECOVERED | FILLED_LATE | SUBSTITUTED | REFUNDED | WITHDRAWN   (+ REFUND_FAILED)
 *
 * and beside it the compensation:  NONE -> CLAIMED <-> OFFERED -> AGREED, DECLINED, ESCALATED -> RULED
 *
 * A `[state][fact]` table says what is legal; what is unlisted is refused, never guessed. One
 * function changes a line's state. */
#ifndef SHORTFALL_CORE_CASE_H
#define SHORTFALL_CORE_CASE_H

#include "core/contract.h"
#include "core/policy.h"

/* An id kept inside a struct. size 0: not set. */
struct id {
    uint8_t size;
    char data[ID_SIZE_MAX];
};

enum case_fact_kind {
    CASE_FACT_SHORTAGE,
    CASE_FACT_BUYER_DECISION,
    CASE_FACT_SELLER_RESPONSE,
    CASE_FACT_PLATFORM_RULING,
    CASE_FACT_REFUND_RESULT,
    CASE_FACT_TIMER, /* the earliest deadline of the case, at exactly its own time */
};

struct case_fact {
    enum case_fact_kind kind;
    int64_t at_ms; /* the fact's own time; of a timer the deadline */
    union {
        const struct shortage *shortage;
        const struct buyer_decision *buyer_decision;
        const struct seller_response *seller_response;
        const struct platform_ruling *platform_ruling;
        const struct refund_result *refund_result;
    };
};

/* What a case may look up while it decides: the substitutes of a sku and the listings of those. */
struct catalogue {
    const void *context;
    const struct substitute *(*substitutes_of)(const void *context, struct text sku); /* or NULL */
    const struct listing_status *(*listing_of)(const void *context, struct text sku); /* or NULL */
};

#endif
