/* The acceptance stories, at the level of the case: shortages and decisions in, effects out. */
#include "case_play.h"

static void test_s01_a_cancelled_line_is_refunded_at_once(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+20s", SHORT, .place = 1},
                 {"+10m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+10m", SHOP_REFUNDED},
                 {"+12m", MONEY_BACK, .line = 1}},
        .expected =
            {
                "+2m20s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m20s REFUND place 1}",
                "+10m refund 1 5900 CNY BUYER_CANCELLED attempt 1",
                "+10m plan 1 CANCEL",
                "+10m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 5900 due +1d10m",
                "+10m outcome 1 A REFUNDED",
                "+12m BUYER REFUND_DONE {1} amount 5900",
            },
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

static void test_s02_an_agreed_wait_is_held_and_released(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .eta = "+5d", .paid = 8000, .quantity = 2},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+4d", BACK},
                 {"+4d6h", SHIPPED}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=8000 expected +5d by +2d2m10s "
                "REFUND place 1}",
                "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                "+4d plan 1 RELEASE",
                "+4d BUYER BACK_IN_STOCK {1}",
            },
        .final = {LINE_FILLED_LATE},
    };
    play(&story);
}

static void test_s03_a_worse_date_is_told_and_silence_refunds(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .eta = "+5d", .paid = 12900},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+2d", ETA, .place = 1, .eta = "+4d"},
                 {"+3d", ETA, .place = 1, .eta = "+12d"},
                 {"+3d10h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+4d2m", SHOP_REFUNDED},
                 {"+4d1h", MONEY_BACK, .line = 1}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=12900 expected +5d by +2d2m10s "
                "REFUND place 1}",
                "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                "+3d2m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=12900 expected +12d by +4d2m "
                "REFUND place 1}",
                "+3d10h refused STALE_NOTICE",
                "+4d2m refund 1 12900 CNY SILENCE attempt 1",
                "+4d2m plan 1 CANCEL",
                "+4d2m BUYER REFUND_STARTED {1} reason SILENCE amount 12900 due +5d2m",
                "+4d2m outcome 1 A REFUNDED",
                "+4d1h BUYER REFUND_DONE {1} amount 12900",
            },
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

static void test_s03_a_date_that_passes_renews_the_notice_at_once(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .eta = "+5d", .paid = 6000},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=6000 expected +5d by +2d2m10s "
                "REFUND place 1}",
                "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                "+5d BUYER RENEWED 2 PLAIN {1: CANCEL=6000 by +6d REFUND place 1}",
                "+6d refund 1 6000 CNY SILENCE attempt 1",
                "+6d plan 1 CANCEL",
                "+6d BUYER REFUND_STARTED {1} reason SILENCE amount 6000 due +7d",
                "+6d outcome 1 A REFUNDED",
            },
        .final = {LINE_REFUNDING},
    };
    play(&story);
}

static void test_s04_the_difference_to_a_cheaper_substitute_comes_back(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .substitutes = {{"B", 4500}},
        .acts = {{"+10s", SHORT, .place = 1, .paid = 10000, .quantity = 2},
                 {"+30m", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+30m", SUBSTITUTED},
                 {"+35m", MONEY_BACK, .line = 1, .difference = true}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=1000, CANCEL=10000 by +2d2m10s "
                "REFUND place 1}",
                "+30m refund 1 1000 CNY SUBSTITUTE_DIFFERENCE attempt 1",
                "+30m plan 1 SHIP_SUBSTITUTE until +1d30m sku B x2 new 10001",
                "+30m BUYER SUBSTITUTE_CONFIRMED {1} amount 1000 sku B expected +1d30m",
                "+30m outcome 1 A SUBSTITUTED by 10001 B x2 paid 9000 ship_by +1d30m",
                "+35m BUYER REFUND_DONE {1} amount 1000",
            },
        .final = {LINE_SUBSTITUTED},
    };
    play(&story);
}

static void test_s05_the_seller_absorbs_a_dearer_substitute(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .substitutes = {{"B", 6500}},
        .acts = {{"+10s", SHORT, .place = 1, .paid = 10000, .quantity = 2},
                 {"+30m", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+30m", SUBSTITUTED}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: SUBSTITUTE B=0, CANCEL=10000 by +2d2m10s "
                "REFUND place 1}",
                "+30m plan 1 SHIP_SUBSTITUTE until +1d30m sku B x2 new 10001 absorbs 3000",
                "+30m BUYER SUBSTITUTE_CONFIRMED {1} sku B expected +1d30m",
                "+30m outcome 1 A SUBSTITUTED by 10001 B x2 paid 10000 ship_by +1d30m",
            },
        .final = {LINE_SUBSTITUTED},
    };
    play(&story);
}

