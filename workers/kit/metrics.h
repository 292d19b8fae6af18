/* Counters, gauges and histograms of the process, and their text for Prometheus.
 *
 * A metric is registered once, with its labels, and then changed through its pointer without a lock
 * or a look-up. Registering the same name and labels again gives the same metric. Names are in base
 * units: `_seconds`, `_bytes`; a counter ends in `_total` (must). All of one name have one help
 * text and one kind; they come out together, in the order of registration.
 *
 * The registry is process-wide, for any thread, and bounded: beyond METRICS_MAX a metric still
 * counts but is not shown, and shortfall_metrics_dropped_total says so. Pointers live for ever. */
#ifndef SHORTFALL_KIT_METRICS_H
#define SHORTFALL_KIT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "kit/buffer.h"

enum {
    METRICS_MAX = 4096, /* name and labels together */
    METRIC_LABELS_MAX = 4,
    METRIC_BUCKETS_MAX = 24, /* without +Inf */
};

struct counter;
struct gauge;
struct histogram;

/* A list of labels ends with a name of NULL; NULL instead of a list: no labels. Values are copied
 * and escaped. Help texts and names are borrowed for ever: use literals. */
struct metric_label {
    const char *name;
    const char *value;
};

/* METRIC_LABELS({"topic", "shortage"}, {"partition", "3"}) */
#define METRIC_LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

/* Upper bounds, rising, without +Inf; borrowed for ever. */
struct metric_buckets {
    const double *bounds;
    size_t count;
};

extern const struct metric_buckets metric_buckets_seconds; /* 0.5 ms to 60 s */
extern const struct metric_buckets metric_buckets_sizes;   /* 1 to 1,000,000 of anything */

struct counter *metric_counter(const char *name, const char *help,
                               const struct metric_label *labels);
/* A gauge is shown from its first gauge_set on. */
struct gauge *metric_gauge(const char *name, const char *help, const struct metric_label *labels);
struct histogram *metric_histogram(const char *name, const char *help,
                                   const struct metric_label *labels,
                                   struct metric_buckets buckets);

void counter_add(struct counter *counter, uint64_t count);
uint64_t counter_value(const struct counter *counter);
void gauge_set(struct gauge *gauge, double value);
void gauge_hide(struct gauge *gauge); /* until it is set again: of a partition that went away */
void histogram_observe(struct histogram *histogram, double value);

/* Appends all metrics in Prometheus text format 0.0.4, with process_* of this process. */
void metrics_render(struct buffer *out);

#endif
