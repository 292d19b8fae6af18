/* shortfall-replay: files of facts in their own time, in lockstep with the pipeline. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/contract.h"
#include "kit/clock.h"
#include "producers/lockstep.h"
#include "producers/program.h"
#include "producers/progress.h"

#define HOUR_MS INT64_C(3600000)

static const struct settings_flag flags[] = {
    {"orders", "FILE", "Facts of order-paid."},
    {"closed", "FILE", "Facts of order-closed."},
    {"stock", "FILE", "Facts of stock-level."},
    {"substitutes", "FILE", "Facts of substitute; a field `at` gives their time."},
    {"decisions", "FILE", "Facts of buyer-decision."},
    {"responses", "FILE", "Facts of seller-response."},
    {"rulings", "FILE", "Facts of platform-ruling."},
    {"refunds", "FILE", "Facts of refund-result."},
    {"rehearse", "SEED", "Play buyers, sellers, platform, payment and shop from this seed."},
    {"tick", "DURATION",
     "How finely time is played (default 1h): a deadline fires at most so "
     "late."},
    {"settle", "DURATION",
     "How long to go on after the last fact while lines wait for something "
     "(default 90d)."},
    {"patience", "DURATION",
     "How long the pipeline may stand still before it counts as stuck "
     "(default 60s)."},
    {"exact", NULL,
     "Never let two facts about a sku race each other: slower, and the same log "
     "each time."},
    {NULL, NULL, NULL},
};

static const struct {
    const char *flag;
    enum topic topic;
} sources[] = {
    {"closed", TOPIC_ORDER_CLOSED},      {"stock", TOPIC_STOCK_LEVEL},
    {"substitutes", TOPIC_SUBSTITUTE},   {"orders", TOPIC_ORDER_PAID},
    {"decisions", TOPIC_BUYER_DECISION}, {"responses", TOPIC_SELLER_RESPONSE},
    {"rulings", TOPIC_PLATFORM_RULING},  {"refunds", TOPIC_REFUND_RESULT},
};
enum { SOURCE_COUNT = sizeof sources / sizeof sources[0] };

static enum status open_sources(const struct settings *settings, struct merge *facts,
                                struct error *error)
{
    for (uint32_t i = 0; i < SOURCE_COUNT; i++) {
        const char *path = settings_flag(settings, sources[i].flag);
        struct fact_file *file;
        enum status status = path ? fact_file_open(path, sources[i].topic, &file, error) : OK;
        if (path && status == OK) {
            status = merge_add(facts, file, error);
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

/* The lines that the data itself closes: the rehearsal's shop must not ship them. */
static enum status read_closings(const char *path, struct line_map *closed, struct error *error)
{
    struct fact_file *file;
    enum status status = fact_file_open(path, TOPIC_ORDER_CLOSED, &file, error);
    bool more = status == OK;
    while (status == OK && more) {
        struct fact fact;
        status = fact_file_next(file, &fact, &more, error);
        if (status == OK && more) {
            const struct order_closed *closing = fact.record;
            int64_t *known = line_map_at(closed, closing->order_id, closing->line_no);
            if (known) {
                *known = 1;
            } else {
                status = error_set(error, FATAL, "out of memory");
            }
        }
    }
    if (status == OK) {
        fact_file_free(file);
    }
    return status;
}

static enum status new_rehearsal(const struct settings *settings, struct line_map *closed,
                                 struct rehearsal **ret_rehearsal, struct error *error)
{
    int64_t seed = 0;
    *ret_rehearsal = NULL;
    if (!settings_flag(settings, "rehearse")) {
        return OK;
    }
    const char *path = settings_flag(settings, "closed");
    enum status status = path ? read_closings(path, closed, error) : OK;
    if (status == OK && !program_number(settings, "rehearse", 0, INT64_MAX, &seed)) {
        status = error_set(error, FATAL, "no seed"); /* has been checked before */
    }
    return status == OK ? rehearsal_new((uint64_t)seed, 1, closed, ret_rehearsal, error) : status;
}

