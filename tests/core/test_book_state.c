/* A book's state as entries: whatever happens between checkpoints, a book loaded from them says the
 * same ever after. The topic is a list of all that was ever written; it is loaded as it was
 * written, or only the last value of each key, in any order. SHORTFALL_LONG=1 tries many more logs.
 */
#include "book_topic.h"

enum {
    LOGS = 3000,
    LOGS_LARGE = 40,
    LONG = 50, /* times as many with SHORTFALL_LONG */
    TOLD = 100000,
    DUMP = 4 << 20,
};

/* ---- The whole state as text ----------------------------------------------------------------- */

struct dump {
    char text[DUMP];
    size_t used;
};

static void dump_print(struct dump *dump, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void dump_print(struct dump *dump, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    dump->used += (size_t)vsnprintf(dump->text + dump->used, DUMP - dump->used, format, arguments);
    va_end(arguments);
    assert_true(dump->used < DUMP);
}

static void dump_entry(struct dump *dump, const struct book_entry *entry)
{
    char key[180];
    print_key(key, sizeof(key), entry);
    dump_print(dump,
               "%s removed %d rules %d log %" PRId64 " told %d %" PRId64 " reported %d %" PRId64
               " forgotten %d %" PRId64,
               key, entry->removed, entry->rules, entry->log_ms, entry->listing_told,
               entry->listing_told_quantity, entry->reported_at_ms.set,
               entry->reported_at_ms.set ? entry->reported_at_ms.value : 0,
               entry->forgotten_paid_at_ms.set, entry->forgotten_paid_at_ms.value);
    for (uint32_t i = 0; i < entry->level_count; i++) {
        const struct book_level *l = &entry->levels[i];
        dump_print(dump, " level %.*s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
                   (int)l->warehouse_id.size, l->warehouse_id.data, l->on_hand, l->safety_stock,
                   l->version, l->counted_at_ms, l->counted_out_ms);
        for (uint32_t r = 0; r < l->restock_count; r++) {
            dump_print(dump, " %" PRId64 "@%" PRId64, l->restocks[r].quantity,
                       l->restocks[r].expected_at_ms);
        }
    }
    for (uint32_t i = 0; i < entry->line_count; i++) {
        const struct book_line *l = &entry->lines[i];
        dump_print(dump, " line %" PRId64 " %.*s %.*s %d %" PRId64 " %" PRId64 " %.*s", l->revision,
                   (int)l->sku.size, l->sku.data, (int)l->order_id.size, l->order_id.data,
                   l->line_no, l->quantity, l->paid_at_ms, (int)l->order_facts.size,
                   l->order_facts.data);
    }
    for (uint32_t i = 0; i < entry->run_count; i++) {
        const struct book_run *r = &entry->runs[i];
        dump_print(dump, " run %d %d %d %d %" PRId64 " %d %" PRId64, r->count, r->status,
                   r->episode, r->cause, r->reported_at_ms, r->reason, r->closed_log_ms);
    }
    for (uint32_t i = 0; i < entry->shipment_count; i++) {
        dump_print(dump, " shipment %" PRId64 " %" PRId64, entry->shipments[i].closed_at_ms,
                   entry->shipments[i].quantity);
    }
    for (uint32_t i = 0; i < entry->memory_count; i++) {
        const struct book_memory *m = &entry->memories[i];
        dump_print(dump, " memory %.*s %" PRIx64 " %d %" PRId64 " %" PRId64, (int)m->sku.size,
                   m->sku.data, m->fingerprint, m->kind, m->paid_at_ms, m->closed_log_ms);
    }
    dump_print(dump, "\n");
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All entries, sorted, so that the order in which a book gives its skus does not count. */
static char *dump_all(struct book *book)
{
    static struct dump dump;
    static char *lines[WRITES_MAX];
    struct book_entry entry;
    int count = 0;
    dump.used = 0;
    assert_true(book_dirty_begin(book, true));
    while (book_dirty_next(book, &entry)) {
        assert_true(count < WRITES_MAX);
        lines[count++] = dump.text + dump.used;
        dump_entry(&dump, &entry);
    }
    for (size_t i = 0; i < dump.used; i++) {
        dump.text[i] = dump.text[i] == '\n' ? '\0' : dump.text[i];
    }
    qsort(lines, (size_t)count, sizeof(lines[0]), compare_lines);
    char *text = malloc(dump.used + 1);
    size_t used = 0;
    assert_non_null(text);
    for (int i = 0; i < count; i++) {
        used += (size_t)sprintf(text + used, "%s\n", lines[i]);
    }
    text[used] = '\0';
    return text;
}

/* ---- Crashes --------------------------------------------------------------------------------- */

struct run {
    struct log log;
    struct random random;
    struct book_topic topic;
    struct heap heap;
    struct book *book;
    int committed; /* facts that the topic's state has seen */
    char *state;   /* all of it right after the checkpoint, or NULL */
    char *told[LOG_FACTS_MAX];
    enum book_verdict verdicts[LOG_FACTS_MAX];
};

static enum book_verdict feed(struct book *book, const struct record *record, int64_t revision,
                              char *told)
{
    size_t used = 0;
    told[0] = '\0';
    assert_true(book_reserve(book, &record->fact));
    enum book_verdict verdict = book_apply(book, &record->fact, revision, record->log_ms);
    struct book_change change;
    while (book_next_change(book, &change)) {
        used += (size_t)snprintf(told + used, TOLD - used, "; ");
        used += (size_t)print_change(told + used, TOLD - used, &change);
    }
    return verdict;
}

/* What a book says that nothing ever happens to. */
static void run_plainly(struct run *run)
{
    static char told[TOLD];
    struct heap heap;
    struct book *book = new_book(&heap);
    for (int i = 0; i < run->log.count; i++) {
        run->verdicts[i] = feed(book, &run->log.records[i], i + 1, told);
        run->told[i] = strdup(told);
    }
    drop_book(book, &heap);
}

static void expect_as_plain(struct run *run, uint64_t seed, int i)
{
    static char told[TOLD];
    enum book_verdict verdict = feed(run->book, &run->log.records[i], i + 1, told);
    if (verdict != run->verdicts[i] || strcmp(told, run->told[i]) != 0) {
        fail_msg("log %" PRIu64 ", fact %d: verdict %d, \"%s\" instead of %d, \"%s\"", seed, i,
                 verdict, told, run->verdicts[i], run->told[i]);
    }
}

/* The entry that says the place comes last: no part of the round can pass for the whole. */
static void checkpoint(struct run *run, int position)
{
    struct book_entry entry;
    bool place_said = false;
    int before = run->topic.count;
    assert_true(book_dirty_begin(run->book, random_below(&run->random, 20) == 0));
    int64_t patience = random_below(&run->random, 4) == 0 ? random_below(&run->random, 10) : -1;
    while (patience != 0 && book_dirty_next(run->book, &entry)) {
        patience--;
        assert_false(place_said);
        place_said = entry.kind == BOOK_ENTRY_BOOK;
        if (patience < 0) {
            topic_write(&run->topic, &entry);
        }
    }
    if (patience >= 0) {
        assert_int_equal(run->topic.count, before); /* aborted */
        return;
    }
    book_checkpointed(run->book);
    run->committed = position;
    free(run->state);
    run->state = random_below(&run->random, 2) == 0 ? dump_all(run->book) : NULL;
}

/* Nothing is dirty that the topic has. */
static void expect_clean(struct book *book)
{
    struct book_entry entry;
    assert_true(book_dirty_begin(book, false));
    assert_true(book_dirty_next(book, &entry)); /* the book itself, always, and nothing else */
    assert_int_equal(entry.kind, BOOK_ENTRY_BOOK);
    assert_false(book_dirty_next(book, &entry));
    book_checkpointed(book);
}

/* Back to the last checkpoint; gives the position to go on from. */
static int crash(struct run *run)
{
    drop_book(run->book, &run->heap);
    run->book = new_book(&run->heap);
    if (random_below(&run->random, 2) == 0) {
        load_as_written(run->book, &run->topic);
    } else {
        load_compacted(run->book, &run->topic, &run->random);
    }
    assert_int_equal(book_load_end(run->book), BOOK_LOADED);
    expect_clean(run->book);
    if (run->state) {
        char *loaded = dump_all(run->book);
        if (strcmp(run->state, loaded) != 0) {
            fail_msg("the state was\n%s\nand came back as\n%s", run->state, loaded);
        }
        free(loaded);
    }
    return run->committed;
}

static void run_with_crashes(uint64_t seed, const struct log_shape *shape)
{
    static struct run run;
    char *arena = run.topic.arena ? run.topic.arena : malloc(ARENA);
    run.random = random_from(seed + 1000000);
    run.topic.arena = arena;
    run.topic.count = 0;
    run.topic.used = 0;
    run.committed = 0;
    run.state = NULL;
    random_log(seed, shape, &run.log);
    run_plainly(&run);
    run.book = new_book(&run.heap);
    int crashes = 6;
    int64_t pace = 1 + random_below(&run.random, shape->facts_max / 5);
    for (int i = 0; i < run.log.count; i++) {
        expect_as_plain(&run, seed, i);
        if (random_below(&run.random, pace) == 0) {
            checkpoint(&run, i + 1);
        }
        if (crashes > 0 && random_below(&run.random, 3 * pace) == 0) {
            crashes--;
            i = crash(&run) - 1;
        }
    }
    for (int i = 0; i < run.log.count; i++) {
        free(run.told[i]);
    }
    free(run.state);
    drop_book(run.book, &run.heap);
}

static uint64_t logs_to_try(uint64_t count)
{
    return getenv("SHORTFALL_LONG") ? count * LONG : count;
}

static void test_crashes_change_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS); seed++) {
        run_with_crashes(seed, &LOG_SMALL);
    }
}

