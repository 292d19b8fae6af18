/* The cases: each old partition is restored as its caseworker would, against its committed mark,
 * and its cases are written where they belong. The new ones stay in memory for their marks. */
#include <stdlib.h>

#include "caseworker/case_split.h"
#include "shortfall/move.h"

enum { CASES_AT_ONCE = 500 };

struct shelf {
    struct move *move;
    struct case_store store;        /* of the old side; its changelog and states are owned */
    struct commit_point *committed; /* owned; of shortage, by old partition */
};

static enum status restore(struct shelf *shelf, int32_t partition, struct error *error)
{
    bool done = false;
    struct case_state *state = case_state_new(partition);
    shelf->store.states[partition] = state;
    enum status status = state ? OK : error_set(error, FATAL, "out of memory for the cases");
    while (status == OK && !done) {
        status = case_state_restore(&shelf->store, state, shelf->committed[partition].metadata,
                                    &done, error);
    }
    return status;
}

static enum status settle_all(struct move *move, struct case_store *store, struct error *error)
{
    enum status status = OK;
    for (int32_t i = 0; i < move->to.partition_count && status == OK; i++) {
        status = case_state_settle(store, move->cases[i], &move->outbox, error);
    }
    return status == OK ? move_write_if_large(move, error) : status;
}

static enum status move_partition(struct shelf *shelf, int32_t partition, struct error *error)
{
    struct move *move = shelf->move;
    uint32_t cursor = 0;
    uint32_t moved = 0;
    enum status status = restore(shelf, partition, error);
    do {
        if (status == OK) {
            status = case_split_move(shelf->store.states[partition], &cursor, CASES_AT_ONCE,
                                     move->cases, move->to.partition_count, &moved, error);
        }
        if (status == OK) {
            status = settle_all(move, &shelf->store, error);
            move->case_count += moved;
        }
    } while (status == OK && moved > 0);
    case_state_free(shelf->store.states[partition]);
    shelf->store.states[partition] = NULL;
    return status;
}

static enum status shelf_open(struct shelf *shelf, struct error *error)
{
    struct move *move = shelf->move;
    const struct side *from = &move->from;
    shelf->store = (struct case_store){.codec = move->call->codec,
                                       .arena = move->call->arena,
                                       .partition_count = from->partition_count};
    shelf->store.states = calloc((size_t)from->partition_count, sizeof(struct case_state *));
    shelf->committed = calloc((size_t)from->partition_count, sizeof *shelf->committed);
    move->cases = calloc((size_t)move->to.partition_count, sizeof(struct case_state *));
    bool complete = shelf->store.states && shelf->committed && move->cases;
    for (int32_t i = 0; complete && i < move->to.partition_count; i++) {
        move->cases[i] = case_state_new(i);
        complete = move->cases[i] != NULL;
    }
    if (!complete) {
        return error_set(error, FATAL, "out of memory for the cases");
    }
    enum status status = changelog_new(from->settings, TOPIC_CASE_STATE, from->partition_count,
                                       &shelf->store.records, error);
    return status == OK ? group_committed(from->groups[MOVE_CASEWORKER], TOPIC_SHORTAGE,
                                          from->partition_count, shelf->committed, error)
                        : status;
}

enum status move_cases(struct move *move, struct error *error)
{
    struct shelf shelf = {.move = move};
    enum status status = shelf_open(&shelf, error);
    for (int32_t i = 0; i < move->from.partition_count && status == OK; i++) {
        status = move_partition(&shelf, i, error);
    }
    changelog_free(shelf.store.records);
    free(shelf.store.states);
    free(shelf.committed);
    return status;
}
