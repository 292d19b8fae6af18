/* The way back from a move, as long as nobody has worked on the new topics: the old groups get
 * back their marks, and the new ones get the one that keeps workers away, both at once. */
#include <string.h>

#include "allocator/emitted.h"
#include "caseworker/cases.h"
#include "kit/moved.h"
#include "shortfall/move.h"

static enum status check_word(struct move *move, const struct side *side, int role,
                              enum topic topic, int32_t partition, const struct commit_point *point,
                              struct error *error)
{
    char to[MOVED_PREFIX_SIZE];
    const char *before;
    const char *prefix = settings_text(move->to.settings, "topic.prefix");
    if (moved_to_read(point->metadata, to, &before) && strcmp(to, prefix) == 0) {
        return OK;
    }
    return error_set(error, POISON,
                     "group %s was not moved to the prefix '%s' (%s partition %d): there is no way "
                     "back",
                     group_id(side->groups[role]), prefix, topic_info(topic)->name, partition);
}

/* Has the group committed what the move did, and nothing since? */
static bool is_untouched(int role, const struct commit_point *point)
{
    struct emitted emitted;
    struct mark mark;
    switch (role) {
    case MOVE_ALLOCATOR:
        return point->offset == 0 && emitted_from_text(point->metadata, &emitted) &&
               emitted.offset == 0 && emitted.count == 0;
    case MOVE_CASEWORKER:
        return point->offset == 0 && mark_from_text(text_of(point->metadata), &mark) &&
               mark.n == MOVE_FIRST_MARK;
    default:
        return point->offset < 0;
    }
}

static enum status check_untouched(struct move *move, const struct side *side, int role,
                                   enum topic topic, int32_t partition,
                                   const struct commit_point *point, struct error *error)
{
    (void)move;
    return is_untouched(role, point)
               ? OK
               : error_set(error, POISON,
                           "group %s has worked on %s partition %d since the move: there is no way "
                           "back, but another move, to another prefix",
                           group_id(side->groups[role]), topic_info(topic)->name, partition);
}

static enum status restore_mark(struct move *move, const struct side *side, int role,
                                enum topic topic, int32_t partition,
                                const struct commit_point *point, struct error *error)
{
    char to[MOVED_PREFIX_SIZE];
    const char *before = "";
    enum status status = check_word(move, side, role, topic, partition, point, error);
    (void)moved_to_read(point->metadata, to, &before); /* as has been checked */
    return status == OK
               ? group_note(side->groups[role], topic, partition, point->offset, before, error)
               : status;
}

static enum status check_all_untouched(struct move *move, struct error *error)
{
    enum status status = OK;
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = move_visit_commits(move, &move->to, role, move_roles[role]->inputs[0],
                                    check_untouched, error);
    }
    return status;
}

/* A worker that still runs may begin to work while we look: looked at again when all are gone. */
static enum status check_back(struct move *move, struct error *error)
{
    enum status status = OK;
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = move_visit_commits(move, &move->from, role, move_roles[role]->inputs[0],
                                    check_word, error);
    }
    if (status == OK) {
        status = check_all_untouched(move, error);
    }
    for (int role = 0; role < MOVE_ROLES && status == OK; role++) {
        status = group_await_empty(move->to.groups[role], MOVE_MEMBERS_PATIENCE_MS, error);
    }
    return status == OK ? check_all_untouched(move, error) : status;
}

enum status move_back(struct move *move, struct error *error)
{
    struct producer_offsets offsets[MOVE_ROLES + 2];
    uint32_t count = 0;
    enum status status = check_back(move, error);
    for (int role = 0; role < MOVE_ROLES; role++) {
        for (uint32_t i = 0; i < move_roles[role]->input_count && status == OK; i++) {
            status = move_visit_commits(move, &move->from, role, move_roles[role]->inputs[i],
                                        restore_mark, error);
        }
        offsets[count++] = group_noted(move->from.groups[role]);
    }
    if (status == OK) {
        status = move_note_unfinished(move, error);
    }
    offsets[count++] = group_noted(move->to.groups[MOVE_ALLOCATOR]);
    offsets[count++] = group_noted(move->to.groups[MOVE_CASEWORKER]);
    return status == OK ? move_transact(move->producer, &move->outbox, offsets, count, error)
                        : status;
}
