/* Questions about the cluster and the ends of its logs. */
#include <stdlib.h>

#include "client.h"
#include "core/must.h"
#include "leaders.h"
#include "process.h"

enum { DOUBTED_ONE_IN = 4 };

const struct client_faults *client_faults(void);

rd_kafka_resp_err_t rd_kafka_metadata(rd_kafka_t *client, int all, rd_kafka_topic_t *only,
                                      const struct rd_kafka_metadata **ret_metadata, int timeout_ms)
{
    (void)all;
    process_boundary("metadata");
    if (!client_await_broker(client, timeout_ms)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    struct rd_kafka_metadata *metadata = calloc(1, sizeof *metadata);
    must(metadata);
    if (only) {
        metadata->topic_cnt = 1;
        metadata->topics = calloc(1, sizeof *metadata->topics);
        must(metadata->topics);
        metadata->topics[0].partition_cnt = PARTITIONS;
    }
    *ret_metadata = metadata;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void rd_kafka_metadata_destroy(const struct rd_kafka_metadata *metadata)
{
    free(metadata->topics);
    free((void *)(uintptr_t)metadata);
}

static int64_t end_of(const rd_kafka_t *client, enum topic topic, int32_t partition)
{
    return leader_end(topic, partition, client->committed_only);
}

/* What a question for an end is answered with while nobody can tell it: from the old leader, from
 * the new one that is not sure yet, or from none. */
static rd_kafka_resp_err_t refusal(void)
{
    static const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TIMED_OUT};
    return errors[chance_below(client_chance(), sizeof errors / sizeof *errors)];
}

rd_kafka_resp_err_t rd_kafka_query_watermark_offsets(rd_kafka_t *client, const char *name,
                                                     int32_t partition, int64_t *low, int64_t *high,
                                                     int timeout_ms)
{
    enum topic topic = topic_by_name(text_of(name));
    process_boundary("watermarks");
    if (!client_await_broker(client, timeout_ms) || client_draws(client_faults()->failed_answer)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    bool refused =
        leader_is_doubted(topic, partition) && chance_hits(client_chance(), 1, DOUBTED_ONE_IN);
    if (refused || !leader_tells_end(topic, partition)) {
        return refusal();
    }
    *low = broker_log(topic, partition)->first;
    *high = end_of(client, topic, partition);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What the last fetch told: asks nobody, so nothing can go wrong and no time passes. */
rd_kafka_resp_err_t rd_kafka_get_watermark_offsets(rd_kafka_t *client, const char *name,
                                                   int32_t partition, int64_t *low, int64_t *high)
{
    enum topic topic = topic_by_name(text_of(name));
    *low = broker_log(topic, partition)->first;
    *high = end_of(client, topic, partition);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The answer is one a partition: some may be told while others are refused. */
rd_kafka_resp_err_t rd_kafka_offsets_for_times(rd_kafka_t *client,
                                               rd_kafka_topic_partition_list_t *list,
                                               int timeout_ms)
{
    process_boundary("ends");
    if (!client_await_broker(client, timeout_ms) || client_draws(client_faults()->failed_answer)) {
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *element = &list->elems[i];
        enum topic topic = topic_by_name(text_of(element->topic));
        must(element->offset == -1); /* the end: all that we ask for */
        element->err = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (leader_tells_end(topic, element->partition)) {
            element->offset = end_of(client, topic, element->partition);
        } else {
            element->err = refusal();
        }
    }
    process_boundary("ends answered");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int rd_kafka_version(void)
{
    return RD_KAFKA_VERSION;
}

const char *rd_kafka_version_str(void)
{
    return "simulated";
}
