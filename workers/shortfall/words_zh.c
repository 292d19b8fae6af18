#include "shortfall/words_zh.h"

#include <inttypes.h>

#include "kit/record_type.h"
#include "shortfall/language.h"
#include "shortfall/phrase.h"

void words_zh_line(struct buffer *out, int32_t line_no)
{
    if (line_no == 0) {
        phrase(out, "整单");
    } else {
        phrase(out, "第 %d 行", line_no);
    }
}

const char *words_zh_instrument(enum instrument instrument)
{
    switch (instrument) {
    case INSTRUMENT_CASH:
        return "现金";
    case INSTRUMENT_COUPON:
        return "优惠券";
    case INSTRUMENT_POINTS:
        return "积分";
    case INSTRUMENT_DISCOUNT:
        return "折扣";
    case INSTRUMENT_UNKNOWN:
        break;
    }
    return "未知形式";
}

static const char *state_words(enum line_state state)
{
    switch (state) {
    case LINE_CONFIRMING:
        return "缺货，尚未通知：库存可能很快恢复";
    case LINE_AWAITING_DECISION:
        return "已通知买家，等待选择";
    case LINE_WAITING_RESTOCK:
        return "等待补货，已为其留货";
    case LINE_SUBSTITUTING:
        return "发替代商品，差价退款中";
    case LINE_REFUNDING:
        return "退款中";
    case LINE_REFUND_FAILED:
        return "退款失败：须人工处理";
    case LINE_RECOVERED:
        return "已结束：库存已恢复";
    case LINE_FILLED_LATE:
        return "已结束：延迟发货";
    case LINE_SUBSTITUTED:
        return "已结束：已发替代商品";
    case LINE_REFUNDED:
        return "已结束：已退款";
    case LINE_WITHDRAWN:
        return "已结束：商家取消";
    case LINE_UNKNOWN:
    case LINE_STATE_COUNT:
        break;
    }
    return "此处未知的状态";
}

static const char *cause_words(enum shortage_cause cause)
{
    switch (cause) {
    case CAUSE_OVERSOLD:
        return "超卖";
    case CAUSE_COUNT_FELL:
        return "盘点后库存减少";
    case CAUSE_REPORTED:
        return "商家报告缺货";
    case CAUSE_UNKNOWN:
        break;
    }
    return "原因此处未知";
}

static void say_expected(struct buffer *out, const struct shortage *shortage)
{
    if (shortage->expected_at_ms.set) {
        phrase(out, "预计 ");
        phrase_time(out, shortage->expected_at_ms.value);
        phrase(out, " 到货");
    } else {
        phrase(out, "到货时间未知");
    }
}

/* The evidence of an allocation. */
static void say_stock(struct buffer *out, const struct shortage *shortage)
{
    phrase(out, "可用 %" PRId64 "，占用 %" PRId64 "，库存版本 %" PRId64, shortage->available,
           shortage->reserved, shortage->stock_version);
}

static void say_queue(struct buffer *out, const struct shortage *shortage)
{
    phrase(out, "排队第 %" PRId64 " 位，前面还需 %" PRId64 " 件", shortage->queue_place,
           shortage->ahead_quantity);
}

