/* How the topics of a cluster are to be, and what is otherwise. Pure: no Kafka here.
 *
 * What the sequencer alone reads may have any number of partitions, and may get more. For all else
 * two numbers of partitions rule. Topics that are joined by order must all have the
 * same, and so must the merged log of the SKUs and what is kept of it, or a record would be looked
 * for where it is not. These two may differ from each other. How long a topic keeps its records is
 * a least: a cluster that keeps more is right. */
#ifndef SHORTFALL_KIT_TOPIC_PLAN_H
#define SHORTFALL_KIT_TOPIC_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "kit/topics.h"

enum { TOPIC_PARTITIONS_MAX = 10000 };

/* What a topic is like on the cluster. */
struct topic_found {
    int32_t partition_count; /* 0: there is no such topic */
    bool compacted;
    bool deletes;         /* drops what is old; with `compacted` it does both, which loses state */
    int64_t retention_ms; /* -1: for ever */
    bool broker_time;     /* timestamps are the broker's */
};

/* What is asked for. */
struct topic_wish {
    int32_t partition_count; /* of all that is not below; 0: whatever is there, the same */
    int32_t
        sku_partition_count; /* of sku-event, its dead letters and allocator-state; 0: likewise */
    int32_t replication_factor; /* of new topics; -1: the broker's default */
};

/* Is the topic split by sku_partition_count? */
bool topic_is_by_sku(enum topic topic);

/* May it have any number of partitions, whatever the others have? */
bool topic_is_free(enum topic topic);

/* Calls `each` with words for every difference between what is there and what is to be; returns how
 * many there are. */
typedef void topic_difference(void *context, enum topic topic, const char *words);
uint32_t topic_compare(const struct topic_found found[TOPIC_COUNT], struct topic_wish wish,
                       topic_difference *each, void *context);

/* Fills the numbers that the wish leaves open: from what is there, else from `or_else`. POISON: a
 * number that is asked for is not the one that is there; the words say which topic. */
enum status topic_wish_settle(struct topic_wish *wish, const struct topic_found found[TOPIC_COUNT],
                              int32_t or_else, struct error *error) must_check;

#endif
