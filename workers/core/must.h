/* must(): an assertion that stays on in release builds.
 *
 * It guards against bugs of our own around every transition. A bad message is never a reason to
 * use it: input is judged by verdicts and dead letters. A process whose `must` fails has wrong
 * state in memory, so it stops at once; the restart restores the truth from Kafka. */
#ifndef SHORTFALL_CORE_MUST_H
#define SHORTFALL_CORE_MUST_H

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            must_failed(#condition, __FILE__, __LINE__);                                           \
        }                                                                                          \
    } while (0)

/* Prints the broken condition to standard error and aborts. Never returns. */
_Noreturn void must_failed(const char *condition, const char *file, int line);

#endif
