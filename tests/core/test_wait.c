/* Waiting: by the buyer's word or by silence, until the agreed date. */
#include "case_play.h"

#define TOLD_NEAR \
    "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +20d by +7d2m10s WAIT}"

/* Silence waits, and a date that passes is renewed. */
static struct policy patient(void)
{
    struct policy policy = stage_ftc();
    policy.passed = DATE_PASSED_RENEW;
    return policy;
}

static void test_silence_waits_for_a_near_date_and_refunds_when_it_passes(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"}},
        .expected = {TOLD_NEAR, "+7d2m10s plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+7d2m10s BUYER WAIT_CONFIRMED {1} expected +20d SILENCE",
                     "+20d refund 1 5900 CNY DATE_PASSED attempt 1", "+20d plan 1 CANCEL",
                     "+20d BUYER REFUND_STARTED {1} reason DATE_PASSED amount 5900 due +27d",
                     "+20d outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
}

static void test_silence_refunds_where_the_date_is_far_or_unknown(void **state)
{
    (void)state;
    /* The promise is 30 days from the payment at +10s, and the date may be 30 days after it. */
    static const struct {
        const char *eta;
        const char *told;
    } rows[] = {
        {"+60d11s", "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +60d11s by "
                    "+7d2m10s REFUND}"},
        {NULL, "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 by +7d2m10s REFUND}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(&(struct story){
            .policy = stage_ftc,
            .acts = {{"+10s", SHORT, .eta = rows[i].eta}},
            .expected = {rows[i].told, "+7d2m10s refund 1 5900 CNY SILENCE attempt 1",
                         "+7d2m10s plan 1 CANCEL",
                         "+7d2m10s BUYER REFUND_STARTED {1} reason SILENCE amount 5900 due "
                         "+14d2m10s",
                         "+7d2m10s outcome 1 A REFUNDED"},
            .final = {LINE_REFUNDING},
        });
    }
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+60d10s"}},
        .until = "+8d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +60d10s by "
                     "+7d2m10s WAIT}",
                     "+7d2m10s plan 1 HOLD_FOR_RESTOCK until +60d10s",
                     "+7d2m10s BUYER WAIT_CONFIRMED {1} expected +60d10s SILENCE"},
        .final = {LINE_WAITING_RESTOCK},
    });
}

static void test_a_word_after_silence_makes_the_consent_an_express_one(void **state)
{
    (void)state;
    /* Held already, so there is no second plan; and the same word again says nothing. */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"},
                 {"+8d", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+9d", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+10d",
        .expected = {TOLD_NEAR, "+7d2m10s plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+7d2m10s BUYER WAIT_CONFIRMED {1} expected +20d SILENCE",
                     "+8d BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS"},
        .final = {LINE_WAITING_RESTOCK},
    });
}

static void test_a_wait_without_a_date_has_no_end_of_its_own(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+30d", BACK}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 by +7d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK", "+1h BUYER WAIT_CONFIRMED {1} EXPRESS",
                     "+30d plan 1 RELEASE", "+30d BUYER BACK_IN_STOCK {1}"},
        .final = {LINE_RECOVERED},
    });
}

static void test_an_offered_date_that_has_passed_cannot_be_agreed_to(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+1d"},
                 {"+1d", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+1d1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +1d by "
                     "+2d2m10s REFUND}",
                     "+1d refused NOT_OFFERED"},
        .final = {LINE_AWAITING_DECISION},
    });
    /* Where waiting needs no date, it is a wait without one. */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+1d"},
                 {"+2d", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+3d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +1d by "
                     "+7d2m10s WAIT}",
                     "+2d plan 1 HOLD_FOR_RESTOCK", "+2d BUYER WAIT_CONFIRMED {1} EXPRESS"},
        .final = {LINE_WAITING_RESTOCK},
    });
}

