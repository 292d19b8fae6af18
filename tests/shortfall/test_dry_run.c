#include "shortfall/dry_run.h"

#include "recording.h"
#include "shortfall/dry_run_report.h"

static const char in_force_text[] = "[notice]\ngrace = 2m\nwindow = 24h\nsilence = refund\n"
                                    "silence_with_eta = refund\n[renewed]\nwindow = 24h\n"
                                    "silence = refund\n[wait]\npassed = renew\n";
/* Who does not answer waits. */
static const char waiting_text[] = "[notice]\ngrace = 2m\nwindow = 24h\nsilence = wait\n"
                                   "silence_with_eta = wait\n[renewed]\nwindow = 24h\n"
                                   "silence = refund\n[wait]\npassed = renew\n";
/* Half the time to answer. */
static const char hasty_text[] = "[notice]\ngrace = 1m\nwindow = 12h\nsilence = refund\n"
                                 "silence_with_eta = refund\n[renewed]\nwindow = 24h\n"
                                 "silence = refund\n[wait]\npassed = renew\n";

static struct recording recording;
static struct policy_set *in_force;
static struct arena *arena;
static struct arena *scratch;
static struct dry_run dry_run;
static struct dry_run_report report;

static int set_up(void **state)
{
    (void)state;
    recording_init(&recording);
    in_force = recording_policies(in_force_text);
    arena = arena_new(256 << 20);
    scratch = arena_new(16 << 20);
    return arena && scratch ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    dry_run_report_done(&report);
    dry_run_done(&dry_run);
    report = (struct dry_run_report){0};
    dry_run = (struct dry_run){0};
    arena_free(scratch);
    arena_free(arena);
    policy_set_free(in_force);
    recording_done(&recording);
    return 0;
}

/* Everything that was recorded, by topics, as the command reads it. `left_out`: a place in the
 * outbox that is not there. */
static void try_all(const struct policy_set *policies, const struct policy_set *followed,
                    int64_t until_ms, int64_t left_out)
{
    assert_int_equal(
        dry_run_init(&dry_run, arena, recording.codec, followed, policies, &recording_error), OK);
    for (size_t i = 0; i < dry_run_topic_count; i++) {
        for (uint32_t j = 0; j < recording.outbox.count; j++) {
            if (recording.outbox.items[j].topic == dry_run_topics[i] && j != left_out) {
                const void *record = recording_record(&recording, scratch, j);
                assert_int_equal(
                    dry_run_take(&dry_run, dry_run_topics[i], record, scratch, &recording_error),
                    OK);
                arena_reset(scratch);
            }
        }
    }
    dry_run_end(&dry_run, until_ms);
    assert_int_equal(
        dry_run_report_init(&report, &dry_run, INT64_MIN, INT64_MAX, until_ms, &recording_error),
        OK);
}

static const struct dry_run_row *only_row(void)
{
    assert_int_equal(lookup_count(report.rows), 1);
    return lookup_at(report.rows, 0, NULL);
}

static void stock(const char *order_id, enum shortage_kind kind, enum close_reason reason,
                  int64_t revision, int64_t at_ms)
{
    struct shortage shortage = recording_shortage(order_id, kind, revision, at_ms);
    shortage.reason = reason;
    recording_stock(&recording, &shortage);
}

