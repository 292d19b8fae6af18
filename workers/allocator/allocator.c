#include "allocator/allocator.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "allocator/allocator_inner.h"
#include "allocator/order_facts.h"
#include "allocator/state.h"
#include "core/book.h"
#include "core/must.h"
#include "kit/dead_letter.h"
#include "kit/identity.h"
#include "kit/log.h"
#include "kit/metrics.h"
#include "kit/reader.h"
#include "kit/traceparent.h"

enum {
    STEP_MESSAGES_MAX = 1000,
    STEP_RECORDS_MAX = 4000, /* written in one step; a fact with more drains over several */
    UNSAVED_MAX = 64 << 20,  /* bytes of a checkpoint, about: well below what the outbox holds */
};

/* ---- memory: one limit for all partitions ---------------------------------------------------- */

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct allocator *allocator = context;
    if (new_size > old_size &&
        allocator->memory_used + (new_size - old_size) > allocator->memory_limit) {
        return NULL;
    }
    void *memory = NULL;
    if (new_size == 0) {
        free(old);
    } else {
        memory = realloc(old, new_size);
        if (!memory) {
            return NULL;
        }
    }
    allocator->memory_used += new_size;
    allocator->memory_used -= old_size;
    return memory;
}

/* ---- records ----------------------------------------------------------------------------------
 */

static enum status add_shortage(struct allocator *allocator, struct step *step,
                                struct book_change *change, struct error *error)
{
    struct shortage *shortage = &change->shortage;
    struct order_facts facts;
    enum status status = codec_decode(allocator->env->codec, &type_order_facts, change->order_facts,
                                      step->arena, &facts, error);
    if (status != OK) {
        return error_prefix(error, FATAL, "order facts of %.*s: ", (int)shortage->order_id.size,
                            shortage->order_id.data);
    }
    shortage->marketplace = facts.marketplace;
    shortage->seller_id = facts.seller_id;
    shortage->buyer_id = facts.buyer_id;
    shortage->locale = facts.locale;
    shortage->currency = facts.currency;
    shortage->paid_minor = facts.paid_minor;
    shortage->paid_at_ms = facts.paid_at_ms;
    shortage->ship_by_ms = facts.ship_by_ms;
    shortage->title = facts.title;
    shortage->channel = facts.channel;
    counter_add(allocator->shortages[shortage->kind][shortage->cause], 1);
    struct identity identity;
    char id[IDENTITY_SIZE];
    identity_begin(&identity, "shortage");
    identity_text(&identity, shortage->order_id);
    identity_number(&identity, shortage->line_no);
    identity_number(&identity, shortage->revision);
    identity_end(&identity, id);
    const struct trace trace = trace_of(facts.trace);
    status = outbox_add(step->outbox, TOPIC_SHORTAGE, -1, shortage->order_id, &type_shortage,
                        shortage, text_of(id), shortage->at_ms, error);
    return status == OK ? traceparent_add(step->outbox, &trace, text_of(id), error) : status;
}

static enum status add_listing(struct step *step, const struct listing_status *listing,
                               int64_t revision, struct error *error)
{
    struct identity identity;
    char id[IDENTITY_SIZE];
    identity_begin(&identity, "listing-status");
    identity_text(&identity, listing->sku);
    identity_number(&identity, revision);
    identity_end(&identity, id);
    return outbox_add(step->outbox, TOPIC_LISTING_STATUS, -1, listing->sku, &type_listing_status,
                      listing, text_of(id), listing->as_of_ms, error);
}

static const char *reason_of(enum book_verdict verdict)
{
    switch (verdict) {
    case BOOK_CONFLICT:
        return "CONFLICT";
    case BOOK_TOO_OLD:
        return "TOO_OLD";
    case BOOK_MALFORMED:
        return "MALFORMED";
    case BOOK_APPLIED:
    case BOOK_DUPLICATE:
    case BOOK_OUTDATED:
    case BOOK_NEW_RULES:
        break;
    }
    return NULL;
}

