#include "producers/program.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/clock.h"

static const char *program_name = "shortfall"; /* set once, at the start of main */
static volatile sig_atomic_t stopped;

static void print_help(const struct program *program)
{
    (void)printf("%s %s\n\n%s\n\n", program->name, program->usage, program->summary);
    settings_help(SETTINGS_TOOL, program->flags, stdout);
}

int program_main(const struct program *program, int argc, char **argv)
{
    program_name = program->name;
    struct settings *settings;
    struct error error;
    if (settings_load_with(SETTINGS_TOOL, program->flags, argc, argv, &settings, &error) != OK) {
        (void)fprintf(stderr, "%s: %s\n", program_name, error.text);
        return SETTINGS_EXIT;
    }
    int result = PROGRAM_DONE;
    switch (settings_action(settings)) {
    case SETTINGS_HELP:
        print_help(program);
        break;
    case SETTINGS_VERSION:
        (void)printf("%s %s\n", program->name, SHORTFALL_VERSION);
        break;
    case SETTINGS_RUN:
        if (settings_kafka_warning(settings)) {
            (void)fprintf(stderr, "%s: %s\n", program->name, settings_kafka_warning(settings));
        }
        result = program->run(settings);
        break;
    case SETTINGS_DRY_RUN:
        result = program->run(settings);
        break;
    }
    settings_free(settings);
    return result;
}

int program_failed(enum status status, const struct error *error)
{
    (void)fprintf(stderr, "%s: %s\n", program_name, error->text);
    switch (status) {
    case POISON:
        return PROGRAM_BAD_DATA;
    case RETRY:
        return PROGRAM_UNAVAILABLE;
    case OK:
    case ABORT_TXN:
    case FATAL:
        return PROGRAM_BROKEN;
    }
    return PROGRAM_BROKEN;
}

int program_misused(const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(words, sizeof words, format, arguments) < 0) {
        words[0] = '\0';
    }
    va_end(arguments);
    (void)fprintf(stderr, "%s: %s; see %s --help\n", program_name, words, program_name);
    return PROGRAM_MISUSE;
}

bool program_number(const struct settings *settings, const char *flag, int64_t min, int64_t max,
                    int64_t *value)
{
    const char *text = settings_flag(settings, flag);
    if (!text) {
        return true;
    }
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end || number < min || number > max) {
        (void)program_misused("--%s takes a whole number from %" PRId64 " to %" PRId64 ", not '%s'",
                              flag, min, max, text);
        return false;
    }
    *value = number;
    return true;
}

bool program_duration(const struct settings *settings, const char *flag, int64_t min_ms,
                      int64_t *value_ms)
{
    const char *text = settings_flag(settings, flag);
    int64_t value;
    if (!text) {
        return true;
    }
    if (!duration_parse(text_of(text), &value) || value < min_ms) {
        char least[TIME_TEXT_SIZE];
        (void)program_misused("--%s takes a duration like 90d, 6h or 1m30s of at least %s, not "
                              "'%s'",
                              flag, duration_format(min_ms, least), text);
        return false;
    }
    *value_ms = value;
    return true;
}

static void stop(int signal_number)
{
    if (stopped) {
        _Exit(128 + signal_number);
    }
    stopped = 1;
}

void program_catch_stop(void)
{
    struct sigaction action = {.sa_handler = stop};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool program_is_stopped(void)
{
    return stopped != 0;
}
