/* What values may be at all, in a fact as in the state: beyond that it is nobody's record, and sums
 * could overflow. */
#ifndef SHORTFALL_CORE_SOUND_H
#define SHORTFALL_CORE_SOUND_H

#include "core/contract.h"

/* Times outside are nonsense: far enough for any calendar, near enough for any sum. */
#define SOUND_TIME_MAX_MS (INT64_C(1) << 53)

static inline bool sound_id(struct text text)
{
    return text_is_set(text) && text.size > 0 && text.size <= ID_SIZE_MAX;
}

static inline bool sound_amount(int64_t value)
{
    return value > -AMOUNT_MAX && value < AMOUNT_MAX;
}

static inline bool sound_time(int64_t at_ms)
{
    return at_ms > -SOUND_TIME_MAX_MS && at_ms < SOUND_TIME_MAX_MS;
}

static inline bool sound_line(struct text order_id, int32_t line_no, int64_t quantity,
                              int64_t paid_at_ms, struct text order_facts)
{
    return sound_id(order_id) && line_no >= 1 && quantity >= 1 && quantity <= INT32_MAX &&
           sound_time(paid_at_ms) && order_facts.size <= ORDER_FACTS_SIZE_MAX;
}

static inline bool sound_level(struct text warehouse_id, int64_t on_hand, int64_t safety_stock,
                               const struct restock *restocks, uint32_t restock_count)
{
    if (!sound_id(warehouse_id) || !sound_amount(on_hand) || !sound_amount(safety_stock) ||
        restock_count > RESTOCKS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < restock_count; i++) {
        if (!sound_time(restocks[i].expected_at_ms)) {
            return false;
        }
    }
    return true;
}

#endif
