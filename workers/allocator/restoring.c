#include <stdlib.h>

#include "allocator/allocator_inner.h"
#include "allocator/order_facts.h"
#include "allocator/state.h"
#include "kit/clock.h"
#include "kit/log.h"

/* A state that was not all there is read again after so long. */
enum { READ_AGAIN_MS = 500 };

static enum status load(void *context, const struct message *message, struct error *error)
{
    struct allocator *allocator = context;
    struct allocation *allocation = allocator->allocations[message->partition];
    struct book_entry entry;
    if (!allocation || !allocation->reading) {
        return OK;
    }
    arena_reset(allocator->arena);
    enum status status =
        allocator_state_read(allocator->env->codec, message, allocator->arena, &entry, error);
    if (status != OK) {
        return FATAL;
    }
    if (entry.kind == BOOK_ENTRY_BOOK) {
        allocation->place.said = entry.place;
    }
    return allocator_state_load(allocation->book, &entry, error);
}

static enum status restore_begin(struct allocator *allocator, struct allocation *allocation,
                                 const struct commit_point *committed, struct error *error)
{
    int64_t end;
    enum status status;
    struct place *place = &allocation->place;
    *place = (struct place){.partition = allocation->partition, .said = PLACE_OF_NOTHING};
    place->marked = emitted_from_text(committed->metadata, &allocation->emitted);
    status = reader_ends(allocator->log, TOPIC_SKU_EVENT, allocation->partition, &place->first,
                         &end, error);
    /* Where nothing is committed a concrete offset all the same, or nothing would be fenced. */
    place->offset = committed->offset < 0 ? place->first : committed->offset;
    allocation->checkpoint_offset = place->offset;
    if (status == OK) {
        status = changelog_begin(allocator->changelog, allocation->partition, error);
    }
    allocation->reading = status == OK;
    return status;
}

static enum status book_begin(struct allocator *allocator, struct allocation *allocation,
                              struct error *error)
{
    book_free(allocation->book);
    allocation->book = book_new(&allocator->memory);
    if (!allocation->book) {
        return error_set(error, FATAL, "out of memory");
    }
    book_set_same_facts(allocation->book, order_facts_same, allocator->env->codec);
    return OK;
}

/* NULL with an error: no memory. What there is of it is the allocator's. */
static struct allocation *allocation_new(struct allocator *allocator, int32_t partition,
                                         struct error *error)
{
    struct allocation *allocation = calloc(1, sizeof *allocation);
    if (!allocation) {
        (void)error_set(error, FATAL, "out of memory");
        return NULL;
    }
    allocation->partition = partition;
    allocator->allocations[partition] = allocation;
    allocation->arena = arena_new(MESSAGE_ARENA_LIMIT);
    if (!allocation->arena) {
        (void)error_set(error, FATAL, "out of memory");
    }
    return allocation;
}

static enum status read_again(struct allocator *allocator, struct allocation *allocation,
                              struct error *error)
{
    allocation->again_ms = clock_monotonic_ms() + READ_AGAIN_MS;
    enum status status = book_begin(allocator, allocation, error);
    return status != OK
               ? status
               : error_set(error, RETRY,
                           "allocator-state ends at place %lld, what is committed is %lld: its "
                           "leader does not know all of it (yet), or records of it are lost",
                           (long long)allocation->place.said, (long long)allocation->place.offset);
}

/* The state has been read: is it that of the committed offset? */
static enum status check_place(struct allocation *allocation, struct error *error)
{
    struct place *place = &allocation->place;
    int64_t newest = book_revision(allocation->book);
    place->revision = newest < 0 ? newest : newest - book_base(allocation->book);
    enum status status = place_check(place, error);
    if (status == OK && !place->marked && place->offset > place->first) {
        log_event(LOG_WARN, "offset_set_by_hand", log_string("topic", "sku-event"),
                  log_number("partition", place->partition), log_number("offset", place->offset));
    }
    return status;
}

enum status allocation_restore(void *role, int32_t partition, const struct commit_point *committed,
                               void **state, bool *ret_done, struct error *error)
{
    struct allocator *allocator = role;
    enum status status = OK;
    if (!*state) {
        struct allocation *made = allocation_new(allocator, partition, error);
        *state = made;
        status = made && made->arena ? book_begin(allocator, made, error) : FATAL;
    }
    struct allocation *allocation = *state;
    if (status != OK || clock_monotonic_ms() < allocation->again_ms) {
        return status;
    }
    if (!allocation->reading) {
        return restore_begin(allocator, allocation, &committed[0], error);
    }
    status = changelog_read(allocator->changelog, partition, load, allocator, ret_done, error);
    if (status == OK && *ret_done) {
        allocation->reading = false;
        if (place_is_incomplete(&allocation->place)) {
            *ret_done = false;
            return read_again(allocator, allocation, error);
        }
        status = allocator_state_load_end(allocation->book, error);
        if (status == OK) {
            status = check_place(allocation, error);
        }
        if (status != OK) {
            return status;
        }
        struct book_count count = book_count(allocation->book);
        log_event(LOG_INFO, "restored", log_number("partition", partition),
                  log_number("skus", (int64_t)count.skus),
                  log_number("open_lines", (int64_t)count.open_lines),
                  log_number("rules", book_rules(allocation->book)),
                  log_number("offset", allocation->checkpoint_offset),
                  log_number("emitted", allocation->emitted.offset));
    }
    return status;
}
