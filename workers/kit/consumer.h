/* Our place in a consumer group: partitions come and go, records come in.
 *
 * The assignment's offsets are the committed ones, asked at the assignment (for some seconds, where
 * the coordinator is on its way), with their metadata;
 * a partition that has none starts at its beginning. Every partition comes paused: its owner
 * restores its state and then resumes it. The group metadata is captured once per assignment, so a
 * transaction of an earlier one can never pass for a later one; and an assignment counts once the
 * group has confirmed it (kit/confirmation.h). One that comes before the earlier one was taken back
 * is left, and the group joined anew.
 *
 * Corrupt data, an offset out of range and the like are errors of the one partition; nothing is
 * ever skipped. Of one thread; the callbacks come from within consumer_poll and consumer_close. */
#ifndef SHORTFALL_KIT_CONSUMER_H
#define SHORTFALL_KIT_CONSUMER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "kit/error.h"
#include "kit/message.h"
#include "kit/settings.h"

struct consumer;

enum { COMMIT_METADATA_SIZE = 256 }; /* a broker takes 4096 */

/* Up to where a partition is done, and a small mark that goes with it. */
struct commit_point {
    int64_t offset; /* next to be read; RD_KAFKA_OFFSET_BEGINNING where nothing is committed */
    char metadata[COMMIT_METADATA_SIZE];
};

struct consumer_events {
    void *context;
    void (*assigned)(void *context, enum topic topic, int32_t partition,
                     const struct commit_point *committed);
    /* All partitions of the group go, if any were told. lost: another worker may own them already,
     * commit nothing. */
    void (*revoked)(void *context, bool lost);
};

enum poll_kind {
    POLL_NOTHING,
    POLL_MESSAGE, /* ret->message; give ret->native back to rd_kafka_message_destroy */
    POLL_END,     /* ret->message: the partition is read up to message.offset */
    POLL_STOPPED, /* ret->message: the partition can't be read on; ret->why */
    POLL_LOST,    /* the membership is gone; ret->why */
    POLL_FATAL,   /* the client can't go on (fenced by a twin of our slot); ret->why */
};

struct polled {
    enum poll_kind kind;
    struct message message;
    rd_kafka_message_t *native;
    char why[256];
};

/* Joins the group for these topics. `group` without prefix; group.instance.id is group and slot.
 * client.id (where the user gave none) says beside it the version and what rules of allocation it
 * knows, so that a tool can ask: CLIENT_RULES and the newest of them; 0: it has to know none. */
#define CLIENT_RULES ";rules="
enum status consumer_new(const struct settings *settings, const char *group, int32_t rules_newest,
                         const enum topic *topics, uint32_t topic_count,
                         const struct consumer_events *events, struct consumer **ret_consumer,
                         struct error *error) must_check;

/* Leaves the group (revoked is called if partitions are held). Accepts NULL. */
void consumer_free(struct consumer *consumer);

void consumer_poll(struct consumer *consumer, int wait_ms, struct polled *ret_polled);

/* Lets records of a partition number come, for all topics, after its state is restored. */
enum status consumer_resume(struct consumer *consumer, int32_t partition,
                            struct error *error) must_check;

/* Lets no more of them come until consumer_resume; what came before may come again then. */
enum status consumer_pause(struct consumer *consumer, int32_t partition,
                           struct error *error) must_check;

/* The metadata captured at the assignment; NULL while nothing is assigned. */
const rd_kafka_consumer_group_metadata_t *consumer_group(const struct consumer *consumer);

/* Commits outside of transactions and waits for the answer. */
enum status consumer_commit(struct consumer *consumer, rd_kafka_topic_partition_list_t *offsets,
                            struct error *error) must_check;

/* Leaves and joins again: after a membership was lost in the middle of a transaction. */
enum status consumer_rejoin(struct consumer *consumer, struct error *error) must_check;

/* The client was fenced for good: by a twin of our slot, or by its own join whose answer was lost.
 */
bool consumer_is_fenced(const struct consumer *consumer);

/* It must be made anew: it was fenced, or could not take up an assignment because nobody told the
 * committed offsets; it would hold the partitions for ever and read none. */
bool consumer_is_dead(const struct consumer *consumer);

/* Where a partition ends, as the broker told it with the last fetch: asks nobody. -1: not known. */
int64_t consumer_end(const struct consumer *consumer, enum topic topic, int32_t partition);

/* The topic's name with its prefix. */
const char *consumer_topic_name(const struct consumer *consumer, enum topic topic);

#endif
