/* The rules of the allocation, one by one. A story is a log: each fact with its verdict and the
 * changes that must come of it, in order. */
#include "book_story.h"

static struct restock restocks_4d_10[] = {{4 * DAY, 10}};
static struct restock restocks_12d_10[] = {{12 * DAY, 10}};

static struct sku_fact with_safety(struct sku_fact fact, int64_t safety_stock)
{
    fact.safety_stock = safety_stock;
    return fact;
}

/* ---- The acceptance stories, as the allocation sees them ------------------------------------- */

static void test_story_oversold_and_refunded(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
         {paid("A", "1", 1, 1, 10 * SECOND), "SOLD_OUT 0"},
         {paid("A", "2", 1, 1, 20 * SECOND), "UNFILLABLE 2/1 x1 e1 OVERSOLD a1 r1 #1+0"},
         {closed("A", "2", 1, CLOSE_REFUNDED, NULL, 10 * MINUTE),
          "CLOSED 2/1 x1 e1 OVERSOLD a1 r1 REFUNDED"});
}

static void test_story_waited_for_a_restock_and_shipped(void **state)
{
    (void)state;
    PLAY({with_restocks(level("A", "w1", 1, 0, 0), restocks_5d_10, 1), "SOLD_OUT 0"},
         {paid("A", "1", 1, 2, 10 * SECOND), "UNFILLABLE 1/1 x2 e1 OVERSOLD a0 r0 #1+0 @432000000"},
         {level("A", "w1", 2, 10, 4 * DAY), "RECOVERED 1/1 x2 e1 OVERSOLD a10 r2; AVAILABLE 8"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 4 * DAY + 6 * HOUR),
          "CLOSED 1/1 x2 e1 OVERSOLD a10 r2 SHIPPED"},
         {level("A", "w1", 3, 8, 4 * DAY + 7 * HOUR), ""});
}

static void test_story_a_better_and_a_worse_date(void **state)
{
    (void)state;
    PLAY({with_restocks(level("A", "w1", 1, 0, 0), restocks_5d_10, 1), "SOLD_OUT 0"},
         {paid("A", "1", 1, 1, 10 * SECOND), "UNFILLABLE 1/1 x1 e1 OVERSOLD a0 r0 #1+0 @432000000"},
         {with_restocks(level("A", "w1", 2, 0, 2 * DAY), restocks_4d_10, 1),
          "ETA_CHANGED 1/1 x1 e1 OVERSOLD a0 r0 #1+0 @345600000"},
         {with_restocks(level("A", "w1", 3, 0, 3 * DAY), restocks_12d_10, 1),
          "ETA_CHANGED 1/1 x1 e1 OVERSOLD a0 r0 #1+0 @1036800000"},
         {level("A", "w1", 4, 0, 4 * DAY), "ETA_CHANGED 1/1 x1 e1 OVERSOLD a0 r0 #1+0"});
}

static void test_story_small_lines_overtake_a_large_one(void **state)
{
    (void)state;
    PLAY(
        {level("A", "w1", 1, 3, 0), "AVAILABLE 3"},
        {paid("A", "1", 1, 5, 10 * SECOND), "UNFILLABLE 1/1 x5 e1 OVERSOLD a3 r0 #1+0; SOLD_OUT 0"},
        {paid("A", "2", 1, 2, 20 * SECOND), ""},
        {paid("A", "3", 1, 2, 30 * SECOND), "UNFILLABLE 3/1 x2 e1 OVERSOLD a3 r2 #2+5"},
        {level("A", "w1", 2, 4, MINUTE), "RECOVERED 3/1 x2 e1 OVERSOLD a4 r4"},
        {level("A", "w1", 3, 9, 3 * MINUTE), "RECOVERED 1/1 x5 e1 OVERSOLD a9 r9"});
}

