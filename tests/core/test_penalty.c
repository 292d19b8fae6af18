/* What a rule gives the buyer: how much, when, and once. */
#include "case_play.h"
#include "core/money.h"
#include "core/penalty.h"

#define CANCEL_BY(paid) "{1: CANCEL=" paid " by +2d2m10s REFUND}"

static void test_a_share_is_exact_and_rounded_half_up(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        int32_t rate;
        int64_t share;
        int64_t floor;
    } rows[] = {
        {0, 3000, 0, 0},
        {1, 5000, 1, 0},
        {1, 4999, 0, 0},
        {3335, 3000, 1001, 1000},
        {3334, 3000, 1000, 1000},
        {9999, 10000, 9999, 9999},
        {AMOUNT_MAX, 10000, AMOUNT_MAX, AMOUNT_MAX},
        {AMOUNT_MAX - 1, 1, 10000000000, 9999999999},
        {LINES_PER_ORDER_MAX * AMOUNT_MAX, RATE_MAX_BP, 10 * LINES_PER_ORDER_MAX * AMOUNT_MAX,
         10 * LINES_PER_ORDER_MAX * AMOUNT_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(money_share(rows[i].amount, rows[i].rate) == rows[i].share);
        assert_true(money_share_floor(rows[i].amount, rows[i].rate) == rows[i].floor);
    }
}

static void test_rules_together_give_the_largest_or_the_cap_on_their_sum(void **state)
{
    (void)state;
    static const struct {
        int64_t paid;
        int32_t cap;
        uint32_t set;
        int64_t together;
    } rows[] = {
        {10000, 3500, 0, 0},      {10000, 3500, 1, 3000}, /* 30 % */
        {10000, 3500, 2, 500},                            /* 5 % */
        {10000, 3500, 3, 3500},                           /* the sum is the cap */
        {10000, 3200, 3, 3200},                           /* the cap is below the sum */
        {10000, 2000, 3, 3000},                           /* and never below the largest */
        {10000, 0, 3, 3000},                              /* no cap given */
        {990, 3500, 3, 500},      /* both at their minimum: one of them is above the cap */
        {2000, 3500, 3, 700},     /* 600 + 500 against 700 */
        {200000, 3500, 3, 55000}, /* both at their maximum: 50000 + 5000 */
        {200000, 1000, 3, 50000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy policy = stage_tmall();
        policy.stack_cap_bp = rows[i].cap;
        assert_int_equal(penalty_together(&policy, rows[i].set, rows[i].paid), rows[i].together);
    }
}

static void test_a_fixed_sum_and_no_maximum(void **state)
{
    (void)state;
    struct penalty fixed = {.rate_bp = 0, .min_minor = 300, .max_minor = 300};
    assert_int_equal(penalty_amount(&fixed, 1), 300);
    assert_int_equal(penalty_amount(&fixed, 1000000), 300);
    struct penalty open = {.rate_bp = 10000};
    assert_int_equal(penalty_amount(&open, 1000000), 1000000);
}

static void test_a_later_rule_pays_what_is_still_missing(void **state)
{
    (void)state;
    /* 30 % with the notice; at the promise (48 h after +10s) 5 % more; NO_STOCK was due once. */
    play(&(struct story){
        .policy = stage_tmall,
        .acts = {{"+10s", SHORT, .eta = "+20d", .paid = 10000}},
        .until = "+10d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=10000 expected +20d by "
                     "+2d2m10s REFUND}",
                     "+2m10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH",
                     "+2d10s PENALTY 1 LATE 500 CNY SELLER CASH",
                     "+2d2m10s refund 1 10000 CNY SILENCE attempt 1", "+2d2m10s plan 1 CANCEL",
                     "+2d2m10s BUYER REFUND_STARTED {1} reason SILENCE amount 10000 due +3d2m10s",
                     "+2d2m10s outcome 1 A REFUNDED"},
    });
}

static void test_nothing_is_sent_for_zero(void **state)
{
    (void)state;
    /* 500 is paid with the notice; with LATE the two give 500 together (see above). */
    play(&(struct story){
        .policy = stage_tmall,
        .acts = {{"+10s", SHORT, .eta = "+20d", .paid = 990},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+19d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=990 expected +20d by "
                     "+2d2m10s REFUND}",
                     "+2m10s PENALTY 1 NO_STOCK 500 CNY SELLER CASH",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS"},
    });
}

/* Only after the promise: late at once, no stock after three days; notices by silence wait. */
static struct policy only_after_promise(void)
{
    struct policy policy = stage_tmall();
    policy.penalties[0].on_admission = false;
    policy.notice_silence_with_eta = SILENCE_WAIT;
    return policy;
}

static void test_only_a_word_to_wait_moves_the_promise(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+10s", SHORT, .eta = "+20d", .paid = 10000},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+19d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=10000 expected +20d by "
                     "+2d2m10s WAIT}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS"},
    });
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+10s", SHORT, .eta = "+20d", .paid = 10000}},
        .until = "+19d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=10000 expected +20d by "
                     "+2d2m10s WAIT}",
                     "+2d10s PENALTY 1 LATE 500 CNY SELLER CASH",
                     "+2d2m10s plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+2d2m10s BUYER WAIT_CONFIRMED {1} expected +20d SILENCE",
                     "+5d10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH"},
    });
}

