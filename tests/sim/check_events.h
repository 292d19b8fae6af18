/* When events came to be, held against what lay in the logs: I8, and the end of a case, I7. */
#ifndef TESTS_SIM_CHECK_EVENTS_H
#define TESTS_SIM_CHECK_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the fact of every event in its topic, after transcript_read. */
void events_prepare(void);

/* How far a worker's clock may be from the broker's without having been noticed. */
int64_t events_tolerance_ms(void);

/* Deadlines until here have had days to fire. */
int64_t events_all_fired_ms(void);

/* The event, by its place among all, is of deadlines, the latest of which was due at due_ms: it did
 * not come early, and no fact of its case that came in time is judged only after it. */
void events_check_deadline(int index, int64_t due_ms);

/* The event found its case at its end, and left it there or not: nothing comes of it but what a
 * person asked for, the payment system did, or goods give reason for that left all the same. */
void events_check_after_end(int index, bool stays);

#endif