void words_zh_shortage(struct buffer *out, const struct shortage *shortage)
{
    phrase(out, "第 %d 行", shortage->line_no);
    switch (shortage->kind) {
    case SHORTAGE_UNFILLABLE:
        phrase(out, "%s缺货：%" PRId64 " × %.*s，%s（", shortage->episode > 1 ? "再次" : "",
               shortage->quantity, PHRASE_TEXT(shortage->sku), cause_words(shortage->cause));
        say_stock(out, shortage);
        phrase(out, "）。");
        say_queue(out, shortage);
        phrase(out, "；");
        say_expected(out, shortage);
        break;
    case SHORTAGE_RECOVERED:
        phrase(out, "可以发货：%" PRId64 " × %.*s（", shortage->quantity,
               PHRASE_TEXT(shortage->sku));
        say_stock(out, shortage);
        phrase(out, "）");
        break;
    case SHORTAGE_ETA_CHANGED:
        phrase(out, "到货时间有变：");
        say_expected(out, shortage);
        phrase(out, "（");
        say_stock(out, shortage);
        phrase(out, "；");
        say_queue(out, shortage);
        phrase(out, "）");
        break;
    case SHORTAGE_CLOSED:
        phrase(out, "已离开队列：%s", symbol_of(&type_shortage, "reason", shortage->reason));
        break;
    case SHORTAGE_UNKNOWN:
        phrase(out, "有此处未知的变化");
        break;
    }
    phrase(out, "。");
}

void words_zh_fulfilment_plan(struct buffer *out, const struct fulfilment_plan *plan,
                              struct text currency)
{
    phrase(out, "安排：");
    switch (plan->action) {
    case PLAN_HOLD_FOR_RESTOCK:
        phrase(out, "第 %d 行等待补货", plan->line_no);
        if (plan->until_ms.set) {
            phrase(out, "，至 ");
            phrase_time(out, plan->until_ms.value);
        }
        break;
    case PLAN_RELEASE:
        phrase(out, "第 %d 行现在发货", plan->line_no);
        break;
    case PLAN_SHIP_SUBSTITUTE:
        phrase(
            out, "以第 %d 行发 %d × %.*s，代替第 %d 行",
            plan->new_line_no.set ? plan->new_line_no.value : SUBSTITUTE_LINE_BASE + plan->line_no,
            plan->quantity.set ? plan->quantity.value : 1, PHRASE_TEXT(plan->sku), plan->line_no);
        if (plan->seller_absorbs_minor.set && plan->seller_absorbs_minor.value > 0) {
            phrase(out, "，差价 ");
            phrase_money(out, plan->seller_absorbs_minor.value, currency);
            phrase(out, " 由商家承担");
        }
        break;
    case PLAN_CANCEL:
        phrase(out, "第 %d 行不发货", plan->line_no);
        break;
    case PLAN_UNKNOWN:
        phrase(out, "第 %d 行，此处未知的安排", plan->line_no);
        break;
    }
    phrase(out, "。");
}

static const char *refund_words(enum refund_reason reason)
{
    switch (reason) {
    case REFUND_FOR_BUYER_CANCELLED:
        return "买家取消";
    case REFUND_FOR_SILENCE:
        return "买家未答复";
    case REFUND_FOR_DATE_PASSED:
        return "约定日期已过";
    case REFUND_FOR_RULING:
        return "平台判定";
    case REFUND_FOR_SUBSTITUTE_DIFFERENCE:
        return "替代商品较便宜";
    case REFUND_FOR_UNKNOWN:
        break;
    }
    return "原因此处未知";
}

void words_zh_refund_request(struct buffer *out, const struct refund_request *request)
{
    phrase(out, "%s向支付系统申请为第 %d 行退款 ", request->attempt > 1 ? "再次" : "",
           request->line_no);
    phrase_money(out, request->amount_minor, request->currency);
    phrase(out, "：%s。应在 ", refund_words(request->reason));
    phrase_time(out, request->due_by_ms);
    phrase(out, " 前完成（第 %d 次）。", request->attempt);
}