static void test_a_wait_never_makes_the_promise_an_earlier_one(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+10s", SHORT, .eta = "+1d", .paid = 10000, .ship_by = "+3d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1d", BACK},
                 {"+1d6h", SHORT, .eta = "+5d", .paid = 10000}},
        .until = "+3d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=10000 expected +1d by "
                     "+2d2m10s WAIT}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +1d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +1d EXPRESS",
                     "+1d BUYER RENEWED 2 PLAIN {1: CANCEL=10000 by +2d REFUND}",
                     "+1d plan 1 RELEASE", "+1d BUYER BACK_IN_STOCK {1}",
                     "+1d6h2m BUYER RENEWED 3 PLAIN {1: WAIT, CANCEL=10000 expected +5d by "
                     "+2d6h2m REFUND}",
                     "+2d6h2m refund 1 10000 CNY SILENCE attempt 1", "+2d6h2m plan 1 CANCEL",
                     "+2d6h2m BUYER REFUND_STARTED {1} reason SILENCE amount 10000 due +3d6h2m",
                     "+2d6h2m outcome 1 A REFUNDED"},
    });
}

static void test_a_rule_counts_only_while_the_goods_are_short(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+10s", SHORT, .paid = 10000}, {"+2d", BACK}, {"+6d", SHIPPED}},
        .until = "+10d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN " CANCEL_BY("10000"),
                     "+2d BUYER BACK_IN_STOCK {1}"},
        .final = {LINE_FILLED_LATE},
    });
    play(&(struct story){
        .policy = stage_tmall,
        .acts = {{"+10s", SHORT, .paid = 10000}, {"+1m", BACK}},
        .until = "+10d",
        .expected = {NULL},
        .final = {LINE_RECOVERED},
    });
}

static void test_a_promise_broken_before_the_notice_is_due_with_it(void **state)
{
    (void)state;
    /* Nothing is due in the grace, where the goods may still turn up. */
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+3d", SHORT, .paid = 10000}},
        .until = "+4d",
        .expected = {"+3d2m BUYER SHORTAGE 1 PLAIN {1: CANCEL=10000 by +5d2m REFUND}",
                     "+3d2m PENALTY 1 LATE 500 CNY SELLER CASH"},
    });
    play(&(struct story){
        .policy = only_after_promise,
        .acts = {{"+3d", SHORT, .paid = 10000}, {"+3d1m", BACK}},
        .until = "+4d",
        .expected = {NULL},
    });
}

static struct policy neutral(void)
{
    struct policy policy = stage_tmall();
    policy.wording = WORDING_NEUTRAL;
    return policy;
}

