/* Time: reading the clocks, and time in words.
 *
 * The rules take time as an argument; here is where it comes from. Wall time is milliseconds since
 * 1970-01-01 UTC, in texts RFC 3339: "2026-11-11T00:00:00.123Z". A duration is a run of numbers
 * with units, largest first: "48h", "2d2m10s", "250ms", "0h". */
#ifndef SHORTFALL_KIT_CLOCK_H
#define SHORTFALL_KIT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

int64_t clock_now_ms(void);       /* wall clock */
int64_t clock_monotonic_ms(void); /* never set back; for timeouts only */

enum { TIME_TEXT_SIZE = 32 };

/* Years 0001 to 9999; seconds may have a fraction, of which milliseconds are kept. An offset from
 * UTC ("+08:00") is taken into account; a date alone is its midnight in UTC. False where it is no
 * such time; *ret_ms is written only on success. */
bool time_parse(struct text text, int64_t *ret_ms);

/* "2026-11-11T00:00:00.123Z"; a time outside of the years 0001 to 9999 is printed as its nearest.
 */
const char *time_format(int64_t ms, char ret_text[TIME_TEXT_SIZE]);

/* Units d, h, m, s, ms, each at most once and in this order; at most 100 years. */
bool duration_parse(struct text text, int64_t *ret_ms);

/* "2d2m10s"; "0s" for 0. Negative durations start with '-'. */
const char *duration_format(int64_t ms, char ret_text[TIME_TEXT_SIZE]);

#endif
