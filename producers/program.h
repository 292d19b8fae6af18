/* What the four programs share: from the command line to the exit status.
 *
 * Results go to standard output, everything else to standard error. Exit statuses are those of
 * sysexits.h, as in the operator's command. */
#ifndef SHORTFALL_PRODUCERS_PROGRAM_H
#define SHORTFALL_PRODUCERS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/settings.h"

enum program_exit {
    PROGRAM_DONE = 0,
    PROGRAM_MISUSE = 64,      /* EX_USAGE: called wrongly */
    PROGRAM_BAD_DATA = 65,    /* EX_DATAERR: a fact is broken */
    PROGRAM_UNAVAILABLE = 69, /* EX_UNAVAILABLE: Kafka or the pipeline does not answer */
    PROGRAM_BROKEN = 70,      /* EX_SOFTWARE: anything else */
    /* SETTINGS_EXIT = 78: a bad configuration */
};

struct program {
    const char *name;
    const char *usage;   /* what comes after the name */
    const char *summary; /* what it does, some sentences */
    const struct settings_flag *flags;
    int (*run)(const struct settings *settings);
};

/* The whole life of the process: settings, help, run. */
int program_main(const struct program *program, int argc, char **argv);

/* Says what went wrong and gives the exit status for it. */
int program_failed(enum status status, const struct error *error);
/* Called wrongly: says how. */
int program_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of a flag; where it was not given *value stays. False: it is none, or not between min
 * and max, and that has been said. */
bool program_number(const struct settings *settings, const char *flag, int64_t min, int64_t max,
                    int64_t *value);
bool program_duration(const struct settings *settings, const char *flag, int64_t min_ms,
                      int64_t *value_ms);

/* SIGINT and SIGTERM from now on only set what program_is_stopped tells; a second one ends. */
void program_catch_stop(void);
bool program_is_stopped(void);

#endif