static void test_s05_what_was_not_offered_is_refused(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_ftc,
        .currency = "USD",
        .substitutes = {{"B", 6500}},
        .acts = {{"+20s", SHORT, .place = 2, .paid = 10000, .quantity = 2},
                 {"+31m", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"},
                 {"+32m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+32m", SHOP_REFUNDED}},
        .expected =
            {
                "+2m20s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=10000 by +7d2m20s REFUND place 2}",
                "+31m refused NOT_OFFERED",
                "+32m refund 1 10000 USD BUYER_CANCELLED attempt 1",
                "+32m plan 1 CANCEL",
                "+32m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 10000 due +7d32m",
                "+32m outcome 1 A REFUNDED",
            },
        .final = {LINE_REFUNDING},
    };
    play(&story);
}

static void test_s06_stock_back_after_the_notice_is_told(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .paid = 25000, .quantity = 5}, {"+3m", BACK}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=25000 by +2d2m10s REFUND place 1}",
                "+3m BUYER BACK_IN_STOCK {1}",
            },
        .final = {LINE_RECOVERED},
    };
    play(&story);
}

static void test_s07_each_line_of_one_notice_is_answered_for_itself(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 2, .place = 1, .sku = "B", .eta = "+3d", .paid = 4500},
                 {"+10s", SHORT, .line = 1, .place = 1, .paid = 3000},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+1h", SHOP_REFUNDED, .line = 1},
                 {"+1h1m", CHOOSE, .line = 2, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1h5m", MONEY_BACK, .line = 1},
                 {"+2d", BACK, .line = 2, .sku = "B"},
                 {"+2d1h", SHIPPED, .line = 2, .sku = "B"}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=3000 by +2d2m10s REFUND place 1} "
                "{2: WAIT, CANCEL=4500 expected +3d by +2d2m10s REFUND place 1}",
                "+1h refund 1 3000 CNY BUYER_CANCELLED attempt 1",
                "+1h plan 1 CANCEL",
                "+1h BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 3000 due +1d1h",
                "+1h outcome 1 A REFUNDED",
                "+1h1m plan 2 HOLD_FOR_RESTOCK until +3d",
                "+1h1m BUYER WAIT_CONFIRMED {2} expected +3d EXPRESS",
                "+1h5m BUYER REFUND_DONE {1} amount 3000",
                "+2d plan 2 RELEASE",
                "+2d BUYER BACK_IN_STOCK {2}",
            },
        .final = {LINE_REFUNDED, LINE_FILLED_LATE},
    };
    play(&story);
}

static void test_s08_a_line_of_a_case_need_not_be_the_first_of_its_order(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 2, .place = 1, .paid = 9000, .quantity = 3},
                 {"+5m", BACK, .line = 2}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {2: CANCEL=9000 by +2d2m10s REFUND place 1}",
                "+5m BUYER BACK_IN_STOCK {2}",
            },
        .final = {LINE_UNKNOWN, LINE_RECOVERED},
    };
    play(&story);
}

static void test_s11_stock_back_within_the_grace_says_nothing(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .paid = 2000}, {"+1m30s", BACK}},
        .expected = {NULL},
        .final = {LINE_RECOVERED},
    };
    play(&story);
}

static void penalty_story(int64_t paid, char expected[6][128])
{
    struct story story = {
        .policy = stage_tmall,
        .acts = {{"+10s", SHORT, .place = 1},
                 {"+10m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+10m", SHOP_REFUNDED}},
        .final = {LINE_REFUNDING},
    };
    story.acts[0].paid = paid;
    for (int i = 0; i < 6; i++) {
        story.expected[i] = expected[i];
    }
    play(&story);
}

