#include "kit/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/metrics_process.h"
#include "kit/metrics_text.h"

enum {
    FAMILIES_MAX = 512, /* names are in the source, so their number is known */
    LABELS_SIZE_MAX = 1024,
};

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
};

/* A number with fraction that several threads change without a lock: its bits. */
typedef _Atomic uint64_t atomic_bits;

struct counter {
    _Atomic uint64_t value;
};

struct gauge {
    atomic_bits bits;
    atomic_bool shown;
};

struct histogram {
    struct metric_buckets buckets;
    atomic_bits sum_bits;
    _Atomic uint64_t counts[METRIC_BUCKETS_MAX + 1]; /* of each bucket alone; the last is +Inf */
};

struct metric {
    struct metric *next; /* of the same name */
    char *labels;        /* owned */
    union {
        struct counter counter;
        struct gauge gauge;
        struct histogram histogram;
    };
};

struct family {
    const char *name;
    const char *help;
    enum metric_kind kind;
    struct metric *first;
    struct metric **end;
};

/* Families and lists only grow, under the lock; values change without it. */
static struct {
    pthread_mutex_t lock;
    struct family families[FAMILIES_MAX];
    size_t family_count;
    size_t metric_count;
    _Atomic uint64_t dropped;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const double seconds_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
static const double sizes_bounds[] = {1,    3,     10,    30,     100,    300,    1000,
                                      3000, 10000, 30000, 100000, 300000, 1000000};

const struct metric_buckets metric_buckets_seconds = {seconds_bounds, sizeof seconds_bounds /
                                                                          sizeof *seconds_bounds};
const struct metric_buckets metric_buckets_sizes = {sizes_bounds,
                                                    sizeof sizes_bounds / sizeof *sizes_bounds};

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name);
    size_t end_size = strlen(end);
    return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* ---- Registration ------------------------------------------------------------------------- */

/* The labels in text form, terminated; owned by the caller. */
static char *labels_text(const struct metric_label *labels)
{
    struct buffer text = {.limit = LABELS_SIZE_MAX};
    int count = 0;
    for (; labels && labels->name; labels++) {
        must(metrics_text_is_name(labels->name, false) && ++count <= METRIC_LABELS_MAX);
        metrics_text_label(&text, labels->name, labels->value);
    }
    buffer_append_byte(&text, '\0');
    must(!text.failed);
    return (char *)text.data;
}

static struct family *family_of(const char *name, const char *help, enum metric_kind kind)
{
    for (size_t i = 0; i < registry.family_count; i++) {
        struct family *family = &registry.families[i];
        if (strcmp(family->name, name) == 0) {
            must(family->kind == kind);
            return family;
        }
    }
    must(registry.family_count < FAMILIES_MAX && metrics_text_is_name(name, true));
    must((kind == METRIC_COUNTER) == ends_with(name, "_total"));
    struct family *family = &registry.families[registry.family_count++];
    *family = (struct family){.name = name, .help = help, .kind = kind};
    family->end = &family->first;
    return family;
}

static struct metric *metric_of_labels(const struct family *family, const char *labels)
{
    struct metric *metric = family->first;
    while (metric && strcmp(metric->labels, labels) != 0) {
        metric = metric->next;
    }
    return metric;
}

/* Metrics are asked for at starts and assignments, so memory that is out is a failed start. */
static struct metric *metric_new(void)
{
    struct metric *metric = calloc(1, sizeof *metric);
    must(metric);
    return metric;
}

/* Beyond the limit all share one metric of their kind, which counts for nobody. */
static struct metric *metric_not_shown(enum metric_kind kind)
{
    static struct metric *sinks[METRIC_HISTOGRAM + 1];
    atomic_fetch_add(&registry.dropped, 1);
    if (!sinks[kind]) {
        sinks[kind] = metric_new();
        if (kind == METRIC_HISTOGRAM) {
            sinks[kind]->histogram.buckets = metric_buckets_seconds;
        }
    }
    return sinks[kind];
}

static struct metric *metric_register(const char *name, const char *help,
                                      const struct metric_label *labels, enum metric_kind kind,
                                      struct metric_buckets buckets)
{
    char *text = labels_text(labels);
    must(pthread_mutex_lock(&registry.lock) == 0);
    struct family *family = family_of(name, help, kind);
    struct metric *metric = metric_of_labels(family, text);
    if (!metric && registry.metric_count == METRICS_MAX) {
        metric = metric_not_shown(kind);
    } else if (!metric) {
        metric = metric_new();
        if (kind == METRIC_HISTOGRAM) {
            metric->histogram.buckets = buckets;
        }
        metric->labels = text;
        text = NULL; /* owned by the metric now */
        *family->end = metric;
        family->end = &metric->next;
        registry.metric_count++;
    }
    must(pthread_mutex_unlock(&registry.lock) == 0);
    free(text);
    return metric;
}