/* A fact among many of one message: the dead letter holds it alone, and names its source. */
static enum status add_dead_letter(struct allocator *allocator, struct step *step,
                                   const struct message *message, const struct sku_fact *fact,
                                   int64_t log_ms, const char *reason, struct error *error)
{
    char words[ERROR_SIZE];
    struct buffer buffer = {0};
    struct sku_event alone = {
        .log_ms = log_ms, .facts = (struct sku_fact *)(uintptr_t)fact, .fact_count = 1};
    (void)snprintf(words, sizeof words,
                   "from %.*s partition %d offset %lld: order %.*s line %d of sku %.*s",
                   (int)fact->source_topic.size, fact->source_topic.data, fact->source_partition,
                   (long long)fact->source_offset, (int)fact->order_id.size,
                   fact->order_id.size ? fact->order_id.data : "", fact->line_no,
                   (int)fact->sku.size, fact->sku.size ? fact->sku.data : "");
    log_event(LOG_WARN, "dead_letter", log_string("reason", reason), log_string("what", words),
              log_number("partition", message->partition), log_number("offset", message->offset));
    enum status status =
        codec_encode(allocator->env->codec, &type_sku_event, &alone, &buffer, error);
    if (status == OK) {
        struct message whole = *message;
        whole.value = (struct text){(const char *)buffer.data, (uint32_t)buffer.size};
        status = dead_letter_add(step->outbox, &whole, "allocator", reason, words, error);
    }
    buffer_done(&buffer);
    return status;
}

/* ---- one message, fact by fact ----------------------------------------------------------------
 */

static int64_t revision_of(const struct allocation *allocation, const struct message *message,
                           uint32_t fact)
{
    must(fact < (1u << ALLOCATOR_REVISION_BITS));
    return allocator_revision_from(allocation->book, message->offset) + fact;
}

/* Counts a record of the message; true where it was written before a restart. */
static bool is_silent(struct allocation *allocation, const struct message *message)
{
    bool silent = emitted_covers(&allocation->emitted, message->offset, allocation->records);
    allocation->records++;
    if (!silent) {
        allocation->emitted = (struct emitted){message->offset, allocation->records};
    }
    return silent;
}