static void test_story_two_lines_of_one_sku_are_two_lines(void **state)
{
    (void)state;
    PLAY(
        {level("A", "w1", 1, 5, 0), "AVAILABLE 5"}, {paid("A", "1", 1, 3, 10 * SECOND), ""},
        {paid("A", "1", 2, 3, 10 * SECOND), "UNFILLABLE 1/2 x3 e1 OVERSOLD a5 r3 #1+0; SOLD_OUT 0"},
        {paid("A", "1", 1, 3, 10 * SECOND), "", BOOK_DUPLICATE},
        {paid("A", "1", 2, 3, 10 * SECOND), "", BOOK_DUPLICATE},
        {level("A", "w1", 2, 6, 5 * MINUTE), "RECOVERED 1/2 x3 e1 OVERSOLD a6 r6"});
}

static void test_story_back_in_stock_within_the_grace(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 0, 0), "SOLD_OUT 0"},
         {paid("A", "1", 1, 1, 10 * SECOND), "UNFILLABLE 1/1 x1 e1 OVERSOLD a0 r0 #1+0"},
         {level("A", "w1", 2, 5, 90 * SECOND), "RECOVERED 1/1 x1 e1 OVERSOLD a5 r1; AVAILABLE 4"});
}

/* ---- Levels ---------------------------------------------------------------------------------- */

static void test_before_the_first_level_nothing_is_said(void **state)
{
    (void)state;
    PLAY({paid("A", "1", 1, 2, 1), ""}, {paid("A", "2", 1, 2, 2), ""},
         {paid("A", "3", 1, 1, 3), ""},
         {level("A", "w1", 1, 3, 4), "UNFILLABLE 2/1 x2 e1 OVERSOLD a3 r3 #1+0; SOLD_OUT 0"});
}

static void test_the_newest_lines_lose_their_cover_first(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 6, 0), "AVAILABLE 6"}, {paid("A", "1", 1, 2, 1), ""},
         {paid("A", "2", 1, 2, 2), ""}, {paid("A", "3", 1, 1, 3), ""},
         {level("A", "w1", 2, 2, 4), "UNFILLABLE 2/1 x2 e1 COUNT_FELL a2 r2 #1+0; "
                                     "UNFILLABLE 3/1 x1 e1 COUNT_FELL a2 r2 #2+2; SOLD_OUT 0"});
}

/* The newest line is uncovered first, then fits into what the next one frees. */
static void test_a_line_covered_again_by_the_same_fact_is_no_change(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 6, 0), "AVAILABLE 6"}, {paid("A", "1", 1, 4, 1), ""},
         {paid("A", "2", 1, 1, 2), ""},
         {level("A", "w1", 2, 3, 3), "UNFILLABLE 1/1 x4 e1 COUNT_FELL a3 r1 #1+0; SOLD_OUT 0"});
}

static void test_levels_of_warehouses_add_up_and_below_zero_counts_as_zero(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, -5, 0), "SOLD_OUT 0"}, {level("A", "w2", 1, 2, 0), "AVAILABLE 2"},
         {with_safety(level("A", "w3", 1, 4, 0), 3), "AVAILABLE 3"},
         {paid("A", "1", 1, 6, 1), "SOLD_OUT 0"});
}

static void test_safety_stock_lowers_the_listing_only(void **state)
{
    (void)state;
    PLAY({with_safety(level("A", "w1", 1, 5, 0), 3), "AVAILABLE 2"},
         {paid("A", "1", 1, 4, 1), "SOLD_OUT 0"}, {paid("A", "2", 1, 1, 2), ""});
}

static void test_levels_are_known_by_their_version(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 5, 3, 10), "AVAILABLE 3"},
         {level("A", "w1", 5, 3, 10), "", BOOK_DUPLICATE},
         {level("A", "w1", 5, 4, 10), "", BOOK_CONFLICT},
         {level("A", "w1", 5, 3, 11), "", BOOK_CONFLICT},
         {with_restocks(level("A", "w1", 5, 3, 10), restocks_5d_10, 1), "", BOOK_CONFLICT},
         {level("A", "w1", 4, 9, 12), "", BOOK_OUTDATED},
         {level("A", "w2", 4, 1, 12), "AVAILABLE 4"}, {level("A", "w1", 6, 4, 10), "AVAILABLE 5"});
}

