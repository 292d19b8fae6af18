/* The header `traceparent` of W3C Trace Context, on records of Kafka.
 *
 *   00-<trace id, 32 digits>-<parent id, 16 digits>-<flags, 2 digits>      all lower-case hex
 *
 * What comes in is read as the standard has it: what is not valid is as if it were not there, a
 * version to come is read like version 00. What goes out has the order's trace id and flags, and as
 * its parent id the first 16 digits of the record's own ce_id: so a retry writes the same bytes,
 * and of a record whoever continues the trace can tell which of ours was the cause. The version
 * digit of a UUID is among them, so they are never all zero. `tracestate` is not carried on. */
#ifndef SHORTFALL_KIT_TRACEPARENT_H
#define SHORTFALL_KIT_TRACEPARENT_H

#include "core/trace.h"
#include "kit/error.h"
#include "kit/message.h"
#include "kit/outbox.h"

#define TRACEPARENT_HEADER "traceparent"

enum {
    TRACEPARENT_SIZE = 56,        /* of version 00, with a zero byte */
    TRACEPARENT_LENGTH_MAX = 512, /* of a version to come; what is longer is not valid */
    TRACE_ID_TEXT_SIZE = 33,      /* 32 digits and a zero byte */
};

/* The trace that a header's value names; none where it is not valid. */
struct trace traceparent_parse(struct text value);

/* The trace of a record; none without the header, with two of them, or with one that is not valid.
 * A record without headers costs nothing. */
struct trace traceparent_of_message(const struct message *message);

/* Gives the record that outbox_add added last, under the id `id`, the header. Without a trace there
 * is nothing to do. RETRY if the outbox is full: the record is not in it then. */
enum status traceparent_add(struct outbox *outbox, const struct trace *trace, struct text id,
                            struct error *error) must_check;

/* The trace id as people and their tools write it. */
void trace_id_text(const struct trace *trace, char ret_text[TRACE_ID_TEXT_SIZE]);

#endif
