/* Which facts may go into the pipeline together, before it is waited for.
 *
 * Waiting after every single fact would be exact and slow. Facts of one topic may go together: a
 * partition keeps their order, and nothing can happen between them that another topic brings. So
 * may orders and answers (decisions, responses, rulings, refund results), each about another order,
 * as long as no deadline lies between them: whichever is read first, none comes too late. A wave
 * has a longest span, because what it causes is seen only after it.
 *
 * An exact wave is of one topic, holds no two facts about one sku from different partitions, which
 * the sequencer could read in either order, and no two answers. So each run gives the same log a
 * sku. */
#ifndef SHORTFALL_PRODUCERS_WAVE_H
#define SHORTFALL_PRODUCERS_WAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "producers/fact.h"

enum {
    WAVE_FACTS_MAX = 2000,
    WAVE_SEEN_MAX = 4096, /* keys or skus that a wave remembers */
};

struct wave {
    bool exact;
    int64_t span_ms;     /* between its first fact and its last */
    int64_t until_ms;    /* facts at or after it are of a later wave */
    int64_t deadline_ms; /* likewise answers and what goes with them */
    /* of what is in it */
    uint32_t count;
    enum topic topic; /* of the first */
    bool answers;     /* there are some */
    int64_t first_ms;
    struct wave_seen {
        uint64_t hash;
        int32_t place; /* the topic of an order's fact, or the partition of a sku's fact */
    } seen[WAVE_SEEN_MAX];
    uint32_t seen_count;
};

void wave_begin(struct wave *wave, int64_t until_ms, int64_t deadline_ms);

/* May the fact, which goes into `partition` of its topic, go with those taken so far? The first one
 * always may. */
bool wave_takes(const struct wave *wave, const struct fact *fact, int32_t partition);
void wave_add(struct wave *wave, const struct fact *fact, int32_t partition);

#endif
