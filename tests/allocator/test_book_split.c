/* Books split to more partitions: each sku goes on as if nothing had happened, in the book where it
 * belongs and in no other. The reference is the old book itself, which is fed on. */
#include "allocator/book_split.h"

#include "../core/book_topic.h"
#include "allocator/allocator.h"
#include "kit/topics.h"

enum {
    SEEDS = 600,
    SOURCES = 3,
    TARGETS_MAX = 6,
    TOLD = 100000,
    REVISIONS = 1 << ALLOCATOR_REVISION_BITS, /* of a message: between the facts of a log */
};

/* One old partition. */
struct source {
    struct log log;
    struct heap heap;
    struct book *book;
    int next; /* fact */
};

struct world {
    struct random random;
    struct source sources[SOURCES];
    int64_t log_ms; /* grows, and is the same for all books */

    int32_t target_count;
    struct heap split_heap;
    struct book_split *split;
    struct book_topic topics[TARGETS_MAX];
    struct heap heaps[TARGETS_MAX];
    struct book *books[TARGETS_MAX]; /* as an allocator has them that restored */
    int64_t revisions[TARGETS_MAX];
};

static struct text sku_of(int source, struct text sku)
{
    static char names[SOURCES][LOG_SKUS_MAX][16];
    int letter = sku.data[sku.size - 1] - 'a';
    snprintf(names[source][letter], sizeof names[source][letter], "%d-%.*s", source, (int)sku.size,
             sku.data);
    return text_of(names[source][letter]);
}

static enum book_verdict feed(struct book *book, const struct sku_fact *fact, int64_t revision,
                              int64_t log_ms, char told[TOLD])
{
    struct book_change change;
    size_t used = 0;
    told[0] = '\0';
    assert_true(book_reserve(book, fact));
    enum book_verdict verdict = book_apply(book, fact, revision, log_ms);
    while (book_next_change(book, &change)) {
        used += (size_t)snprintf(told + used, TOLD - used, "; ");
        used += (size_t)print_change(told + used, TOLD - used, &change);
        if (change.kind == BOOK_CHANGE_SHORTAGE) {
            assert_int_equal(change.shortage.revision, revision);
        }
    }
    return verdict;
}

/* The next fact of a source; its log's time never goes back. */
static struct sku_fact *take_fact(struct world *world, struct source *source, int64_t *revision)
{
    struct record *record = &source->log.records[source->next];
    record->fact.sku = sku_of((int)(source - world->sources), record->fact.sku);
    world->log_ms = record->log_ms > world->log_ms ? record->log_ms : world->log_ms;
    *revision = (int64_t)++source->next * REVISIONS;
    return &record->fact;
}

/* A flip of the rules is in all partitions or in none, so the books' rules are equal when they are
 * moved: nobody flips here. */
static const struct log_shape *shape_of(uint64_t seed)
{
    static struct log_shape shape;
    shape = seed % 10 ? LOG_SMALL : LOG_LARGE;
    shape.flips = false;
    return &shape;
}

static void live(struct world *world, uint64_t seed)
{
    static char told[TOLD];
    world->random = random_from(seed + 5000000);
    world->log_ms = 0;
    world->target_count = 1 + (int32_t)random_below(&world->random, TARGETS_MAX);
    for (int i = 0; i < SOURCES; i++) {
        struct source *source = &world->sources[i];
        random_log(seed * SOURCES + (uint64_t)i, shape_of(seed), &source->log);
        source->book = new_book(&source->heap);
        source->next = 0;
        int until = source->log.count / 2;
        while (source->next < until) {
            int64_t revision;
            const struct sku_fact *fact = take_fact(world, source, &revision);
            feed(source->book, fact, revision, source->log.records[source->next - 1].log_ms, told);
        }
    }
}

static void split(struct world *world)
{
    struct error error;
    world->split_heap = (struct heap){.allowed = UINT64_MAX};
    struct memory memory = {&world->split_heap, heap_resize};
    assert_int_equal(
        book_split_new(&memory, world->target_count, topic_partition_of, &world->split, &error),
        OK);
    for (int i = 0; i < SOURCES; i++) {
        struct source *source = &world->sources[i];
        assert_int_equal(book_split_add(world->split, source->book,
                                        (int64_t)(source->next + 1) * REVISIONS, &error),
                         OK);
        source->next++; /* the split takes a revision of its own to bring the book's time on */
    }
    assert_int_equal(book_split_end(world->split, &error), OK);
}