static void test_silence_does_not_agree_to_a_date_that_has_passed(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+1d"}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +1d by "
                     "+7d2m10s WAIT}",
                     "+7d2m10s refund 1 5900 CNY DATE_PASSED attempt 1", "+7d2m10s plan 1 CANCEL",
                     "+7d2m10s BUYER REFUND_STARTED {1} reason DATE_PASSED amount 5900 due "
                     "+14d2m10s",
                     "+7d2m10s outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
    /* The date that passes at the very end of the time to answer has passed. */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+7d2m10s"}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +7d2m10s by "
                     "+7d2m10s WAIT}",
                     "+7d2m10s refund 1 5900 CNY DATE_PASSED attempt 1", "+7d2m10s plan 1 CANCEL",
                     "+7d2m10s BUYER REFUND_STARTED {1} reason DATE_PASSED amount 5900 due "
                     "+14d2m10s",
                     "+7d2m10s outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
    play(&(struct story){
        .policy = patient,
        .acts = {{"+10s", SHORT, .eta = "+1d"}},
        .until = "+8d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +1d by "
                     "+7d2m10s WAIT}",
                     "+7d2m10s BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 by +14d2m10s REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
}

static void test_silence_does_not_agree_to_a_date_known_to_be_wrong(void **state)
{
    (void)state;
    /* The deadline falls into the grace of the worse date: the new notice comes first. */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"}, {"+7d2m", ETA, .eta = "+25d"}},
        .until = "+8d",
        .expected = {TOLD_NEAR, "+7d4m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +25d "
                                "by +14d4m REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
    /* It was a false alarm: silence counts after all, from its own time. */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"},
                 {"+7d2m", ETA, .eta = "+25d"},
                 {"+7d3m", ETA, .eta = "+20d"}},
        .until = "+8d",
        .expected = {TOLD_NEAR, "+7d2m10s plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+7d2m10s BUYER WAIT_CONFIRMED {1} expected +20d SILENCE"},
        .final = {LINE_WAITING_RESTOCK},
    });
}

static void test_silence_refunds_though_a_grace_ends_at_the_same_moment(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"}, {"+2d10s", ETA, .eta = "+9d"}},
        .until = "+3d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+2d2m10s refund 1 5900 CNY SILENCE attempt 1", "+2d2m10s plan 1 CANCEL",
                     "+2d2m10s BUYER REFUND_STARTED {1} reason SILENCE amount 5900 due +3d2m10s",
                     "+2d2m10s outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
}

static void test_a_buyer_who_waits_may_cancel(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1d", CHOOSE, .line = 1, .choice = CHOICE_CANCEL}},
        .until = "+2d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                     "+1d refund 1 5900 CNY BUYER_CANCELLED attempt 1", "+1d plan 1 CANCEL",
                     "+1d BUYER REFUND_STARTED {1} reason BUYER_CANCELLED amount 5900 due +2d",
                     "+1d outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
}

static void test_the_whole_case_waits_where_it_was_offered(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1},
                 {"+10s", SHORT, .line = 2, .sku = "B", .eta = "+5d"},
                 {"+10s", SHORT, .line = 3, .sku = "C", .eta = "+6d"},
                 {"+1h", CHOOSE, .line = 0, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND} "
                     "{2: WAIT, CANCEL=5900 expected +5d by +2d2m10s REFUND} "
                     "{3: WAIT, CANCEL=5900 expected +6d by +2d2m10s REFUND}",
                     "+1h plan 2 HOLD_FOR_RESTOCK until +5d",
                     "+1h plan 3 HOLD_FOR_RESTOCK until +6d",
                     "+1h BUYER WAIT_CONFIRMED {2} expected +5d EXPRESS",
                     "+1h BUYER WAIT_CONFIRMED {3} expected +6d EXPRESS"},
        .final = {LINE_AWAITING_DECISION, LINE_WAITING_RESTOCK},
    });
}

