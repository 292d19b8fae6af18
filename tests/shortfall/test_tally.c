#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shortfall/tally.h"

static void test_a_refund_counts_once_whatever_its_attempts(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct refund_request request = {.attempt = 1, .amount_minor = 5900};
    tally_refund_request(&tally, &request);
    request.attempt = 2;
    tally_refund_request(&tally, &request);
    assert_int_equal(tally.refunds, 1);
    assert_int_equal(tally.refunded_minor, 5900);
}

static void test_what_silence_meant_is_counted_by_what_was_said_of_it(void **state)
{
    static const struct notification said[] = {
        {.kind = NOTICE_SHORTAGE},
        {.kind = NOTICE_RENEWED},
        {.kind = NOTICE_REFUND_STARTED, .reason = TEXT("SILENCE")},
        {.kind = NOTICE_REFUND_STARTED, .reason = TEXT("DATE_PASSED")},
        {.kind = NOTICE_REFUND_STARTED, .reason = TEXT("BUYER_CANCELLED")},
        {.kind = NOTICE_WAIT_CONFIRMED, .consent = CONSENT_SILENCE},
        {.kind = NOTICE_WAIT_CONFIRMED, .consent = CONSENT_EXPRESS},
    };
    (void)state;
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        tally_notification(&tally, &said[i]);
    }
    assert_int_equal(tally.messages, 7);
    assert_int_equal(tally.first_notices, 1);
    assert_int_equal(tally.renewed_notices, 1);
    assert_int_equal(tally.silent_refunds, 1);
    assert_int_equal(tally.date_refunds, 1);
    assert_int_equal(tally.silent_waits, 1);
}

static void test_effects_and_records_count_alike(void **state)
{
    (void)state;
    struct case_effects *effects = calloc(1, sizeof *effects);
    assert_non_null(effects);
    effects->notifications[0] = (struct notification){.kind = NOTICE_SHORTAGE};
    effects->notification_count = 1;
    effects->refund_requests[0] = (struct refund_request){.attempt = 1, .amount_minor = 7};
    effects->refund_request_count = 1;
    effects->compensations[0] =
        (struct compensation){.kind = COMPENSATION_PENALTY, .amount_minor = 3};
    effects->compensations[1] =
        (struct compensation){.kind = COMPENSATION_GOODWILL, .amount_minor = 2};
    effects->compensation_count = 2;
    struct tally by_effects = {0};
    struct tally by_records = {0};
    tally_effects(&by_effects, effects);
    tally_notification(&by_records, &effects->notifications[0]);
    tally_refund_request(&by_records, &effects->refund_requests[0]);
    tally_compensation(&by_records, &effects->compensations[0]);
    tally_compensation(&by_records, &effects->compensations[1]);
    assert_memory_equal(&by_effects, &by_records, sizeof by_effects);
    assert_int_equal(by_effects.penalties_minor, 3);
    assert_int_equal(by_effects.settled_minor, 2);
    free(effects);
}

/* A number that is left out of the sum or of the rows would be missing without a word. */
static void test_each_number_is_summed_and_shown(void **state)
{
    (void)state;
    struct tally part;
    struct tally sum = {0};
    int64_t *numbers = (int64_t *)&part;
    size_t count = sizeof part / sizeof *numbers;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (int64_t)i + 1;
    }
    tally_add(&sum, &part);
    tally_add(&sum, &part);
    assert_int_equal(tally_row_count, count);
    for (size_t i = 0; i < tally_row_count; i++) {
        assert_int_equal(tally_value(&sum, &tally_rows[i]), 2 * tally_value(&part, &tally_rows[i]));
        for (size_t j = 0; j < i; j++) {
            assert_true(tally_rows[i].offset != tally_rows[j].offset);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refund_counts_once_whatever_its_attempts),
        cmocka_unit_test(test_what_silence_meant_is_counted_by_what_was_said_of_it),
        cmocka_unit_test(test_effects_and_records_count_alike),
        cmocka_unit_test(test_each_number_is_summed_and_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
