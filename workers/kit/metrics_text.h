/* The Prometheus text format 0.0.4: what kit/metrics.h and the metrics of the process write in. */
#ifndef SHORTFALL_KIT_METRICS_TEXT_H
#define SHORTFALL_KIT_METRICS_TEXT_H

#include <stdbool.h>

#include "kit/buffer.h"

/* The two lines before the samples of a name; `type`: "counter", "gauge", "histogram". */
void metrics_text_head(struct buffer *out, const char *name, const char *help, const char *type);

/* One sample: name and suffix, labels as metrics_text_label wrote them ("" for none), the value. */
void metrics_text_sample(struct buffer *out, const char *name, const char *suffix,
                         const char *labels, double value);

/* Appends `name="value"`, escaped, after a comma where `labels` is not empty. */
void metrics_text_label(struct buffer *labels, const char *name, const char *value);

/* A number in the fewest digits that read back as the same. */
enum { METRICS_NUMBER_SIZE = 32 };
const char *metrics_text_number(double value, char ret_text[METRICS_NUMBER_SIZE]);

/* [a-zA-Z_:][a-zA-Z0-9_:]*, for labels without the colon. */
bool metrics_text_is_name(const char *name, bool colons);

#endif
