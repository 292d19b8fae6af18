/* The notice: who is told what, when, and what they may answer. */
#include "case_play.h"

static struct policy neutral(void)
{
    struct policy policy = stage_taobao();
    policy.wording = WORDING_NEUTRAL;
    return policy;
}

static void test_one_notice_tells_of_all_that_is_pending(void **state)
{
    (void)state;
    /* The second shortage joins the grace and does not extend it. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 2, .sku = "B"},
                 {"+2m", SHORT, .line = 1},
                 {"+2m9s", SHORT, .line = 3, .sku = "C"},
                 {"+2m9s", BACK, .line = 3, .sku = "C"}},
        .until = "+3m",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND} "
                     "{2: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_reported_shortage_is_told_at_once_with_all_that_is_pending(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1},
                 {"+30s", SHORT, .line = 2, .sku = "B", .reported = true}},
        .until = "+1h",
        .expected = {"+30s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d30s REFUND} "
                     "{2: CANCEL=5900 by +2d30s REFUND}"},
    });
}

static void test_a_report_ends_the_grace_of_a_line_that_is_pending(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+30s", SHORT, .reported = true}},
        .until = "+1h",
        .expected = {"+30s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d30s REFUND}"},
    });
}

static void test_a_report_of_a_line_already_told_is_told_if_it_is_worse(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"}, {"+1h", SHORT, .reported = true}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h BUYER RENEWED 2 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}"},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT}, {"+1h", SHORT, .reported = true}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_line_short_after_the_notice_gets_one_of_its_own(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1}, {"+1h", SHORT, .line = 2, .sku = "B"}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}",
                     "+1h2m BUYER SHORTAGE 2 PLAIN {2: CANCEL=5900 by +2d1h2m REFUND}"},
    });
}

static void test_a_notice_is_a_first_one_if_it_is_that_for_any_line(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .line = 1, .eta = "+5d"},
                 {"+1h", ETA, .line = 1, .eta = "+6d"},
                 {"+1h1m", SHORT, .line = 2, .sku = "B"}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h2m BUYER SHORTAGE 2 PLAIN {1: WAIT, CANCEL=5900 expected +6d by "
                     "+2d2m10s REFUND} {2: CANCEL=5900 by +2d1h2m REFUND}"},
    });
}

static void test_a_new_notice_never_shortens_a_running_deadline(void **state)
{
    (void)state;
    /* 24 h from +1h2m would be before the +2d2m10s that the buyer was promised. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"}, {"+1h", ETA, .eta = "+9d"}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h2m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +9d by "
                     "+2d2m10s REFUND}"},
    });
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"}, {"+2d", ETA, .eta = "+9d"}},
        .until = "+2d1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+2d2m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +9d by "
                     "+3d2m REFUND}"},
    });
}

static void test_nobody_is_held_beyond_the_agreed_date_where_it_refunds(void **state)
{
    (void)state;
    /* Neither sooner than agreed (7 days from +10d2m) nor later (7 days from +18d2m). */
    play(&(struct story){
        .policy = stage_ftc,
        .acts = {{"+10s", SHORT, .eta = "+20d"},
                 {"+1h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
                 {"+10d", ETA, .eta = "+40d"},
                 {"+18d", ETA, .eta = "+45d"}},
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +20d by "
                     "+7d2m10s WAIT}",
                     "+1h plan 1 HOLD_FOR_RESTOCK until +20d",
                     "+1h BUYER WAIT_CONFIRMED {1} expected +20d EXPRESS",
                     "+10d2m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +40d by +20d "
                     "REFUND}",
                     "+18d2m BUYER RENEWED 3 PLAIN {1: WAIT, CANCEL=5900 expected +45d by +20d "
                     "REFUND}",
                     "+20d refund 1 5900 CNY SILENCE attempt 1", "+20d plan 1 CANCEL",
                     "+20d BUYER REFUND_STARTED {1} reason SILENCE amount 5900 due +27d",
                     "+20d outcome 1 A REFUNDED"},
        .final = {LINE_REFUNDING},
    });
}