/* What the split gives is written, and read back by whoever owns the partition. */
static void restore(struct world *world)
{
    for (int32_t i = 0; i < world->target_count; i++) {
        struct book_topic *topic = &world->topics[i];
        struct book_entry entry;
        topic->arena = topic->arena ? topic->arena : malloc(ARENA);
        topic->count = 0;
        topic->used = 0;
        assert_true(book_dirty_begin(book_split_book(world->split, i), true));
        while (book_dirty_next(book_split_book(world->split, i), &entry)) {
            topic_write(topic, &entry);
        }
        world->books[i] = new_book(&world->heaps[i]);
        load_compacted(world->books[i], topic, &world->random);
        assert_int_equal(book_load_end(world->books[i]), BOOK_LOADED);
        world->revisions[i] = allocator_revision_from(world->books[i], 0);
        assert_true(book_revision(world->books[i]) < world->revisions[i]);
        for (int s = 0; s < SOURCES; s++) {
            assert_true(world->revisions[i] > (int64_t)(world->sources[s].next - 1) * REVISIONS);
        }
    }
    book_split_free(world->split);
    assert_int_equal(world->split_heap.bytes, 0);
}

static void live_on(struct world *world, uint64_t seed)
{
    static char told[TOLD];
    static char told_before[TOLD];
    for (int i = 0; i < SOURCES; i++) {
        struct source *source = &world->sources[i];
        while (source->next < source->log.count) {
            int64_t revision;
            const struct sku_fact *fact = take_fact(world, source, &revision);
            int32_t place = topic_partition_of(fact->sku, world->target_count);
            enum book_verdict before =
                feed(source->book, fact, revision, world->log_ms, told_before);
            enum book_verdict after =
                feed(world->books[place], fact, world->revisions[place]++, world->log_ms, told);
            if (before != after || strcmp(told_before, told) != 0) {
                fail_msg("seed %" PRIu64 ", source %d, fact %d: verdict %d, \"%s\" instead of %d, "
                         "\"%s\"",
                         seed, i, source->next - 1, after, told, before, told_before);
            }
        }
    }
}

static void end(struct world *world)
{
    for (int i = 0; i < SOURCES; i++) {
        drop_book(world->sources[i].book, &world->sources[i].heap);
    }
    for (int32_t i = 0; i < world->target_count; i++) {
        drop_book(world->books[i], &world->heaps[i]);
    }
}

static void test_every_sku_goes_on_as_if_nothing_had_happened(void **state)
{
    (void)state;
    static struct world world;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        live(&world, seed);
        split(&world);
        restore(&world);
        live_on(&world, seed);
        end(&world);
    }
}

/* ---- Where things lie, and that they are all there --------------------------------------------
 */

/* Of everything in an entry that is of one sku: how much, and a sum of hashes, so that what moved
 * can be compared whatever its order and its chunk. */
struct inventory {
    uint64_t count;
    uint64_t digest;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 29;
}

static void note(struct inventory *inventory, struct text sku, int kind, const int64_t *numbers,
                 size_t count, struct text text)
{
    uint64_t hash = mix((uint64_t)kind + 7, sku.data, sku.size);
    hash = mix(hash, numbers, count * sizeof *numbers);
    inventory->count++;
    inventory->digest += mix(hash, text.data, text.size);
}

static void note_lines(struct inventory *inventory, const struct book_entry *lines,
                       const struct book_run *runs, uint32_t run_count)
{
    uint32_t run = 0;
    int32_t used = 0;
    for (uint32_t i = 0; i < lines->line_count; i++) {
        const struct book_line *line = &lines->lines[i];
        struct book_run status = {.status = BOOK_LINE_COVERED};
        if (run_count) {
            if (used == runs[run].count) {
                run++;
                used = 0;
            }
            used++;
            status = runs[run];
        }
        int64_t numbers[] = {line->line_no,         line->quantity, line->paid_at_ms,
                             status.status,         status.episode, status.cause,
                             status.reported_at_ms, status.reason,  status.closed_log_ms};
        note(inventory, line->sku, BOOK_ENTRY_LINES, numbers, sizeof numbers / sizeof *numbers,
             line->order_id);
    }
}

