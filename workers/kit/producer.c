#include "kit/producer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/log.h"

/* Kafka's numbers of the requests whose unanswered copies can still reach a later transaction. */
enum {
    API_PRODUCE = 0,
    API_ADD_PARTITIONS_TO_TXN = 24,
    API_ADD_OFFSETS_TO_TXN = 25,
    API_END_TXN = 26,
    API_TXN_OFFSET_COMMIT = 28,
};

enum {
    QUEUE_FULL_WAIT_MS = 100,
    INIT_TIMEOUT_MS = 60000,
    RETRY_WAIT_MS = 20,
    WARM_TIMEOUT_MS = 5000,
    FENCED_MAX = 3, /* in a row, without a commit between them: that is a twin */
};

struct producer {
    const struct settings *settings;       /* borrowed */
    char *transactional_id;                /* owned; NULL: idempotent */
    rd_kafka_t *handle;                    /* owned; NULL between two handles */
    char *topic_names[TOPIC_COUNT];        /* owned, with the prefix */
    rd_kafka_topic_t *topics[TOPIC_COUNT]; /* owned, of this handle; NULL: not used so far */
    bool warm[TOPIC_COUNT];                /* known to every handle from its beginning */
    uint32_t failed;                       /* deliveries that failed since the last flush */
    char failed_why[128];
    int fenced;              /* times since the last commit */
    int64_t begun_ms;        /* wall clock: of the open transaction */
    int64_t begun_at_ms;     /* monotonic, likewise */
    int64_t compared_ms;     /* monotonic: see the header */
    int64_t broker_ahead_ms; /* as it was last seen */
    atomic_bool tainted;     /* set on librdkafka's threads */
};

static void learn_clock(struct producer *producer, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    int64_t broker_ms = rd_kafka_message_timestamp(message, &kind);
    int64_t now_ms = clock_now_ms();
    if (kind != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
        return;
    }
    producer->compared_ms = producer->begun_at_ms;
    if (broker_ms < producer->begun_ms) {
        producer->broker_ahead_ms = broker_ms - producer->begun_ms;
    } else {
        producer->broker_ahead_ms = broker_ms > now_ms ? broker_ms - now_ms : 0;
    }
}

static void delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    struct producer *producer = opaque;
    if (!message->err) {
        learn_clock(producer, message);
        return;
    }
    producer->failed++;
    (void)snprintf(producer->failed_why, sizeof producer->failed_why, "%s",
                   rd_kafka_err2str(message->err));
}

static rd_kafka_resp_err_t response_received(rd_kafka_t *handle, int socket, const char *broker,
                                             int32_t broker_id, int16_t api, int16_t version,
                                             int32_t correlation, size_t size, int64_t latency,
                                             rd_kafka_resp_err_t failure, void *opaque)
{
    (void)handle, (void)socket, (void)broker, (void)broker_id, (void)version;
    (void)correlation, (void)size, (void)latency;
    struct producer *producer = opaque;
    if (failure &&
        (api == API_PRODUCE || api == API_ADD_PARTITIONS_TO_TXN || api == API_ADD_OFFSETS_TO_TXN ||
         api == API_END_TXN || api == API_TXN_OFFSET_COMMIT)) {
        atomic_store(&producer->tainted, true);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t handle_made(rd_kafka_t *handle, const rd_kafka_conf_t *conf,
                                       void *opaque, char *text, size_t size)
{
    (void)conf, (void)text, (void)size;
    return rd_kafka_interceptor_add_on_response_received(handle, "taint", response_received,
                                                         opaque);
}

static enum status set(rd_kafka_conf_t *conf, const char *name, const char *value,
                       struct error *error)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        return error_set(error, FATAL, "producer setting %s=%s: %s", name, value, why);
    }
    return OK;
}

static enum status configure(struct producer *producer, rd_kafka_conf_t *conf, struct error *error)
{
    /* What correctness needs comes after what the user may tune, so that it cannot be undone. */
    static const char *const first[][2] = {
        {"linger.ms", "1"},         {"socket.nagle.disable", "true"},
        {"retry.backoff.ms", "5"},  {"compression.codec", "zstd"},
        {"compression.level", "1"}, {"queue.buffering.max.messages", "1000000"},
    };
    static const char *const last[][2] = {
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"},
    };
    enum status status = OK;
    for (size_t i = 0; i < sizeof first / sizeof *first && status == OK; i++) {
        status = set(conf, first[i][0], first[i][1], error);
    }
    if (status == OK) {
        status = settings_kafka(producer->settings, conf, error);
    }
    for (size_t i = 0; i < sizeof last / sizeof *last && status == OK; i++) {
        status = set(conf, last[i][0], last[i][1], error);
    }
    if (status == OK && producer->transactional_id) {
        char timeout[24];
        (void)snprintf(timeout, sizeof timeout, "%lld",
                       (long long)settings_number(producer->settings, "transaction.timeout.ms"));
        status = set(conf, "transactional.id", producer->transactional_id, error);
        if (status == OK) {
            status = set(conf, "transaction.timeout.ms", timeout, error);
        }
    }
    return status;
}

