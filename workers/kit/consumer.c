#include "kit/consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/confirmation.h"
#include "kit/log.h"

enum {
    COMMITTED_TIMEOUT_MS = 10000,
    COMMITTED_PATIENCE_MS = 15000, /* a coordinator that moves takes seconds */
    COMMITTED_AGAIN_MS = 100,
    UNCONFIRMED_POLL_MS = 1,
    UNCONFIRMED_MAX_MS = 30000, /* then we join again */
};

struct consumer {
    rd_kafka_t *handle; /* owned */
    char group_id[128];
    char instance[160];
    char *topic_names[TOPIC_COUNT];
    enum topic *topics; /* owned; subscribed */
    uint32_t topic_count;
    struct consumer_events events;
    rd_kafka_topic_partition_list_t *assigned; /* owned; NULL while nothing is */
    struct commit_point *points; /* owned; where each begins; NULL once that is told */
    rd_kafka_consumer_group_metadata_t *group; /* owned; captured at the assignment */
    struct confirmation *confirmation;         /* owned */
    bool confirmed;                            /* the assignment is told to our owner */
    bool broken;                               /* an assignment could not be taken up */
    char failure[256];                         /* what went wrong inside a callback */
};

static enum topic topic_of(const struct consumer *consumer, const char *name)
{
    for (uint32_t i = 0; i < consumer->topic_count; i++) {
        if (strcmp(consumer->topic_names[consumer->topics[i]], name) == 0) {
            return consumer->topics[i];
        }
    }
    return TOPIC_NONE;
}

static void forget_points(struct consumer *consumer)
{
    free(consumer->points);
    consumer->points = NULL;
    if (consumer->confirmation) {
        confirmation_forget(consumer->confirmation);
    }
}

static void forget_assignment(struct consumer *consumer)
{
    if (consumer->assigned) {
        rd_kafka_topic_partition_list_destroy(consumer->assigned);
        consumer->assigned = NULL;
    }
    if (consumer->group) {
        rd_kafka_consumer_group_metadata_destroy(consumer->group);
        consumer->group = NULL;
    }
    forget_points(consumer);
    consumer->confirmed = false;
}

static void tell_revoked(struct consumer *consumer, bool lost)
{
    consumer->events.revoked(consumer->events.context, lost);
    forget_assignment(consumer);
}

/* Fills the list's offsets with what is committed. */
static rd_kafka_resp_err_t fetch_committed(struct consumer *consumer,
                                           rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    int64_t give_up_ms = clock_monotonic_ms() + COMMITTED_PATIENCE_MS;
    while (clock_monotonic_ms() < give_up_ms) {
        failure = rd_kafka_committed(consumer->handle, list, COMMITTED_TIMEOUT_MS);
        for (int i = 0; i < list->cnt && !failure; i++) {
            failure = list->elems[i].err;
        }
        if (!failure) {
            return failure;
        }
        (void)usleep(COMMITTED_AGAIN_MS * 1000);
    }
    return failure;
}

static void point_of(const rd_kafka_topic_partition_t *element, struct commit_point *ret_point)
{
    ret_point->offset = element->offset >= 0 ? element->offset : RD_KAFKA_OFFSET_BEGINNING;
    size_t size = element->metadata_size;
    if (size >= sizeof ret_point->metadata) {
        size = 0; /* not one of ours */
    }
    if (size) {
        memcpy(ret_point->metadata, element->metadata, size);
    }
    ret_point->metadata[size] = '\0';
}

/* The order matters: what is committed is final for who asks with this metadata or later, and what
 * the group says after that confirms both. */
