/* The simulated librdkafka: its types, and what its files share. The functions themselves are
 * declared by librdkafka's own header, so the programs that are simulated are compiled as ever. */
#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "broker.h"

enum {
    PROPERTIES_MAX = 64,
    FLOWS_MAX = 64,
    QUEUE_MAX = 100000,
    WORDS_SIZE = 192,
    RETRY_US = 20000,
};

struct process;

/* Owned for good: a copy of the configuration that a client is made of shares them. */
struct property {
    char *name;
    char *value;
};

struct rd_kafka_conf_s {
    struct property properties[PROPERTIES_MAX];
    int property_count;
    void *opaque;
    void (*rebalance)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *, void *);
    void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *);
    void (*failed)(rd_kafka_t *, int, const char *, void *);
    rd_kafka_interceptor_f_on_new_t *made;
    void *made_opaque;
};

struct rd_kafka_topic_s {
    rd_kafka_t *client;
    enum topic topic;
    void *opaque;
};

struct rd_kafka_topic_conf_s {
    void *opaque;
};

struct rd_kafka_queue_s {
    rd_kafka_t *client;
    struct rd_kafka_op_s *answer; /* of the question that was asked for it; NULL: none yet */
    bool asked;
};

/* What is to be told to the program: a generation's partitions. */
struct given {
    int generation;
    char member_id[ID_SIZE];
    bool gives[PARTITIONS];
    bool anew;       /* nothing is taken back before */
    int64_t told_us; /* the program is busy until then */
};

enum { GIVEN_MAX = 2 };

/* A partition that is read. What is fetched is seen, and no more: visible moves now and then. */
struct flow {
    bool used;
    bool paused;
    rd_kafka_topic_t *topic;
    rd_kafka_topic_t own; /* of a flow of a group, which has no handle from outside */
    int32_t partition;
    int64_t next;
    int64_t visible;
    int64_t end_told; /* the offset at which the end was told; -1: not since */
    int64_t fetch_us; /* no fetch before */
    bool failed;
};

struct waiting_record {
    enum topic topic;
    int32_t partition;
    struct record record;
    struct waiting_record *next;
};

struct rd_kafka_s {
    rd_kafka_type_t type;
    struct rd_kafka_conf_s conf;
    struct process *owner;
    bool dead;
    rd_kafka_resp_err_t fatal;
    bool fatal_told;
    rd_kafka_t *next_client;

    /* Reading. */
    bool committed_only;
    struct flow *flows; /* FLOWS_MAX of them; NULL: none was used so far */
    int flow_count;     /* those behind are not used */
    int flow_turn;

    /* The group. */
    struct group *group; /* NULL: of none */
    char instance[ID_SIZE];
    enum topic subscribed[16];
    int subscribed_count;
    bool wants_in;    /* is to join */
    bool was_in;      /* joined, and not told since that it is out */
    bool holds;       /* an assignment was given to the program */
    bool taking_up;   /* the program is in the callback that gives one */
    bool joined_anew; /* while the program was to take one up, or did */
    struct given due[GIVEN_MAX];
    int due_count;
    bool lost;
    int generation; /* of what the program holds */
    int next_generation;
    char member_id[ID_SIZE];
    char next_member_id[ID_SIZE];

    /* Writing. */
    int transaction; /* -1: none */
    int epoch;
    bool open; /* between begin and its end */
    bool must_abort;
    struct waiting_record *queue;
    struct waiting_record **queue_end;
    int queue_count;
    rd_kafka_interceptor_f_on_response_received_t *answered;
    void *answered_opaque;
};

struct rd_kafka_error_s {
    rd_kafka_resp_err_t code;
    bool fatal;
    bool again;
    bool abort;
    char words[WORDS_SIZE];
};

struct rd_kafka_headers_s {
    struct pair *pairs; /* of one that is being made: RECORD_HEADERS_MAX of them */
    uint32_t count;
};

struct rd_kafka_consumer_group_metadata_s {
    struct group *group;
    int generation;
    char member_id[ID_SIZE];
    char instance[ID_SIZE];
};

/* A message as the program sees it; the first member is what it points to. */
struct seen {
    rd_kafka_message_t message;
    int64_t timestamp_ms;
    rd_kafka_timestamp_type_t timestamp_kind;
    struct rd_kafka_headers_s headers;
    char words[WORDS_SIZE];
};

/* How likely each fault of a request is, in so many of 1,000; 0: never. */
struct client_faults {
    int lost_commit;   /* the request or its answer is lost, or comes late */
    int failed_commit; /* refused for a passing reason: abort and do it again */
    int slow_fetch;    /* what was written is seen late */
    int cut_at_revoke; /* who is to give partitions up loses the way to the broker just then */
    int slow_group;    /* what a group gives is said, or heard, late */
    int join_anew;     /* who is to take partitions up finds its topics changed, and joins again */
    int failed_answer; /* a question for ends or offsets gets none */
};

void clients_reset(struct chance chance, const struct client_faults *faults);
void clients_set_faults(const struct client_faults *faults);
/* Nothing goes wrong any more, so who has nothing to read is asked less often: a poll without a
 * message takes several times as long as it was asked to. */
void clients_take_leisure(void);
/* Those of a process that died. */
void client_owner_died(const struct process *process);
/* Heartbeats, joins, and timeouts of transactions and sessions: called every tenth of a second. */
void clients_tend(void);

/* The topics' partitions of these numbers; the caller's. */
rd_kafka_topic_partition_list_t *client_list_of(const rd_kafka_t *client, const bool *gives);
void client_drop_answer(rd_kafka_queue_t *queue);

/* The group's news. */
void client_fenced(void *client);
void client_joined(void *client);
void client_assigned(void *client);
/* How long the leader of a group takes to say who gets what, or a program to hear it. */
int64_t client_slow_us(void);

/* The way to the broker is free, for this client, now. */
bool client_reaches_broker(const rd_kafka_t *client);
/* Waits until it is, for at most timeout_ms (-1: for ever). */
bool client_await_broker(const rd_kafka_t *client, int timeout_ms);
bool client_draws(int of_1000);
struct chance *client_chance(void);
int64_t client_session_us(const rd_kafka_t *client);
const char *client_property(const struct rd_kafka_conf_s *conf, const char *name);

/* Sends what waits: all, or what chance picks. Delivery reports are called from here. */
void client_send(rd_kafka_t *client, bool all);
rd_kafka_message_t *client_next(rd_kafka_t *client);
rd_kafka_message_t *client_event(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                 int64_t offset, rd_kafka_resp_err_t code, const char *words);

/* broker.c's groups, by index; NULL at the end. */
struct group *group_at(int index);
void groups_reset(void);

#endif