static void show(struct progress *progress, const struct merge *facts,
                 const struct lockstep_counts *counts)
{
    int64_t done, size;
    char words[200];
    char at[TIME_TEXT_SIZE];
    merge_progress(facts, &done, &size);
    (void)snprintf(words, sizeof words,
                   "%.16s  %" PRIu64 " facts, %" PRIu64 " answers, %" PRIu64 " lines waiting",
                   counts->at_ms == INT64_MIN ? "-" : time_format(counts->at_ms, at), counts->facts,
                   counts->answers, counts->open_lines);
    progress_draw(progress, done, size, words);
}

static void tell(const struct progress *progress, const struct lockstep_counts *counts)
{
    char at[TIME_TEXT_SIZE];
    (void)fprintf(stderr,
                  "%" PRIu64 " facts and %" PRIu64 " answers in %" PRIu64 " waves, %" PRIu64
                  " clock ticks, up to %s, in %.1f s; %" PRIu64 " lines still wait\n",
                  counts->facts, counts->answers, counts->waves, counts->ticks,
                  counts->at_ms == INT64_MIN ? "-" : time_format(counts->at_ms, at),
                  (double)progress_elapsed_ms(progress) / 1000, counts->open_lines);
}

static enum status play(struct lockstep *lockstep, const struct merge *facts, struct error *error)
{
    struct progress progress;
    progress_begin(&progress);
    enum status status = OK;
    bool more = true;
    while (status == OK && more && !program_is_stopped()) {
        status = lockstep_step(lockstep, &more, error);
        if (progress_is_due(&progress)) {
            const struct lockstep_counts counts = lockstep_counts(lockstep);
            show(&progress, facts, &counts);
        }
    }
    progress_end(&progress);
    const struct lockstep_counts counts = lockstep_counts(lockstep);
    tell(&progress, &counts);
    return status;
}

static int run(const struct settings *settings)
{
    struct lockstep_options options = {
        .tick_ms = HOUR_MS,
        .settle_ms = 90 * 24 * HOUR_MS,
        .patience_ms = 60000,
        .exact = settings_flag(settings, "exact") != NULL,
    };
    int64_t seed;
    if (!program_duration(settings, "tick", 1, &options.tick_ms) ||
        !program_duration(settings, "settle", 0, &options.settle_ms) ||
        !program_duration(settings, "patience", 1000, &options.patience_ms) ||
        !program_number(settings, "rehearse", 0, INT64_MAX, &seed)) {
        return PROGRAM_MISUSE;
    }
    struct merge facts = {0};
    struct line_map closed = {0};
    struct lockstep *lockstep = NULL;
    struct error error;
    options.facts = &facts;
    program_catch_stop();
    enum status status = open_sources(settings, &facts, &error);
    if (status == OK && facts.count == 0) {
        merge_done(&facts);
        return program_misused("name at least one file of facts, as --orders FILE");
    }
    if (status == OK) {
        status = new_rehearsal(settings, &closed, &options.rehearsal, &error);
    }
    if (status == OK) {
        status = lockstep_new(settings, options, &lockstep, &error);
    }
    if (status == OK) {
        status = play(lockstep, &facts, &error);
    }
    lockstep_free(lockstep);
    rehearsal_free(options.rehearsal);
    line_map_done(&closed);
    merge_done(&facts);
    return status == OK ? PROGRAM_DONE : program_failed(status, &error);
}

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "shortfall-replay",
        .usage = "--orders FILE --stock FILE [--closed FILE] [OPTION...]",
        .summary =
            "Plays files of facts (JSON lines, plain or gzip, each sorted by its own time) through "
            "a\n"
            "pipeline that runs with clock = record: merged in their time, with clock ticks where\n"
            "something falls due, each wave only after the pipeline has drained the one before.",
        .flags = flags,
        .run = run,
    };
    return program_main(&program, argc, argv);
}