static void test_neutral_words_admit_nothing(void **state)
{
    (void)state;
    /* The renewed notice has no date, so it is plain and admits it. */
    play(&(struct story){
        .policy = neutral,
        .acts = {{"+10s", SHORT, .eta = "+5d", .paid = 10000}, {"+1h", ETA}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 NEUTRAL {1: WAIT, CANCEL=10000 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h2m BUYER RENEWED 2 PLAIN " CANCEL_BY("10000"),
                     "+1h2m PENALTY 1 NO_STOCK 3000 CNY SELLER CASH"},
    });
}

static void test_a_notice_admits_its_own_lines_only(void **state)
{
    (void)state;
    /* Of line 1, which has a date, nothing was admitted; line 2 has none. */
    play(&(struct story){
        .policy = neutral,
        .acts = {{"+10s", SHORT, .eta = "+5d", .paid = 10000},
                 {"+1h", SHORT, .line = 2, .paid = 10000}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 NEUTRAL {1: WAIT, CANCEL=10000 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h2m BUYER SHORTAGE 2 PLAIN {2: CANCEL=10000 by +2d1h2m REFUND}",
                     "+1h2m PENALTY 2 NO_STOCK 3000 CNY SELLER CASH"},
    });
}

/* 10 % where the promise was over 48 h, else 30 %: two penalties of one rule. */
static struct policy by_promise(void)
{
    struct policy policy = stage_tmall();
    policy.penalties[1] = policy.penalties[0];
    policy.penalties[0].promise_up_to_ms = (struct optional_long){48 * HOUR, true};
    policy.penalties[1].promise_over_ms = (struct optional_long){48 * HOUR, true};
    policy.penalties[1].rate_bp = 1000;
    return policy;
}

static void test_a_rate_may_hold_for_promises_of_a_length_only(void **state)
{
    (void)state;
    static const struct {
        const char *ship_by;
        const char *penalty;
    } rows[] = {
        {NULL, "+2m10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH"},
        {"+2d10s", "+2m10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH"},
        {"+2d11s", "+2m10s PENALTY 1 NO_STOCK 1000 CNY SELLER CASH"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(&(struct story){
            .policy = by_promise,
            .acts = {{"+10s", SHORT, .paid = 10000, .ship_by = rows[i].ship_by}},
            .until = "+1h",
            .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN " CANCEL_BY("10000"), rows[i].penalty},
        });
    }
}

static void test_each_rule_is_due_once_a_line(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_tmall,
        .acts = {{"+10s", SHORT, .line = 1, .paid = 10000},
                 {"+10s", SHORT, .line = 2, .sku = "B", .paid = 4000},
                 {"+1h", BACK, .line = 1},
                 {"+2h", SHORT, .line = 1, .paid = 10000}},
        .until = "+3h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=10000 by +2d2m10s REFUND} "
                     "{2: CANCEL=4000 by +2d2m10s REFUND}",
                     "+2m10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH",
                     "+2m10s PENALTY 2 NO_STOCK 1200 CNY SELLER CASH",
                     "+1h BUYER BACK_IN_STOCK {1}",
                     "+2h2m BUYER RENEWED 2 PLAIN {1: CANCEL=10000 by +1d2h2m REFUND}"},
    });
}

/* Two penalties of one rule that hold for the same promise: what a policy should not say. */
static struct policy one_rule_twice(void)
{
    struct policy policy = stage_tmall();
    policy.penalties[1] = policy.penalties[0];
    policy.penalties[1].rate_bp = 3500;
    return policy;
}

static void test_a_rule_is_due_once_though_it_is_written_twice(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = one_rule_twice,
        .acts = {{"+10s", SHORT, .paid = 10000}},
        .until = "+1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN " CANCEL_BY("10000"),
                     "+2m10s PENALTY 1 NO_STOCK 3000 CNY SELLER CASH"},
    });
}

static struct policy platform_pays(void)
{
    struct policy policy = stage_tmall();
    policy.payer = PAYER_PLATFORM;
    policy.instrument = INSTRUMENT_COUPON;
    return policy;
}

static void test_a_penalty_says_how_it_came_about(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, platform_pays());
    stage_act(&stage, &(struct act){"+10s", SHORT, .paid = 10000});
    stage_watch(&stage, stage_time("+1h"));
    assert_int_equal(stage_effects.compensation_count, 1);
    const struct compensation *penalty = &stage_effects.compensations[0];
    assert_int_equal(penalty->payer, PAYER_PLATFORM);
    assert_int_equal(penalty->instrument, INSTRUMENT_COUPON);
    assert_int_equal(penalty->base_minor.value, 10000);
    assert_int_equal(penalty->rate_bp.value, 3000);
    assert_true(text_equal(penalty->policy, TEXT("accept-tmall@1")));
    assert_int_equal(stage_effects.compensation_identities[0].rule, PENALTY_NO_STOCK);
    assert_int_equal(stage_effects.compensation_identities[0].line_no, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_share_is_exact_and_rounded_half_up),
        cmocka_unit_test(test_rules_together_give_the_largest_or_the_cap_on_their_sum),
        cmocka_unit_test(test_a_fixed_sum_and_no_maximum),
        cmocka_unit_test(test_a_later_rule_pays_what_is_still_missing),
        cmocka_unit_test(test_nothing_is_sent_for_zero),
        cmocka_unit_test(test_only_a_word_to_wait_moves_the_promise),
        cmocka_unit_test(test_a_wait_never_makes_the_promise_an_earlier_one),
        cmocka_unit_test(test_a_rule_counts_only_while_the_goods_are_short),
        cmocka_unit_test(test_a_promise_broken_before_the_notice_is_due_with_it),
        cmocka_unit_test(test_neutral_words_admit_nothing),
        cmocka_unit_test(test_a_notice_admits_its_own_lines_only),
        cmocka_unit_test(test_a_rate_may_hold_for_promises_of_a_length_only),
        cmocka_unit_test(test_each_rule_is_due_once_a_line),
        cmocka_unit_test(test_a_rule_is_due_once_though_it_is_written_twice),
        cmocka_unit_test(test_a_penalty_says_how_it_came_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
