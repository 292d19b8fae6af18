/* Writes records to Kafka, idempotently or in transactions.
 *
 * Idempotent: send, then flush; OK from the flush means that all sent before are acknowledged.
 * In transactions: begin, offsets first (a broker answers faster so), send, commit. What a failure
 * demands is in the status: RETRY - the same bytes again in a new transaction (this one has been
 * aborted); ABORT_TXN - the membership is gone, or the transaction's fate is not known: drop the
 * partitions' state; FATAL - stop.
 *
 * Fenced: a transaction that outlived its timeout (the broker was away) is aborted by its
 * coordinator, which fences its producer like a second process of our slot would. So the producer
 * is made anew, whose init settles what was open, and the state is restored; a real twin shows in
 * the consumer group, which knows our slot as well. Again and again in a short time, it is FATAL.
 *
 * A commit that a late, unanswered request could still reach *taints* the producer: it is then
 * replaced by a new one with the same transactional.id, whose init fences the straggler, before the
 * next begin. Of one thread. */
#ifndef SHORTFALL_KIT_PRODUCER_H
#define SHORTFALL_KIT_PRODUCER_H

#include <librdkafka/rdkafka.h>

#include "kit/error.h"
#include "kit/outbox.h"
#include "kit/settings.h"

struct producer;

/* transactional_id NULL: idempotent. With one: init_transactions has been done on return, so every
 * predecessor with that id is fenced. */
enum status producer_new(const struct settings *settings, const char *transactional_id,
                         struct producer **ret_producer, struct error *error) must_check;
void producer_free(struct producer *producer); /* accepts NULL */

/* Asks where the topics live before the first record does: that one would wait up to a second for
 * it. Remembered, so that a handle that is made anew asks as well. */
void producer_warm(struct producer *producer, const enum topic *topics, uint32_t count);

/* Queues a record; the bytes are copied. RETRY: the queue is full, flush first. */
enum status producer_send(struct producer *producer, const struct outgoing *item,
                          struct error *error) must_check;

/* Waits until all are acknowledged. RETRY: some were not; send the same again. */
enum status producer_flush(struct producer *producer, int timeout_ms,
                           struct error *error) must_check;

/* One whole transaction: the offsets (at least one concrete one, or it would not be fenced) with
 * the metadata captured at the assignment, and all records of the outbox. A tool that reads for
 * nobody gives NULL for both: then only its transactional.id fences. */
enum status producer_transact(struct producer *producer,
                              const rd_kafka_topic_partition_list_t *offsets,
                              const rd_kafka_consumer_group_metadata_t *group,
                              const struct outbox *outbox, struct error *error) must_check;

/* The same with the offsets of several groups, all or none. For a tool that moves everything to
 * another place; it is no member, so the groups' metadata is that of their names alone. */
struct producer_offsets {
    const rd_kafka_topic_partition_list_t *list; /* at least one concrete offset */
    const rd_kafka_consumer_group_metadata_t *group;
};
enum status producer_transact_groups(struct producer *producer,
                                     const struct producer_offsets *offsets, uint32_t count,
                                     const struct outbox *outbox, struct error *error) must_check;

/* How far the broker's clock is ahead of ours, in ms, as far as is known; 0 before anything is. It
 * is learned from each transaction that writes to a topic whose timestamps are the broker's: what a
 * record got must lie between the begin of its transaction and its acknowledgement. */
int64_t producer_broker_ahead_ms(const struct producer *producer);

/* When the transaction began of which that was learned last, by clock_monotonic_ms: our clock was
 * compared at that time or later. 0: never. */
int64_t producer_clock_compared_ms(const struct producer *producer);

#endif
