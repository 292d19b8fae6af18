/* Reading: the group's consumer, and partitions that are read without a group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "core/must.h"
#include "leaders.h"
#include "process.h"
#include "story.h"

enum { SLOW_FETCH_US_MAX = 1500000, POLL_SLICE_US = 20000, CUT_US_MAX = 15000000 };

const struct client_faults *client_faults(void);
int64_t client_poll_us(int timeout_ms);

/* ---- Messages ---------------------------------------------------------------------------------
 */

static struct seen *seen_new(rd_kafka_topic_t *topic, int32_t partition, int64_t offset)
{
    struct seen *seen = calloc(1, sizeof *seen);
    must(seen);
    seen->message.rkt = topic;
    seen->message.partition = partition;
    seen->message.offset = offset;
    return seen;
}

rd_kafka_message_t *client_event(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                 int64_t offset, rd_kafka_resp_err_t code, const char *words)
{
    (void)client;
    struct seen *seen = seen_new(topic, partition, offset);
    seen->message.err = code;
    (void)snprintf(seen->words, sizeof seen->words, "%s", words);
    return &seen->message;
}

static rd_kafka_message_t *message_of(struct flow *flow, const struct record *record)
{
    struct seen *seen = seen_new(flow->topic, flow->partition, record->offset);
    seen->message.key = (void *)(uintptr_t)record->key.data;
    seen->message.key_len = record->key.size;
    seen->message.payload = (void *)(uintptr_t)record->value.data;
    seen->message.len = record->value.size;
    seen->timestamp_ms = record->timestamp_ms;
    seen->timestamp_kind = topic_info(flow->topic->topic)->broker_time
                               ? RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
                               : RD_KAFKA_TIMESTAMP_CREATE_TIME;
    seen->headers = (struct rd_kafka_headers_s){record->headers, record->header_count};
    return &seen->message;
}

void rd_kafka_message_destroy(rd_kafka_message_t *message)
{
    free(message); /* its bytes are the log's */
}

const char *rd_kafka_message_errstr(const rd_kafka_message_t *message)
{
    return ((const struct seen *)message)->words;
}

int64_t rd_kafka_message_timestamp(const rd_kafka_message_t *message,
                                   rd_kafka_timestamp_type_t *kind)
{
    const struct seen *seen = (const struct seen *)message;
    *kind = seen->timestamp_kind;
    return seen->timestamp_ms;
}

/* ---- Flows ------------------------------------------------------------------------------------
 */

static struct flow *flow_free(rd_kafka_t *client)
{
    if (!client->flows) {
        client->flows = calloc(FLOWS_MAX, sizeof *client->flows);
        must(client->flows);
    }
    for (int i = 0; i < FLOWS_MAX; i++) {
        if (!client->flows[i].used) {
            client->flow_count = i < client->flow_count ? client->flow_count : i + 1;
            return &client->flows[i];
        }
    }
    must(false);
    return NULL;
}

static void flow_start(struct flow *flow, rd_kafka_topic_t *topic, int32_t partition,
                       int64_t offset)
{
    const struct log *log = broker_log(topic->topic, partition);
    bool beginning = offset == RD_KAFKA_OFFSET_BEGINNING || offset == OFFSET_NONE;
    rd_kafka_topic_t own = *topic;
    *flow = (struct flow){.used = true,
                          .partition = partition,
                          .next = beginning ? log->first : offset,
                          .end_told = -1,
                          .own = own};
    flow->topic = topic;
}

static void flow_fetch(rd_kafka_t *client, struct flow *flow)
{
    enum topic topic = flow->topic->topic;
    if (process_time_us() < flow->fetch_us || !client_reaches_broker(client) ||
        !leader_is_there(topic, flow->partition)) {
        return;
    }
    if (client_draws(client_faults()->slow_fetch)) {
        flow->fetch_us = process_time_us() + chance_below(client_chance(), SLOW_FETCH_US_MAX);
        return;
    }
    flow->visible = leader_end(topic, flow->partition, client->committed_only);
}

static bool is_seen(const rd_kafka_t *client, const struct record *record)
{
    return !record->marker && !record->gone &&
           !(client->committed_only && record->fate == FATE_ABORTED);
}

/* The next record or end of one partition; NULL: nothing at the moment. */
static rd_kafka_message_t *flow_next(rd_kafka_t *client, struct flow *flow)
{
    const struct log *log = broker_log(flow->topic->topic, flow->partition);
    if (flow->failed) {
        return NULL;
    }
    if (flow->next < log->first || flow->next > log->count) {
        const char *reset = client_property(&client->conf, "auto.offset.reset");
        if (reset && strcmp(reset, "error") != 0) {
            flow->next = strcmp(reset, "earliest") == 0 ? log->first : log->count;
            return NULL;
        }
        flow->failed = true;
        return client_event(client, flow->topic, flow->partition, flow->next,
                            RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, "offset out of range");
    }
    if (flow->next >= flow->visible) {
        bool has_news = flow->end_told != flow->next ||
                        leader_end(flow->topic->topic, flow->partition, client->committed_only) !=
                            flow->visible;
        if (!has_news && client_faults()->slow_fetch == 0) {
            return NULL; /* most of the time, so it should not take any */
        }
        flow_fetch(client, flow);
    }
    while (flow->next < flow->visible) {
        const struct record *record = &log->records[flow->next++];
        if (is_seen(client, record)) {
            return message_of(flow, record);
        }
    }
    if (flow->next == flow->visible && flow->end_told != flow->next &&
        flow->fetch_us <= process_time_us() && client_reaches_broker(client) &&
        leader_is_there(flow->topic->topic, flow->partition)) {
        flow->end_told = flow->next;
        return client_event(client, flow->topic, flow->partition, flow->next,
                            RD_KAFKA_RESP_ERR__PARTITION_EOF, "end");
    }
    return NULL;
}