static void test_a_level_that_changes_the_quantity_is_told_a_sale_is_not(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 9, 0), "AVAILABLE 9"}, {paid("A", "1", 1, 2, 1), ""},
         {level("A", "w1", 2, 9, 2), "AVAILABLE 7"}, {level("A", "w1", 3, 9, 3), ""});
}

/* ---- Closings -------------------------------------------------------------------------------- */

static void test_shipped_goods_count_until_their_warehouse_counts(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 3, 0), "AVAILABLE 3"}, {level("A", "w2", 1, 0, 0), ""},
         {paid("A", "1", 1, 3, 1), "SOLD_OUT 0"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 10), ""},
         {paid("A", "2", 1, 1, 11), "UNFILLABLE 2/1 x1 e1 OVERSOLD a3 r3 #1+0"},
         {level("A", "w2", 2, 0, 20), ""}, {level("A", "w1", 2, 3, 9), ""},
         {level("A", "w1", 3, 1, 10), "RECOVERED 2/1 x1 e1 OVERSOLD a1 r1"});
}

static void test_goods_shipped_from_nowhere_count_until_all_have_counted(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 3, 0), "AVAILABLE 3"}, {level("A", "w2", 1, 0, 0), ""},
         {paid("A", "1", 1, 3, 1), "SOLD_OUT 0"},
         {closed("A", "1", 1, CLOSE_SHIPPED, NULL, 10), ""}, {level("A", "w1", 2, 0, 11), ""},
         {level("A", "w1", 3, 3, 12), ""}, {level("A", "w2", 2, 1, 11), "AVAILABLE 4"});
}

static void test_goods_shipped_from_a_warehouse_without_level_wait_for_all(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 3, 0), "AVAILABLE 3"}, {paid("A", "1", 1, 3, 1), "SOLD_OUT 0"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w9", 10), ""},
         {level("A", "w1", 2, 3, 11), "AVAILABLE 3"});
}

static void test_goods_shipped_before_the_last_count_are_free_at_once(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 3, 20), "AVAILABLE 3"}, {paid("A", "1", 1, 3, 21), "SOLD_OUT 0"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 20), "AVAILABLE 3"});
}

static void test_goods_shipped_before_the_first_level_follow_the_same_rule(void **state)
{
    (void)state;
    PLAY({paid("A", "1", 1, 2, 1), ""}, {paid("A", "2", 1, 1, 1), ""},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 10), ""},
         {level("A", "w1", 1, 2, 9), "UNFILLABLE 2/1 x1 e1 OVERSOLD a2 r2 #1+0; SOLD_OUT 0"},
         {level("A", "w1", 2, 1, 10), "RECOVERED 2/1 x1 e1 OVERSOLD a1 r1"});
}

static void test_cancelled_goods_are_free_at_once(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 2, 0), "AVAILABLE 2"}, {paid("A", "1", 1, 2, 1), "SOLD_OUT 0"},
         {paid("A", "2", 1, 1, 2), "UNFILLABLE 2/1 x1 e1 OVERSOLD a2 r2 #1+0"},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 3),
          "RECOVERED 2/1 x1 e1 OVERSOLD a2 r1; AVAILABLE 1"});
}

static void test_a_short_line_that_ships_was_not_counted(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
         {paid("A", "1", 1, 2, 1), "UNFILLABLE 1/1 x2 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 2),
          "CLOSED 1/1 x2 e1 OVERSOLD a1 r0 SHIPPED; AVAILABLE 1"});
}

static void test_a_closing_before_its_paid_line_drops_it(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 5), ""},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 5), "", BOOK_DUPLICATE},
         {paid("A", "1", 1, 1, 1), ""}, {paid("A", "1", 1, 1, 1), "", BOOK_DUPLICATE},
         {paid("A", "1", 2, 1, 1), "SOLD_OUT 0"});
}

