/* What systemd is told of a worker that runs as a service of Type=notify: that it is ready, what it
 * does, that it lives, that it ends. Where there is no systemd, nothing is told and nothing is
 * lost.
 *
 * The watchdog is fed from the main loop, like /livez: a loop that hangs is ended and begun anew.
 */
#ifndef SHORTFALL_KIT_SERVICE_H
#define SHORTFALL_KIT_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Ready for the first time, and what the worker does now: told when either changes. `words` as
 * in /readyz. */
void service_state(bool ready, const char *words);

void service_stopping(void);

/* The loop moves. Cheap: told at a quarter of the watchdog's time. */
void service_beat(int64_t monotonic_ms);

#endif
