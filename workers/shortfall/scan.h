/* Reads topics whole, as they are at one moment: for looking back.
 *
 * Topics are named in the order in which facts pass through them, and read one after the other.
 * Their ends are asked for the other way round, so that whatever is seen downstream, its cause has
 * been seen too, also while the workers are at work. */
#ifndef SHORTFALL_SHORTFALL_SCAN_H
#define SHORTFALL_SHORTFALL_SCAN_H

#include "kit/error.h"
#include "kit/message.h"
#include "kit/reader.h"

/* Called for every record; any other status than OK stops the scan and is passed on. */
typedef enum status scan_each(void *context, const struct message *message, struct error *error);

/* key: only records with this key, looked for in the one partition where it belongs; data == NULL:
 * all. */
enum status scan(struct reader *reader, const enum topic *topics, size_t count, struct text key,
                 scan_each *each, void *context, struct error *error) must_check;

/* The same of one topic, each partition from an offset on, or from its beginning where that is -1 or
 * not there any more. `from` has one for each of `count` partitions. */
enum status scan_from(struct reader *reader, enum topic topic, const int64_t *from, int32_t count,
                      scan_each *each, void *context, struct error *error) must_check;

#endif