static void take_up(struct consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    consumer->group = rd_kafka_consumer_group_metadata(consumer->handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_resp_err_t failure = list->cnt ? fetch_committed(consumer, list) : 0;
    if (failure) {
        (void)snprintf(consumer->failure, sizeof consumer->failure, "committed offsets: %s",
                       rd_kafka_err2str(failure));
        consumer->broken = true;
        (void)rd_kafka_assign(consumer->handle, NULL);
        rd_kafka_topic_partition_list_destroy(list);
        forget_assignment(consumer);
        return;
    }
    consumer->points = calloc((size_t)list->cnt + 1, sizeof *consumer->points);
    must(consumer->points);
    for (int i = 0; i < list->cnt; i++) {
        point_of(&list->elems[i], &consumer->points[i]);
        list->elems[i].offset = consumer->points[i].offset;
    }
    failure = rd_kafka_assign(consumer->handle, list);
    if (!failure && list->cnt) {
        failure = rd_kafka_pause_partitions(consumer->handle, list);
    }
    if (failure) {
        (void)snprintf(consumer->failure, sizeof consumer->failure, "assignment: %s",
                       rd_kafka_err2str(failure));
    }
    consumer->assigned = list;
    confirmation_ask(consumer->confirmation, list);
}

/* While librdkafka waits for us to take an assignment up, a change of its topics makes it join
 * again at once, and then it takes nothing back before it gives the next. The earlier one may be
 * another's by now, and what is paused here would never be resumed: we leave it all and join anew,
 * the usual way. What comes until then is nobody's, and thrown away. */
static void give_anew(struct consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    tell_revoked(consumer, true);
    (void)snprintf(consumer->failure, sizeof consumer->failure,
                   "partitions were given anew before the earlier ones were taken back");
    (void)rd_kafka_assign(consumer->handle, partitions);
    consumer->assigned = rd_kafka_topic_partition_list_copy(partitions);
}

static void rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t kind,
                      rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct consumer *consumer = opaque;
    if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && consumer->assigned) {
        give_anew(consumer, partitions);
        return;
    }
    if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        take_up(consumer, partitions);
        return;
    }
    tell_revoked(consumer,
                 kind != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || rd_kafka_assignment_lost(handle));
    (void)rd_kafka_assign(handle, NULL);
}

static void await_confirmation(struct consumer *consumer)
{
    if (confirmation_came(consumer->confirmation)) {
        consumer->confirmed = true;
        for (int i = 0; i < consumer->assigned->cnt; i++) {
            const rd_kafka_topic_partition_t *element = &consumer->assigned->elems[i];
            consumer->events.assigned(consumer->events.context, topic_of(consumer, element->topic),
                                      element->partition, &consumer->points[i]);
        }
        forget_points(consumer);
    } else if (confirmation_waits_ms(consumer->confirmation) > UNCONFIRMED_MAX_MS) {
        (void)snprintf(consumer->failure, sizeof consumer->failure,
                       "the group does not confirm our partitions: %s",
                       confirmation_words(consumer->confirmation));
        forget_points(consumer);
    }
}

static enum status set(rd_kafka_conf_t *conf, const char *name, const char *value,
                       struct error *error)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        return error_set(error, FATAL, "consumer setting %s=%s: %s", name, value, why);
    }
    return OK;
}

static enum status configure(struct consumer *consumer, const struct settings *settings,
                             const char *group, int32_t rules_newest, rd_kafka_conf_t *conf,
                             struct error *error)
{
    char rules[32] = "";
    char client[256];
    int written = snprintf(consumer->group_id, sizeof consumer->group_id, "%s%s",
                           settings_text(settings, "topic.prefix"), group);
    if (written < 0 || (size_t)written >= sizeof consumer->group_id) {
        return error_set(error, FATAL, "topic.prefix is too long");
    }
    (void)snprintf(consumer->instance, sizeof consumer->instance, "%s-%lld", consumer->group_id,
                   (long long)settings_number(settings, "slot"));
    if (rules_newest > 0) {
        (void)snprintf(rules, sizeof rules, CLIENT_RULES "%" PRId32, rules_newest);
    }
    (void)snprintf(client, sizeof client, "%s;version=%s%s", consumer->instance, SHORTFALL_VERSION,
                   rules);
    const char *const first[][2] = {
        {"fetch.wait.max.ms", "20"},      {"queued.max.messages.kbytes", "65536"},
        {"queued.min.messages", "10000"}, {"socket.nagle.disable", "true"},
        {"session.timeout.ms", "10000"},  {"client.id", client},
    };
    const char *const last[][2] = {
        {"group.id", consumer->group_id},
        {"group.instance.id", consumer->instance},
        {"partition.assignment.strategy", "range"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"},
        {"auto.offset.reset", "error"}, /* with check.crcs: stop at corrupt data, never jump */
        {"check.crcs", "true"},
    };
    enum status status = OK;
    for (size_t i = 0; i < sizeof first / sizeof *first && status == OK; i++) {
        status = set(conf, first[i][0], first[i][1], error);
    }
    if (status == OK) {
        status = settings_kafka(settings, conf, error);
    }
    for (size_t i = 0; i < sizeof last / sizeof *last && status == OK; i++) {
        status = set(conf, last[i][0], last[i][1], error);
    }
    return status;
}

static enum status subscribe(struct consumer *consumer, struct error *error)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)consumer->topic_count);
    for (uint32_t i = 0; i < consumer->topic_count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, consumer->topic_names[consumer->topics[i]],
                                                RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t failure = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failure ? error_set(error, FATAL, "subscribe: %s", rd_kafka_err2str(failure)) : OK;
}

