#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/words.h"

#define T0 INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */
#define DAY INT64_C(86400000)

static struct order_line lines[] = {
    {.line_no = 1, .sku = TEXT("A"), .quantity = 5, .paid_minor = 25000},
    {.line_no = 2, .sku = TEXT("B"), .quantity = 1, .paid_minor = 10000},
};
static const struct order_paid order = {
    .marketplace = TEXT("tmall"),
    .seller_id = TEXT("s1"),
    .currency = TEXT("CNY"),
    .ship_by_ms = {T0 + 2 * DAY, true},
    .lines = lines,
    .line_count = 2,
};
static const struct order_closed shipped = {
    .line_no = 1, .sku = TEXT("A"), .reason = CLOSE_SHIPPED, .warehouse_id = TEXT("w1")};
static const struct order_closed cancelled = {
    .line_no = 2, .sku = TEXT("B"), .reason = CLOSE_CANCELLED};

static const struct shortage oversold = {
    .kind = SHORTAGE_UNFILLABLE,
    .line_no = 1,
    .sku = TEXT("A"),
    .quantity = 5,
    .episode = 1,
    .cause = CAUSE_OVERSOLD,
    .available = 3,
    .reserved = 2,
    .queue_place = 2,
    .ahead_quantity = 4,
    .stock_version = 7,
};
static const struct shortage fell = {
    .kind = SHORTAGE_UNFILLABLE,
    .line_no = 1,
    .sku = TEXT("A"),
    .quantity = 5,
    .episode = 2,
    .cause = CAUSE_COUNT_FELL,
    .queue_place = 1,
    .expected_at_ms = {T0 + DAY, true},
};
static const struct shortage recovered = {
    .kind = SHORTAGE_RECOVERED, .line_no = 1, .sku = TEXT("A"), .quantity = 5, .available = 9};
static const struct shortage undated = {.kind = SHORTAGE_ETA_CHANGED, .line_no = 1};
static const struct shortage closed = {
    .kind = SHORTAGE_CLOSED, .line_no = 1, .reason = CLOSE_REFUNDED};

static struct notice_choice choices[] = {
    {.choice = CHOICE_WAIT, .expected_at_ms = {T0 + 3 * DAY, true}},
    {.choice = CHOICE_SUBSTITUTE, .sku = TEXT("C"), .refund_minor = 500},
    {.choice = CHOICE_CANCEL, .refund_minor = 25000},
};
static struct notice_line told_lines[] = {{
    .line_no = 1,
    .choices = choices,
    .choice_count = 3,
    .decide_by_ms = {T0 + 2 * DAY, true},
    .on_silence = SILENCE_REFUND,
}};
static const struct notification told = {
    .audience = AUDIENCE_BUYER,
    .kind = NOTICE_SHORTAGE,
    .notice = {1, true},
    .lines = told_lines,
    .line_count = 1,
};
static struct notice_line about[] = {{.line_no = 1}};
static const struct notification waits = {
    .audience = AUDIENCE_BUYER,
    .kind = NOTICE_WAIT_CONFIRMED,
    .expected_at_ms = {T0 + DAY, true},
    .consent = CONSENT_SILENCE,
    .lines = about,
    .line_count = 1,
};
static const struct notification refunded = {
    .audience = AUDIENCE_BUYER,
    .kind = NOTICE_REFUND_STARTED,
    .currency = TEXT("CNY"),
    .amount_minor = {25000, true},
    .due_by_ms = {T0 + DAY, true},
    .lines = about,
    .line_count = 1,
};
static const struct notification mediate = {
    .audience = AUDIENCE_SUPPORT, .kind = NOTICE_NEEDS_ACTION, .reason = TEXT("MEDIATE")};
static const struct notification claim = {
    .audience = AUDIENCE_SELLER,
    .kind = NOTICE_NEEDS_ACTION,
    .reason = TEXT("CLAIM"),
    .answer_by_ms = {T0 + DAY, true},
};

static const struct buyer_decision waiting = {
    .choice = CHOICE_WAIT, .line_no = 1, .notice = {1, true}};
static const struct buyer_decision cancelling = {.choice = CHOICE_CANCEL, .actor = TEXT("SUPPORT")};
static const struct seller_response offering = {
    .kind = RESPONSE_OFFER_COMPENSATION,
    .amount_minor = {1500, true},
    .instrument = INSTRUMENT_COUPON,
};
static const struct seller_response reporting = {
    .kind = RESPONSE_REPORT_NO_STOCK, .sku = TEXT("A"), .line_no = 1, .evidence_ref = TEXT("e7")};
