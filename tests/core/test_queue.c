/* The queue against an array that is searched from end to end, up to thousands of places. */
#include "book_log.h"

#include "core/chunk.h"
#include "core/queue.h"

enum {
    PLACES_MAX = 6000,
    RUNS = 60,
};

struct plain {
    struct line *lines[PLACES_MAX]; /* those that are not gone, in order */
    enum book_line_status status[PLACES_MAX];
    bool was_short[PLACES_MAX]; /* at the last time that the changes were read */
    int count;
};

struct bench {
    struct heap heap;
    struct pool pool;
    struct queue queue;
    struct plain plain;
    struct chunk chunk; /* of every line */
};

static void setup(struct bench *bench)
{
    *bench = (struct bench){.heap = {.allowed = UINT64_MAX}};
    struct memory memory = {&bench->heap, heap_resize};
    pool_init(&bench->pool, &memory);
}

static void teardown(struct bench *bench)
{
    for (int i = 0; i < bench->plain.count; i++) {
        free(bench->plain.lines[i]);
    }
    pool_done(&bench->pool);
    assert_int_equal(bench->heap.bytes, 0);
}

static bool is_short(const struct plain *plain, int i)
{
    return plain->status[i] == BOOK_LINE_SHORT || plain->status[i] == BOOK_LINE_BLOCKED;
}

static void append(struct bench *bench, int32_t quantity, bool covered)
{
    struct plain *plain = &bench->plain;
    struct line *line = calloc(1, sizeof(*line));
    assert_non_null(line);
    line->quantity = quantity;
    line->chunk = &bench->chunk;
    assert_true(plain->count < PLACES_MAX);
    assert_true(queue_reserve(&bench->queue, &bench->pool));
    queue_append(&bench->queue, line, covered);
    plain->lines[plain->count] = line;
    plain->status[plain->count] = covered ? BOOK_LINE_COVERED : BOOK_LINE_SHORT;
    plain->was_short[plain->count] = false;
    plain->count++;
}

static void take_away(struct bench *bench, int i)
{
    struct plain *plain = &bench->plain;
    if (plain->status[i] != BOOK_LINE_COVERED && plain->status[i] != BOOK_LINE_CLOSED) {
        queue_close(&bench->queue, plain->lines[i]->position);
    }
    queue_remove(&bench->queue, plain->lines[i]->position, &bench->pool);
    free(plain->lines[i]);
    plain->count--;
    memmove(&plain->lines[i], &plain->lines[i + 1], (size_t)(plain->count - i) * sizeof(void *));
    memmove(&plain->status[i], &plain->status[i + 1],
            (size_t)(plain->count - i) * sizeof(plain->status[0]));
    memmove(&plain->was_short[i], &plain->was_short[i + 1],
            (size_t)(plain->count - i) * sizeof(plain->was_short[0]));
}

static void uncover(struct bench *bench, int64_t excess)
{
    struct plain *plain = &bench->plain;
    queue_uncover(&bench->queue, excess);
    for (int i = plain->count - 1; i >= 0 && excess > 0; i--) {
        if (plain->status[i] == BOOK_LINE_COVERED) {
            plain->status[i] = BOOK_LINE_SHORT;
            excess -= plain->lines[i]->quantity;
        }
    }
}

static void cover(struct bench *bench, int64_t room)
{
    struct plain *plain = &bench->plain;
    queue_cover(&bench->queue, room);
    for (int i = 0; i < plain->count; i++) {
        if (plain->status[i] == BOOK_LINE_SHORT && plain->lines[i]->quantity <= room) {
            plain->status[i] = BOOK_LINE_COVERED;
            room -= plain->lines[i]->quantity;
        }
    }
}

static void cover_in_order(struct bench *bench, int64_t room)
{
    struct plain *plain = &bench->plain;
    queue_cover_in_order(&bench->queue, room);
    for (int i = 0; i < plain->count; i++) {
        if (plain->status[i] != BOOK_LINE_SHORT) {
            continue;
        }
        if (plain->lines[i]->quantity > room) {
            return;
        }
        plain->status[i] = BOOK_LINE_COVERED;
        room -= plain->lines[i]->quantity;
    }
}

