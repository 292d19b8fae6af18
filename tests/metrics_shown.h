/* Looks at the metrics as Prometheus would read them. */
#ifndef SHORTFALL_TESTS_METRICS_SHOWN_H
#define SHORTFALL_TESTS_METRICS_SHOWN_H

#include <stdlib.h>
#include <string.h>

#include "kit/metrics.h"

/* The value of a sample, "name{labels}", or -1 where it is not shown. */
static inline double metric_shown(const char *sample)
{
    struct buffer out = {0};
    double value = -1;
    size_t size = strlen(sample);
    metrics_render(&out);
    buffer_append_byte(&out, '\0');
    for (const char *line = (const char *)out.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, sample, size) == 0 && line[size] == ' ') {
            value = strtod(line + size, NULL);
            break;
        }
    }
    buffer_done(&out);
    return value;
}

/* Of values that are small whole numbers. */
#define assert_metric(sample, value) assert_int_equal((int64_t)metric_shown(sample), value)

#endif
