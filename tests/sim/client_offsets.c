/* A group's offsets: asked, committed, and what a transaction needs to carry them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "core/must.h"
#include "leaders.h"
#include "process.h"

const struct client_faults *client_faults(void);

/* What the client gives up with where the coordinator is not found, or has not loaded the group. */
static rd_kafka_resp_err_t coordinator_refusal(void)
{
    static const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__WAIT_COORD};
    return errors[chance_below(client_chance(), sizeof errors / sizeof *errors)];
}

static bool is_unstable(const rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        if (client->group->committed[topic_by_name(text_of(element->topic))][element->partition]
                .pending) {
            return true;
        }
    }
    return false;
}

/* The coordinator's refusal stands with each partition of a list that is answered as a whole. */
static rd_kafka_resp_err_t refuse_each(rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = OFFSET_NONE;
        list->elems[i].err = coordinator_refusal();
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void tell_committed(const rd_kafka_t *client, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *element = &list->elems[i];
        const struct committed *committed =
            &client->group->committed[topic_by_name(text_of(element->topic))][element->partition];
        element->offset = committed->offset;
        element->err = RD_KAFKA_RESP_ERR_NO_ERROR;
        element->metadata_size = strlen(committed->metadata);
        element->metadata = element->metadata_size ? strdup(committed->metadata) : NULL;
    }
}

rd_kafka_resp_err_t rd_kafka_committed(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list,
                                       int timeout_ms)
{
    int64_t until_us = process_time_us() + (int64_t)timeout_ms * 1000;
    process_boundary("committed");
    if (client_draws(client_faults()->failed_answer)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (!coordinator_is_there(COORDINATOR_OF_GROUPS)) {
        return chance_hits(client_chance(), 1, 2) ? coordinator_refusal() : refuse_each(list);
    }
    while (!client_reaches_broker(client) || is_unstable(client, list)) {
        if (process_time_us() >= until_us) {
            return RD_KAFKA_RESP_ERR__TIMED_OUT;
        }
        process_sleep(RETRY_US);
    }
    tell_committed(client, list);
    process_boundary("committed told");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void client_offsets_of(const rd_kafka_topic_partition_list_t *list, struct offset_entry *entries);
void client_offsets_of(const rd_kafka_topic_partition_list_t *list, struct offset_entry *entries)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        entries[i] = (struct offset_entry){.topic = topic_by_name(text_of(element->topic)),
                                           .partition = element->partition,
                                           .offset = element->offset};
        must(element->metadata_size < METADATA_SIZE);
        if (element->metadata_size) {
            memcpy(entries[i].metadata, element->metadata, element->metadata_size);
        }
    }
}

rd_kafka_resp_err_t client_refused(enum refusal_kind refusal);

rd_kafka_resp_err_t rd_kafka_commit(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list,
                                    int async)
{
    struct offset_entry entries[64];
    must(!async && list->cnt <= 64);
    process_boundary("commit offsets");
    if (!client_await_broker(client, 60000) || client_draws(client_faults()->failed_answer)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (!coordinator_is_there(COORDINATOR_OF_GROUPS)) {
        return coordinator_refusal();
    }
    if (client->group->syncing) {
        return RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS; /* a transaction's would be taken */
    }
    /* The client speaks for the generation that it is in now, whatever the program holds. */
    const struct member *member = member_of(client->group, client);
    enum refusal_kind refusal =
        client->fatal ? BROKER_FENCED_MEMBER
                      : group_check(client->group, member ? member->id : "?", client->instance,
                                    client->holds ? client->generation : 0);
    if (refusal != BROKER_OK) {
        return client_refused(refusal);
    }
    client_offsets_of(list, entries);
    for (int i = 0; i < list->cnt; i++) {
        group_set(client->group, &entries[i]);
    }
    process_boundary("offsets committed");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata(rd_kafka_t *client)
{
    rd_kafka_consumer_group_metadata_t *metadata = calloc(1, sizeof *metadata);
    must(metadata);
    metadata->group = client->group;
    /* What the client is at the moment, not what the program holds. */
    const struct member *member = member_of(client->group, client);
    metadata->generation = client->next_generation;
    (void)snprintf(metadata->member_id, ID_SIZE, "%s",
                   member ? member->id : client->next_member_id);
    (void)snprintf(metadata->instance, ID_SIZE, "%s", client->instance);
    return metadata;
}

rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata_new(const char *group)
{
    rd_kafka_consumer_group_metadata_t *metadata = calloc(1, sizeof *metadata);
    must(metadata);
    metadata->group = group_of(group);
    metadata->generation = -1;
    return metadata;
}

void rd_kafka_consumer_group_metadata_destroy(rd_kafka_consumer_group_metadata_t *metadata)
{
    free(metadata);
}
