#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/cost.h"
#include "shortfall/language.h"
#include "shortfall/letter.h"

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
static const struct shortage undated = {
    .kind = SHORTAGE_ETA_CHANGED,
    .line_no = 1,
    .available = 3,
    .reserved = 2,
    .queue_place = 2,
    .ahead_quantity = 4,
    .stock_version = 7,
};
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
    const char *chinese;
} golden[] = {
    {TOPIC_ORDER_PAID, &order,
     "Paid CNY 350.00 to seller s1 (tmall): line 1, 5 x A, CNY 250.00; line 2, 1 x B, "
     "CNY 100.00. To ship by 2026-11-13T00:00:00.000Z.",
     "已向商家 s1（tmall）付款 CNY 350.00：第 1 行，5 × A，CNY 250.00；第 2 行，1 × B，CNY "
     "100.00。约定发货时间 2026-11-13T00:00:00.000Z。"},
    {TOPIC_ORDER_CLOSED, &shipped, "The shop closed line 1 (A): shipped from w1.",
     "商家关闭第 1 行（A）：已发货，仓库 w1。"},
    {TOPIC_ORDER_CLOSED, &cancelled,
     "The shop closed line 2 (B): cancelled, and refunds it itself.",
     "商家关闭第 2 行（B）：已取消，由商家自行退款。"},
    {TOPIC_SHORTAGE, &oversold,
     "Line 1 can't be filled: 5 x A, more was sold than there is (3 available, 2 reserved, "
     "stock version 7). Place 2 in the queue, 4 wanted before it; no date known.",
     "第 1 行缺货：5 × A，超卖（可用 3，占用 2，库存版本 7）。排队第 2 位，前面还需 4 "
     "件；到货时间未知。"},
    {TOPIC_SHORTAGE, &fell,
     "Line 1 can't be filled once more: 5 x A, the count of the stock fell (0 available, 0 "
     "reserved, stock version 0). Place 1 in the queue, 0 wanted before it; expected "
     "2026-11-12T00:00:00.000Z.",
     "第 1 行再次缺货：5 × A，盘点后库存减少（可用 0，占用 0，库存版本 0）。排队第 1 位，前面还需 "
     "0 件；预计 2026-11-12T00:00:00.000Z 到货。"},
    {TOPIC_SHORTAGE, &recovered,
     "Line 1 can be filled: 5 x A (9 available, 0 reserved, stock version 0).",
     "第 1 行可以发货：5 × A（可用 9，占用 0，库存版本 0）。"},
    {TOPIC_SHORTAGE, &undated,
     "Line 1 has another date: no date known (3 available, 2 reserved, stock version 7; place 2 in "
     "the queue, 4 wanted before it).",
     "第 1 行到货时间有变：到货时间未知（可用 3，占用 2，库存版本 7；排队第 2 位，前面还需 4 "
     "件）。"},
    {TOPIC_SHORTAGE, &closed, "Line 1 has left the queue: REFUNDED.",
     "第 1 行已离开队列：REFUNDED。"},
    {TOPIC_NOTIFICATION, &told,
     "Told the buyer (notice 1): it can't be filled. Line 1: wait until "
     "2026-11-14T00:00:00.000Z, take C instead (CNY 5.00 back) or cancel (CNY 250.00 back); "
     "to answer by 2026-11-13T00:00:00.000Z, silence means the money back.",
     "通知买家（第 1 号通知）：缺货。第 1 行：等待至 2026-11-14T00:00:00.000Z、改要 C（退 CNY "
     "5.00），或取消（退 CNY 250.00）；请在 2026-11-13T00:00:00.000Z 前答复，不答复即退款。"},
    {TOPIC_NOTIFICATION, &waits,
     "Told the buyer: line 1, it waits for restock until 2026-11-12T00:00:00.000Z, agreed by "
     "silence.",
     "通知买家：第 1 行，等待补货，至 2026-11-12T00:00:00.000Z，未答复即视为同意。"},
    {TOPIC_NOTIFICATION, &refunded,
     "Told the buyer: line 1, the refund has started, CNY 250.00, due by "
     "2026-11-12T00:00:00.000Z.",
     "通知买家：第 1 行，退款已开始，CNY 250.00，应在 2026-11-12T00:00:00.000Z 前到账。"},
    {TOPIC_NOTIFICATION, &mediate, "Asked support to act, MEDIATE.", "请客服处理：MEDIATE。"},
    {TOPIC_NOTIFICATION, &claim,
     "Asked the seller to act, CLAIM, to answer by 2026-11-12T00:00:00.000Z.",
     "请商家处理：CLAIM，请在 2026-11-12T00:00:00.000Z 前答复。"},
    {TOPIC_BUYER_DECISION, &waiting, "The buyer chose to wait for line 1, in answer to notice 1.",
     "买家答复第 1 号通知，就第 1 行选择等待。"},
    {TOPIC_BUYER_DECISION, &cancelling, "SUPPORT, for the buyer, cancelled the whole case.",
     "SUPPORT 代买家取消整单。"},
    {TOPIC_SELLER_RESPONSE, &offering,
     "The seller offered CNY 15.00 as a coupon for the whole case.",
     "商家就整单提出补偿 CNY 15.00（优惠券）。"},
    {TOPIC_SELLER_RESPONSE, &reporting,
     "The seller reported that there is no A for line 1, evidence e7.",
     "商家就第 1 行报告 A 无货，凭证 e7。"},
    {TOPIC_PLATFORM_RULING, &ruling,
     "The platform ruled: compensate the whole case with CNY 20.00.",
     "平台判定：整单赔付 CNY 20.00。"},
    {TOPIC_FULFILMENT_PLAN, &hold, "Plan: hold line 1 for restock until 2026-11-12T00:00:00.000Z.",
     "安排：第 1 行等待补货，至 2026-11-12T00:00:00.000Z。"},
    {TOPIC_FULFILMENT_PLAN, &substitute,
     "Plan: ship 2 x C as line 10001 instead of line 1, the seller pays the difference of CNY "
     "3.00.",
     "安排：以第 10001 行发 2 × C，代替第 1 行，差价 CNY 3.00 由商家承担。"},
    {TOPIC_REFUND_REQUEST, &request,
     "Refund of CNY 250.00 for line 1 asked of the payment system again: the buyer did not "
     "answer. Due by 2026-11-12T00:00:00.000Z (attempt 2).",
     "再次向支付系统申请为第 1 行退款 CNY 250.00：买家未答复。应在 2026-11-12T00:00:00.000Z "
     "前完成（第 2 次）。"},
    {TOPIC_REFUND_RESULT, &failure,
     "The payment system says: the refund for line 1 failed (BANK_AWAY), and may be tried "
     "again (attempt 1).",
     "支付系统：第 1 行的退款失败（BANK_AWAY），可以重试（第 1 次）。"},
    {TOPIC_COMPENSATION, &penalty,
     "Compensation of CNY 75.00 in cash for line 1, paid by the seller: penalty NO_STOCK, 30 "
     "% of CNY 250.00 (tmall@2026-04).",
     "第 1 行赔付 CNY 75.00（现金），由商家支付：违约赔付 NO_STOCK，CNY 250.00 的 30 "
     "%（tmall@2026-04）。"},
    {TOPIC_CASE_EVENT, &refused,
     "Refused the buyer-decision: it answers a notice that is no longer the current one "
     "(STALE_NOTICE).",
     "未受理 buyer-decision：所答复的通知已不是最新（STALE_NOTICE）。"},
    {TOPIC_CASE_EVENT, &applied,
     "Case: line 1 is now CONFIRMING, line 2 is now REFUNDED (policy tmall@2026-04).",
     "此案：第 1 行现为 CONFIRMING，第 2 行现为 REFUNDED（规则 tmall@2026-04）。"},
    {TOPIC_CASE_EVENT, &nothing, "", ""},
};

