#include "story.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

_Noreturn void __real__exit(int status); /* ours may be a simulated one */

enum { LINES_KEPT = 400, LINE_SIZE = 400 };

static char lines[LINES_KEPT][LINE_SIZE];
static uint64_t line_count;
static uint64_t of_seed;
static bool prints_all;

void story_begin(uint64_t seed, bool print_all)
{
    of_seed = seed;
    line_count = 0;
    prints_all = print_all;
}

void story_tell(const char *format, ...)
{
    char *line = lines[line_count++ % LINES_KEPT];
    int64_t now_us = process_time_us();
    const char *who = process_name();
    int used = snprintf(line, LINE_SIZE, "%9.3f %-14s ", (double)now_us / 1e6, who);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + used, LINE_SIZE - (size_t)used, format, arguments);
    va_end(arguments);
    if (prints_all) {
        (void)puts(line);
    }
}

static void print_kept(void)
{
    uint64_t first = line_count > LINES_KEPT ? line_count - LINES_KEPT : 0;
    for (uint64_t i = first; i < line_count && !prints_all; i++) {
        (void)puts(lines[i % LINES_KEPT]);
    }
}

void story_fail(const char *promise, const char *format, ...)
{
    char words[2000];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    print_kept();
    (void)printf("seed %llu breaks: %s: %s\n", (unsigned long long)of_seed, promise, words);
    (void)fflush(stdout);
    __real__exit(1);
}

static void on_death(int number)
{
    print_kept();
    (void)printf("seed %llu breaks: the program lives: signal %d\n", (unsigned long long)of_seed,
                 number);
    (void)fflush(stdout);
    __real__exit(1);
}

void story_catch_signals(void)
{
    (void)signal(SIGABRT, on_death);
    (void)signal(SIGILL, on_death);
    (void)signal(SIGTRAP, on_death);
    (void)signal(SIGSEGV, on_death);
    (void)signal(SIGBUS, on_death);
    (void)signal(SIGALRM, on_death);
}
