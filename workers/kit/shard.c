#include "kit/shard.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"

enum { INBOX_FIRST_CAPACITY = 256 };

/* Which phase may follow which. */
static const bool follows[5][5] = {
    [SHARD_ABSENT] = {[SHARD_RESTORING] = true, [SHARD_ABSENT] = true},
    [SHARD_RESTORING] = {[SHARD_RUNNING] = true, [SHARD_ABSENT] = true, [SHARD_STOPPED] = true},
    [SHARD_RUNNING] = {[SHARD_ASIDE] = true, [SHARD_ABSENT] = true, [SHARD_STOPPED] = true},
    [SHARD_ASIDE] = {[SHARD_RESTORING] = true, [SHARD_RUNNING] = true, [SHARD_ABSENT] = true},
    [SHARD_STOPPED] = {[SHARD_ABSENT] = true},
};

void shard_enter(struct shard *shard, enum phase phase)
{
    must(follows[shard->phase][phase]);
    must(phase != SHARD_ABSENT || shard->state == NULL);
    must(phase != SHARD_RUNNING || shard->state != NULL);
    shard->phase = phase;
}

static size_t bytes_of(const struct message *message)
{
    return (size_t)message->key.size + message->value.size;
}

bool shard_push(struct shard *shard, const struct message *message, rd_kafka_message_t *native)
{
    if (shard->inbox_count == shard->inbox_capacity) {
        uint32_t capacity =
            shard->inbox_capacity ? 2 * shard->inbox_capacity : INBOX_FIRST_CAPACITY;
        struct message *inbox = realloc(shard->inbox, capacity * sizeof *inbox);
        if (!inbox) {
            return false;
        }
        shard->inbox = inbox;
        rd_kafka_message_t **natives = realloc(shard->natives, capacity * sizeof *natives);
        if (!natives) {
            return false;
        }
        shard->natives = natives;
        shard->inbox_capacity = capacity;
    }
    shard->inbox[shard->inbox_count] = *message;
    shard->natives[shard->inbox_count] = native;
    shard->inbox_count++;
    shard->inbox_bytes += bytes_of(message);
    return true;
}

static bool has_waiting(const struct shard *shard, enum topic topic)
{
    for (uint32_t i = 0; i < shard->inbox_count; i++) {
        if (shard->inbox[i].topic == topic) {
            return true;
        }
    }
    return false;
}

/* Each input by itself: what waits of another may wait for what this one's position allows. */
static void pass_ends(struct shard *shard, const struct role *role)
{
    for (uint32_t i = 0; i < role->input_count; i++) {
        if (shard->end[i] >= 0 && shard->end[i] > shard->position[i] &&
            !has_waiting(shard, role->inputs[i])) {
            shard->position[i] = shard->end[i];
        }
    }
}

void shard_consume(struct shard *shard, const struct role *role, uint32_t count)
{
    must(count <= shard->inbox_count);
    for (uint32_t i = 0; i < count; i++) {
        int input = shard_input_index(role, shard->inbox[i].topic);
        must(input >= 0 && shard->inbox[i].offset >= shard->position[input]);
        shard->position[input] = shard->inbox[i].offset + 1;
        lag_applied(&shard->lag[input], shard->inbox[i].timestamp_ms);
        shard->inbox_bytes -= bytes_of(&shard->inbox[i]);
        rd_kafka_message_destroy(shard->natives[i]);
    }
    uint32_t left = shard->inbox_count - count;
    if (left) {
        memmove(shard->inbox, shard->inbox + count, left * sizeof *shard->inbox);
        memmove(shard->natives, shard->natives + count, left * sizeof(rd_kafka_message_t *));
    }
    shard->inbox_count = left;
    pass_ends(shard, role);
}

void shard_clear_inbox(struct shard *shard)
{
    for (uint32_t i = 0; i < shard->inbox_count; i++) {
        rd_kafka_message_destroy(shard->natives[i]);
    }
    shard->inbox_count = 0;
    shard->inbox_bytes = 0;
}

bool shard_is_assigned(const struct shard *shard, const struct role *role)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < role->input_count; i++) {
        count += shard->assigned[i];
    }
    return role->any_counts ? count > 0 : count == role->input_count;
}

bool shard_is_ahead(const struct shard *shard, const struct role *role)
{
    for (uint32_t i = 0; i < role->input_count; i++) {
        if (shard->assigned[i] && shard->position[i] >= 0 &&
            shard->position[i] != shard->committed[i].offset) {
            return true;
        }
    }
    return false;
}

bool shard_has_position(const struct shard *shard, const struct role *role)
{
    for (uint32_t i = 0; i < role->input_count; i++) {
        if (shard->assigned[i] && shard->position[i] >= 0) {
            return true;
        }
    }
    return false;
}

int shard_input_index(const struct role *role, enum topic topic)
{
    for (uint32_t i = 0; i < role->input_count; i++) {
        if (role->inputs[i] == topic) {
            return (int)i;
        }
    }
    return -1;
}

void shard_done(struct shard *shard)
{
    must(shard->state == NULL);
    shard_clear_inbox(shard);
    free(shard->inbox);
    free(shard->natives);
    *shard = (struct shard){.partition = shard->partition};
}
