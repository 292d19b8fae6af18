/* The versions of the rules of allocation, and what a change of them does. */
#include "book_story.h"

static void test_only_known_rules_are_taken(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    struct step steps[] = {
        {rules(1, 1), "", BOOK_DUPLICATE},
        {rules(BOOK_RULES_NEWEST + 1, 1), "", BOOK_NEW_RULES},
        {rules(0, 1), "", BOOK_MALFORMED},
        {rules(2, INT64_MAX), "", BOOK_MALFORMED, 1},
    };
    play_on(book, &revision, steps, 4);
    assert_int_equal(book_rules(book), 1);
    drop_book(book, &heap);
}

static void test_the_rules_of_a_repeated_fact_are_in_force_already(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    struct step steps[] = {
        {rules(2, 1), ""},
        {rules(2, 1), "", BOOK_DUPLICATE},
        {rules(2, 5), "", BOOK_DUPLICATE},
    };
    play_on(book, &revision, steps, 3);
    assert_int_equal(book_rules(book), 2);
    drop_book(book, &heap);
}

/* The story of the overtaken large line, under the rules 2. */
static void test_in_order_nobody_overtakes_a_large_line(void **state)
{
    (void)state;
    PLAY(
        {rules(2, 0), ""}, {level("A", "w1", 1, 3, 0), "AVAILABLE 3"},
        {paid("A", "1", 1, 5, 10 * SECOND), "UNFILLABLE 1/1 x5 e1 OVERSOLD a3 r0 #1+0; SOLD_OUT 0"},
        {paid("A", "2", 1, 2, 20 * SECOND), "UNFILLABLE 2/1 x2 e1 OVERSOLD a3 r0 #2+5"},
        {paid("A", "3", 1, 2, 30 * SECOND), "UNFILLABLE 3/1 x2 e1 OVERSOLD a3 r0 #3+7"},
        {level("A", "w1", 2, 4, MINUTE), ""},
        {level("A", "w1", 3, 7, 2 * MINUTE),
         "RECOVERED 1/1 x5 e1 OVERSOLD a7 r7; RECOVERED 2/1 x2 e1 OVERSOLD a7 r7"},
        {closed("A", "1", 1, CLOSE_CANCELLED, "", 3 * MINUTE),
         "RECOVERED 3/1 x2 e1 OVERSOLD a7 r4; CLOSED 1/1 x5 e1 OVERSOLD a7 r4 CANCELLED; "
         "AVAILABLE 3"});
}

/* Under the rules 1 the second order takes what the first one counted on, and moves its date. */
static void test_in_order_no_later_order_moves_a_date(void **state)
{
    (void)state;
    PLAY({with_restocks(level("A", "w1", 1, 2, 0), restocks_5d_10, 1), "AVAILABLE 2"},
         {paid("A", "1", 1, 12, 1),
          "UNFILLABLE 1/1 x12 e1 OVERSOLD a2 r0 #1+0 @432000000; SOLD_OUT 0"},
         {paid("A", "2", 1, 2, 2), "ETA_CHANGED 1/1 x12 e1 OVERSOLD a2 r2 #1+0"});
    PLAY({rules(2, 0), ""},
         {with_restocks(level("A", "w1", 1, 2, 0), restocks_5d_10, 1), "AVAILABLE 2"},
         {paid("A", "1", 1, 12, 1),
          "UNFILLABLE 1/1 x12 e1 OVERSOLD a2 r0 #1+0 @432000000; SOLD_OUT 0"},
         {paid("A", "2", 1, 2, 2), "UNFILLABLE 2/1 x2 e1 OVERSOLD a2 r0 #2+12"});
}

static void test_in_order_the_newest_lose_their_cover_and_do_not_jump_the_queue(void **state)
{
    (void)state;
    PLAY({rules(2, 0), ""}, {level("A", "w1", 1, 6, 0), "AVAILABLE 6"}, {paid("A", "1", 1, 4, 1)},
         {paid("A", "2", 1, 1, 2)},
         {level("A", "w1", 2, 3, 3), "UNFILLABLE 1/1 x4 e1 COUNT_FELL a3 r0 #1+0; "
                                     "UNFILLABLE 2/1 x1 e1 COUNT_FELL a3 r0 #2+4; SOLD_OUT 0"});
}

/* It waits for an answer, not for goods. */
static void test_in_order_a_blocked_line_holds_up_nobody(void **state)
{
    (void)state;
    PLAY({rules(2, 0), ""}, {level("A", "w1", 1, 3, 0), "AVAILABLE 3"}, {paid("A", "1", 1, 2, 1)},
         {report("A", "r1", "1", 1, 5), "UNFILLABLE 1/1 x2 e1 REPORTED a3 r0 #1+0; SOLD_OUT 0"},
         {paid("A", "2", 1, 2, 6), ""}, {level("A", "w1", 2, 3, 7), ""},
         {paid("A", "3", 1, 1, 8), "UNFILLABLE 3/1 x1 e1 OVERSOLD a3 r2 #2+2"});
}