static const struct platform_ruling ruling = {.ruling = RULING_COMPENSATE,
                                              .amount_minor = {2000, true}};

static const struct fulfilment_plan hold = {
    .action = PLAN_HOLD_FOR_RESTOCK, .line_no = 1, .until_ms = {T0 + DAY, true}};
static const struct fulfilment_plan substitute = {
    .action = PLAN_SHIP_SUBSTITUTE,
    .line_no = 1,
    .sku = TEXT("C"),
    .quantity = {2, true},
    .new_line_no = {10001, true},
    .seller_absorbs_minor = {300, true},
};
static const struct refund_request request = {
    .amount_minor = 25000,
    .currency = TEXT("CNY"),
    .line_no = 1,
    .reason = REFUND_FOR_SILENCE,
    .attempt = 2,
    .due_by_ms = T0 + DAY,
};
static const struct refund_result failure = {
    .line_no = 1,
    .status = REFUND_STATUS_FAILED,
    .retryable = true,
    .failure_code = TEXT("BANK_AWAY"),
    .attempt = 1,
};
static const struct compensation penalty = {
    .kind = COMPENSATION_PENALTY,
    .rule = PENALTY_NO_STOCK,
    .amount_minor = 7500,
    .currency = TEXT("CNY"),
    .line_no = 1,
    .payer = PAYER_SELLER,
    .instrument = INSTRUMENT_CASH,
    .base_minor = {25000, true},
    .rate_bp = {3000, true},
    .policy = TEXT("tmall@2026-04"),
};
static const struct case_event refused = {
    .verdict = VERDICT_REFUSED,
    .reason = REFUSAL_STALE_NOTICE,
    .fact_topic = TEXT("buyer-decision"),
};
static struct line_change changes[] = {
    {1, LINE_UNKNOWN, LINE_CONFIRMING},
    {2, LINE_REFUNDING, LINE_REFUNDED},
    {3, LINE_CONFIRMING, LINE_CONFIRMING},
};
static const struct case_event applied = {
    .verdict = VERDICT_APPLIED,
    .sequence = 1,
    .policy = TEXT("tmall@2026-04"),
    .lines = changes,
    .line_count = 3,
};
static const struct case_event nothing = {
    .verdict = VERDICT_APPLIED, .sequence = 2, .lines = &changes[2], .line_count = 1};