static enum status init_transactions(struct producer *producer, struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + INIT_TIMEOUT_MS;
    for (;;) {
        rd_kafka_error_t *failure = rd_kafka_init_transactions(producer->handle, 10000);
        if (!failure) {
            return OK;
        }
        bool again = rd_kafka_error_is_retriable(failure) && clock_monotonic_ms() < give_up_ms;
        enum status status =
            again ? OK
                  : error_set(error, FATAL, "transactional.id %s: init_transactions: %s",
                              producer->transactional_id, rd_kafka_error_string(failure));
        rd_kafka_error_destroy(failure);
        if (!again) {
            return status;
        }
    }
}

/* NULL: out of memory, or a name that Kafka refuses. */
static rd_kafka_topic_t *topic_handle(struct producer *producer, enum topic topic)
{
    if (!producer->topics[topic]) {
        producer->topics[topic] =
            rd_kafka_topic_new(producer->handle, producer->topic_names[topic], NULL);
    }
    return producer->topics[topic];
}

/* One request for all. Without an answer nothing is lost: the first record waits instead. */
static void warm_up(struct producer *producer)
{
    const struct rd_kafka_metadata *metadata;
    bool any = false;
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        any = (producer->warm[topic] && topic_handle(producer, (enum topic)topic)) || any;
    }
    if (any && !rd_kafka_metadata(producer->handle, 0, NULL, &metadata, WARM_TIMEOUT_MS)) {
        rd_kafka_metadata_destroy(metadata);
    }
}

static enum status handle_open(struct producer *producer, struct error *error)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = configure(producer, conf, error);
    if (status != OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_log_cb(conf, log_kafka);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered); /* flush wakes on it: 1 ms instead of 10 */
    (void)rd_kafka_conf_interceptor_add_on_new(conf, "taint", handle_made, producer);
    producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!producer->handle) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, FATAL, "producer: %s", why);
    }
    producer->failed = 0;
    atomic_store(&producer->tainted, false);
    warm_up(producer);
    return producer->transactional_id ? init_transactions(producer, error) : OK;
}

static void handle_close(struct producer *producer)
{
    if (producer->handle) {
        /* Nothing of it is wanted any more: what was acknowledged is, the rest was not promised. */
        (void)rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(producer->handle, 1000);
        for (int topic = 0; topic < TOPIC_COUNT; topic++) {
            if (producer->topics[topic]) {
                rd_kafka_topic_destroy(producer->topics[topic]);
                producer->topics[topic] = NULL;
            }
        }
        rd_kafka_destroy(producer->handle);
        producer->handle = NULL;
    }
}

enum status producer_new(const struct settings *settings, const char *transactional_id,
                         struct producer **ret_producer, struct error *error)
{
    struct producer *producer = calloc(1, sizeof *producer);
    if (!producer) {
        return error_set(error, FATAL, "producer: out of memory");
    }
    producer->settings = settings;
    if (transactional_id) {
        producer->transactional_id = strdup(transactional_id);
    }
    const char *prefix = settings_text(settings, "topic.prefix");
    bool complete = !transactional_id || producer->transactional_id;
    for (int topic = 0; topic < TOPIC_COUNT && complete; topic++) {
        complete = asprintf(&producer->topic_names[topic], "%s%s", prefix,
                            topic_info((enum topic)topic)->name) >= 0;
    }
    enum status status =
        complete ? handle_open(producer, error) : error_set(error, FATAL, "out of memory");
    if (status != OK) {
        producer_free(producer);
        return status;
    }
    *ret_producer = producer;
    return OK;
}

void producer_free(struct producer *producer)
{
    if (!producer) {
        return;
    }
    handle_close(producer);
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        free(producer->topic_names[topic]);
    }
    free(producer->transactional_id);
    free(producer);
}