static void test_s13_a_penalty_is_clamped_and_rounded_half_up(void **state)
{
    (void)state;
    static const struct {
        int64_t paid;
        int64_t penalty;
    } rows[] = {{990, 500}, {3335, 1001}, {9900, 2970}, {200000, 50000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[6][128];
        long long paid = rows[i].paid;
        snprintf(lines[0], sizeof lines[0],
                 "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=%lld by +2d2m10s REFUND place 1}", paid);
        snprintf(lines[1], sizeof lines[1], "+2m10s PENALTY 1 NO_STOCK %lld CNY SELLER CASH",
                 (long long)rows[i].penalty);
        snprintf(lines[2], sizeof lines[2], "+10m refund 1 %lld CNY BUYER_CANCELLED attempt 1",
                 paid);
        snprintf(lines[3], sizeof lines[3], "+10m plan 1 CANCEL");
        snprintf(lines[4], sizeof lines[4],
                 "+10m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount %lld due +1d10m",
                 paid);
        snprintf(lines[5], sizeof lines[5], "+10m outcome 1 A REFUNDED");
        penalty_story(rows[i].paid, lines);
    }
}

static void test_s16_the_platform_rules_once_after_a_refusal(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .place = 1, .eta = "+5d"},
                 {"+10m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+10m", SHOP_REFUNDED},
                 {"+12m", MONEY_BACK, .line = 1},
                 {"+1h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+2h", RESPOND, .response = RESPONSE_DECLINE},
                 {"+3h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+1d", RULE, .ruling = RULING_COMPENSATE, .amount = 1770},
                 {"+1d1h", RULE, .ruling = RULING_COMPENSATE, .amount = 9999}},
        .expected =
            {
                "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by +2d2m10s "
                "REFUND place 1}",
                "+10m refund 1 5900 CNY BUYER_CANCELLED attempt 1",
                "+10m plan 1 CANCEL",
                "+10m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 5900 due +1d10m",
                "+10m outcome 1 A REFUNDED",
                "+12m BUYER REFUND_DONE {1} amount 5900",
                "+1h SELLER NEEDS_ACTION reason CLAIM answer +2d1h",
                "+2h BUYER DECLINED",
                "+3h SELLER NEEDS_ACTION reason EVIDENCE answer +7d3h",
                "+3h SUPPORT NEEDS_ACTION reason MEDIATE",
                "+1d BUYER SETTLED reason RULED amount 1770 CASH",
                "+1d RULING 0 - 1770 CNY SELLER CASH",
                "+1d1h refused ALREADY_SETTLED",
            },
        .final = {LINE_REFUNDED},
        .settlement = SETTLEMENT_RULED,
    };
    play(&story);
}

