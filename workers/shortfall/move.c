#include "shortfall/move.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocator/allocator.h"
#include "allocator/emitted.h"
#include "caseworker/case_state.h"
#include "caseworker/caseworker.h"
#include "kit/clock.h"
#include "kit/headers.h"
#include "kit/moved.h"
#include "kit/topic_plan.h"
#include "sequencer/sequencer.h"
#include "shortfall/forward.h"
#include "shortfall/letter.h"

enum {
    WAIT_MS = 50,
    STALLED_MS = 60000, /* nothing comes for so long: a transaction is open */
    OUTBOX_LIMIT = 256 << 20,
    WRITE_BYTES = 4 << 20, /* of one transaction, about */
    WRITE_RECORDS = 5000,
    WRITE_AGAIN_MS = 200,
    WRITE_PATIENCE_MS = 60000,
    ID_SIZE = 160,
};

const struct role *const move_roles[MOVE_ROLES] = {
    [MOVE_SEQUENCER] = &sequencer_role,
    [MOVE_ALLOCATOR] = &allocator_role,
    [MOVE_CASEWORKER] = &caseworker_role,
};

/* ---- the two sides --------------------------------------------------------------------------- */

enum status side_open(struct side *side, const struct settings *settings, struct error *error)
{
    side->settings = settings;
    enum status status = reader_new(settings, true, &side->records, error);
    if (status == OK) {
        status = reader_new(settings, false, &side->watermarks, error);
    }
    for (int i = 0; i < MOVE_ROLES && status == OK; i++) {
        status = group_new(settings, move_roles[i]->group, &side->groups[i], error);
    }
    if (status == OK) {
        status =
            reader_partition_count(side->records, TOPIC_SHORTAGE, &side->partition_count, error);
    }
    if (status == OK) {
        status = reader_partition_count(side->records, TOPIC_SKU_EVENT, &side->sku_partition_count,
                                        error);
    }
    return status;
}

void side_done(struct side *side)
{
    reader_free(side->records);
    reader_free(side->watermarks);
    for (int i = 0; i < MOVE_ROLES; i++) {
        group_free(side->groups[i]);
    }
}

int32_t side_partitions(const struct side *side, enum topic topic)
{
    return topic_is_by_sku(topic) ? side->sku_partition_count : side->partition_count;
}

static enum status read_up_to(struct side *side, enum topic topic, int32_t partition, int64_t end,
                              side_each *each, void *context, struct error *error)
{
    int64_t stalled_ms = clock_monotonic_ms() + STALLED_MS;
    enum status status = OK;
    while (status == OK && reader_position(side->records, topic, partition) < end) {
        struct message message;
        status = reader_next(side->records, WAIT_MS, &message, error);
        if (status == OK && message.topic != TOPIC_NONE) {
            stalled_ms = clock_monotonic_ms() + STALLED_MS;
            status = message.offset < end ? each(context, &message, error) : OK;
        } else if (status == OK && clock_monotonic_ms() > stalled_ms) {
            status =
                error_set(error, RETRY,
                          "%s%s partition %d can't be read beyond offset %lld: a transaction "
                          "is open there",
                          settings_text(side->settings, "topic.prefix"), topic_info(topic)->name,
                          partition, (long long)reader_position(side->records, topic, partition));
        }
    }
    return status;
}

enum status side_read(struct side *side, enum topic topic, int32_t partition, int64_t offset,
                      side_each *each, void *context, int64_t *ret_end, struct error *error)
{
    int64_t first;
    int64_t end;
    enum status status = reader_ends(side->watermarks, topic, partition, &first, &end, error);
    if (status != OK) {
        return status;
    }
    if (ret_end) {
        *ret_end = end;
    }
    if (first == end || offset >= end) {
        return OK;
    }
    status = reader_start(side->records, topic, partition, offset, error);
    if (status == OK) {
        status = read_up_to(side, topic, partition, end, each, context, error);
        reader_stop(side->records, topic, partition);
    }
    return status;
}