static void block(struct bench *bench, int i, int64_t at_ms)
{
    struct plain *plain = &bench->plain;
    if (plain->status[i] != BOOK_LINE_CLOSED) {
        queue_block(&bench->queue, plain->lines[i]->position, at_ms);
        plain->status[i] = BOOK_LINE_BLOCKED;
    }
}

static void answer(struct bench *bench, int64_t counted_at_ms)
{
    struct plain *plain = &bench->plain;
    uint32_t from = 0;
    while ((from = queue_find(&bench->queue, from, QUEUE_REPORTED, counted_at_ms)) !=
           QUEUE_NOWHERE) {
        queue_unblock(&bench->queue, from);
    }
    for (int i = 0; i < plain->count; i++) {
        if (plain->status[i] == BOOK_LINE_BLOCKED && plain->lines[i]->since_ms < counted_at_ms) {
            plain->status[i] = BOOK_LINE_SHORT;
        }
    }
}

/* Net changes come in order, once; then there are none. */
static void read_changes(struct bench *bench)
{
    struct plain *plain = &bench->plain;
    uint32_t from = 0;
    for (int i = 0; i < plain->count; i++) {
        if (is_short(plain, i) == plain->was_short[i] || plain->status[i] == BOOK_LINE_CLOSED) {
            plain->was_short[i] = is_short(plain, i);
            continue;
        }
        uint32_t position = queue_find(&bench->queue, from, QUEUE_CHANGED, 0);
        assert_int_equal(position, plain->lines[i]->position);
        queue_clear_change(&bench->queue, position);
        plain->was_short[i] = is_short(plain, i);
        from = position + 1;
    }
    assert_int_equal(queue_find(&bench->queue, 0, QUEUE_CHANGED, 0), QUEUE_NOWHERE);
}

static void check_sums(struct bench *bench)
{
    const struct plain *plain = &bench->plain;
    int64_t covered = 0;
    struct queue_ahead ahead = {0};
    bool waits = false;
    for (int i = 0; i < plain->count; i++) {
        uint32_t position = plain->lines[i]->position;
        assert_ptr_equal(queue_place(&bench->queue, position)->line, plain->lines[i]);
        assert_int_equal(queue_place(&bench->queue, position)->status, plain->status[i]);
        assert_true(i == 0 || position > plain->lines[i - 1]->position);
        if (i % 7 == 0) {
            struct queue_ahead told = queue_ahead(&bench->queue, position);
            assert_int_equal(told.count, ahead.count);
            assert_int_equal(told.quantity, ahead.quantity);
        }
        if (is_short(plain, i)) {
            ahead.count++;
            ahead.quantity += plain->lines[i]->quantity;
        }
        covered += plain->status[i] == BOOK_LINE_COVERED ? plain->lines[i]->quantity : 0;
        waits = waits || plain->status[i] == BOOK_LINE_SHORT;
    }
    assert_int_equal(queue_waits(&bench->queue), waits);
    assert_int_equal(queue_total(&bench->queue)->covered_quantity, covered);
    assert_int_equal(queue_total(&bench->queue)->short_quantity, ahead.quantity);
    assert_int_equal(queue_total(&bench->queue)->short_count, ahead.count);
}

static void check_reach(struct bench *bench, int64_t quantity)
{
    const struct plain *plain = &bench->plain;
    int64_t sum = 0;
    uint32_t expected = bench->queue.used;
    for (int i = 0; i < plain->count; i++) {
        sum += is_short(plain, i) ? plain->lines[i]->quantity : 0;
        if (is_short(plain, i) && sum > quantity) {
            expected = plain->lines[i]->position;
            break;
        }
    }
    assert_int_equal(queue_reach(&bench->queue, quantity), expected);
}