rd_kafka_message_t *client_next(rd_kafka_t *client)
{
    int count = client->flow_count;
    if (count > 0 && chance_hits(client_chance(), 1, 4)) {
        client->flow_turn = (int)chance_below(client_chance(), count);
    }
    int turn = client->flow_turn;
    for (int i = 0; i < count; i++, turn++) {
        turn = turn >= count ? 0 : turn;
        struct flow *flow = &client->flows[turn];
        rd_kafka_message_t *message = flow->used && !flow->paused ? flow_next(client, flow) : NULL;
        if (message) {
            client->flow_turn = turn;
            return message;
        }
    }
    return NULL;
}

/* ---- Without a group --------------------------------------------------------------------------
 */

int rd_kafka_consume_start_queue(rd_kafka_topic_t *topic, int32_t partition, int64_t offset,
                                 rd_kafka_queue_t *queue)
{
    process_boundary("read start");
    flow_start(flow_free(queue->client), topic, partition, offset);
    return 0;
}

int rd_kafka_consume_stop(rd_kafka_topic_t *topic, int32_t partition)
{
    for (int i = 0; i < topic->client->flow_count; i++) {
        struct flow *flow = &topic->client->flows[i];
        if (flow->used && flow->topic == topic && flow->partition == partition) {
            flow->used = false;
        }
    }
    return 0;
}

static rd_kafka_message_t *next_within(rd_kafka_t *client, int timeout_ms, const char *what)
{
    int64_t until_us = process_time_us() + client_poll_us(timeout_ms);
    for (;;) {
        process_boundary(what);
        rd_kafka_message_t *message = client_next(client);
        if (message || process_time_us() >= until_us) {
            return message;
        }
        int64_t left_us = until_us - process_time_us();
        process_sleep(left_us < POLL_SLICE_US ? left_us : POLL_SLICE_US);
    }
}

rd_kafka_message_t *rd_kafka_consume_queue(rd_kafka_queue_t *queue, int timeout_ms)
{
    return next_within(queue->client, timeout_ms, "read");
}

ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *queue, int timeout_ms,
                                     rd_kafka_message_t **messages, size_t most)
{
    must(timeout_ms == 0);
    process_boundary("read batch");
    size_t wanted = (size_t)chance_between(client_chance(), 1, 8);
    size_t count = 0;
    while (count < most && count < wanted &&
           (messages[count] = client_next(queue->client)) != NULL) {
        count++;
    }
    return (ssize_t)count;
}

/* ---- In a group -------------------------------------------------------------------------------
 */

void client_fenced(void *opaque)
{
    rd_kafka_t *client = opaque;
    client->fatal = RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

void client_joined(void *opaque)
{
    rd_kafka_t *client = opaque;
    client->next_generation = client->group->generation;
    (void)snprintf(client->next_member_id, ID_SIZE, "%s", member_of(client->group, client)->id);
}

void client_assigned(void *opaque)
{
    rd_kafka_t *client = opaque;
    const struct member *member = member_of(client->group, client);
    bool anew = client->joined_anew;
    if (!anew) {
        client->due_count = 0;
    }
    must(client->due_count < GIVEN_MAX);
    struct given *given = &client->due[client->due_count++];
    *given = (struct given){.generation = client->group->generation,
                            .anew = anew,
                            .told_us = process_time_us() + client_slow_us()};
    (void)snprintf(given->member_id, ID_SIZE, "%s", member->id);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        given->gives[p] = group_gives(client->group, member, p);
    }
    client->joined_anew = false;
    client_joined(client);
}

rd_kafka_resp_err_t rd_kafka_poll_set_consumer(rd_kafka_t *client)
{
    (void)client;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_subscribe(rd_kafka_t *client,
                                       const rd_kafka_topic_partition_list_t *list)
{
    client->group = group_of(client_property(&client->conf, "group.id"));
    (void)snprintf(client->instance, ID_SIZE, "%s",
                   client_property(&client->conf, "group.instance.id"));
    client->subscribed_count = 0;
    for (int i = 0; i < list->cnt; i++) {
        client->subscribed[client->subscribed_count++] =
            topic_by_name(text_of(list->elems[i].topic));
    }
    client->wants_in = true;
    client->was_in = false;
    process_boundary("subscribe");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_topic_partition_list_t *client_list_of(const rd_kafka_t *client, const bool *gives)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (int i = 0; i < client->subscribed_count; i++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            if (gives[p]) {
                (void)rd_kafka_topic_partition_list_add(list,
                                                        topic_info(client->subscribed[i])->name, p);
            }
        }
    }
    return list;
}

