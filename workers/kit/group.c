#include "kit/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/clock.h"
#include "kit/log.h"

enum {
    ANSWER_WAIT_MS = 10000,
    PATIENCE_MS = 30000, /* for a coordinator that moves, and a transaction that is open */
    ASK_AGAIN_MS = 100,
    WHY_SIZE = 256,
};

struct group {
    rd_kafka_t *client; /* owned, as all below */
    char *id;
    char *topic_names[TOPIC_COUNT];
    rd_kafka_consumer_group_metadata_t *stranger; /* the group's, for who is no member */
    rd_kafka_topic_partition_list_t *noted;
};

static enum status set(rd_kafka_conf_t *conf, const char *name, const char *value,
                       struct error *error)
{
    char why[WHY_SIZE];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        return error_set(error, FATAL, "setting %s=%s: %s", name, value, why);
    }
    return OK;
}

static enum status client_open(struct group *group, const struct settings *settings,
                               struct error *error)
{
    char why[WHY_SIZE];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = settings_kafka(settings, conf, error);
    status = status ? status : set(conf, "group.id", group->id, error);
    status = status ? status : set(conf, "enable.auto.commit", "false", error);
    /* Commits of a transaction that is open do not count. */
    status = status ? status : set(conf, "isolation.level", "read_committed", error);
    if (status == OK) {
        rd_kafka_conf_set_log_cb(conf, log_kafka);
        group->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
        status = group->client ? OK : error_set(error, FATAL, "Kafka client: %s", why);
    }
    if (!group->client) {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

enum status group_new(const struct settings *settings, const char *name, struct group **ret_group,
                      struct error *error)
{
    const char *prefix = settings_text(settings, "topic.prefix");
    struct group *group = calloc(1, sizeof *group);
    if (!group) {
        return error_set(error, FATAL, "out of memory");
    }
    bool complete = asprintf(&group->id, "%s%s", prefix, name) >= 0;
    for (enum topic topic = 0; complete && topic < TOPIC_COUNT; topic++) {
        complete =
            asprintf(&group->topic_names[topic], "%s%s", prefix, topic_info(topic)->name) >= 0;
    }
    enum status status = complete ? OK : error_set(error, FATAL, "out of memory");
    if (status == OK) {
        group->stranger = rd_kafka_consumer_group_metadata_new(group->id);
        group->noted = rd_kafka_topic_partition_list_new(16);
        status = client_open(group, settings, error);
    }
    if (status != OK) {
        group_free(group);
        return status;
    }
    *ret_group = group;
    return OK;
}

void group_free(struct group *group)
{
    if (!group) {
        return;
    }
    if (group->stranger) {
        rd_kafka_consumer_group_metadata_destroy(group->stranger);
        rd_kafka_topic_partition_list_destroy(group->noted);
    }
    if (group->client) {
        rd_kafka_destroy(group->client);
    }
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        free(group->topic_names[topic]);
    }
    free(group->id);
    free(group);
}

const char *group_id(const struct group *group)
{
    return group->id;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum status ask_committed(struct group *group, rd_kafka_topic_partition_list_t *list,
                                 struct error *error)
{
    rd_kafka_resp_err_t failure;
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;
    for (;;) {
        failure = rd_kafka_committed(group->client, list, ANSWER_WAIT_MS);
        for (int i = 0; i < list->cnt && !failure; i++) {
            failure = list->elems[i].err;
        }
        if (!failure || clock_monotonic_ms() >= give_up_ms) {
            break;
        }
        (void)usleep(ASK_AGAIN_MS * 1000);
    }
    return failure ? error_set(error, RETRY, "committed offsets of group %s: %s", group->id,
                               rd_kafka_err2str(failure))
                   : OK;
}

enum status group_committed(struct group *group, enum topic topic, int32_t partition_count,
                            struct commit_point *ret_points, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partition_count);
    for (int32_t i = 0; i < partition_count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, group->topic_names[topic], i);
    }
    enum status status = ask_committed(group, list, error);
    for (int i = 0; status == OK && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        struct commit_point *point = &ret_points[element->partition];
        size_t size = element->metadata_size < sizeof point->metadata ? element->metadata_size : 0;
        *point = (struct commit_point){.offset = element->offset};
        if (size) {
            memcpy(point->metadata, element->metadata, size);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static enum status count_members(struct group *group, int *ret_count, struct error *error)
{
    const struct rd_kafka_group_list *list;
    rd_kafka_resp_err_t failure =
        rd_kafka_list_groups(group->client, group->id, &list, ANSWER_WAIT_MS);
    if (failure) {
        return error_set(error, RETRY, "members of group %s: %s", group->id,
                         rd_kafka_err2str(failure));
    }
    *ret_count = 0;
    for (int i = 0; i < list->group_cnt; i++) {
        *ret_count += list->groups[i].member_cnt;
    }
    rd_kafka_group_list_destroy(list);
    return OK;
}

enum status group_await_empty(struct group *group, int64_t patience_ms, struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + patience_ms;
    for (;;) {
        int count = 0;
        enum status status = count_members(group, &count, error);
        if (status == OK && count == 0) {
            return OK;
        }
        if (clock_monotonic_ms() >= give_up_ms) {
            return status != OK ? status
                                : error_set(error, POISON,
                                            "group %s has %d members: stop its workers (SIGTERM)",
                                            group->id, count);
        }
        (void)usleep(ASK_AGAIN_MS * 1000);
    }
}

/* ---- noting ---------------------------------------------------------------------------------- */

enum status group_note(struct group *group, enum topic topic, int32_t partition, int64_t offset,
                       const char *metadata, struct error *error)
{
    const char *name = group->topic_names[topic];
    rd_kafka_topic_partition_t *element =
        rd_kafka_topic_partition_list_find(group->noted, name, partition);
    if (!element) {
        element = rd_kafka_topic_partition_list_add(group->noted, name, partition);
    }
    free(element->metadata);
    element->offset = offset;
    element->metadata = *metadata ? strdup(metadata) : NULL; /* the list's now */
    element->metadata_size = element->metadata ? strlen(metadata) : 0;
    return *metadata && !element->metadata ? error_set(error, FATAL, "out of memory") : OK;
}

struct producer_offsets group_noted(const struct group *group)
{
    return (struct producer_offsets){group->noted, group->stranger};
}

void group_forget(struct group *group)
{
    rd_kafka_topic_partition_list_destroy(group->noted);
    group->noted = rd_kafka_topic_partition_list_new(16);
}
