#include "kit/group_view.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/complaint.h"

enum { NAME_SIZE = 250, WHY_SIZE = 256, ANSWER_WAIT_MS = 15000 };

struct group_view {
    rd_kafka_t *client;      /* owned */
    rd_kafka_queue_t *queue; /* owned */
    const struct settings *settings;
    char name[NAME_SIZE]; /* with the prefix */
    struct complaint complaint;
};

static enum status client_open(struct group_view *group, struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = settings_kafka(group->settings, conf, error);
    if (status == OK) {
        char why[WHY_SIZE];
        complaint_listen(&group->complaint, conf);
        group->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        if (group->client) {
            group->queue = rd_kafka_queue_new(group->client);
            return OK; /* conf is the client's now */
        }
        status = error_set(error, FATAL, "Kafka client: %s", why);
    }
    rd_kafka_conf_destroy(conf);
    return status;
}

enum status group_view_new(const struct settings *settings, const char *name,
                           struct group_view **ret_group, struct error *error)
{
    enum status status = settings_require(settings, "bootstrap.servers", error);
    if (status != OK) {
        return status;
    }
    struct group_view *group = calloc(1, sizeof *group);
    if (!group) {
        return error_set(error, FATAL, "out of memory");
    }
    group->settings = settings;
    int size = snprintf(group->name, sizeof group->name, "%s%s",
                        settings_text(settings, "topic.prefix"), name);
    status = size > 0 && (size_t)size < sizeof group->name
                 ? client_open(group, error)
                 : error_set(error, FATAL, "topic.prefix is too long");
    if (status != OK) {
        group_view_free(group);
        return status;
    }
    *ret_group = group;
    return OK;
}

void group_view_free(struct group_view *group)
{
    if (!group) {
        return;
    }
    if (group->client) {
        rd_kafka_queue_destroy(group->queue);
        rd_kafka_destroy(group->client);
    }
    free(group);
}

static rd_kafka_AdminOptions_t *options_new(struct group_view *group, rd_kafka_admin_op_t operation)
{
    char why[WHY_SIZE];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(group->client, operation);
    must(options);
    must(!rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_WAIT_MS, why, sizeof why));
    return options;
}

static enum status unanswered(struct group_view *group, const char *why, struct error *error)
{
    while (rd_kafka_poll(group->client, 0) > 0) {
        /* brings in what the client has to say */
    }
    return error_set(error, RETRY, "group %s: no answer from Kafka at %s: %s%s%s", group->name,
                     settings_text(group->settings, "bootstrap.servers"), why,
                     group->complaint.words[0] ? "; " : "", group->complaint.words);
}

/* What was asked has its answer; *ret_event is the caller's to destroy. */
static enum status wait_for(struct group_view *group, rd_kafka_event_t **ret_event,
                            struct error *error)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(group->queue, -1); /* the request has a timeout */
    if (rd_kafka_event_error(event)) {
        enum status status = unanswered(group, rd_kafka_event_error_string(event), error);
        rd_kafka_event_destroy(event);
        return status;
    }
    *ret_event = event;
    return OK;
}

static enum status take_offsets(struct group_view *group, const rd_kafka_group_result_t *result,
                                int32_t count, int64_t *ret_offsets, struct error *error)
{
    const rd_kafka_error_t *failure = rd_kafka_group_result_error(result);
    if (failure) {
        return unanswered(group, rd_kafka_error_string(failure), error);
    }
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(result);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *place = &list->elems[i];
        if (place->err) {
            return unanswered(group, rd_kafka_err2str(place->err), error);
        }
        if (place->partition >= 0 && place->partition < count) {
            ret_offsets[place->partition] = place->offset < 0 ? -1 : place->offset;
        }
    }
    return OK;
}

enum status group_view_offsets(struct group_view *group, enum topic topic, int32_t count,
                               int64_t *ret_offsets, struct error *error)
{
    char name[NAME_SIZE];
    int size = snprintf(name, sizeof name, "%s%s", settings_text(group->settings, "topic.prefix"),
                        topic_info(topic)->name);
    must(size > 0 && (size_t)size < sizeof name);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t partition = 0; partition < count; partition++) {
        (void)rd_kafka_topic_partition_list_add(list, name, partition);
        ret_offsets[partition] = -1;
    }
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(group->name, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_t *options =
        options_new(group, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_ListConsumerGroupOffsets(group->client, &question, 1, options, group->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_event_t *event;
    enum status status = wait_for(group, &event, error);
    if (status == OK) {
        size_t results;
        const rd_kafka_group_result_t **result = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &results);
        must(results == 1);
        status = take_offsets(group, result[0], count, ret_offsets, error);
        rd_kafka_event_destroy(event);
    }
    return status;
}

static enum status take_members(struct group_view *group,
                                const rd_kafka_ConsumerGroupDescription_t *description,
                                group_view_each *each, void *context, struct error *error)
{
    const rd_kafka_error_t *failure = rd_kafka_ConsumerGroupDescription_error(description);
    if (failure && rd_kafka_error_code(failure) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
        return OK;
    }
    if (failure) {
        return unanswered(group, rd_kafka_error_string(failure), error);
    }
    size_t count = rd_kafka_ConsumerGroupDescription_member_count(description);
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_MemberDescription_t *member =
            rd_kafka_ConsumerGroupDescription_member(description, i);
        each(context, rd_kafka_MemberDescription_client_id(member),
             rd_kafka_MemberDescription_host(member));
    }
    return OK;
}

enum status group_view_members(struct group_view *group, group_view_each *each, void *context,
                               struct error *error)
{
    const char *name = group->name;
    rd_kafka_AdminOptions_t *options = options_new(group, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_DescribeConsumerGroups(group->client, &name, 1, options, group->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event;
    enum status status = wait_for(group, &event, error);
    if (status == OK) {
        size_t count;
        const rd_kafka_ConsumerGroupDescription_t **descriptions =
            rd_kafka_DescribeConsumerGroups_result_groups(
                rd_kafka_event_DescribeConsumerGroups_result(event), &count);
        must(count == 1);
        status = take_members(group, descriptions[0], each, context, error);
        rd_kafka_event_destroy(event);
    }
    return status;
}
