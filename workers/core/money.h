/* Shares of an amount of money, exact in integers: no double ever touches money.
 *
 * Amounts are at most AMOUNT_MAX for each line of an order, rates basis points (1/10,000) up to
 * RATE_MAX_BP. An amount is split into whole ten-thousands and the rest, so that no product
 * overflows and nothing is rounded but the result. */
#ifndef SHORTFALL_CORE_MONEY_H
#define SHORTFALL_CORE_MONEY_H

#include <stdint.h>

#include "core/must.h"

enum {
    RATE_ONE_BP = 10000,  /* the whole */
    RATE_MAX_BP = 100000, /* ten times the whole; the policy files are checked for it */
};

/* The share, rounded half up. */
static inline int64_t money_share(int64_t amount_minor, int32_t rate_bp)
{
    must(amount_minor >= 0 && rate_bp >= 0 && rate_bp <= RATE_MAX_BP);
    int64_t whole;
    must(!__builtin_mul_overflow(amount_minor / RATE_ONE_BP, rate_bp, &whole));
    int64_t rest = amount_minor % RATE_ONE_BP * rate_bp;
    return whole + (rest + RATE_ONE_BP / 2) / RATE_ONE_BP;
}

/* The share, rounded down: what an amount may not exceed. */
static inline int64_t money_share_floor(int64_t amount_minor, int32_t rate_bp)
{
    must(amount_minor >= 0 && rate_bp >= 0 && rate_bp <= RATE_MAX_BP);
    int64_t whole;
    must(!__builtin_mul_overflow(amount_minor / RATE_ONE_BP, rate_bp, &whole));
    return whole + amount_minor % RATE_ONE_BP * rate_bp / RATE_ONE_BP;
}

#endif