static void test_s16_the_platform_may_rule_a_refund_unasked(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+20s", SHORT, .place = 2, .eta = "+5d", .paid = 7000},
                 {"+20m", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1d2h", RULE, .line = 1, .ruling = RULING_REFUND},
                 {"+1d2h", SHOP_REFUNDED},
                 {"+1d3h", MONEY_BACK, .line = 1}},
        .expected =
            {
                "+2m20s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=7000 expected +5d by +2d2m20s "
                "REFUND place 2}",
                "+20m plan 1 HOLD_FOR_RESTOCK until +5d",
                "+20m BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                "+1d2h refund 1 7000 CNY RULING attempt 1",
                "+1d2h plan 1 CANCEL",
                "+1d2h BUYER REFUND_STARTED {1} reason RULING amount 7000 due +2d2h",
                "+1d2h outcome 1 A REFUNDED",
                "+1d3h BUYER REFUND_DONE {1} amount 7000",
            },
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

static void test_s16_a_claim_may_go_to_the_platform_unanswered(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {{"+30s", SHORT, .place = 3, .eta = "+5d", .paid = 8000},
                 {"+21m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1},
                 {"+21m", SHOP_REFUNDED},
                 {"+1h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+1h1m", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+1d4h", RULE, .ruling = RULING_DISMISS}},
        .expected =
            {
                "+2m30s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=8000 expected +5d by +2d2m30s "
                "REFUND place 3}",
                "+21m refund 1 8000 CNY BUYER_CANCELLED attempt 1",
                "+21m plan 1 CANCEL",
                "+21m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 8000 due +1d21m",
                "+21m outcome 1 A REFUNDED",
                "+1h SELLER NEEDS_ACTION reason CLAIM answer +2d1h",
                "+1h1m SELLER NEEDS_ACTION reason EVIDENCE answer +7d1h1m",
                "+1h1m SUPPORT NEEDS_ACTION reason MEDIATE",
                "+1d4h BUYER SETTLED reason DISMISSED amount 0",
            },
        .final = {LINE_REFUNDING},
        .settlement = SETTLEMENT_RULED,
    };
    play(&story);
}

/* The refunds of S17 begin alike. */
#define S17_BEGIN                                                          \
    {"+10s", SHORT, .place = 1},                                           \
        {"+10m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1}, \
    {                                                                      \
        "+10m", SHOP_REFUNDED                                              \
    }
#define S17_BEGIN_EXPECTED                                                             \
    "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND place 1}",       \
        "+10m refund 1 5900 CNY BUYER_CANCELLED attempt 1", "+10m plan 1 CANCEL",      \
        "+10m BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 5900 due +1d10m", \
        "+10m outcome 1 A REFUNDED"

static void test_s17_a_failed_refund_is_tried_again(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {S17_BEGIN,
                 {"+11m", MONEY_FAILED, .line = 1, .attempt = 1},
                 {"+11m", MONEY_FAILED, .line = 1, .attempt = 1},
                 {"+17m", MONEY_FAILED, .line = 1, .attempt = 2},
                 {"+48m", MONEY_BACK, .line = 1, .attempt = 3}},
        .expected = {S17_BEGIN_EXPECTED, "+16m refund 1 5900 CNY BUYER_CANCELLED attempt 2",
                     "+47m refund 1 5900 CNY BUYER_CANCELLED attempt 3",
                     "+48m BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

static void test_s17_a_success_still_counts_when_a_person_was_asked(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {S17_BEGIN,
                 {"+11m", MONEY_FAILED, .line = 1, .attempt = 1, .final = true},
                 {"+2h", MONEY_BACK, .line = 1, .attempt = 1}},
        .expected = {S17_BEGIN_EXPECTED,
                     "+11m SUPPORT NEEDS_ACTION {1} reason REFUND_FAILED amount 5900",
                     "+2h BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

static void test_s17_a_person_is_asked_when_the_attempts_are_used_up(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {S17_BEGIN,
                 {"+11m", MONEY_FAILED, .line = 1, .attempt = 1},
                 {"+17m", MONEY_FAILED, .line = 1, .attempt = 2},
                 {"+48m", MONEY_FAILED, .line = 1, .attempt = 3},
                 {"+2h49m", MONEY_FAILED, .line = 1, .attempt = 4}},
        .expected = {S17_BEGIN_EXPECTED, "+16m refund 1 5900 CNY BUYER_CANCELLED attempt 2",
                     "+47m refund 1 5900 CNY BUYER_CANCELLED attempt 3",
                     "+2h48m refund 1 5900 CNY BUYER_CANCELLED attempt 4",
                     "+2h49m SUPPORT NEEDS_ACTION {1} reason REFUND_FAILED amount 5900"},
        .final = {LINE_REFUND_FAILED},
    };
    play(&story);
}

static void test_s17_a_success_stops_the_next_attempt(void **state)
{
    (void)state;
    static const struct story story = {
        .policy = stage_taobao,
        .acts = {S17_BEGIN,
                 {"+11m", MONEY_FAILED, .line = 1, .attempt = 1},
                 {"+12m", MONEY_BACK, .line = 1, .attempt = 1}},
        .expected = {S17_BEGIN_EXPECTED, "+12m BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    };
    play(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s01_a_cancelled_line_is_refunded_at_once),
        cmocka_unit_test(test_s02_an_agreed_wait_is_held_and_released),
        cmocka_unit_test(test_s03_a_worse_date_is_told_and_silence_refunds),
        cmocka_unit_test(test_s03_a_date_that_passes_renews_the_notice_at_once),
        cmocka_unit_test(test_s04_the_difference_to_a_cheaper_substitute_comes_back),
        cmocka_unit_test(test_s05_the_seller_absorbs_a_dearer_substitute),
        cmocka_unit_test(test_s05_what_was_not_offered_is_refused),
        cmocka_unit_test(test_s06_stock_back_after_the_notice_is_told),
        cmocka_unit_test(test_s07_each_line_of_one_notice_is_answered_for_itself),
        cmocka_unit_test(test_s08_a_line_of_a_case_need_not_be_the_first_of_its_order),
        cmocka_unit_test(test_s11_stock_back_within_the_grace_says_nothing),
        cmocka_unit_test(test_s13_a_penalty_is_clamped_and_rounded_half_up),
        cmocka_unit_test(test_s16_the_platform_rules_once_after_a_refusal),
        cmocka_unit_test(test_s16_the_platform_may_rule_a_refund_unasked),
        cmocka_unit_test(test_s16_a_claim_may_go_to_the_platform_unanswered),
        cmocka_unit_test(test_s17_a_failed_refund_is_tried_again),
        cmocka_unit_test(test_s17_a_success_still_counts_when_a_person_was_asked),
        cmocka_unit_test(test_s17_a_person_is_asked_when_the_attempts_are_used_up),
        cmocka_unit_test(test_s17_a_success_stops_the_next_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