static void test_of_two_closings_only_goods_that_left_after_all_are_news(void **state)
{
    (void)state;
    static const enum close_reason reasons[] = {CLOSE_SHIPPED, CLOSE_CANCELLED, CLOSE_REFUNDED,
                                                CLOSE_SUBSTITUTED};
    for (size_t first = 0; first < 4; first++) {
        for (size_t second = 0; second < 4; second++) {
            bool news = reasons[second] == CLOSE_SHIPPED && reasons[first] != CLOSE_SHIPPED;
            char told[80];
            snprintf(told, sizeof(told), "CLOSED 1/1 x2 e1 OVERSOLD a1 r1 %s",
                     reason_names[reasons[first]]);
            PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
                 {paid("A", "1", 1, 2, 1), "UNFILLABLE 1/1 x2 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
                 {paid("A", "2", 1, 1, 1), ""},
                 {closed("A", "1", 1, reasons[first], NULL, 2), told},
                 {closed("A", "1", 1, reasons[second], NULL, 3),
                  news ? "CLOSED 1/1 x2 e1 OVERSOLD a1 r1 SHIPPED" : "",
                  news ? BOOK_APPLIED : BOOK_DUPLICATE},
                 {closed("A", "1", 1, reasons[second], NULL, 3), "", BOOK_DUPLICATE},
                 {closed("A", "2", 1, reasons[first], NULL, 4),
                  reasons[first] == CLOSE_SHIPPED ? "" : "AVAILABLE 1"},
                 {closed("A", "2", 1, reasons[second], NULL, 5), "", BOOK_DUPLICATE});
        }
    }
}

/* ---- Identity -------------------------------------------------------------------------------- */

static void test_a_paid_line_with_other_content_is_a_conflict_while_open(void **state)
{
    (void)state;
    struct sku_fact other_facts = paid("A", "1", 1, 2, 1);
    other_facts.order_facts = TEXT("other");
    PLAY({paid("A", "1", 1, 2, 1), ""}, {paid("A", "1", 1, 3, 1), "", BOOK_CONFLICT},
         {paid("A", "1", 1, 2, 2), "", BOOK_CONFLICT}, {other_facts, "", BOOK_CONFLICT},
         {paid("B", "1", 1, 3, 1), ""}, {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 3), ""},
         {other_facts, "", BOOK_DUPLICATE});
}

static bool facts_begin_alike(void *context, struct text a, struct text b)
{
    (*(int *)context)++;
    return a.data[0] == b.data[0];
}

static void test_other_bytes_that_say_the_same_are_a_duplicate(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    struct sku_fact facts[] = {paid("A", "1", 1, 1, 1), paid("A", "1", 1, 1, 1),
                               paid("A", "1", 1, 1, 1), paid("A", "1", 1, 1, 1),
                               paid("A", "1", 1, 2, 1)};
    static const enum book_verdict verdicts[] = {BOOK_APPLIED, BOOK_DUPLICATE, BOOK_DUPLICATE,
                                                 BOOK_CONFLICT, BOOK_CONFLICT};
    int asked = 0;
    facts[0].order_facts = facts[1].order_facts = TEXT("first");
    facts[2].order_facts = TEXT("f");
    facts[3].order_facts = TEXT("other");
    facts[4].order_facts = TEXT("f");
    book_set_same_facts(book, facts_begin_alike, &asked);
    for (int i = 0; i < 5; i++) {
        assert_true(book_reserve(book, &facts[i]));
        assert_int_equal(book_apply(book, &facts[i], i, 0), verdicts[i]);
        struct book_change change;
        while (book_next_change(book, &change)) {
        }
    }
    assert_int_equal(asked, 2); /* where the bytes, or more than the facts, differ nobody asks */
    drop_book(book, &heap);
}

static void test_a_closed_line_is_remembered_for_14_days_of_log_time(void **state)
{
    (void)state;
    PLAY({paid("A", "1", 1, 1, 1000), ""}, {paid("A", "2", 1, 1, 2000), ""},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 3000), ""},
         {paid("A", "1", 1, 1, 1000), "", BOOK_DUPLICATE, 3000 + BOOK_REMEMBER_MS},
         {paid("A", "1", 1, 1, 1000), "", BOOK_TOO_OLD, 3001 + BOOK_REMEMBER_MS},
         {paid("A", "3", 1, 1, 1000), "", BOOK_TOO_OLD}, {paid("A", "3", 1, 1, 1001), ""},
         {paid("B", "3", 1, 1, 1000), ""}, {paid("A", "2", 1, 1, 2000), "", BOOK_DUPLICATE});
}

