/* Compensation that is agreed or ruled: once, within limits and times. */
#include "case_play.h"
#include "core/settlement.h"

/* A case whose only line was short, told and back again: closed at +1h. */
#define BEGIN                       \
    {"+10s", SHORT, .paid = 10000}, \
    {                               \
        "+1h", BACK                 \
    }
#define BEGIN_EXPECTED                                                    \
    "+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=10000 by +2d2m10s REFUND}", \
        "+1h BUYER BACK_IN_STOCK {1}"

static void test_a_claim_is_offered_and_agreed(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+3h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 1500,
                  .instrument = INSTRUMENT_COUPON, .id = "offer-1"},
                 {"+4h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-2"},
                 {"+4h", CHOOSE, .choice = CHOICE_ACCEPT},
                 {"+5h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
                 {"+6h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
                 {"+7h", RULE, .ruling = RULING_COMPENSATE, .amount = 9}},
        .expected = {BEGIN_EXPECTED, "+2h SELLER NEEDS_ACTION reason CLAIM answer +2d2h",
                     "+3h BUYER OFFER amount 1500 COUPON offer offer-1",
                     "+4h refused NO_SUCH_OFFER", "+4h refused NO_SUCH_OFFER",
                     "+5h BUYER SETTLED reason AGREED amount 1500 COUPON offer offer-1",
                     "+5h GOODWILL 0 - 1500 CNY SELLER COUPON", "+6h refused ALREADY_SETTLED",
                     "+7h refused ALREADY_SETTLED"},
        .settlement = SETTLEMENT_AGREED,
    });
}

static void test_a_rejected_offer_asks_the_seller_again(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+3h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 100,
                  .id = "offer-1"},
                 {"+4h", CHOOSE, .choice = CHOICE_REJECT, .offer = "offer-9"},
                 {"+4h", CHOOSE, .choice = CHOICE_REJECT},
                 {"+5h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
                 {"+6h", RESPOND, .response = RESPONSE_DECLINE},
                 {"+7h", RESPOND, .response = RESPONSE_DECLINE},
                 {"+8h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 200,
                  .id = "offer-2"}},
        .expected = {BEGIN_EXPECTED, "+2h SELLER NEEDS_ACTION reason CLAIM answer +2d2h",
                     "+3h BUYER OFFER amount 100 CASH offer offer-1", "+4h refused NO_SUCH_OFFER",
                     "+4h SELLER NEEDS_ACTION reason REJECTED answer +2d4h",
                     "+5h refused NO_SUCH_OFFER", "+6h BUYER DECLINED", "+7h refused NOT_CLAIMED",
                     "+8h BUYER OFFER amount 200 CASH offer offer-2"},
        .settlement = SETTLEMENT_OFFERED,
    });
}

static void test_the_seller_may_offer_unasked_within_the_limit(void **state)
{
    (void)state;
    /* 50 % of 10000 and 4001, in whole minor units. A newer offer takes the older one's place, and
     * an offer that stands is not taken back. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1, .paid = 10000},
                 {"+10s", SHORT, .line = 2, .sku = "B", .paid = 4001},
                 {"+1h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 7001},
                 {"+1h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION},
                 {"+1h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = -5},
                 {"+2h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 7000,
                  .id = "offer-1"},
                 {"+3h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 300,
                  .instrument = INSTRUMENT_POINTS, .id = "offer-2"},
                 {"+4h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
                 {"+4h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+4h", RESPOND, .response = RESPONSE_DECLINE},
                 {"+5h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-2"}},
        .until = "+1d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=10000 by +2d2m10s REFUND} "
                     "{2: CANCEL=4001 by +2d2m10s REFUND}",
                     "+1h refused OVER_LIMIT", "+1h refused NO_SUCH_OFFER",
                     "+1h refused NO_SUCH_OFFER", "+2h BUYER OFFER amount 7000 CASH offer offer-1",
                     "+3h BUYER OFFER amount 300 POINTS offer offer-2", "+4h refused NO_SUCH_OFFER",
                     "+4h refused ALREADY_CLAIMED", "+4h refused NOT_CLAIMED",
                     "+5h BUYER SETTLED reason AGREED amount 300 POINTS offer offer-2",
                     "+5h GOODWILL 0 - 300 CNY SELLER POINTS"},
        .settlement = SETTLEMENT_AGREED,
    });
}

static void test_an_agreement_is_possible_until_the_ruling(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+3h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+4h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+4h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+5h", RESPOND, .response = RESPONSE_DECLINE}, /* the seller's evidence */
                 {"+6h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 100,
                  .id = "offer-1"},
                 {"+7h", CHOOSE, .choice = CHOICE_REJECT, .offer = "offer-1"},
                 {"+7h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
                 {"+8h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 200,
                  .id = "offer-2"},
                 {"+9h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-2"},
                 {"+10h", RULE, .ruling = RULING_DISMISS}},
        .expected = {BEGIN_EXPECTED, "+2h SELLER NEEDS_ACTION reason CLAIM answer +2d2h",
                     "+3h SELLER NEEDS_ACTION reason EVIDENCE answer +7d3h",
                     "+3h SUPPORT NEEDS_ACTION reason MEDIATE", "+4h refused ALREADY_CLAIMED",
                     "+4h refused ALREADY_CLAIMED", "+6h BUYER OFFER amount 100 CASH offer offer-1",
                     "+7h SELLER NEEDS_ACTION reason REJECTED answer +2d7h",
                     "+7h refused NO_SUCH_OFFER", "+8h BUYER OFFER amount 200 CASH offer offer-2",
                     "+9h BUYER SETTLED reason AGREED amount 200 CASH offer offer-2",
                     "+9h GOODWILL 0 - 200 CNY SELLER CASH", "+10h refused ALREADY_SETTLED"},
        .settlement = SETTLEMENT_AGREED,
    });
}