static void test_crashes_change_nothing_with_many_open_lines(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS_LARGE); seed++) {
        run_with_crashes(seed, &LOG_LARGE);
    }
}

/* ---- Nothing is left behind ------------------------------------------------------------------ */

static void feed_more(struct run *run, const struct sku_fact *fact, int64_t log_ms)
{
    char told[TOLD];
    struct record record = {.fact = *fact, .log_ms = log_ms};
    feed(run->book, &record, run->log.count + 1 + run->committed++, told);
}

/* Every line closes, every warehouse counts, and then time passes. */
static void end_all(struct run *run)
{
    int64_t now_ms = run->log.now_ms;
    for (int i = 0; i < run->log.count; i++) {
        const struct sku_fact *fact = &run->log.records[i].fact;
        if (fact->kind == FACT_PAID) {
            struct sku_fact end = *fact;
            end.kind = FACT_CLOSED;
            end.reason = CLOSE_CANCELLED;
            feed_more(run, &end, now_ms);
        }
    }
    for (int i = 0; i < LOG_SKUS_MAX * LOG_WAREHOUSES_MAX; i++) {
        struct sku_fact count =
            level(log_skus[i / LOG_WAREHOUSES_MAX], log_warehouses[i % LOG_WAREHOUSES_MAX], 1000, 1,
                  now_ms + HOUR);
        feed_more(run, &count, now_ms + BOOK_REMEMBER_SHORT_MS + DAY);
    }
}

