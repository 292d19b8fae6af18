#include "sequencer/sequencer.h"

#include <stdlib.h>

#include "core/must.h"
#include "kit/dead_letter.h"
#include "kit/log.h"
#include "kit/topics.h"
#include "sequencer/facts.h"

enum {
    PACK_FACTS_MAX = 400, /* facts in one message: well below a broker's limit on its size */
    STEP_MESSAGES_MAX = 2000,
    STEP_BYTES_MAX = 64 << 20, /* of decoded facts, or of what is written: more ends the step */
};

/* The facts of one output partition that wait to be written. */
struct pack {
    struct sku_fact *facts; /* PACK_FACTS_MAX of them; owned */
    uint32_t count;
    int64_t latest_ms;
};

struct sequencer {
    const struct role_env *env;
    struct pack *packs; /* one a partition of sku-event */
    struct facts_env facts_env;
    struct buffer scratch;
    struct facts facts; /* of the record at hand */
};

static enum status start(const struct role_env *env, void **ret_role, struct error *error)
{
    struct sequencer *sequencer = calloc(1, sizeof *sequencer);
    if (!sequencer) {
        return error_set(error, FATAL, "out of memory");
    }
    *ret_role = sequencer;
    sequencer->env = env;
    sequencer->facts_env = (struct facts_env){
        .codec = env->codec,
        .scratch = &sequencer->scratch,
        .record_clock = env->record_clock,
        .lines_max = (uint32_t)settings_number(env->settings, "order.lines.max"),
    };
    sequencer->packs = calloc((size_t)env->output_partition_count, sizeof *sequencer->packs);
    bool complete = sequencer->packs != NULL;
    for (int32_t i = 0; complete && i < env->output_partition_count; i++) {
        sequencer->packs[i].facts = calloc(PACK_FACTS_MAX, sizeof *sequencer->packs[i].facts);
        complete = sequencer->packs[i].facts != NULL;
    }
    return complete ? OK : error_set(error, FATAL, "out of memory");
}

static void stop(void *role)
{
    struct sequencer *sequencer = role;
    for (int32_t i = 0; sequencer->packs && i < sequencer->env->output_partition_count; i++) {
        free(sequencer->packs[i].facts);
    }
    free(sequencer->packs);
    buffer_done(&sequencer->scratch);
    free(sequencer);
}

/* There is no state; the loop wants a pointer that is not NULL. */
static enum status restore(void *role, int32_t partition, const struct commit_point *committed,
                           void **state, bool *ret_done, struct error *error)
{
    (void)partition, (void)committed, (void)error;
    *state = role;
    *ret_done = true;
    return OK;
}

static void drop(void *role, void *state)
{
    (void)role, (void)state;
}

static enum status pack_write(struct sequencer *sequencer, int32_t partition, int64_t now_ms,
                              struct outbox *outbox, struct error *error)
{
    struct pack *pack = &sequencer->packs[partition];
    if (pack->count == 0) {
        return OK;
    }
    struct sku_event event = {
        .log_ms = sequencer->env->record_clock ? pack->latest_ms : now_ms,
        .facts = pack->facts,
        .fact_count = pack->count,
    };
    enum status status = outbox_add(outbox, TOPIC_SKU_EVENT, partition, (struct text){0},
                                    &type_sku_event, &event, (struct text){0}, event.log_ms, error);
    pack->count = 0;
    pack->latest_ms = INT64_MIN;
    return status;
}

static enum status pack_add(struct sequencer *sequencer, const struct sku_fact *fact,
                            struct step *step, struct error *error)
{
    int32_t partition = topic_partition_of(fact->sku, sequencer->env->output_partition_count);
    struct pack *pack = &sequencer->packs[partition];
    pack->latest_ms =
        pack->count == 0 || fact->at_ms > pack->latest_ms ? fact->at_ms : pack->latest_ms;
    pack->facts[pack->count++] = *fact;
    return pack->count == PACK_FACTS_MAX
               ? pack_write(sequencer, partition, step->now_ms, step->outbox, error)
               : OK;
}

static enum status take_message(struct sequencer *sequencer, const struct message *message,
                                struct step *step, struct error *error)
{
    const char *reason;
    enum status status =
        facts_of(&sequencer->facts_env, message, step->arena, &sequencer->facts, &reason, error);
    if (status == POISON) {
        log_event(LOG_WARN, "dead_letter", log_string("topic", topic_info(message->topic)->name),
                  log_number("partition", message->partition),
                  log_number("offset", message->offset), log_string("reason", reason),
                  log_error(error));
        char words[ERROR_SIZE];
        memcpy(words, error->text, sizeof words);
        return dead_letter_add(step->outbox, message, "sequencer", reason, words, error);
    }
    if (status == RETRY) { /* its schema is away; nothing of it has been taken */
        step->ret_waits = true;
        return OK;
    }
    for (uint32_t i = 0; i < sequencer->facts.count && status == OK; i++) {
        status = pack_add(sequencer, &sequencer->facts.items[i], step, error);
    }
    return status;
}

static enum status step(void *role, void *state, struct step *step, struct error *error)
{
    (void)state;
    struct sequencer *sequencer = role;
    enum status status = OK;
    uint32_t count =
        step->message_count < STEP_MESSAGES_MAX ? step->message_count : STEP_MESSAGES_MAX;
    uint32_t taken = 0;
    while (taken < count && status == OK && !step->ret_waits &&
           arena_used(step->arena) < STEP_BYTES_MAX &&
           arena_used(step->outbox->arena) < STEP_BYTES_MAX) {
        status = take_message(sequencer, &step->messages[taken], step, error);
        taken += !step->ret_waits;
    }
    for (int32_t p = 0; p < sequencer->env->output_partition_count && status == OK; p++) {
        status = pack_write(sequencer, p, step->now_ms, step->outbox, error);
    }
    step->ret_consumed = status == OK ? taken : 0;
    step->ret_more = taken < step->message_count;
    return status;
}

const struct role sequencer_role = {
    .name = "sequencer",
    .group = "shortfall-sequencer",
    .scope = SETTINGS_SEQUENCER,
    .inputs = {TOPIC_ORDER_PAID, TOPIC_STOCK_LEVEL, TOPIC_ORDER_CLOSED, TOPIC_LINE_OUTCOME,
               TOPIC_SELLER_RESPONSE},
    .input_count = 5,
    .outputs = {TOPIC_SKU_EVENT},
    .output_count = 1,
    .any_counts = true,
    .kept = TOPIC_ALLOCATOR_STATE,
    .transactional = false,
    .clock_topic = TOPIC_NONE,
    .start = start,
    .stop = stop,
    .restore = restore,
    .step = step,
    .drop = drop,
};
