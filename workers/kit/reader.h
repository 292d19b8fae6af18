/* Reads topics from outside any consumer group: for restoring, for tables, for tools.
 *
 * A reader never commits and never joins a group. It reads partitions from a start to the end that
 * they have at the moment of asking, with corrupt data as an error (check.crcs), never skipped.
 * Of one thread. */
#ifndef SHORTFALL_KIT_READER_H
#define SHORTFALL_KIT_READER_H

#include <stdbool.h>

#include "kit/error.h"
#include "kit/message.h"
#include "kit/settings.h"

struct reader;

/* committed: read_committed, else read_uncommitted. */
enum status reader_new(const struct settings *settings, bool committed, struct reader **ret_reader,
                       struct error *error) must_check;
void reader_free(struct reader *reader); /* accepts NULL */

/* How many partitions a topic has. POISON: there is no such topic. */
enum status reader_partition_count(struct reader *reader, enum topic topic, int32_t *ret_count,
                                   struct error *error) must_check;

/* First and end offset of a partition: of a read_uncommitted reader the high watermark, of a
 * read_committed one the last stable offset. */
enum status reader_ends(struct reader *reader, enum topic topic, int32_t partition,
                        int64_t *ret_first, int64_t *ret_end, struct error *error) must_check;

/* Starts to read one partition at an offset (or RD_KAFKA_OFFSET_BEGINNING); what was read before is
 * left. Several partitions may be read at once. */
enum status reader_start(struct reader *reader, enum topic topic, int32_t partition, int64_t offset,
                         struct error *error) must_check;
void reader_stop(struct reader *reader, enum topic topic, int32_t partition);

/* The next message of any started partition, or *ret_message->topic == TOPIC_NONE after wait_ms
 * without one. The message lives until the next call. */
enum status reader_next(struct reader *reader, int wait_ms, struct message *ret_message,
                        struct error *error) must_check;

/* How far a started partition has been read: the offset of what comes next, control records passed
 * over. */
int64_t reader_position(const struct reader *reader, enum topic topic, int32_t partition);

#endif
