/* Reads what the pipeline says since it was last asked: new records of some topics.
 *
 * Only committed records count. Between two drains everything new is read, so a player in lockstep
 * misses nothing; a live one asks again and again. Of one thread. */
#ifndef SHORTFALL_PRODUCERS_NEWS_H
#define SHORTFALL_PRODUCERS_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/settings.h"
#include "kit/topics.h"
#include "producers/drain.h"

enum { NEWS_TOPICS_MAX = 8 };

struct news;

/* `record` is of the topic's type and lives for the call. */
typedef enum status news_take(void *context, enum topic topic, const void *record,
                              struct error *error);

/* topics: borrowed. from_start: what is there already counts as new. `take` gets every record. */
enum status news_new(const struct settings *settings, const enum topic *topics,
                     uint32_t topic_count, bool from_start, news_take *take, void *context,
                     struct news **ret_news, struct error *error) must_check;
void news_free(struct news *news); /* accepts NULL */

/* Reads up to the ends at which `drain` came to rest. */
enum status news_read_drained(struct news *news, const struct drain *drain,
                              struct error *error) must_check;

/* Reads what comes within wait_ms; returns after the first records that came. */
enum status news_read_live(struct news *news, int wait_ms, struct error *error) must_check;

#endif