void words_zh_compensation(struct buffer *out, const struct compensation *compensation)
{
    words_zh_line(out, compensation->line_no);
    phrase(out, "赔付 ");
    phrase_money(out, compensation->amount_minor, compensation->currency);
    phrase(out, "（%s），由%s支付：", words_zh_instrument(compensation->instrument),
           compensation->payer == PAYER_PLATFORM ? "平台" : "商家");
    switch (compensation->kind) {
    case COMPENSATION_PENALTY:
        phrase(out, "违约赔付 %s", symbol_of(&type_compensation, "rule", compensation->rule));
        break;
    case COMPENSATION_GOODWILL:
        phrase(out, "协商补偿");
        break;
    case COMPENSATION_RULING:
        phrase(out, "平台判定");
        break;
    case COMPENSATION_UNKNOWN:
        phrase(out, "原因此处未知");
        break;
    }
    if (compensation->rate_bp.set && compensation->base_minor.set) {
        phrase(out, "，");
        phrase_money(out, compensation->base_minor.value, compensation->currency);
        phrase(out, " 的 ");
        phrase_rate(out, compensation->rate_bp.value);
    }
    phrase(out, "（%.*s）。", PHRASE_TEXT(compensation->policy));
}

static const char *refusal_words(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NO_CASE:
        return "没有此案";
    case REFUSAL_NO_SUCH_LINE:
        return "案中没有此行";
    case REFUSAL_NOT_OFFERED:
        return "未曾提供此选项";
    case REFUSAL_STALE_NOTICE:
        return "所答复的通知已不是最新";
    case REFUSAL_NOT_OPEN:
        return "没有可答复的事项";
    case REFUSAL_MONEY_IN_MOTION:
        return "退款已在途";
    case REFUSAL_SHIPPED:
        return "商品已发出";
    case REFUSAL_CLOSED:
        return "此案已结束";
    case REFUSAL_OVER_LIMIT:
        return "超出规则上限";
    case REFUSAL_NO_SUCH_OFFER:
        return "没有此补偿方案";
    case REFUSAL_ALREADY_CLAIMED:
        return "已经提出补偿要求";
    case REFUSAL_ALREADY_SETTLED:
        return "已经了结";
    case REFUSAL_NOT_CLAIMED:
        return "未曾提出补偿要求";
    case REFUSAL_UNKNOWN:
        break;
    }
    return "原因此处未知";
}

void words_zh_case_event(struct buffer *out, const struct case_event *event)
{
    if (event->verdict == VERDICT_REFUSED) {
        phrase(out, "未受理 %.*s：%s（%s）。", PHRASE_TEXT(event->fact_topic),
               refusal_words(event->reason), symbol_of(&type_case_event, "reason", event->reason));
        return;
    }
    size_t before = out->size;
    for (uint32_t i = 0; i < event->line_count; i++) {
        const struct line_change *change = &event->lines[i];
        if (change->before != change->after) {
            phrase(out, "%s第 %d 行现为 %s", out->size == before ? "此案：" : "，", change->line_no,
                   line_state_name(change->after));
        }
    }
    if (out->size == before) {
        return;
    }
    if (event->sequence == 1) {
        phrase(out, "（规则 %.*s）", PHRASE_TEXT(event->policy));
    }
    phrase(out, "。");
}

static void say_repeated(struct buffer *out, uint32_t times)
{
    phrase(out, "（收到 %u 次）", times);
}

const struct language language_zh_cn = {
    .tag = "zh-CN",
    .order_paid = words_zh_order_paid,
    .order_closed = words_zh_order_closed,
    .buyer_decision = words_zh_buyer_decision,
    .seller_response = words_zh_seller_response,
    .platform_ruling = words_zh_platform_ruling,
    .refund_result = words_zh_refund_result,
    .notification = words_zh_notification,
    .shortage = words_zh_shortage,
    .fulfilment_plan = words_zh_fulfilment_plan,
    .refund_request = words_zh_refund_request,
    .compensation = words_zh_compensation,
    .case_event = words_zh_case_event,
    .letter = words_zh_letter,
    .unreadable = words_zh_unreadable,
    .line = words_zh_line,
    .line_state = state_words,
    .repeated = say_repeated,
    .choice_cost = words_zh_choice_cost,
    .order = "订单 ",
    .trace = "追踪 ",
    .now = "现状",
    .never_short = "此订单从未缺货。",
    .until = "，至 ",
    .costs_unknown = "各选项的代价无法说明：",
};
