/* Giving money back: when it is due, once, and what the goods do meanwhile. */
#include "case_play.h"

#define TOLD "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}"
#define REFUNDED_AT(at, due)                                                        \
    at " refund 1 5900 CNY BUYER_CANCELLED attempt 1", at " plan 1 CANCEL",         \
        at " BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 5900 due " due, \
        at " outcome 1 A REFUNDED"

static void test_a_cancellation_is_taken_with_any_notice_or_none(void **state)
{
    (void)state;
    static const int32_t notices[] = {0, 1, 7};
    for (size_t i = 0; i < sizeof notices / sizeof notices[0]; i++) {
        play(&(struct story){
            .policy = stage_taobao,
            .acts = {{"+10s", SHORT},
                     {"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = notices[i]}},
            .expected = {TOLD, REFUNDED_AT("+1h", "+1d1h")},
            .final = {LINE_REFUNDING},
        });
    }
}

static void test_a_cancellation_before_the_notice_makes_it_needless(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+1m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL}},
        .expected = {REFUNDED_AT("+1m", "+1d1m")},
        .final = {LINE_REFUNDING},
    });
}

static void test_a_cancellation_wins_over_recovered_stock_if_a_notice_went_out(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", BACK},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1}},
        .expected = {TOLD, "+1h BUYER BACK_IN_STOCK {1}", REFUNDED_AT("+2h", "+1d2h")},
        .final = {LINE_REFUNDING},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1m", BACK},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1}},
        .expected = {"+2h refused NOT_OPEN"},
        .final = {LINE_RECOVERED},
    });
}

static void test_shipped_goods_are_not_cancelled(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", SHIPPED},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL, .notice = 1}},
        .expected = {TOLD, "+2h refused SHIPPED"},
        .final = {LINE_FILLED_LATE},
    });
}

static void test_shipped_within_the_grace_was_never_late(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+1m", SHIPPED}},
        .expected = {NULL},
        .final = {LINE_RECOVERED},
    });
}

static void test_nothing_leads_back_from_a_refund(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+1h1m", BACK},
                 {"+1h2m", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1h3m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+1h4m", SHOP_CANCELLED},
                 {"+2h", MONEY_BACK, .line = 1},
                 {"+3h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     REFUNDED_AT("+1h", "+1d1h"), "+1h1m refused MONEY_IN_MOTION",
                     "+1h2m refused MONEY_IN_MOTION", "+1h3m refused MONEY_IN_MOTION",
                     "+1h4m refused MONEY_IN_MOTION", "+2h BUYER REFUND_DONE {1} amount 5900",
                     "+3h refused CLOSED"},
        .final = {LINE_REFUNDED},
    });
}