/* One story, with two skus whose lines alternate: what each flip says, in the log's order. */
static void test_a_flip_settles_every_sku_and_takes_from_nobody(void **state)
{
    (void)state;
    PLAY({rules(2, 0), ""}, {level("B", "w1", 1, 2, 0), "AVAILABLE 2"},
         {with_restocks(level("A", "w1", 1, 3, 0), restocks_5d_10, 1), "AVAILABLE 3"},
         {level("C", "w1", 1, 1, 0), "AVAILABLE 1"}, {paid("C", "0", 1, 1, 1), "SOLD_OUT 0"},
         {paid("A", "1", 1, 13, 1),
          "UNFILLABLE 1/1 x13 e1 OVERSOLD a3 r0 #1+0 @432000000; SOLD_OUT 0"},
         {paid("B", "2", 1, 3, 2), "UNFILLABLE 2/1 x3 e1 OVERSOLD a2 r0 #1+0; SOLD_OUT 0"},
         {paid("B", "3", 1, 2, 3), "UNFILLABLE 3/1 x2 e1 OVERSOLD a2 r0 #2+3"},
         {paid("A", "4", 1, 1, 4), "UNFILLABLE 4/1 x1 e1 OVERSOLD a3 r0 #2+13"},
         {rules(1, 5), "ETA_CHANGED 1/1 x13 e1 OVERSOLD a3 r1 #1+0; "
                       "RECOVERED 4/1 x1 e1 OVERSOLD a3 r1; "
                       "RECOVERED 3/1 x2 e1 OVERSOLD a2 r2"},
         {rules(2, 6), ""}, {level("B", "w1", 2, 4, 7), ""},
         {paid("A", "5", 1, 1, 8), "UNFILLABLE 5/1 x1 e1 OVERSOLD a3 r1 #2+13"},
         {closed("A", "1", 1, CLOSE_CANCELLED, "", 9),
          "RECOVERED 5/1 x1 e1 OVERSOLD a3 r2; CLOSED 1/1 x13 e1 OVERSOLD a3 r2 CANCELLED; "
          "AVAILABLE 1"});
}

static void test_a_flip_moves_no_time(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    struct step steps[] = {
        {level("A", "w1", 1, 3, 1), "AVAILABLE 3"},
        {paid("A", "1", 1, 1, 2), ""},
        {closed("A", "1", 1, CLOSE_CANCELLED, "", 3), ""},
    };
    play_on(book, &revision, steps, 3);
    struct sku_fact flip = rules(2, 400 * DAY); /* of our clock, in a log of old records */
    assert_true(book_reserve(book, &flip));
    assert_int_equal(book_apply(book, &flip, ++revision, 0), BOOK_APPLIED);
    struct step again = {paid("A", "1", 1, 1, 2), "", BOOK_DUPLICATE};
    play_on(book, &revision, &again, 1);
    drop_book(book, &heap);
}

/* The log may go by the time of its records, of which the operator knows nothing. */
static void test_what_a_flip_changes_is_of_the_later_of_its_time_and_the_logs(void **state)
{
    (void)state;
    static const int64_t times[][2] = {{0, 9 * DAY}, {10 * DAY, 10 * DAY}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct heap heap;
        struct book *book = new_book(&heap);
        int64_t revision = 0;
        struct step steps[] = {
            {rules(2, 0), ""},
            {level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
            {paid("A", "1", 1, 2, 1), "UNFILLABLE 1/1 x2 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
            {paid("A", "2", 1, 1, 9 * DAY), "UNFILLABLE 2/1 x1 e1 OVERSOLD a1 r0 #2+2"},
        };
        play_on(book, &revision, steps, 4);
        struct sku_fact flip = rules(1, times[i][0]);
        struct book_change change;
        assert_true(book_reserve(book, &flip));
        assert_int_equal(book_apply(book, &flip, ++revision, 0), BOOK_APPLIED);
        assert_true(book_next_change(book, &change));
        assert_int_equal(change.shortage.kind, SHORTAGE_RECOVERED);
        assert_int_equal(change.shortage.at_ms, times[i][1]);
        assert_false(book_next_change(book, &change));
        drop_book(book, &heap);
    }
}

static void test_a_flip_counts_what_is_short(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    struct step steps[] = {
        {rules(2, 0), ""},
        {level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
        {paid("A", "1", 1, 2, 1), "UNFILLABLE 1/1 x2 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
        {paid("A", "2", 1, 1, 2), "UNFILLABLE 2/1 x1 e1 OVERSOLD a1 r0 #2+2"},
        {rules(1, 3), "RECOVERED 2/1 x1 e1 OVERSOLD a1 r1"},
    };
    play_on(book, &revision, steps, 4);
    assert_int_equal(book_count(book).short_lines, 2);
    play_on(book, &revision, steps + 4, 1);
    assert_int_equal(book_count(book).short_lines, 1);
    assert_int_equal(book_count(book).open_lines, 2);
    drop_book(book, &heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_known_rules_are_taken),
        cmocka_unit_test(test_the_rules_of_a_repeated_fact_are_in_force_already),
        cmocka_unit_test(test_in_order_nobody_overtakes_a_large_line),
        cmocka_unit_test(test_in_order_no_later_order_moves_a_date),
        cmocka_unit_test(test_in_order_the_newest_lose_their_cover_and_do_not_jump_the_queue),
        cmocka_unit_test(test_in_order_a_blocked_line_holds_up_nobody),
        cmocka_unit_test(test_a_flip_settles_every_sku_and_takes_from_nobody),
        cmocka_unit_test(test_a_flip_moves_no_time),
        cmocka_unit_test(test_what_a_flip_changes_is_of_the_later_of_its_time_and_the_logs),
        cmocka_unit_test(test_a_flip_counts_what_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
