#include "kit/reader.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/complaint.h"

/* The client's simple consumer, one queue for all partitions: it needs no group, and a partition
 * that comes or goes does not disturb the others. */

enum { ANSWER_WAIT_MS = 15000, ASK_AGAIN_MS = 20, BATCH_MAX = 1000, WHY_SIZE = 256 };

struct started {
    bool running;
    bool at_end; /* nothing has come since the client told the end */
    int64_t position;
};

struct reader_topic {
    enum topic topic;
    char *name;                /* owned, with the prefix */
    rd_kafka_topic_t *handle;  /* owned; NULL until it is needed */
    struct started *partition; /* owned; by number */
    int32_t partition_count;   /* how many there is room for */
};

struct reader {
    rd_kafka_t *client;      /* owned */
    rd_kafka_queue_t *queue; /* owned */
    struct reader_topic topics[TOPIC_COUNT];
    rd_kafka_message_t *batch[BATCH_MAX]; /* owned from batch_next on */
    size_t batch_next;
    size_t batch_count;
    rd_kafka_message_t *given; /* owned; what the caller looks at */
    const char *bootstrap;     /* the settings' */
    struct complaint complaint;
};

static enum status configure(rd_kafka_conf_t *conf, const struct settings *settings, bool committed,
                             struct error *error)
{
    /* What users may tune comes first, what correctness needs comes after it. */
    const char *const before[][2] = {
        {"socket.nagle.disable", "true"},
        /* Questions about ends wait in line behind a fetch. */
        {"fetch.wait.max.ms", "20"},
        {"fetch.error.backoff.ms", "50"},
        /* A queue that fills makes the client pause: with its own default reading is 3 times
           slower. */
        {"queued.min.messages", "300000"},
    };
    const char *const after[][2] = {
        {"enable.partition.eof", "true"},
        {"check.crcs", "true"},
        {"auto.offset.reset", "error"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"allow.auto.create.topics", "false"},
        {"isolation.level", committed ? "read_committed" : "read_uncommitted"},
    };
    char why[WHY_SIZE];
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        must(!rd_kafka_conf_set(conf, before[i][0], before[i][1], why, sizeof why));
    }
    enum status status = settings_kafka(settings, conf, error);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        must(!rd_kafka_conf_set(conf, after[i][0], after[i][1], why, sizeof why));
    }
    return status;
}

static enum status client_open(struct reader *reader, const struct settings *settings,
                               bool committed, struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = configure(conf, settings, committed, error);
    if (status == OK) {
        char why[WHY_SIZE];
        complaint_listen(&reader->complaint, conf);
        reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
        if (reader->client) {
            reader->queue = rd_kafka_queue_new(reader->client);
            return OK; /* conf is the client's now */
        }
        status = error_set(error, FATAL, "Kafka client: %s", why);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

enum status reader_new(const struct settings *settings, bool committed, struct reader **ret_reader,
                       struct error *error)
{
    enum status status = settings_require(settings, "bootstrap.servers", error);
    if (status != OK) {
        return status;
    }
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        return error_set(error, FATAL, "reader: out of memory");
    }
    reader->bootstrap = settings_text(settings, "bootstrap.servers");
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        reader->topics[topic].topic = topic;
        if (asprintf(&reader->topics[topic].name, "%s%s", settings_text(settings, "topic.prefix"),
                     topic_info(topic)->name) < 0) {
            reader->topics[topic].name = NULL;
            reader_free(reader);
            return error_set(error, FATAL, "reader: out of memory");
        }
    }
    status = client_open(reader, settings, committed, error);
    if (status != OK) {
        reader_free(reader);
        return status;
    }
    *ret_reader = reader;
    return OK;
}

static void given_done(struct reader *reader)
{
    if (reader->given) {
        rd_kafka_message_destroy(reader->given);
        reader->given = NULL;
    }
}

void reader_free(struct reader *reader)
{
    if (!reader) {
        return;
    }
    given_done(reader);
    while (reader->batch_next < reader->batch_count) {
        rd_kafka_message_destroy(reader->batch[reader->batch_next++]);
    }
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        struct reader_topic *of = &reader->topics[topic];
        for (int32_t partition = 0; partition < of->partition_count; partition++) {
            reader_stop(reader, topic, partition);
        }
        if (of->handle) {
            rd_kafka_topic_destroy(of->handle);
        }
        free(of->partition);
        free(of->name);
    }
    if (reader->client) {
        rd_kafka_queue_destroy(reader->queue);
        rd_kafka_destroy(reader->client);
    }
    free(reader);
}

