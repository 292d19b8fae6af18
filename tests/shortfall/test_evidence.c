#include "shortfall/evidence.h"

#include <jansson.h>

#include "recording.h"
#include "shortfall/case_costs.h"

static struct recording recording;
static struct policy_set *policies;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    recording_init(&recording);
    policies = recording_policies("");
    arena = arena_new(64 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    policy_set_free(policies);
    recording_done(&recording);
    return 0;
}

static void record_a_cancelled_order(const char *order_id)
{
    recording_open(&recording, order_id, policies, T0 + DAY);
    recording_choose(&recording, CHOICE_CANCEL, T0 + HOUR);
    recording_choose(&recording, CHOICE_WAIT, T0 + 2 * HOUR);
    recording_pay_back(&recording, REFUND_PURPOSE_LINE, T0 + 3 * HOUR);
}

/* The document of all that was recorded; the caller's to free. */
static char *document(const char *order_id, const struct language *language, bool with_policies)
{
    struct timeline timeline;
    struct case_lines lines;
    struct text why = {0};
    struct buffer out = {0};
    recording_timeline(&recording, arena, language, &timeline);
    assert_int_equal(case_lines_init(&lines, arena, &recording_error), OK);
    for (size_t i = 0; i < timeline.count; i++) {
        assert_int_equal(case_lines_take(&lines, timeline.entries[i].topic,
                                         timeline.entries[i].record, &recording_error),
                         OK);
    }
    if (with_policies) {
        assert_int_equal(
            case_costs_add(&timeline, recording.codec, policies, &why, &recording_error), OK);
    }
    timeline_sort(&timeline);
    const struct evidence evidence = {
        .order_id = order_id,
        .timeline = &timeline,
        .lines = &lines,
        .policies = with_policies ? policies : NULL,
        .why_no_costs = why,
    };
    evidence_write(&evidence, &out);
    buffer_append_byte(&out, '\0');
    assert_false(out.failed);
    timeline_done(&timeline);
    case_lines_done(&lines);
    return (char *)out.data;
}

static void test_the_document_says_all_that_a_ruling_needs(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "# Evidence for order O-1\n",
        "because a person who\nrules on a dispute can read it",
        "| 1 | A | 2 | CNY 100.00 |\n",
        "| 1 | A | REFUNDED | ended: refunded |\n",
        "## The policy that held\n\ntmall@1 (R",
        "- source: a book of rules, page 7\n- checked: 2026-11-25\n",
        "| 2026-11-11T00:00:00.000Z | 1 | UNFILLABLE | OVERSOLD | 7 | 1 | 0 | 1 | 0 | "
        "2026-11-12T00:00:00.000Z | R1 |\n",
        "    We are sorry: we can't ship everything in your order O-1 yet\n",
        "- Line 1, to cancel costs a refund of CNY 100.00.\n",
        "| 1 | the buyer's answer | R",
        "The buyer cancelled line 1, in answer to notice 1. | APPLIED | R",
        "The buyer chose to wait for line 1, in answer to notice 1. | REFUSED MONEY_IN_MOTION | R",
        "| 1 | CNY 100.00 | BUYER_CANCELLED | 1 | ",
        "| SUCCEEDED 2026-11-11T03:00:00.000Z | R",
        "| R1 | shortage | 3 | 0 | 2026-11-11T00:00:00.000Z |\n",
    };
    record_a_cancelled_order("O-1");
    char *text = document("O-1", &language_en, true);
    const char *from = text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *found = strstr(from, parts[i]);
        if (!found) {
            fail_msg("not there, or not in this place: %s\n%s", parts[i], text);
        }
        from = found;
    }
    free(text);
}

static void test_each_record_stands_there_as_json_with_its_place(void **state)
{
    (void)state;
    record_a_cancelled_order("O-1");
    char *text = document("O-1", &language_en, true);
    size_t count = 0;
    static const char fence[] = "```json\n";
    for (const char *at = text; (at = strstr(at, fence)); count++) {
        at += sizeof fence - 1;
        json_t *json = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        assert_non_null(json);
        json_decref(json);
    }
    uint32_t outcomes = 0;
    for (uint32_t i = 0; i < recording.outbox.count; i++) {
        outcomes += recording.outbox.items[i].topic == TOPIC_LINE_OUTCOME;
    }
    assert_int_equal(count, recording.outbox.count - outcomes);
    free(text);
}

static void test_the_same_records_give_the_same_document(void **state)
{
    (void)state;
    record_a_cancelled_order("O-1");
    char *first = document("O-1", &language_zh_cn, true);
    char *second = document("O-1", &language_zh_cn, true);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "# 订单凭证 O-1\n"));
    assert_non_null(strstr(first, "## 适用的规则\n"));
    assert_non_null(strstr(first, "买家答复第 1 号通知，取消第 1 行。 | APPLIED | R"));
    free(first);
    free(second);
}

static void test_an_id_from_outside_can_not_change_what_the_document_says(void **state)
{
    (void)state;
    static const char order_id[] = "O|<b>`x`\n# Evidence";
    record_a_cancelled_order(order_id);
    char *text = document(order_id, &language_en, true);
    assert_non_null(strstr(text, "# Evidence for order O\\|\\<b\\>\\`x\\` # Evidence\n"));
    assert_null(strstr(text, "\n# Evidence\n"));
    const char *end = strstr(text, "```json");
    for (const char *at = text; at < end; at = strchr(at, '\n') + 1) {
        bool is_code = strncmp(at, "    ", 4) == 0; /* what was said, shown as it is */
        const char *raw = memmem(at, strcspn(at, "\n"), "<b>", 3);
        assert_true(is_code || !raw);
    }
    free(text);
}

static void test_what_is_not_at_hand_is_said_and_not_left_out(void **state)
{
    (void)state;
    record_a_cancelled_order("O-1");
    char *text = document("O-1", &language_en, false);
    assert_non_null(strstr(text, "Its file is not in the policy folder"));
    assert_non_null(strstr(text, "The record of its payment is not in the topic"));
    assert_non_null(strstr(text, "## Penalties and compensations\n\nNone.\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_document_says_all_that_a_ruling_needs, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_each_record_stands_there_as_json_with_its_place,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_records_give_the_same_document, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_an_id_from_outside_can_not_change_what_the_document_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_at_hand_is_said_and_not_left_out, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