static void test_a_line_that_was_short_is_remembered_for_90_days_of_log_time(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 0, 0), "SOLD_OUT 0"},
         {paid("A", "1", 1, 1, 1000), "UNFILLABLE 1/1 x1 e1 OVERSOLD a0 r0 #1+0"},
         {closed("A", "1", 1, CLOSE_REFUNDED, NULL, 3000),
          "CLOSED 1/1 x1 e1 OVERSOLD a0 r0 REFUNDED"},
         {closed("A", "1", 1, CLOSE_REFUNDED, NULL, 3000), "", BOOK_DUPLICATE,
          3000 + BOOK_REMEMBER_MS},
         {closed("A", "1", 1, CLOSE_SHIPPED, NULL, 80 * DAY),
          "CLOSED 1/1 x1 e1 OVERSOLD a0 r0 SHIPPED", BOOK_APPLIED, 80 * DAY},
         {paid("A", "1", 1, 1, 1000), "", BOOK_DUPLICATE, 3000 + BOOK_REMEMBER_SHORT_MS},
         {paid("A", "1", 1, 1, 1000), "", BOOK_TOO_OLD, 3001 + BOOK_REMEMBER_SHORT_MS});
}

static void test_a_closing_without_paid_line_still_guards_when_forgotten(void **state)
{
    (void)state;
    PLAY({closed("A", "1", 1, CLOSE_CANCELLED, NULL, 3000), ""},
         {paid("A", "1", 1, 1, 2000), "", BOOK_TOO_OLD, 3001 + BOOK_REMEMBER_MS},
         {paid("A", "2", 1, 1, 3001), ""});
}

static void test_old_open_orders_are_welcome_in_a_first_load(void **state)
{
    (void)state;
    PLAY({paid("A", "1", 1, 1, 50 * DAY), "", BOOK_APPLIED, 100 * DAY},
         {closed("A", "1", 1, CLOSE_SHIPPED, NULL, 60 * DAY), ""},
         {paid("A", "2", 1, 1, 40 * DAY), ""}, {level("A", "w1", 1, 5, 100 * DAY), "AVAILABLE 4"});
}

static void test_what_no_sequencer_writes_is_malformed(void **state)
{
    (void)state;
    char long_id[66];
    memset(long_id, 'x', 65);
    long_id[65] = '\0';
    struct sku_fact no_reason = closed("A", "1", 1, CLOSE_UNKNOWN, NULL, 1);
    struct sku_fact unknown = paid("A", "1", 1, 1, 1);
    unknown.kind = FACT_UNKNOWN;
    PLAY({paid("", "1", 1, 1, 1), "", BOOK_MALFORMED}, {paid("A", "", 1, 1, 1), "", BOOK_MALFORMED},
         {paid("A", "1", 0, 1, 1), "", BOOK_MALFORMED},
         {paid("A", "1", 1, 0, 1), "", BOOK_MALFORMED},
         {paid("A", "1", 1, INT64_C(1) << 31, 1), "", BOOK_MALFORMED},
         {paid(long_id, "1", 1, 1, 1), "", BOOK_MALFORMED},
         {paid("A", long_id, 1, 1, 1), "", BOOK_MALFORMED},
         {paid("A", "1", 1, 1, INT64_MAX), "", BOOK_MALFORMED},
         {level("A", "", 1, 1, 1), "", BOOK_MALFORMED},
         {level("A", long_id, 1, 1, 1), "", BOOK_MALFORMED},
         {level("A", "w1", 1, INT64_MIN, 1), "", BOOK_MALFORMED},
         {level("A", "w1", 1, AMOUNT_MAX, 1), "", BOOK_MALFORMED}, {no_reason, "", BOOK_MALFORMED},
         {report("A", "", "1", 1, 1), "", BOOK_MALFORMED},
         {report("A", "r", "", 1, 1), "", BOOK_MALFORMED},
         {report("A", "r", "1", -1, 1), "", BOOK_MALFORMED}, {unknown, "", BOOK_MALFORMED},
         {paid("A", "1", 1, 1, 1), ""});
}

