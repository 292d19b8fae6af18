/* What holds for every log, tried on random ones: the book says exactly what the plain model says,
 * repeats change nothing, and a book that went through its state says the same ever after.
 * SHORTFALL_LONG=1 tries many more. */
#include "book_log.h"
#include "book_model.h"

enum {
    LOGS = 24000,
    LOGS_LARGE = 60,
    LONG = 50, /* times as many with SHORTFALL_LONG */
};

/* ---- Playing them ---------------------------------------------------------------------------- */

static enum book_verdict feed(struct book *book, const struct record *record, int64_t revision,
                              char *told, size_t size)
{
    size_t used = 0;
    told[0] = '\0';
    assert_true(book_reserve(book, &record->fact));
    enum book_verdict verdict = book_apply(book, &record->fact, revision, record->log_ms);
    struct book_change change;
    while (book_next_change(book, &change)) {
        if (change.kind == BOOK_CHANGE_SHORTAGE) {
            assert_int_equal(change.shortage.revision, revision);
            bool flip = record->fact.kind == FACT_RULES;
            assert_true(flip || text_equal(change.shortage.sku, record->fact.sku));
            assert_true(flip || change.shortage.at_ms == record->fact.at_ms);
        }
        used += (size_t)snprintf(told + used, size - used, "%s", used ? "; " : "");
        used += (size_t)print_change(told + used, size - used, &change);
    }
    return verdict;
}

static void expect_same(uint64_t seed, int fact, enum book_verdict verdict, const char *told,
                        enum book_verdict expected, const char *expected_told)
{
    if (verdict != expected || strcmp(told, expected_told) != 0) {
        fail_msg("log %" PRIu64 ", fact %d: verdict %d, \"%s\" instead of %d, \"%s\"", seed, fact,
                 verdict, told, expected, expected_told);
    }
}

static uint64_t logs_to_try(uint64_t count)
{
    return getenv("SHORTFALL_LONG") ? count * LONG : count;
}

static void hold_against_the_model(uint64_t seed, const struct log_shape *shape)
{
    static struct log log;
    static struct model model;
    random_log(seed, shape, &log);
    model_reset(&model);
    struct heap heap;
    struct book *book = new_book(&heap);
    for (int i = 0; i < log.count; i++) {
        static char told[MODEL_TOLD];
        enum book_verdict verdict = feed(book, &log.records[i], i + 1, told, sizeof(told));
        enum book_verdict expected =
            model_apply(&model, &log.records[i].fact, log.records[i].log_ms);
        expect_same(seed, i, verdict, told, expected, model.told);
        model_check(&model);
    }
    drop_book(book, &heap);
}

static void test_the_book_says_what_the_plain_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS); seed++) {
        hold_against_the_model(seed, &LOG_SMALL);
    }
}

static void test_so_it_does_with_many_open_lines(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS_LARGE); seed++) {
        hold_against_the_model(seed, &LOG_LARGE);
    }
}

/* Each fact three times, and at the end all of them again from the last to the first. */
static void test_repeats_change_nothing(void **state)
{
    (void)state;
    static struct log log;
    static char once[MODEL_TOLD];
    static char again[MODEL_TOLD];
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS / 4); seed++) {
        random_log(seed, &LOG_HONEST, &log);
        struct heap plain_heap;
        struct heap heap;
        struct book *plain = new_book(&plain_heap);
        struct book *book = new_book(&heap);
        int64_t revision = 0;
        for (int i = 0; i < log.count; i++) {
            enum book_verdict expected = feed(plain, &log.records[i], i + 1, once, sizeof(once));
            enum book_verdict verdict =
                feed(book, &log.records[i], ++revision, again, sizeof(again));
            expect_same(seed, i, verdict, again, expected, once);
            for (int repeat = 0; repeat < 2; repeat++) {
                verdict = feed(book, &log.records[i], ++revision, again, sizeof(again));
                expect_same(seed, i, BOOK_DUPLICATE, again, BOOK_DUPLICATE, "");
                assert_int_not_equal(verdict, BOOK_APPLIED);
            }
        }
        for (int i = log.count - 1; i >= 0; i--) {
            feed(book, &log.records[i], ++revision, again, sizeof(again));
            expect_same(seed, i, BOOK_DUPLICATE, again, BOOK_DUPLICATE, "");
        }
        drop_book(plain, &plain_heap);
        drop_book(book, &heap);
    }
}

/* Memory gives out now and then: the fact waits, and nothing else comes of it. */
static void test_a_refused_reservation_changes_nothing(void **state)
{
    (void)state;
    static struct log log;
    static char told[MODEL_TOLD];
    static char expected_told[MODEL_TOLD];
    for (uint64_t seed = 1; seed <= logs_to_try(LOGS / 20); seed++) {
        random_log(seed, &LOG_LARGE, &log);
        struct heap plain_heap;
        struct heap heap;
        struct book *plain = new_book(&plain_heap);
        struct book *book = new_book(&heap);
        for (int i = 0; i < log.count && i < 100; i++) {
            heap.allowed = heap.calls;
            for (int patience = 0; !book_reserve(book, &log.records[i].fact); patience++) {
                assert_true(patience < 20);
                heap.allowed++;
            }
            heap.allowed = heap.calls;
            enum book_verdict verdict = feed(book, &log.records[i], i + 1, told, sizeof(told));
            enum book_verdict expected =
                feed(plain, &log.records[i], i + 1, expected_told, sizeof(expected_told));
            expect_same(seed, i, verdict, told, expected, expected_told);
        }
        drop_book(plain, &plain_heap);
        drop_book(book, &heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_book_says_what_the_plain_model_says),
        cmocka_unit_test(test_so_it_does_with_many_open_lines),
        cmocka_unit_test(test_repeats_change_nothing),
        cmocka_unit_test(test_a_refused_reservation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