/* One order of each kind of ending. */
static void record_all_endings(void)
{
    /* silent: the money back, and the echo of it */
    recording_open(&recording, "silent", in_force, T0 + 3 * DAY);
    recording_watch(&recording, T0 + DAY + HOUR);
    stock("silent", SHORTAGE_CLOSED, CLOSE_REFUNDED, 5, T0 + DAY + HOUR);
    recording_pay_back(&recording, REFUND_PURPOSE_LINE, T0 + DAY + 2 * HOUR);
    /* back within the grace */
    recording_open(&recording, "quick", in_force, 0);
    stock("quick", SHORTAGE_RECOVERED, CLOSE_UNKNOWN, 5, T0 + MINUTE);
    /* waits, the date passes, a new notice, and then it comes */
    recording_open(&recording, "waits", in_force, T0 + DAY);
    recording_choose(&recording, CHOICE_WAIT, T0 + HOUR);
    recording_watch(&recording, T0 + DAY + HOUR);
    stock("waits", SHORTAGE_RECOVERED, CLOSE_UNKNOWN, 5, T0 + DAY + 2 * HOUR);
    stock("waits", SHORTAGE_CLOSED, CLOSE_SHIPPED, 6, T0 + DAY + 3 * HOUR);
    /* waits beyond the promise: 5 % */
    recording_open(&recording, "late", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_WAIT, T0 + HOUR);
    recording_watch(&recording, T0 + 3 * DAY + HOUR);
    stock("late", SHORTAGE_RECOVERED, CLOSE_UNKNOWN, 5, T0 + 3 * DAY + 2 * HOUR);
    /* a cheaper substitute */
    recording_open(&recording, "other", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_SUBSTITUTE, T0 + HOUR);
    stock("other", SHORTAGE_CLOSED, CLOSE_SUBSTITUTED, 5, T0 + HOUR);
    recording_pay_back(&recording, REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE, T0 + 2 * HOUR);
    /* cancels after 13 hours, then says something that is refused */
    recording_open(&recording, "cancels", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_CANCEL, T0 + 13 * HOUR);
    recording_choose(&recording, CHOICE_WAIT, T0 + 14 * HOUR);
}

static void assert_equal_columns(const struct dry_run_row *row)
{
    for (size_t i = 0; i < tally_row_count; i++) {
        int64_t was = tally_value(&row->was, &tally_rows[i]);
        int64_t would = tally_value(&row->would, &tally_rows[i]);
        if (was != would) {
            fail_msg("%s: %lld as it was, %lld as it would have been", tally_rows[i].name,
                     (long long)was, (long long)would);
        }
    }
}

static void test_with_the_policies_in_force_both_columns_are_equal(void **state)
{
    (void)state;
    record_all_endings();
    try_all(in_force, in_force, T0 + 4 * DAY, -1);
    const struct dry_run_row *row = only_row();
    assert_int_equal(row->cases, 6);
    assert_int_equal(report.left_out, 0);
    assert_int_equal(report.unreproduced, 0);
    assert_int_equal(row->was.first_notices, 5);
    assert_int_equal(row->was.silent_refunds, 1);
    assert_int_equal(row->was.refunds, 3);
    assert_int_equal(row->was.refunded_minor, 10000 + 6000 + 10000);
    assert_true(row->was.renewed_notices > 0);
    assert_equal_columns(row);
}

static void test_late_deadlines_do_not_part_the_columns(void **state)
{
    (void)state;
    /* An answer that came when the silence was due already, and counted. */
    recording.late_ms = 20 * MINUTE;
    recording_open(&recording, "late", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_CANCEL, T0 + DAY + 30 * MINUTE);
    record_all_endings();
    try_all(in_force, in_force, T0 + 4 * DAY, -1);
    const struct dry_run_row *row = only_row();
    assert_int_equal(report.unreproduced, 0);
    assert_int_equal(row->was.silent_refunds, 1);
    assert_equal_columns(row);
}

static void test_another_policy_shows_what_silence_would_have_meant(void **state)
{
    (void)state;
    struct policy_set *waiting = recording_policies(waiting_text);
    recording_open(&recording, "silent", in_force, T0 + 3 * DAY);
    recording_watch(&recording, T0 + DAY + HOUR);
    stock("silent", SHORTAGE_CLOSED, CLOSE_REFUNDED, 5, T0 + DAY + HOUR);
    recording_pay_back(&recording, REFUND_PURPOSE_LINE, T0 + DAY + 2 * HOUR);
    try_all(waiting, in_force, T0 + 2 * DAY + 12 * HOUR, -1);
    const struct dry_run_row *row = only_row();
    assert_int_equal(report.unreproduced, 0);
    assert_int_equal(row->was.silent_refunds, 1);
    assert_int_equal(row->was.refunded_minor, 10000);
    assert_int_equal(row->was.penalties_minor, 0);
    assert_int_equal(row->would.silent_refunds, 0);
    assert_int_equal(row->would.silent_waits, 1);
    /* The echo of a refund that was never asked for withdraws nothing: the line waits on, and the
     * promise passes. */
    assert_int_equal(row->would.refunded_minor, 0);
    assert_int_equal(row->would.penalties, 1);
    assert_int_equal(row->would.penalties_minor, 500);
    policy_set_free(waiting);
}

