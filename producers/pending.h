/* What the pipeline has still to do, as far as it can be seen from outside.
 *
 * A play in the time of the records must move the clock wherever something falls due, and need not
 * where nothing does. So this reads what the caseworker says: which lines are in a state that waits
 * for something, and the deadlines that its notices name. */
#ifndef SHORTFALL_PRODUCERS_PENDING_H
#define SHORTFALL_PRODUCERS_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/topics.h"
#include "producers/line_map.h"

/* Zeroed is nothing to do. */
struct pending {
    struct line_map lines; /* 1: waits for something */
    uint64_t open_count;   /* lines that wait */
    int64_t *deadlines;    /* owned; a heap, the earliest first; may hold a time twice */
    uint32_t deadline_count;
    uint32_t deadline_capacity;
};

/* Takes a notification or a case-event; other topics are passed over. FATAL: no memory. */
enum status pending_take(struct pending *pending, enum topic topic, const void *record,
                         struct error *error) must_check;

/* The earliest known deadline; INT64_MAX: none. */
int64_t pending_next_ms(const struct pending *pending);
/* Forgets the deadlines at or before a time: the clock has passed them. */
void pending_pass(struct pending *pending, int64_t at_ms);

void pending_done(struct pending *pending);

#endif
