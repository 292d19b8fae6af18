#include "shortfall/case_costs.h"

#include "recording.h"

static struct recording recording;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    recording_init(&recording);
    arena = arena_new(64 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    recording_done(&recording);
    return 0;
}

static const struct timeline_entry *first_notice(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++) {
        if (timeline->entries[i].topic == TOPIC_NOTIFICATION) {
            return &timeline->entries[i];
        }
    }
    fail_msg("there is no notice");
    return NULL;
}

static void test_each_choice_of_a_notice_has_its_price_by_the_rules(void **state)
{
    (void)state;
    struct timeline timeline;
    struct text why;
    struct policy_set *policies =
        recording_policies("[renewed]\nwindow = 3d\nsilence = refund\n[wait]\npassed = renew\n");
    recording_open(&recording, "O-1", policies, T0 + DAY);
    recording_choose(&recording, CHOICE_WAIT, T0 + HOUR);
    recording_timeline(&recording, arena, &language_en, &timeline);
    assert_int_equal(case_costs_add(&timeline, recording.codec, policies, &why, &recording_error),
                     OK);
    assert_false(text_is_set(why));
    assert_false(case_costs_are_missing(&timeline));

    const struct timeline_entry *notice = first_notice(&timeline);
    assert_int_equal(notice->cost_count, 3);
    const struct choice_cost *wait = &notice->costs[0];
    assert_int_equal(wait->choice, CHOICE_WAIT);
    assert_true(wait->has_date);
    assert_int_equal(wait->outcome.refund_minor + wait->outcome.penalty_minor, 0);
    /* Never kept: a notice of it, silence, and so the money back; before that 5 % at the promise.
     */
    assert_int_equal(wait->at_worst.refund_minor, 10000);
    assert_int_equal(wait->at_worst.penalty_minor, 500);
    const struct choice_cost *substitute = &notice->costs[1];
    assert_int_equal(substitute->choice, CHOICE_SUBSTITUTE);
    assert_int_equal(substitute->outcome.refund_minor, 6000);
    const struct choice_cost *cancel = &notice->costs[2];
    assert_int_equal(cancel->choice, CHOICE_CANCEL);
    assert_int_equal(cancel->outcome.refund_minor, 10000);
    assert_int_equal(cancel->outcome.penalty_minor, 0);
    timeline_done(&timeline);
    policy_set_free(policies);
}

/* Why the first notice has no costs. */
static struct text why_none(const struct policy_set *policies, uint32_t left_out)
{
    struct timeline timeline;
    struct text why;
    recording_timeline(&recording, arena, &language_en, &timeline);
    for (size_t i = 0; i < timeline.count; i++) {
        if (timeline.entries[i].topic == TOPIC_CASE_EVENT && left_out > 0) {
            timeline.entries[i].record = NULL;
            left_out--;
        }
    }
    assert_int_equal(case_costs_add(&timeline, recording.codec, policies, &why, &recording_error),
                     OK);
    assert_int_equal(first_notice(&timeline)->cost_count, 0);
    assert_true(case_costs_are_missing(&timeline));
    timeline_done(&timeline);
    return why;
}

static void test_nothing_is_claimed_that_the_records_do_not_bear_out(void **state)
{
    (void)state;
    struct policy_set *policies = recording_policies("");
    struct policy_set *others = recording_policies("[notice]\ngrace = 3m\n");
    recording_open(&recording, "O-1", policies, T0 + DAY);
    recording_choose(&recording, CHOICE_CANCEL, T0 + HOUR);
    assert_non_null(strstr(why_none(others, 0).data,
                           "policy tmall@1, as policy.dir has it, does not give what event 2"));
    assert_non_null(strstr(why_none(policies, 1).data, "first events are not in the topic"));
    policy_set_free(others);
    policy_set_free(policies);
}

static void test_a_policy_that_is_gone_is_named(void **state)
{
    (void)state;
    static struct policy unknown;
    struct policy_set *policies = recording_policies("");
    policy_defaults(&unknown);
    (void)snprintf(unknown.id, sizeof unknown.id, "gone@9");
    struct shortage first = recording_shortage("O-1", SHORTAGE_UNFILLABLE, 1, T0);
    recording_open(&recording, "O-0", policies, 0);
    outbox_clear(&recording.outbox);
    recording.policy = &unknown;
    recording.file = (struct case_file){.lines = recording.lines, .line_capacity = RECORDING_LINES};
    case_open(&recording.file, &first, &unknown);
    recording_stock(&recording, &first);
    recording_choose(&recording, CHOICE_CANCEL, T0 + HOUR);
    assert_non_null(strstr(why_none(policies, 0).data, "policy gone@9 is not in policy.dir"));
    policy_set_free(policies);
}

static void test_a_notice_of_very_many_lines_is_left_without_costs_and_says_so(void **state)
{
    (void)state;
    struct policy_set *policies = recording_policies("");
    recording_open(&recording, "O-1", policies, 0);
    for (int32_t line_no = 2; line_no <= COST_LINES_MAX + 1; line_no++) {
        struct shortage more = recording_shortage("O-1", SHORTAGE_UNFILLABLE, line_no, T0);
        more.line_no = line_no;
        recording_stock(&recording, &more);
    }
    recording_watch(&recording, T0 + HOUR);
    assert_string_equal(why_none(policies, 0).data, "notice 1 has more than 100 lines.");
    policy_set_free(policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_choice_of_a_notice_has_its_price_by_the_rules,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_claimed_that_the_records_do_not_bear_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_policy_that_is_gone_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_notice_of_very_many_lines_is_left_without_costs_and_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
