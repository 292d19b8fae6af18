/* A span of time, as a report is asked for: --from DATE --to DATE.
 *
 * From a time on and before another, so that spans that follow each other share nothing and leave
 * nothing out; a date alone is its midnight in UTC. */
#ifndef SHORTFALL_SHORTFALL_SPAN_H
#define SHORTFALL_SHORTFALL_SPAN_H

#include "kit/buffer.h"
#include "shortfall/command.h"

struct span {
    int64_t from_ms; /* INT64_MIN: from the beginning */
    int64_t to_ms;   /* INT64_MAX: to the end */
};

/* False: a flag is no date, or there is nothing between the two, and that has been said. */
bool span_of_call(const struct call *call, struct span *ret_span);

bool span_holds(const struct span *span, int64_t at_ms);

/* " from 2026-11-01T00:00:00.000Z", " before …", both or neither. */
void span_phrase(struct buffer *out, const struct span *span);

#endif