static void test_an_offer_may_go_to_the_platform_too(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 100,
                  .id = "offer-1"},
                 {"+3h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+4h", RULE, .ruling = RULING_COMPENSATE, .line = 1, .amount = 2500},
                 {"+5h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"}},
        .expected = {BEGIN_EXPECTED, "+2h BUYER OFFER amount 100 CASH offer offer-1",
                     "+3h SELLER NEEDS_ACTION reason EVIDENCE answer +7d3h",
                     "+3h SUPPORT NEEDS_ACTION reason MEDIATE",
                     "+4h BUYER SETTLED reason RULED amount 2500 CASH",
                     "+4h RULING 1 - 2500 CNY SELLER CASH", "+5h refused ALREADY_SETTLED"},
        .settlement = SETTLEMENT_RULED,
    });
}

static void test_a_ruled_refund_answers_who_asked_the_platform(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", CHOOSE, .choice = CHOICE_CLAIM},
                 {"+3h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+4h", RULE, .line = 1, .ruling = RULING_REFUND},
                 {"+5h", RULE, .ruling = RULING_COMPENSATE, .amount = 100}},
        .expected = {BEGIN_EXPECTED, "+2h SELLER NEEDS_ACTION reason CLAIM answer +2d2h",
                     "+3h SELLER NEEDS_ACTION reason EVIDENCE answer +7d3h",
                     "+3h SUPPORT NEEDS_ACTION reason MEDIATE",
                     "+4h refund 1 10000 CNY RULING attempt 1", "+4h plan 1 CANCEL",
                     "+4h BUYER REFUND_STARTED {1} reason RULING amount 10000 due +1d4h",
                     "+4h outcome 1 A REFUNDED", "+5h refused ALREADY_SETTLED"},
        .settlement = SETTLEMENT_RULED,
    });
}

static void test_the_platform_may_rule_on_a_complaint_that_went_past_us(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", RULE, .ruling = RULING_DISMISS},
                 {"+3h", RULE, .ruling = RULING_COMPENSATE},
                 {"+3h", RULE, .line = 7, .ruling = RULING_COMPENSATE, .amount = 5},
                 {"+4h", RULE, .ruling = RULING_COMPENSATE, .amount = 1770},
                 {"+5h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION, .amount = 5}},
        .expected = {BEGIN_EXPECTED, "+2h refused NOT_CLAIMED", "+3h refused NO_SUCH_OFFER",
                     "+3h refused NO_SUCH_LINE", "+4h BUYER SETTLED reason RULED amount 1770 CASH",
                     "+4h RULING 0 - 1770 CNY SELLER CASH", "+5h refused ALREADY_SETTLED"},
        .settlement = SETTLEMENT_RULED,
    });
}

static struct policy ask_within_5_days(void)
{
    struct policy policy = stage_taobao();
    policy.ask_within_ms = (struct optional_long){5 * DAY, true};
    return policy;
}

static void test_the_platform_is_asked_within_a_time_after_the_refusal(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        const char *expected[2];
        enum settlement_state settlement;
    } rows[] = {
        {"+5d2h59m59s",
         {"+5d2h59m59s SELLER NEEDS_ACTION reason EVIDENCE answer +12d2h59m59s",
          "+5d2h59m59s SUPPORT NEEDS_ACTION reason MEDIATE"},
         SETTLEMENT_ESCALATED},
        {"+5d3h", {"+5d3h refused NOT_OPEN"}, SETTLEMENT_DECLINED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(&(struct story){
            .policy = ask_within_5_days,
            .acts = {BEGIN,
                     {"+2h", CHOOSE, .choice = CHOICE_CLAIM},
                     {"+3h", RESPOND, .response = RESPONSE_DECLINE},
                     {rows[i].at, CHOOSE, .choice = CHOICE_ASK_PLATFORM}},
            .expected = {BEGIN_EXPECTED, "+2h SELLER NEEDS_ACTION reason CLAIM answer +2d2h",
                         "+3h BUYER DECLINED", rows[i].expected[0], rows[i].expected[1]},
            .settlement = rows[i].settlement,
        });
    }
}