static void note_entry(struct inventory *inventory, const struct book_entry *entry)
{
    for (uint32_t i = 0; i < entry->level_count; i++) {
        const struct book_level *level = &entry->levels[i];
        int64_t numbers[] = {level->on_hand,       level->safety_stock,   level->version,
                             level->counted_at_ms, level->counted_out_ms, level->restock_count};
        note(inventory, entry->sku, 100, numbers, sizeof numbers / sizeof *numbers,
             level->warehouse_id);
    }
    for (uint32_t i = 0; i < entry->shipment_count; i++) {
        int64_t numbers[] = {entry->shipments[i].closed_at_ms, entry->shipments[i].quantity};
        note(inventory, entry->sku, BOOK_ENTRY_SHIPPED, numbers, 2, entry->warehouse_id);
    }
    for (uint32_t i = 0; i < entry->memory_count; i++) {
        const struct book_memory *memory = &entry->memories[i];
        int64_t numbers[] = {memory->fingerprint, memory->kind, memory->paid_at_ms,
                             memory->closed_log_ms};
        note(inventory, memory->sku, BOOK_ENTRY_CLOSED, numbers, 4, TEXT(""));
    }
    if (entry->kind == BOOK_ENTRY_HEAD) {
        int64_t numbers[] = {entry->listing_told,
                             entry->listing_told_quantity,
                             entry->reported_at_ms.set,
                             entry->reported_at_ms.value,
                             entry->forgotten_paid_at_ms.set,
                             entry->forgotten_paid_at_ms.value};
        note(inventory, entry->sku, BOOK_ENTRY_HEAD, numbers, 6, TEXT(""));
    }
}

static void expect_place(struct text sku, int32_t place, int32_t count)
{
    if (count) {
        assert_int_equal(place, topic_partition_of(sku, count));
    }
}

/* `place` of `count`: where all of it must lie; count 0: anywhere. */
static void take_inventory(struct inventory *inventory, struct book *book, int32_t place,
                           int32_t count)
{
    static struct book_line lines[BOOK_CHUNK_LINES];
    struct book_entry held = {.lines = lines}; /* until their status has come */
    struct book_entry entry;
    assert_true(book_dirty_begin(book, true));
    while (book_dirty_next(book, &entry)) {
        if (entry.kind != BOOK_ENTRY_STATUS) {
            note_lines(inventory, &held, NULL, 0);
            held.line_count = entry.line_count;
            if (entry.line_count) { /* their texts are the lines' own, which stay */
                memcpy(lines, entry.lines, entry.line_count * sizeof *lines);
            }
        } else {
            note_lines(inventory, &held, entry.runs, entry.run_count);
            held.line_count = 0;
        }
        if (entry.kind == BOOK_ENTRY_HEAD || entry.kind == BOOK_ENTRY_SHIPPED) {
            expect_place(entry.sku, place, count);
        }
        for (uint32_t i = 0; i < entry.line_count; i++) {
            expect_place(entry.lines[i].sku, place, count);
        }
        for (uint32_t i = 0; i < entry.memory_count; i++) {
            expect_place(entry.memories[i].sku, place, count);
        }
        note_entry(inventory, &entry);
    }
}

static void test_all_lies_where_it_belongs_and_nothing_is_lost(void **state)
{
    (void)state;
    static struct world world;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct inventory before = {0};
        struct inventory after = {0};
        struct book_count sum = {0};
        live(&world, seed);
        split(&world);
        for (int i = 0; i < SOURCES; i++) {
            struct book_count count = book_count(world.sources[i].book);
            sum.open_lines += count.open_lines;
            sum.short_lines += count.short_lines;
            sum.remembered += count.remembered;
            take_inventory(&before, world.sources[i].book, 0, 0);
        }
        for (int32_t i = 0; i < world.target_count; i++) {
            take_inventory(&after, book_split_book(world.split, i), i, world.target_count);
        }
        assert_int_equal(before.count, after.count);
        assert_true(before.digest == after.digest);
        struct book_count count = book_split_count(world.split);
        assert_int_equal(count.open_lines, sum.open_lines);
        assert_int_equal(count.short_lines, sum.short_lines);
        assert_int_equal(count.remembered, sum.remembered);
        restore(&world);
        end(&world);
    }
}

/* ---- Log times that differ --------------------------------------------------------------------
 */

/* One partition has been idle for weeks: of what it still remembers some is too old beside the
 * others. It is forgotten as in its own log: a duplicate of it is TOO_OLD, never a new line. */
