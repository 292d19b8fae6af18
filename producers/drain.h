/* Waits until the pipeline has read all that it was given, and all that followed from it.
 *
 * Each worker commits an input only when its effects are written. So the pipeline is drained when
 * the ends of all topics are read twice and are the same, and in between every group was known to
 * have committed up to them: nobody wrote anything meanwhile, and there was nothing left to read.
 *
 *   ends -> commits of the first group that is behind, until none is -> ends
 *     ^                                                                  |
 *     +------------------------------ another ---------------------------+-- the same: drained
 *
 * A question is one request to a broker. Control records count on both sides: an end is the high
 * watermark, and workers commit the position after them. */
#ifndef SHORTFALL_PRODUCERS_DRAIN_H
#define SHORTFALL_PRODUCERS_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/settings.h"
#include "kit/topics.h"

struct drain;

/* Asks the cluster for the partitions. patience_ms: how long nothing may move before the wait gives
 * up. FATAL names a topic that is missing. */
enum status drain_new(const struct settings *settings, int64_t patience_ms,
                      struct drain **ret_drain, struct error *error) must_check;
void drain_free(struct drain *drain); /* accepts NULL */

/* FATAL: something does not drain; names group, topic, partition and lag. */
enum status drain_wait(struct drain *drain, struct error *error) must_check;

/* The end of a partition when the last drain_wait came to rest: of every input of a worker and
 * every topic that the caseworker writes. */
int64_t drain_end(const struct drain *drain, enum topic topic, int32_t partition);
int32_t drain_partition_count(const struct drain *drain, enum topic topic);

#endif
