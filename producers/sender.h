/* Sends facts to Kafka: encoded once, keyed, with CloudEvents headers, acknowledged.
 *
 * Facts are gathered into a batch and sent by sender_flush, which returns only when all of them are
 * acknowledged; what was not delivered is sent again with the same bytes, which readers know by its
 * identity. The record of a fact may go after sender_add. Of one thread. */
#ifndef SHORTFALL_PRODUCERS_SENDER_H
#define SHORTFALL_PRODUCERS_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/codec.h"
#include "kit/error.h"
#include "kit/settings.h"
#include "producers/fact.h"

enum { SENDER_BATCH_MAX = 5000 /* facts; sender_add flushes by itself there */ };

/* The schemas and the versions to be written that the settings name. FATAL says what is wrong. */
enum status sender_codec(const struct settings *settings, struct codec **ret_codec,
                         struct error *error) must_check;

struct sender;

/* What a message says of its time. */
enum sender_time {
    SENDER_TIME_NOW, /* when it was sent */
    /* Never before the fact's own time, for facts of days to come; and never before now, so that
     * no broker deletes a replay of old days for its age. */
    SENDER_TIME_OF_FACT,
};

/* `source`: ce_source, borrowed. dry_run: all is checked and encoded, nothing is sent, no broker is
 * needed. */
enum status sender_new(const struct settings *settings, const char *source, enum sender_time time,
                       bool dry_run, struct sender **ret_sender, struct error *error) must_check;
void sender_free(struct sender *sender); /* accepts NULL; what was not flushed is lost */

/* POISON: the fact breaks a limit of its type, nothing of it is sent. */
enum status sender_add(struct sender *sender, const struct fact *fact,
                       struct error *error) must_check;

/* Sends the batch and waits for it. FATAL where Kafka does not take it within a minute. */
enum status sender_flush(struct sender *sender, struct error *error) must_check;

/* A clock tick into every partition; to be flushed like any fact. */
enum status sender_tick(struct sender *sender, int64_t at_ms, struct error *error) must_check;

/* Where the topic's messages with this key go. */
enum status sender_partition(struct sender *sender, enum topic topic, struct text key,
                             int32_t *ret_partition, struct error *error) must_check;

uint64_t sender_count(const struct sender *sender); /* facts acknowledged */

#endif
