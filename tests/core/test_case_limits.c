/* The largest cases: every buffer has a ceiling, and nothing legal goes over it. And how a case
 * begins and ends. */
#include "case_stage.h"

static struct case_line many_lines[CASE_LINES_MAX];

static struct substitute_offer sixteen[SUBSTITUTES_MAX];
static struct substitute all_substitutes = {{"A", 1}, sixteen, SUBSTITUTES_MAX};
static const struct listing_status plenty = {{"any", 3}, LISTING_AVAILABLE, {1000, true}, T0};

static const struct substitute *all_of(const void *context, struct text sku)
{
    (void)context;
    (void)sku;
    return &all_substitutes;
}

static const struct listing_status *always(const void *context, struct text sku)
{
    (void)context;
    (void)sku;
    return &plenty;
}

static void stage_large(struct stage *stage, struct policy policy)
{
    static const char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    stage_init(stage, policy);
    memset(many_lines, 0, sizeof many_lines);
    stage->file.lines = many_lines;
    stage->file.line_capacity = CASE_LINES_MAX;
    for (int i = 0; i < SUBSTITUTES_MAX; i++) {
        sixteen[i] = (struct substitute_offer){{&names[i + 1], 1}, 100, 24};
    }
    stage->catalogue = (struct catalogue){NULL, all_of, always};
}

static void apply_shortage(struct stage *stage, int32_t line_no, const char *sku)
{
    struct act act = {"+10s", SHORT, .line = line_no, .eta = "+20d", .paid = 10000};
    act.sku = sku;
    act.revision = 1;
    struct shortage shortage = stage_shortage(stage, &act);
    if (!stage->is_open) {
        case_open(&stage->file, &shortage, &stage->policy);
        stage->is_open = true;
    }
    struct case_fact fact = {
        .kind = CASE_FACT_SHORTAGE, .at_ms = shortage.at_ms, .shortage = &shortage};
    case_apply(&stage->file, &stage->policy, &stage->catalogue, &fact, &stage_effects);
}

static void decide(struct stage *stage, enum choice choice, int32_t line_no, const char *id)
{
    struct buyer_decision decision = {.id = text_of(id),
                                      .choice = choice,
                                      .line_no = line_no,
                                      .sku = TEXT("B"),
                                      .notice = {1, true}};
    struct case_fact fact = {
        .kind = CASE_FACT_BUYER_DECISION, .at_ms = stage_time("+1h"), .buyer_decision = &decision};
    case_apply(&stage->file, &stage->policy, &stage->catalogue, &fact, &stage_effects);
}

static void fire(struct stage *stage)
{
    struct case_fact timer = {.kind = CASE_FACT_TIMER, .at_ms = case_next_deadline(&stage->file)};
    case_apply(&stage->file, &stage->policy, &stage->catalogue, &timer, &stage_effects);
    assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
}

static void test_the_largest_case_fits_into_the_effects_of_one_fact(void **state)
{
    (void)state;
    static struct stage stage;
    stage_large(&stage, stage_tmall());
    for (int32_t i = CASE_LINES_MAX; i > 0; i--) {
        apply_shortage(&stage, i, "A");
        assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
    }
    /* One more would be no order of ours. */
    apply_shortage(&stage, CASE_LINES_MAX + 1, "A");
    assert_int_equal(stage_effects.verdict, VERDICT_REFUSED);
    assert_int_equal(stage.file.line_count, CASE_LINES_MAX);

    fire(&stage);
    assert_int_equal(stage_effects.notification_count, 1);
    const struct notification *notice = &stage_effects.notifications[0];
    assert_int_equal(notice->line_count, CASE_LINES_MAX);
    assert_int_equal(stage_effects.compensation_count, CASE_LINES_MAX);
    for (uint32_t i = 0; i < notice->line_count; i++) {
        /* By number, although they came in the other order. */
        assert_int_equal(notice->lines[i].line_no, i + 1);
        assert_int_equal(notice->lines[i].choice_count, 2 + OFFERED_SUBSTITUTES_MAX);
    }

    decide(&stage, CHOICE_WAIT, 0, "id-1");
    assert_int_equal(stage_effects.plan_count, CASE_LINES_MAX);
    assert_int_equal(stage_effects.notification_count, CASE_LINES_MAX);

    decide(&stage, CHOICE_CANCEL, 0, "id-2");
    assert_int_equal(stage_effects.plan_count, CASE_LINES_MAX);
    assert_int_equal(stage_effects.refund_request_count, CASE_LINES_MAX);
    assert_int_equal(stage_effects.line_outcome_count, CASE_LINES_MAX);
    assert_int_equal(stage_effects.line_change_count, CASE_LINES_MAX);
    assert_int_equal(case_next_deadline(&stage.file), INT64_MAX);
}

static void test_silence_ends_the_largest_case_at_once(void **state)
{
    (void)state;
    static struct stage stage;
    stage_large(&stage, stage_taobao());
    for (int32_t i = 1; i <= LINES_PER_ORDER_MAX; i++) {
        apply_shortage(&stage, i, "A");
    }
    fire(&stage);
    fire(&stage);
    assert_int_equal(stage_effects.refund_request_count, LINES_PER_ORDER_MAX);
    assert_int_equal(stage_effects.notification_count, LINES_PER_ORDER_MAX);
}