static void step(struct bench *bench, struct random *random, int size)
{
    struct plain *plain = &bench->plain;
    int64_t kind = random_below(random, 20);
    int i = plain->count > 0 ? (int)random_below(random, plain->count) : 0;
    if (plain->count == 0 || (kind < 12 && plain->count < size)) {
        append(bench, 1 + (int32_t)random_below(random, 9), random_below(random, 3) > 0);
    } else if (kind < 13) {
        uncover(bench, random_below(random, size));
    } else if (kind < 14) {
        if (random_below(random, 2) == 0) {
            cover(bench, random_below(random, size));
        } else {
            cover_in_order(bench, random_below(random, size));
        }
    } else if (kind < 15) {
        block(bench, i, random_below(random, 1000));
    } else if (kind < 16) {
        answer(bench, random_below(random, 1200));
    }
    read_changes(bench);
    /* Lines go from the front, from anywhere, and sometimes nearly all of them. */
    if (plain->count > 0 && kind >= 16) {
        take_away(bench, random_below(random, 2) ? 0 : (int)random_below(random, plain->count));
    }
    if (random_below(random, 3 * size) == 0) {
        while (plain->count > 3) {
            take_away(bench, (int)random_below(random, plain->count));
        }
    }
}

static void test_the_queue_says_what_a_plain_array_says(void **state)
{
    (void)state;
    static struct bench bench;
    static const int sizes[] = {3, 40, 300, 5000};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct random random = random_from(seed);
        int size = sizes[seed % 4];
        setup(&bench);
        for (int i = 0; i < size; i++) {
            append(&bench, 1 + (int32_t)random_below(&random, 9), random_below(&random, 3) > 0);
        }
        for (int i = 0; i < 600; i++) {
            step(&bench, &random, size);
            if (i % 10 == 0) {
                check_sums(&bench);
                check_reach(&bench, random_below(&random, 3 * size) - 10);
            }
        }
        teardown(&bench);
    }
}

static void test_holes_are_squeezed_out_and_memory_is_given_back(void **state)
{
    (void)state;
    static struct bench bench;
    setup(&bench);
    for (int i = 0; i < 5000; i++) {
        append(&bench, 1, true);
    }
    while (bench.plain.count > 10) {
        take_away(&bench, bench.plain.count / 2);
    }
    append(&bench, 1, true);
    assert_int_equal(bench.queue.used, 11);
    assert_true(bench.queue.capacity <= 2);
    check_sums(&bench);
    while (bench.plain.count > 0) {
        take_away(&bench, 0);
    }
    assert_int_equal(bench.queue.used, 0);
    append(&bench, 2, false);
    check_sums(&bench);
    teardown(&bench);
}

/* Being uncovered and covered again before anybody asked is no change. */
static void test_changes_are_net(void **state)
{
    (void)state;
    static struct bench bench;
    setup(&bench);
    append(&bench, 2, true);
    append(&bench, 3, false);
    read_changes(&bench);
    uncover(&bench, 1);
    assert_int_equal(queue_total(&bench.queue)->change_count, 1);
    cover(&bench, 2);
    assert_int_equal(queue_total(&bench.queue)->change_count, 0);
    cover(&bench, 3);
    assert_int_equal(queue_find(&bench.queue, 0, QUEUE_CHANGED, 0), 1);
    read_changes(&bench);
    teardown(&bench);
}

static void test_no_memory_leaves_the_queue_as_it_is(void **state)
{
    (void)state;
    static struct bench bench;
    setup(&bench);
    for (int i = 0; i < 5000; i++) {
        bench.heap.allowed = bench.heap.calls;
        while (!queue_reserve(&bench.queue, &bench.pool)) {
            bench.heap.allowed++;
        }
        append(&bench, 1, i % 3 > 0);
    }
    read_changes(&bench);
    check_sums(&bench);
    teardown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_queue_says_what_a_plain_array_says),
        cmocka_unit_test(test_holes_are_squeezed_out_and_memory_is_given_back),
        cmocka_unit_test(test_changes_are_net),
        cmocka_unit_test(test_no_memory_leaves_the_queue_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
