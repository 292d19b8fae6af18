/* Reads a compacted state topic back, partition by partition: the restore of all workers.
 *
 * A partition is read from its beginning up to the high watermark that it had after its committed
 * offsets were known, and not merely to the last stable offset: those offsets can be stable while
 * the marker of the last transaction is not yet in the state topic, and what that transaction did
 * would then be done a second time. Only committed records are given, and no transaction by half:
 * the watermark may lie in the middle of one (that of whoever took the partition over, or of a
 * leader that did not know all of it), so it is read on from there to where none is open.
 *
 * A partition of which nothing comes is told in the log every ten seconds, and why.
 *
 * Several partitions may be read at once; each call works for about a tenth of a second. */
#ifndef SHORTFALL_KIT_CHANGELOG_H
#define SHORTFALL_KIT_CHANGELOG_H

#include <stdbool.h>

#include "kit/error.h"
#include "kit/message.h"
#include "kit/settings.h"

struct changelog;

enum status changelog_new(const struct settings *settings, enum topic topic,
                          int32_t partition_count, struct changelog **ret_changelog,
                          struct error *error) must_check;
void changelog_free(struct changelog *changelog); /* accepts NULL */

/* Starts to read a partition, from its beginning (again). */
enum status changelog_begin(struct changelog *changelog, int32_t partition,
                            struct error *error) must_check;
void changelog_stop(struct changelog *changelog, int32_t partition); /* also where it isn't begun */

/* Takes a record of any partition that was begun; what it returns other than OK ends the call. */
typedef enum status changelog_take(void *context, const struct message *message,
                                   struct error *error);

/* Reads on, and says whether `partition` is complete; then it is stopped. */
enum status changelog_read(struct changelog *changelog, int32_t partition, changelog_take *take,
                           void *context, bool *ret_complete, struct error *error) must_check;

#endif
