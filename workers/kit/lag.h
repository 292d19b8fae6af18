/* How far behind a partition is: in records, and in seconds.
 *
 * Records: between the next one to apply and the end of the log, as the broker told it with the
 * last fetch. Seconds: how old the records are that are being applied now; where there are some and
 * none has been applied since the last look, it grows with the clock; zero where all is applied. */
#ifndef SHORTFALL_KIT_LAG_H
#define SHORTFALL_KIT_LAG_H

#include <stdint.h>

struct lag {
    int64_t applied_ms; /* timestamp of the last record applied since the last look; 0: none */
    int64_t looked_ms;  /* when that was; 0: never */
    double seconds;     /* what it gave */
};

static inline void lag_applied(struct lag *lag, int64_t timestamp_ms)
{
    lag->applied_ms = timestamp_ms;
}

/* -1 where it is not known: end < 0 before the first fetch, position < 0 before a start is set. */
int64_t lag_records(int64_t position, int64_t end);

/* A look, every second or so; gives the seconds. records: of lag_records, not -1. */
double lag_look(struct lag *lag, int64_t records, int64_t now_ms);

#endif
