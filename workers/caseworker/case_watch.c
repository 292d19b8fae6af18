#include "caseworker/case_watch.h"

#include <stdlib.h>
#include <string.h>

#include "caseworker/case_survey.h"
#include "kit/record_type.h"

enum {
    SLOTS_A_SECOND = 20000, /* of all partitions: some milliseconds of looking */
    SLOTS_LEAST = 64,       /* of one partition */
};

struct partition_watch {
    bool surveyed; /* survey.complete is one */
    bool redis_stale;
    size_t bytes;
    int64_t overdue_ms; /* of the earliest deadline; 0: none has passed */
    struct case_survey survey;
};

struct money_gauges {
    struct gauge *outstanding;
    struct gauge *outstanding_minor;
    struct gauge *overdue;
    struct gauge *overdue_minor;
};

struct case_watch {
    struct case_metrics *metrics; /* borrowed */
    int32_t partition_count;
    struct partition_watch *partitions; /* owned */
    bool with_redis;
    struct gauge *open_cases;
    struct gauge *lines[LINE_STATE_COUNT];
    struct gauge *settlements[SETTLEMENT_STATE_COUNT];
    struct gauge *deadlines[SURVEY_SPANS];
    struct gauge *overdue_seconds;
    struct gauge *stale_partitions;
    struct gauge *state_bytes;
    struct survey_figures sum;
};

static const char *const settlement_names[SETTLEMENT_STATE_COUNT] = {
    [SETTLEMENT_NONE] = "NONE",         [SETTLEMENT_CLAIMED] = "CLAIMED",
    [SETTLEMENT_OFFERED] = "OFFERED",   [SETTLEMENT_AGREED] = "AGREED",
    [SETTLEMENT_DECLINED] = "DECLINED", [SETTLEMENT_ESCALATED] = "ESCALATED",
    [SETTLEMENT_RULED] = "RULED",
};

static const char *const span_names[SURVEY_SPANS] = {"minute", "hour", "day", "any"};

static void register_gauges(struct case_watch *watch)
{
    watch->open_cases = metric_gauge("shortfall_open_cases", "Cases that have not ended.", NULL);
    for (unsigned state = LINE_CONFIRMING; state < LINE_STATE_COUNT; state++) {
        watch->lines[state] = metric_gauge(
            "shortfall_case_lines", "Lines of open cases by state.",
            METRIC_LABELS({"state", record_type_symbol(&type_line_change, "after", state)}));
    }
    for (int state = SETTLEMENT_CLAIMED; state < SETTLEMENT_STATE_COUNT; state++) {
        watch->settlements[state] =
            metric_gauge("shortfall_settlements", "Compensation claims by state.",
                         METRIC_LABELS({"state", settlement_names[state]}));
    }
    for (int span = 0; span < SURVEY_SPANS; span++) {
        watch->deadlines[span] = metric_gauge("shortfall_deadlines_ahead",
                                              "Open cases whose next deadline comes within a time.",
                                              METRIC_LABELS({"within", span_names[span]}));
    }
    watch->overdue_seconds =
        metric_gauge("shortfall_deadline_overdue_seconds",
                     "How long the earliest deadline has been due without having fired.", NULL);
    watch->state_bytes = metric_gauge("shortfall_state_bytes", "Memory of the state, about.", NULL);
    if (watch->with_redis) {
        watch->stale_partitions =
            metric_gauge("shortfall_redis_stale_partitions",
                         "Partitions that Redis does not show as they are.", NULL);
    }
}

struct case_watch *case_watch_new(int32_t partition_count, bool with_redis,
                                  struct case_metrics *metrics)
{
    struct case_watch *watch = calloc(1, sizeof *watch);
    struct partition_watch *partitions = calloc((size_t)partition_count, sizeof *partitions);
    if (!watch || !partitions) {
        free(watch);
        free(partitions);
        return NULL;
    }
    *watch = (struct case_watch){.metrics = metrics,
                                 .partition_count = partition_count,
                                 .partitions = partitions,
                                 .with_redis = with_redis};
    register_gauges(watch);
    return watch;
}

