/* Every refund and what became of it, by its refund_id.
 *
 *   asked for -> succeeded                 whichever attempt it was, and whatever failed before
 *             -> failed -> succeeded       the case gave it up and asked a person
 *             -> outstanding               anything else: no answer yet, or the next attempt waits
 *
 * So a refund has exactly one outcome. Repetitions count once: an attempt that is asked for again,
 * a result that comes twice. Take requests before results. All memory is the arena's. */
#ifndef SHORTFALL_SHORTFALL_LEDGER_H
#define SHORTFALL_SHORTFALL_LEDGER_H

#include "core/contract.h"
#include "kit/error.h"
#include "shortfall/lookup.h"

enum refund_outcome {
    REFUND_IS_OUTSTANDING,
    REFUND_HAS_SUCCEEDED,
    REFUND_HAS_FAILED,
};

struct ledger_refund {
    struct text order_id;
    int32_t line_no;
    struct text seller_id;
    struct text currency;
    enum refund_reason reason;
    int64_t amount_minor;
    int64_t asked_at_ms; /* of the first attempt */
    int64_t due_by_ms;
    bool changed;              /* another attempt asked for another amount or currency */
    bool failed;               /* the last word on it is a failure */
    int32_t succeeded_attempt; /* 0: not yet */
    int64_t succeeded_at_ms;   /* the first time */
    bool twice;                /* more than one attempt succeeded: the money went out twice */
};

struct ledger {
    struct arena *arena;    /* borrowed */
    struct lookup *refunds; /* owned; struct ledger_refund by refund_id */
    int64_t unasked;        /* results of refunds that nobody asked for */
};

enum status ledger_init(struct ledger *ledger, struct arena *arena, struct error *error) must_check;
void ledger_done(struct ledger *ledger);

/* *ret_new: the refund, if this is its first request; else NULL. */
enum status ledger_take_request(struct ledger *ledger, const struct refund_request *request,
                                const struct ledger_refund **ret_new,
                                struct error *error) must_check;
/* The refund, if this is its first success; else NULL. */
const struct ledger_refund *ledger_take_result(struct ledger *ledger,
                                               const struct refund_result *result);

/* `state`: of the refund's line. A failure is final only where the case has given the line up. */
enum refund_outcome ledger_outcome(const struct ledger_refund *refund, enum line_state state);

/* What is to be back by a time is in time at that very millisecond, and overdue after it. */
bool ledger_is_overdue(const struct ledger_refund *refund, int64_t now_ms);
bool ledger_was_late(const struct ledger_refund *refund);

size_t ledger_count(const struct ledger *ledger);
/* By the order in which they were first asked for, from 0. */
const struct ledger_refund *ledger_at(const struct ledger *ledger, size_t number);

#endif
