/* The table, and the pool and the hash that it stands on. */
#include "book_log.h"

#include "core/hash.h"
#include "core/pool.h"
#include "core/table.h"

static bool fits(const void *value, const void *key)
{
    return value == key;
}

/* Few different hashes, so that runs collide, wrap around and close up again. */
static void test_what_was_added_is_found_until_it_is_removed(void **state)
{
    (void)state;
    enum { THINGS = 400 };
    static char things[THINGS];
    struct heap heap = {.allowed = UINT64_MAX};
    struct memory memory = {&heap, heap_resize};
    struct pool pool;
    struct table table = {0};
    struct random random = random_from(3);
    bool there[THINGS] = {0};
    pool_init(&pool, &memory);
    for (int i = 0; i < 200000; i++) {
        int64_t thing = random_below(&random, THINGS);
        uint64_t hash = (uint64_t)thing % 37 * UINT64_C(0xFFFFFFFFFFFFFFF);
        struct table_slot *slot = table_find(&table, hash, fits, &things[thing]);
        assert_int_equal(slot != NULL, there[thing]);
        if (slot) {
            table_remove(&table, slot);
        } else {
            assert_true(table_reserve(&table, &pool));
            table_add(&table, hash, &things[thing]);
        }
        there[thing] = !there[thing];
    }
    pool_done(&pool);
    assert_int_equal(heap.bytes, 0);
}

static void test_blocks_of_all_sizes_are_apart_and_come_back(void **state)
{
    (void)state;
    enum { BLOCKS = 300 };
    struct heap heap = {.allowed = UINT64_MAX};
    struct memory memory = {&heap, heap_resize};
    struct pool pool;
    struct random random = random_from(5);
    unsigned char *blocks[BLOCKS] = {0};
    size_t sizes[BLOCKS] = {0};
    pool_init(&pool, &memory);
    for (int i = 0; i < 100000; i++) {
        int64_t which = random_below(&random, BLOCKS);
        size_t size = (size_t)(1 + random_below(&random, random_below(&random, 9) ? 300 : 9000));
        for (size_t b = 0; b < sizes[which]; b++) {
            assert_int_equal(blocks[which][b], which % 251);
        }
        if (blocks[which] && random_below(&random, 2)) {
            pool_give(&pool, blocks[which], sizes[which]);
            blocks[which] = NULL;
            sizes[which] = 0;
            continue;
        }
        blocks[which] = pool_resize(&pool, blocks[which], sizes[which], size);
        assert_non_null(blocks[which]);
        assert_int_equal((uintptr_t)blocks[which] % POOL_STEP, 0);
        for (size_t b = 0; b < sizes[which] && b < size; b++) {
            assert_int_equal(blocks[which][b], which % 251);
        }
        memset(blocks[which], (int)(which % 251), size);
        sizes[which] = size;
    }
    pool_done(&pool);
    assert_int_equal(heap.bytes, 0);
}

static void test_a_large_block_survives_a_refused_resize(void **state)
{
    (void)state;
    struct heap heap = {.allowed = 2};
    struct memory memory = {&heap, heap_resize};
    struct pool pool;
    pool_init(&pool, &memory);
    char *large = pool_take(&pool, 5000);
    char *small = pool_take(&pool, 100);
    assert_non_null(large);
    assert_non_null(small);
    large[4999] = 'x';
    assert_null(pool_resize(&pool, large, 5000, 10000));
    assert_null(pool_resize(&pool, small, 100, 10000));
    assert_int_equal(large[4999], 'x');
    pool_give(&pool, large, 5000);
    pool_done(&pool);
    assert_int_equal(heap.bytes, 0);
}

/* Written into the state: these values may never change. */
static void test_hashes_are_the_same_for_ever(void **state)
{
    (void)state;
    assert_int_equal(hash_text(0, TEXT("")), UINT64_C(0xE4383BE412C5561E));
    assert_int_equal(hash_text(0, TEXT("sku")), UINT64_C(0x19EA1726FF0BC617));
    assert_int_equal(hash_text(1, TEXT("a longer text, of some words")),
                     UINT64_C(0xFBE60FAD84C50075));
    assert_int_equal(hash_number(1, 2), UINT64_C(0x5EA922EA460A0059));
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Of a million similar ids not even 48 bits collide, give or take. */
static void test_similar_ids_have_different_hashes(void **state)
{
    (void)state;
    enum { IDS = 1000000 };
    uint64_t *hashes = malloc(IDS * sizeof(*hashes));
    assert_non_null(hashes);
    for (int i = 0; i < IDS; i++) {
        char id[32];
        snprintf(id, sizeof(id), "2026-11-11-%09d", i * 7);
        hashes[i] = hash_text(42, text_of(id)) >> 16;
    }
    qsort(hashes, IDS, sizeof(*hashes), compare);
    int collisions = 0;
    for (int i = 1; i < IDS; i++) {
        collisions += hashes[i] == hashes[i - 1];
    }
    assert_true(collisions <= 3);
    free(hashes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_added_is_found_until_it_is_removed),
        cmocka_unit_test(test_blocks_of_all_sizes_are_apart_and_come_back),
        cmocka_unit_test(test_a_large_block_survives_a_refused_resize),
        cmocka_unit_test(test_hashes_are_the_same_for_ever),
        cmocka_unit_test(test_similar_ids_have_different_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
