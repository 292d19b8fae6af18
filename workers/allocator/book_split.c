#include "allocator/book_split.h"

#include <stdlib.h>
#include <string.h>

#include "allocator/state.h"
#include "core/must.h"

/* What a new book is to remember; in the end in the order of log time. */
struct remembered {
    struct book_memory memory;
    uint64_t number; /* of two at one time, who came first */
};

/* One of the new books while it is being filled. */
struct target {
    struct book *book;
    int64_t next_line; /* the revision of its next line */
    struct remembered *remembered;
    size_t remembered_count;
    size_t remembered_capacity;

    /* Of the old chunk at hand: its lines here, and what became of them. */
    int64_t chunk;
    struct book_line *lines; /* BOOK_CHUNK_LINES of each */
    uint32_t line_count;
    struct book_run *runs;
    uint32_t run_count;
};

struct source {
    struct book *book;
    int64_t next_revision;
};

struct book_split {
    struct memory memory;
    book_split_place *place;
    struct target *targets;
    int32_t target_count;
    struct source *sources;
    size_t source_count;
    size_t source_capacity;
    int32_t *chunk_places; /* where each line of the old chunk at hand went */
    uint64_t numbered;     /* of what is remembered */
};

static enum status out_of_memory(struct error *error)
{
    return error_set(error, FATAL, "out of memory for the books");
}

enum status book_split_new(const struct memory *memory, int32_t book_count, book_split_place *place,
                           struct book_split **ret_split, struct error *error)
{
    struct book_split *split = calloc(1, sizeof *split);
    if (!split) {
        return out_of_memory(error);
    }
    split->memory = *memory;
    split->place = place;
    split->target_count = book_count;
    split->targets = calloc((size_t)book_count, sizeof *split->targets);
    split->chunk_places = calloc(BOOK_CHUNK_LINES, sizeof *split->chunk_places);
    bool complete = split->targets && split->chunk_places;
    for (int32_t i = 0; i < book_count && complete; i++) {
        struct target *target = &split->targets[i];
        target->book = book_new(memory);
        target->lines = calloc(BOOK_CHUNK_LINES, sizeof *target->lines);
        target->runs = calloc(BOOK_CHUNK_LINES, sizeof *target->runs);
        complete = target->book && target->lines && target->runs;
    }
    if (!complete) {
        book_split_free(split);
        return out_of_memory(error);
    }
    *ret_split = split;
    return OK;
}

void book_split_free(struct book_split *split)
{
    if (!split) {
        return;
    }
    for (int32_t i = 0; split->targets && i < split->target_count; i++) {
        book_free(split->targets[i].book);
        free(split->targets[i].lines);
        free(split->targets[i].runs);
        free(split->targets[i].remembered);
    }
    free(split->targets);
    free(split->chunk_places);
    free(split->sources);
    free(split);
}

enum status book_split_add(struct book_split *split, struct book *book, int64_t next_revision,
                           struct error *error)
{
    if (split->source_count == split->source_capacity) {
        size_t capacity = split->source_capacity ? 2 * split->source_capacity : 16;
        struct source *sources = realloc(split->sources, capacity * sizeof *sources);
        if (!sources) {
            return out_of_memory(error);
        }
        split->sources = sources;
        split->source_capacity = capacity;
    }
    split->sources[split->source_count++] = (struct source){book, next_revision};
    return OK;
}

/* ---- one entry of an old book ----------------------------------------------------------------
 */

static int32_t place_of(const struct book_split *split, struct text sku)
{
    int32_t place = split->place(sku, split->target_count);
    must(place >= 0 && place < split->target_count);
    return place;
}

static enum status load(struct target *target, const struct book_entry *entry, struct error *error)
{
    enum status status = allocator_state_load(target->book, entry, error);
    return status == OK
               ? OK
               : error_prefix(error, status, "an entry of kind %d: ", (int)entry->kind);
}

/* The lines of an old chunk, each to its place, in their order. */
static enum status split_lines(struct book_split *split, const struct book_entry *entry,
                               struct error *error)
{
    for (int32_t i = 0; i < split->target_count; i++) {
        split->targets[i].line_count = 0;
        split->targets[i].run_count = 0;
    }
    for (uint32_t i = 0; i < entry->line_count; i++) {
        split->chunk_places[i] = place_of(split, entry->lines[i].sku);
        struct target *target = &split->targets[split->chunk_places[i]];
        if (target->line_count == 0) {
            target->chunk = target->next_line;
        }
        struct book_line *line = &target->lines[target->line_count++];
        *line = entry->lines[i];
        line->revision = target->next_line++;
    }
    enum status status = OK;
    for (int32_t i = 0; i < split->target_count && status == OK; i++) {
        struct target *target = &split->targets[i];
        struct book_entry part = {
            .kind = BOOK_ENTRY_LINES,
            .number = target->chunk,
            .lines = target->lines,
            .line_count = target->line_count,
        };
        status = part.line_count ? load(target, &part, error) : OK;
    }
    return status;
}

