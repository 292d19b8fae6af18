/* What the caseworker's effects look like from outside, counted when they are committed:
 *
 *   how long a buyer waited for the first word since paying, and for a choice to take effect;
 *   refunds asked for, done and given to a person, and compensations: number and money by currency;
 *   notifications by kind and reader.
 *
 * What a fact gave is noted as it is judged and counted when its transaction has committed: a wait
 * ends with the commit, however long Kafka kept it, and what never was committed is not counted.
 * Labels are bounded: symbols of the schemas, and the first CASE_METRICS_CURRENCIES_MAX currencies
 * of three capital letters; all others are "other".
 *
 * All is of the one thread of the worker's loop. */
#ifndef SHORTFALL_CASEWORKER_CASE_METRICS_H
#define SHORTFALL_CASEWORKER_CASE_METRICS_H

#include "core/case.h"
#include "kit/metrics.h"

enum { CASE_METRICS_CURRENCIES_MAX = 32 };

struct case_metrics;

/* From seconds to weeks, as people wait. */
extern const struct metric_buckets metric_buckets_waits;

struct case_metrics *case_metrics_new(void);       /* NULL: out of memory */
void case_metrics_free(struct case_metrics *self); /* accepts NULL */

/* A fact was judged. record_clock: waits end at the fact's own time, not at the commit. */
void case_metrics_judged(struct case_metrics *self, const struct case_file *file,
                         const struct case_fact *fact, const struct case_effects *effects,
                         bool record_clock);

/* What was judged since the last call is committed, or will never be. */
void case_metrics_committed(struct case_metrics *self, int64_t now_ms);
void case_metrics_dropped(struct case_metrics *self);

/* A deadline fired, so long after its time. */
void case_metrics_fired(struct case_metrics *self, int64_t late_ms);

/* A partition's state is whole again, from Redis or from case-state. */
void case_metrics_restored(struct case_metrics *self, bool from_redis);

/* "CNY" for a currency that counts on its own, else "other"; lives as long as `self`. */
const char *case_metrics_currency(struct case_metrics *self, const char *currency);

#endif
