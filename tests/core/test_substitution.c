/* Substitutes: only what was offered, and the buyer never pays more. */
#include "case_play.h"

static void test_an_equal_price_moves_no_money(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .substitutes = {{"B", 5900}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, SUBSTITUTE B=0, CANCEL=5900 by "
                     "+7d2m10s REFUND}",
                     "+1h plan 1 SHIP_SUBSTITUTE until +1d1h sku B x1 new 10001",
                     "+1h BUYER SUBSTITUTE_CONFIRMED {1} sku B expected +1d1h",
                     "+1h outcome 1 A SUBSTITUTED by 10001 B x1 paid 5900 ship_by +1d1h"},
        .final = {LINE_SUBSTITUTED},
    });
}

static void test_a_buyer_who_waits_may_take_what_the_notice_offered(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 5000}, {"C", 9000}},
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "D"},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .sku = "B"},
                 {"+2h", CHOOSE, .line = 0, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+3h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+4h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, SUBSTITUTE B=900, SUBSTITUTE C=0, "
                     "CANCEL=5900 expected +5d by +2d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS", "+2h refused NOT_OFFERED",
                     "+2h refused STALE_NOTICE", "+2h refused NO_SUCH_LINE",
                     "+3h refund 1 900 CNY SUBSTITUTE_DIFFERENCE attempt 1",
                     "+3h plan 1 SHIP_SUBSTITUTE until +1d3h sku B x1 new 10001",
                     "+3h BUYER SUBSTITUTE_CONFIRMED {1} amount 900 sku B expected +1d3h",
                     "+3h outcome 1 A SUBSTITUTED by 10001 B x1 paid 5000 ship_by +1d3h",
                     "+4h refused MONEY_IN_MOTION"},
        .final = {LINE_SUBSTITUTING},
    });
}

static void test_only_what_is_on_sale_in_that_quantity_is_offered(void **state)
{
    (void)state;
    static const struct {
        int64_t quantity; /* of the line; five of B are in stock */
        int64_t price;
        enum listing_state listing;
        bool offered;
    } rows[] = {
        {5, 1000, LISTING_AVAILABLE, true},       {6, 900, LISTING_AVAILABLE, false},
        {1, 1000, LISTING_SOLD_OUT, false},       {1, 0, LISTING_AVAILABLE, true},
        {1, -1, LISTING_AVAILABLE, false},        {5, AMOUNT_MAX, LISTING_AVAILABLE, false},
        {5, INT64_MAX, LISTING_AVAILABLE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct stage stage;
        stage_init(&stage, stage_taobao());
        stage_substitute(&stage, "B", rows[i].price, 5);
        stage.listings[0].status = rows[i].listing;
        stage_act(&stage, &(struct act){"+10s", SHORT, .quantity = rows[i].quantity});
        stage_watch(&stage, stage_time("+1h"));
        assert_int_equal(stage.lines[0].offered_count, rows[i].offered);
        assert_int_equal(stage_effects.notice_lines[0].choice_count, rows[i].offered ? 2 : 1);
    }
}

static void test_a_listing_without_a_quantity_or_none_is_not_offered(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_substitute(&stage, "B", 1000, 5);
    stage_substitute(&stage, "C", 1000, 5);
    stage_substitute(&stage, "A", 1000, 5); /* itself */
    stage.listings[0].quantity.set = false;
    stage.listings[1].sku = TEXT("another");
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_watch(&stage, stage_time("+1h"));
    assert_int_equal(stage.file.notice_count, 1);
    assert_int_equal(stage.lines[0].offered_count, 0);
}

static void test_a_substitute_that_is_short_in_turn_is_a_line_of_the_same_case(void **state)
{
    (void)state;
    /* The difference and what was paid for the substitute are all that was paid. */
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 4000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+2h", MONEY_BACK, .line = 1, .difference = true},
                 {"+3h", SHORT, .line = 10001, .sku = "B", .paid = 4000, .ship_by = "+1d1h"},
                 {"+4h", CHOOSE, .line = 10001, .choice = CHOICE_CANCEL},
                 {"+5h", MONEY_BACK, .line = 10001}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=1900, CANCEL=5900 by "
                     "+2d2m10s REFUND}",
                     "+1h refund 1 1900 CNY SUBSTITUTE_DIFFERENCE attempt 1",
                     "+1h plan 1 SHIP_SUBSTITUTE until +1d1h sku B x1 new 10001",
                     "+1h BUYER SUBSTITUTE_CONFIRMED {1} amount 1900 sku B expected +1d1h",
                     "+1h outcome 1 A SUBSTITUTED by 10001 B x1 paid 4000 ship_by +1d1h",
                     "+2h BUYER REFUND_DONE {1} amount 1900",
                     "+3h2m BUYER SHORTAGE 2 PLAIN {10001: CANCEL=4000 by +2d3h2m REFUND}",
                     "+4h refund 10001 4000 CNY BUYER_CANCELLED attempt 1", "+4h plan 10001 CANCEL",
                     "+4h BUYER REFUND_STARTED {10001} reason BUYER_CANCELLED amount 4000 due "
                     "+1d4h",
                     "+4h outcome 10001 B REFUNDED", "+5h BUYER REFUND_DONE {10001} amount 4000"},
        .final = {LINE_SUBSTITUTED, LINE_UNKNOWN, LINE_REFUNDED},
    });
}

