#include "kit/topic_admin.h"

#include <errno.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/complaint.h"

enum { ANSWER_WAIT_MS = 15000, NUMBER_SIZE = 24, NAME_SIZE = 256, WHY_SIZE = 256 };

struct topic_admin {
    rd_kafka_t *client;      /* owned */
    rd_kafka_queue_t *queue; /* owned; answers come here */
    char bootstrap[NAME_SIZE];
    char prefix[NAME_SIZE - 64]; /* of every name, so that a name fits NAME_SIZE */
    struct complaint complaint;
};

/* The cluster did not do what was asked; with the client's own last word, if there is one. */
static enum status unanswered(struct topic_admin *admin, const char *what, const char *why,
                              struct error *error)
{
    while (rd_kafka_poll(admin->client, 0) > 0) {
        /* brings in what the client has to say */
    }
    return error_set(error, RETRY, "%s: no answer from Kafka at %s: %s%s%s", what, admin->bootstrap,
                     why, admin->complaint.words[0] ? "; " : "", admin->complaint.words);
}

enum status topic_admin_new(const struct settings *settings, struct topic_admin **ret_admin,
                            struct error *error)
{
    enum status status = settings_require(settings, "bootstrap.servers", error);
    if (status != OK) {
        return status;
    }
    struct topic_admin *admin = calloc(1, sizeof *admin);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!admin) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, FATAL, "out of memory");
    }
    status = settings_kafka(settings, conf, error);
    const char *prefix = settings_text(settings, "topic.prefix");
    if (status == OK && strlen(prefix) >= sizeof admin->prefix) {
        status = error_set(error, FATAL, "topic.prefix: %zu bytes are too long", strlen(prefix));
    }
    if (status == OK) {
        (void)snprintf(admin->prefix, sizeof admin->prefix, "%s", prefix);
        (void)snprintf(admin->bootstrap, sizeof admin->bootstrap, "%s",
                       settings_text(settings, "bootstrap.servers"));
        complaint_listen(&admin->complaint, conf);
        char why[WHY_SIZE];
        admin->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        if (admin->client) {
            conf = NULL; /* owned by the client now */
            admin->queue = rd_kafka_queue_new(admin->client);
        } else {
            status = error_set(error, FATAL, "Kafka client: %s", why);
        }
    }
    if (conf) {
        rd_kafka_conf_destroy(conf);
    }
    if (status != OK) {
        topic_admin_free(admin);
        return status;
    }
    *ret_admin = admin;
    return OK;
}

void topic_admin_free(struct topic_admin *admin)
{
    if (!admin) {
        return;
    }
    if (admin->client) {
        rd_kafka_queue_destroy(admin->queue);
        rd_kafka_destroy(admin->client);
    }
    free(admin);
}

static void name_of(const struct topic_admin *admin, enum topic topic, char ret_name[NAME_SIZE])
{
    int size = snprintf(ret_name, NAME_SIZE, "%s%s", admin->prefix, topic_info(topic)->name);
    must(size > 0 && size < NAME_SIZE);
}

static enum topic topic_of(const struct topic_admin *admin, const char *name)
{
    size_t skipped = strlen(admin->prefix);
    if (strncmp(name, admin->prefix, skipped) != 0) {
        return TOPIC_NONE;
    }
    return topic_by_name(text_of(name + skipped));
}

/* Which of the topics are there, with how many partitions; and a broker to ask. */
static enum status look_at_partitions(struct topic_admin *admin, struct topic_found *found,
                                      int32_t *ret_broker, struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t failure =
        rd_kafka_metadata(admin->client, 1, NULL, &metadata, ANSWER_WAIT_MS);
    if (failure) {
        return unanswered(admin, "looking at topics", rd_kafka_err2str(failure), error);
    }
    for (int i = 0; i < metadata->topic_cnt; i++) {
        enum topic topic = topic_of(admin, metadata->topics[i].topic);
        if (topic != TOPIC_NONE && !metadata->topics[i].err) {
            found[topic].partition_count = metadata->topics[i].partition_cnt;
        }
    }
    *ret_broker = metadata->broker_cnt > 0 ? metadata->brokers[0].id : 0;
    rd_kafka_metadata_destroy(metadata);
    return OK;
}