static void write_changes(struct run *run)
{
    struct book_entry entry;
    assert_true(book_dirty_begin(run->book, false));
    while (book_dirty_next(run->book, &entry)) {
        topic_write(&run->topic, &entry);
    }
    book_checkpointed(run->book);
}

static void test_of_what_is_over_nothing_stays_in_the_topic(void **state)
{
    (void)state;
    static struct run run;
    char told[TOLD];
    run.topic.arena = malloc(ARENA);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        run.topic.count = 0;
        run.topic.used = 0;
        run.committed = 0;
        random_log(seed, &LOG_SMALL, &run.log);
        run.book = new_book(&run.heap);
        for (int i = 0; i < run.log.count; i++) {
            feed(run.book, &run.log.records[i], i + 1, told);
            if (i % 7 == 0) {
                write_changes(&run);
            }
        }
        end_all(&run);
        write_changes(&run);
        for (int i = 0; i < run.topic.count; i++) {
            const struct write *write = &run.topic.writes[i];
            assert_true(!write->last || write->entry.removed ||
                        write->entry.kind <= BOOK_ENTRY_HEAD);
        }
        assert_int_equal(book_count(run.book).open_lines, 0);
        assert_int_equal(book_count(run.book).remembered, 0);
        drop_book(run.book, &run.heap);
    }
    free(run.topic.arena);
}

/* ---- How much a checkpoint writes ------------------------------------------------------------ */

static size_t bytes_of(const struct book_entry *entry)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < entry->line_count; i++) {
        bytes += entry->lines[i].sku.size + entry->lines[i].order_id.size +
                 entry->lines[i].order_facts.size + 24;
    }
    return bytes + 80 * entry->level_count + 32 * entry->memory_count;
}

static void test_what_is_not_saved_is_known_before_a_checkpoint(void **state)
{
    (void)state;
    static struct run run;
    char told[TOLD];
    struct book_entry entry;
    run.book = new_book(&run.heap);
    random_log(3, &LOG_LARGE, &run.log);
    assert_int_equal(book_unsaved(run.book), 0);
    for (int i = 0; i < run.log.count; i++) {
        feed(run.book, &run.log.records[i], i + 1, told);
        if (i % 100 == 99) {
            size_t written = 0;
            assert_true(book_dirty_begin(run.book, false));
            while (book_dirty_next(run.book, &entry)) {
                /* Of small chunks before it, which are written with the new lines, no more. */
                written += entry.number > i - 100 || !entry.line_count ? bytes_of(&entry) : 0;
            }
            assert_true(book_unsaved(run.book) >= written);
            book_checkpointed(run.book);
            assert_int_equal(book_unsaved(run.book), 0);
        }
    }
    drop_book(run.book, &run.heap);
}