static enum status open_handle(struct consumer *consumer, const struct settings *settings,
                               const char *group, int32_t rules_newest, struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = configure(consumer, settings, group, rules_newest, conf, error);
    if (status != OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_log_cb(conf, log_kafka);
    char why[512];
    consumer->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!consumer->handle) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, FATAL, "consumer: %s", why);
    }
    rd_kafka_poll_set_consumer(consumer->handle);
    consumer->confirmation =
        confirmation_new(consumer->handle, consumer->group_id, consumer->instance);
    return subscribe(consumer, error);
}

enum status consumer_new(const struct settings *settings, const char *group, int32_t rules_newest,
                         const enum topic *topics, uint32_t topic_count,
                         const struct consumer_events *events, struct consumer **ret_consumer,
                         struct error *error)
{
    struct consumer *consumer = calloc(1, sizeof *consumer);
    if (!consumer) {
        return error_set(error, FATAL, "consumer: out of memory");
    }
    consumer->events = *events;
    consumer->topic_count = topic_count;
    consumer->topics = calloc(topic_count, sizeof *consumer->topics);
    bool complete = consumer->topics != NULL;
    const char *prefix = settings_text(settings, "topic.prefix");
    for (uint32_t i = 0; i < topic_count && complete; i++) {
        consumer->topics[i] = topics[i];
        complete = asprintf(&consumer->topic_names[topics[i]], "%s%s", prefix,
                            topic_info(topics[i])->name) >= 0;
    }
    enum status status = complete ? open_handle(consumer, settings, group, rules_newest, error)
                                  : error_set(error, FATAL, "consumer: out of memory");
    if (status != OK) {
        consumer_free(consumer);
        return status;
    }
    *ret_consumer = consumer;
    return OK;
}

void consumer_free(struct consumer *consumer)
{
    if (!consumer) {
        return;
    }
    if (consumer->handle) {
        (void)rd_kafka_consumer_close(consumer->handle);
        forget_assignment(consumer);
        confirmation_free(consumer->confirmation);
        rd_kafka_destroy(consumer->handle);
    }
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        free(consumer->topic_names[topic]);
    }
    free(consumer->topics);
    free(consumer);
}

static void take_message(struct consumer *consumer, rd_kafka_message_t *native,
                         struct polled *ret_polled)
{
    rd_kafka_timestamp_type_t kind;
    ret_polled->kind = POLL_MESSAGE;
    ret_polled->native = native;
    ret_polled->message = (struct message){
        .topic = topic_of(consumer, rd_kafka_topic_name(native->rkt)),
        .partition = native->partition,
        .offset = native->offset,
        .timestamp_ms = rd_kafka_message_timestamp(native, &kind),
        .key = {native->key, (uint32_t)native->key_len},
        .value = {native->payload, (uint32_t)native->len},
        .native = native,
    };
}

/* Faults of the way to the broker heal by themselves; librdkafka goes on trying. */
static bool is_passing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
           code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

static void take_error(struct consumer *consumer, rd_kafka_message_t *native,
                       struct polled *ret_polled)
{
    rd_kafka_resp_err_t code = native->err;
    (void)snprintf(ret_polled->why, sizeof ret_polled->why, "%s (%s)",
                   rd_kafka_message_errstr(native), rd_kafka_err2name(code));
    if (native->rkt) {
        ret_polled->message.topic = topic_of(consumer, rd_kafka_topic_name(native->rkt));
        ret_polled->message.partition = native->partition;
        ret_polled->message.offset = native->offset;
    }
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ret_polled->kind = POLL_END;
    } else if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char why[200];
        rd_kafka_resp_err_t cause = rd_kafka_fatal_error(consumer->handle, why, sizeof why);
        ret_polled->kind = POLL_FATAL;
        (void)snprintf(ret_polled->why, sizeof ret_polled->why, "%s (%s)", why,
                       rd_kafka_err2name(cause));
    } else if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
        ret_polled->kind = POLL_LOST;
    } else if (is_passing(code) || !native->rkt) {
        log_event(LOG_DEBUG, "kafka", log_string("why", ret_polled->why));
    } else {
        ret_polled->kind = POLL_STOPPED;
    }
    rd_kafka_message_destroy(native); /* not to do so hangs the shutdown for ever */
}