static enum status drain_fact(struct allocator *allocator, struct allocation *allocation,
                              struct step *step, const struct message *message, bool *ret_drained,
                              struct error *error)
{
    struct book_change change;
    *ret_drained = false;
    while (step->outbox->count < allocation->outbox_limit) {
        if (!book_next_change(allocation->book, &change)) {
            *ret_drained = true;
            return OK;
        }
        if (is_silent(allocation, message)) {
            continue;
        }
        enum status status =
            change.kind == BOOK_CHANGE_SHORTAGE
                ? add_shortage(allocator, step, &change, error)
                : add_listing(step, &change.listing,
                              revision_of(allocation, message, allocation->fact), error);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status apply_fact(struct allocator *allocator, struct allocation *allocation,
                              struct step *step, const struct message *message, struct error *error)
{
    const struct sku_fact *fact = &allocation->event.facts[allocation->fact];
    book_warm(allocation->book, allocation->event.facts, allocation->event.fact_count,
              allocation->fact);
    if (!book_reserve(allocation->book, fact)) {
        return error_set(error, FATAL,
                         "memory.limit.mb is reached: raise it, or add workers so that each has "
                         "fewer partitions");
    }
    enum book_verdict verdict =
        book_apply(allocation->book, fact, revision_of(allocation, message, allocation->fact),
                   allocation->event.log_ms);
    counter_add(allocator->facts, 1);
    if (verdict == BOOK_NEW_RULES) {
        return error_set(error, FATAL,
                         "the log asks for allocation rules %d from here on, this version knows %d:"
                         " upgrade",
                         fact->rules, BOOK_RULES_NEWEST);
    }
    if (verdict == BOOK_APPLIED && fact->kind == FACT_RULES) {
        log_event(LOG_INFO, "rules", log_number("version", fact->rules),
                  log_number("partition", message->partition),
                  log_number("offset", message->offset));
    }
    const char *reason = reason_of(verdict);
    if (reason && !is_silent(allocation, message)) {
        return add_dead_letter(allocator, step, message, fact, allocation->event.log_ms, reason,
                               error);
    }
    return OK;
}

static enum status decode_message(struct allocator *allocator, struct allocation *allocation,
                                  struct step *step, const struct message *message,
                                  struct error *error)
{
    arena_reset(allocation->arena);
    allocation->fact = 0;
    allocation->records = 0;
    allocation->draining = false;
    enum status status = OK;
    if (!text_is_set(message->value)) {
        status = error_set(error, POISON, "a record without a value");
    } else {
        status = codec_decode(allocator->env->codec, &type_sku_event, message->value,
                              allocation->arena, &allocation->event, error);
    }
    if (status == OK && allocation->event.fact_count > 1u << ALLOCATOR_REVISION_BITS) {
        status = error_set(error, POISON, "%u facts in one message: a revision has room for %u",
                           allocation->event.fact_count, 1u << ALLOCATOR_REVISION_BITS);
    }
    if (status == POISON) {
        /* The sequencer writes no poison, so somebody else wrote here. */
        char words[ERROR_SIZE];
        memcpy(words, error->text, sizeof words);
        allocation->event = (struct sku_event){0};
        log_event(LOG_ERROR, "dead_letter", log_string("topic", "sku-event"),
                  log_number("partition", message->partition),
                  log_number("offset", message->offset), log_error(error));
        status =
            is_silent(allocation, message)
                ? OK
                : dead_letter_add(step->outbox, message, "allocator", "MALFORMED", words, error);
    }
    allocation->decoded = status == OK;
    return status;
}

/* *ret_done: all of its facts have been applied and drained. */
static enum status take_message(struct allocator *allocator, struct allocation *allocation,
                                struct step *step, const struct message *message, bool *ret_done,
                                struct error *error)
{
    enum status status = OK;
    *ret_done = false;
    if (!allocation->decoded) {
        status = decode_message(allocator, allocation, step, message, error);
    }
    while (status == OK && allocation->fact < allocation->event.fact_count) {
        bool drained;
        if (!allocation->draining) {
            status = apply_fact(allocator, allocation, step, message, error);
            allocation->draining = true;
        }
        if (status == OK) {
            status = drain_fact(allocator, allocation, step, message, &drained, error);
        }
        if (status != OK || !drained) {
            return status;
        }
        allocation->draining = false;
        allocation->fact++;
    }
    if (status == OK) {
        allocation->decoded = false;
        *ret_done = true;
        if (allocation->emitted.offset <= message->offset) {
            allocation->emitted = (struct emitted){message->offset + 1, 0};
        }
    }
    return status;
}

int64_t allocator_revision_from(const struct book *book, int64_t offset)
{
    return book_base(book) + (offset << ALLOCATOR_REVISION_BITS);
}

/* ---- the role ---------------------------------------------------------------------------------
 */

static enum status step(void *role, void *opaque, struct step *step, struct error *error)
{
    struct allocator *allocator = role;
    struct allocation *allocation = opaque;
    bool done = true;
    allocation->outbox_limit = step->outbox->count + STEP_RECORDS_MAX;
    for (uint32_t i = 0; i < step->message_count && i < STEP_MESSAGES_MAX && done; i++) {
        enum status status =
            take_message(allocator, allocation, step, &step->messages[i], &done, error);
        if (status != OK) {
            return status;
        }
        step->ret_consumed += done;
    }
    step->ret_more = step->ret_consumed < step->message_count || allocation->decoded;
    return OK;
}

static enum status checkpoint(void *role, void *opaque, int64_t position, struct outbox *outbox,
                              struct error *error)
{
    (void)role;
    struct allocation *allocation = opaque;
    struct book_entry entry;
    if (!book_dirty_begin(allocation->book, false)) {
        return error_set(error, FATAL, "memory.limit.mb is reached");
    }
    enum status status = OK;
    while (status == OK && book_dirty_next(allocation->book, &entry)) {
        entry.place = entry.kind == BOOK_ENTRY_BOOK ? position : -1;
        status = allocator_state_add(outbox, allocation->partition, &entry, error);
    }
    return status;
}

static bool wants_checkpoint(const void *role)
{
    const struct allocator *allocator = role;
    size_t unsaved = 0;
    for (int32_t p = 0; p < allocator->env->partition_count; p++) {
        const struct allocation *allocation = allocator->allocations[p];
        unsaved += allocation ? book_unsaved(allocation->book) : 0;
    }
    return unsaved > UNSAVED_MAX;
}

static void commit_point(void *role, void *opaque, enum topic topic, bool is_checkpoint,
                         struct commit_point *point)
{
    (void)role, (void)topic;
    struct allocation *allocation = opaque;
    _Static_assert((int)EMITTED_TEXT_SIZE <= (int)COMMIT_METADATA_SIZE, "the mark fits");
    if (is_checkpoint) {
        allocation->checkpoint_next = point->offset;
    } else {
        point->offset = allocation->checkpoint_offset;
    }
    emitted_to_text(&allocation->emitted, point->metadata);
}

static void committed(void *role, void *opaque, bool is_checkpoint)
{
    (void)role;
    struct allocation *allocation = opaque;
    if (is_checkpoint) {
        allocation->checkpoint_offset = allocation->checkpoint_next;
        book_checkpointed(allocation->book);
    }
}

static void drop(void *role, void *opaque)
{
    struct allocator *allocator = role;
    struct allocation *allocation = opaque;
    changelog_stop(allocator->changelog, allocation->partition);
    allocator->allocations[allocation->partition] = NULL;
    gauge_hide(allocator->open_lines[allocation->partition]);
    gauge_hide(allocator->short_lines[allocation->partition]);
    book_free(allocation->book);
    arena_free(allocation->arena);
    free(allocation);
}

static void tend(void *role, void *opaque, int32_t partition)
{
    struct allocator *allocator = role;
    const struct allocation *allocation = opaque;
    struct book_count count = book_count(allocation->book);
    gauge_set(allocator->open_lines[partition], (double)count.open_lines);
    gauge_set(allocator->short_lines[partition], (double)count.short_lines);
    gauge_set(allocator->memory_bytes, (double)allocator->memory_used);
}

static void register_metrics(struct allocator *allocator)
{
    allocator->facts = metric_counter("shortfall_facts_total", "Facts applied to a book.", NULL);
    for (unsigned kind = SHORTAGE_UNFILLABLE; kind <= SHORTAGE_CLOSED; kind++) {
        for (unsigned cause = CAUSE_OVERSOLD; cause <= CAUSE_REPORTED; cause++) {
            allocator->shortages[kind][cause] = metric_counter(
                "shortfall_shortages_total", "Shortage events by kind and cause.",
                METRIC_LABELS({"kind", record_type_symbol(&type_shortage, "kind", kind)},
                              {"cause", record_type_symbol(&type_shortage, "cause", cause)}));
        }
    }
    allocator->memory_bytes =
        metric_gauge("shortfall_state_bytes", "Memory of the state, about.", NULL);
    for (int32_t p = 0; p < allocator->env->output_partition_count; p++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", p);
        allocator->open_lines[p] = metric_gauge("shortfall_open_lines", "Paid lines not closed.",
                                                METRIC_LABELS({"partition", number}));
        allocator->short_lines[p] =
            metric_gauge("shortfall_short_lines", "Paid lines that can't be filled now.",
                         METRIC_LABELS({"partition", number}));
    }
}

static enum status start(const struct role_env *env, void **ret_role, struct error *error)
{
    struct allocator *allocator = calloc(1, sizeof *allocator);
    if (!allocator) {
        return error_set(error, FATAL, "out of memory");
    }
    *ret_role = allocator;
    size_t partitions = (size_t)env->partition_count;
    allocator->env = env;
    allocator->memory = (struct memory){allocator, resize};
    allocator->memory_limit = (size_t)settings_number(env->settings, "memory.limit.mb") << 20;
    allocator->arena = arena_new(MESSAGE_ARENA_LIMIT);
    allocator->allocations = calloc(partitions, sizeof *allocator->allocations);
    allocator->open_lines = calloc(partitions, sizeof *allocator->open_lines);
    allocator->short_lines = calloc(partitions, sizeof *allocator->short_lines);
    if (!allocator->arena || !allocator->allocations || !allocator->open_lines ||
        !allocator->short_lines) {
        return error_set(error, FATAL, "out of memory");
    }
    register_metrics(allocator);
    enum status status = changelog_new(env->settings, TOPIC_ALLOCATOR_STATE, env->partition_count,
                                       &allocator->changelog, error);
    return status == OK ? reader_new(env->settings, false, &allocator->log, error) : status;
}

static void stop(void *role)
{
    struct allocator *allocator = role;
    changelog_free(allocator->changelog);
    reader_free(allocator->log);
    arena_free(allocator->arena);
    free(allocator->allocations);
    free(allocator->open_lines);
    free(allocator->short_lines);
    free(allocator);
}

const struct role allocator_role = {
    .name = "allocator",
    .group = "shortfall-allocator",
    .scope = SETTINGS_ALLOCATOR,
    .inputs = {TOPIC_SKU_EVENT},
    .input_count = 1,
    .outputs = {TOPIC_SHORTAGE, TOPIC_LISTING_STATUS, TOPIC_ALLOCATOR_STATE},
    .output_count = 3,
    .kept = TOPIC_ALLOCATOR_STATE,
    .transactional = true,
    .rules_newest = BOOK_RULES_NEWEST,
    .clock_topic = TOPIC_NONE,
    .start = start,
    .stop = stop,
    .restore = allocation_restore,
    .step = step,
    .checkpoint = checkpoint,
    .wants_checkpoint = wants_checkpoint,
    .commit_point = commit_point,
    .committed = committed,
    .drop = drop,
    .tend = tend,
};
