#include "shortfall/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator/allocator.h"
#include "allocator/state.h"
#include "kit/clock.h"
#include "kit/consumer.h"
#include "kit/producer.h"
#include "shortfall/scan.h"

enum { PATIENCE_MS = 30000, OUTBOX_LIMIT = 64 << 20 };

/* What the callbacks of a look need. */
struct look {
    struct call *call;
    struct rules *rules;
};

int32_t rules_of_client(const char *client_id)
{
    const char *said = strstr(client_id, CLIENT_RULES);
    if (!said) {
        return 0;
    }
    char *end;
    long version = strtol(said + strlen(CLIENT_RULES), &end, 10);
    return *end == '\0' && version > 0 && version < INT32_MAX ? (int32_t)version : 0;
}

static void take_client(void *context, const char *client_id, const char *host)
{
    struct rules *rules = ((struct look *)context)->rules;
    if (rules->client_count < RULES_CLIENTS_MAX) {
        struct rules_client *client = &rules->clients[rules->client_count++];
        client->knows = rules_of_client(client_id);
        (void)snprintf(client->name, sizeof client->name, "%s at %s", client_id, host);
    }
}

static enum status take_state(void *context, const struct message *message, struct error *error)
{
    struct look *look = context;
    struct book_entry entry;
    if (!allocator_state_is_book(message->key) ||
        message->partition >= look->rules->partition_count) {
        return OK;
    }
    arena_reset(look->call->arena);
    enum status status =
        allocator_state_read(look->call->codec, message, look->call->arena, &entry, error);
    if (status == OK && !entry.removed) {
        struct rules_partition *partition = &look->rules->partitions[message->partition];
        partition->in_force = entry.rules;
        partition->asked = entry.rules;
    }
    return status;
}

static enum status take_event(void *context, const struct message *message, struct error *error)
{
    struct look *look = context;
    const void *record;
    arena_reset(look->call->arena);
    enum status status = call_decode(look->call, &type_sku_event, message->value, &record, error);
    if (status != OK) {
        return status == POISON ? OK : status; /* a dead letter, which asks for nothing */
    }
    const struct sku_event *event = record;
    if (message->partition >= look->rules->partition_count) {
        return OK;
    }
    struct rules_partition *partition = &look->rules->partitions[message->partition];
    for (uint32_t i = 0; i < event->fact_count; i++) {
        if (event->facts[i].kind == FACT_RULES && event->facts[i].rules >= BOOK_RULES_FIRST) {
            partition->asked = event->facts[i].rules;
            partition->asked_offset = message->offset;
        }
    }
    return OK;
}

static enum status make_room(struct rules *rules, int32_t partition_count, struct error *error)
{
    rules->partitions = calloc((size_t)partition_count, sizeof *rules->partitions);
    rules->clients = calloc(RULES_CLIENTS_MAX, sizeof *rules->clients);
    if (!rules->partitions || !rules->clients) {
        return error_set(error, FATAL, "out of memory");
    }
    rules->partition_count = partition_count;
    for (int32_t i = 0; i < partition_count; i++) {
        rules->partitions[i] = (struct rules_partition){
            .in_force = BOOK_RULES_FIRST, .asked = BOOK_RULES_FIRST, .asked_offset = -1};
    }
    return OK;
}

/* The offsets come before the state: what the state has beyond them is then met in the log again,
 * and never missed. */
static enum status look_at_logs(struct look *look, struct group_view *group, struct error *error)
{
    static const enum topic state = TOPIC_ALLOCATOR_STATE;
    struct reader *reader = look->call->reader;
    int32_t count = look->rules->partition_count;
    int64_t *offsets = calloc((size_t)count, sizeof *offsets);
    if (!offsets) {
        return error_set(error, FATAL, "out of memory");
    }
    enum status status = group_view_offsets(group, TOPIC_SKU_EVENT, count, offsets, error);
    if (status == OK) {
        status = scan(reader, &state, 1, (struct text){0}, take_state, look, error);
    }
    if (status == OK) {
        status = scan_from(reader, TOPIC_SKU_EVENT, offsets, count, take_event, look, error);
    }
    free(offsets);
    return status;
}

