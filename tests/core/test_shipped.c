/* Goods on their way out: in order of closing, freed from the front, cut into windows. */
#include "book_log.h"

#include "core/shipped.h"

static void setup(struct shipped *shipped, struct pool *pool, struct heap *heap)
{
    *heap = (struct heap){.allowed = UINT64_MAX};
    struct memory memory = {heap, heap_resize};
    *shipped = (struct shipped){0};
    pool_init(pool, &memory);
}

static void ship(struct shipped *shipped, struct pool *pool, int64_t closed_at_ms, int64_t quantity)
{
    assert_true(shipped_reserve(shipped, pool));
    shipped_add(shipped, closed_at_ms, quantity);
}

static void test_what_closed_up_to_the_count_is_free(void **state)
{
    (void)state;
    struct heap heap;
    struct pool pool;
    struct shipped shipped;
    setup(&shipped, &pool, &heap);
    ship(&shipped, &pool, 30, 3);
    ship(&shipped, &pool, 10, 1);
    ship(&shipped, &pool, 20, 2);
    ship(&shipped, &pool, 10, 4);
    assert_int_equal(shipped_quantity(&shipped), 10);
    assert_int_equal(shipped_free(&shipped, 9), 0);
    assert_int_equal(shipped_free(&shipped, 10), 5);
    assert_int_equal(shipped_free(&shipped, 25), 2);
    assert_int_equal(shipped_free(&shipped, 25), 0);
    assert_int_equal(shipped_quantity(&shipped), 3);
    pool_done(&pool);
}

/* Gives the numbers of the windows to write, as "1 2x 5": an x where nothing is left in it. */
static void print_minutes(const struct shipped *shipped, bool all, char *out, size_t size)
{
    int64_t window = SHIPPED_WINDOW_MIN;
    size_t used = 0;
    out[0] = '\0';
    while (shipped_next_window(shipped, window, all, &window)) {
        struct book_shipment *items;
        bool empty = shipped_window(shipped, window, &items) == 0;
        used += (size_t)snprintf(out + used, size - used, "%s%" PRId64 "%s", used ? " " : "",
                                 window, empty ? "x" : "");
        window++;
    }
}

static void test_only_minutes_that_changed_are_written(void **state)
{
    (void)state;
    struct heap heap;
    struct pool pool;
    struct shipped shipped;
    char windows[100];
    setup(&shipped, &pool, &heap);
    ship(&shipped, &pool, -1, 1);
    ship(&shipped, &pool, 5 * SHIPPED_WINDOW_MS, 1);
    ship(&shipped, &pool, 5 * SHIPPED_WINDOW_MS + 1, 1);
    ship(&shipped, &pool, 7 * SHIPPED_WINDOW_MS, 1);
    print_minutes(&shipped, false, windows, sizeof(windows));
    assert_string_equal(windows, "-1 5 7");
    shipped_checkpointed(&shipped);
    print_minutes(&shipped, false, windows, sizeof(windows));
    assert_string_equal(windows, "");
    ship(&shipped, &pool, 7 * SHIPPED_WINDOW_MS, 1);
    ship(&shipped, &pool, 6 * SHIPPED_WINDOW_MS, 1);
    shipped_free(&shipped, 5 * SHIPPED_WINDOW_MS);
    print_minutes(&shipped, false, windows, sizeof(windows));
    assert_string_equal(windows, "-1x 5 6 7");
    print_minutes(&shipped, true, windows, sizeof(windows));
    assert_string_equal(windows, "-1x 5 6 7");
    shipped_free(&shipped, 6 * SHIPPED_WINDOW_MS);
    print_minutes(&shipped, false, windows, sizeof(windows));
    assert_string_equal(windows, "-1x 5x 7"); /* nobody ever wrote window 6 */
    shipped_checkpointed(&shipped);
    print_minutes(&shipped, true, windows, sizeof(windows));
    assert_string_equal(windows, "7");
    pool_done(&pool);
}

static void test_it_counts_right_however_long_it_goes(void **state)
{
    (void)state;
    struct heap heap;
    struct pool pool;
    struct shipped shipped;
    struct random random = random_from(7);
    int64_t expected = 0;
    static int64_t plain[4000]; /* quantity by time of closing */
    int64_t counted = -1;
    setup(&shipped, &pool, &heap);
    for (int i = 0; i < 20000; i++) {
        int64_t at_ms = i / 6 + random_below(&random, 50);
        if (at_ms > counted) {
            int64_t quantity = 1 + random_below(&random, 5);
            ship(&shipped, &pool, at_ms, quantity);
            plain[at_ms] += quantity;
            expected += quantity;
        }
        if (random_below(&random, 200) == 0) {
            int64_t freed = 0;
            for (int64_t until = i / 6; counted < until; counted++) {
                freed += plain[counted + 1];
            }
            assert_int_equal(shipped_free(&shipped, counted), freed);
            expected -= freed;
        }
        if (random_below(&random, 500) == 0) {
            shipped_checkpointed(&shipped);
        }
        assert_int_equal(shipped_quantity(&shipped), expected);
    }
    pool_done(&pool);
    assert_int_equal(heap.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_closed_up_to_the_count_is_free),
        cmocka_unit_test(test_only_minutes_that_changed_are_written),
        cmocka_unit_test(test_it_counts_right_however_long_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