static rd_kafka_topic_partition_list_t *held(const rd_kafka_t *client)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (int i = 0; i < client->flow_count; i++) {
        if (client->flows[i].used) {
            (void)rd_kafka_topic_partition_list_add(
                list, topic_info(client->flows[i].topic->topic)->name, client->flows[i].partition);
        }
    }
    return list;
}

static void call_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t kind,
                           rd_kafka_topic_partition_list_t *list)
{
    client->conf.rebalance(client, kind, list, client->conf.opaque);
    rd_kafka_topic_partition_list_destroy(list);
}

static void give_up(rd_kafka_t *client)
{
    story_tell("gives its partitions up%s", client->lost ? ", lost" : "");
    if (!client->lost && client_draws(client_faults()->cut_at_revoke)) {
        story_tell("loses the way to the broker");
        process_cut(client->owner, chance_between(client_chance(), 1000000, CUT_US_MAX));
    }
    call_rebalance(client, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, held(client));
    client->holds = false;
    client->lost = false;
}

static void take_up(rd_kafka_t *client)
{
    struct given given = client->due[0];
    client->due[0] = client->due[1];
    client->due_count--;
    client->holds = true;
    client->generation = given.generation;
    (void)snprintf(client->member_id, ID_SIZE, "%s", given.member_id);
    client->taking_up = true;
    call_rebalance(client, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
                   client_list_of(client, given.gives));
    client->taking_up = false;
}

static bool is_due(const rd_kafka_t *client)
{
    return client->due_count > 0 && !client->fatal && process_time_us() >= client->due[0].told_us;
}

static void serve_group(rd_kafka_t *client)
{
    const struct member *member = member_of(client->group, client);
    bool out = client->lost || client->fatal;
    bool asked = member && client->group->rebalancing && !member->joined &&
                 client->due_count == 0 && client_reaches_broker(client);
    bool anew = client->due_count > 0 && client->due[0].anew;
    bool due = is_due(client);
    if (client->holds && (out || asked || (due && !anew))) {
        client->lost = out;
        give_up(client);
        clients_tend();
    } else if (client->lost) {
        client->lost = false;
    }
    due = is_due(client) && member_of(client->group, client);
    if (due && (!client->holds || client->due[0].anew)) {
        take_up(client);
    }
}

rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *client, int timeout_ms)
{
    int64_t until_us = process_time_us() + client_poll_us(timeout_ms);
    for (;;) {
        process_boundary("poll");
        if (client->group) {
            serve_group(client);
        }
        if (client->fatal && !client->fatal_told) {
            client->fatal_told = true;
            return client_event(client, NULL, 0, 0, RD_KAFKA_RESP_ERR__FATAL, "fenced");
        }
        rd_kafka_message_t *message = client_next(client);
        if (message || process_time_us() >= until_us) {
            return message;
        }
        int64_t left_us = until_us - process_time_us();
        process_sleep(left_us < POLL_SLICE_US ? left_us : POLL_SLICE_US);
    }
}

int rd_kafka_assignment_lost(rd_kafka_t *client)
{
    return client->lost;
}

rd_kafka_resp_err_t rd_kafka_assign(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < client->flow_count; i++) {
        client->flows[i].used = false;
    }
    for (int i = 0; list && i < list->cnt; i++) {
        rd_kafka_topic_t topic = {client, topic_by_name(text_of(list->elems[i].topic)), NULL};
        struct flow *flow = flow_free(client);
        flow_start(flow, &topic, list->elems[i].partition, list->elems[i].offset);
        flow->topic = &flow->own;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void set_paused(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, bool paused)
{
    for (int l = 0; l < list->cnt; l++) {
        enum topic topic = topic_by_name(text_of(list->elems[l].topic));
        for (int i = 0; i < client->flow_count; i++) {
            struct flow *flow = &client->flows[i];
            if (flow->used && flow->topic->topic == topic &&
                flow->partition == list->elems[l].partition) {
                flow->paused = paused;
            }
        }
    }
}

rd_kafka_resp_err_t rd_kafka_pause_partitions(rd_kafka_t *client,
                                              rd_kafka_topic_partition_list_t *list)
{
    set_paused(client, list, true);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_resume_partitions(rd_kafka_t *client,
                                               rd_kafka_topic_partition_list_t *list)
{
    set_paused(client, list, false);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_unsubscribe(rd_kafka_t *client)
{
    if (client->holds) {
        client->lost = !member_of(client->group, client);
        give_up(client);
    }
    client->wants_in = false;
    client->due_count = 0;
    client->joined_anew = false;
    process_boundary("unsubscribe");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_consumer_close(rd_kafka_t *client)
{
    process_boundary("close");
    client->wants_in = false;
    if (client->holds) {
        client->lost = !member_of(client->group, client) || client->fatal;
        give_up(client);
    }
    client->dead = true; /* a static member leaves by falling silent */
    process_boundary("closed");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}
