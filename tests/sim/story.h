/* What happened, told when it went wrong: one line an event, with the simulated time.
 *
 * Only the last lines are kept, unless all are to be printed as they come. A promise that is broken
 * ends the seed at once, with its story. */
#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

#include <stdbool.h>
#include <stdint.h>

/* print_all: every line goes to standard output at once. */
void story_begin(uint64_t seed, bool print_all);

void story_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the story and what was broken, and ends the process with status 1. */
void story_fail(const char *promise, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* The same where the program itself died of a signal. */
void story_catch_signals(void);

#endif
