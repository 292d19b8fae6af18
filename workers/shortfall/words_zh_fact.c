#include "shortfall/phrase.h"
#include "shortfall/words_zh.h"

void words_zh_order_paid(struct buffer *out, const struct order_paid *order)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        total += order->lines[i].paid_minor;
    }
    phrase(out, "已向商家 %.*s（%.*s）付款 ", PHRASE_TEXT(order->seller_id),
           PHRASE_TEXT(order->marketplace));
    phrase_money(out, total, order->currency);
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        phrase(out, "%s第 %d 行，%d × %.*s，", i == 0 ? "：" : "；", line->line_no, line->quantity,
               PHRASE_TEXT(line->sku));
        phrase_money(out, line->paid_minor, order->currency);
    }
    phrase(out, "。");
    if (order->ship_by_ms.set) {
        phrase(out, "约定发货时间 ");
        phrase_time(out, order->ship_by_ms.value);
        phrase(out, "。");
    }
}

void words_zh_order_closed(struct buffer *out, const struct order_closed *closed)
{
    phrase(out, "商家关闭第 %d 行（%.*s）：", closed->line_no, PHRASE_TEXT(closed->sku));
    switch (closed->reason) {
    case CLOSE_SHIPPED:
        phrase(out, "已发货");
        break;
    case CLOSE_CANCELLED:
        phrase(out, "已取消，由商家自行退款");
        break;
    case CLOSE_REFUNDED:
        phrase(out, "已退款");
        break;
    case CLOSE_SUBSTITUTED:
        phrase(out, "已换为其他商品");
        break;
    case CLOSE_UNKNOWN:
        phrase(out, "原因此处未知");
        break;
    }
    if (text_is_set(closed->warehouse_id)) {
        phrase(out, "，仓库 %.*s", PHRASE_TEXT(closed->warehouse_id));
    }
    phrase(out, "。");
}

/* Who speaks: the one we expect, or somebody for them. */
static void say_actor(struct buffer *out, struct text actor, struct text expected, const char *who)
{
    if (text_is_set(actor) && !text_equal(actor, expected)) {
        phrase(out, "%.*s 代%s", PHRASE_TEXT(actor), who);
    } else {
        phrase(out, "%s", who);
    }
}

void words_zh_buyer_decision(struct buffer *out, const struct buyer_decision *decision)
{
    say_actor(out, decision->actor, TEXT("BUYER"), "买家");
    if (decision->notice.set) {
        phrase(out, "答复第 %d 号通知，", decision->notice.value);
    }
    if (decision->choice == CHOICE_CANCEL) {
        phrase(out, "取消");
        words_zh_line(out, decision->line_no);
        phrase(out, "。");
        return;
    }
    phrase(out, "就");
    words_zh_line(out, decision->line_no);
    switch (decision->choice) {
    case CHOICE_WAIT:
        phrase(out, "选择等待");
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "选择替代商品 %.*s", PHRASE_TEXT(decision->sku));
        break;
    case CHOICE_CLAIM:
        phrase(out, "要求补偿");
        break;
    case CHOICE_ACCEPT:
        phrase(out, "接受补偿方案 %.*s", PHRASE_TEXT(decision->offer_id));
        break;
    case CHOICE_REJECT:
        phrase(out, "拒绝补偿方案");
        break;
    case CHOICE_ASK_PLATFORM:
        phrase(out, "申请平台介入");
        break;
    case CHOICE_CANCEL:
    case CHOICE_UNKNOWN:
        phrase(out, "作出此处未知的选择");
        break;
    }
    phrase(out, "。");
}

void words_zh_seller_response(struct buffer *out, const struct seller_response *response,
                              struct text currency)
{
    say_actor(out, response->actor, TEXT("SELLER"), "商家");
    phrase(out, "就");
    words_zh_line(out, response->line_no);
    switch (response->kind) {
    case RESPONSE_REPORT_NO_STOCK:
        phrase(out, "报告 %.*s 无货",
               PHRASE_TEXT(text_is_set(response->sku) ? response->sku : TEXT("商品")));
        break;
    case RESPONSE_OFFER_COMPENSATION:
        phrase(out, "提出补偿 ");
        if (response->amount_minor.set) {
            phrase_money(out, response->amount_minor.value, currency);
        }
        phrase(out, "（%s）", words_zh_instrument(response->instrument));
        break;
    case RESPONSE_DECLINE:
        phrase(out, "拒绝补偿");
        break;
    case RESPONSE_UNKNOWN:
        phrase(out, "作出此处未知的答复");
        break;
    }
    if (text_is_set(response->evidence_ref)) {
        phrase(out, "，凭证 %.*s", PHRASE_TEXT(response->evidence_ref));
    }
    phrase(out, "。");
}

void words_zh_platform_ruling(struct buffer *out, const struct platform_ruling *ruling,
                              struct text currency)
{
    phrase(out, "平台判定：");
    words_zh_line(out, ruling->line_no);
    switch (ruling->ruling) {
    case RULING_REFUND:
        phrase(out, "退款");
        break;
    case RULING_COMPENSATE:
        phrase(out, "赔付");
        if (ruling->amount_minor.set) {
            phrase(out, " ");
            phrase_money(out, ruling->amount_minor.value, currency);
        }
        break;
    case RULING_DISMISS:
        phrase(out, "不再有赔付");
        break;
    case RULING_UNKNOWN:
        phrase(out, "，此处未知的判定");
        break;
    }
    phrase(out, "。");
}

void words_zh_refund_result(struct buffer *out, const struct refund_result *result)
{
    phrase(out, "支付系统：");
    words_zh_line(out, result->line_no);
    phrase(out, "的退款");
    switch (result->status) {
    case REFUND_SUCCEEDED:
        phrase(out, "成功");
        break;
    case REFUND_STATUS_FAILED:
        phrase(out, "失败");
        if (text_is_set(result->failure_code)) {
            phrase(out, "（%.*s）", PHRASE_TEXT(result->failure_code));
        }
        phrase(out, result->retryable ? "，可以重试" : "，不能重试");
        break;
    case REFUND_UNKNOWN:
        phrase(out, "结果此处未知");
        break;
    }
    phrase(out, "（第 %d 次）。", result->attempt);
}

void words_zh_letter(struct buffer *out, const struct letter *letter)
{
    phrase(out, "%.*s 放弃了 %.*s 的一条记录：%.*s，%.*s。", PHRASE_TEXT(letter->stage),
           PHRASE_TEXT(letter->topic), PHRASE_TEXT(letter->reason), PHRASE_TEXT(letter->words));
}

void words_zh_unreadable(struct buffer *out, struct text topic, const char *why)
{
    phrase(out, "%.*s 的一条记录无法读取：%s。", PHRASE_TEXT(topic), why);
}
