/* The metrics that Prometheus' own clients give of every process: process_*. */
#ifndef SHORTFALL_KIT_METRICS_PROCESS_H
#define SHORTFALL_KIT_METRICS_PROCESS_H

#include "kit/buffer.h"

/* Appends them; one that the system does not tell is left out. */
void metrics_process_render(struct buffer *out);

#endif