/* ---- Reports --------------------------------------------------------------------------------- */

static void test_a_reported_line_waits_for_a_later_count(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 5, 10), "AVAILABLE 5"}, {paid("A", "1", 1, 1, 11), ""},
         {paid("A", "2", 1, 1, 12), ""},
         {report("A", "r1", "1", 1, 20), "UNFILLABLE 1/1 x1 e1 REPORTED a5 r1 #1+0; SOLD_OUT 0"},
         {report("A", "r1", "1", 1, 20), "", BOOK_DUPLICATE}, {level("A", "w1", 2, 5, 20), ""},
         {level("A", "w2", 1, 1, 21), "RECOVERED 1/1 x1 e1 REPORTED a6 r2; AVAILABLE 4"},
         {report("A", "r1", "1", 1, 20), "", BOOK_OUTDATED});
}

static void test_a_report_without_line_means_all_lines_of_the_order(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 5, 0), "AVAILABLE 5"}, {paid("A", "1", 1, 1, 1), ""},
         {paid("A", "1", 2, 2, 1), ""}, {paid("A", "2", 1, 1, 1), ""},
         {report("A", "r1", "1", 0, 2), "UNFILLABLE 1/1 x1 e1 REPORTED a5 r1 #1+0; "
                                        "UNFILLABLE 1/2 x2 e1 REPORTED a5 r1 #2+1; SOLD_OUT 0"});
}

static void test_a_report_of_no_open_line_has_no_effect(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 5, 0), "AVAILABLE 5"}, {report("A", "r1", "1", 1, 2), ""},
         {paid("A", "1", 1, 1, 1), ""}, {report("A", "r1", "1", 1, 2), "", BOOK_DUPLICATE},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 3), ""}, {report("A", "r2", "1", 1, 4), ""});
}

static void test_a_report_of_a_short_line_blocks_it_in_silence(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
         {paid("A", "1", 1, 2, 1), "UNFILLABLE 1/1 x2 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
         {report("A", "r1", "1", 1, 5), ""}, {level("A", "w1", 2, 2, 4), ""},
         {level("A", "w1", 3, 2, 6), "RECOVERED 1/1 x2 e1 OVERSOLD a2 r2"});
}

static void test_a_report_frees_the_goods_for_others(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"}, {paid("A", "1", 1, 1, 1), "SOLD_OUT 0"},
         {paid("A", "2", 1, 1, 2), "UNFILLABLE 2/1 x1 e1 OVERSOLD a1 r1 #1+0"},
         {report("A", "r1", "1", 1, 5),
          "UNFILLABLE 1/1 x1 e1 REPORTED a1 r1 #1+0; RECOVERED 2/1 x1 e1 OVERSOLD a1 r1"});
}

static void test_a_report_before_the_first_level_is_told(void **state)
{
    (void)state;
    PLAY({paid("A", "1", 1, 1, 1), ""}, {paid("A", "2", 1, 1, 1), ""},
         {report("A", "r1", "1", 1, 5), "UNFILLABLE 1/1 x1 e1 REPORTED a0 r1 #1+0; SOLD_OUT 0"},
         {level("A", "w1", 1, 3, 4), "SOLD_OUT 0"},
         {level("A", "w1", 2, 3, 6), "RECOVERED 1/1 x1 e1 REPORTED a3 r2; AVAILABLE 1"});
}

static void test_a_line_becomes_short_again_in_a_new_episode(void **state)
{
    (void)state;
    PLAY({level("A", "w1", 1, 1, 0), "AVAILABLE 1"}, {paid("A", "1", 1, 1, 1), "SOLD_OUT 0"},
         {level("A", "w1", 2, 0, 2), "UNFILLABLE 1/1 x1 e1 COUNT_FELL a0 r0 #1+0"},
         {level("A", "w1", 3, 1, 3), "RECOVERED 1/1 x1 e1 COUNT_FELL a1 r1"},
         {report("A", "r1", "1", 0, 4), "UNFILLABLE 1/1 x1 e2 REPORTED a1 r0 #1+0"},
         {level("A", "w1", 4, 1, 5), "RECOVERED 1/1 x1 e2 REPORTED a1 r1"},
         {closed("A", "1", 1, CLOSE_SHIPPED, "w1", 6), "CLOSED 1/1 x1 e2 REPORTED a1 r1 SHIPPED"});
}

