/* What must be so before anything moves. */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "kit/headers.h"
#include "kit/moved.h"
#include "kit/topic_admin.h"
#include "shortfall/letter.h"
#include "shortfall/move.h"

/* ---- topics ---------------------------------------------------------------------------------- */

struct first_difference {
    enum topic topic;
    char words[ERROR_SIZE];
};

static void keep_first(void *context, enum topic topic, const char *words)
{
    struct first_difference *first = context;
    if (!first->words[0]) {
        first->topic = topic;
        (void)snprintf(first->words, sizeof first->words, "%s", words);
    }
}

static enum status check_topics(const struct side *side, struct error *error)
{
    struct topic_admin *admin;
    struct topic_found found[TOPIC_COUNT];
    struct first_difference first = {0};
    enum status status = topic_admin_new(side->settings, &admin, error);
    if (status != OK) {
        return status;
    }
    status = topic_admin_look(admin, found, error);
    topic_admin_free(admin);
    if (status != OK) {
        return status;
    }
    const struct topic_wish any = {.replication_factor = -1};
    if (topic_compare(found, any, keep_first, &first) > 0) {
        const char *prefix = settings_text(side->settings, "topic.prefix");
        return error_set(
            error, POISON,
            "%s%s %s (`shortfall topics check --topic.prefix '%s'` says all, `shortfall "
            "topics create` makes what is missing)",
            prefix, topic_info(first.topic)->name, first.words, prefix);
    }
    return OK;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static enum status check_not_moved(struct move *move, const struct side *side, int role,
                                   enum topic topic, int32_t partition,
                                   const struct commit_point *point, struct error *error)
{
    char to[MOVED_PREFIX_SIZE];
    const char *before;
    (void)move, (void)side, (void)role, (void)topic, (void)partition;
    if (moved_to_read(point->metadata, to, &before)) {
        return error_set(
            error, POISON,
            "all of it was moved to the topics with the prefix '%s' already; `shortfall "
            "topics forward` carries over what still comes to the old inputs",
            to);
    }
    return moved_check(point->metadata, error);
}

static enum status check_new_group(struct move *move, const struct side *side, int role,
                                   enum topic topic, int32_t partition,
                                   const struct commit_point *point, struct error *error)
{
    if (strcmp(point->metadata, MOVED_UNFINISHED) == 0) {
        move->again = true;
        return OK;
    }
    if (point->offset < 0) {
        return OK;
    }
    return error_set(error, POISON,
                     "group %s has read %s partition %d to offset %lld: its %ss have run already. "
                     "Move into topics that nobody has worked with: delete these and create them "
                     "anew, or take another prefix",
                     group_id(side->groups[role]), topic_info(topic)->name, partition,
                     (long long)point->offset, move_roles[role]->name);
}

static enum status check_groups(struct move *move, struct error *error)
{
    enum status status = OK;
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = move_visit_commits(move, &move->from, role, move_roles[role]->inputs[0],
                                    check_not_moved, error);
    }
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = move_visit_commits(move, &move->to, role, move_roles[role]->inputs[0],
                                    check_new_group, error);
    }
    return status;
}

/* ---- read to the end ------------------------------------------------------------------------- */

static enum status note_unread(void *context, const struct message *message, struct error *error)
{
    int64_t *unread = context;
    *unread = message->offset;
    return error_set(error, POISON, "unread");
}

/* Behind what is committed there may be nothing but the markers of transactions. */
static enum status check_read(struct move *move, const struct side *side, int role,
                              enum topic topic, int32_t partition, const struct commit_point *point,
                              struct error *error)
{
    int64_t unread = -1;
    int64_t from = point->offset >= 0 ? point->offset : RD_KAFKA_OFFSET_BEGINNING;
    enum status status =
        side_read(&move->from, topic, partition, from, note_unread, &unread, NULL, error);
    if (unread < 0) {
        return status;
    }
    return error_set(error, POISON,
                     "group %s has not read %s%s partition %d from offset %lld on: start the %ss, "
                     "wait until `%s` has no lag, and stop them (SIGTERM)",
                     group_id(side->groups[role]), settings_text(side->settings, "topic.prefix"),
                     topic_info(topic)->name, partition, (long long)unread, move_roles[role]->name,
                     topic_info(topic)->name);
}

static enum status check_all_read(struct move *move, struct error *error)
{
    enum status status =
        move_visit_commits(move, &move->from, MOVE_ALLOCATOR, TOPIC_SKU_EVENT, check_read, error);
    return status == OK ? move_visit_commits(move, &move->from, MOVE_CASEWORKER, TOPIC_SHORTAGE,
                                             check_read, error)
                        : status;
}

