#include "caseworker/case_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/record_type.h"

enum {
    CURRENCY_LETTERS = 3,
    KINDS = NOTICE_NEEDS_ACTION + 1,
    AUDIENCES = AUDIENCE_SUPPORT + 1,
    CAUSES = CAUSE_REPORTED + 1,
    CHOICES = CHOICE_ASK_PLATFORM + 1,
    COMPENSATIONS = COMPENSATION_RULING + 1,
    PENDING_FIRST_CAPACITY = 256,
};

static const double wait_bounds[] = {0.1, 0.25, 0.5,  1,    2.5,  5,     10,    30,     60,    120,
                                     300, 600,  1800, 3600, 7200, 21600, 86400, 259200, 604800};

const struct metric_buckets metric_buckets_waits = {wait_bounds,
                                                    sizeof wait_bounds / sizeof *wait_bounds};

/* How many and how much. */
struct money_counters {
    struct counter *count;
    struct counter *minor_units;
};

struct currency_counters {
    char currency[CURRENCY_SIZE];
    struct money_counters requested;
    struct money_counters succeeded;
    struct money_counters failed;
    struct money_counters compensations[COMPENSATIONS];
};

/* A count or, with a histogram, a wait that waits for its commit. */
struct pending {
    struct counter *counter;
    uint64_t count;
    struct histogram *histogram;
    int64_t since_ms;
    int64_t until_ms; /* INT64_MAX: the commit */
};

struct case_metrics {
    struct histogram *notice_waits[CAUSES];
    struct histogram *choice_waits[CHOICES];
    struct counter *deadlines;
    struct histogram *deadline_late_seconds;
    struct counter *restores_from_redis;
    struct counter *restores_from_kafka;
    struct counter *notifications[KINDS][AUDIENCES]; /* NULL: there is none of that kind */
    struct currency_counters currencies[CASE_METRICS_CURRENCIES_MAX + 1]; /* the last: "other" */
    uint32_t currency_count;
    struct pending *pending; /* owned */
    uint32_t pending_count;
    uint32_t pending_capacity;
};

/* ---- registration --------------------------------------------------------------------------- */

static struct money_counters money_counters(const char *count_name, const char *count_help,
                                            const char *money_name, const char *money_help,
                                            const struct metric_label *labels)
{
    return (struct money_counters){metric_counter(count_name, count_help, labels),
                                   metric_counter(money_name, money_help, labels)};
}

static void register_currency(struct currency_counters *of, const char *currency)
{
    (void)strncat(of->currency, currency, sizeof of->currency - 1);
    const struct metric_label *labels = METRIC_LABELS({"currency", of->currency});
    of->requested = money_counters("shortfall_refunds_requested_total", "Refunds asked for.",
                                   "shortfall_refunds_requested_minor_units_total",
                                   "Money of the refunds asked for.", labels);
    of->succeeded = money_counters("shortfall_refunds_succeeded_total", "Refunds done.",
                                   "shortfall_refunds_succeeded_minor_units_total",
                                   "Money of the refunds done.", labels);
    of->failed = money_counters(
        "shortfall_refunds_failed_total", "Refunds given up and handed to a person.",
        "shortfall_refunds_failed_minor_units_total", "Money of the refunds given up.", labels);
    for (unsigned kind = COMPENSATION_UNKNOWN + 1; kind < COMPENSATIONS; kind++) {
        const char *symbol = record_type_symbol(&type_compensation, "kind", kind);
        of->compensations[kind] = money_counters(
            "shortfall_compensations_total", "Compensations ordered.",
            "shortfall_compensations_minor_units_total", "Money of the compensations ordered.",
            METRIC_LABELS({"currency", of->currency}, {"kind", symbol}));
    }
}