static void test_a_case_carries_what_its_first_shortage_says_of_the_order(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    struct shortage shortage = stage_shortage(
        &stage, &(struct act){"+10s", SHORT, .line = 1, .ship_by = "+3d", .revision = 1});
    shortage.locale = TEXT("a-locale-that-is-longer-than-any");
    case_open(&stage.file, &shortage, &stage.policy);
    assert_true(text_equal(id_text(&stage.file.order_id), TEXT("order-1")));
    assert_true(text_equal(id_text(&stage.file.seller_id), TEXT("s1")));
    assert_true(text_equal(id_text(&stage.file.buyer_id), TEXT("b1")));
    assert_string_equal(stage.file.currency, "CNY");
    assert_string_equal(stage.file.locale, "a-locale-that-i");
    assert_string_equal(stage.file.policy, "accept-taobao@1");
    assert_int_equal(stage.file.ship_by_ms.value, stage_time("+3d"));
    assert_int_equal(stage.file.line_count, 0);
    assert_ptr_equal(stage.file.lines, stage.lines);
    assert_int_equal(stage.file.line_capacity, STAGE_LINES_MAX);
    assert_false(case_is_closed(&stage.file));
    assert_int_equal(case_next_deadline(&stage.file), INT64_MAX);
}

static void test_a_closed_case_is_forgotten_90_days_after_its_end(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_act(&stage, &(struct act){"+1h", BACK, .line = 1});
    assert_true(case_is_closed(&stage.file));
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+90d1h"));
    /* Shipped: the end moves. A claim does not move it. */
    stage_act(&stage, &(struct act){"+2h", SHIPPED, .line = 1});
    stage_act(&stage, &(struct act){"+3h", CHOOSE, .choice = CHOICE_CLAIM});
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+90d2h"));
    stage_watch(&stage, stage_time("+90d1h59m59s"));
    assert_false(case_is_forgotten(&stage.file));
    stage_watch(&stage, stage_time("+90d2h"));
    assert_true(case_is_forgotten(&stage.file));
    assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
    assert_int_equal(stage_effects.notification_count, 0);
    assert_int_equal(case_next_deadline(&stage.file), INT64_MAX);
}

static void test_a_case_that_may_follow_a_forgotten_one_has_a_number_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(case_life_of(T0, T0 - DAY), 0); /* a clock that is behind */
    assert_int_equal(case_life_of(T0, T0), 0);
    assert_int_equal(case_life_of(T0, T0 + CASE_RETENTION_MS - 1), 0);
    int64_t life = case_life_of(T0, T0 + CASE_RETENTION_MS);
    assert_int_equal(life, 90);
    assert_true(case_life_of(T0, T0 + 2 * CASE_RETENTION_MS + 1) > life);
    assert_int_equal(case_life_of(INT64_MAX, INT64_MIN), 0);
    assert_true(case_life_of(INT64_MIN, INT64_MAX) > 0);
}

static void test_a_closed_case_opens_again_when_a_line_is_short_again(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_act(&stage, &(struct act){"+1h", BACK, .line = 1});
    assert_true(case_is_closed(&stage.file));
    stage_act(&stage, &(struct act){"+2h", SHORT, .line = 2, .sku = "B"});
    assert_false(case_is_closed(&stage.file));
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+2h2m"));
}

static void test_a_failed_refund_is_an_end_that_a_success_moves(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage, stage_taobao());
    stage_act(&stage, &(struct act){"+10s", SHORT, .line = 1});
    stage_act(&stage, &(struct act){"+1h", CHOOSE, .line = 1, .choice = CHOICE_CANCEL});
    assert_false(case_is_closed(&stage.file));
    stage_act(&stage, &(struct act){"+2h", MONEY_FAILED, .line = 1, .final = true});
    assert_true(case_is_closed(&stage.file));
    stage_act(&stage, &(struct act){"+5h", MONEY_BACK, .line = 1});
    assert_int_equal(case_next_deadline(&stage.file), stage_time("+90d5h"));
}

static void test_absurd_times_give_deadlines_and_no_overflow(void **state)
{
    (void)state;
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        for (size_t j = 0; j < sizeof times / sizeof times[0]; j++) {
            static struct stage stage;
            stage_init(&stage, stage_tmall());
            stage.policy.penalties[0].promise_over_ms = (struct optional_long){1, true};
            stage.policy.penalties[1].promise_up_to_ms = (struct optional_long){DAY, true};
            struct shortage shortage =
                stage_shortage(&stage, &(struct act){"+10s", SHORT, .line = 1, .revision = 1});
            shortage.at_ms = times[i];
            shortage.paid_at_ms = times[j];
            shortage.expected_at_ms = (struct optional_long){times[j], true};
            case_open(&stage.file, &shortage, &stage.policy);
            struct case_fact fact = {
                .kind = CASE_FACT_SHORTAGE, .at_ms = times[i], .shortage = &shortage};
            case_apply(&stage.file, &stage.policy, &stage.catalogue, &fact, &stage_effects);
            for (int k = 0; k < 10 && case_next_deadline(&stage.file) != INT64_MAX; k++) {
                fire(&stage);
                if (case_is_forgotten(&stage.file)) {
                    break;
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_case_fits_into_the_effects_of_one_fact),
        cmocka_unit_test(test_silence_ends_the_largest_case_at_once),
        cmocka_unit_test(test_a_case_carries_what_its_first_shortage_says_of_the_order),
        cmocka_unit_test(test_a_closed_case_is_forgotten_90_days_after_its_end),
        cmocka_unit_test(test_a_case_that_may_follow_a_forgotten_one_has_a_number_of_its_own),
        cmocka_unit_test(test_a_closed_case_opens_again_when_a_line_is_short_again),
        cmocka_unit_test(test_a_failed_refund_is_an_end_that_a_success_moves),
        cmocka_unit_test(test_absurd_times_give_deadlines_and_no_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