static void test_a_better_date_needs_no_message(void **state)
{
    (void)state;
    /* Nor does a worse one that is better again within the grace. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", ETA, .eta = "+4d"},
                 {"+2h", ETA, .eta = "+5d"},
                 {"+3h", ETA, .eta = "+6d"},
                 {"+3h1m", ETA, .eta = "+5d"}},
        .until = "+1d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
}

static void test_a_first_date_is_a_better_one(void **state)
{
    (void)state;
    /* It was not offered, so it cannot be agreed to. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", ETA, .eta = "+4d"},
                 {"+2h", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+1d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}",
                     "+2h refused NOT_OFFERED"},
    });
}

static void test_no_date_any_more_is_a_worse_one(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"}, {"+1d", ETA}},
        .until = "+1d1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1d2m BUYER RENEWED 2 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_past_date_is_no_date(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+1m"}},
        .until = "+1h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_line_short_again_is_told_by_a_renewed_notice(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT},
                 {"+1h", BACK},
                 {"+2h", SHORT},
                 {"+2h1m", BACK}, /* only moving: nothing is said */
                 {"+3h", SHORT}},
        .until = "+4h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +2d2m10s REFUND}",
                     "+1h BUYER BACK_IN_STOCK {1}",
                     "+3h2m BUYER RENEWED 2 PLAIN {1: CANCEL=5900 by +1d3h2m REFUND}"},
    });
}

static struct policy slow_to_renew(void)
{
    struct policy policy = stage_taobao();
    policy.renewed_grace_ms = 4 * MINUTE;
    return policy;
}

static void test_a_renewed_notice_has_a_grace_of_its_own(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = slow_to_renew,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+1h", ETA, .eta = "+6d"},
                 {"+2h", BACK},
                 {"+3h", SHORT}},
        .until = "+4h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+1h4m BUYER RENEWED 2 PLAIN {1: WAIT, CANCEL=5900 expected +6d by "
                     "+2d2m10s REFUND}",
                     "+2h BUYER BACK_IN_STOCK {1}",
                     "+3h4m BUYER RENEWED 3 PLAIN {1: CANCEL=5900 by +1d3h4m REFUND}"},
    });
}

static struct policy at_once(void)
{
    struct policy policy = stage_taobao();
    policy.notice_grace_ms = 0;
    policy.renewed_grace_ms = 0;
    return policy;
}

static void apply(struct stage *stage, struct act act)
{
    act.sku = "A";
    struct shortage shortage = stage_shortage(stage, &act);
    if (!stage->is_open) {
        case_open(&stage->file, &shortage, &stage->policy);
        stage->is_open = true;
    }
    struct case_fact fact = {
        .kind = CASE_FACT_SHORTAGE, .at_ms = shortage.at_ms, .shortage = &shortage};
    case_apply(&stage->file, &stage->policy, &stage->catalogue, &fact, &stage_effects);
}

/* A deadline would wait for the proof that all before it has been read. */
static void test_without_a_grace_the_fact_itself_is_told(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, at_once());
    apply(&stage, (struct act){"+10s", SHORT, .line = 1, .eta = "+5d", .revision = 1});
    assert_int_equal(stage_effects.notification_count, 1);
    assert_int_equal(stage_effects.notifications[0].kind, NOTICE_SHORTAGE);
    assert_int_equal(stage_effects.notifications[0].at_ms, T0 + 10 * SECOND);
    apply(&stage, (struct act){"+1h", ETA, .line = 1, .eta = "+6d", .revision = 2});
    assert_int_equal(stage_effects.notification_count, 1);
    assert_int_equal(stage_effects.notifications[0].kind, NOTICE_RENEWED);
    stage_init(&stage, stage_taobao());
    apply(&stage, (struct act){"+10s", SHORT, .line = 1, .eta = "+5d", .revision = 1});
    assert_int_equal(stage_effects.notification_count, 0);
}