static void register_notifications(struct case_metrics *self)
{
    for (unsigned kind = NOTICE_UNKNOWN + 1; kind < KINDS; kind++) {
        for (unsigned audience = AUDIENCE_BUYER; audience < AUDIENCES; audience++) {
            if ((kind == NOTICE_NEEDS_ACTION) == (audience == AUDIENCE_BUYER)) {
                continue;
            }
            self->notifications[kind][audience] = metric_counter(
                "shortfall_notifications_total", "Notifications by kind and reader.",
                METRIC_LABELS(
                    {"kind", record_type_symbol(&type_notification, "kind", kind)},
                    {"audience", record_type_symbol(&type_notification, "audience", audience)}));
        }
    }
}

struct case_metrics *case_metrics_new(void)
{
    struct case_metrics *self = calloc(1, sizeof *self);
    if (!self) {
        return NULL;
    }
    for (unsigned cause = CAUSE_UNKNOWN + 1; cause < CAUSES; cause++) {
        self->notice_waits[cause] = metric_histogram(
            "shortfall_paid_to_notice_seconds",
            "From the payment to the buyer's first notice, committed, by what made the line short.",
            METRIC_LABELS({"cause", record_type_symbol(&type_shortage, "cause", cause)}),
            metric_buckets_waits);
    }
    for (unsigned choice = CHOICE_UNKNOWN + 1; choice < CHOICES; choice++) {
        self->choice_waits[choice] = metric_histogram(
            "shortfall_choice_to_effect_seconds",
            "From a buyer's choice to its effects, committed.",
            METRIC_LABELS({"choice", record_type_symbol(&type_buyer_decision, "choice", choice)}),
            metric_buckets_waits);
    }
    self->deadlines = metric_counter("shortfall_deadlines_fired_total", "Deadlines fired.", NULL);
    self->deadline_late_seconds = metric_histogram(
        "shortfall_deadline_late_seconds", "How late deadlines fired.", NULL, metric_buckets_waits);
    static const char *const restores = "Partitions restored, by what the state came from.";
    self->restores_from_redis =
        metric_counter("shortfall_restores_total", restores, METRIC_LABELS({"from", "redis"}));
    self->restores_from_kafka =
        metric_counter("shortfall_restores_total", restores, METRIC_LABELS({"from", "kafka"}));
    register_notifications(self);
    register_currency(&self->currencies[CASE_METRICS_CURRENCIES_MAX], "other");
    return self;
}

void case_metrics_free(struct case_metrics *self)
{
    if (self) {
        free(self->pending);
        free(self);
    }
}

/* ---- currencies ----------------------------------------------------------------------------- */

static bool is_currency(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CURRENCY_LETTERS &&
           text[CURRENCY_LETTERS] == '\0';
}

static struct currency_counters *currency_of(struct case_metrics *self, const char *currency)
{
    for (uint32_t i = 0; i < self->currency_count; i++) {
        if (strcmp(self->currencies[i].currency, currency) == 0) {
            return &self->currencies[i];
        }
    }
    if (self->currency_count == CASE_METRICS_CURRENCIES_MAX || !is_currency(currency)) {
        return &self->currencies[CASE_METRICS_CURRENCIES_MAX];
    }
    struct currency_counters *of = &self->currencies[self->currency_count++];
    register_currency(of, currency);
    return of;
}

const char *case_metrics_currency(struct case_metrics *self, const char *currency)
{
    return currency_of(self, currency)->currency;
}

/* ---- noting and counting -------------------------------------------------------------------- */

static void count_pending(const struct pending *pending, int64_t now_ms)
{
    if (!pending->histogram) {
        counter_add(pending->counter, pending->count);
        return;
    }
    int64_t until_ms = pending->until_ms == INT64_MAX ? now_ms : pending->until_ms;
    int64_t wait_ms = until_ms - pending->since_ms;
    histogram_observe(pending->histogram, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0);
}