void case_watch_free(struct case_watch *watch)
{
    if (watch) {
        free(watch->partitions);
        free(watch);
    }
}

static void show_money(const struct survey_money *money)
{
    const struct metric_label *labels = METRIC_LABELS({"currency", money->currency});
    gauge_set(
        metric_gauge("shortfall_refunds_outstanding", "Refunds asked for and not done.", labels),
        (double)money->outstanding);
    gauge_set(metric_gauge("shortfall_refunds_outstanding_minor_units",
                           "Money of the refunds asked for and not done.", labels),
              (double)money->outstanding_minor);
    gauge_set(metric_gauge("shortfall_refunds_overdue",
                           "Refunds not done past the time they were due by.", labels),
              (double)money->overdue);
    gauge_set(metric_gauge("shortfall_refunds_overdue_minor_units",
                           "Money of the refunds not done in time.", labels),
              (double)money->overdue_minor);
}

/* A currency that had refunds once stays, at zero: a series that vanishes looks like one that is
 * all right. */
static void sum_up(struct case_watch *watch)
{
    struct survey_figures *sum = &watch->sum;
    struct survey_money known[sizeof sum->money / sizeof *sum->money];
    memcpy(known, sum->money, sizeof known);
    *sum = (struct survey_figures){0};
    for (size_t i = 0; known[i].currency; i++) {
        sum->money[i].currency = known[i].currency;
    }
    for (int32_t p = 0; p < watch->partition_count; p++) {
        if (watch->partitions[p].surveyed) {
            survey_figures_add(sum, &watch->partitions[p].survey.complete);
        }
    }
}

static void show_sums(struct case_watch *watch)
{
    const struct survey_figures *sum = &watch->sum;
    gauge_set(watch->open_cases, (double)sum->open_cases);
    for (int state = LINE_CONFIRMING; state < LINE_STATE_COUNT; state++) {
        gauge_set(watch->lines[state], (double)sum->lines[state]);
    }
    for (int state = SETTLEMENT_CLAIMED; state < SETTLEMENT_STATE_COUNT; state++) {
        gauge_set(watch->settlements[state], (double)sum->settlements[state]);
    }
    for (int span = 0; span < SURVEY_SPANS; span++) {
        gauge_set(watch->deadlines[span], (double)sum->deadlines[span]);
    }
    for (const struct survey_money *money = sum->money; money->currency; money++) {
        show_money(money);
    }
}

/* What needs no survey. */
static void show_state(struct case_watch *watch)
{
    int64_t overdue_ms = 0;
    size_t bytes = 0;
    int stale = 0;
    for (int32_t p = 0; p < watch->partition_count; p++) {
        const struct partition_watch *of = &watch->partitions[p];
        overdue_ms = of->overdue_ms > overdue_ms ? of->overdue_ms : overdue_ms;
        bytes += of->bytes;
        stale += of->redis_stale;
    }
    gauge_set(watch->overdue_seconds, (double)overdue_ms / 1000.0);
    gauge_set(watch->state_bytes, (double)bytes);
    if (watch->with_redis) {
        gauge_set(watch->stale_partitions, stale);
    }
}

void case_watch_tend(struct case_watch *watch, const struct case_state *state, int64_t now_ms)
{
    struct partition_watch *of = &watch->partitions[state->partition];
    const struct case_entry *earliest = cases_earliest(&state->cases);
    uint32_t slots = SLOTS_A_SECOND / (uint32_t)watch->partition_count;
    of->bytes = state->cases.bytes;
    of->redis_stale = !state->in_redis;
    of->overdue_ms =
        earliest && earliest->deadline_ms < now_ms ? now_ms - earliest->deadline_ms : 0;
    show_state(watch);
    if (case_survey_go_on(&of->survey, &state->cases, slots > SLOTS_LEAST ? slots : SLOTS_LEAST,
                          now_ms, watch->metrics)) {
        of->surveyed = true;
        sum_up(watch);
        show_sums(watch);
    }
}

void case_watch_drop(struct case_watch *watch, int32_t partition)
{
    watch->partitions[partition] = (struct partition_watch){0};
    show_state(watch);
    sum_up(watch);
    show_sums(watch);
}
