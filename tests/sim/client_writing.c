/* Writing: the idempotent and the transactional producer. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "core/must.h"
#include "leaders.h"
#include "process.h"
#include "story.h"

enum {
    API_PRODUCE = 0,
    API_END_TXN = 26,
    REQUEST_US_MAX = 2000,
    UNANSWERED_US = 300000,
    LATE_US_MAX = 30000,
    TWIN_ONE_IN = 4, /* commits that are done and not answered */
};

const struct client_faults *client_faults(void);
void client_offsets_of(const rd_kafka_topic_partition_list_t *list, struct offset_entry *entries);
rd_kafka_resp_err_t client_refused(enum refusal_kind refusal);

/* ---- Errors -----------------------------------------------------------------------------------
 */

rd_kafka_resp_err_t client_refused(enum refusal_kind refusal)
{
    switch (refusal) {
    case BROKER_OK:
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    case BROKER_FENCED:
        return RD_KAFKA_RESP_ERR__FENCED;
    case BROKER_BUSY:
        return RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
    case BROKER_NO_MEMBER:
        return RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    case BROKER_OLD_GENERATION:
        return RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION;
    case BROKER_FENCED_MEMBER:
        return RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    }
    return RD_KAFKA_RESP_ERR_UNKNOWN;
}

static rd_kafka_error_t *error_of(rd_kafka_resp_err_t code, bool fatal, bool again, bool abort,
                                  const char *words)
{
    rd_kafka_error_t *error = calloc(1, sizeof *error);
    must(error);
    *error =
        (struct rd_kafka_error_s){.code = code, .fatal = fatal, .again = again, .abort = abort};
    (void)snprintf(error->words, sizeof error->words, "%s", words);
    return error;
}

static rd_kafka_error_t *fenced(rd_kafka_t *client)
{
    client->fatal = RD_KAFKA_RESP_ERR__FENCED;
    return error_of(RD_KAFKA_RESP_ERR__FENCED, true, false, false, "a newer instance has this id");
}

static void answer_lost(rd_kafka_t *client, int16_t api)
{
    if (client->answered) {
        (void)client->answered(client, 0, "broker", 1, api, 0, 0, 0, 0,
                               RD_KAFKA_RESP_ERR__TIMED_OUT, client->answered_opaque);
    }
}

/* ---- Records ----------------------------------------------------------------------------------
 */

static struct text copy_of(const void *data, size_t size)
{
    if (!data) {
        return (struct text){0};
    }
    char *copy = malloc(size + 1);
    must(copy);
    memcpy(copy, data, size);
    return (struct text){copy, (uint32_t)size};
}

struct produced {
    rd_kafka_topic_t *topic;
    int32_t partition;
    const void *key, *value;
    size_t key_size, value_size;
    rd_kafka_headers_t *headers;
};

static struct produced read_arguments(va_list arguments)
{
    struct produced produced = {.partition = RD_KAFKA_PARTITION_UA};
    for (int kind; (kind = va_arg(arguments, int)) != RD_KAFKA_VTYPE_END;) {
        switch (kind) {
        case RD_KAFKA_VTYPE_RKT:
            produced.topic = va_arg(arguments, rd_kafka_topic_t *);
            break;
        case RD_KAFKA_VTYPE_PARTITION:
            produced.partition = va_arg(arguments, int32_t);
            break;
        case RD_KAFKA_VTYPE_MSGFLAGS:
            (void)va_arg(arguments, int);
            break;
        case RD_KAFKA_VTYPE_KEY:
            produced.key = va_arg(arguments, const void *);
            produced.key_size = va_arg(arguments, size_t);
            break;
        case RD_KAFKA_VTYPE_VALUE:
            produced.value = va_arg(arguments, void *);
            produced.value_size = va_arg(arguments, size_t);
            break;
        case RD_KAFKA_VTYPE_TIMESTAMP:
            must(va_arg(arguments, int64_t) == 0); /* a worker's records are of their writing */
            break;
        case RD_KAFKA_VTYPE_HEADERS:
            produced.headers = va_arg(arguments, rd_kafka_headers_t *);
            break;
        default:
            must(false);
        }
    }
    return produced;
}

