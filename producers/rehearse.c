/* shortfall-rehearse: buyers, sellers, platform, payment and shop for a pipeline that runs. */
#include <inttypes.h>
#include <stdio.h>

#include "kit/clock.h"
#include "producers/news.h"
#include "producers/program.h"
#include "producers/progress.h"
#include "producers/rehearsal.h"
#include "producers/sender.h"

enum { READ_WAIT_MS = 200 };

static const struct settings_flag flags[] = {
    {"seed", "NUMBER", "What all answers are drawn from (default 1)."},
    {"hurry", "NUMBER",
     "Answer so many times faster than people do (default 1): with 3600 an hour "
     "is a second."},
    {"from-start", NULL,
     "Also answer what was said before; what was answered already is said "
     "again with the same ids."},
    {"for", "DURATION", "End by itself after that long; else with SIGINT or SIGTERM."},
    {NULL, NULL, NULL},
};

struct rehearse {
    struct rehearsal *rehearsal;
    struct sender *sender;
    struct news *news;
    uint64_t heard;
};

static enum status hear(void *context, enum topic topic, const void *record, struct error *error)
{
    struct rehearse *rehearse = context;
    rehearse->heard++;
    return rehearsal_take(rehearse->rehearsal, topic, record, clock_now_ms(), error);
}

/* Says everything that is due by now. */
static enum status answer(struct rehearse *rehearse, struct error *error)
{
    struct fact fact;
    int64_t now_ms = clock_now_ms();
    while (rehearsal_first(rehearse->rehearsal, &fact) && fact.at_ms <= now_ms) {
        enum status status = sender_add(rehearse->sender, &fact, error);
        if (status != OK) {
            return status;
        }
        rehearsal_step(rehearse->rehearsal);
    }
    return sender_flush(rehearse->sender, error);
}

static enum status play(struct rehearse *rehearse, int64_t for_ms, struct error *error)
{
    struct progress progress;
    progress_begin(&progress);
    enum status status = OK;
    while (status == OK && !program_is_stopped() && progress_elapsed_ms(&progress) < for_ms) {
        status = news_read_live(rehearse->news, READ_WAIT_MS, error);
        if (status == OK) {
            status = answer(rehearse, error);
        }
        if (progress_is_due(&progress)) {
            char words[100];
            (void)snprintf(words, sizeof words, "%" PRIu64 " heard, %" PRIu64 " answers sent",
                           rehearse->heard, sender_count(rehearse->sender));
            progress_draw(&progress, 0, 0, words);
        }
    }
    progress_end(&progress);
    return status;
}

static int run(const struct settings *settings)
{
    struct rehearse rehearse = {0};
    int64_t seed = 1;
    int64_t hurry = 1;
    int64_t for_ms = INT64_MAX;
    if (!program_number(settings, "seed", 0, INT64_MAX, &seed) ||
        !program_number(settings, "hurry", 1, 1000000, &hurry) ||
        !program_duration(settings, "for", 1, &for_ms)) {
        return PROGRAM_MISUSE;
    }
    struct error error;
    program_catch_stop();
    enum status status = rehearsal_new((uint64_t)seed, hurry, NULL, &rehearse.rehearsal, &error);
    if (status == OK) {
        status = sender_new(settings, "shortfall/rehearse", SENDER_TIME_NOW, false,
                            &rehearse.sender, &error);
    }
    if (status == OK) {
        status = news_new(settings, rehearsal_topics, rehearsal_topic_count,
                          settings_flag(settings, "from-start") != NULL, hear, &rehearse,
                          &rehearse.news, &error);
    }
    if (status == OK) {
        status = play(&rehearse, for_ms, &error);
    }
    if (rehearse.sender) {
        (void)fprintf(stderr, "%" PRIu64 " heard, %" PRIu64 " answers sent\n", rehearse.heard,
                      sender_count(rehearse.sender));
    }
    news_free(rehearse.news);
    sender_free(rehearse.sender);
    rehearsal_free(rehearse.rehearsal);
    return status == OK ? PROGRAM_DONE : program_failed(status, &error);
}

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "shortfall-rehearse",
        .usage = "[OPTION...]",
        .summary =
            "Answers what a running pipeline says, as buyers, sellers, the platform, the payment "
            "system\n"
            "and the shop's warehouse would, at the pace of people or faster. For the time of\n"
            "records use shortfall-replay --rehearse.",
        .flags = flags,
        .run = run,
    };
    return program_main(&program, argc, argv);
}