static void test_an_answer_counts_for_the_notice_that_holds_and_not_after_its_end(void **state)
{
    (void)state;
    struct policy_set *hasty = recording_policies(hasty_text);
    recording_open(&recording, "waits", in_force, T0 + DAY);
    recording_choose(&recording, CHOICE_WAIT, T0 + HOUR);
    recording_open(&recording, "cancels", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_CANCEL, T0 + 13 * HOUR);
    try_all(hasty, in_force, T0 + 14 * HOUR, -1);
    const struct dry_run_row *row = only_row();
    /* Waiting was said in time; the money was back before the buyer cancelled. */
    assert_int_equal(row->was.silent_refunds, 0);
    assert_int_equal(row->would.silent_refunds, 1);
    assert_int_equal(row->was.refunds, 1);
    assert_int_equal(row->would.refunds, 1);
    policy_set_free(hasty);
}

static void test_an_answer_follows_its_notice_to_another_number(void **state)
{
    (void)state;
    static const char patient_text[] = "[notice]\ngrace = 5m\nwindow = 24h\nsilence = refund\n"
                                       "silence_with_eta = refund\n[wait]\npassed = renew\n";
    struct policy_set *patient = recording_policies(patient_text);
    struct shortage worse = recording_shortage("O-1", SHORTAGE_ETA_CHANGED, 5, T0 + 3 * MINUTE);
    worse.expected_at_ms = (struct optional_long){T0 + 5 * DAY, true};
    recording_open(&recording, "O-1", in_force, T0 + DAY);
    recording_stock(&recording, &worse);
    recording_choose(&recording, CHOICE_WAIT, T0 + HOUR);
    try_all(patient, in_force, T0 + 2 * DAY, -1);
    const struct dry_run_row *row = only_row();
    /* Two notices in force, one where the grace is longer: that is what the answer was to. */
    assert_int_equal(row->was.first_notices + row->was.renewed_notices, 2);
    assert_int_equal(row->would.first_notices + row->would.renewed_notices, 1);
    assert_int_equal(row->was.silent_refunds, 0);
    assert_int_equal(row->would.silent_refunds, 0);
    policy_set_free(patient);
}

static void test_a_substitute_that_was_not_chosen_is_never_short(void **state)
{
    (void)state;
    struct policy_set *hasty = recording_policies(hasty_text);
    struct shortage substitute = recording_shortage("O-1", SHORTAGE_UNFILLABLE, 9, T0 + 14 * HOUR);
    substitute.line_no = SUBSTITUTE_LINE_BASE + 1;
    substitute.sku = TEXT("B");
    substitute.paid_minor = 4000;
    recording_open(&recording, "O-1", in_force, T0 + 3 * DAY);
    recording_choose(&recording, CHOICE_SUBSTITUTE, T0 + 13 * HOUR);
    recording_stock(&recording, &substitute);
    recording_watch(&recording, T0 + 15 * HOUR);
    try_all(hasty, in_force, T0 + 15 * HOUR, -1);
    const struct dry_run_row *row = only_row();
    assert_int_equal(row->was.first_notices, 2);
    assert_int_equal(row->would.first_notices, 1);
    assert_int_equal(row->would.silent_refunds, 1);
    policy_set_free(hasty);
}

static void test_a_case_of_which_a_record_is_missing_is_in_neither_column(void **state)
{
    (void)state;
    record_all_endings();
    for (uint32_t i = 0; i < recording.outbox.count; i++) {
        if (recording.outbox.items[i].topic == TOPIC_NOTIFICATION) {
            try_all(in_force, in_force, T0 + 4 * DAY, i);
            break;
        }
    }
    const struct dry_run_row *row = only_row();
    assert_int_equal(report.left_out, 1);
    assert_int_equal(row->cases, 5);
    assert_int_equal(row->was.silent_refunds, 0);
    assert_equal_columns(row);
}

