/* A group described by its coordinator: how it is, and what each member was given. The answer is of
 * when it was asked, or of when the broker is reached again, and is told at a later poll. */
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "core/must.h"
#include "leaders.h"
#include "process.h"

const struct client_faults *client_faults(void);

struct rd_kafka_AdminOptions_s {
    rd_kafka_admin_op_t operation;
};

struct rd_kafka_MemberAssignment_s {
    rd_kafka_topic_partition_list_t *partitions; /* owned */
};

struct rd_kafka_MemberDescription_s {
    char instance[ID_SIZE];
    struct rd_kafka_MemberAssignment_s assignment;
};

struct rd_kafka_ConsumerGroupDescription_s {
    rd_kafka_consumer_group_state_t state;
    struct rd_kafka_MemberDescription_s members[MEMBERS_MAX];
    size_t member_count;
};

/* The answer. */
struct rd_kafka_op_s {
    bool failed;
    struct rd_kafka_ConsumerGroupDescription_s group;
    const rd_kafka_ConsumerGroupDescription_t *groups[1];
};

rd_kafka_AdminOptions_t *rd_kafka_AdminOptions_new(rd_kafka_t *client,
                                                   rd_kafka_admin_op_t operation)
{
    (void)client;
    rd_kafka_AdminOptions_t *options = calloc(1, sizeof *options);
    must(options);
    options->operation = operation;
    return options;
}

rd_kafka_resp_err_t rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *options,
                                                              int timeout_ms, char *words,
                                                              size_t size)
{
    (void)options, (void)timeout_ms, (void)words, (void)size;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void rd_kafka_AdminOptions_destroy(rd_kafka_AdminOptions_t *options)
{
    free(options);
}

static void describe(const rd_kafka_t *client, struct rd_kafka_ConsumerGroupDescription_s *told)
{
    const struct group *group = client->group;
    bool stable = !group->rebalancing && !group->syncing;
    told->state = stable               ? RD_KAFKA_CONSUMER_GROUP_STATE_STABLE
                  : group->rebalancing ? RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE
                                       : RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE;
    for (int i = 0; i < group->member_count; i++) {
        struct rd_kafka_MemberDescription_s *member = &told->members[told->member_count++];
        bool gives[PARTITIONS];
        for (int32_t p = 0; p < PARTITIONS; p++) {
            gives[p] = stable && group_gives(group, &group->members[i], p);
        }
        memcpy(member->instance, group->members[i].instance, ID_SIZE);
        member->assignment.partitions = client_list_of(client, gives);
    }
}

static void answer(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = calloc(1, sizeof *event);
    must(event);
    event->failed = !coordinator_is_there(COORDINATOR_OF_GROUPS) ||
                    client_draws(client_faults()->failed_answer);
    if (!event->failed) {
        describe(queue->client, &event->group);
    }
    event->groups[0] = &event->group;
    queue->answer = event;
}

void rd_kafka_DescribeConsumerGroups(rd_kafka_t *client, const char **groups, size_t count,
                                     const rd_kafka_AdminOptions_t *options,
                                     rd_kafka_queue_t *queue)
{
    must(count == 1 && client->group && strcmp(groups[0], client->group->name) == 0);
    must(options->operation == RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS && !queue->asked);
    queue->asked = true;
    process_boundary("describe");
    if (client_reaches_broker(client)) {
        answer(queue);
    }
    process_boundary("described");
}

rd_kafka_event_t *rd_kafka_queue_poll(rd_kafka_queue_t *queue, int timeout_ms)
{
    must(timeout_ms == 0 && queue->asked);
    if (!queue->answer && client_reaches_broker(queue->client)) {
        answer(queue);
    }
    rd_kafka_event_t *event = queue->answer;
    queue->answer = NULL;
    return event;
}

void rd_kafka_event_destroy(rd_kafka_event_t *event)
{
    for (size_t i = 0; i < event->group.member_count; i++) {
        rd_kafka_topic_partition_list_destroy(event->group.members[i].assignment.partitions);
    }
    free(event);
}

void client_drop_answer(rd_kafka_queue_t *queue)
{
    if (queue->answer) {
        rd_kafka_event_destroy(queue->answer);
    }
}

rd_kafka_resp_err_t rd_kafka_event_error(rd_kafka_event_t *event)
{
    return event->failed ? RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE : RD_KAFKA_RESP_ERR_NO_ERROR;
}

const char *rd_kafka_event_error_string(rd_kafka_event_t *event)
{
    return rd_kafka_err2str(rd_kafka_event_error(event));
}

const rd_kafka_DescribeConsumerGroups_result_t *
rd_kafka_event_DescribeConsumerGroups_result(rd_kafka_event_t *event)
{
    return event;
}

const rd_kafka_ConsumerGroupDescription_t **
rd_kafka_DescribeConsumerGroups_result_groups(const rd_kafka_DescribeConsumerGroups_result_t *event,
                                              size_t *count)
{
    *count = 1;
    return ((rd_kafka_event_t *)(uintptr_t)event)->groups;
}

const rd_kafka_error_t *
rd_kafka_ConsumerGroupDescription_error(const rd_kafka_ConsumerGroupDescription_t *group)
{
    (void)group;
    return NULL;
}

rd_kafka_consumer_group_state_t
rd_kafka_ConsumerGroupDescription_state(const rd_kafka_ConsumerGroupDescription_t *group)
{
    return group->state;
}

size_t
rd_kafka_ConsumerGroupDescription_member_count(const rd_kafka_ConsumerGroupDescription_t *group)
{
    return group->member_count;
}

const rd_kafka_MemberDescription_t *
rd_kafka_ConsumerGroupDescription_member(const rd_kafka_ConsumerGroupDescription_t *group,
                                         size_t index)
{
    return &group->members[index];
}

const char *rd_kafka_MemberDescription_group_instance_id(const rd_kafka_MemberDescription_t *member)
{
    return member->instance;
}

const rd_kafka_MemberAssignment_t *
rd_kafka_MemberDescription_assignment(const rd_kafka_MemberDescription_t *member)
{
    return &member->assignment;
}

const rd_kafka_topic_partition_list_t *
rd_kafka_MemberAssignment_partitions(const rd_kafka_MemberAssignment_t *assignment)
{
    return assignment->partitions;
}
