/* What is remembered of closed lines: found until it is forgotten, and forgotten in order. */
#include "book_log.h"

#include "core/closed_memory.h"
#include "core/hash.h"

static void setup(struct closed_memory *memory, struct pool *pool, struct heap *heap)
{
    *heap = (struct heap){.allowed = UINT64_MAX};
    struct memory source = {heap, heap_resize};
    *memory = (struct closed_memory){0};
    pool_init(pool, &source);
}

static uint64_t fingerprint(uint64_t number)
{
    return closed_memory_mask(hash_number(1, number));
}

static void remember(struct closed_memory *memory, struct pool *pool, uint64_t number,
                     enum book_memory_kind kind, int64_t log_ms)
{
    struct closed_item item = {
        .sku = (uint32_t)number,
        .kind = kind,
        .fingerprint = fingerprint(number),
        .paid_at_ms = (int64_t)number,
        .log_ms = log_ms,
    };
    assert_true(closed_memory_reserve(memory, pool));
    closed_memory_add(memory, &item, (int64_t)memory->added + 1);
}

static void test_the_oldest_is_forgotten_first_and_no_other(void **state)
{
    (void)state;
    enum { COUNT = 5000, KEPT = 700 };
    struct heap heap;
    struct pool pool;
    struct closed_memory memory;
    setup(&memory, &pool, &heap);
    for (uint64_t i = 0; i < COUNT; i++) {
        remember(&memory, &pool, i, BOOK_MEMORY_CLOSED, (int64_t)i * DAY);
        struct closed_item item;
        bool superseded;
        while (
            closed_memory_forget(&memory, &pool, ((int64_t)i - KEPT) * DAY, &item, &superseded)) {
            assert_int_equal(item.paid_at_ms, i - KEPT - 1);
            assert_int_equal(item.sku, i - KEPT - 1);
            assert_int_equal(item.log_ms, ((int64_t)i - KEPT - 1) * DAY);
            assert_false(superseded);
        }
    }
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_int_equal(closed_memory_find(&memory, fingerprint(i)),
                         i + KEPT + 1 < COUNT ? BOOK_MEMORY_UNKNOWN : BOOK_MEMORY_CLOSED);
    }
    assert_true(heap.bytes < 300000);
    pool_done(&pool);
    assert_int_equal(heap.bytes, 0);
}

static void test_a_paid_line_takes_the_place_of_its_closing(void **state)
{
    (void)state;
    struct heap heap;
    struct pool pool;
    struct closed_memory memory;
    struct closed_item item;
    bool superseded;
    setup(&memory, &pool, &heap);
    remember(&memory, &pool, 1, BOOK_MEMORY_UNPAID, 10);
    remember(&memory, &pool, 1, BOOK_MEMORY_CLOSED, 20);
    assert_true(closed_memory_forget(&memory, &pool, 15, &item, &superseded));
    assert_true(superseded);
    assert_int_equal(closed_memory_find(&memory, fingerprint(1)), BOOK_MEMORY_CLOSED);
    assert_true(closed_memory_forget(&memory, &pool, 25, &item, &superseded));
    assert_false(superseded);
    assert_int_equal(closed_memory_find(&memory, fingerprint(1)), BOOK_MEMORY_UNKNOWN);
    pool_done(&pool);
}

static uint32_t count_items(const struct closed_memory *memory, const struct closed_span *span)
{
    struct closed_place cursor = {0};
    struct closed_item item;
    uint32_t count = 0;
    while (closed_memory_next(memory, span, &cursor, &item)) {
        count++;
    }
    return count;
}

static void test_spans_are_written_once_and_removed_when_all_is_forgotten(void **state)
{
    (void)state;
    struct heap heap;
    struct pool pool;
    struct closed_memory memory;
    struct closed_item item;
    bool superseded;
    setup(&memory, &pool, &heap);
    for (uint64_t i = 0; i < BOOK_CHUNK_LINES + 10; i++) {
        remember(&memory, &pool, i, BOOK_MEMORY_CLOSED, (int64_t)i);
    }
    closed_memory_cut(&memory);
    assert_int_equal(memory.span_end - memory.span_begin, 2);
    assert_int_equal(count_items(&memory, &memory.spans[0]), BOOK_CHUNK_LINES);
    assert_int_equal(count_items(&memory, &memory.spans[1]), 10);
    assert_int_equal(memory.spans[1].number, BOOK_CHUNK_LINES + 1);
    closed_memory_checkpointed(&memory);
    while (closed_memory_forget(&memory, &pool, BOOK_CHUNK_LINES + 4, &item, &superseded)) {
    }
    assert_int_equal(memory.span_end - memory.span_begin, 2); /* the tombstone is not written */
    assert_true(closed_span_is_over(&memory, &memory.spans[0]));
    assert_int_equal(count_items(&memory, &memory.spans[0]), 0);
    assert_int_equal(count_items(&memory, &memory.spans[1]), 6);
    closed_memory_checkpointed(&memory);
    assert_int_equal(memory.span_end - memory.span_begin, 1);
    remember(&memory, &pool, 1, BOOK_MEMORY_CLOSED, 10000);
    assert_int_equal(memory.span_end - memory.span_begin, 2);
    pool_done(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_oldest_is_forgotten_first_and_no_other),
        cmocka_unit_test(test_a_paid_line_takes_the_place_of_its_closing),
        cmocka_unit_test(test_spans_are_written_once_and_removed_when_all_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
