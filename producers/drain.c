#include "producers/drain.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/must.h"
#include "kit/clock.h"

enum {
    GROUP_INPUTS_MAX = 6,
    ANSWER_WAIT_MS = 10000,
    PAUSE_FIRST_US = 500, /* after a question that brought nothing new; doubles */
    PAUSE_LAST_US = 8000,
    LATEST = -1, /* as a time to look up: the end */
    NAME_SIZE = 300,
};

struct group {
    const char *name;
    uint32_t input_count;
    enum topic inputs[GROUP_INPUTS_MAX];
};

static const struct group groups[] = {
    {"shortfall-sequencer",
     5,
     {TOPIC_ORDER_PAID, TOPIC_STOCK_LEVEL, TOPIC_ORDER_CLOSED, TOPIC_LINE_OUTCOME,
      TOPIC_SELLER_RESPONSE}},
    {"shortfall-allocator", 1, {TOPIC_SKU_EVENT}},
    {"shortfall-caseworker",
     6,
     {TOPIC_SHORTAGE, TOPIC_BUYER_DECISION, TOPIC_SELLER_RESPONSE, TOPIC_PLATFORM_RULING,
      TOPIC_REFUND_RESULT, TOPIC_CLOCK}},
};
enum { GROUP_COUNT = sizeof groups / sizeof groups[0] };

/* Read by nobody of ours, but their ends tell how far a reader of the outcome has to read. */
static const enum topic outputs[] = {
    TOPIC_NOTIFICATION,
    TOPIC_REFUND_REQUEST,
    TOPIC_FULFILMENT_PLAN,
    TOPIC_CASE_EVENT,
};

/* A partition that is watched, once for all groups. */
struct watched {
    enum topic topic;
    int32_t partition;
    int64_t end; /* at the last reading */
};

struct drain {
    rd_kafka_t *client;      /* owned; read_uncommitted, so that ends are high watermarks */
    rd_kafka_queue_t *queue; /* owned; answers of the coordinators */
    const char *prefix;
    char group_names[GROUP_COUNT][NAME_SIZE];
    int64_t patience_ms;
    struct watched *watched; /* owned */
    uint32_t watched_count;
    uint32_t first[TOPIC_COUNT]; /* of a topic's partitions in `watched` */
    int32_t partition_count[TOPIC_COUNT];
    rd_kafka_topic_partition_list_t *inputs[GROUP_COUNT]; /* owned; the partitions of each group */
    rd_kafka_topic_partition_list_t *all; /* owned; of all that is watched, in its order */
    int64_t *committed[GROUP_COUNT];      /* owned; by place in `watched`; -1: nothing committed */
};

static bool is_input(const struct group *group, enum topic topic)
{
    for (uint32_t i = 0; i < group->input_count; i++) {
        if (group->inputs[i] == topic) {
            return true;
        }
    }
    return false;
}

static void topic_name(const struct drain *drain, enum topic topic, char name[NAME_SIZE])
{
    int size = snprintf(name, NAME_SIZE, "%s%s", drain->prefix, topic_info(topic)->name);
    must(size > 0 && size < NAME_SIZE);
}

static void client_log(const rd_kafka_t *client, int level, const char *facility, const char *words)
{
    (void)client, (void)level, (void)facility, (void)words; /* what matters is in the answers */
}