enum status rules_look(struct call *call, struct rules *ret_rules, struct error *error)
{
    int32_t partition_count;
    struct group_view *group = NULL;
    struct look look = {call, ret_rules};
    *ret_rules = (struct rules){0};
    enum status status =
        reader_partition_count(call->reader, TOPIC_SKU_EVENT, &partition_count, error);
    if (status == OK) {
        status = make_room(ret_rules, partition_count, error);
    }
    if (status == OK) {
        status = group_view_new(call->settings, allocator_role.group, &group, error);
    }
    if (status == OK) {
        status = group_view_members(group, take_client, &look, error);
    }
    if (status == OK) {
        status = look_at_logs(&look, group, error);
    }
    group_view_free(group);
    return status;
}

void rules_done(struct rules *rules)
{
    free(rules->partitions);
    free(rules->clients);
}

/* One message a partition, without a key, as the sequencer writes them. The log's time in it is 0:
 * it moves no time, so nothing that is remembered is forgotten for it. */
static enum status fill(struct outbox *outbox, int32_t partition_count, int32_t version,
                        int64_t now_ms, struct error *error)
{
    struct sku_fact fact = {.kind = FACT_RULES,
                            .sku = TEXT(""),
                            .at_ms = now_ms,
                            .rules = version,
                            .source_topic = TEXT(""),
                            .source_partition = -1,
                            .source_offset = -1};
    struct sku_event event = {.facts = &fact, .fact_count = 1};
    enum status status = OK;
    for (int32_t partition = 0; partition < partition_count && status == OK; partition++) {
        status = outbox_add(outbox, TOPIC_SKU_EVENT, partition, (struct text){0}, &type_sku_event,
                            &event, (struct text){0}, now_ms, error);
    }
    return status;
}

/* Again where it is not known whether all have it: the same version twice is no change. */
static enum status transact(struct producer *producer, const struct outbox *outbox,
                            struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;
    enum status status;
    do {
        status = producer_transact(producer, NULL, NULL, outbox, error);
    } while ((status == RETRY || status == ABORT_TXN) && clock_monotonic_ms() < give_up_ms);
    return status;
}

/* The markers of a transaction come a moment after its commit, and hide it until then. Who looks
 * next should see what was written. */
static enum status await_visible(struct call *call, int32_t partition_count, struct error *error)
{
    struct reader *written;
    int64_t give_up_ms = clock_monotonic_ms() + PATIENCE_MS;
    enum status status = reader_new(call->settings, false, &written, error);
    if (status != OK) {
        return status;
    }
    for (int32_t partition = 0; partition < partition_count && status == OK; partition++) {
        int64_t first;
        int64_t end;
        int64_t visible = -1;
        status = reader_ends(written, TOPIC_SKU_EVENT, partition, &first, &end, error);
        while (status == OK && visible < end && clock_monotonic_ms() < give_up_ms) {
            status = reader_ends(call->reader, TOPIC_SKU_EVENT, partition, &first, &visible, error);
        }
    }
    reader_free(written);
    return status;
}

enum status rules_write(struct call *call, int32_t partition_count, int32_t version, int64_t now_ms,
                        struct error *error)
{
    char id[192];
    struct outbox outbox = {0};
    struct producer *producer = NULL;
    (void)snprintf(id, sizeof id, "%s%s", settings_text(call->settings, "topic.prefix"),
                   RULES_TRANSACTION);
    enum status status = outbox_init(&outbox, call->codec, "rules", OUTBOX_LIMIT, error);
    if (status == OK) {
        status = fill(&outbox, partition_count, version, now_ms, error);
    }
    if (status == OK) {
        status = producer_new(call->settings, id, &producer, error);
    }
    if (status == OK) {
        status = transact(producer, &outbox, error);
    }
    if (status == OK) {
        status = await_visible(call, partition_count, error);
    }
    producer_free(producer);
    outbox_done(&outbox);
    return status;
}