struct counter *metric_counter(const char *name, const char *help,
                               const struct metric_label *labels)
{
    const struct metric_buckets none = {0};
    return &metric_register(name, help, labels, METRIC_COUNTER, none)->counter;
}

struct gauge *metric_gauge(const char *name, const char *help, const struct metric_label *labels)
{
    const struct metric_buckets none = {0};
    return &metric_register(name, help, labels, METRIC_GAUGE, none)->gauge;
}

struct histogram *metric_histogram(const char *name, const char *help,
                                   const struct metric_label *labels, struct metric_buckets buckets)
{
    must(buckets.count > 0 && buckets.count <= METRIC_BUCKETS_MAX);
    return &metric_register(name, help, labels, METRIC_HISTOGRAM, buckets)->histogram;
}

/* ---- Values ------------------------------------------------------------------------------- */

void counter_add(struct counter *counter, uint64_t count)
{
    atomic_fetch_add_explicit(&counter->value, count, memory_order_relaxed);
}

uint64_t counter_value(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

void gauge_set(struct gauge *gauge, double value)
{
    atomic_store_explicit(&gauge->bits, bits_of(value), memory_order_relaxed);
    atomic_store_explicit(&gauge->shown, true, memory_order_release);
}

void gauge_hide(struct gauge *gauge)
{
    atomic_store_explicit(&gauge->shown, false, memory_order_release);
}

void histogram_observe(struct histogram *histogram, double value)
{
    size_t bucket = 0;
    must(!isnan(value));
    while (bucket < histogram->buckets.count && value > histogram->buckets.bounds[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    uint64_t before = atomic_load_explicit(&histogram->sum_bits, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&histogram->sum_bits, &before,
                                                  bits_of(value_of(before) + value),
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* ---- Text --------------------------------------------------------------------------------- */

/* Counts are summed up here, so +Inf and _count agree whatever is observed meanwhile. */
static void render_histogram(const char *name, const struct metric *metric, struct buffer *out)
{
    const struct histogram *histogram = &metric->histogram;
    size_t count = histogram->buckets.count;
    uint64_t sum = 0;
    for (size_t i = 0; i <= count; i++) {
        char bound[METRICS_NUMBER_SIZE];
        struct buffer labels = {.limit = LABELS_SIZE_MAX + 64};
        sum += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        buffer_append(&labels, metric->labels, strlen(metric->labels));
        metrics_text_label(
            &labels, "le",
            metrics_text_number(i < count ? histogram->buckets.bounds[i] : INFINITY, bound));
        buffer_append_byte(&labels, '\0');
        if (labels.failed) {
            out->failed = true;
        } else {
            metrics_text_sample(out, name, "_bucket", (const char *)labels.data, (double)sum);
        }
        buffer_done(&labels);
    }
    double total = value_of(atomic_load_explicit(&histogram->sum_bits, memory_order_relaxed));
    metrics_text_sample(out, name, "_sum", metric->labels, total);
    metrics_text_sample(out, name, "_count", metric->labels, (double)sum);
}

static void render_family(const struct family *family, struct buffer *out)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    metrics_text_head(out, family->name, family->help, types[family->kind]);
    for (const struct metric *metric = family->first; metric; metric = metric->next) {
        switch (family->kind) {
        case METRIC_COUNTER:
            metrics_text_sample(out, family->name, "", metric->labels,
                                (double)counter_value(&metric->counter));
            break;
        case METRIC_GAUGE:
            if (atomic_load_explicit(&metric->gauge.shown, memory_order_acquire)) {
                uint64_t bits = atomic_load_explicit(&metric->gauge.bits, memory_order_relaxed);
                metrics_text_sample(out, family->name, "", metric->labels, value_of(bits));
            }
            break;
        case METRIC_HISTOGRAM:
            render_histogram(family->name, metric, out);
            break;
        }
    }
}

void metrics_render(struct buffer *out)
{
    must(pthread_mutex_lock(&registry.lock) == 0);
    for (size_t i = 0; i < registry.family_count; i++) {
        render_family(&registry.families[i], out);
    }
    must(pthread_mutex_unlock(&registry.lock) == 0);
    metrics_text_head(out, "shortfall_metrics_dropped_total",
                      "Metrics that are not shown because there are too many.", "counter");
    metrics_text_sample(out, "shortfall_metrics_dropped_total", "", "",
                        (double)atomic_load(&registry.dropped));
    metrics_process_render(out);
}