static void told_as(size_t number, const struct language *language, const char *words)
{
    struct buffer out = {0};
    language_record(&out, language, golden[number].topic, golden[number].record, TEXT("CNY"));
    buffer_append_byte(&out, '\0');
    assert_false(out.failed);
    assert_string_equal((const char *)out.data, words);
    buffer_done(&out);
}

static void test_each_record_is_told_in_words_of_each_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        told_as(i, &language_en, golden[i].words);
        told_as(i, &language_zh_cn, golden[i].chinese);
    }
}

static void cost_told_as(const struct language *language, const struct choice_cost *cost,
                         const char *words)
{
    struct buffer out = {0};
    language->choice_cost(&out, cost, TEXT("CNY"));
    buffer_append_byte(&out, '\0');
    assert_string_equal((const char *)out.data, words);
    buffer_done(&out);
}

static void test_what_a_choice_costs_is_told_with_both_ends_of_waiting(void **state)
{
    static const struct choice_cost wait = {
        .line_no = 1, .choice = CHOICE_WAIT, .has_date = true, .at_worst = {25000, 1250, 0}};
    static const struct choice_cost no_date = {
        .line_no = 1, .choice = CHOICE_WAIT, .at_worst = {0, 1250, 0}};
    static const struct choice_cost dearer = {
        .line_no = 1, .choice = CHOICE_SUBSTITUTE, .sku = TEXT("C"), .outcome = {0, 0, 300}};
    static const struct choice_cost cancel = {
        .line_no = 1, .choice = CHOICE_CANCEL, .outcome = {25000, 0, 0}};
    (void)state;
    cost_told_as(&language_en, &wait,
                 "Line 1, to wait costs nothing if the date is kept, a refund of CNY 250.00 and a "
                 "penalty of CNY 12.50 if the goods never come.");
    cost_told_as(&language_en, &no_date,
                 "Line 1, to wait costs a penalty of CNY 12.50 if the goods never come.");
    cost_told_as(&language_en, &dearer,
                 "Line 1, C instead costs nothing, and the seller CNY 3.00 of its price.");
    cost_told_as(&language_en, &cancel, "Line 1, to cancel costs a refund of CNY 250.00.");
    cost_told_as(&language_zh_cn, &wait,
                 "第 1 行，若等待：按期到货则无需支付；始终不到货则退款 CNY 250.00，违约赔付 CNY "
                 "12.50。");
    cost_told_as(&language_zh_cn, &no_date, "第 1 行，若等待：始终不到货则违约赔付 CNY 12.50。");
    cost_told_as(&language_zh_cn, &dearer, "第 1 行，若改要 C：无需支付，商家承担差价 CNY 3.00。");
    cost_told_as(&language_zh_cn, &cancel, "第 1 行，若取消：退款 CNY 250.00。");
}

