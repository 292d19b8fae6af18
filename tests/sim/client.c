/* Handles, configuration, and the errands that have no state. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "leaders.h"
#include "process.h"
#include "story.h"

enum { LEISURE_FACTOR = 5, SLOW_US_MAX = 3000000 };

static rd_kafka_t *clients; /* all that ever were */
static struct chance chance;
static struct client_faults faults;
static rd_kafka_resp_err_t last_error;
static bool leisure;

void clients_reset(struct chance drawn, const struct client_faults *wanted)
{
    clients = NULL;
    chance = drawn;
    faults = *wanted;
    leisure = false;
}

void clients_take_leisure(void)
{
    leisure = true;
}

int64_t client_poll_us(int timeout_ms);
int64_t client_poll_us(int timeout_ms)
{
    return (int64_t)timeout_ms * 1000 * (leisure ? LEISURE_FACTOR : 1);
}

void clients_set_faults(const struct client_faults *wanted)
{
    faults = *wanted;
}

const struct client_faults *client_faults(void);
const struct client_faults *client_faults(void)
{
    return &faults;
}

struct chance *client_chance(void)
{
    return &chance;
}

bool client_draws(int of_1000)
{
    return of_1000 > 0 && chance_hits(&chance, of_1000, 1000);
}

void client_owner_died(const struct process *process)
{
    for (rd_kafka_t *client = clients; client; client = client->next_client) {
        client->dead = client->dead || client->owner == process;
    }
}

bool client_reaches_broker(const rd_kafka_t *client)
{
    return broker_is_up() && !client->dead && process_works(client->owner) &&
           !process_is_cut(client->owner);
}

bool client_await_broker(const rd_kafka_t *client, int timeout_ms)
{
    int64_t until_us = process_time_us() + (int64_t)timeout_ms * 1000;
    while (!client_reaches_broker(client)) {
        if (timeout_ms >= 0 && process_time_us() >= until_us) {
            return false;
        }
        process_sleep(RETRY_US);
    }
    return true;
}

int64_t client_session_us(const rd_kafka_t *client)
{
    const char *value = client_property(&client->conf, "session.timeout.ms");
    return (value ? atoll(value) : 10000) * 1000;
}

int64_t client_slow_us(void)
{
    return client_draws(faults.slow_group) ? chance_between(client_chance(), 1, SLOW_US_MAX) : 0;
}

/* ---- In the background ------------------------------------------------------------------------
 */

static void tend_member(rd_kafka_t *client)
{
    struct member *member = member_of(client->group, client);
    if (!client_reaches_broker(client) || client->fatal ||
        !coordinator_is_there(COORDINATOR_OF_GROUPS)) {
        return;
    }
    if (!member && client->was_in) {
        client->lost = true; /* the program learns of it at its next poll */
        client->was_in = false;
    }
    if (member) {
        group_hear(client->group, client);
    }
    bool to_take_up = client->due_count == 1 || (client->taking_up && client->due_count == 0);
    if (member && to_take_up && !client->joined_anew && client_draws(faults.join_anew)) {
        client->joined_anew = true;
        group_join_again(client->group, client);
        return;
    }
    bool left_out = member && client->group->rebalancing && !member->joined;
    bool free_to_join = !client->holds && !client->lost;
    if (client->wants_in && free_to_join && (!member || left_out || !client->was_in)) {
        client->joined_anew = false;
        group_join(client->group, client, client->instance);
        client->was_in = true;
    }
}

void clients_tend(void)
{
    int64_t session_us = 10000000;
    for (rd_kafka_t *client = clients; client; client = client->next_client) {
        if (client->group) {
            session_us = client_session_us(client);
            if (!client->dead) {
                tend_member(client);
            }
        }
        if (client->type == RD_KAFKA_PRODUCER && client_reaches_broker(client) &&
            client->queue_count > 0) {
            client_send(client, false);
        }
    }
    bool coordinated = broker_is_up() && coordinator_is_there(COORDINATOR_OF_GROUPS);
    for (int i = 0; group_at(i) && coordinated; i++) {
        if (!group_at(i)->coordinated) {
            group_hear_all(group_at(i)); /* a new coordinator counts from when it has loaded */
        }
        group_tend(group_at(i), session_us);
    }
    for (int i = 0; group_at(i); i++) {
        group_at(i)->coordinated = coordinated;
    }
    transactions_time_out();
}