void producer_warm(struct producer *producer, const enum topic *topics, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        producer->warm[topics[i]] = true;
    }
    warm_up(producer);
}

static rd_kafka_headers_t *headers_of(const struct outgoing *item)
{
    if (item->header_count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *headers = rd_kafka_headers_new(item->header_count);
    for (uint32_t i = 0; i < item->header_count; i++) {
        const struct header *header = &item->headers[i];
        (void)rd_kafka_header_add(headers, header->name, -1, header->value.data,
                                  (ssize_t)header->value.size);
    }
    return headers;
}

static rd_kafka_resp_err_t produce(struct producer *producer, rd_kafka_topic_t *topic,
                                   const struct outgoing *item, int32_t partition)
{
    rd_kafka_headers_t *headers = headers_of(item);
    rd_kafka_resp_err_t failure = rd_kafka_producev(
        producer->handle, RD_KAFKA_V_RKT(topic),
        RD_KAFKA_V_PARTITION(partition < 0 ? RD_KAFKA_PARTITION_UA : partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(item->key.data, item->key.size),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)item->value.data, item->value.size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END); /* its timestamp is that of now */
    if (failure && headers) {
        rd_kafka_headers_destroy(headers); /* else they are librdkafka's now */
    }
    return failure;
}

enum status producer_send(struct producer *producer, const struct outgoing *item,
                          struct error *error)
{
    const char *name = producer->topic_names[item->topic];
    rd_kafka_topic_t *topic = topic_handle(producer, item->topic);
    if (!topic) {
        return error_set(error, FATAL, "%s: %s", name, rd_kafka_err2str(rd_kafka_last_error()));
    }
    rd_kafka_resp_err_t failure = produce(producer, topic, item, item->partition);
    if (failure == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && topic_is_dead_letters(item->topic)) {
        /* An input has got more partitions than its dead letters: their headers say which. */
        failure = produce(producer, topic, item, RD_KAFKA_PARTITION_UA);
    }
    if (!failure) {
        return OK;
    }
    if (failure == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return error_set(error, RETRY, "%s: the producer's queue is full", name);
    }
    if (failure == RD_KAFKA_RESP_ERR__STATE || failure == RD_KAFKA_RESP_ERR__PURGE_QUEUE) {
        return error_set(error, RETRY, "%s: %s", name, rd_kafka_err2str(failure));
    }
    return error_set(error, FATAL, "%s: %s", name, rd_kafka_err2str(failure));
}

enum status producer_flush(struct producer *producer, int timeout_ms, struct error *error)
{
    rd_kafka_resp_err_t failure = rd_kafka_flush(producer->handle, timeout_ms);
    uint32_t failed = producer->failed;
    producer->failed = 0;
    char why[256];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer->handle, why, sizeof why);
    if (fatal) {
        return error_set(error, FATAL, "producer: %s", why);
    }
    if (failure) {
        return error_set(error, RETRY, "not acknowledged in %d ms", timeout_ms);
    }
    if (failed) {
        return error_set(error, RETRY, "%u records were not delivered: %s", failed,
                         producer->failed_why);
    }
    return OK;
}

