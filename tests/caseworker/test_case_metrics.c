#include "caseworker/case_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../metrics_shown.h"

static struct case_metrics *metrics;
static struct case_effects *effects;
static struct case_line line;
static struct case_file file;
static struct notice_line told;

static int set_up(void **state)
{
    (void)state;
    metrics = case_metrics_new();
    effects = calloc(1, sizeof *effects);
    line =
        (struct case_line){.line_no = 1, .state = LINE_AWAITING_DECISION, .cause = CAUSE_OVERSOLD};
    file = (struct case_file){
        .currency = "CNY", .paid_at_ms = 1000, .lines = &line, .line_count = 1, .line_capacity = 1};
    told = (struct notice_line){.line_no = 1};
    return !metrics || !effects;
}

static int tear_down(void **state)
{
    (void)state;
    case_metrics_free(metrics);
    free(effects);
    return 0;
}

/* In place: they are larger than the stack. */
static void judged_as(enum verdict verdict)
{
    memset(effects, 0, sizeof *effects);
    effects->verdict = verdict;
}

static void first_notice(void)
{
    judged_as(VERDICT_APPLIED);
    effects->notification_count = 1;
    effects->notifications[0] = (struct notification){
        .kind = NOTICE_SHORTAGE, .audience = AUDIENCE_BUYER, .lines = &told, .line_count = 1};
}

static void judged(const struct case_fact *fact, bool record_clock)
{
    case_metrics_judged(metrics, &file, fact, effects, record_clock);
}

#define NOTICE_COUNT "shortfall_paid_to_notice_seconds_count{cause=\"OVERSOLD\"}"
#define NOTICE_SUM "shortfall_paid_to_notice_seconds_sum{cause=\"OVERSOLD\"}"
#define SENT "shortfall_notifications_total{kind=\"SHORTAGE\",audience=\"BUYER\"}"

static void test_a_notice_counts_when_it_is_committed_and_its_wait_ends_then(void **state)
{
    (void)state;
    const struct case_fact timer = {.kind = CASE_FACT_TIMER, .at_ms = 2000};
    first_notice();
    judged(&timer, false);
    assert_metric(NOTICE_COUNT, 0);
    assert_metric(SENT, 0);
    case_metrics_committed(metrics, 8000); /* Kafka was away for a while */
    assert_metric(NOTICE_COUNT, 1);
    assert_metric(NOTICE_SUM, 7);
    assert_metric(SENT, 1);
    case_metrics_committed(metrics, 9000);
    assert_metric(NOTICE_COUNT, 1);
}

static void test_with_the_clock_of_the_records_the_wait_ends_at_the_fact(void **state)
{
    (void)state;
    const struct case_fact timer = {.kind = CASE_FACT_TIMER, .at_ms = 3000};
    double before = metric_shown(NOTICE_SUM);
    first_notice();
    judged(&timer, true);
    case_metrics_committed(metrics, 1000000);
    assert_int_equal((int64_t)(metric_shown(NOTICE_SUM) - before), 2);
}

static void test_what_is_never_committed_is_not_counted(void **state)
{
    (void)state;
    const struct case_fact timer = {.kind = CASE_FACT_TIMER};
    double before = metric_shown(SENT);
    first_notice();
    judged(&timer, false);
    case_metrics_dropped(metrics);
    case_metrics_committed(metrics, 8000);
    assert_int_equal((int64_t)(metric_shown(SENT) - before), 0);
}

static void test_a_choice_waits_for_its_effect_and_a_refused_one_does_not_count(void **state)
{
    (void)state;
    const struct buyer_decision decision = {.choice = CHOICE_CANCEL, .decided_at_ms = 5000};
    const struct case_fact fact = {.kind = CASE_FACT_BUYER_DECISION, .buyer_decision = &decision};
    judged_as(VERDICT_REFUSED);
    judged(&fact, false);
    judged_as(VERDICT_APPLIED);
    judged(&fact, false);
    case_metrics_committed(metrics, 5200);
    assert_metric("shortfall_choice_to_effect_seconds_count{choice=\"CANCEL\"}", 1);
    assert_metric("shortfall_choice_to_effect_seconds_bucket{choice=\"CANCEL\",le=\"0.1\"}", 0);
    assert_metric("shortfall_choice_to_effect_seconds_bucket{choice=\"CANCEL\",le=\"0.25\"}", 1);
}