/* ---- Expected dates -------------------------------------------------------------------------- */

static void test_dates_follow_what_is_ahead_in_the_queue(void **state)
{
    (void)state;
    static struct restock restocks[] = {{300, 2}, {100, 1}, {300, 1}, {200, 0}};
    PLAY({with_restocks(level("A", "w1", 1, 0, 0), restocks, 4), "SOLD_OUT 0"},
         {paid("A", "1", 1, 1, 1), "UNFILLABLE 1/1 x1 e1 OVERSOLD a0 r0 #1+0 @100"},
         {paid("A", "2", 1, 2, 2), "UNFILLABLE 2/1 x2 e1 OVERSOLD a0 r0 #2+1 @300"},
         {paid("A", "3", 1, 2, 3), "UNFILLABLE 3/1 x2 e1 OVERSOLD a0 r0 #3+3"},
         {closed("A", "1", 1, CLOSE_CANCELLED, NULL, 4),
          "ETA_CHANGED 3/1 x2 e1 OVERSOLD a0 r0 #2+2 @300; "
          "CLOSED 1/1 x1 e1 OVERSOLD a0 r0 CANCELLED"},
         {level("A", "w1", 2, 2, 5),
          "RECOVERED 2/1 x2 e1 OVERSOLD a2 r2; ETA_CHANGED 3/1 x2 e1 OVERSOLD a2 r2 #1+0"});
}

static void test_restocks_of_all_warehouses_count_and_so_does_what_is_free(void **state)
{
    (void)state;
    static struct restock first[] = {{100, 1}};
    static struct restock second[] = {{50, 1}};
    PLAY({with_restocks(level("A", "w1", 1, 1, 0), first, 1), "AVAILABLE 1"},
         {paid("A", "1", 1, 3, 1), "UNFILLABLE 1/1 x3 e1 OVERSOLD a1 r0 #1+0; SOLD_OUT 0"},
         {with_restocks(level("A", "w2", 1, 0, 2), second, 1),
          "ETA_CHANGED 1/1 x3 e1 OVERSOLD a1 r0 #1+0 @100"},
         {paid("A", "2", 1, 1, 3), "ETA_CHANGED 1/1 x3 e1 OVERSOLD a1 r1 #1+0"});
}

/* ---- The book -------------------------------------------------------------------------------- */

static void test_counts_say_what_is_there(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    struct step steps[] = {
        {level("A", "w1", 1, 1, 0), "AVAILABLE 1"},
        {paid("A", "1", 1, 1, 1), "SOLD_OUT 0"},
        {paid("A", "2", 1, 1, 2), "UNFILLABLE 2/1 x1 e1 OVERSOLD a1 r1 #1+0"},
        {paid("B", "2", 1, 1, 2), ""},
        {closed("B", "2", 1, CLOSE_CANCELLED, NULL, 3), ""},
    };
    play_on(book, &revision, steps, 5);
    struct book_count count = book_count(book);
    assert_int_equal(count.skus, 2);
    assert_int_equal(count.open_lines, 2);
    assert_int_equal(count.short_lines, 1);
    assert_int_equal(count.remembered, 1);
    drop_book(book, &heap);
}

