/* The trace that an order belongs to in the shop's own systems: W3C's trace id and flags.
 *
 * It comes with the paid order and goes with all that we say about it, so that a shop finds our
 * work among its own. No rule looks at it: an order with another trace is the same order. An id of
 * zeroes, which the standard forbids, is "none", so a zeroed trace is a valid one. */
#ifndef SHORTFALL_CORE_TRACE_H
#define SHORTFALL_CORE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/text.h"

enum { TRACE_ID_SIZE = 16, TRACE_SIZE = TRACE_ID_SIZE + 1 /* bytes of a trace in a record */ };

struct trace {
    uint8_t id[TRACE_ID_SIZE];
    uint8_t flags;
};

_Static_assert(sizeof(struct trace) == TRACE_SIZE, "a trace is its bytes");

static inline bool trace_is_set(const struct trace *trace)
{
    static const uint8_t none[TRACE_ID_SIZE] = {0};
    return memcmp(trace->id, none, sizeof none) != 0;
}

/* As bytes, for a record; data == NULL: none. A view that lives as long as the trace. */
static inline struct text trace_text(const struct trace *trace)
{
    return trace_is_set(trace) ? (struct text){(const char *)trace, TRACE_SIZE} : (struct text){0};
}

/* From such bytes; what has another size is none. */
static inline struct trace trace_of(struct text bytes)
{
    struct trace trace = {0};
    if (bytes.size == TRACE_SIZE) {
        memcpy(&trace, bytes.data, sizeof trace);
    }
    return trace;
}

#endif