static void test_what_an_idle_partition_remembers_is_not_forgotten_without_a_trace(void **state)
{
    (void)state;
    static char told[TOLD];
    struct heap heaps[2];
    struct heap split_heap = {.allowed = UINT64_MAX};
    struct memory memory = {&split_heap, heap_resize};
    struct book *books[2] = {new_book(&heaps[0]), new_book(&heaps[1])};
    struct book_split *split;
    struct error error;
    struct sku_fact idle = paid("idle", "o1", 1, 1, 10 * DAY);
    struct sku_fact gone = closed("idle", "o1", 1, CLOSE_CANCELLED, NULL, 10 * DAY);
    struct sku_fact busy = paid("busy", "o2", 1, 1, 10 * DAY + 2 * BOOK_REMEMBER_MS);
    assert_int_equal(feed(books[0], &idle, 1, idle.at_ms, told), BOOK_APPLIED);
    assert_int_equal(feed(books[0], &gone, 2, gone.at_ms, told), BOOK_APPLIED);
    assert_int_equal(feed(books[1], &busy, 1, busy.at_ms, told), BOOK_APPLIED);
    assert_int_equal(book_split_new(&memory, 1, topic_partition_of, &split, &error), OK);
    assert_int_equal(book_split_add(split, books[0], 3, &error), OK);
    assert_int_equal(book_split_add(split, books[1], 2, &error), OK);
    assert_int_equal(book_split_end(split, &error), OK);
    struct book *book = book_split_book(split, 0);
    assert_int_equal(feed(book, &idle, allocator_revision_from(book, 0), busy.at_ms, told),
                     BOOK_TOO_OLD);
    assert_int_equal(feed(book, &busy, allocator_revision_from(book, 1), busy.at_ms, told),
                     BOOK_DUPLICATE);
    book_split_free(split);
    drop_book(books[0], &heaps[0]);
    drop_book(books[1], &heaps[1]);
}

static void test_books_of_different_rules_are_refused(void **state)
{
    (void)state;
    struct heap heaps[2];
    struct heap split_heap = {.allowed = UINT64_MAX};
    struct memory memory = {&split_heap, heap_resize};
    struct book *books[2] = {new_book(&heaps[0]), new_book(&heaps[1])};
    struct book_entry newer = {.kind = BOOK_ENTRY_BOOK, .rules = 2};
    struct book_split *split;
    struct error error;
    assert_int_equal(book_load_entry(books[1], &newer), BOOK_LOADED);
    assert_int_equal(book_load_end(books[1]), BOOK_LOADED);
    assert_int_equal(book_split_new(&memory, 2, topic_partition_of, &split, &error), OK);
    assert_int_equal(book_split_add(split, books[0], 1, &error), OK);
    assert_int_equal(book_split_add(split, books[1], 1, &error), OK);
    assert_int_equal(book_split_end(split, &error), POISON);
    assert_non_null(strstr(error.text, "different rules"));
    book_split_free(split);
    drop_book(books[0], &heaps[0]);
    drop_book(books[1], &heaps[1]);
}

/* A second move begins above the first one's revisions. */
static void test_revisions_grow_across_two_moves(void **state)
{
    (void)state;
    static struct world world;
    struct error error;
    live(&world, 7);
    split(&world);
    int64_t first = book_base(book_split_book(world.split, 0));
    struct memory memory = {&world.split_heap, heap_resize};
    struct book_split *again;
    assert_int_equal(book_split_new(&memory, 4, topic_partition_of, &again, &error), OK);
    for (int32_t i = 0; i < world.target_count; i++) {
        struct book *book = book_split_book(world.split, i);
        assert_int_equal(book_split_add(again, book, allocator_revision_from(book, 10 + i), &error),
                         OK);
    }
    assert_int_equal(book_split_end(again, &error), OK);
    assert_int_equal(book_base(book_split_book(again, 3)),
                     first + (int64_t)(10 + world.target_count - 1) * REVISIONS);
    book_split_free(again);
    restore(&world);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sku_goes_on_as_if_nothing_had_happened),
        cmocka_unit_test(test_all_lies_where_it_belongs_and_nothing_is_lost),
        cmocka_unit_test(test_what_an_idle_partition_remembers_is_not_forgotten_without_a_trace),
        cmocka_unit_test(test_books_of_different_rules_are_refused),
        cmocka_unit_test(test_revisions_grow_across_two_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