static void add_run(struct target *target, const struct book_run *run)
{
    struct book_run *last = target->run_count ? &target->runs[target->run_count - 1] : NULL;
    if (last && last->status == run->status && last->episode == run->episode &&
        last->cause == run->cause && last->reported_at_ms == run->reported_at_ms &&
        last->reason == run->reason && last->closed_log_ms == run->closed_log_ms) {
        last->count++;
        return;
    }
    target->runs[target->run_count] = *run;
    target->runs[target->run_count++].count = 1;
}

/* What became of them: the entry that follows that of the lines. */
static enum status split_status(struct book_split *split, const struct book_entry *entry,
                                struct error *error)
{
    uint32_t line = 0;
    for (uint32_t i = 0; i < entry->run_count; i++) {
        for (int32_t n = 0; n < entry->runs[i].count; n++) {
            add_run(&split->targets[split->chunk_places[line++]], &entry->runs[i]);
        }
    }
    enum status status = OK;
    for (int32_t i = 0; i < split->target_count && status == OK; i++) {
        struct target *target = &split->targets[i];
        struct book_entry part = {
            .kind = BOOK_ENTRY_STATUS,
            .number = target->chunk,
            .runs = target->runs,
            .run_count = target->run_count,
        };
        status = part.run_count ? load(target, &part, error) : OK;
    }
    return status;
}

static enum status keep_memories(struct book_split *split, const struct book_entry *entry,
                                 struct error *error)
{
    for (uint32_t i = 0; i < entry->memory_count; i++) {
        struct target *target = &split->targets[place_of(split, entry->memories[i].sku)];
        if (target->remembered_count == target->remembered_capacity) {
            size_t capacity = target->remembered_capacity ? 2 * target->remembered_capacity : 1024;
            struct remembered *grown =
                realloc(target->remembered, capacity * sizeof *target->remembered);
            if (!grown) {
                return out_of_memory(error);
            }
            target->remembered = grown;
            target->remembered_capacity = capacity;
        }
        target->remembered[target->remembered_count++] =
            (struct remembered){entry->memories[i], split->numbered++};
    }
    return OK;
}

static enum status split_entry(struct book_split *split, const struct book_entry *entry,
                               struct error *error)
{
    must(!entry->removed);
    switch (entry->kind) {
    case BOOK_ENTRY_HEAD:
    case BOOK_ENTRY_SHIPPED:
        return load(&split->targets[place_of(split, entry->sku)], entry, error);
    case BOOK_ENTRY_LINES:
        return split_lines(split, entry, error);
    case BOOK_ENTRY_STATUS:
        return split_status(split, entry, error);
    case BOOK_ENTRY_CLOSED:
        return keep_memories(split, entry, error);
    case BOOK_ENTRY_BOOK: /* all new ones get the same */
        return OK;
    case BOOK_ENTRY_UNKNOWN:
        break;
    }
    must(!"an entry of a book has a kind");
    return FATAL;
}

/* ---- all of them ------------------------------------------------------------------------------
 */

/* The log time of a book, which it tells only in its entries. */
static enum status log_time_of(struct book *book, int64_t *ret_log_ms, struct error *error)
{
    struct book_entry entry;
    if (!book_dirty_begin(book, true)) {
        return out_of_memory(error);
    }
    while (book_dirty_next(book, &entry)) {
        if (entry.kind == BOOK_ENTRY_BOOK) {
            *ret_log_ms = entry.log_ms;
        }
    }
    return OK;
}

/* The same log time everywhere: what is older than is remembered is forgotten by the book's own
 * way, which keeps the newest paid_at of it. */
