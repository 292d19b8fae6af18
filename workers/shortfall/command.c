#include "shortfall/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/codec_open.h"
#include "kit/nearest.h"

#define RECORD_ARENA_LIMIT ((size_t)64 << 20)

enum status call_open_schemas(struct call *call, struct error *error)
{
    enum status status = codec_open(call->settings, CODEC_OF_TOOL, &call->codec, error);
    if (status == OK) {
        call->arena = arena_new(RECORD_ARENA_LIMIT);
        status = call->arena ? OK : error_set(error, FATAL, "out of memory");
    }
    return status;
}

enum status call_open(struct call *call, struct error *error)
{
    enum status status = call_open_schemas(call, error);
    return status == OK ? reader_new(call->settings, true, &call->reader, error) : status;
}

void call_done(struct call *call)
{
    reader_free(call->reader);
    codec_free(call->codec);
    arena_free(call->arena);
    settings_free(call->settings);
}

const char *call_argument(const struct call *call, size_t n)
{
    size_t count;
    char *const *rest = settings_rest(call->settings, &count);
    must(n < count);
    return rest[n];
}

int call_failed(const struct call *call, enum status status, const struct error *error)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "shortfall %s: %s\n", call->command->name, error->text);
    return status == RETRY ? EXIT_UNAVAILABLE : EXIT_BROKEN;
}

int call_misused(const struct call *call, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    must(size >= 0);
    (void)fprintf(stderr, "shortfall %s: %s (`shortfall help %s` explains)\n", call->command->name,
                  words, call->command->name);
    return EXIT_MISUSE;
}

int call_misused_name(const struct call *call, const char *what, const char *name,
                      const char *const *names, size_t count)
{
    const char *nearest = nearest_name(text_of(name), names, count);
    return nearest ? call_misused(call, "there is no %s '%s'; is '%s' meant?", what, name, nearest)
                   : call_misused(call, "there is no %s '%s'", what, name);
}

const char *call_flag(const struct call *call, const char *name)
{
    for (const struct settings_flag *flag = call->command->flags; flag->name; flag++) {
        if (strcmp(flag->name, name) == 0) {
            return settings_flag(call->settings, name);
        }
    }
    return NULL;
}

bool call_number(const struct call *call, const char *flag, int64_t min, int64_t max,
                 int64_t *number)
{
    const char *value = call_flag(call, flag);
    if (!value) {
        return true;
    }
    char *end;
    errno = 0;
    long long found = strtoll(value, &end, 10);
    if (errno || end == value || *end || found < min || found > max) {
        (void)call_misused(call, "--%s takes a number from %" PRId64 " to %" PRId64 ", not '%s'",
                           flag, min, max, value);
        return false;
    }
    *number = found;
    return true;
}

enum topic call_topic(const struct call *call, const char *name)
{
    const char *prefix = settings_text(call->settings, "topic.prefix");
    enum topic topic = topic_by_name(text_of(name));
    if (topic == TOPIC_NONE && strncmp(name, prefix, strlen(prefix)) == 0) {
        topic = topic_by_name(text_of(name + strlen(prefix)));
    }
    if (topic == TOPIC_NONE) {
        const char *names[TOPIC_COUNT];
        for (enum topic each = 0; each < TOPIC_COUNT; each++) {
            names[each] = topic_info(each)->name;
        }
        (void)call_misused_name(call, "topic", name, names, TOPIC_COUNT);
    }
    return topic;
}

enum status call_decode(struct call *call, const struct record_type *type, struct text bytes,
                        const void **ret_record, struct error *error)
{
    void *record = arena_take(call->arena, type->size);
    if (!record) {
        return error_set(error, FATAL, "out of memory for one record");
    }
    enum status status = codec_decode(call->codec, type, bytes, call->arena, record, error);
    if (status == OK) {
        *ret_record = record;
    }
    return status;
}

int64_t call_now_ms(const struct call *call, int64_t latest_ms)
{
    bool by_record = strcmp(settings_text(call->settings, "clock"), "record") == 0;
    return by_record ? latest_ms : clock_now_ms();
}

/* ---- finding and running -------------------------------------------------------------------- */

const struct command *command_find(const struct command *const *commands, int word_count,
                                   char *const *words, int *ret_taken)
{
    for (; *commands; commands++) {
        const char *left = (*commands)->name;
        int taken = 0;
        while (*left && taken < word_count) {
            size_t size = strlen(words[taken]);
            if (size == 0 || strncmp(left, words[taken], size) != 0 ||
                (left[size] && left[size] != ' ')) {
                break;
            }
            left += size + (left[size] == ' ');
            taken++;
        }
        if (!*left) {
            *ret_taken = taken;
            return *commands;
        }
    }
    return NULL;
}

void command_help(const struct command *command, FILE *out)
{
    (void)fprintf(out, "%s.\n\n  shortfall %s%s%s [OPTION...]\n\n", command->summary, command->name,
                  *command->arguments ? " " : "", command->arguments);
    settings_help(SETTINGS_TOOL, command->flags, out);
}

static int run_checked(struct call *call)
{
    size_t count;
    char *const *rest = settings_rest(call->settings, &count);
    const struct command *command = call->command;
    if (count < command->argument_count) {
        return call_misused(call, "%s is missing", command->arguments);
    }
    if (count > command->argument_count) {
        return call_misused(call, "'%s' is one word too many", rest[command->argument_count]);
    }
    struct error error;
    if (!command->offline && settings_require(call->settings, "bootstrap.servers", &error) != OK) {
        (void)call_failed(call, FATAL, &error);
        return SETTINGS_EXIT;
    }
    if (settings_kafka_warning(call->settings)) {
        (void)fprintf(stderr, "shortfall %s: %s\n", command->name,
                      settings_kafka_warning(call->settings));
    }
    return command->run(call);
}

int command_run(const struct command *command, int argc, char **argv)
{
    struct call call = {.command = command};
    struct error error;
    if (settings_load_with(SETTINGS_TOOL, command->flags, argc, argv, &call.settings, &error) !=
        OK) {
        (void)fprintf(stderr, "shortfall %s: %s\n", command->name, error.text);
        return SETTINGS_EXIT;
    }
    int exit_status = EXIT_DONE;
    switch (settings_action(call.settings)) {
    case SETTINGS_RUN:
        exit_status = run_checked(&call);
        break;
    case SETTINGS_DRY_RUN:
        settings_print(call.settings, stdout);
        break;
    case SETTINGS_HELP:
        command_help(command, stdout);
        break;
    case SETTINGS_VERSION:
        (void)printf("shortfall %s\n", SHORTFALL_VERSION);
        break;
    }
    call_done(&call);
    return exit_status;
}