static rd_kafka_AdminOptions_t *options_new(struct topic_admin *admin,
                                            rd_kafka_admin_op_t operation)
{
    char why[WHY_SIZE];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, operation);
    must(options);
    must(!rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_WAIT_MS, why, sizeof why));
    return options;
}

/* Asks for the configuration of topics or of a broker. *ret_event is the caller's to destroy. */
static enum status ask_config(struct topic_admin *admin, rd_kafka_ConfigResource_t **resources,
                              size_t count, rd_kafka_event_t **ret_event, struct error *error)
{
    rd_kafka_AdminOptions_t *options = options_new(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(admin->client, resources, count, options, admin->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, -1); /* the request has a timeout */
    if (rd_kafka_event_error(event)) {
        enum status status = unanswered(admin, "looking at the settings of topics",
                                        rd_kafka_event_error_string(event), error);
        rd_kafka_event_destroy(event);
        return status;
    }
    *ret_event = event;
    return OK;
}

static const char *entry_value(const rd_kafka_ConfigResource_t *resource, const char *name)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0) {
            return rd_kafka_ConfigEntry_value(entries[i]);
        }
    }
    return NULL;
}

static bool entry_number(const rd_kafka_ConfigResource_t *resource, const char *name,
                         int64_t *ret_number)
{
    const char *value = entry_value(resource, name);
    if (!value || !*value) {
        return false;
    }
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno || *end) {
        return false;
    }
    *ret_number = number;
    return true;
}

static void take_config(struct topic_admin *admin, const rd_kafka_ConfigResource_t *resource,
                        struct topic_found *found)
{
    enum topic topic = topic_of(admin, rd_kafka_ConfigResource_name(resource));
    const char *policy = entry_value(resource, "cleanup.policy");
    must(topic != TOPIC_NONE);
    found[topic].compacted = policy && strstr(policy, "compact");
    found[topic].deletes = !policy || strstr(policy, "delete");
    const char *timestamps = entry_value(resource, "message.timestamp.type");
    found[topic].broker_time = timestamps && strcmp(timestamps, "LogAppendTime") == 0;
    found[topic].retention_ms = -1;
    (void)entry_number(resource, "retention.ms", &found[topic].retention_ms);
}

static enum status look_at_config(struct topic_admin *admin, struct topic_found *found,
                                  struct error *error)
{
    rd_kafka_ConfigResource_t *resources[TOPIC_COUNT];
    size_t count = 0;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (found[topic].partition_count > 0) {
            char name[NAME_SIZE];
            name_of(admin, topic, name);
            resources[count++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
        }
    }
    if (count == 0) {
        return OK;
    }
    rd_kafka_event_t *event;
    enum status status = ask_config(admin, resources, count, &event, error);
    rd_kafka_ConfigResource_destroy_array(resources, count);
    if (status != OK) {
        return status;
    }
    size_t answered;
    const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &answered);
    for (size_t i = 0; i < answered && status == OK; i++) {
        if (rd_kafka_ConfigResource_error(answers[i])) {
            status = error_set(error, FATAL, "configuration of topic %s: %s",
                               rd_kafka_ConfigResource_name(answers[i]),
                               rd_kafka_ConfigResource_error_string(answers[i]));
        } else {
            take_config(admin, answers[i], found);
        }
    }
    rd_kafka_event_destroy(event);
    return status;
}

enum status topic_admin_look(struct topic_admin *admin, struct topic_found ret_found[TOPIC_COUNT],
                             struct error *error)
{
    struct topic_found found[TOPIC_COUNT] = {0};
    int32_t broker;
    enum status status = look_at_partitions(admin, found, &broker, error);
    if (status == OK) {
        status = look_at_config(admin, found, error);
    }
    if (status == OK) {
        memcpy(ret_found, found, sizeof found);
    }
    return status;
}

/* How long a broker keeps records where a topic says nothing. Where it may not be asked, as on some
 * hosted clusters, that is taken to be shorter than anything we want. */
