/* A consumer group from outside: who is in it, and how far it has come. For tools.
 *
 * Needs the right to DESCRIBE the group; joins nothing and commits nothing. For one thread. It asks
 * by Kafka's admin calls, which say at once who lacks a right; kit/group.h asks as a consumer,
 * which also waits for open transactions and tells the metadata, but of a right only that time is
 * out. */
#ifndef SHORTFALL_KIT_GROUP_VIEW_H
#define SHORTFALL_KIT_GROUP_VIEW_H

#include <stdint.h>

#include "kit/error.h"
#include "kit/settings.h"
#include "kit/topics.h"

struct group_view;

/* `name` without topic.prefix, as "shortfall-allocator". */
enum status group_view_new(const struct settings *settings, const char *name,
                           struct group_view **ret_group, struct error *error) must_check;
void group_view_free(struct group_view *group); /* accepts NULL */

/* The committed offsets of partitions 0 … count - 1 of a topic; -1: nothing is committed. Those
 * of a transaction that is still open do not count. RETRY: the cluster does not answer. */
enum status group_view_offsets(struct group_view *group, enum topic topic, int32_t count,
                               int64_t *ret_offsets, struct error *error) must_check;

/* Called for every member with the client.id it gave itself and the host it runs on; both live as
 * long as the call. A group that does not exist has no members. */
typedef void group_view_each(void *context, const char *client_id, const char *host);
enum status group_view_members(struct group_view *group, group_view_each *each, void *context,
                               struct error *error) must_check;

#endif