static enum status open_client(struct drain *drain, const struct settings *settings,
                               struct error *error)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = settings_kafka(settings, conf, error);
    rd_kafka_conf_set_log_cb(conf, client_log);
    /* A handle without a group crashes in 2.0.2 when a coordinator refuses the question for the
     * offsets of any group; the name is of nobody, and the handle joins nothing. */
    must(!rd_kafka_conf_set(conf, "group.id", "shortfall-drain", why, sizeof why));
    must(!rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", why, sizeof why));
    must(!rd_kafka_conf_set(conf, "socket.nagle.disable", "true", why, sizeof why));
    must(!rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", why, sizeof why));
    if (status == OK) {
        drain->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
        if (!drain->client) {
            status = error_set(error, FATAL, "Kafka client: %s", why);
        }
    }
    if (status != OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    drain->queue = rd_kafka_queue_new(drain->client);
    return OK;
}

static enum status count_partitions(struct drain *drain, enum topic topic, int32_t *ret_count,
                                    struct error *error)
{
    char name[NAME_SIZE];
    topic_name(drain, topic, name);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(drain->client, name, NULL);
    rd_kafka_resp_err_t failure =
        handle ? rd_kafka_metadata(drain->client, 0, handle, &metadata, ANSWER_WAIT_MS)
               : rd_kafka_last_error();
    *ret_count = 0;
    if (metadata) {
        must(metadata->topic_cnt == 1);
        failure = metadata->topics[0].err;
        *ret_count = metadata->topics[0].partition_cnt;
        rd_kafka_metadata_destroy(metadata);
    }
    if (handle) {
        rd_kafka_topic_destroy(handle);
    }
    return failure ? error_set(error, FATAL,
                               "topic %s: %s; are Kafka and the topics there? "
                               "(shortfall topics check)",
                               name, rd_kafka_err2str(failure))
                   : OK;
}

static enum status watch(struct drain *drain, enum topic topic, struct error *error)
{
    if (drain->partition_count[topic] > 0) {
        return OK; /* the input of two groups */
    }
    int32_t count;
    enum status status = count_partitions(drain, topic, &count, error);
    if (status != OK) {
        return status;
    }
    size_t total = drain->watched_count + (size_t)count;
    struct watched *watched = realloc(drain->watched, total * sizeof *watched);
    if (!watched) {
        return error_set(error, FATAL, "out of memory");
    }
    drain->watched = watched;
    drain->first[topic] = drain->watched_count;
    drain->partition_count[topic] = count;
    for (int32_t partition = 0; partition < count; partition++) {
        watched[drain->watched_count++] =
            (struct watched){.topic = topic, .partition = partition, .end = -1};
    }
    return OK;
}

/* The partitions of a group's inputs; of all that is watched where group is NULL. In the order of
 * `watched`. */
static rd_kafka_topic_partition_list_t *list_of(const struct drain *drain,
                                                const struct group *group)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)drain->watched_count);
    char name[NAME_SIZE];
    for (uint32_t i = 0; i < drain->watched_count; i++) {
        const struct watched *watched = &drain->watched[i];
        if (!group || is_input(group, watched->topic)) {
            topic_name(drain, watched->topic, name);
            (void)rd_kafka_topic_partition_list_add(list, name, watched->partition);
        }
    }
    return list;
}

static enum status watch_all(struct drain *drain, struct error *error)
{
    enum status status = OK;
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        for (uint32_t i = 0; status == OK && i < groups[g].input_count; i++) {
            status = watch(drain, groups[g].inputs[i], error);
        }
    }
    for (uint32_t i = 0; status == OK && i < sizeof outputs / sizeof outputs[0]; i++) {
        status = watch(drain, outputs[i], error);
    }
    for (uint32_t g = 0; status == OK && g < GROUP_COUNT; g++) {
        drain->inputs[g] = list_of(drain, &groups[g]);
        drain->committed[g] = calloc(drain->watched_count, sizeof *drain->committed[g]);
        if (!drain->committed[g]) {
            status = error_set(error, FATAL, "out of memory");
        }
    }
    if (status == OK) {
        drain->all = list_of(drain, NULL);
    }
    return status;
}

enum status drain_new(const struct settings *settings, int64_t patience_ms,
                      struct drain **ret_drain, struct error *error)
{
    struct drain *drain = calloc(1, sizeof *drain);
    if (!drain) {
        return error_set(error, FATAL, "out of memory");
    }
    drain->prefix = settings_text(settings, "topic.prefix");
    drain->patience_ms = patience_ms;
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        int size =
            snprintf(drain->group_names[g], NAME_SIZE, "%s%s", drain->prefix, groups[g].name);
        must(size > 0 && size < NAME_SIZE);
    }
    enum status status = open_client(drain, settings, error);
    if (status == OK) {
        status = watch_all(drain, error);
    }
    if (status != OK) {
        drain_free(drain);
        return status;
    }
    *ret_drain = drain;
    return OK;
}

