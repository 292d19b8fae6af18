#include "shortfall/forward.h"

#include <stdlib.h>

#include "kit/moved.h"

enum { OUTBOX_LIMIT = 256 << 20, ID_SIZE = 160 };

struct forward {
    struct settings *to; /* owned, as all below */
    struct side from;
    struct group *group;
    struct producer *producer;
    struct outbox outbox;
    int64_t *counts; /* of the pass under way; borrowed */
};

bool forward_has(enum topic topic)
{
    return (topic_info(topic)->input && topic != TOPIC_CLOCK) || topic == TOPIC_LINE_OUTCOME;
}

static bool reads(const struct role *role, enum topic topic)
{
    for (uint32_t i = 0; i < role->input_count; i++) {
        if (role->inputs[i] == topic) {
            return true;
        }
    }
    return false;
}

/* ---- where it begins ------------------------------------------------------------------------- */

static enum status lower_by(struct group *group, enum topic topic, int32_t count,
                            struct commit_point *points, int64_t *begins, struct error *error)
{
    enum status status = group_committed(group, topic, count, points, error);
    for (int32_t i = 0; i < count && status == OK; i++) {
        begins[i] = points[i].offset < begins[i] ? points[i].offset : begins[i];
    }
    return status;
}

static enum status note_topic(struct group *group, struct side *from, enum topic topic,
                              struct commit_point *points, int64_t *begins, struct error *error)
{
    int32_t count = from->partition_count;
    enum status status = OK;
    for (int32_t i = 0; i < count; i++) {
        begins[i] = INT64_MAX;
    }
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        if (reads(move_roles[role], topic)) {
            status = lower_by(from->groups[role], topic, count, points, begins, error);
        }
    }
    for (int32_t i = 0; i < count && status == OK; i++) {
        int64_t end;
        if (begins[i] < 0) { /* one of them has read nothing of it */
            status = reader_ends(from->watermarks, topic, i, &begins[i], &end, error);
        }
        if (status == OK) {
            status = group_note(group, topic, i, begins[i], "", error);
        }
    }
    return status;
}

enum status forward_note_begin(struct group *group, struct side *from, struct error *error)
{
    size_t count = (size_t)from->partition_count;
    struct commit_point *points = calloc(count, sizeof *points);
    int64_t *begins = calloc(count, sizeof *begins);
    enum status status = OK;
    if (!points || !begins) {
        free(points);
        free(begins);
        return error_set(error, FATAL, "out of memory");
    }
    for (enum topic topic = 0; topic < TOPIC_COUNT && status == OK; topic++) {
        if (forward_has(topic) && topic != TOPIC_SUBSTITUTE) {
            status = note_topic(group, from, topic, points, begins, error);
        }
    }
    free(points);
    free(begins);
    return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Where the word in the old groups says that everything went. */
static enum status open_target(struct forward *forward, const struct settings *from,
                               struct error *error)
{
    struct commit_point point;
    char prefix[MOVED_PREFIX_SIZE];
    const char *before;
    char id[ID_SIZE];
    enum status status =
        group_committed(forward->from.groups[MOVE_CASEWORKER], TOPIC_SHORTAGE, 1, &point, error);
    if (status != OK) {
        return status;
    }
    if (!moved_to_read(point.metadata, prefix, &before)) {
        return error_set(
            error, POISON,
            "what has the prefix '%s' was not moved anywhere: `shortfall topics rekey` "
            "comes first",
            settings_text(from, "topic.prefix"));
    }
    (void)snprintf(id, sizeof id, "%sshortfall-forward", settings_text(from, "topic.prefix"));
    status = settings_copy_with(from, "topic.prefix", prefix, &forward->to, error);
    return status == OK ? producer_new(forward->to, id, &forward->producer, error) : status;
}

enum status forward_new(const struct settings *from, struct codec *codec,
                        struct forward **ret_forward, struct error *error)
{
    struct forward *forward = calloc(1, sizeof *forward);
    if (!forward) {
        return error_set(error, FATAL, "out of memory");
    }
    enum status status = side_open(&forward->from, from, error);
    if (status == OK) {
        status = group_new(from, FORWARD_GROUP, &forward->group, error);
    }
    if (status == OK) {
        status = outbox_init(&forward->outbox, codec, "shortfall/operator", OUTBOX_LIMIT, error);
    }
    if (status == OK) {
        status = open_target(forward, from, error);
    }
    if (status != OK) {
        forward_free(forward);
        return status;
    }
    *ret_forward = forward;
    return OK;
}

void forward_free(struct forward *forward)
{
    if (!forward) {
        return;
    }
    producer_free(forward->producer);
    outbox_done(&forward->outbox);
    group_free(forward->group);
    side_done(&forward->from);
    settings_free(forward->to);
    free(forward);
}

const char *forward_prefix(const struct forward *forward)
{
    return settings_text(forward->to, "topic.prefix");
}

/* ---- a pass ---------------------------------------------------------------------------------- */

static enum status write_up_to(struct forward *forward, enum topic topic, int32_t partition,
                               int64_t offset, struct error *error)
{
    uint32_t count = forward->outbox.count;
    enum status status = group_note(forward->group, topic, partition, offset, "", error);
    if (status == OK) {
        const struct producer_offsets offsets = group_noted(forward->group);
        status = move_transact(forward->producer, &forward->outbox, &offsets, 1, error);
    }
    if (status == OK) {
        forward->counts[topic] += count;
    }
    return status;
}

static enum status carry(void *context, const struct message *message, struct error *error)
{
    struct forward *forward = context;
    enum status status = move_carry(&forward->outbox, message, error);
    if (status == OK && move_is_large(&forward->outbox)) {
        status =
            write_up_to(forward, message->topic, message->partition, message->offset + 1, error);
    }
    return status;
}

static enum status pass_partition(struct forward *forward, enum topic topic, int32_t partition,
                                  int64_t offset, struct error *error)
{
    int64_t end;
    group_forget(forward->group);
    enum status status =
        side_read(&forward->from, topic, partition, offset, carry, forward, &end, error);
    if (status == OK && end > offset) {
        status = write_up_to(forward, topic, partition, end, error);
    }
    return status;
}

enum status forward_pass(struct forward *forward, int64_t counts[TOPIC_COUNT], struct error *error)
{
    int32_t count = forward->from.partition_count;
    struct commit_point *points = calloc((size_t)count, sizeof *points);
    enum status status = OK;
    if (!points) {
        return error_set(error, FATAL, "out of memory");
    }
    forward->counts = counts;
    for (enum topic topic = 0; topic < TOPIC_COUNT && status == OK; topic++) {
        if (!forward_has(topic)) {
            continue;
        }
        status = group_committed(forward->group, topic, count, points, error);
        for (int32_t i = 0; i < count && status == OK; i++) {
            status = points[i].offset < 0
                         ? error_set(error, POISON,
                                     "group %s has no offset of %s partition %d: was "
                                     "it deleted? Set it to where the move began",
                                     group_id(forward->group), topic_info(topic)->name, i)
                         : pass_partition(forward, topic, i, points[i].offset, error);
        }
    }
    free(points);
    return status;
}
