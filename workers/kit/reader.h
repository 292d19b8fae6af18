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

/* Starts to read one partition at an offset, or at what it still has of its beginning with
 * RD_KAFKA_OFFSET_BEGINNING. One that is being read starts anew. Several may be read at once. An
 * offset that the partition no longer has is an error of reader_next, never another offset. */
enum status reader_start(struct reader *reader, enum topic topic, int32_t partition, int64_t offset,
                         struct error *error) must_check;
void reader_stop(struct reader *reader, enum topic topic, int32_t partition);

/* The next message of any started partition. ret_message->topic is TOPIC_NONE after wait_ms without
 * one, and earlier where a position has moved without one. The message lives until the next call of
 * any function of the reader. FATAL names the partition and offset that cannot be read: corrupt or
 * deleted data is for a person to judge. */
enum status reader_next(struct reader *reader, int wait_ms, struct message *ret_message,
                        struct error *error) must_check;

/* How far a started partition has been read: the offset of what comes next, control records passed
 * over. So a partition has been read to an end that reader_ends gave as soon as this is not below
 * it. From RD_KAFKA_OFFSET_BEGINNING it is 0 until something came. */
int64_t reader_position(const struct reader *reader, enum topic topic, int32_t partition);

/* Has everything been given that could be read when it was last looked? Of a committed reader the
 * position is then the last stable offset, in the middle of no transaction. */
bool reader_is_at_end(const struct reader *reader, enum topic topic, int32_t partition);

#endif
