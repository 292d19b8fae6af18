#include "shortfall/ledger.h"

enum status ledger_init(struct ledger *ledger, struct arena *arena, struct error *error)
{
    *ledger =
        (struct ledger){.arena = arena, .refunds = lookup_new(arena, sizeof(struct ledger_refund))};
    return ledger->refunds ? OK : error_set(error, FATAL, "out of memory");
}

void ledger_done(struct ledger *ledger)
{
    lookup_free(ledger->refunds);
}

enum status ledger_take_request(struct ledger *ledger, const struct refund_request *request,
                                const struct ledger_refund **ret_new, struct error *error)
{
    struct ledger_refund *refund = lookup_put(ledger->refunds, request->refund_id);
    *ret_new = NULL;
    if (refund && text_is_set(refund->currency)) {
        refund->changed = refund->changed || refund->amount_minor != request->amount_minor ||
                          !text_equal(refund->currency, request->currency);
        return OK;
    }
    if (refund) {
        *refund = (struct ledger_refund){
            .order_id = arena_text(ledger->arena, request->order_id),
            .line_no = request->line_no,
            .seller_id = arena_text(ledger->arena, request->seller_id),
            .currency = arena_text(ledger->arena, request->currency),
            .reason = request->reason,
            .amount_minor = request->amount_minor,
            .asked_at_ms = request->at_ms,
            .due_by_ms = request->due_by_ms,
        };
        *ret_new = refund;
    }
    return refund && text_is_set(refund->currency) && text_is_set(refund->seller_id) &&
                   text_is_set(refund->order_id)
               ? OK
               : error_set(error, FATAL, "too many refunds for the memory of this command");
}

const struct ledger_refund *ledger_take_result(struct ledger *ledger,
                                               const struct refund_result *result)
{
    struct ledger_refund *refund = lookup_get(ledger->refunds, result->refund_id);
    if (!refund) {
        ledger->unasked++;
        return NULL;
    }
    bool back = refund->succeeded_attempt > 0;
    if (result->status != REFUND_SUCCEEDED) {
        refund->failed = !back;
        return NULL;
    }
    if (back) {
        refund->twice = refund->twice || refund->succeeded_attempt != result->attempt;
        return NULL;
    }
    refund->failed = false;
    refund->succeeded_attempt = result->attempt;
    refund->succeeded_at_ms = result->at_ms;
    return refund;
}

enum refund_outcome ledger_outcome(const struct ledger_refund *refund, enum line_state state)
{
    if (refund->succeeded_attempt > 0) {
        return REFUND_HAS_SUCCEEDED;
    }
    return refund->failed && state == LINE_REFUND_FAILED ? REFUND_HAS_FAILED
                                                         : REFUND_IS_OUTSTANDING;
}

bool ledger_is_overdue(const struct ledger_refund *refund, int64_t now_ms)
{
    return refund->succeeded_attempt == 0 && now_ms > refund->due_by_ms;
}

bool ledger_was_late(const struct ledger_refund *refund)
{
    return refund->succeeded_attempt > 0 && refund->succeeded_at_ms > refund->due_by_ms;
}

size_t ledger_count(const struct ledger *ledger)
{
    return lookup_count(ledger->refunds);
}

const struct ledger_refund *ledger_at(const struct ledger *ledger, size_t number)
{
    return lookup_at(ledger->refunds, number, NULL);
}