/* Without memory it is counted at once: rather early than not at all. */
static void note(struct case_metrics *self, struct pending pending)
{
    if (self->pending_count == self->pending_capacity) {
        uint32_t capacity =
            self->pending_capacity ? 2 * self->pending_capacity : PENDING_FIRST_CAPACITY;
        struct pending *grown = realloc(self->pending, capacity * sizeof *grown);
        if (!grown) {
            count_pending(&pending, pending.since_ms);
            return;
        }
        self->pending = grown;
        self->pending_capacity = capacity;
    }
    self->pending[self->pending_count++] = pending;
}

static void note_count(struct case_metrics *self, struct counter *counter, uint64_t count)
{
    note(self, (struct pending){.counter = counter, .count = count});
}

static void note_money(struct case_metrics *self, const struct money_counters *of,
                       int64_t amount_minor)
{
    must(amount_minor >= 0);
    note_count(self, of->count, 1);
    note_count(self, of->minor_units, (uint64_t)amount_minor);
}

static void note_first_notice(struct case_metrics *self, const struct case_file *file,
                              const struct notification *notice, int64_t until_ms)
{
    const struct case_line *line =
        notice->line_count ? case_find_line(file, notice->lines[0].line_no) : NULL;
    if (line && line->cause != CAUSE_UNKNOWN) {
        note(self, (struct pending){.histogram = self->notice_waits[line->cause],
                                    .since_ms = file->paid_at_ms,
                                    .until_ms = until_ms});
    }
}

static void note_notification(struct case_metrics *self, const struct case_file *file,
                              const struct notification *notice, int64_t until_ms)
{
    const struct currency_counters *money = currency_of(self, file->currency);
    struct counter *counter = self->notifications[notice->kind][notice->audience];
    must(counter);
    note_count(self, counter, 1);
    if (notice->kind == NOTICE_SHORTAGE) {
        note_first_notice(self, file, notice, until_ms);
    } else if (notice->kind == NOTICE_REFUND_DONE) {
        note_money(self, &money->succeeded, notice->amount_minor.value);
    } else if (text_equal(notice->reason, TEXT("REFUND_FAILED"))) {
        note_money(self, &money->failed, notice->amount_minor.value);
    }
}

void case_metrics_judged(struct case_metrics *self, const struct case_file *file,
                         const struct case_fact *fact, const struct case_effects *effects,
                         bool record_clock)
{
    int64_t until_ms = record_clock ? fact->at_ms : INT64_MAX;
    if (effects->verdict != VERDICT_APPLIED) {
        return;
    }
    if (fact->kind == CASE_FACT_BUYER_DECISION && fact->buyer_decision->choice != CHOICE_UNKNOWN) {
        note(self, (struct pending){.histogram = self->choice_waits[fact->buyer_decision->choice],
                                    .since_ms = fact->buyer_decision->decided_at_ms,
                                    .until_ms = until_ms});
    }
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        note_notification(self, file, &effects->notifications[i], until_ms);
    }
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        const struct refund_request *request = &effects->refund_requests[i];
        if (request->attempt == 1) { /* a later one asks for the same money again */
            note_money(self, &currency_of(self, file->currency)->requested, request->amount_minor);
        }
    }
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        const struct compensation *compensation = &effects->compensations[i];
        note_money(self, &currency_of(self, file->currency)->compensations[compensation->kind],
                   compensation->amount_minor);
    }
}

void case_metrics_committed(struct case_metrics *self, int64_t now_ms)
{
    for (uint32_t i = 0; i < self->pending_count; i++) {
        count_pending(&self->pending[i], now_ms);
    }
    self->pending_count = 0;
}

void case_metrics_dropped(struct case_metrics *self)
{
    self->pending_count = 0;
}

void case_metrics_fired(struct case_metrics *self, int64_t late_ms)
{
    counter_add(self->deadlines, 1);
    histogram_observe(self->deadline_late_seconds, late_ms > 0 ? (double)late_ms / 1000.0 : 0);
}

void case_metrics_restored(struct case_metrics *self, bool from_redis)
{
    counter_add(from_redis ? self->restores_from_redis : self->restores_from_kafka, 1);
}