static void test_what_came_to_nothing_is_told_with_its_reason(void **state)
{
    static const struct letter letter = {.topic = TEXT("order-paid"),
                                         .stage = TEXT("sequencer"),
                                         .reason = TEXT("INVALID"),
                                         .words = TEXT("no lines")};
    static const struct {
        const struct language *language;
        const char *given_up;
        const char *unread;
    } rows[] = {
        {&language_en, "A record of order-paid was given up by the sequencer: INVALID, no lines.",
         "A record of shortage can't be read: cut off."},
        {&language_zh_cn, "sequencer 放弃了 order-paid 的一条记录：INVALID，no lines。",
         "shortage 的一条记录无法读取：cut off。"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = {0};
        rows[i].language->letter(&out, &letter);
        buffer_append_byte(&out, '\0');
        assert_string_equal((const char *)out.data, rows[i].given_up);
        buffer_clear(&out);
        rows[i].language->unreadable(&out, TEXT("shortage"), "cut off");
        buffer_append_byte(&out, '\0');
        assert_string_equal((const char *)out.data, rows[i].unread);
        buffer_done(&out);
    }
}

static void test_every_language_has_all_words(void **state)
{
    (void)state;
    for (size_t n = 0; language_tag(n); n++) {
        const struct language *language = language_find(language_tag(n));
        assert_non_null(language);
        for (enum line_state line_state = LINE_CONFIRMING; line_state < LINE_STATE_COUNT;
             line_state++) {
            assert_true(strlen(language->line_state(line_state)) > 0);
        }
        assert_true(language->order && language->now && language->never_short && language->until &&
                    language->costs_unknown);
    }
    assert_null(language_find("zh"));
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
        struct buffer chinese = {0};
        language_record(&out, &language_en, cases[i].topic, cases[i].record, (struct text){0});
        language_record(&chinese, &language_zh_cn, cases[i].topic, cases[i].record,
                        (struct text){0});
        buffer_append_byte(&out, '\0');
        buffer_append_byte(&chinese, '\0');
        assert_non_null(strstr((const char *)out.data, "not known here"));
        assert_non_null(strstr((const char *)chinese.data, "此处未知"));
        buffer_done(&out);
        buffer_done(&chinese);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_record_is_told_in_words_of_each_language),
        cmocka_unit_test(test_what_a_choice_costs_is_told_with_both_ends_of_waiting),
        cmocka_unit_test(test_what_came_to_nothing_is_told_with_its_reason),
        cmocka_unit_test(test_every_language_has_all_words),
        cmocka_unit_test(test_a_symbol_that_is_not_known_is_told_and_never_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
