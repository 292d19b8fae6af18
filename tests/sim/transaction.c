#include "transaction.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "leaders.h"
#include "process.h"
#include "story.h"

enum {
    TRANSACTIONS_MAX = 32,
    OFFSETS_MAX = 64,
    MARKER_US_MAX = 2000,
    SLOW_MARKER_ONE_IN = 12,
    SLOW_MARKER_US_MAX = 400000,
    EPOCHS_MAX = 100000,
    LATE_STEP_US = 300,
    LATE_STEPS_MAX = 5000,
};

enum stage { EMPTY, ONGOING, ENDING };

struct transaction {
    char id[ID_SIZE];
    int epoch;
    enum stage stage;
    bool commits; /* ENDING: how */
    int64_t begun_us;
    int64_t timeout_us;
    bool touched[TOPIC_COUNT][PARTITIONS];
    struct group *group;
    struct offset_entry offsets[OFFSETS_MAX];
    int offset_count;
    int markers; /* that are still to come */
    bool hit;    /* a late request has ended what it was not for */
};

static struct transaction transactions[TRANSACTIONS_MAX];
static int transaction_count;
static struct chance chance;

void transactions_reset(struct chance drawn)
{
    transaction_count = 0;
    chance = drawn;
}

int transaction_of(const char *id, int64_t timeout_us)
{
    for (int i = 0; i < transaction_count; i++) {
        if (strcmp(transactions[i].id, id) == 0) {
            return i;
        }
    }
    must(transaction_count < TRANSACTIONS_MAX);
    struct transaction *transaction = &transactions[transaction_count];
    *transaction = (struct transaction){.timeout_us = timeout_us, .stage = EMPTY};
    (void)snprintf(transaction->id, ID_SIZE, "%s", id);
    return transaction_count++;
}

/* ---- Ending --------------------------------------------------------------------------------- */

static void finish(struct transaction *transaction)
{
    if (--transaction->markers == 0) {
        transaction->stage = EMPTY;
        memset(transaction->touched, 0, sizeof transaction->touched);
        transaction->offset_count = 0;
        transaction->group = NULL;
    }
}

static int64_t marker_delay_us(void)
{
    return chance_hits(&chance, 1, SLOW_MARKER_ONE_IN) ? chance_below(&chance, SLOW_MARKER_US_MAX)
                                                       : chance_below(&chance, MARKER_US_MAX);
}

static void mark_log(void *context, int64_t place)
{
    struct transaction *transaction = context;
    enum topic topic = (enum topic)(place / PARTITIONS);
    int32_t partition = (int32_t)(place % PARTITIONS);
    if (!coordinator_is_there(COORDINATOR_OF_TRANSACTIONS) || !leader_is_there(topic, partition)) {
        process_later(marker_delay_us(), mark_log, context, place);
        return;
    }
    struct log *log = broker_log(topic, partition);
    int number = (int)(transaction - transactions);
    for (int64_t i = log->stable; i < log->count; i++) {
        struct record *record = &log->records[i];
        if (record->fate == FATE_OPEN && record->transaction == number) {
            record->fate = transaction->commits ? FATE_COMMITTED : FATE_ABORTED;
        }
    }
    (void)log_add(log, &(struct record){.marker = true, .fate = FATE_SURE});
    finish(transaction);
}

static void mark_offsets(void *context, int64_t none)
{
    struct transaction *transaction = context;
    if (!coordinator_is_there(COORDINATOR_OF_TRANSACTIONS) ||
        !coordinator_is_there(COORDINATOR_OF_GROUPS)) {
        process_later(marker_delay_us(), mark_offsets, context, none);
        return;
    }
    for (int i = 0; i < transaction->offset_count; i++) {
        const struct offset_entry *entry = &transaction->offsets[i];
        transaction->group->committed[entry->topic][entry->partition].pending--;
        if (transaction->commits) {
            group_set(transaction->group, entry);
        }
    }
    finish(transaction);
}

static void prepare(struct transaction *transaction, bool commit)
{
    transaction->stage = ENDING;
    transaction->commits = commit;
    transaction->markers = 1; /* ours, so that it is not over at once */
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            if (transaction->touched[topic][p]) {
                transaction->markers++;
                process_later(marker_delay_us(), mark_log, transaction, topic * PARTITIONS + p);
            }
        }
    }
    if (transaction->offset_count > 0) {
        transaction->markers++;
        process_later(marker_delay_us(), mark_offsets, transaction, 0);
    }
    finish(transaction);
}

/* ---- Requests ------------------------------------------------------------------------------- */

enum refusal_kind transaction_init(int number, int *ret_epoch)
{
    struct transaction *transaction = &transactions[number];
    if (!coordinator_is_there(COORDINATOR_OF_TRANSACTIONS)) {
        return BROKER_BUSY;
    }
    if (transaction->stage == ONGOING) {
        transaction->epoch++; /* whoever has it open is fenced */
        prepare(transaction, false);
    }
    if (transaction->stage == ENDING) {
        return BROKER_BUSY;
    }
    *ret_epoch = ++transaction->epoch;
    return BROKER_OK;
}

