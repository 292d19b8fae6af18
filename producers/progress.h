/* How far a program is, for the person in front of it: one line that is drawn anew on a terminal, a
 * line now and then elsewhere. To standard error, since standard output is for results. */
#ifndef SHORTFALL_PRODUCERS_PROGRESS_H
#define SHORTFALL_PRODUCERS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool terminal;
    bool drawn; /* there is a line on the terminal that is not ended */
    int64_t begin_ms;
    int64_t next_ms; /* monotonic; nothing is drawn before */
};

void progress_begin(struct progress *progress);

/* Is it time to draw? Asking first saves making words that nobody sees. */
bool progress_is_due(const struct progress *progress);

/* done of size, in any unit; size 0: not known, no bar. `words` goes behind the bar. */
void progress_draw(struct progress *progress, int64_t done, int64_t size, const char *words);

/* Ends the line, so that others can write. */
void progress_end(struct progress *progress);

int64_t progress_elapsed_ms(const struct progress *progress);

#endif