static void test_words_are_neutral_only_where_every_line_has_a_date(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = neutral,
        .acts = {{"+10s", SHORT, .line = 1, .eta = "+5d"},
                 {"+10s", SHORT, .line = 2, .sku = "B", .eta = "+6d"},
                 {"+1h", ETA, .line = 2, .sku = "B"}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 NEUTRAL {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND} {2: WAIT, CANCEL=5900 expected +6d by +2d2m10s REFUND}",
                     "+1h2m BUYER RENEWED 2 PLAIN {2: CANCEL=5900 by +2d2m10s REFUND}"},
    });
    play(&(struct story){
        .policy = neutral,
        .acts = {{"+10s", SHORT, .line = 1, .eta = "+5d"}, {"+10s", SHORT, .line = 2, .sku = "B"}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND} {2: CANCEL=5900 by +2d2m10s REFUND}"},
    });
}

static void test_a_deadline_fires_before_a_fact_of_its_own_time(void **state)
{
    (void)state;
    /* The buyer's word comes with the deadline, not before it. */
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d"},
                 {"+2d2m10s", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1}},
        .until = "+3d",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}",
                     "+2d2m10s refund 1 5900 CNY SILENCE attempt 1", "+2d2m10s plan 1 CANCEL",
                     "+2d2m10s BUYER REFUND_STARTED {1} reason SILENCE amount 5900 due +3d2m10s",
                     "+2d2m10s outcome 1 A REFUNDED", "+2d2m10s refused MONEY_IN_MOTION"},
    });
}

static void test_an_older_revision_changes_nothing(void **state)
{
    (void)state;
    play(&(struct story){
        .policy = stage_taobao,
        .acts = {{"+10s", SHORT, .eta = "+5d", .revision = 100},
                 {"+1h", ETA, .eta = "+9d", .revision = 99},
                 {"+1h", BACK, .revision = 100}},
        .until = "+2h",
        .expected = {"+2m10s BUYER SHORTAGE 1 PLAIN {1: WAIT, CANCEL=5900 expected +5d by "
                     "+2d2m10s REFUND}"},
        .final = {LINE_AWAITING_DECISION},
    });
}

/* After a standstill of days: the time to answer begins when the notice is sent, not when it was
 * due. */
static void test_a_notice_that_is_late_leaves_the_whole_time_to_answer(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+2m10s"));
    struct case_fact late = {.kind = CASE_FACT_TIMER, .at_ms = stage_time("+10d")};
    stage_apply(&stage, &late);
    assert_non_null(
        strstr(stage.log, "+10d BUYER SHORTAGE 1 PLAIN {1: CANCEL=5900 by +12d REFUND}"));
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+12d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_notice_that_is_late_leaves_the_whole_time_to_answer),
        cmocka_unit_test(test_one_notice_tells_of_all_that_is_pending),
        cmocka_unit_test(test_a_reported_shortage_is_told_at_once_with_all_that_is_pending),
        cmocka_unit_test(test_a_report_ends_the_grace_of_a_line_that_is_pending),
        cmocka_unit_test(test_a_report_of_a_line_already_told_is_told_if_it_is_worse),
        cmocka_unit_test(test_a_line_short_after_the_notice_gets_one_of_its_own),
        cmocka_unit_test(test_a_notice_is_a_first_one_if_it_is_that_for_any_line),
        cmocka_unit_test(test_a_new_notice_never_shortens_a_running_deadline),
        cmocka_unit_test(test_nobody_is_held_beyond_the_agreed_date_where_it_refunds),
        cmocka_unit_test(test_a_better_date_needs_no_message),
        cmocka_unit_test(test_a_first_date_is_a_better_one),
        cmocka_unit_test(test_no_date_any_more_is_a_worse_one),
        cmocka_unit_test(test_a_past_date_is_no_date),
        cmocka_unit_test(test_a_line_short_again_is_told_by_a_renewed_notice),
        cmocka_unit_test(test_a_renewed_notice_has_a_grace_of_its_own),
        cmocka_unit_test(test_without_a_grace_the_fact_itself_is_told),
        cmocka_unit_test(test_words_are_neutral_only_where_every_line_has_a_date),
        cmocka_unit_test(test_a_deadline_fires_before_a_fact_of_its_own_time),
        cmocka_unit_test(test_an_older_revision_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
