/* The gauges of the caseworker: how all its partitions stand, summed up, once a second.
 *
 * Of a partition that went away nothing is counted; of one that has just come, from its first
 * complete survey (caseworker/case_survey.h) on. */
#ifndef SHORTFALL_CASEWORKER_CASE_WATCH_H
#define SHORTFALL_CASEWORKER_CASE_WATCH_H

#include "caseworker/case_metrics.h"
#include "caseworker/case_state.h"

struct case_watch;

/* with_redis: there is a Redis, so it can be stale. NULL: out of memory. */
struct case_watch *case_watch_new(int32_t partition_count, bool with_redis,
                                  struct case_metrics *metrics);
void case_watch_free(struct case_watch *watch); /* accepts NULL */

/* Looks at a part of a partition's cases and shows the sums. now_ms: by the clock of the cases. */
void case_watch_tend(struct case_watch *watch, const struct case_state *state, int64_t now_ms);

/* The partition's state goes. */
void case_watch_drop(struct case_watch *watch, int32_t partition);

#endif
