/* When a worker's process ends: asked by a signal, or because its end takes too long.
 *
 * The first SIGTERM or SIGINT asks for an orderly end, a second one ends it at once. */
#ifndef SHORTFALL_KIT_STOP_H
#define SHORTFALL_KIT_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* From here on signals are heard. */
void stop_listen(void);

/* Has a signal asked for the end? */
bool stop_is_asked(void);

/* An end that takes longer, from when it is asked, is cut off with exit status 1: a broker that is
 * away must not keep a worker for ever, wherever it waits; the restart restores. */
void stop_within(int64_t most_ms);

#endif