/* ---- What no book gave ----------------------------------------------------------------------- */

/* Loads two entries (the second may be none) and ends. */
static enum book_load load(const struct book_entry *first, const struct book_entry *second)
{
    struct heap heap;
    struct book *book = new_book(&heap);
    enum book_load loaded = book_load_entry(book, first);
    if (loaded == BOOK_LOADED && second->kind != BOOK_ENTRY_UNKNOWN) {
        loaded = book_load_entry(book, second);
    }
    if (loaded == BOOK_LOADED) {
        loaded = book_load_end(book);
    }
    drop_book(book, &heap);
    return loaded;
}

#define LINE(number)                                                                 \
    {                                                                                \
        .sku = TEXT("s"), .revision = (number), .order_id = TEXT("o"), .line_no = 1, \
        .quantity = 1, .order_facts = TEXT("f")                                      \
    }
#define LINES(array, size)                                                            \
    {                                                                                 \
        .kind = BOOK_ENTRY_LINES, .number = 5, .lines = (array), .line_count = (size) \
    }
#define STATUS(run)                                                            \
    {                                                                          \
        .kind = BOOK_ENTRY_STATUS, .number = 5, .runs = &(run), .run_count = 1 \
    }
#define HEAD(array, size)                                                                   \
    {                                                                                       \
        .kind = BOOK_ENTRY_HEAD, .sku = TEXT("s"), .levels = (array), .level_count = (size) \
    }
#define NOTHING                    \
    {                              \
        .kind = BOOK_ENTRY_UNKNOWN \
    }

static struct book_line two[] = {LINE(5), LINE(6)};
static struct book_line unordered[] = {LINE(6), LINE(5)};
static struct book_line early[] = {LINE(4)};
static struct book_line nameless[] = {
    {.sku = TEXT("s"), .revision = 5, .line_no = 1, .quantity = 1}};
static struct book_line skuless[] = {
    {.revision = 5, .order_id = TEXT("o"), .line_no = 1, .quantity = 1}};
static struct book_run covered = {.count = 2, .status = BOOK_LINE_COVERED};
static struct book_run one = {.count = 1, .status = BOOK_LINE_COVERED};
static struct book_run three = {.count = 3, .status = BOOK_LINE_COVERED};
static struct book_run never_short = {.count = 2, .status = BOOK_LINE_SHORT};
static struct book_run no_cause = {.count = 2, .status = BOOK_LINE_SHORT, .episode = 1};
static struct book_run no_reason = {
    .count = 2, .status = BOOK_LINE_CLOSED, .episode = 1, .cause = CAUSE_OVERSOLD};
static struct book_run no_status = {.count = 2};
static struct book_run none = {.count = 0, .status = BOOK_LINE_COVERED};
static struct book_level levels[] = {{.warehouse_id = TEXT("w")}, {.warehouse_id = TEXT("w")}};
static struct book_level back = {
    .warehouse_id = TEXT("w"), .counted_at_ms = 2, .counted_out_ms = 1};
static struct book_shipment elsewhere = {.closed_at_ms = 1, .quantity = 1};
static struct book_memory late = {
    .sku = TEXT("s"), .fingerprint = 4, .kind = BOOK_MEMORY_CLOSED, .closed_log_ms = 9};
static struct book_memory odd = {.sku = TEXT("s"), .fingerprint = 5, .kind = BOOK_MEMORY_CLOSED};