static void test_a_line_and_its_substitute_never_give_back_more_than_was_paid(void **state)
{
    (void)state;
    /* Line 10001 says that 9000 was paid for it, which cannot be. */
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 4000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+3h", SHORT, .line = 10001, .sku = "B", .paid = 9000, .ship_by = "+1d1h"},
                 {"+3h1m", CHOOSE, .line = 10001, .choice = CHOICE_CANCEL}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=1900, CANCEL=5900 by "
                     "+2d2m10s REFUND}",
                     "+1h refund 1 1900 CNY SUBSTITUTE_DIFFERENCE attempt 1",
                     "+1h plan 1 SHIP_SUBSTITUTE until +1d1h sku B x1 new 10001",
                     "+1h BUYER SUBSTITUTE_CONFIRMED {1} amount 1900 sku B expected +1d1h",
                     "+1h outcome 1 A SUBSTITUTED by 10001 B x1 paid 4000 ship_by +1d1h",
                     "+3h1m refund 10001 4000 CNY BUYER_CANCELLED attempt 1",
                     "+3h1m plan 10001 CANCEL",
                     "+3h1m BUYER REFUND_STARTED {10001} reason BUYER_CANCELLED amount 4000 due "
                     "+1d3h1m",
                     "+3h1m outcome 10001 B REFUNDED"},
        .final = {LINE_SUBSTITUTING, LINE_UNKNOWN, LINE_REFUNDING},
    });
}

static void test_no_substitute_takes_the_number_of_another_line(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 4000}},
        .acts = {{"+10s", SHORT, .line = 1}, {"+10s", SHORT, .line = 10001, .sku = "C"}},
        .until = "+1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND} "
                     "{10001: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_difference_that_cannot_be_paid_asks_for_a_person(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 5000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+1h", SUBSTITUTED},
                 {"+2h", MONEY_FAILED, .line = 1, .difference = true},
                 {"+3h", MONEY_FAILED, .line = 1, .attempt = 2, .difference = true, .final = true},
                 {"+4h", MONEY_BACK, .line = 1, .attempt = 2, .difference = true}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=900, CANCEL=5900 by "
                     "+2d2m10s REFUND}",
                     "+1h refund 1 900 CNY SUBSTITUTE_DIFFERENCE attempt 1",
                     "+1h plan 1 SHIP_SUBSTITUTE until +1d1h sku B x1 new 10001",
                     "+1h BUYER SUBSTITUTE_CONFIRMED {1} amount 900 sku B expected +1d1h",
                     "+1h outcome 1 A SUBSTITUTED by 10001 B x1 paid 5000 ship_by +1d1h",
                     "+2h5m refund 1 900 CNY SUBSTITUTE_DIFFERENCE attempt 2",
                     "+3h SUPPORT NEEDS_ACTION {1} reason REFUND_FAILED amount 900",
                     "+4h BUYER REFUND_DONE {1} amount 900"},
        .final = {LINE_SUBSTITUTED},
    });
}

static void test_goods_shipped_although_replaced_are_told_to_support(void **state)
{
    (void)state;
    static const char *const chosen[] = {
        "+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=900, CANCEL=5900 by +2d2m10s REFUND}",
        "+1h refund 1 900 CNY SUBSTITUTE_DIFFERENCE attempt 1",
        "+1h plan 1 SHIP_SUBSTITUTE until +1d1h sku B x1 new 10001",
        "+1h BUYER SUBSTITUTE_CONFIRMED {1} amount 900 sku B expected +1d1h",
        "+1h outcome 1 A SUBSTITUTED by 10001 B x1 paid 5000 ship_by +1d1h"};
    /* While the difference is on its way, when it is back, and when it cannot be paid. */
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 5000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+2h", SHIPPED},
                 {"+3h", MONEY_BACK, .line = 1, .difference = true}},
        .expected = {chosen[0], chosen[1], chosen[2], chosen[3], chosen[4],
                     "+2h SUPPORT NEEDS_ACTION {1} reason SHIPPED_AFTER_SUBSTITUTE sku B",
                     "+3h BUYER REFUND_DONE {1} amount 900"},
        .final = {LINE_SUBSTITUTED},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 5000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+3h", MONEY_BACK, .line = 1, .difference = true},
                 {"+4h", SHIPPED}},
        .expected = {chosen[0], chosen[1], chosen[2], chosen[3], chosen[4],
                     "+3h BUYER REFUND_DONE {1} amount 900",
                     "+4h SUPPORT NEEDS_ACTION {1} reason SHIPPED_AFTER_SUBSTITUTE sku B"},
        .final = {LINE_SUBSTITUTED},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .substitutes = {{"B", 5000}},
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+3h", MONEY_FAILED, .line = 1, .difference = true, .final = true},
                 {"+4h", SHIPPED}},
        .expected = {chosen[0], chosen[1], chosen[2], chosen[3], chosen[4],
                     "+3h SUPPORT NEEDS_ACTION {1} reason REFUND_FAILED amount 900",
                     "+4h SUPPORT NEEDS_ACTION {1} reason SHIPPED_AFTER_SUBSTITUTE sku B"},
        .final = {LINE_REFUND_FAILED},
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_equal_price_moves_no_money),
        cmocka_unit_test(test_a_buyer_who_waits_may_take_what_the_notice_offered),
        cmocka_unit_test(test_only_what_is_on_sale_in_that_quantity_is_offered),
        cmocka_unit_test(test_a_listing_without_a_quantity_or_none_is_not_offered),
        cmocka_unit_test(test_a_substitute_that_is_short_in_turn_is_a_line_of_the_same_case),
        cmocka_unit_test(test_a_line_and_its_substitute_never_give_back_more_than_was_paid),
        cmocka_unit_test(test_no_substitute_takes_the_number_of_another_line),
        cmocka_unit_test(test_a_difference_that_cannot_be_paid_asks_for_a_person),
        cmocka_unit_test(test_goods_shipped_although_replaced_are_told_to_support),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
