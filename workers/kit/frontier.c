#include "kit/frontier.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/log.h"

enum {
    ASK_TIMEOUT_MS = 5000,
    LATEST = -1, /* as a time to look up: the end */
};

struct frontier {
    rd_kafka_t *handle; /* owned; read_uncommitted, so that it sees the high watermark */
    const char *prefix;
};

enum status frontier_new(const struct settings *settings, struct frontier **ret_frontier,
                         struct error *error)
{
    struct frontier *frontier = calloc(1, sizeof *frontier);
    if (!frontier) {
        return error_set(error, FATAL, "frontier: out of memory");
    }
    frontier->prefix = settings_text(settings, "topic.prefix");
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = settings_kafka(settings, conf, error);
    rd_kafka_conf_set_log_cb(conf, log_kafka);
    if (status == OK && rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", why,
                                          sizeof why) != RD_KAFKA_CONF_OK) {
        status = error_set(error, FATAL, "frontier: %s", why);
    }
    if (status == OK) {
        frontier->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
        if (!frontier->handle) {
            status = error_set(error, FATAL, "frontier: %s", why);
        }
    }
    if (status != OK) {
        rd_kafka_conf_destroy(conf);
        free(frontier);
        return status;
    }
    *ret_frontier = frontier;
    return OK;
}

void frontier_free(struct frontier *frontier)
{
    if (frontier) {
        rd_kafka_destroy(frontier->handle);
        free(frontier);
    }
}

static bool full_name(const struct frontier *frontier, enum topic topic, char *name, size_t size)
{
    int written = snprintf(name, size, "%s%s", frontier->prefix, topic_info(topic)->name);
    return written > 0 && (size_t)written < size;
}

enum status frontier_ask(struct frontier *frontier, const struct place *places, uint32_t count,
                         int64_t *ret_ends, struct error *error)
{
    char name[512];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        must(full_name(frontier, places[i].topic, name, sizeof name));
        rd_kafka_topic_partition_list_add(list, name, places[i].partition)->offset = LATEST;
    }
    rd_kafka_resp_err_t failure =
        rd_kafka_offsets_for_times(frontier->handle, list, ASK_TIMEOUT_MS);
    for (uint32_t i = 0; i < count && !failure; i++) {
        failure = list->elems[i].err;
        ret_ends[i] = list->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return failure ? error_set(error, RETRY, "ends of the inputs: %s", rd_kafka_err2str(failure))
                   : OK;
}

enum status frontier_partition_count(struct frontier *frontier, enum topic topic,
                                     int32_t *ret_count, struct error *error)
{
    char name[512];
    if (!full_name(frontier, topic, name, sizeof name)) {
        return error_set(error, FATAL, "topic.prefix is too long");
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(frontier->handle, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t failure =
        rd_kafka_metadata(frontier->handle, 0, handle, &metadata, ASK_TIMEOUT_MS);
    enum status status = OK;
    if (failure) {
        status = error_set(error, RETRY, "topic %s: %s", name, rd_kafka_err2str(failure));
    } else if (metadata->topic_cnt != 1 || metadata->topics[0].err ||
               metadata->topics[0].partition_cnt < 1) {
        status = error_set(error, FATAL, "topic %s does not exist: shortfall topics create", name);
    } else {
        *ret_count = metadata->topics[0].partition_cnt;
    }
    if (metadata) {
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return status;
}