static void test_policies_that_are_not_those_in_force_are_found_out(void **state)
{
    (void)state;
    struct policy_set *waiting = recording_policies(waiting_text);
    record_all_endings();
    try_all(waiting, waiting, T0 + 4 * DAY, -1);
    /* "tmall@1" is in it, but it gives something else to whoever did not answer. */
    assert_int_equal(report.cases, 6);
    assert_int_equal(report.unreproduced, 1);
    struct buffer out = {0};
    dry_run_report_write(&report, &out);
    buffer_append_byte(&out, '\0');
    assert_non_null(strstr((const char *)out.data, "Not reproduced: 1, for which the policies"));
    buffer_done(&out);
    policy_set_free(waiting);
}

static void test_the_numbers_are_told_in_three_columns(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct policy_set *waiting = recording_policies(waiting_text);
    recording_open(&recording, "silent", in_force, T0 + 3 * DAY);
    recording_watch(&recording, T0 + DAY + HOUR);
    try_all(waiting, in_force, T0 + 2 * DAY + 12 * HOUR, -1);
    dry_run_report_write(&report, &out);
    buffer_append_byte(&out, '\0');
    static const char *const parts[] = {
        "Cases opened: 1, with all that came of them until 2026-11-13T12:00:00.000Z\n",
        "Every one is reproduced, event by event",
        "  tmall@1 -> tmall@1, cases: 1\n",
        "tmall, seller s1, CNY; cases: 1\n",
        "  silence: refunded                           1                  0                 -1\n",
        "  refunds, money                     CNY 100.00           CNY 0.00        CNY -100.00\n",
        "  penalties, money                     CNY 0.00           CNY 5.00          +CNY 5.00\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr((const char *)out.data, parts[i])) {
            fail_msg("not there: %s\n%s", parts[i], (const char *)out.data);
        }
    }
    json_t *json = dry_run_report_json(&report);
    json_t *row = json_array_get(json_object_get(json, "rows"), 0);
    assert_int_equal(json_array_size(json_object_get(json, "totals")), 2);
    assert_null(strstr((const char *)out.data, "all sellers")); /* it would be the same */
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(row, "difference"), "refunded_minor")),
        -10000);
    json_decref(json);
    buffer_done(&out);
    policy_set_free(waiting);
}

static void test_totals_add_sellers_and_never_currencies(void **state)
{
    (void)state;
    static const struct {
        const char *seller_id;
        const char *currency;
    } orders[] = {{"s1", "CNY"}, {"s2", "CNY"}, {"s2", "USD"}};
    for (size_t i = 0; i < 3; i++) {
        char order_id[8];
        (void)snprintf(order_id, sizeof order_id, "O-%zu", i);
        recording_open_of(&recording, order_id, in_force, T0 + 3 * DAY,
                          text_of(orders[i].seller_id), text_of(orders[i].currency));
        recording_choose(&recording, CHOICE_CANCEL, T0 + HOUR);
    }
    struct buffer out = {0};
    try_all(in_force, in_force, T0 + DAY, -1);
    dry_run_report_write(&report, &out);
    buffer_append_byte(&out, '\0');
    const char *all = strstr((const char *)out.data, "\ntmall, all sellers, CNY; cases: 2\n");
    assert_non_null(all);
    assert_non_null(strstr(all, "  refunds, money                     CNY 200.00"));
    assert_non_null(strstr((const char *)out.data, "\nAll marketplaces, all sellers, CNY; "));
    assert_null(strstr((const char *)out.data, "all sellers, USD"));
    assert_non_null(strstr((const char *)out.data, "\ntmall, seller s2, USD; cases: 1\n"));
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_with_the_policies_in_force_both_columns_are_equal,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_deadlines_do_not_part_the_columns, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_another_policy_shows_what_silence_would_have_meant,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_an_answer_counts_for_the_notice_that_holds_and_not_after_its_end, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_an_answer_follows_its_notice_to_another_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_substitute_that_was_not_chosen_is_never_short,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_case_of_which_a_record_is_missing_is_in_neither_column, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_policies_that_are_not_those_in_force_are_found_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_totals_add_sellers_and_never_currencies, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_numbers_are_told_in_three_columns, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