static void test_a_claim_comes_within_its_window_after_the_end(void **state)
{
    (void)state;
    /* The window is 15 days from the end at +1h; its last moment is no longer in it. */
    static const struct {
        const char *at;
        const char *expected;
        enum settlement_state settlement;
    } rows[] = {
        {"+15d59m59s", "+15d59m59s SELLER NEEDS_ACTION reason CLAIM answer +17d59m59s",
         SETTLEMENT_CLAIMED},
        {"+15d1h", "+15d1h refused CLOSED", SETTLEMENT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(&(struct story){
            .policy = stage_taobao,
            .acts = {BEGIN, {rows[i].at, CHOOSE, .choice = CHOICE_CLAIM}},
            .expected = {BEGIN_EXPECTED, rows[i].expected},
            .settlement = rows[i].settlement,
        });
    }
}

static void test_a_case_that_ended_without_a_word_is_not_open_to_claims(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+1m", BACK}, {"+1h", CHOOSE, .choice = CHOICE_CLAIM}},
        .expected = {"+1h refused NOT_OPEN"},
        .settlement = SETTLEMENT_NONE,
    });
    /* But while it is open, one who knows already may claim. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+1m", CHOOSE, .choice = CHOICE_CLAIM}},
        .until = "+2m",
        .expected = {"+1m SELLER NEEDS_ACTION reason CLAIM answer +2d1m"},
        .settlement = SETTLEMENT_CLAIMED,
    });
}

static void test_nothing_is_claimed_offered_or_answered_before_it_is(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {BEGIN,
                 {"+2h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "x"},
                 {"+2h", CHOOSE, .choice = CHOICE_REJECT},
                 {"+2h", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
                 {"+2h", RESPOND, .response = RESPONSE_DECLINE},
                 {"+2h", CHOOSE, .choice = CHOICE_UNKNOWN},
                 {"+2h", RESPOND, .response = RESPONSE_UNKNOWN},
                 {"+2h", RULE, .ruling = RULING_UNKNOWN},
                 {"+2h", RESPOND, .response = RESPONSE_REPORT_NO_STOCK}},
        .expected = {BEGIN_EXPECTED, "+2h refused NO_SUCH_OFFER", "+2h refused NO_SUCH_OFFER",
                     "+2h refused NOT_CLAIMED", "+2h refused NOT_CLAIMED",
                     "+2h refused NOT_OFFERED", "+2h refused NOT_OPEN", "+2h refused NOT_OPEN"},
        .settlement = SETTLEMENT_NONE,
    });
}

static void test_no_offer_stands_after_the_settlement(void **state)
{
    (void)state;
    static const struct act ends[] = {
        {"+3h", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
        {"+3h", RULE, .ruling = RULING_COMPENSATE, .amount = 5},
        {"+3h", RULE, .ruling = RULING_DISMISS},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        static struct stage stage;
        stage_init(&stage, stage_taobao());
        stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
        stage_act(&stage, &(struct act){"+2h", RESPOND, .response = RESPONSE_OFFER_COMPENSATION,
                                        .amount = 100, .id = "offer-1"});
        assert_int_equal(stage.file.offer_minor, 100);
        stage_act(&stage, &ends[i]);
        assert_int_equal(stage.file.offer_id.size, 0);
        assert_int_equal(stage.file.offer_minor, 0);
    }
}

static void test_a_line_and_its_substitute_count_once_for_the_limit(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_substitute(&stage, "B", 4000, 5);
    stage_act(&stage, &(struct act){"+10s", SHORT, .paid = 5900});
    stage_act(&stage, &(struct act){"+1h", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE,
                                    .notice = 1, .sku = "B"});
    stage_act(&stage, &(struct act){"+2h", SHORT, .line = 10001, .sku = "B", .paid = 4000});
    assert_int_equal(stage.file.line_count, 2);
    assert_int_equal(settlement_limit(&stage.file, &stage.policy), 2950);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_claim_is_offered_and_agreed),
        cmocka_unit_test(test_a_rejected_offer_asks_the_seller_again),
        cmocka_unit_test(test_the_seller_may_offer_unasked_within_the_limit),
        cmocka_unit_test(test_an_agreement_is_possible_until_the_ruling),
        cmocka_unit_test(test_an_offer_may_go_to_the_platform_too),
        cmocka_unit_test(test_a_ruled_refund_answers_who_asked_the_platform),
        cmocka_unit_test(test_the_platform_may_rule_on_a_complaint_that_went_past_us),
        cmocka_unit_test(test_the_platform_is_asked_within_a_time_after_the_refusal),
        cmocka_unit_test(test_a_claim_comes_within_its_window_after_the_end),
        cmocka_unit_test(test_a_case_that_ended_without_a_word_is_not_open_to_claims),
        cmocka_unit_test(test_nothing_is_claimed_offered_or_answered_before_it_is),
        cmocka_unit_test(test_no_offer_stands_after_the_settlement),
        cmocka_unit_test(test_a_line_and_its_substitute_count_once_for_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
