/* The worker's inside, shared by the files that make up the loop; nobody else includes it.
 *
 *   worker.c      life: start, the loop, drain, finish
 *   counts.c      how many partitions there are
 *   assignment.c  partitions come, are restored, go
 *   intake.c      records come in, to the shards' inboxes and the tables
 *   deadlines.c   which deadlines may fire
 *   commit.c      records go out, with the offsets
 *   watch.c       how it stands, once a second, for Prometheus */
#ifndef SHORTFALL_KIT_WORKER_INNER_H
#define SHORTFALL_KIT_WORKER_INNER_H

#include "kit/frontier.h"
#include "kit/http.h"
#include "kit/metrics.h"
#include "kit/producer.h"
#include "kit/reader.h"
#include "kit/shard.h"
#include "kit/worker.h"

struct worker {
    const struct role *role;
    void *role_state;
    struct role_env env;
    struct settings *settings; /* owned, as all below */
    struct codec *codec;
    struct consumer *consumer;
    struct producer *producer;
    struct frontier *frontier;
    struct reader *tables;
    struct http *http;
    struct arena *arena;
    struct outbox outbox;
    struct shard *shards; /* env.partition_count of them, with room for shard_capacity */
    int32_t shard_capacity;
    bool *touched; /* shards that are part of the open step */

    int64_t batch_messages;
    int64_t linger_ms;
    int64_t idle_commit_ms;
    int64_t checkpoint_ms;
    int64_t drain_ms;
    int64_t last_commit_ms; /* monotonic, as the next three */
    int64_t last_checkpoint_ms;
    int64_t last_frontier_ms;
    int64_t last_tend_ms;
    int64_t last_probe_ms; /* of the broker's clock; 0: it was not asked so far */
    int64_t clock_said_ms; /* the probe whose difference the log has */
    bool busy;             /* the last round consumed something */
    int fenced;            /* times that the consumer died since the last commit */
    enum status failed;    /* a callback met what only an operator can mend: stop. POISON: exit 78 */
    bool broken; /* a step may have changed states without its records being sent: commit nothing */
    struct error failure;

    struct counter *consumed[ROLE_INPUTS_MAX];
    struct counter *produced[TOPIC_COUNT];
    struct counter *commits;
    struct counter *aborts;
    struct counter *drops;
    struct place *table_places; /* every partition of the role's tables */
    uint32_t table_place_count;
    int64_t *table_ends;            /* by place, when last asked */
    int64_t tables_wait_until_ms;   /* monotonic: the next record can't be read yet; 0: go on */
    struct gauge **table_positions; /* by place */
    struct histogram *step_seconds;
    struct histogram *commit_seconds;
    struct histogram *checkpoint_seconds;
    struct histogram *restore_seconds;
    struct watch *watch; /* owned */
};

enum {
    PARTITIONS_MAX = 4096,
    FIRST_ANSWER_MS = 30000, /* how long a broker may take to answer at the start */
};

/* How long what waits for a schema waits before it is tried again. */
enum { WAIT_AWHILE_MS = 200 };

/* counts.c: asks for them at the start. POISON: topics differ that must not. */
enum status counts_ask(struct worker *worker, struct error *error) must_check;

/* assignment.c: what kit/consumer.h calls, and the restore. */
void assignment_assigned(void *context, enum topic topic, int32_t partition,
                         const struct commit_point *committed);
void assignment_revoked(void *context, bool lost);
/* All states go, to be restored: after a membership was lost in the middle of a transaction. */
void assignment_drop_all(struct worker *worker, const char *why);
void assignment_drop(struct worker *worker, struct shard *shard);
enum status assignment_restore(struct worker *worker, struct error *error) must_check;

/* intake.c: until batch.messages records wait for their steps; waits for the first one. */
enum status intake_poll(struct worker *worker, int wait_ms, struct error *error) must_check;
/* What there is of the tables, up to some thousands of records. */
enum status intake_tables(struct worker *worker, int wait_ms, struct error *error) must_check;
/* Asks where the tables end now; have they been read up to where they ended when last asked? */
enum status intake_tables_ask(struct worker *worker, struct error *error) must_check;
bool intake_tables_are_read(const struct worker *worker);

/* deadlines.c. Every answer must have been read, the tables too; and our clock must be right: it
 * may differ from the broker's by CLOCK_DIFFERS_MAX_MS. */
enum { CLOCK_DIFFERS_MAX_MS = 2000 };
bool deadlines_clock_is_known(const struct worker *worker);
/* Known, and near enough to the broker's: time may be told by it. */
bool deadlines_clock_is_right(const struct worker *worker);
void deadlines_prove(struct worker *worker);
/* Deadlines are due but for a comparison of the clocks. */
bool deadlines_wait_for_clock(const struct worker *worker);
/* Deadlines at or before it may fire now; INT64_MIN: none. */
int64_t deadlines_proved_until(const struct worker *worker, const struct shard *shard,
                               int64_t now_ms);
bool deadlines_are_due(const struct worker *worker, const struct shard *shard);

/* commit.c: the outbox with the offsets of the touched shards, again and again with the same bytes
 * while the reason passes. What is not transactional commits its offsets with a checkpoint only. */
enum status commit_round(struct worker *worker, bool checkpoint, struct error *error) must_check;
/* Learns the broker's clock, every now and then, by a record that nobody reads. */
enum status commit_clock_probe(struct worker *worker, struct error *error) must_check;
/* A checkpoint of every shard that is ahead of what is committed. */
enum status commit_checkpoint(struct worker *worker, struct error *error) must_check;

/* watch.c */
struct watch *watch_new(const struct settings *settings, int32_t partition_capacity);
void watch_free(struct watch *watch); /* accepts NULL */
void watch_tend(struct worker *worker);
/* To /readyz, Prometheus and systemd. */
void watch_ready(struct worker *worker, bool ready, const char *words);
/* The loop moves: to /livez and systemd's watchdog. */
void watch_beat(struct worker *worker);

#endif