static enum refusal_kind enter(struct transaction *transaction, int epoch)
{
    if (epoch != transaction->epoch) {
        return BROKER_FENCED;
    }
    if (transaction->stage == ENDING) {
        return BROKER_BUSY;
    }
    if (transaction->stage == EMPTY) {
        transaction->stage = ONGOING;
        transaction->begun_us = process_time_us();
    }
    return BROKER_OK;
}

enum refusal_kind transaction_append(int number, int epoch, enum topic topic, int32_t partition,
                                     const struct record *record, int64_t *ret_timestamp_ms)
{
    struct transaction *transaction = &transactions[number];
    bool known = transaction->stage == ONGOING && transaction->touched[topic][partition];
    if (!known && !coordinator_is_there(COORDINATOR_OF_TRANSACTIONS)) {
        return BROKER_BUSY; /* the partition is to be added first */
    }
    enum refusal_kind refusal = enter(transaction, epoch);
    if (refusal != BROKER_OK) {
        return refusal;
    }
    struct record open = *record;
    open.fate = FATE_OPEN;
    open.transaction = number;
    transaction->touched[topic][partition] = true;
    *ret_timestamp_ms = log_add(broker_log(topic, partition), &open)->timestamp_ms;
    return BROKER_OK;
}

static void keep_offset(struct transaction *transaction, const struct offset_entry *offset)
{
    for (int i = 0; i < transaction->offset_count; i++) {
        struct offset_entry *kept = &transaction->offsets[i];
        if (kept->topic == offset->topic && kept->partition == offset->partition) {
            *kept = *offset;
            return;
        }
    }
    must(transaction->offset_count < OFFSETS_MAX);
    transaction->offsets[transaction->offset_count++] = *offset;
    transaction->group->committed[offset->topic][offset->partition].pending++;
}

enum refusal_kind transaction_offsets(int number, int epoch, struct group *group,
                                      const char *member_id, const char *instance, int generation,
                                      const struct offset_entry *offsets, int count)
{
    struct transaction *transaction = &transactions[number];
    if (!coordinator_is_there(COORDINATOR_OF_TRANSACTIONS) ||
        !coordinator_is_there(COORDINATOR_OF_GROUPS)) {
        return BROKER_BUSY;
    }
    enum refusal_kind refusal = enter(transaction, epoch);
    if (refusal == BROKER_OK) {
        refusal = group_check(group, member_id, instance, generation);
    }
    if (refusal != BROKER_OK) {
        return refusal;
    }
    for (int i = 0; i < count && generation >= 0; i++) {
        group_expect_owner(group, instance, &offsets[i]);
    }
    transaction->group = group;
    for (int i = 0; i < count; i++) {
        keep_offset(transaction, &offsets[i]);
    }
    return BROKER_OK;
}

enum refusal_kind transaction_end(int number, int epoch, bool commit)
{
    struct transaction *transaction = &transactions[number];
    if (!coordinator_is_there(COORDINATOR_OF_TRANSACTIONS)) {
        return BROKER_BUSY;
    }
    if (epoch != transaction->epoch) {
        return BROKER_FENCED;
    }
    if (transaction->stage == ONGOING) {
        prepare(transaction, commit);
    }
    return BROKER_OK; /* ENDING or over: the answer to the first one was lost */
}

/* Late is when it does harm: it waits for the next transaction, for as long as a request may. */
static void end_late(void *context, int64_t packed)
{
    struct transaction *transaction = context;
    int epoch = (int)(packed / 2 % EPOCHS_MAX);
    int64_t waited = packed / 2 / EPOCHS_MAX;
    bool at_work =
        transaction->stage == ONGOING && process_time_us() - transaction->begun_us >= LATE_STEP_US;
    if (transaction->epoch == epoch && !at_work && waited < LATE_STEPS_MAX) {
        process_later(LATE_STEP_US, end_late, context, packed + 2 * EPOCHS_MAX);
        return;
    }
    if (transaction->epoch == epoch && transaction->stage == ONGOING) {
        story_tell("a late EndTxn ends the open transaction of %s", transaction->id);
        transaction->hit = true;
        prepare(transaction, packed % 2);
    }
}

bool transaction_was_hit(int number)
{
    bool hit = transactions[number].hit;
    transactions[number].hit = false;
    return hit;
}

void transaction_end_late(int number, int epoch, bool commit, int64_t delay_us)
{
    process_later(delay_us, end_late, &transactions[number], (int64_t)epoch * 2 + commit);
}

void transactions_time_out(void)
{
    for (int i = 0; i < transaction_count; i++) {
        struct transaction *transaction = &transactions[i];
        if (transaction->stage == ONGOING && broker_is_up() &&
            coordinator_is_there(COORDINATOR_OF_TRANSACTIONS) &&
            process_time_us() - transaction->begun_us > transaction->timeout_us) {
            story_tell("the transaction of %s timed out", transaction->id);
            transaction->epoch++;
            prepare(transaction, false);
        }
    }
}
