/* A fact: one record that the world puts into one of our input topics.
 *
 * Here is what a program must know to send any of them: what keys it, what its own time is, and by
 * what it is the same fact when it comes again. Facts are sorted by their time; where times are
 * equal, what ends comes before what begins: closings, levels, substitutes, orders, then the rest.
 * So goods that left are gone before the count that no longer has them, and a count is known before
 * the orders that it has to serve. */
#ifndef SHORTFALL_PRODUCERS_FACT_H
#define SHORTFALL_PRODUCERS_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/identity.h"
#include "kit/topics.h"

#define FACT_TIME_UNKNOWN INT64_MIN

struct fact {
    enum topic topic;   /* an input topic */
    const void *record; /* a struct of core/contract.h; NULL: what the key names is withdrawn */
    struct text key;    /* not set: of a clock tick, which goes into every partition */
    int64_t at_ms;      /* FACT_TIME_UNKNOWN: the record has no time of its own (substitute) */
    struct text traceparent; /* the header's value, of a paid order; not set: none */
};

/* Views into `record`, which must outlive the fact. */
struct fact fact_of(enum topic topic, const void *record);

/* The name of the field that holds the time: "paid_at"; NULL where there is none. */
const char *fact_time_field(enum topic topic);

/* What two sendings of the same fact have in common, so that readers can drop the second. Not of a
 * withdrawal, which is a tombstone. */
void fact_identity(const struct fact *fact, char ret_id[IDENTITY_SIZE]);

/* Below, at or above 0: by time, then by kind. */
int fact_compare(const struct fact *a, const struct fact *b);

/* The n-th sku that a fact is about; not set from the last on. */
struct text fact_sku(const struct fact *fact, uint32_t n);

#endif