void consumer_poll(struct consumer *consumer, int wait_ms, struct polled *ret_polled)
{
    *ret_polled = (struct polled){.kind = POLL_NOTHING, .message = {.topic = TOPIC_NONE}};
    if (consumer->points && wait_ms > UNCONFIRMED_POLL_MS) {
        wait_ms = UNCONFIRMED_POLL_MS;
    }
    rd_kafka_message_t *native = rd_kafka_consumer_poll(consumer->handle, wait_ms);
    if (consumer->points && !consumer->failure[0]) {
        await_confirmation(consumer);
    }
    if (consumer->failure[0]) {
        if (native) {
            rd_kafka_message_destroy(native);
        }
        ret_polled->kind = POLL_LOST;
        (void)snprintf(ret_polled->why, sizeof ret_polled->why, "%s", consumer->failure);
        consumer->failure[0] = '\0';
        return;
    }
    if (!native) {
        return;
    }
    if (native->err) {
        take_error(consumer, native, ret_polled);
    } else {
        take_message(consumer, native, ret_polled);
    }
}

/* What is assigned of a partition number; the caller's. */
static rd_kafka_topic_partition_list_t *assigned_of(const struct consumer *consumer,
                                                    int32_t partition)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)consumer->topic_count);
    for (int i = 0; consumer->assigned && i < consumer->assigned->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &consumer->assigned->elems[i];
        if (element->partition == partition) {
            (void)rd_kafka_topic_partition_list_add(list, element->topic, partition);
        }
    }
    return list;
}

enum status consumer_resume(struct consumer *consumer, int32_t partition, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = assigned_of(consumer, partition);
    rd_kafka_resp_err_t failure =
        list->cnt ? rd_kafka_resume_partitions(consumer->handle, list) : 0;
    rd_kafka_topic_partition_list_destroy(list);
    return failure ? error_set(error, ABORT_TXN, "resume of partition %d: %s", partition,
                               rd_kafka_err2str(failure))
                   : OK;
}

enum status consumer_pause(struct consumer *consumer, int32_t partition, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = assigned_of(consumer, partition);
    rd_kafka_resp_err_t failure = list->cnt ? rd_kafka_pause_partitions(consumer->handle, list) : 0;
    rd_kafka_topic_partition_list_destroy(list);
    return failure ? error_set(error, ABORT_TXN, "pause of partition %d: %s", partition,
                               rd_kafka_err2str(failure))
                   : OK;
}

const rd_kafka_consumer_group_metadata_t *consumer_group(const struct consumer *consumer)
{
    return consumer->confirmed ? consumer->group : NULL;
}

enum status consumer_commit(struct consumer *consumer, rd_kafka_topic_partition_list_t *offsets,
                            struct error *error)
{
    rd_kafka_resp_err_t failure = rd_kafka_commit(consumer->handle, offsets, 0);
    switch (failure) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__NO_OFFSET:
        return OK;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FATAL:
        return error_set(error, ABORT_TXN, "commit of offsets: %s", rd_kafka_err2str(failure));
    default: /* hundreds of codes: all others are of the way to the broker */
        return error_set(error, RETRY, "commit of offsets: %s", rd_kafka_err2str(failure));
    }
}

enum status consumer_rejoin(struct consumer *consumer, struct error *error)
{
    (void)rd_kafka_unsubscribe(consumer->handle);
    return subscribe(consumer, error);
}

bool consumer_is_fenced(const struct consumer *consumer)
{
    return rd_kafka_fatal_error(consumer->handle, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool consumer_is_dead(const struct consumer *consumer)
{
    return consumer->broken || consumer_is_fenced(consumer);
}

int64_t consumer_end(const struct consumer *consumer, enum topic topic, int32_t partition)
{
    int64_t first;
    int64_t end;
    rd_kafka_resp_err_t failure = rd_kafka_get_watermark_offsets(
        consumer->handle, consumer->topic_names[topic], partition, &first, &end);
    return failure || end < 0 ? -1 : end;
}

const char *consumer_topic_name(const struct consumer *consumer, enum topic topic)
{
    return consumer->topic_names[topic];
}