/* Is it about our place in the group, so that another worker may own the partitions by now? */
static bool membership_lost(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
           code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

static bool is_fenced(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
           code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

/* See the header. The words are those of the failure; they say _FENCED where it is FATAL. */
static enum status renew(struct producer *producer, const struct error *why, struct error *error)
{
    struct error opening;
    if (++producer->fenced > FENCED_MAX) {
        return error_set(error, FATAL, "%s (_FENCED %d times: is another process in our slot?)",
                         why->text, producer->fenced);
    }
    handle_close(producer);
    if (handle_open(producer, &opening) != OK) {
        *error = opening;
        return FATAL;
    }
    *error = *why;
    return ABORT_TXN;
}

static enum status abort_open(struct producer *producer, struct error *error)
{
    for (;;) {
        rd_kafka_error_t *failure = rd_kafka_abort_transaction(producer->handle, -1);
        if (!failure) {
            return OK;
        }
        bool again = rd_kafka_error_is_retriable(failure);
        bool fenced = is_fenced(rd_kafka_error_code(failure));
        struct error why;
        (void)error_set(&why, FATAL, "abort of a transaction: %s", rd_kafka_error_string(failure));
        rd_kafka_error_destroy(failure);
        if (fenced) {
            return renew(producer, &why, error);
        }
        if (!again) {
            *error = why;
            return FATAL;
        }
        (void)rd_kafka_poll(producer->handle, RETRY_WAIT_MS);
    }
}

/* Takes the failure of a step of the transaction; says what the caller must do. OK means that the
 * same call may be made again at once. */
static enum status judge(struct producer *producer, const char *what, rd_kafka_error_t *failure,
                         struct error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    bool fatal = rd_kafka_error_is_fatal(failure);
    bool abortable = rd_kafka_error_txn_requires_abort(failure);
    bool again = rd_kafka_error_is_retriable(failure);
    (void)error_set(error, FATAL, "%s: %s (%s)", what, rd_kafka_error_string(failure),
                    rd_kafka_err2name(code));
    rd_kafka_error_destroy(failure);
    if (is_fenced(code)) {
        struct error why = *error;
        return renew(producer, &why, error);
    }
    if (fatal) {
        return FATAL;
    }
    if (abortable) {
        struct error aborting;
        enum status aborted = abort_open(producer, &aborting);
        if (aborted != OK) {
            *error = aborting;
            return aborted;
        }
        return membership_lost(code) ? ABORT_TXN : RETRY;
    }
    if (again) {
        (void)rd_kafka_poll(producer->handle, RETRY_WAIT_MS);
        return OK;
    }
    return FATAL;
}

static enum status send_all(struct producer *producer, const struct outbox *outbox,
                            struct error *error)
{
    for (uint32_t i = 0; i < outbox->count; i++) {
        enum status status;
        while ((status = producer_send(producer, &outbox->items[i], error)) == RETRY) {
            if (rd_kafka_fatal_error(producer->handle, NULL, 0) ||
                rd_kafka_outq_len(producer->handle) == 0) {
                /* Not full, so the transaction can take no more: abort, which says whether it was
                 * fenced, then the same again. */
                enum status aborted = abort_open(producer, error);
                return aborted == OK ? RETRY : aborted;
            }
            (void)rd_kafka_poll(producer->handle, QUEUE_FULL_WAIT_MS);
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status send_offsets(struct producer *producer, const struct producer_offsets *offsets,
                                struct error *error)
{
    rd_kafka_error_t *failure;
    must(offsets->list->cnt > 0);
    while ((failure = rd_kafka_send_offsets_to_transaction(producer->handle, offsets->list,
                                                           offsets->group, -1))) {
        enum status status = judge(producer, "offsets of a transaction", failure, error);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

enum status producer_transact(struct producer *producer,
                              const rd_kafka_topic_partition_list_t *offsets,
                              const rd_kafka_consumer_group_metadata_t *group,
                              const struct outbox *outbox, struct error *error)
{
    must(offsets ? offsets->cnt > 0 : !group);
    const struct producer_offsets alone = {offsets, group};
    return producer_transact_groups(producer, &alone, offsets ? 1 : 0, outbox, error);
}

enum status producer_transact_groups(struct producer *producer,
                                     const struct producer_offsets *offsets, uint32_t count,
                                     const struct outbox *outbox, struct error *error)
{
    must(producer->transactional_id);
    if (atomic_load(&producer->tainted)) {
        handle_close(producer);
    }
    if (!producer->handle) {
        enum status status = handle_open(producer, error);
        if (status != OK) {
            return status;
        }
    }
    producer->begun_ms = clock_now_ms();
    producer->begun_at_ms = clock_monotonic_ms();
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(producer->handle);
    if (failure) {
        enum status status = judge(producer, "begin of a transaction", failure, error);
        return status == OK ? RETRY : status;
    }
    CRASH_POINT("transaction-begun");
    for (uint32_t i = 0; i < count; i++) {
        enum status status = send_offsets(producer, &offsets[i], error);
        if (status != OK) {
            return status;
        }
    }
    CRASH_POINT("offsets-sent");
    enum status sent = send_all(producer, outbox, error);
    if (sent != OK) {
        return sent;
    }
    CRASH_POINT("records-sent");
    while ((failure = rd_kafka_commit_transaction(producer->handle, -1))) {
        enum status status = judge(producer, "commit of a transaction", failure, error);
        if (status != OK) {
            return status;
        }
    }
    CRASH_POINT("transaction-committed");
    producer->failed = 0;
    producer->fenced = 0;
    return OK;
}

int64_t producer_broker_ahead_ms(const struct producer *producer)
{
    return producer->broker_ahead_ms;
}

int64_t producer_clock_compared_ms(const struct producer *producer)
{
    return producer->compared_ms;
}