static void test_goods_shipped_after_the_refund_are_told_to_support(void **state)
{
    (void)state;
    /* Before and after the money is back; the refund stays. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+1h5m", SHIPPED},
                 {"+2h", MONEY_BACK, .line = 1}},
        .expected = {TOLD, REFUNDED_AT("+1h", "+1d1h"),
                     "+1h5m SUPPORT NEEDS_ACTION {1} reason SHIPPED_AFTER_REFUND amount 5900",
                     "+2h BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+2h", MONEY_BACK, .line = 1},
                 {"+3h", SHIPPED}},
        .expected = {TOLD, REFUNDED_AT("+1h", "+1d1h"), "+2h BUYER REFUND_DONE {1} amount 5900",
                     "+3h SUPPORT NEEDS_ACTION {1} reason SHIPPED_AFTER_REFUND amount 5900"},
        .final = {LINE_REFUNDED},
    });
}

static void test_what_the_shop_cancels_it_refunds_itself(void **state)
{
    (void)state;
    static const enum act_kind closings[] = {SHOP_CANCELLED, SHOP_REFUNDED};
    for (size_t i = 0; i < 2; i++) {
        play(&(struct story){
            .policy = stage_taobao,
            .acts = {{"+10s", SHORT},
                     {"+1h", closings[i]},
                     {"+2h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                     {"+3h", RULE, .line = 1, .ruling = RULING_REFUND}},
            .expected = {TOLD, "+2h refused CLOSED", "+3h refused CLOSED"},
            .final = {LINE_WITHDRAWN},
        });
    }
}

static void test_a_line_that_cost_nothing_is_refunded_without_a_request(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .paid = 100});
    stage.lines[0].paid_minor = 0;
    stage_act(&stage, &(struct act){"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL});
    assert_int_equal(stage_state(&stage, 1), LINE_REFUNDED);
    assert_int_equal(stage_effects.refund_request_count, 0);
    assert_int_equal(stage_effects.plan_count, 1);
    assert_int_equal(stage_effects.line_outcome_count, 1);
    assert_int_equal(stage_effects.line_change_count, 1);
    assert_true(case_is_closed(&stage.file));
}

static void test_the_whole_case_is_cancelled_where_it_still_can_be(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1},
                 {"+10s", SHORT, .line = 2, .sku = "B", .paid = 700},
                 {"+1h", SHIPPED, .line = 1},
                 {"+2h", CHOOSE, .line = 0, .choice = CHOICE_CANCEL},
                 {"+3h", CHOOSE, .line = 0, .choice = CHOICE_CANCEL}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND} "
                     "{2: CANCEL=700 by +2d2m10s REFUND}",
                     "+2h refund 2 700 CNY BUYER_CANCELLED attempt 1", "+2h plan 2 CANCEL",
                     "+2h BUYER REFUND_STARTED {2} reason BUYER_CANCELLED amount 700 due +1d2h",
                     "+2h outcome 2 B REFUNDED", "+3h refused SHIPPED"},
        .final = {LINE_FILLED_LATE, LINE_REFUNDING},
    });
}

static void test_a_ruling_gives_money_back_even_for_shipped_goods(void **state)
{
    (void)state;
    /* The goods are gone: there is no plan to cancel and no stock to free. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", SHIPPED},
                 {"+2h", RULE, .line = 1, .ruling = RULING_REFUND},
                 {"+3h", MONEY_BACK, .line = 1}},
        .expected = {TOLD, "+2h refund 1 5900 CNY RULING attempt 1",
                     "+2h BUYER REFUND_STARTED {1} reason RULING amount 5900 due +1d2h",
                     "+3h BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    });
}

static void test_a_ruling_for_goods_that_left_before_the_buyer_knew_moves_money_only(void **state)
{
    (void)state;
    /* Shipped within the grace, and after a shortage that healed within it. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+20s", SHIPPED},
                 {"+30s", SHORT, .line = 2, .paid = 700},
                 {"+40s", BACK, .line = 2, .paid = 700},
                 {"+50s", SHIPPED, .line = 2, .paid = 700},
                 {"+2h", RULE, .line = 1, .ruling = RULING_REFUND},
                 {"+3h", RULE, .line = 2, .ruling = RULING_REFUND}},
        .expected = {"+2h refund 1 5900 CNY RULING attempt 1",
                     "+2h BUYER REFUND_STARTED {1} reason RULING amount 5900 due +1d2h",
                     "+3h refund 2 700 CNY RULING attempt 1",
                     "+3h BUYER REFUND_STARTED {2} reason RULING amount 700 due +1d3h"},
        .final = {LINE_REFUNDING, LINE_REFUNDING},
    });
}

static void test_a_ruling_without_a_line_refunds_all_that_it_can(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1},
                 {"+1h", RULE, .ruling = RULING_REFUND},
                 {"+2h", RULE, .ruling = RULING_REFUND},
                 {"+3h", RULE, .line = 9, .ruling = RULING_REFUND}},
        .expected = {TOLD, "+1h refund 1 5900 CNY RULING attempt 1", "+1h plan 1 CANCEL",
                     "+1h BUYER REFUND_STARTED {1} reason RULING amount 5900 due +1d1h",
                     "+1h outcome 1 A REFUNDED", "+2h refused MONEY_IN_MOTION",
                     "+3h refused NO_SUCH_LINE"},
        .final = {LINE_REFUNDING},
    });
}

static void test_a_result_that_fits_no_attempt_of_ours_is_refused(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", MONEY_BACK, .line = 1}, /* nothing was requested */
                 {"+2h", MONEY_FAILED, .line = 9},
                 {"+3h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+4h", MONEY_FAILED, .line = 1, .attempt = 2},
                 {"+4h", MONEY_BACK, .line = 1, .difference = true},
                 {"+5h", MONEY_FAILED, .line = 1, .attempt = 1},
                 {"+5h6m", MONEY_FAILED, .line = 1, .attempt = 1, .final = true}, /* the old one */
                 {"+5h7m", MONEY_BACK, .line = 1, .attempt = 2},
                 {"+5h8m", MONEY_FAILED, .line = 1, .attempt = 2, .final = true},
                 {"+5h9m", MONEY_BACK, .line = 1, .attempt = 1}},
        .expected = {TOLD, "+1h refused NOT_OPEN", "+2h refused NO_SUCH_LINE",
                     REFUNDED_AT("+3h", "+1d3h"), "+4h refused NOT_OPEN", "+4h refused NOT_OPEN",
                     "+5h5m refund 1 5900 CNY BUYER_CANCELLED attempt 2",
                     "+5h7m BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    });
}