static int64_t default_retention_ms(struct topic_admin *admin)
{
    static const struct {
        const char *name;
        int64_t unit_ms;
    } forms[] = {{"log.retention.ms", 1},
                 {"log.retention.minutes", 60000},
                 {"log.retention.hours", 3600000}};
    struct topic_found found[TOPIC_COUNT] = {0};
    struct error ignored;
    int32_t broker = 0;
    char name[NUMBER_SIZE];
    rd_kafka_event_t *event;
    if (look_at_partitions(admin, found, &broker, &ignored) != OK) {
        return 0;
    }
    (void)snprintf(name, sizeof name, "%" PRId32, broker);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);
    enum status status = ask_config(admin, &resource, 1, &event, &ignored);
    rd_kafka_ConfigResource_destroy(resource);
    if (status != OK) {
        return 0;
    }
    int64_t kept_ms = 0;
    size_t count;
    const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    for (size_t i = 0; count > 0 && i < sizeof forms / sizeof *forms; i++) {
        if (entry_number(answers[0], forms[i].name, &kept_ms)) {
            kept_ms = kept_ms < 0 ? -1 : kept_ms * forms[i].unit_ms;
            break;
        }
    }
    rd_kafka_event_destroy(event);
    return kept_ms;
}

/* A topic as the table has it; the caller's to destroy. */
static enum status topic_new(struct topic_admin *admin, enum topic topic, struct topic_wish wish,
                             int64_t default_ms, rd_kafka_NewTopic_t **ret_topic,
                             struct error *error)
{
    const struct topic_info *info = topic_info(topic);
    char name[NAME_SIZE];
    char why[WHY_SIZE];
    char number[NUMBER_SIZE];
    name_of(admin, topic, name);
    rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(
        name, topic_is_by_sku(topic) ? wish.sku_partition_count : wish.partition_count,
        wish.replication_factor, why, sizeof why);
    if (!made) {
        return error_set(error, FATAL, "topic %s: %s", name, why);
    }
    bool broker_keeps_longer =
        default_ms < 0 || (info->retention_ms >= 0 && default_ms >= info->retention_ms);
    must(!rd_kafka_NewTopic_set_config(made, "cleanup.policy",
                                       info->compacted ? "compact" : "delete"));
    if (info->broker_time) {
        must(!rd_kafka_NewTopic_set_config(made, "message.timestamp.type", "LogAppendTime"));
    }
    if (!info->compacted && !broker_keeps_longer) {
        (void)snprintf(number, sizeof number, "%" PRId64, info->retention_ms);
        must(!rd_kafka_NewTopic_set_config(made, "retention.ms", number));
    }
    *ret_topic = made;
    return OK;
}

static enum status take_created(struct topic_admin *admin, rd_kafka_event_t *event,
                                bool ret_made[TOPIC_COUNT], struct error *error)
{
    if (rd_kafka_event_error(event)) {
        return unanswered(admin, "making topics", rd_kafka_event_error_string(event), error);
    }
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    enum status status = OK;
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t failure = rd_kafka_topic_result_error(results[i]);
        const char *name = rd_kafka_topic_result_name(results[i]);
        if (!failure) {
            ret_made[topic_of(admin, name)] = true;
        } else if (failure != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            const char *why = rd_kafka_topic_result_error_string(results[i]);
            status = error_set(error, FATAL, "making topic %s: %s", name,
                               why ? why : rd_kafka_err2str(failure));
        }
    }
    return status;
}

enum status topic_admin_create(struct topic_admin *admin,
                               const struct topic_found found[TOPIC_COUNT], struct topic_wish wish,
                               bool ret_made[TOPIC_COUNT], struct error *error)
{
    must(wish.partition_count > 0 && wish.sku_partition_count > 0);
    memset(ret_made, 0, TOPIC_COUNT * sizeof *ret_made);
    rd_kafka_NewTopic_t *topics[TOPIC_COUNT];
    size_t count = 0;
    enum status status = OK;
    int64_t default_ms = default_retention_ms(admin);
    for (enum topic topic = 0; topic < TOPIC_COUNT && status == OK; topic++) {
        if (found[topic].partition_count == 0) {
            status = topic_new(admin, topic, wish, default_ms, &topics[count], error);
            count += status == OK;
        }
    }
    if (status == OK && count > 0) {
        rd_kafka_AdminOptions_t *options = options_new(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
        char why[WHY_SIZE];
        must(
            !rd_kafka_AdminOptions_set_operation_timeout(options, ANSWER_WAIT_MS, why, sizeof why));
        rd_kafka_CreateTopics(admin->client, topics, count, options, admin->queue);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, -1);
        status = take_created(admin, event, ret_made, error);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_NewTopic_destroy_array(topics, count);
    return status;
}