static void test_a_wait_must_name_the_current_notice(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1m", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 2},
                 {"+1h", CHOOSE, .line = 2, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1h", CHOOSE, .line = 0, .choice = CHOICE_WAIT, .notice = 2}},
        .until = "+2h",
        .expected = {"+1m refused STALE_NOTICE",
                     "+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h refused STALE_NOTICE", "+1h refused STALE_NOTICE",
                     "+1h refused NO_SUCH_LINE", "+1h refused STALE_NOTICE"},
        .final = {LINE_AWAITING_DECISION},
    });
}

static void test_the_agreed_date_counts_though_a_worse_one_is_in_its_grace(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+19d23h59m", ETA, .eta = "+40d"}},
        .until = "+21d",
        .expected = {TOLD_NEAR, "+1h plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS",
                     "+20d refund 1 5900 CNY DATE_PASSED attempt 1", "+20d plan 1 CANCEL",
                     "+20d BUYER REFUND_STARTED {1} reason DATE_PASSED amount 5900 due +27d",
                     "+20d outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
    /* Where it is renewed, the new notice tells the worse date at once. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+4d23h59m", ETA, .eta = "+9d"}},
        .until = "+5d1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                     "+5d BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +9d by +6d "
                     "REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
}

static void test_a_renewed_wait_is_released_once(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+5d1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 2},
                 {"+5d2h", BACK}},
        .until = "+6d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS",
                     "+5d BUYER RENEWED 2 PLAIN {1: CANCEL=5900 by +6d REFUND}",
                     "+5d1h refused NOT_OFFERED", "+5d2h plan 1 RELEASE",
                     "+5d2h BUYER BACK_IN_STOCK {1}"},
        .final = {LINE_RECOVERED},
    });
}

static void test_what_was_released_is_not_released_again(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+2h", BACK},
                 {"+3h", SHORT},
                 {"+4h", BACK}},
        .until = "+6d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +5d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +5d EXPRESS", "+2h plan 1 RELEASE",
                     "+2h BUYER BACK_IN_STOCK {1}",
                     "+3h2m BUYER RENEWED 2 PLAIN {1: CANCEL=5900 by +1d3h2m REFUND}",
                     "+4h BUYER BACK_IN_STOCK {1}"},
        .final = {LINE_RECOVERED},
    });
}

static void test_an_agreed_date_ends_with_the_shortage_it_was_agreed_for(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+1d", BACK},
                 {"+2d", SHORT, .eta = "+30d"}},
        .until = "+3d",
        .expected = {TOLD_NEAR, "+1h plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS", "+1d plan 1 RELEASE",
                     "+1d BUYER BACK_IN_STOCK {1}",
                     "+2d2m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +30d by +9d2m "
                     "REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_waits_for_a_near_date_and_refunds_when_it_passes),
        cmocka_unit_test(test_silence_refunds_where_the_date_is_far_or_unknown),
        cmocka_unit_test(test_a_word_after_silence_makes_the_consent_an_express_one),
        cmocka_unit_test(test_a_wait_without_a_date_has_no_end_of_its_own),
        cmocka_unit_test(test_an_offered_date_that_has_passed_cannot_be_agreed_to),
        cmocka_unit_test(test_silence_does_not_agree_to_a_date_that_has_passed),
        cmocka_unit_test(test_silence_does_not_agree_to_a_date_known_to_be_wrong),
        cmocka_unit_test(test_silence_refunds_though_a_grace_ends_at_the_same_moment),
        cmocka_unit_test(test_a_buyer_who_waits_may_cancel),
        cmocka_unit_test(test_the_whole_case_waits_where_it_was_offered),
        cmocka_unit_test(test_a_wait_must_name_the_current_notice),
        cmocka_unit_test(test_the_agreed_date_counts_though_a_worse_one_is_in_its_grace),
        cmocka_unit_test(test_a_renewed_wait_is_released_once),
        cmocka_unit_test(test_what_was_released_is_not_released_again),
        cmocka_unit_test(test_an_agreed_date_ends_with_the_shortage_it_was_agreed_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
