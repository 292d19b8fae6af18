/* shortfall-produce: facts as JSON lines into an input topic. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kit/nearest.h"
#include "producers/fact_file.h"
#include "producers/program.h"
#include "producers/progress.h"
#include "producers/sender.h"

static const struct settings_flag flags[] = {
    {"continue", NULL, "Go on after a broken line; the exit status is still 65."},
    {NULL, NULL, NULL},
};

struct produce {
    enum topic topic;
    bool goes_on; /* after a broken line */
    bool dry_run;
    struct sender *sender;
    struct progress progress;
    uint64_t broken; /* lines */
};

/* TOPIC_NONE: there is no such input, which has been said. */
static enum topic input_topic(const char *name)
{
    enum topic topic = topic_by_name(text_of(name));
    if (topic != TOPIC_NONE && topic_info(topic)->input) {
        return topic;
    }
    const char *names[TOPIC_COUNT];
    size_t count = 0;
    for (enum topic each = 0; each < TOPIC_COUNT; each++) {
        if (topic_info(each)->input) {
            names[count++] = topic_info(each)->name;
        }
    }
    const char *near = nearest_name(text_of(name), names, count);
    (void)program_misused("'%s' is no topic that facts go into%s%s%s", name,
                          near ? ": do you mean '" : "", near ? near : "", near ? "'?" : "");
    return TOPIC_NONE;
}

/* Somebody who writes line by line should not wait until a batch is full. */
static enum status flush_if_dry(struct produce *produce, const struct fact_file *file,
                                struct error *error)
{
    return line_reader_is_dry(fact_file_lines(file)) ? sender_flush(produce->sender, error) : OK;
}

static void show_progress(struct produce *produce, const struct fact_file *file)
{
    int64_t done, size;
    line_reader_progress(fact_file_lines(file), &done, &size);
    if (size > 0 && progress_is_due(&produce->progress)) {
        char words[200];
        (void)snprintf(words, sizeof words, "%s: %" PRIu64 " facts",
                       line_reader_name(fact_file_lines(file)), sender_count(produce->sender));
        progress_draw(&produce->progress, done, size, words);
    }
}

/* A broken line is told at once; OK where the rest may still go. */
static enum status judge(struct produce *produce, enum status status, struct error *error)
{
    if (status != POISON) {
        return status;
    }
    produce->broken++;
    progress_end(&produce->progress);
    (void)program_failed(status, error);
    return produce->goes_on ? OK : POISON;
}

static enum status add(struct produce *produce, const struct fact_file *file,
                       const struct fact *fact, struct error *error)
{
    enum status status = sender_add(produce->sender, fact, error);
    return status == POISON ? error_prefix(error, POISON, "%s:%" PRIu64 ": ",
                                           line_reader_name(fact_file_lines(file)),
                                           line_reader_number(fact_file_lines(file)))
                            : status;
}

static enum status produce_file(struct produce *produce, const char *path, struct error *error)
{
    struct fact_file *file;
    enum status status = fact_file_open(path, produce->topic, &file, error);
    if (status != OK) {
        return status;
    }
    bool more = true;
    while (status == OK && more) {
        struct fact fact;
        status = flush_if_dry(produce, file, error);
        if (status == OK) {
            bool broken = false;
            status = fact_file_next(file, &fact, &more, error);
            if (status == OK && more) {
                status = add(produce, file, &fact, error);
            }
            broken = status == POISON;
            status = judge(produce, status, error);
            more = more || broken;
        }
        show_progress(produce, file);
    }
    fact_file_free(file);
    return status;
}

/* What was right before the broken line, or before the file could not be read on, is sent. */
static int finish(struct produce *produce, enum status status, struct error *error)
{
    struct error flushing;
    enum status flushed = sender_flush(produce->sender, &flushing);
    if (flushed != OK && (status == OK || status == POISON)) {
        status = flushed;
        *error = flushing;
    }
    progress_end(&produce->progress);
    int result = produce->broken ? PROGRAM_BAD_DATA : PROGRAM_DONE;
    if (status != OK && status != POISON) { /* a broken line has been told */
        result = program_failed(status, error);
    }
    (void)fprintf(stderr, "%" PRIu64 " facts %s %s", sender_count(produce->sender),
                  produce->dry_run ? "are right for" : "sent to", topic_info(produce->topic)->name);
    if (produce->broken) {
        (void)fprintf(stderr, ", %" PRIu64 " lines broken%s", produce->broken,
                      produce->goes_on ? "" : ", stopped there (--continue goes on)");
    }
    (void)fputc('\n', stderr);
    return result;
}

static int run(const struct settings *settings)
{
    size_t count;
    char *const *rest = settings_rest(settings, &count);
    if (count == 0) {
        return program_misused("name the topic");
    }
    struct produce produce = {
        .topic = input_topic(rest[0]),
        .goes_on = settings_flag(settings, "continue") != NULL,
        .dry_run = settings_action(settings) == SETTINGS_DRY_RUN,
    };
    if (produce.topic == TOPIC_NONE) {
        return PROGRAM_MISUSE;
    }
    struct error error;
    enum status status = sender_new(settings, "shortfall/produce", SENDER_TIME_NOW, produce.dry_run,
                                    &produce.sender, &error);
    if (status != OK) {
        return program_failed(status, &error);
    }
    progress_begin(&produce.progress);
    if (count == 1) {
        status = produce_file(&produce, "-", &error);
    }
    for (size_t i = 1; status == OK && i < count; i++) {
        status = produce_file(&produce, rest[i], &error);
    }
    int result = finish(&produce, status, &error);
    sender_free(produce.sender);
    return result;
}

int main(int argc, char **argv)
{
    const struct program program = {
        .name = "shortfall-produce",
        .usage = "TOPIC [FILE...] [OPTION...]",
        .summary =
            "Sends facts, one JSON object a line, into an input topic: from files (plain or gzip) "
            "or\n"
            "standard input. Each line is checked against the schema first; the first broken one "
            "is\n"
            "named by file, line and field, and nothing of it or after it is sent. --dry-run only\n"
            "checks. A paid order may have a field `traceparent` (W3C Trace Context), which is "
            "sent\n"
            "as the message's header.",
        .flags = flags,
        .run = run,
    };
    return program_main(&program, argc, argv);
}