enum status move_visit_commits(struct move *move, struct side *side, int role, enum topic topic,
                               move_each_commit *each, struct error *error)
{
    int32_t count = side_partitions(side, topic);
    struct commit_point *points = calloc((size_t)count, sizeof *points);
    if (!points) {
        return error_set(error, FATAL, "out of memory");
    }
    enum status status = group_committed(side->groups[role], topic, count, points, error);
    for (int32_t i = 0; i < count && status == OK; i++) {
        status = each(move, side, role, topic, i, &points[i], error);
    }
    free(points);
    return status;
}

/* ---- life ------------------------------------------------------------------------------------ */

enum status move_open(struct move *move, struct call *call, const struct settings *to,
                      struct error *error)
{
    move->call = call;
    enum status status = side_open(&move->from, call->settings, error);
    if (status == OK) {
        status = side_open(&move->to, to, error);
    }
    if (status == OK) {
        status = group_new(call->settings, FORWARD_GROUP, &move->forward, error);
    }
    if (status == OK) {
        status = outbox_init(&move->outbox, call->codec, "shortfall/operator", OUTBOX_LIMIT, error);
    }
    if (status == OK) {
        char id[ID_SIZE];
        (void)snprintf(id, sizeof id, "%sshortfall-rekey", settings_text(to, "topic.prefix"));
        status = producer_new(to, id, &move->producer, error);
    }
    return status;
}

void move_done(struct move *move)
{
    for (int32_t i = 0; move->cases && i < move->to.partition_count; i++) {
        case_state_free(move->cases[i]);
    }
    free(move->cases);
    producer_free(move->producer);
    outbox_done(&move->outbox);
    group_free(move->forward);
    side_done(&move->from);
    side_done(&move->to);
}

/* ---- writing --------------------------------------------------------------------------------- */

enum status move_carry(struct outbox *outbox, const struct message *message, struct error *error)
{
    struct outgoing *item;
    const char *name;
    struct text value;
    enum status status =
        outbox_add_bytes(outbox, message->topic, -1, message->key, message->value, &item, error);
    if (status != OK) {
        return status;
    }
    item->timestamp_ms = message->timestamp_ms > 0 ? message->timestamp_ms : 0;
    for (size_t i = 0; message_header(message, i, &name, &value); i++) {
        if (strcmp(name, CASEWORKER_FORWARDED_HEADER) == 0 || strcmp(name, MOVED_HEADER) == 0) {
            continue; /* where it was put before does not count among other partitions */
        }
        if (item->header_count == OUTGOING_HEADERS_MAX - 1) {
            return error_set(error, POISON, "%s, partition %d, offset %lld: more than %d headers",
                             topic_info(message->topic)->name, message->partition,
                             (long long)message->offset, OUTGOING_HEADERS_MAX - 1);
        }
        struct text name_copy = arena_text(outbox->arena, text_of(name));
        struct text value_copy = text_is_set(value) ? arena_text(outbox->arena, value) : value;
        if (!text_is_set(name_copy) || text_is_set(value) != text_is_set(value_copy)) {
            return error_set(error, FATAL, "out of memory for one record");
        }
        item->headers[item->header_count++] = (struct header){name_copy.data, value_copy};
    }
    item->headers[item->header_count++] = (struct header){MOVED_HEADER, TEXT("1")};
    return OK;
}

enum status move_transact(struct producer *producer, struct outbox *outbox,
                          const struct producer_offsets *offsets, uint32_t count,
                          struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + WRITE_PATIENCE_MS;
    enum status status;
    while ((status = producer_transact_groups(producer, offsets, count, outbox, error)) == RETRY &&
           clock_monotonic_ms() < give_up_ms) {
        (void)usleep(WRITE_AGAIN_MS * 1000);
    }
    if (status == OK) {
        outbox_clear(outbox);
    }
    return status == ABORT_TXN ? RETRY : status; /* the next call sees how far it came */
}

bool move_is_large(const struct outbox *outbox)
{
    return arena_used(outbox->arena) >= WRITE_BYTES || outbox->count >= WRITE_RECORDS;
}

static enum status note_all(struct group *group, const struct side *side, enum topic topic,
                            int64_t offset, const char *metadata, struct error *error)
{
    enum status status = OK;
    for (int32_t i = 0; i < side_partitions(side, topic) && status == OK; i++) {
        status = group_note(group, topic, i, offset, metadata, error);
    }
    return status;
}