/* The topic with a handle of the client for it; NULL and an error where there can be none. */
static struct reader_topic *topic_open(struct reader *reader, enum topic topic, struct error *error)
{
    struct reader_topic *of = &reader->topics[topic];
    if (!of->handle) {
        rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(reader->client);
        rd_kafka_topic_conf_set_opaque(conf, of);
        of->handle = rd_kafka_topic_new(reader->client, of->name, conf);
        if (!of->handle) {
            (void)error_set(error, FATAL, "topic %s: %s", of->name,
                            rd_kafka_err2str(rd_kafka_last_error()));
            return NULL;
        }
    }
    return of;
}

/* Faults that go by themselves: a connection, a new leader, a topic just made. */
static bool is_passing(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR__TRANSPORT || failure == RD_KAFKA_RESP_ERR__RESOLVE ||
           failure == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           failure == RD_KAFKA_RESP_ERR__TIMED_OUT ||
           failure == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           failure == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           failure == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

static bool is_missing(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           failure == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           failure == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

static enum status unanswered(struct reader *reader, const char *name, rd_kafka_resp_err_t failure,
                              struct error *error)
{
    while (rd_kafka_poll(reader->client, 0) > 0) {
        /* brings in what the client has to say */
    }
    return error_set(error, RETRY, "topic %s: no answer from Kafka at %s: %s%s%s", name,
                     reader->bootstrap, rd_kafka_err2str(failure),
                     reader->complaint.words[0] ? "; " : "", reader->complaint.words);
}

enum status reader_partition_count(struct reader *reader, enum topic topic, int32_t *ret_count,
                                   struct error *error)
{
    struct reader_topic *of = topic_open(reader, topic, error);
    if (!of) {
        return FATAL;
    }
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t failure =
        rd_kafka_metadata(reader->client, 0, of->handle, &metadata, ANSWER_WAIT_MS);
    if (failure) {
        return unanswered(reader, of->name, failure, error);
    }
    must(metadata->topic_cnt == 1);
    failure = metadata->topics[0].err;
    if (!failure) {
        *ret_count = metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    if (is_missing(failure)) {
        return error_set(error, POISON, "there is no topic %s at %s: shortfall topics create",
                         of->name, reader->bootstrap);
    }
    return failure ? unanswered(reader, of->name, failure, error) : OK;
}

enum status reader_ends(struct reader *reader, enum topic topic, int32_t partition,
                        int64_t *ret_first, int64_t *ret_end, struct error *error)
{
    struct reader_topic *of = topic_open(reader, topic, error);
    if (!of) {
        return FATAL;
    }
    int64_t first, end;
    int64_t give_up_ms = clock_monotonic_ms() + ANSWER_WAIT_MS;
    rd_kafka_resp_err_t failure;
    while ((failure = rd_kafka_query_watermark_offsets(reader->client, of->name, partition, &first,
                                                       &end, ANSWER_WAIT_MS)) &&
           is_passing(failure) && clock_monotonic_ms() < give_up_ms) {
        /* The client asks once; whoever leads the partition may still be finding out. */
        (void)rd_kafka_poll(reader->client, ASK_AGAIN_MS);
    }
    if (is_missing(failure)) {
        return error_set(error, POISON, "topic %s has no partition %" PRId32, of->name, partition);
    }
    if (failure) {
        return unanswered(reader, of->name, failure, error);
    }
    *ret_first = first;
    *ret_end = end;
    return OK;
}

static bool room_for(struct reader_topic *of, int32_t partition)
{
    if (partition < of->partition_count) {
        return true;
    }
    struct started *grown = realloc(of->partition, ((size_t)partition + 1) * sizeof *grown);
    if (!grown) {
        return false;
    }
    memset(grown + of->partition_count, 0,
           (size_t)(partition + 1 - of->partition_count) * sizeof *grown);
    of->partition = grown;
    of->partition_count = partition + 1;
    return true;
}

enum status reader_start(struct reader *reader, enum topic topic, int32_t partition, int64_t offset,
                         struct error *error)
{
    must(partition >= 0 && (offset >= 0 || offset == RD_KAFKA_OFFSET_BEGINNING));
    struct reader_topic *of = topic_open(reader, topic, error);
    if (!of) {
        return FATAL;
    }
    if (!room_for(of, partition)) {
        return error_set(error, FATAL, "reader: out of memory");
    }
    reader_stop(reader, topic, partition);
    if (rd_kafka_consume_start_queue(of->handle, partition, offset, reader->queue) != 0) {
        return error_set(error, FATAL, "topic %s, partition %" PRId32 ": %s", of->name, partition,
                         rd_kafka_err2str(rd_kafka_last_error()));
    }
    of->partition[partition] =
        (struct started){.running = true, .position = offset > 0 ? offset : 0};
    return OK;
}

void reader_stop(struct reader *reader, enum topic topic, int32_t partition)
{
    struct reader_topic *of = &reader->topics[topic];
    if (partition >= of->partition_count || !of->partition[partition].running) {
        return;
    }
    of->partition[partition].running = false;
    given_done(reader);
    (void)rd_kafka_consume_stop(of->handle, partition); /* fails only for what never started */
    /* What is fetched already must not come after a new start. */
    size_t kept = reader->batch_next;
    for (size_t i = reader->batch_next; i < reader->batch_count; i++) {
        rd_kafka_message_t *message = reader->batch[i];
        if (message->rkt == of->handle && message->partition == partition) {
            rd_kafka_message_destroy(message);
        } else {
            reader->batch[kept++] = message;
        }
    }
    reader->batch_count = kept;
}

/* The next of the batch; a new batch where it is used up; NULL after wait_ms without any. A batch
 * would be waited for until it is full, so the wait is for one message, and the rest is only what
 * is there. */
static rd_kafka_message_t *batch_take(struct reader *reader, int wait_ms)
{
    if (reader->batch_next == reader->batch_count) {
        ssize_t count = rd_kafka_consume_batch_queue(reader->queue, 0, reader->batch, BATCH_MAX);
        reader->batch_next = 0;
        reader->batch_count = count > 0 ? (size_t)count : 0;
        if (reader->batch_count == 0) {
            (void)rd_kafka_poll(reader->client, 0); /* the client's errors */
            return rd_kafka_consume_queue(reader->queue, wait_ms);
        }
    }
    return reader->batch[reader->batch_next++];
}

/* Takes what is no record: an end that moves the position, or an error. */
static enum status take_event(struct reader_topic *of, const rd_kafka_message_t *event,
                              struct error *error)
{
    if (event->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        struct started *started = &of->partition[event->partition];
        if (event->offset >= started->position) {
            started->position = event->offset;
            started->at_end = true;
        }
        return OK;
    }
    if (is_passing(event->err)) {
        return OK;
    }
    return error_set(error, FATAL, "topic %s, partition %" PRId32 ", offset %" PRId64 ": %s (%s)",
                     of ? of->name : "?", event->partition,
                     of && event->partition >= 0 && event->partition < of->partition_count
                         ? of->partition[event->partition].position
                         : event->offset,
                     rd_kafka_message_errstr(event), rd_kafka_err2name(event->err));
}

static void fill(struct message *message, const struct reader_topic *of,
                 const rd_kafka_message_t *native)
{
    rd_kafka_timestamp_type_t kind;
    int64_t timestamp_ms = rd_kafka_message_timestamp(native, &kind);
    *message = (struct message){
        .topic = of->topic,
        .partition = native->partition,
        .offset = native->offset,
        .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp_ms,
        .key = {native->key, (uint32_t)native->key_len},
        .value = {native->payload, (uint32_t)native->len},
        .native = native,
    };
}

enum status reader_next(struct reader *reader, int wait_ms, struct message *ret_message,
                        struct error *error)
{
    given_done(reader);
    rd_kafka_message_t *native = batch_take(reader, wait_ms);
    if (!native) {
        *ret_message = (struct message){.topic = TOPIC_NONE};
        return OK;
    }
    struct reader_topic *of = native->rkt ? rd_kafka_topic_opaque(native->rkt) : NULL;
    if (native->err || !of) {
        enum status status = take_event(of, native, error);
        rd_kafka_message_destroy(native);
        if (status == OK) {
            *ret_message = (struct message){.topic = TOPIC_NONE};
        }
        return status;
    }
    reader->given = native;
    of->partition[native->partition].position = native->offset + 1;
    of->partition[native->partition].at_end = false;
    fill(ret_message, of, native);
    return OK;
}

static const struct started *started_of(const struct reader *reader, enum topic topic,
                                        int32_t partition)
{
    const struct reader_topic *of = &reader->topics[topic];
    must(partition >= 0 && partition < of->partition_count && of->partition[partition].running);
    return &of->partition[partition];
}

int64_t reader_position(const struct reader *reader, enum topic topic, int32_t partition)
{
    return started_of(reader, topic, partition)->position;
}

bool reader_is_at_end(const struct reader *reader, enum topic topic, int32_t partition)
{
    return started_of(reader, topic, partition)->at_end;
}
