/* Where the inputs end right now: the proof that a deadline needs.
 *
 * A deadline d may fire only after every input that was in the log at some moment >= d has been
 * applied, so that a buyer who answered in time is never overruled by our lag. The end is the high
 * watermark, open transactions included. One request to each broker for all partitions asked. */
#ifndef SHORTFALL_KIT_FRONTIER_H
#define SHORTFALL_KIT_FRONTIER_H

#include "kit/error.h"
#include "kit/settings.h"
#include "kit/topics.h"

struct frontier;

enum status frontier_new(const struct settings *settings, struct frontier **ret_frontier,
                         struct error *error) must_check;
void frontier_free(struct frontier *frontier); /* accepts NULL */

struct place {
    enum topic topic;
    int32_t partition;
};

/* ret_ends[i] is the end of places[i]; asked after the call began. */
enum status frontier_ask(struct frontier *frontier, const struct place *places, uint32_t count,
                         int64_t *ret_ends, struct error *error) must_check;

/* How many partitions a topic has. FATAL where it does not exist; RETRY: no answer. */
enum status frontier_partition_count(struct frontier *frontier, enum topic topic,
                                     int32_t *ret_count, struct error *error) must_check;

#endif