static void test_the_orders_facts_come_back_as_they_were_paid(void **state)
{
    (void)state;
    struct heap heap;
    struct book *book = new_book(&heap);
    struct sku_fact facts[] = {level("A", "w1", 7, 0, 0), paid("A", "1", 1, 1, 1)};
    facts[1].order_facts = (struct text){"\0\1\2", 3};
    struct book_change change;
    for (int i = 0; i < 2; i++) {
        assert_true(book_reserve(book, &facts[i]));
        assert_int_equal(book_apply(book, &facts[i], 100 + i, 0), BOOK_APPLIED);
        assert_true(book_next_change(book, &change));
        if (i == 0) {
            assert_false(book_next_change(book, &change));
        }
    }
    assert_int_equal(change.order_facts.size, 3);
    assert_memory_equal(change.order_facts.data, "\0\1\2", 3);
    assert_int_equal(change.shortage.revision, 101);
    assert_int_equal(change.shortage.stock_version, 7);
    assert_int_equal(change.shortage.at_ms, 1);
    assert_false(book_next_change(book, &change));
    drop_book(book, &heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_story_oversold_and_refunded),
        cmocka_unit_test(test_story_waited_for_a_restock_and_shipped),
        cmocka_unit_test(test_story_a_better_and_a_worse_date),
        cmocka_unit_test(test_story_small_lines_overtake_a_large_one),
        cmocka_unit_test(test_story_two_lines_of_one_sku_are_two_lines),
        cmocka_unit_test(test_story_back_in_stock_within_the_grace),
        cmocka_unit_test(test_before_the_first_level_nothing_is_said),
        cmocka_unit_test(test_the_newest_lines_lose_their_cover_first),
        cmocka_unit_test(test_a_line_covered_again_by_the_same_fact_is_no_change),
        cmocka_unit_test(test_levels_of_warehouses_add_up_and_below_zero_counts_as_zero),
        cmocka_unit_test(test_safety_stock_lowers_the_listing_only),
        cmocka_unit_test(test_levels_are_known_by_their_version),
        cmocka_unit_test(test_a_level_that_changes_the_quantity_is_told_a_sale_is_not),
        cmocka_unit_test(test_shipped_goods_count_until_their_warehouse_counts),
        cmocka_unit_test(test_goods_shipped_from_nowhere_count_until_all_have_counted),
        cmocka_unit_test(test_goods_shipped_from_a_warehouse_without_level_wait_for_all),
        cmocka_unit_test(test_goods_shipped_before_the_last_count_are_free_at_once),
        cmocka_unit_test(test_goods_shipped_before_the_first_level_follow_the_same_rule),
        cmocka_unit_test(test_cancelled_goods_are_free_at_once),
        cmocka_unit_test(test_a_short_line_that_ships_was_not_counted),
        cmocka_unit_test(test_a_closing_before_its_paid_line_drops_it),
        cmocka_unit_test(test_of_two_closings_only_goods_that_left_after_all_are_news),
        cmocka_unit_test(test_a_paid_line_with_other_content_is_a_conflict_while_open),
        cmocka_unit_test(test_other_bytes_that_say_the_same_are_a_duplicate),
        cmocka_unit_test(test_a_closed_line_is_remembered_for_14_days_of_log_time),
        cmocka_unit_test(test_a_line_that_was_short_is_remembered_for_90_days_of_log_time),
        cmocka_unit_test(test_a_closing_without_paid_line_still_guards_when_forgotten),
        cmocka_unit_test(test_old_open_orders_are_welcome_in_a_first_load),
        cmocka_unit_test(test_what_no_sequencer_writes_is_malformed),
        cmocka_unit_test(test_a_reported_line_waits_for_a_later_count),
        cmocka_unit_test(test_a_report_without_line_means_all_lines_of_the_order),
        cmocka_unit_test(test_a_report_of_no_open_line_has_no_effect),
        cmocka_unit_test(test_a_report_of_a_short_line_blocks_it_in_silence),
        cmocka_unit_test(test_a_report_frees_the_goods_for_others),
        cmocka_unit_test(test_a_report_before_the_first_level_is_told),
        cmocka_unit_test(test_a_line_becomes_short_again_in_a_new_episode),
        cmocka_unit_test(test_dates_follow_what_is_ahead_in_the_queue),
        cmocka_unit_test(test_restocks_of_all_warehouses_count_and_so_does_what_is_free),
        cmocka_unit_test(test_counts_say_what_is_there),
        cmocka_unit_test(test_the_orders_facts_come_back_as_they_were_paid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
