#include "caseworker/case_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../metrics_shown.h"
#include "caseworker/case_survey.h"

enum { NOW_MS = 1000000000, DAY_MS = 86400 * 1000 };

static struct case_metrics *metrics;

static int set_up(void **state)
{
    (void)state;
    metrics = case_metrics_new();
    return !metrics;
}

static int tear_down(void **state)
{
    (void)state;
    case_metrics_free(metrics);
    return 0;
}

static struct case_entry *add(struct case_state *state, int number, enum line_state line_state,
                              int64_t grace_ms)
{
    char id[IDENTITY_SIZE];
    (void)snprintf(id, sizeof id, "%036d", number);
    struct case_entry *entry = cases_add(&state->cases, id);
    assert_non_null(entry);
    entry->file.grace_ms = (struct optional_long){.value = grace_ms, .set = true};
    memcpy(entry->file.currency, "CNY", 4);
    struct case_line *line = case_add_line(&entry->file, 1);
    line->state = line_state;
    line->decide_by_ms = entry->file.grace_ms;
    cases_touch(&state->cases, entry);
    return entry;
}

static void owe(struct case_entry *entry, int64_t amount_minor, int64_t due_by_ms)
{
    entry->file.lines[0].refunds[REFUND_PURPOSE_LINE] = (struct case_refund){
        .state = REFUND_STATE_REQUESTED, .amount_minor = amount_minor, .due_by_ms = due_by_ms};
}

static void drop(struct case_watch *watch, struct case_state *state)
{
    cases_settled(&state->cases);
    case_watch_drop(watch, state->partition);
    case_state_free(state);
}

static void test_lines_and_deadlines_of_all_partitions_are_summed_up(void **context)
{
    (void)context;
    struct case_watch *watch = case_watch_new(4, true, metrics);
    struct case_state *one = case_state_new(1);
    struct case_state *three = case_state_new(3);
    (void)add(one, 1, LINE_CONFIRMING, NOW_MS + 1000);
    (void)add(one, 2, LINE_AWAITING_DECISION, NOW_MS + 2 * 3600 * 1000);
    (void)add(three, 3, LINE_AWAITING_DECISION, NOW_MS - 7000);
    struct case_entry *closed = add(three, 4, LINE_RECOVERED, NOW_MS + DAY_MS);
    closed->file.closed_at_ms = (struct optional_long){.value = 1, .set = true};
    one->in_redis = true;
    case_watch_tend(watch, one, NOW_MS);
    case_watch_tend(watch, three, NOW_MS);
    assert_metric("shortfall_open_cases", 3);
    assert_metric("shortfall_case_lines{state=\"CONFIRMING\"}", 1);
    assert_metric("shortfall_case_lines{state=\"AWAITING_DECISION\"}", 2);
    assert_metric("shortfall_case_lines{state=\"RECOVERED\"}", 0);
    assert_metric("shortfall_deadlines_ahead{within=\"minute\"}", 2);
    assert_metric("shortfall_deadlines_ahead{within=\"day\"}", 3);
    assert_metric("shortfall_deadline_overdue_seconds", 7);
    assert_metric("shortfall_redis_stale_partitions", 1);
    assert_true(metric_shown("shortfall_state_bytes") > 0);
    drop(watch, three);
    assert_metric("shortfall_open_cases", 2);
    assert_metric("shortfall_deadline_overdue_seconds", 0);
    assert_metric("shortfall_redis_stale_partitions", 0);
    drop(watch, one);
    case_watch_free(watch);
}

static void test_a_refund_is_overdue_only_after_its_time(void **context)
{
    (void)context;
    struct case_watch *watch = case_watch_new(1, false, metrics);
    struct case_state *state = case_state_new(0);
    owe(add(state, 1, LINE_REFUNDING, NOW_MS), 5900, NOW_MS - 1);
    owe(add(state, 2, LINE_REFUNDING, NOW_MS), 100, NOW_MS);
    struct case_entry *done = add(state, 3, LINE_REFUNDED, NOW_MS);
    owe(done, 7, NOW_MS - DAY_MS);
    done->file.lines[0].refunds[REFUND_PURPOSE_LINE].state = REFUND_STATE_DONE;
    case_watch_tend(watch, state, NOW_MS);
    assert_metric("shortfall_refunds_outstanding{currency=\"CNY\"}", 2);
    assert_metric("shortfall_refunds_outstanding_minor_units{currency=\"CNY\"}", 6000);
    assert_metric("shortfall_refunds_overdue{currency=\"CNY\"}", 1);
    assert_metric("shortfall_refunds_overdue_minor_units{currency=\"CNY\"}", 5900);
    /* A currency stays in sight, at zero, when nothing of it is left. */
    drop(watch, state);
    assert_metric("shortfall_refunds_overdue{currency=\"CNY\"}", 0);
    case_watch_free(watch);
}

static void test_a_survey_of_many_cases_takes_several_looks_and_misses_none(void **context)
{
    (void)context;
    enum { MANY = 3000 };
    struct case_state *state = case_state_new(0);
    static struct case_survey survey;
    for (int i = 0; i < MANY; i++) {
        (void)add(state, i, LINE_WAITING_RESTOCK, NOW_MS);
    }
    int looks = 1;
    while (!case_survey_go_on(&survey, &state->cases, 100, NOW_MS, metrics)) {
        assert_int_equal(survey.complete.open_cases, 0);
        looks++;
    }
    assert_int_equal(looks, (state->cases.slot_count + 99) / 100);
    assert_int_equal(survey.complete.open_cases, MANY);
    assert_int_equal(survey.complete.lines[LINE_WAITING_RESTOCK], MANY);
    assert_int_equal(survey.running.open_cases, 0);
    cases_settled(&state->cases);
    case_state_free(state);
}

static void test_the_memory_of_all_partitions_counts_against_the_limit(void **context)
{
    (void)context;
    struct case_state *states[4] = {NULL, case_state_new(1), NULL, case_state_new(3)};
    const struct case_store store = {.states = states, .partition_count = 4};
    assert_int_equal(case_store_bytes(&store), 0);
    (void)add(states[1], 1, LINE_CONFIRMING, NOW_MS);
    size_t one = case_store_bytes(&store);
    assert_true(one > sizeof(struct case_entry));
    (void)add(states[3], 2, LINE_CONFIRMING, NOW_MS);
    assert_int_equal(case_store_bytes(&store), 2 * one);
    for (int32_t p = 1; p < 4; p += 2) {
        cases_settled(&states[p]->cases);
        case_state_free(states[p]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_memory_of_all_partitions_counts_against_the_limit),
        cmocka_unit_test(test_lines_and_deadlines_of_all_partitions_are_summed_up),
        cmocka_unit_test(test_a_refund_is_overdue_only_after_its_time),
        cmocka_unit_test(test_a_survey_of_many_cases_takes_several_looks_and_misses_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