void drain_free(struct drain *drain)
{
    if (!drain) {
        return;
    }
    if (drain->client) {
        rd_kafka_queue_destroy(drain->queue);
        rd_kafka_destroy(drain->client);
    }
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        free(drain->committed[g]);
        if (drain->inputs[g]) {
            rd_kafka_topic_partition_list_destroy(drain->inputs[g]);
        }
    }
    if (drain->all) {
        rd_kafka_topic_partition_list_destroy(drain->all);
    }
    free(drain->watched);
    free(drain);
}

/* *ret_moved: an end is another one than at the reading before. */
static enum status read_ends(struct drain *drain, bool *ret_moved, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = drain->all;
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = LATEST;
    }
    rd_kafka_resp_err_t failure = rd_kafka_offsets_for_times(drain->client, list, ANSWER_WAIT_MS);
    for (int i = 0; i < list->cnt && !failure; i++) {
        failure = list->elems[i].err;
    }
    if (failure) {
        return error_set(error, RETRY, "ends of the topics: %s", rd_kafka_err2str(failure));
    }
    *ret_moved = false;
    for (int i = 0; i < list->cnt; i++) {
        *ret_moved = *ret_moved || drain->watched[i].end != list->elems[i].offset;
        drain->watched[i].end = list->elems[i].offset;
    }
    return OK;
}

static enum status ask_group(struct drain *drain, uint32_t g, struct error *error)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(drain->client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    char why[256] = "";
    rd_kafka_resp_err_t failure =
        rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_WAIT_MS, why, sizeof why);
    rd_kafka_AdminOptions_set_opaque(options, (void *)(uintptr_t)&groups[g]);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(drain->group_names[g], drain->inputs[g]);
    if (!failure) {
        rd_kafka_ListConsumerGroupOffsets(drain->client, &question, 1, options, drain->queue);
    }
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_AdminOptions_destroy(options);
    return failure ? error_set(error, FATAL, "offsets of %s: %s", groups[g].name, why) : OK;
}

/* A partition that the group has committed nothing for is left out of the answer or is below 0. */
static void take_commits(struct drain *drain, const struct group *group,
                         const rd_kafka_topic_partition_list_t *list)
{
    int64_t *committed = drain->committed[group - groups];
    for (uint32_t i = 0; i < drain->watched_count; i++) {
        committed[i] = -1;
    }
    for (uint32_t input = 0; input < group->input_count; input++) {
        enum topic topic = group->inputs[input];
        char name[NAME_SIZE];
        topic_name(drain, topic, name);
        for (int i = 0; i < list->cnt; i++) {
            const rd_kafka_topic_partition_t *at = &list->elems[i];
            if (at->offset >= 0 && at->partition < drain->partition_count[topic] &&
                strcmp(at->topic, name) == 0) {
                committed[drain->first[topic] + (uint32_t)at->partition] = at->offset;
            }
        }
    }
}

static enum status take_answer(struct drain *drain, rd_kafka_event_t *event, struct error *error)
{
    const struct group *group = rd_kafka_event_opaque(event);
    size_t count = 0;
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    if (rd_kafka_event_error(event) || !result) {
        return error_set(error, RETRY, "offsets of %s: %s", group ? group->name : "a group",
                         rd_kafka_event_error_string(event));
    }
    const rd_kafka_group_result_t **answers =
        rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    must(count == 1);
    const rd_kafka_error_t *failure = rd_kafka_group_result_error(answers[0]);
    if (failure) {
        return error_set(error, RETRY, "offsets of %s: %s", group->name,
                         rd_kafka_error_string(failure));
    }
    take_commits(drain, group, rd_kafka_group_result_partitions(answers[0]));
    return OK;
}

/* Every question gets its answer, be it a timeout, so none is left for the next one. */
static enum status read_commits(struct drain *drain, uint32_t g, struct error *error)
{
    enum status status = ask_group(drain, g, error);
    if (status != OK) {
        return status;
    }
    rd_kafka_event_t *event = rd_kafka_queue_poll(drain->queue, 2 * ANSWER_WAIT_MS);
    if (!event) {
        return error_set(error, FATAL, "the Kafka client gives no answer");
    }
    status = take_answer(drain, event, error);
    rd_kafka_event_destroy(event);
    return status;
}