/* ---- Configuration ----------------------------------------------------------------------------
 */

rd_kafka_conf_t *rd_kafka_conf_new(void)
{
    rd_kafka_conf_t *conf = calloc(1, sizeof *conf);
    must(conf);
    return conf;
}

void rd_kafka_conf_destroy(rd_kafka_conf_t *conf)
{
    free(conf);
}

rd_kafka_conf_res_t rd_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                                      char *words, size_t size)
{
    (void)words, (void)size;
    struct property *property = NULL;
    for (int i = 0; i < conf->property_count; i++) {
        if (strcmp(conf->properties[i].name, name) == 0) {
            property = &conf->properties[i];
        }
    }
    if (!property) {
        must(conf->property_count < PROPERTIES_MAX);
        property = &conf->properties[conf->property_count++];
    }
    property->name = property->name ? property->name : strdup(name);
    property->value = strdup(value);
    must(property->name && property->value);
    return RD_KAFKA_CONF_OK;
}

const char *client_property(const struct rd_kafka_conf_s *conf, const char *name)
{
    for (int i = 0; i < conf->property_count; i++) {
        if (strcmp(conf->properties[i].name, name) == 0) {
            return conf->properties[i].value;
        }
    }
    return NULL;
}

const char **rd_kafka_conf_dump(rd_kafka_conf_t *conf, size_t *count)
{
    (void)conf;
    *count = 0;
    return NULL;
}

const char **rd_kafka_topic_conf_dump(rd_kafka_topic_conf_t *conf, size_t *count)
{
    (void)conf;
    *count = 0;
    return NULL;
}

void rd_kafka_conf_dump_free(const char **dump, size_t count)
{
    (void)dump, (void)count;
}

void rd_kafka_conf_set_opaque(rd_kafka_conf_t *conf, void *opaque)
{
    conf->opaque = opaque;
}

void rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf,
                              void (*log)(const rd_kafka_t *, int, const char *, const char *))
{
    (void)conf, (void)log;
}

void rd_kafka_conf_set_error_cb(rd_kafka_conf_t *conf,
                                void (*failed)(rd_kafka_t *, int, const char *, void *))
{
    conf->failed = failed;
}

void rd_kafka_conf_set_rebalance_cb(rd_kafka_conf_t *conf,
                                    void (*rebalance)(rd_kafka_t *, rd_kafka_resp_err_t,
                                                      rd_kafka_topic_partition_list_t *, void *))
{
    conf->rebalance = rebalance;
}

void rd_kafka_conf_set_dr_msg_cb(rd_kafka_conf_t *conf,
                                 void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *,
                                                   void *))
{
    conf->delivered = delivered;
}

rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *conf, const char *name,
                                                         rd_kafka_interceptor_f_on_new_t *made,
                                                         void *opaque)
{
    (void)name;
    conf->made = made;
    conf->made_opaque = opaque;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_interceptor_add_on_response_received(
    rd_kafka_t *client, const char *name, rd_kafka_interceptor_f_on_response_received_t *answered,
    void *opaque)
{
    (void)name;
    client->answered = answered;
    client->answered_opaque = opaque;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_topic_conf_t *rd_kafka_topic_conf_new(void)
{
    return calloc(1, sizeof(rd_kafka_topic_conf_t));
}

rd_kafka_topic_conf_t *rd_kafka_default_topic_conf_dup(rd_kafka_t *client)
{
    (void)client;
    return rd_kafka_topic_conf_new();
}

void rd_kafka_topic_conf_destroy(rd_kafka_topic_conf_t *conf)
{
    free(conf);
}

void rd_kafka_topic_conf_set_opaque(rd_kafka_topic_conf_t *conf, void *opaque)
{
    conf->opaque = opaque;
}

/* ---- Handles ----------------------------------------------------------------------------------
 */

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *words, size_t size)
{
    (void)words, (void)size;
    rd_kafka_t *client = calloc(1, sizeof *client);
    must(client);
    client->type = type;
    client->conf = *conf;
    client->owner = process_me();
    client->queue_end = &client->queue;
    client->transaction = -1;
    client->generation = -1;
    const char *level = client_property(conf, "isolation.level");
    client->committed_only = !level || strcmp(level, "read_committed") == 0;
    const char *id = client_property(conf, "transactional.id");
    if (id) {
        client->transaction =
            transaction_of(id, atoll(client_property(conf, "transaction.timeout.ms")) * 1000);
    }
    client->next_client = clients;
    clients = client;
    if (conf->made) {
        (void)conf->made(client, conf, conf->made_opaque, words, size);
    }
    free(conf);
    process_boundary("new");
    return client;
}

void rd_kafka_destroy(rd_kafka_t *client)
{
    client->dead = true; /* kept: the others' list has it */
}

rd_kafka_resp_err_t rd_kafka_fatal_error(rd_kafka_t *client, char *words, size_t size)
{
    if (client->fatal && words) {
        (void)snprintf(words, size, "%s", rd_kafka_err2str(client->fatal));
    }
    return client->fatal;
}

rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *client, const char *name,
                                     rd_kafka_topic_conf_t *conf)
{
    rd_kafka_topic_t *topic = calloc(1, sizeof *topic);
    must(topic);
    topic->client = client;
    topic->topic = topic_by_name(text_of(name));
    must(topic->topic != TOPIC_NONE);
    topic->opaque = conf ? conf->opaque : NULL;
    free(conf);
    return topic;
}

void rd_kafka_topic_destroy(rd_kafka_topic_t *topic)
{
    (void)topic; /* kept: messages of it may still be out */
}

const char *rd_kafka_topic_name(const rd_kafka_topic_t *topic)
{
    return topic_info(topic->topic)->name;
}

void *rd_kafka_topic_opaque(const rd_kafka_topic_t *topic)
{
    return topic->opaque;
}

rd_kafka_queue_t *rd_kafka_queue_new(rd_kafka_t *client)
{
    rd_kafka_queue_t *queue = calloc(1, sizeof *queue);
    must(queue);
    queue->client = client;
    return queue;
}

void rd_kafka_queue_destroy(rd_kafka_queue_t *queue)
{
    client_drop_answer(queue);
    free(queue);
}

rd_kafka_resp_err_t rd_kafka_last_error(void)
{
    return last_error;
}

const char *rd_kafka_err2str(rd_kafka_resp_err_t code)
{
    static char words[4][32];
    static int turn;
    char *next = words[turn++ % 4];
    (void)snprintf(next, sizeof words[0], "error %d", (int)code);
    return next;
}

const char *rd_kafka_err2name(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED ? "_FENCED" : rd_kafka_err2str(code);
}

/* ---- Errors -----------------------------------------------------------------------------------
 */

const char *rd_kafka_error_string(const rd_kafka_error_t *error)
{
    return error->words;
}

rd_kafka_resp_err_t rd_kafka_error_code(const rd_kafka_error_t *error)
{
    return error->code;
}

int rd_kafka_error_is_fatal(const rd_kafka_error_t *error)
{
    return error->fatal;
}

int rd_kafka_error_is_retriable(const rd_kafka_error_t *error)
{
    return error->again;
}

int rd_kafka_error_txn_requires_abort(const rd_kafka_error_t *error)
{
    return error->abort;
}

void rd_kafka_error_destroy(rd_kafka_error_t *error)
{
    free(error);
}

