/* A consumer group as seen from outside: what it has committed, whether anybody is in it, and what
 * it is to have committed after a transaction of ours. For tools; it never joins.
 *
 * A group's name is given without the prefix of the settings, and so are its topics. Of one thread.
 */
#ifndef SHORTFALL_KIT_GROUP_H
#define SHORTFALL_KIT_GROUP_H

#include "kit/consumer.h"
#include "kit/error.h"
#include "kit/producer.h"
#include "kit/settings.h"

struct group;

enum status group_new(const struct settings *settings, const char *name, struct group **ret_group,
                      struct error *error) must_check;
void group_free(struct group *group); /* accepts NULL */

const char *group_id(const struct group *group); /* with the prefix */

/* What is committed of the topic's first `partition_count` partitions; offset below 0 where nothing
 * is. A transaction that is still open is waited for, for a while. RETRY: no answer. */
enum status group_committed(struct group *group, enum topic topic, int32_t partition_count,
                            struct commit_point *ret_points, struct error *error) must_check;

/* Waits until no member is in it: one that has ended stays for as long as its session. POISON: some
 * still are; RETRY: no answer. */
enum status group_await_empty(struct group *group, int64_t patience_ms,
                              struct error *error) must_check;

/* Notes an offset for the next transaction, in the place of what was noted before of the partition.
 * "" as metadata: none. FATAL: out of memory. */
enum status group_note(struct group *group, enum topic topic, int32_t partition, int64_t offset,
                       const char *metadata, struct error *error) must_check;
/* All that is noted, for producer_transact_groups; lives until the next note. */
struct producer_offsets group_noted(const struct group *group);
void group_forget(struct group *group);

#endif
