/* Points in time: milliseconds since 1970 UTC. Sums stop at the ends of the type, so that a time
 * from outside, however absurd, gives a deadline and never an overflow. */
#ifndef SHORTFALL_CORE_MOMENT_H
#define SHORTFALL_CORE_MOMENT_H

#include <stdint.h>

#define HOUR_MS INT64_C(3600000)
#define NEVER_MS INT64_MAX /* as a deadline: none */

/* The moment `span_ms` after `at_ms`; at the latest one before NEVER_MS. */
static inline int64_t moment_after(int64_t at_ms, int64_t span_ms)
{
    int64_t sum;
    if (__builtin_add_overflow(at_ms, span_ms, &sum)) {
        return span_ms > 0 ? NEVER_MS - 1 : INT64_MIN;
    }
    return sum < NEVER_MS ? sum : NEVER_MS - 1;
}

static inline int64_t moment_earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static inline int64_t moment_later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

#endif
