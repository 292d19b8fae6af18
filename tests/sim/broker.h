/* The simulated Kafka: logs, transactions and groups, with the semantics that the workers rest on.
 *
 * A record of a transaction is OPEN until its marker comes, and the markers of one transaction come
 * to its partitions one by one, each when it pleases: so a committed offset can be known while the
 * state that belongs to it still lies above the last stable offset. What a read_committed reader
 * sees ends at the last stable offset; aborted records and markers take offsets, and are not seen.
 * The coordinator fences by epoch, aborts what stays open for too long, and checks offsets of a
 * transaction against the group's generation and members. */
#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chance.h"
#include "core/text.h"
#include "kit/topics.h"

enum {
    PARTITIONS = 2,
    GROUPS_MAX = 4,
    MEMBERS_MAX = 16,
    METADATA_SIZE = 128,
    ID_SIZE = 64,
    RECORD_HEADERS_MAX = 14, /* six of ours, six of a dead letter, and some */
    OFFSET_NONE = -1001,
};

enum fate {
    FATE_SURE, /* of no transaction */
    FATE_OPEN,
    FATE_COMMITTED,
    FATE_ABORTED,
};

struct pair {
    char *name;
    struct text value;
};

struct record {
    int64_t offset;
    int64_t timestamp_ms;
    int64_t written_ms; /* by the broker's clock */
    struct text key;    /* data NULL: none */
    struct text value;
    struct pair *headers; /* header_count of them */
    uint32_t header_count;
    bool marker;
    bool gone;          /* compacted away */
    int64_t horizon_us; /* of a tombstone that a compaction has seen: it goes with the next after */
    bool lost;          /* deleted before it was read: nobody ever saw it */
    enum fate fate;
    int transaction; /* number of whom it belongs to, while OPEN */
};

struct log {
    enum topic topic;
    int32_t partition;
    struct record *records;
    int64_t first;  /* log start offset */
    int64_t count;  /* the high watermark: records, by offset, from 0 */
    int64_t stable; /* the last stable offset */
    int64_t capacity;
};

void broker_reset(struct chance chance);
int64_t broker_wall_ms(void); /* its clock */
void broker_leap(int64_t ms); /* everybody's clock goes forward */
bool broker_is_up(void);
void broker_go_down(int64_t us);

struct log *broker_log(enum topic topic, int32_t partition);

/* Appends a record of no transaction; bytes and headers are copied. The offset. */
int64_t broker_append(enum topic topic, int32_t partition, const struct record *record);

/* Removes what newer records of the same key supersede, below the last stable offset. */
void broker_compact(enum topic topic);
/* Deletes the records below `offset`. */
void broker_delete_below(enum topic topic, int32_t partition, int64_t offset);

/* ---- Transactions ---------------------------------------------------------------------------- */

enum refusal_kind {
    BROKER_OK,
    BROKER_FENCED,    /* a newer epoch exists */
    BROKER_BUSY,      /* the last transaction's markers are on their way */
    BROKER_NO_MEMBER, /* of offsets: not (any more) of the group */
    BROKER_OLD_GENERATION,
    BROKER_FENCED_MEMBER, /* another has the same instance */
};

struct offset_entry {
    enum topic topic;
    int32_t partition;
    int64_t offset;
    char metadata[METADATA_SIZE];
};

/* Finds or makes the coordinator's entry of a transactional.id; its number. */
int transaction_of(const char *id, int64_t timeout_us);
/* A new epoch; BUSY until what was open has been aborted and every marker is there. */
enum refusal_kind transaction_init(int number, int *ret_epoch);
enum refusal_kind transaction_append(int number, int epoch, enum topic topic, int32_t partition,
                                     const struct record *record, int64_t *ret_timestamp_ms);
struct group;
enum refusal_kind transaction_offsets(int number, int epoch, struct group *group,
                                      const char *member_id, const char *instance, int generation,
                                      const struct offset_entry *offsets, int count);
enum refusal_kind transaction_end(int number, int epoch, bool commit);
/* The same request once more, long after: whatever is open then is ended. */
void transaction_end_late(int number, int epoch, bool commit, int64_t delay_us);
/* Has such a request ended one since this was asked last? */
bool transaction_was_hit(int number);
void transactions_time_out(void); /* called every now and then */

/* ---- Groups -----------------------------------------------------------------------------------
 */

struct committed {
    int64_t offset; /* OFFSET_NONE: none */
    char metadata[METADATA_SIZE];
    int pending;     /* transactions that may still change it */
    int64_t read_to; /* the furthest that members committed, whatever was set by hand since */
};

struct member {
    char id[ID_SIZE];
    char instance[ID_SIZE];
    void *client; /* whose heartbeats keep it */
    int64_t heard_us;
    bool joined; /* in the rebalance that is going on */
};

struct group {
    char name[ID_SIZE];
    int generation;
    bool rebalancing;
    int64_t rebalance_until_us;
    bool syncing; /* all have joined, but its leader has not said yet who gets what */
    int64_t sync_us;
    bool coordinated; /* when it was looked at last */
    struct member members[MEMBERS_MAX];
    int member_count;
    struct committed committed[TOPIC_COUNT][PARTITIONS];
};

struct group *group_of(const char *name);
struct member *member_of(struct group *group, const void *client);
/* Takes part, or takes part again, in the next generation. An instance that is known gets its old
 * place at once where no rebalance goes on; whoever had it is fenced. */
void group_join(struct group *group, void *client, const char *instance);
/* A member that takes nothing back from its program first. */
void group_join_again(struct group *group, const void *client);
void group_hear(struct group *group, const void *client);
void group_hear_all(struct group *group);
void group_tend(struct group *group, int64_t session_us);
/* Whether this partition number is the member's. */
bool group_gives(const struct group *group, const struct member *member, int32_t partition);
enum refusal_kind group_check(const struct group *group, const char *member_id,
                              const char *instance, int generation);
/* The broker checks a commit's member and generation, not whose the partition is: a promise is
 * broken where it is another's. While the group rebalances the members go on with what they have.
 */
void group_expect_owner(const struct group *group, const char *instance,
                        const struct offset_entry *offset);
void group_set(struct group *group, const struct offset_entry *offset);

/* Called where committed offsets change: for the promises about them. */
extern void (*group_observer)(struct group *group, const struct offset_entry *offset,
                              const struct committed *before);

#endif