/* ---- Lists and headers ------------------------------------------------------------------------
 */

rd_kafka_topic_partition_list_t *rd_kafka_topic_partition_list_new(int size)
{
    (void)size;
    rd_kafka_topic_partition_list_t *list = calloc(1, sizeof *list);
    must(list);
    return list;
}

rd_kafka_topic_partition_t *rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t *list,
                                                              const char *topic, int32_t partition)
{
    if (list->cnt == list->size) {
        list->size = list->size ? 2 * list->size : 8;
        list->elems = realloc(list->elems, (size_t)list->size * sizeof *list->elems);
        must(list->elems);
    }
    rd_kafka_topic_partition_t *element = &list->elems[list->cnt++];
    *element = (rd_kafka_topic_partition_t){
        .topic = strdup(topic), .partition = partition, .offset = OFFSET_NONE};
    return element;
}

void rd_kafka_topic_partition_list_destroy(rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        free(list->elems[i].topic);
        free(list->elems[i].metadata);
    }
    free(list->elems);
    free(list);
}

rd_kafka_topic_partition_t *
rd_kafka_topic_partition_list_find(const rd_kafka_topic_partition_list_t *list, const char *topic,
                                   int32_t partition)
{
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].partition == partition && strcmp(list->elems[i].topic, topic) == 0) {
            return &list->elems[i];
        }
    }
    return NULL;
}

rd_kafka_topic_partition_list_t *
rd_kafka_topic_partition_list_copy(const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &list->elems[i];
        rd_kafka_topic_partition_t *to =
            rd_kafka_topic_partition_list_add(copy, from->topic, from->partition);
        to->offset = from->offset;
        if (from->metadata) {
            to->metadata = malloc(from->metadata_size);
            must(to->metadata);
            memcpy(to->metadata, from->metadata, from->metadata_size);
            to->metadata_size = from->metadata_size;
        }
    }
    return copy;
}

rd_kafka_headers_t *rd_kafka_headers_new(size_t count)
{
    (void)count;
    rd_kafka_headers_t *headers = calloc(1, sizeof *headers);
    must(headers);
    headers->pairs = calloc(RECORD_HEADERS_MAX, sizeof *headers->pairs);
    must(headers->pairs);
    return headers;
}

void rd_kafka_headers_destroy(rd_kafka_headers_t *headers)
{
    free(headers->pairs);
    free(headers);
}

rd_kafka_resp_err_t rd_kafka_header_add(rd_kafka_headers_t *headers, const char *name,
                                        ssize_t name_size, const void *value, ssize_t value_size)
{
    (void)name_size;
    must(headers->count < RECORD_HEADERS_MAX);
    char *copy = malloc((size_t)value_size + 1);
    must(copy);
    if (value_size > 0) {
        memcpy(copy, value, (size_t)value_size);
    }
    headers->pairs[headers->count++] = (struct pair){strdup(name), {copy, (uint32_t)value_size}};
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *message,
                                             rd_kafka_headers_t **headers)
{
    const struct seen *seen = (const struct seen *)message;
    *headers = (rd_kafka_headers_t *)(uintptr_t)&seen->headers;
    return seen->headers.count ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__NOENT;
}

rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t *headers, size_t index,
                                            const char **name, const void **value, size_t *size)
{
    if (index >= headers->count) {
        return RD_KAFKA_RESP_ERR__NOENT;
    }
    *name = headers->pairs[index].name;
    *value = headers->pairs[index].value.data;
    *size = headers->pairs[index].value.size;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_header_get_last(const rd_kafka_headers_t *headers, const char *name,
                                             const void **value, size_t *size)
{
    for (size_t i = headers->count; i > 0; i--) {
        if (strcmp(headers->pairs[i - 1].name, name) == 0) {
            *value = headers->pairs[i - 1].value.data;
            *size = headers->pairs[i - 1].value.size;
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
    }
    return RD_KAFKA_RESP_ERR__NOENT;
}