rd_kafka_resp_err_t rd_kafka_producev(rd_kafka_t *client, ...)
{
    va_list arguments;
    va_start(arguments, client);
    struct produced produced = read_arguments(arguments);
    va_end(arguments);
    process_boundary("produce");
    if (client->transaction >= 0 && (!client->open || client->must_abort || client->fatal)) {
        return RD_KAFKA_RESP_ERR__STATE;
    }
    struct waiting_record *waiting = calloc(1, sizeof *waiting);
    must(waiting);
    waiting->topic = produced.topic->topic;
    struct text key = copy_of(produced.key, produced.key_size);
    waiting->partition = produced.partition;
    if (produced.partition == RD_KAFKA_PARTITION_UA) {
        waiting->partition = key.data ? topic_partition_of(key, PARTITIONS)
                                      : (int32_t)chance_below(client_chance(), PARTITIONS);
    }
    waiting->record =
        (struct record){.timestamp_ms = broker_wall_ms() + process_skew(client->owner),
                        .key = key,
                        .value = copy_of(produced.value, produced.value_size)};
    if (produced.headers) {
        waiting->record.headers = produced.headers->pairs;
        waiting->record.header_count = produced.headers->count;
        free(produced.headers);
    }
    *client->queue_end = waiting;
    client->queue_end = &waiting->next;
    client->queue_count++;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void report(rd_kafka_t *client, const struct waiting_record *sent, int64_t timestamp_ms,
                   rd_kafka_resp_err_t failure)
{
    struct seen {
        rd_kafka_message_t message;
        int64_t timestamp_ms;
        rd_kafka_timestamp_type_t timestamp_kind;
    } seen = {.message = {.err = failure, .partition = sent->partition},
              .timestamp_ms = timestamp_ms,
              .timestamp_kind = topic_info(sent->topic)->broker_time
                                    ? RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
                                    : RD_KAFKA_TIMESTAMP_CREATE_TIME};
    if (client->conf.delivered && process_me() == client->owner) {
        client->conf.delivered(client, &seen.message, client->conf.opaque);
    }
}

/* false: it waits on. */
static bool send_one(rd_kafka_t *client, struct waiting_record *waiting)
{
    int64_t timestamp_ms = waiting->record.timestamp_ms;
    if (client->transaction < 0) {
        (void)broker_append(waiting->topic, waiting->partition, &waiting->record);
        report(client, waiting, timestamp_ms, RD_KAFKA_RESP_ERR_NO_ERROR);
        return true;
    }
    enum refusal_kind refusal =
        transaction_append(client->transaction, client->epoch, waiting->topic, waiting->partition,
                           &waiting->record, &timestamp_ms);
    if (refusal == BROKER_BUSY) {
        return false;
    }
    if (refusal == BROKER_FENCED) {
        client->fatal = RD_KAFKA_RESP_ERR__FENCED;
    }
    report(client, waiting, timestamp_ms, client_refused(refusal));
    return true;
}

void client_send(rd_kafka_t *client, bool all)
{
    bool sends[TOPIC_COUNT][PARTITIONS];
    for (int i = 0; i < TOPIC_COUNT * PARTITIONS; i++) {
        sends[i / PARTITIONS][i % PARTITIONS] = all || chance_hits(client_chance(), 1, 2);
    }
    struct waiting_record **place = &client->queue;
    while (*place) {
        struct waiting_record *waiting = *place;
        bool *sending = &sends[waiting->topic][waiting->partition];
        if (*sending && client_reaches_broker(client) &&
            leader_is_there(waiting->topic, waiting->partition) && send_one(client, waiting)) {
            *place = waiting->next;
            client->queue_count--;
            free(waiting);
        } else {
            *sending = false; /* those behind it must wait, too */
            place = &waiting->next;
        }
    }
    client->queue_end = place;
}

rd_kafka_resp_err_t rd_kafka_flush(rd_kafka_t *client, int timeout_ms)
{
    int64_t until_us = process_time_us() + (int64_t)timeout_ms * 1000;
    while (client->queue_count > 0) {
        process_boundary("flush");
        client_send(client, chance_hits(client_chance(), 1, 2));
        if (client->queue_count == 0) {
            break;
        }
        if (timeout_ms >= 0 && process_time_us() >= until_us) {
            return RD_KAFKA_RESP_ERR__TIMED_OUT;
        }
        process_sleep(chance_between(client_chance(), 50, REQUEST_US_MAX));
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_purge(rd_kafka_t *client, int flags)
{
    (void)flags;
    while (client->queue) {
        struct waiting_record *next = client->queue->next;
        free(client->queue);
        client->queue = next;
    }
    client->queue_end = &client->queue;
    client->queue_count = 0;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int rd_kafka_outq_len(rd_kafka_t *client)
{
    return client->queue_count;
}

int rd_kafka_poll(rd_kafka_t *client, int timeout_ms)
{
    process_boundary("poll client");
    if (client->type == RD_KAFKA_PRODUCER && client->queue_count) {
        client_send(client, false);
    }
    process_sleep((int64_t)timeout_ms * 1000);
    return 0;
}

/* ---- Transactions -----------------------------------------------------------------------------
 */

rd_kafka_error_t *rd_kafka_init_transactions(rd_kafka_t *client, int timeout_ms)
{
    int64_t until_us = process_time_us() + (int64_t)timeout_ms * 1000;
    process_boundary("init");
    for (;;) {
        if (client_reaches_broker(client) &&
            transaction_init(client->transaction, &client->epoch) == BROKER_OK) {
            process_boundary("initiated");
            return NULL;
        }
        if (process_time_us() >= until_us) {
            return error_of(RD_KAFKA_RESP_ERR__TIMED_OUT, false, true, false, "init timed out");
        }
        process_sleep(RETRY_US);
    }
}

rd_kafka_error_t *rd_kafka_begin_transaction(rd_kafka_t *client)
{
    process_boundary("begin");
    if (client->fatal) {
        return fenced(client);
    }
    must(!client->open);
    client->open = true;
    client->must_abort = false;
    return NULL;
}

static rd_kafka_error_t *refuse(rd_kafka_t *client, enum refusal_kind refusal, const char *what)
{
    story_tell("%s refused: %d", what, (int)client_refused(refusal));
    if (refusal == BROKER_FENCED) {
        return fenced(client);
    }
    client->must_abort = true;
    return error_of(client_refused(refusal), false, false, true, what);
}

rd_kafka_error_t *rd_kafka_send_offsets_to_transaction(
    rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list,
    const rd_kafka_consumer_group_metadata_t *metadata, int timeout_ms)
{
    struct offset_entry entries[64];
    must(list->cnt <= 64);
    process_boundary("offsets");
    if (list->cnt == 0) {
        return NULL; /* as the client has it: nothing is sent, so nothing is checked */
    }
    client_offsets_of(list, entries);
    for (;;) {
        (void)client_await_broker(client, timeout_ms);
        enum refusal_kind refusal = transaction_offsets(
            client->transaction, client->epoch, metadata ? metadata->group : NULL,
            metadata ? metadata->member_id : "", metadata ? metadata->instance : "",
            metadata ? metadata->generation : -1, entries, list->cnt);
        if (refusal == BROKER_OK) {
            process_boundary("offsets sent");
            return NULL;
        }
        if (refusal != BROKER_BUSY) {
            return refuse(client, refusal, "offsets");
        }
        process_sleep(RETRY_US / 4);
    }
}

/* The client looks for the coordinator, and asks again, for as long as it takes. */
static enum refusal_kind end_transaction(rd_kafka_t *client, bool commit, int timeout_ms)
{
    for (;;) {
        (void)client_await_broker(client, timeout_ms);
        enum refusal_kind refusal = transaction_end(client->transaction, client->epoch, commit);
        if (refusal != BROKER_BUSY) {
            return refusal;
        }
        process_sleep(RETRY_US);
    }
}

/* A twin that dies before it joins the group: nothing but the producer's epoch tells of it. */
static void take_id(void *context, int64_t transaction)
{
    int epoch;
    (void)context;
    if (transaction_init((int)transaction, &epoch) == BROKER_OK) {
        story_tell("a twin takes transaction %lld over, and dies", (long long)transaction);
    }
}

/* The request is lost, or its answer is, and perhaps the first one comes late. */
static void lose_commit(rd_kafka_t *client)
{
    int64_t how = chance_below(client_chance(), 3);
    story_tell("the answer to a commit is lost (%lld)", (long long)how);
    if (how == 1) {
        (void)transaction_end(client->transaction, client->epoch, true);
    }
    int64_t wait_us = chance_below(client_chance(), UNANSWERED_US);
    if (how == 1 && wait_us % TWIN_ONE_IN == 0) {
        process_later(wait_us / 2, take_id, NULL, client->transaction);
    }
    if (how == 2) { /* after the next one has begun, as likely as not */
        transaction_end_late(client->transaction, client->epoch, true,
                             wait_us + chance_below(client_chance(), LATE_US_MAX));
    }
    answer_lost(client, API_END_TXN);
    process_sleep(wait_us);
}

rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *client, int timeout_ms)
{
    process_boundary("commit");
    (void)rd_kafka_flush(client, timeout_ms);
    if (client->fatal) {
        return fenced(client);
    }
    /* Where requests come late there are other faults, too. */
    bool hit = transaction_was_hit(client->transaction) && chance_hits(client_chance(), 1, 2);
    if (client->must_abort || hit || client_draws(client_faults()->failed_commit)) {
        client->must_abort = true;
        return error_of(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, false, false, true,
                        "the commit failed");
    }
    process_boundary("commit sent");
    if (client_draws(client_faults()->lost_commit)) {
        lose_commit(client);
    }
    if (end_transaction(client, true, timeout_ms) == BROKER_FENCED) {
        return refuse(client, BROKER_FENCED, "commit");
    }
    process_boundary("commit done");
    process_sleep(chance_between(client_chance(), 50, REQUEST_US_MAX));
    client->open = false;
    return NULL;
}

rd_kafka_error_t *rd_kafka_abort_transaction(rd_kafka_t *client, int timeout_ms)
{
    process_boundary("abort");
    (void)rd_kafka_purge(client, 0);
    if (client->fatal || end_transaction(client, false, timeout_ms) == BROKER_FENCED) {
        return refuse(client, BROKER_FENCED, "abort");
    }
    process_boundary("aborted");
    client->open = false;
    client->must_abort = false;
    return NULL;
}