static void test_money_is_counted_by_currency_and_a_retry_asks_for_no_more(void **state)
{
    (void)state;
    const struct case_fact timer = {.kind = CASE_FACT_TIMER};
    judged_as(VERDICT_APPLIED);
    effects->refund_request_count = 2;
    effects->compensation_count = 1;
    effects->notification_count = 2;
    effects->refund_requests[0] = (struct refund_request){.attempt = 1, .amount_minor = 5900};
    effects->refund_requests[1] = (struct refund_request){.attempt = 2, .amount_minor = 5900};
    effects->compensations[0] =
        (struct compensation){.kind = COMPENSATION_PENALTY, .amount_minor = 500};
    effects->notifications[0] = (struct notification){.kind = NOTICE_REFUND_DONE,
                                                      .audience = AUDIENCE_BUYER,
                                                      .amount_minor = {.value = 300, .set = true}};
    effects->notifications[1] = (struct notification){.kind = NOTICE_NEEDS_ACTION,
                                                      .audience = AUDIENCE_SUPPORT,
                                                      .reason = TEXT("REFUND_FAILED"),
                                                      .amount_minor = {.value = 70, .set = true}};
    judged(&timer, false);
    case_metrics_committed(metrics, 0);
    assert_metric("shortfall_refunds_requested_total{currency=\"CNY\"}", 1);
    assert_metric("shortfall_refunds_requested_minor_units_total{currency=\"CNY\"}", 5900);
    assert_metric("shortfall_refunds_succeeded_total{currency=\"CNY\"}", 1);
    assert_metric("shortfall_refunds_succeeded_minor_units_total{currency=\"CNY\"}", 300);
    assert_metric("shortfall_refunds_failed_total{currency=\"CNY\"}", 1);
    assert_metric("shortfall_refunds_failed_minor_units_total{currency=\"CNY\"}", 70);
    assert_metric("shortfall_compensations_total{currency=\"CNY\",kind=\"PENALTY\"}", 1);
    assert_metric("shortfall_compensations_minor_units_total{currency=\"CNY\",kind=\"PENALTY\"}",
                  500);
}

static void test_no_currency_of_a_stranger_makes_a_series_of_its_own(void **state)
{
    (void)state;
    char name[CURRENCY_SIZE];
    assert_string_equal(case_metrics_currency(metrics, "yuan"), "other");
    assert_string_equal(case_metrics_currency(metrics, ""), "other");
    assert_string_equal(case_metrics_currency(metrics, "CNYX"), "other");
    assert_string_equal(case_metrics_currency(metrics, "EUR"), "EUR");
    for (int i = 0; i < 2 * CASE_METRICS_CURRENCIES_MAX; i++) {
        (void)snprintf(name, sizeof name, "A%c%c", 'A' + i / 26, 'A' + i % 26);
        (void)case_metrics_currency(metrics, name);
    }
    assert_string_equal(case_metrics_currency(metrics, name), "other");
    assert_string_equal(case_metrics_currency(metrics, "EUR"), "EUR");
}

static void test_deadlines_and_restores_are_counted(void **state)
{
    (void)state;
    case_metrics_fired(metrics, 1500);
    case_metrics_fired(metrics, -3);
    assert_metric("shortfall_deadlines_fired_total", 2);
    assert_metric("shortfall_deadline_late_seconds_bucket{le=\"1\"}", 1);
    assert_metric("shortfall_deadline_late_seconds_bucket{le=\"2.5\"}", 2);
    case_metrics_restored(metrics, true);
    assert_metric("shortfall_restores_total{from=\"redis\"}", 1);
    assert_metric("shortfall_restores_total{from=\"kafka\"}", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_notice_counts_when_it_is_committed_and_its_wait_ends_then),
        cmocka_unit_test(test_with_the_clock_of_the_records_the_wait_ends_at_the_fact),
        cmocka_unit_test(test_what_is_never_committed_is_not_counted),
        cmocka_unit_test(test_a_choice_waits_for_its_effect_and_a_refused_one_does_not_count),
        cmocka_unit_test(test_money_is_counted_by_currency_and_a_retry_asks_for_no_more),
        cmocka_unit_test(test_no_currency_of_a_stranger_makes_a_series_of_its_own),
        cmocka_unit_test(test_deadlines_and_restores_are_counted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