static enum status digest_commit(struct move *move, const struct side *side, int role,
                                 enum topic topic, int32_t partition,
                                 const struct commit_point *point, struct error *error)
{
    uint64_t seed =
        hash_number(hash_number((uint64_t)topic, (uint64_t)partition), (uint64_t)point->offset);
    (void)side, (void)role, (void)error;
    move->commits += hash_text(seed, text_of(point->metadata));
    return OK;
}

/* What is moved is true for these offsets and marks. */
static enum status digest_commits(struct move *move, struct error *error)
{
    move->commits = 0;
    enum status status = move_visit_commits(move, &move->from, MOVE_ALLOCATOR, TOPIC_SKU_EVENT,
                                            digest_commit, error);
    return status == OK ? move_visit_commits(move, &move->from, MOVE_CASEWORKER, TOPIC_SHORTAGE,
                                             digest_commit, error)
                        : status;
}

static enum status check_empty(struct side *side, int64_t patience_ms, struct error *error)
{
    enum status status = OK;
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = group_await_empty(side->groups[role], patience_ms, error);
    }
    return status;
}

/* A worker that still runs may go on while we look: looked at again when all are gone. */
static enum status check_members(struct move *move, struct error *error)
{
    enum status status = check_all_read(move, error);
    if (status == OK) {
        status = check_empty(&move->from, MOVE_MEMBERS_PATIENCE_MS, error);
    }
    if (status == OK) {
        status = check_empty(&move->to, MOVE_MEMBERS_PATIENCE_MS, error);
    }
    if (status == OK) {
        status = digest_commits(move, error);
    }
    return status == OK ? check_all_read(move, error) : status;
}

enum status move_check_again(struct move *move, struct error *error)
{
    uint64_t before = move->commits;
    enum status status = check_empty(&move->from, 0, error);
    if (status == OK) {
        status = digest_commits(move, error);
    }
    if (status != OK || before == move->commits) {
        return status;
    }
    return error_set(error, POISON,
                     "an allocator or caseworker of the prefix '%s' has worked since this began: "
                     "stop it, and run this again",
                     settings_text(move->from.settings, "topic.prefix"));
}

/* ---- the new topics -------------------------------------------------------------------------- */

static enum status refuse_record(void *context, const struct message *message, struct error *error)
{
    const struct side *side = context;
    return error_set(error, POISON,
                     "%s%s partition %d has a record at offset %lld: move into topics that nobody "
                     "has written to but the shop (its inputs may have records). Delete these and "
                     "create them anew",
                     settings_text(side->settings, "topic.prefix"),
                     topic_info(message->topic)->name, message->partition,
                     (long long)message->offset);
}

/* Of a topic that a move before wrote to, or whose records have no version: none but its own. */
static enum status refuse_foreign(void *context, const struct message *message, struct error *error)
{
    const char *name;
    struct text value;
    for (size_t i = 0; message_header(message, i, &name, &value); i++) {
        if (strcmp(name, MOVED_HEADER) == 0) {
            return OK;
        }
    }
    return refuse_record(context, message, error);
}

static bool is_written_by_workers(enum topic topic)
{
    bool written = false;
    for (int role = 0; role < MOVE_ROLES; role++) {
        for (uint32_t i = 0; i < move_roles[role]->output_count; i++) {
            written = written || move_roles[role]->outputs[i] == topic;
        }
    }
    return written;
}

static enum status check_new_topic(struct move *move, enum topic topic, struct error *error)
{
    bool state = topic == TOPIC_ALLOCATOR_STATE || topic == TOPIC_CASE_STATE;
    bool table = topic == TOPIC_SUBSTITUTE || topic == TOPIC_LISTING_STATUS;
    if ((!table && !is_written_by_workers(topic)) || (state && move->again)) {
        return OK;
    }
    enum status status = OK;
    for (int32_t i = 0; i < side_partitions(&move->to, topic) && status == OK; i++) {
        status = side_read(&move->to, topic, i, RD_KAFKA_OFFSET_BEGINNING,
                           table ? refuse_foreign : refuse_record, &move->to, NULL, error);
    }
    return status;
}

enum status move_check(struct move *move, struct error *error)
{
    if (strcmp(settings_text(move->from.settings, "topic.prefix"),
               settings_text(move->to.settings, "topic.prefix")) == 0) {
        return error_set(error, POISON, "both have the prefix '%s': nothing can move in place",
                         settings_text(move->to.settings, "topic.prefix"));
    }
    enum status status = check_topics(&move->from, error);
    if (status == OK) {
        status = check_topics(&move->to, error);
    }
    if (status == OK) {
        status = check_groups(move, error);
    }
    if (status == OK) {
        status = check_members(move, error);
    }
    for (enum topic topic = 0; topic < TOPIC_COUNT && status == OK; topic++) {
        status = check_new_topic(move, topic, error);
    }
    return status;
}
