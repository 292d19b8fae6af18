/* What happened to one order, by time.
 *
 * Records are taken as they were read, copied, and put in the order of their own times; at one time
 * causes come before what follows from them. The same bytes in the same topic are one entry that
 * says how often it came, since whoever writes to us may repeat themselves. */
#ifndef SHORTFALL_SHORTFALL_TIMELINE_H
#define SHORTFALL_SHORTFALL_TIMELINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kit/arena.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/message.h"
#include "shortfall/cost.h"
#include "shortfall/language.h"

struct timeline_entry {
    enum topic topic;
    int32_t partition;
    int64_t offset;
    int64_t at_ms;
    uint32_t times;     /* how often the same bytes came */
    const void *record; /* of the topic's type; NULL: of a dead letter, or unreadable */
    struct text words;  /* where there is no record: what is known of it */
    struct text bytes;  /* for telling repetitions */
    const struct choice_cost *costs; /* of a notice: what its choices cost; NULL: not known */
    uint32_t cost_count;
};

struct timeline {
    struct arena *arena;            /* borrowed: everything taken lives in it */
    struct timeline_entry *entries; /* owned */
    size_t count;
    size_t capacity;
    struct text currency;            /* of the order, once a record told it */
    const struct language *language; /* in which it is told */
};

void timeline_init(struct timeline *timeline, struct arena *arena, const struct language *language);
void timeline_done(struct timeline *timeline);

/* `entry` is copied; record, words and bytes must live in the arena. */
enum status timeline_add(struct timeline *timeline, const struct timeline_entry *entry,
                         struct error *error) must_check;

/* When a record of an order's topic says that it happened. */
int64_t timeline_record_ms(enum topic topic, const void *record);

/* Puts the entries in order; once, after the last was added. */
void timeline_sort(struct timeline *timeline);

/* The words of an entry; none where it tells people nothing. */
void timeline_words(const struct timeline *timeline, const struct timeline_entry *entry,
                    struct buffer *out);

/* All entries that have words, a line each: the time and the words. Below a notice stands what each
 * of its choices costs. */
void timeline_write(const struct timeline *timeline, struct buffer *out);

#endif