static void test_a_result_that_was_refused_too_early_counts_later(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", MONEY_BACK, .line = 1},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
                 {"+3h", MONEY_BACK, .line = 1}},
        .expected = {TOLD, "+1h refused NOT_OPEN", REFUNDED_AT("+2h", "+1d2h"),
                     "+3h BUYER REFUND_DONE {1} amount 5900"},
        .final = {LINE_REFUNDED},
    });
}

static void test_a_result_of_no_refund_of_ours_is_refused(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_act(&stage, &(struct act){"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL});
    struct refund_result result = {
        .refund_id = TEXT("stray"), .line_no = 1, .attempt = 1, .status = REFUND_SUCCEEDED};
    struct case_fact fact = {.kind = CASE_FACT_REFUND_RESULT,
                             .at_ms = stage_time("+2h"),
                             .refund_result = &result,
                             .purpose = REFUND_PURPOSE_UNKNOWN};
    stage_apply(&stage, &fact);
    assert_int_equal(stage_effects.verdict, VERDICT_REFUSED);
    assert_int_equal(stage_effects.reason, REFUSAL_NO_SUCH_LINE);
    stage_apply(&stage, &fact);
    assert_int_equal(stage_effects.verdict, VERDICT_UNKNOWN);
    assert_int_equal(stage_state(&stage, 1), LINE_REFUNDING);
}

static void test_a_retry_is_the_same_request_with_the_next_number(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_act(&stage, &(struct act){"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL});
    struct refund_request first = stage_effects.refund_requests[0];
    struct refund_identity identity = stage_effects.refund_identities[0];
    stage_act(&stage, &(struct act){"+2h", MONEY_FAILED, .line = 1});
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+2h5m"));
    stage_watch(&stage, stage_time("+2h5m"));
    assert_int_equal(stage_effects.refund_request_count, 1);
    struct refund_request second = stage_effects.refund_requests[0];
    assert_int_equal(stage_effects.refund_identities[0].line_no, identity.line_no);
    assert_int_equal(stage_effects.refund_identities[0].purpose, identity.purpose);
    assert_int_equal(second.attempt, first.attempt + 1);
    assert_int_equal(second.amount_minor, first.amount_minor);
    assert_int_equal(second.due_by_ms, first.due_by_ms);
    assert_int_equal(second.reason, first.reason);
    assert_int_equal(second.line_no, first.line_no);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cancellation_is_taken_with_any_notice_or_none),
        cmocka_unit_test(test_a_cancellation_before_the_notice_makes_it_needless),
        cmocka_unit_test(test_a_cancellation_wins_over_recovered_stock_if_a_notice_went_out),
        cmocka_unit_test(test_shipped_goods_are_not_cancelled),
        cmocka_unit_test(test_shipped_within_the_grace_was_never_late),
        cmocka_unit_test(test_nothing_leads_back_from_a_refund),
        cmocka_unit_test(test_goods_shipped_after_the_refund_are_told_to_support),
        cmocka_unit_test(test_what_the_shop_cancels_it_refunds_itself),
        cmocka_unit_test(test_a_line_that_cost_nothing_is_refunded_without_a_request),
        cmocka_unit_test(test_the_whole_case_is_cancelled_where_it_still_can_be),
        cmocka_unit_test(test_a_ruling_gives_money_back_even_for_shipped_goods),
        cmocka_unit_test(test_a_ruling_for_goods_that_left_before_the_buyer_knew_moves_money_only),
        cmocka_unit_test(test_a_ruling_without_a_line_refunds_all_that_it_can),
        cmocka_unit_test(test_a_result_that_fits_no_attempt_of_ours_is_refused),
        cmocka_unit_test(test_a_result_that_was_refused_too_early_counts_later),
        cmocka_unit_test(test_a_result_of_no_refund_of_ours_is_refused),
        cmocka_unit_test(test_a_retry_is_the_same_request_with_the_next_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