static const struct {
    enum topic topic;
    const void *record;
    const char *words;
} golden[] = {
    {TOPIC_ORDER_PAID, &order,
     "Paid CNY 350.00 to seller s1 (tmall): line 1, 5 x A, CNY 250.00; line 2, 1 x B, "
     "CNY 100.00. To ship by 2026-11-13T00:00:00.000Z."},
    {TOPIC_ORDER_CLOSED, &shipped, "The shop closed line 1 (A): shipped from w1."},
    {TOPIC_ORDER_CLOSED, &cancelled,
     "The shop closed line 2 (B): cancelled, and refunds it itself."},
    {TOPIC_SHORTAGE, &oversold,
     "Line 1 can't be filled: 5 x A, more was sold than there is (3 available, 2 reserved, "
     "stock version 7). Place 2 in the queue, 4 wanted before it; no date known."},
    {TOPIC_SHORTAGE, &fell,
     "Line 1 can't be filled once more: 5 x A, the count of the stock fell (0 available, 0 "
     "reserved, stock version 0). Place 1 in the queue, 0 wanted before it; expected "
     "2026-11-12T00:00:00.000Z."},
    {TOPIC_SHORTAGE, &recovered,
     "Line 1 can be filled: 5 x A (9 available, 0 reserved, stock version 0)."},
    {TOPIC_SHORTAGE, &undated, "Line 1 has another date: no date known."},
    {TOPIC_SHORTAGE, &closed, "Line 1 has left the queue: REFUNDED."},
    {TOPIC_NOTIFICATION, &told,
     "Told the buyer (notice 1): it can't be filled. Line 1: wait until "
     "2026-11-14T00:00:00.000Z, take C instead (CNY 5.00 back) or cancel (CNY 250.00 back); "
     "to answer by 2026-11-13T00:00:00.000Z, silence means the money back."},
    {TOPIC_NOTIFICATION, &waits,
     "Told the buyer: line 1, it waits for restock until 2026-11-12T00:00:00.000Z, agreed by "
     "silence."},
    {TOPIC_NOTIFICATION, &refunded,
     "Told the buyer: line 1, the refund has started, CNY 250.00, due by "
     "2026-11-12T00:00:00.000Z."},
    {TOPIC_NOTIFICATION, &mediate, "Asked support to act, MEDIATE."},
    {TOPIC_NOTIFICATION, &claim,
     "Asked the seller to act, CLAIM, to answer by 2026-11-12T00:00:00.000Z."},
    {TOPIC_BUYER_DECISION, &waiting, "The buyer chose to wait for line 1, in answer to notice 1."},
    {TOPIC_BUYER_DECISION, &cancelling, "SUPPORT, for the buyer, cancelled the whole case."},
    {TOPIC_SELLER_RESPONSE, &offering,
     "The seller offered CNY 15.00 as a coupon for the whole case."},
    {TOPIC_SELLER_RESPONSE, &reporting,
     "The seller reported that there is no A for line 1, evidence e7."},
    {TOPIC_PLATFORM_RULING, &ruling,
     "The platform ruled: compensate the whole case with CNY 20.00."},
    {TOPIC_FULFILMENT_PLAN, &hold, "Plan: hold line 1 for restock until 2026-11-12T00:00:00.000Z."},
    {TOPIC_FULFILMENT_PLAN, &substitute,
     "Plan: ship 2 x C as line 10001 instead of line 1, the seller pays the difference of CNY "
     "3.00."},
    {TOPIC_REFUND_REQUEST, &request,
     "Refund of CNY 250.00 for line 1 asked of the payment system again: the buyer did not "
     "answer. Due by 2026-11-12T00:00:00.000Z (attempt 2)."},
    {TOPIC_REFUND_RESULT, &failure,
     "The payment system says: the refund for line 1 failed (BANK_AWAY), and may be tried "
     "again (attempt 1)."},
    {TOPIC_COMPENSATION, &penalty,
     "Compensation of CNY 75.00 in cash for line 1, paid by the seller: penalty NO_STOCK, 30 "
     "% of CNY 250.00 (tmall@2026-04)."},
    {TOPIC_CASE_EVENT, &refused,
     "Refused the buyer-decision: it answers a notice that is no longer the current one "
     "(STALE_NOTICE)."},
    {TOPIC_CASE_EVENT, &applied,
     "Case: line 1 is now CONFIRMING, line 2 is now REFUNDED (policy tmall@2026-04)."},
    {TOPIC_CASE_EVENT, &nothing, ""},
};

static void test_each_record_is_told_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        struct buffer out = {0};
        words_record(&out, golden[i].topic, golden[i].record, TEXT("CNY"));
        buffer_append_byte(&out, '\0');
        assert_false(out.failed);
        assert_string_equal((const char *)out.data, golden[i].words);
        buffer_done(&out);
    }
}

static void test_a_symbol_that_is_not_known_is_told_and_never_a_fault(void **state)
{
    static const struct order_closed unknown_closed = {.line_no = 1};
    static const struct shortage unknown_shortage = {.line_no = 1};
    static const struct notification unknown_notice = {.line_count = 0};
    static const struct buyer_decision unknown_decision = {.line_no = 1};
    static const struct seller_response unknown_response = {.line_no = 1};
    static const struct platform_ruling unknown_ruling = {.line_no = 1};
    static const struct refund_result unknown_result = {.line_no = 1};
    static const struct fulfilment_plan unknown_plan = {.line_no = 1};
    static const struct refund_request unknown_request = {.line_no = 1};
    static const struct compensation unknown_compensation = {.line_no = 1};
    static const struct {
        enum topic topic;
        const void *record;
    } cases[] = {
        {TOPIC_ORDER_CLOSED, &unknown_closed},      {TOPIC_SHORTAGE, &unknown_shortage},
        {TOPIC_NOTIFICATION, &unknown_notice},      {TOPIC_BUYER_DECISION, &unknown_decision},
        {TOPIC_SELLER_RESPONSE, &unknown_response}, {TOPIC_PLATFORM_RULING, &unknown_ruling},
        {TOPIC_REFUND_RESULT, &unknown_result},     {TOPIC_FULFILMENT_PLAN, &unknown_plan},
        {TOPIC_REFUND_REQUEST, &unknown_request},   {TOPIC_COMPENSATION, &unknown_compensation},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = {0};
        words_record(&out, cases[i].topic, cases[i].record, (struct text){0});
        buffer_append_byte(&out, '\0');
        assert_non_null(strstr((const char *)out.data, "not known here"));
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_record_is_told_in_words),
        cmocka_unit_test(test_a_symbol_that_is_not_known_is_told_and_never_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