static enum status bring_to(struct source *source, int64_t log_ms, int32_t rules,
                            struct error *error)
{
    struct book_change change;
    struct sku_fact fact = {.kind = FACT_RULES, .rules = rules};
    if (book_rules(source->book) != rules) {
        return error_set(error, POISON,
                         "partitions go by different rules of allocation, %d and %d: let the "
                         "change of the rules come to all of them first",
                         book_rules(source->book), rules);
    }
    if (!book_reserve(source->book, &fact)) {
        return out_of_memory(error);
    }
    (void)book_apply(source->book, &fact, source->next_revision, log_ms);
    must(!book_next_change(source->book, &change));
    return OK;
}

static enum status split_book(struct book_split *split, struct book *book, struct error *error)
{
    struct book_entry entry;
    if (!book_dirty_begin(book, true)) {
        return out_of_memory(error);
    }
    enum status status = OK;
    while (status == OK && book_dirty_next(book, &entry)) {
        status = split_entry(split, &entry, error);
    }
    return status;
}

static int compare_remembered(const void *a, const void *b)
{
    const struct remembered *left = a;
    const struct remembered *right = b;
    if (left->memory.closed_log_ms != right->memory.closed_log_ms) {
        return left->memory.closed_log_ms < right->memory.closed_log_ms ? -1 : 1;
    }
    return left->number < right->number ? -1 : 1;
}

/* In the order of log time, cut into spans; a span's number is that of its first. */
static enum status load_remembered(struct target *target, struct error *error)
{
    static struct book_memory memories[BOOK_CHUNK_LINES];
    if (target->remembered_count) {
        qsort(target->remembered, target->remembered_count, sizeof *target->remembered,
              compare_remembered);
    }
    enum status status = OK;
    for (size_t first = 0; first < target->remembered_count && status == OK;) {
        uint32_t count = 0;
        while (count < BOOK_CHUNK_LINES && first + count < target->remembered_count) {
            memories[count] = target->remembered[first + count].memory;
            count++;
        }
        struct book_entry span = {
            .kind = BOOK_ENTRY_CLOSED,
            .number = (int64_t)first,
            .memories = memories,
            .memory_count = count,
        };
        status = load(target, &span, error);
        first += count;
    }
    return status;
}

static int64_t base_of(const struct book_split *split)
{
    int64_t base = 0;
    for (size_t i = 0; i < split->source_count; i++) {
        base = split->sources[i].next_revision > base ? split->sources[i].next_revision : base;
    }
    for (int32_t i = 0; i < split->target_count; i++) {
        const struct target *target = &split->targets[i];
        base = target->next_line > base ? target->next_line : base;
        base = (int64_t)target->remembered_count > base ? (int64_t)target->remembered_count : base;
    }
    return base;
}

static enum status finish(struct book_split *split, int64_t log_ms, int32_t rules,
                          struct error *error)
{
    struct book_entry book = {
        .kind = BOOK_ENTRY_BOOK, .number = base_of(split), .rules = rules, .log_ms = log_ms};
    enum status status = OK;
    for (int32_t i = 0; i < split->target_count && status == OK; i++) {
        struct target *target = &split->targets[i];
        status = load_remembered(target, error);
        if (status == OK) {
            status = load(target, &book, error);
        }
        if (status == OK && book_load_end(target->book) != BOOK_LOADED) {
            status = error_set(error, FATAL, "book %d: what was split does not fit together", i);
        }
    }
    return status;
}

enum status book_split_end(struct book_split *split, struct error *error)
{
    int64_t latest_ms = 0;
    int32_t rules = split->source_count ? book_rules(split->sources[0].book) : 1;
    enum status status = OK;
    for (size_t i = 0; i < split->source_count && status == OK; i++) {
        int64_t log_ms = 0;
        status = log_time_of(split->sources[i].book, &log_ms, error);
        latest_ms = log_ms > latest_ms ? log_ms : latest_ms;
    }
    for (size_t i = 0; i < split->source_count && status == OK; i++) {
        status = bring_to(&split->sources[i], latest_ms, rules, error);
        if (status == OK) {
            status = split_book(split, split->sources[i].book, error);
        }
    }
    return status == OK ? finish(split, latest_ms, rules, error) : status;
}

struct book *book_split_book(struct book_split *split, int32_t number)
{
    must(number >= 0 && number < split->target_count);
    return split->targets[number].book;
}

struct book_count book_split_count(const struct book_split *split)
{
    struct book_count sum = {0};
    for (int32_t i = 0; i < split->target_count; i++) {
        struct book_count count = book_count(split->targets[i].book);
        sum.skus += count.skus;
        sum.open_lines += count.open_lines;
        sum.short_lines += count.short_lines;
        sum.remembered += count.remembered;
    }
    return sum;
}