static const struct book_entry broken[][2] = {
    {LINES(unordered, 2), NOTHING},
    {LINES(early, 1), NOTHING},
    {LINES(nameless, 1), NOTHING},
    {LINES(skuless, 1), NOTHING},
    {LINES(two, 0), NOTHING},
    {LINES(two, BOOK_CHUNK_LINES + 1), NOTHING},
    {STATUS(covered), NOTHING},
    {LINES(two, 2), STATUS(one)},
    {LINES(two, 2), STATUS(three)},
    {LINES(two, 2), STATUS(never_short)},
    {LINES(two, 2), STATUS(no_cause)},
    {LINES(two, 2), STATUS(no_reason)},
    {LINES(two, 2), STATUS(no_status)},
    {LINES(two, 2), STATUS(none)},
    {HEAD(levels, 2), NOTHING},
    {HEAD(&back, 1), NOTHING},
    {{.kind = BOOK_ENTRY_HEAD}, NOTHING},
    {{.kind = BOOK_ENTRY_HEAD, .sku = TEXT("s"), .listing_told = 3}, NOTHING},
    {{.kind = BOOK_ENTRY_SHIPPED, .sku = TEXT("s"), .number = INT64_MIN}, NOTHING},
    {{.kind = BOOK_ENTRY_SHIPPED,
      .sku = TEXT("s"),
      .number = 1,
      .shipments = &elsewhere,
      .shipment_count = 1},
     NOTHING},
    {{.kind = BOOK_ENTRY_CLOSED, .number = 1, .memories = &late, .memory_count = 1},
     {.kind = BOOK_ENTRY_BOOK, .rules = 1, .log_ms = 8}},
    {{.kind = BOOK_ENTRY_CLOSED, .number = 1, .memories = &odd, .memory_count = 1}, NOTHING},
    {{.kind = BOOK_ENTRY_CLOSED, .number = 1}, NOTHING},
    {{.kind = BOOK_ENTRY_BOOK, .rules = 0}, NOTHING},
    {{.kind = BOOK_ENTRY_BOOK, .rules = 1, .log_ms = INT64_MAX}, NOTHING},
    {NOTHING, NOTHING},
};

static const struct book_entry sound[][2] = {
    {LINES(two, 2), STATUS(covered)},
    {LINES(two, 2), NOTHING},
    {HEAD(levels, 1), NOTHING},
    {{.kind = BOOK_ENTRY_CLOSED, .number = 1, .memories = &late, .memory_count = 1},
     {.kind = BOOK_ENTRY_BOOK, .rules = 1, .log_ms = 9}},
};

static void test_a_state_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        if (load(&broken[i][0], &broken[i][1]) != BOOK_LOAD_BROKEN) {
            fail_msg("entries %zu were taken", i);
        }
    }
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
        assert_int_equal(load(&sound[i][0], &sound[i][1]), BOOK_LOADED);
    }
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* Loading with each allocation refused in turn: it says so, and leaves nothing behind. */
static void test_memory_that_gives_out_while_loading_is_told(void **state)
{
    (void)state;
    static struct run run;
    struct book_entry entry;
    char told[TOLD];
    run.topic.arena = malloc(ARENA);
    random_log(7, &LOG_LARGE, &run.log);
    run.book = new_book(&run.heap);
    for (int i = 0; i < run.log.count; i++) {
        feed(run.book, &run.log.records[i], i + 1, told);
        if (i % 50 == 0 || i == run.log.count - 1) {
            run.heap.allowed = run.heap.calls;
            while (!book_dirty_begin(run.book, false)) {
                run.heap.allowed++;
            }
            run.heap.allowed = UINT64_MAX;
            while (book_dirty_next(run.book, &entry)) {
                topic_write(&run.topic, &entry);
            }
            book_checkpointed(run.book);
        }
    }
    char *before = dump_all(run.book);
    enum book_load loaded = BOOK_LOAD_NO_MEMORY;
    for (uint64_t allowed = 1; loaded != BOOK_LOADED; allowed++) {
        drop_book(run.book, &run.heap);
        run.book = new_book(&run.heap);
        run.heap.allowed = allowed;
        loaded = BOOK_LOADED;
        for (int i = 0; i < run.topic.count && loaded == BOOK_LOADED; i++) {
            loaded = book_load_entry(run.book, &run.topic.writes[i].entry);
        }
        if (loaded == BOOK_LOADED) {
            loaded = book_load_end(run.book);
        }
        assert_int_not_equal(loaded, BOOK_LOAD_BROKEN);
    }
    run.heap.allowed = UINT64_MAX;
    char *after = dump_all(run.book);
    assert_string_equal(before, after);
    free(before);
    free(after);
    free(run.topic.arena);
    drop_book(run.book, &run.heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crashes_change_nothing),
        cmocka_unit_test(test_crashes_change_nothing_with_many_open_lines),
        cmocka_unit_test(test_of_what_is_over_nothing_stays_in_the_topic),
        cmocka_unit_test(test_what_is_not_saved_is_known_before_a_checkpoint),
        cmocka_unit_test(test_a_state_that_contradicts_itself_is_refused),
        cmocka_unit_test(test_memory_that_gives_out_while_loading_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