static bool is_behind(const struct drain *drain, uint32_t g, uint32_t i)
{
    return is_input(&groups[g], drain->watched[i].topic) && drain->watched[i].end > 0 &&
           drain->committed[g][i] < drain->watched[i].end;
}

/* The first group along the pipeline that is known to be behind, and where; GROUP_COUNT: none. */
static uint32_t find_behind(const struct drain *drain, uint32_t *ret_place)
{
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        for (uint32_t i = 0; i < drain->watched_count; i++) {
            if (is_behind(drain, g, i)) {
                *ret_place = i;
                return g;
            }
        }
    }
    return GROUP_COUNT;
}

/* Grows as long as anything is written or read. */
static int64_t movement(const struct drain *drain)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < drain->watched_count; i++) {
        sum += drain->watched[i].end;
        for (uint32_t g = 0; g < GROUP_COUNT; g++) {
            sum += drain->committed[g][i];
        }
    }
    return sum;
}

static void pause_for(int64_t us)
{
    const struct timespec pause = {.tv_nsec = (long)us * 1000};
    (void)nanosleep(&pause, NULL); /* a signal only makes the next check earlier */
}

/* Says what does not move: what the last question met, or else who is behind. */
static enum status give_up(const struct drain *drain, enum status last_status,
                           const struct error *last, struct error *error)
{
    struct error found = {.text = "topics are written all the time"};
    uint32_t place = 0;
    uint32_t g = find_behind(drain, &place);
    if (last_status != OK) {
        found = *last;
    } else if (g < GROUP_COUNT) {
        const struct watched *at = &drain->watched[place];
        int64_t done = drain->committed[g][place] < 0 ? 0 : drain->committed[g][place];
        (void)error_set(&found, last_status,
                        "%s has read topic %s%s, partition %" PRId32 ", up to %" PRId64
                        " of %" PRId64 " (lag %" PRId64 ")",
                        drain->group_names[g], drain->prefix, topic_info(at->topic)->name,
                        at->partition, done, at->end, at->end - done);
    }
    return error_set(error, FATAL,
                     "the pipeline does not drain: %s, and nothing has moved for %" PRId64
                     " s. Are all workers running, and what do their logs say?",
                     found.text, drain->patience_ms / 1000);
}

/* One question: of who is behind, or, where nobody is known to be, of the ends once more. Commits
 * only grow, so what was known to be read still is, and is not asked again. */
static enum status check(struct drain *drain, bool *ret_drained, struct error *error)
{
    uint32_t place;
    uint32_t g = find_behind(drain, &place);
    if (g < GROUP_COUNT) {
        return read_commits(drain, g, error);
    }
    bool moved = true;
    enum status status = read_ends(drain, &moved, error);
    *ret_drained = status == OK && !moved;
    return status;
}

enum status drain_wait(struct drain *drain, struct error *error)
{
    int64_t moved_ms = clock_monotonic_ms();
    int64_t moved = -1;
    int64_t pause_us = PAUSE_FIRST_US;
    struct error last = {.text = ""};
    bool drained = false;
    bool ignored;
    enum status status = read_ends(drain, &ignored, &last);
    while (!drained) {
        if (status == OK) {
            status = check(drain, &drained, &last);
        } else { /* the ends may not be known yet */
            status = read_ends(drain, &ignored, &last);
        }
        if (status == FATAL) {
            *error = last;
            return FATAL;
        }
        int64_t now = movement(drain);
        if (status == OK && now != moved) {
            moved = now;
            moved_ms = clock_monotonic_ms();
            pause_us = PAUSE_FIRST_US;
        } else if (clock_monotonic_ms() - moved_ms > drain->patience_ms) {
            return give_up(drain, status, &last, error);
        } else if (!drained) {
            pause_for(pause_us);
            pause_us *= pause_us < PAUSE_LAST_US ? 2 : 1;
        }
    }
    return OK;
}

int64_t drain_end(const struct drain *drain, enum topic topic, int32_t partition)
{
    must(partition >= 0 && partition < drain->partition_count[topic]);
    return drain->watched[drain->first[topic] + (uint32_t)partition].end;
}

int32_t drain_partition_count(const struct drain *drain, enum topic topic)
{
    must(drain->partition_count[topic] > 0);
    return drain->partition_count[topic];
}