enum status move_note_unfinished(struct move *move, struct error *error)
{
    enum status status = note_all(move->to.groups[MOVE_ALLOCATOR], &move->to, TOPIC_SKU_EVENT, 0,
                                  MOVED_UNFINISHED, error);
    return status == OK ? note_all(move->to.groups[MOVE_CASEWORKER], &move->to, TOPIC_SHORTAGE, 0,
                                   MOVED_UNFINISHED, error)
                        : status;
}

enum status move_write(struct move *move, struct error *error)
{
    if (move->outbox.count == 0) {
        return OK;
    }
    enum status status = move_note_unfinished(move, error);
    const struct producer_offsets offsets[] = {group_noted(move->to.groups[MOVE_ALLOCATOR]),
                                               group_noted(move->to.groups[MOVE_CASEWORKER])};
    return status == OK ? move_transact(move->producer, &move->outbox, offsets, 2, error) : status;
}

enum status move_write_if_large(struct move *move, struct error *error)
{
    return move_is_large(&move->outbox) ? move_write(move, error) : OK;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* What the new workers begin with. */
static enum status note_beginnings(struct move *move, struct error *error)
{
    char text[COMMIT_METADATA_SIZE];
    const struct emitted nothing = {0};
    emitted_to_text(&nothing, text);
    enum status status =
        note_all(move->to.groups[MOVE_ALLOCATOR], &move->to, TOPIC_SKU_EVENT, 0, text, error);
    for (int32_t i = 0; i < move->to.partition_count && status == OK; i++) {
        struct mark mark = move->cases[i]->cases.mark;
        mark.n = MOVE_FIRST_MARK;
        mark_to_text(&mark, text);
        status = group_note(move->to.groups[MOVE_CASEWORKER], TOPIC_SHORTAGE, i, 0, text, error);
    }
    return status;
}

/* Where a group that is left behind had come to, with the word where everything went. */
static enum status note_word(struct move *move, const struct side *side, int role, enum topic topic,
                             int32_t partition, const struct commit_point *point,
                             struct error *error)
{
    char word[COMMIT_METADATA_SIZE];
    int64_t offset = point->offset;
    int64_t end;
    moved_to_text(settings_text(move->to.settings, "topic.prefix"), point->metadata, word);
    enum status status =
        offset >= 0 ? OK : reader_ends(side->watermarks, topic, partition, &offset, &end, error);
    return status == OK ? group_note(side->groups[role], topic, partition, offset, word, error)
                        : status;
}

static enum status note_words(struct move *move, struct error *error)
{
    enum status status = OK;
    for (int role = 0; role < MOVE_ROLES; role++) {
        for (uint32_t i = 0; i < move_roles[role]->input_count && status == OK; i++) {
            status = move_visit_commits(move, &move->from, role, move_roles[role]->inputs[i],
                                        note_word, error);
        }
    }
    return status;
}

/* All of it comes to hold at once, or nothing. */
static enum status finish(struct move *move, struct error *error)
{
    struct producer_offsets offsets[MOVE_ROLES + 3];
    uint32_t count = 0;
    enum status status = note_beginnings(move, error);
    if (status == OK) {
        status = note_words(move, error);
    }
    if (status == OK) {
        status = forward_note_begin(move->forward, &move->from, error);
    }
    if (status == OK) {
        status = move_check_again(move, error);
    }
    if (status != OK) {
        return status;
    }
    offsets[count++] = group_noted(move->to.groups[MOVE_ALLOCATOR]);
    offsets[count++] = group_noted(move->to.groups[MOVE_CASEWORKER]);
    for (int role = 0; role < MOVE_ROLES; role++) {
        offsets[count++] = group_noted(move->from.groups[role]);
    }
    offsets[count++] = group_noted(move->forward);
    return move_transact(move->producer, &move->outbox, offsets, count, error);
}

enum status move_all(struct move *move, struct error *error)
{
    enum status status = move->again ? move_remove_leftovers(move, error) : OK;
    if (status == OK) {
        status = move_tables(move, error);
    }
    if (status == OK) {
        status = move_stock(move, error);
    }
    if (status == OK) {
        status = move_cases(move, error);
    }
    if (status == OK) {
        status = move_write(move, error);
    }
    return status == OK ? finish(move, error) : status;
}
