#include "kit/record_type.h"
#include "shortfall/phrase.h"
#include "shortfall/words_zh.h"

/* By when something is asked for or due: "请在 … 前答复". */
static void say_by(struct buffer *out, const char *before, struct optional_long time_ms,
                   const char *after)
{
    if (time_ms.set) {
        phrase_time_set(out, before, time_ms);
        phrase(out, " %s", after);
    }
}

static void say_choice(struct buffer *out, const struct notice_choice *choice, struct text currency)
{
    switch (choice->choice) {
    case CHOICE_WAIT:
        phrase(out, "等待");
        phrase_time_set(out, "至 ", choice->expected_at_ms);
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "改要 %.*s", PHRASE_TEXT(choice->sku));
        say_by(out, "，应在 ", choice->expected_at_ms, "前发货");
        break;
    case CHOICE_CANCEL:
        phrase(out, "取消");
        break;
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
    case CHOICE_UNKNOWN:
        phrase(out, "%s", symbol_of(&type_buyer_decision, "choice", choice->choice));
        break;
    }
    if (choice->refund_minor > 0) {
        phrase(out, "（退 ");
        phrase_money(out, choice->refund_minor, currency);
        phrase(out, "）");
    }
}

/* A line of SHORTAGE and RENEWED, with what the buyer may choose. */
static void say_line(struct buffer *out, const struct notice_line *line, struct text currency)
{
    phrase(out, "第 %d 行：", line->line_no);
    for (uint32_t i = 0; i < line->choice_count; i++) {
        const char *between = i + 1 == line->choice_count ? "，或" : "、";
        phrase(out, "%s", i == 0 ? "" : between);
        say_choice(out, &line->choices[i], currency);
    }
    say_by(out, "；请在 ", line->decide_by_ms, "前答复");
    switch (line->on_silence) {
    case SILENCE_REFUND:
        phrase(out, "，不答复即退款");
        break;
    case SILENCE_WAIT:
        phrase(out, "，不答复即等待");
        break;
    case SILENCE_UNKNOWN:
        break;
    }
    phrase(out, "。");
}

static void say_substance(struct buffer *out, const struct notification *notice,
                          struct text currency)
{
    switch (notice->kind) {
    case NOTICE_SHORTAGE:
        phrase(out, "缺货");
        break;
    case NOTICE_RENEWED:
        phrase(out, "原定时间无法保证");
        break;
    case NOTICE_WAIT_CONFIRMED:
        phrase(out, "等待补货");
        phrase_time_set(out, "，至 ", notice->expected_at_ms);
        phrase(out, "%s", notice->consent == CONSENT_SILENCE ? "，未答复即视为同意" : "");
        break;
    case NOTICE_SUBSTITUTE_CONFIRMED:
        phrase(out, "改发 %.*s", PHRASE_TEXT(notice->sku));
        say_by(out, "，应在 ", notice->expected_at_ms, "前发货");
        break;
    case NOTICE_BACK_IN_STOCK:
        phrase(out, "已到货，即将发货");
        break;
    case NOTICE_REFUND_STARTED:
        phrase(out, "退款已开始");
        phrase_money_set(out, "，", notice->amount_minor, currency);
        say_by(out, "，应在 ", notice->due_by_ms, "前到账");
        break;
    case NOTICE_REFUND_DONE:
        phrase(out, "退款已完成");
        phrase_money_set(out, "，", notice->amount_minor, currency);
        break;
    case NOTICE_OFFER:
        phrase(out, "商家提出补偿");
        phrase_money_set(out, " ", notice->amount_minor, currency);
        phrase(out, "（%s，方案 %.*s）", words_zh_instrument(notice->instrument),
               PHRASE_TEXT(notice->offer_id));
        break;
    case NOTICE_DECLINED:
        phrase(out, "商家拒绝补偿");
        break;
    case NOTICE_SETTLED:
        phrase(out, "补偿已了结");
        phrase_money_set(out, "，", notice->amount_minor, currency);
        break;
    case NOTICE_NEEDS_ACTION:
        phrase(out, "%.*s", PHRASE_TEXT(text_is_set(notice->reason) ? notice->reason : TEXT("?")));
        phrase_money_set(out, "，", notice->amount_minor, currency);
        break;
    case NOTICE_UNKNOWN:
        phrase(out, "此处未知的内容");
        break;
    }
}

static const char *audience_words(enum audience audience)
{
    switch (audience) {
    case AUDIENCE_BUYER:
        return "买家";
    case AUDIENCE_SELLER:
        return "商家";
    case AUDIENCE_SUPPORT:
        return "客服";
    case AUDIENCE_UNKNOWN:
        break;
    }
    return "此处未知的人";
}

void words_zh_notification(struct buffer *out, const struct notification *notification,
                           struct text currency)
{
    currency = text_is_set(notification->currency) ? notification->currency : currency;
    bool asks = notification->kind == NOTICE_NEEDS_ACTION;
    bool of_lines = notification->kind == NOTICE_SHORTAGE || notification->kind == NOTICE_RENEWED;
    phrase(out, "%s%s", asks ? "请" : "通知", audience_words(notification->audience));
    phrase(out, "%s", asks ? "处理" : "");
    if (notification->notice.set) {
        phrase(out, "（第 %d 号通知）", notification->notice.value);
    }
    phrase(out, "：");
    for (uint32_t i = 0; i < notification->line_count && !asks && !of_lines; i++) {
        phrase(out, "第 %d 行，", notification->lines[i].line_no);
    }
    say_substance(out, notification, currency);
    say_by(out, "，请在 ", notification->answer_by_ms, "前答复");
    phrase(out, "。");
    for (uint32_t i = 0; of_lines && i < notification->line_count; i++) {
        say_line(out, &notification->lines[i], currency);
    }
}

/* ---- what a choice costs --------------------------------------------------------------------- */

static void say_outcome(struct buffer *out, const struct choice_outcome *outcome,
                        struct text currency)
{
    if (outcome->refund_minor == 0 && outcome->penalty_minor == 0) {
        phrase(out, "无需支付");
        return;
    }
    if (outcome->refund_minor > 0) {
        phrase(out, "退款 ");
        phrase_money(out, outcome->refund_minor, currency);
    }
    if (outcome->penalty_minor > 0) {
        phrase(out, "%s违约赔付 ", outcome->refund_minor > 0 ? "，" : "");
        phrase_money(out, outcome->penalty_minor, currency);
    }
}

void words_zh_choice_cost(struct buffer *out, const struct choice_cost *cost, struct text currency)
{
    phrase(out, "第 %d 行，若", cost->line_no);
    switch (cost->choice) {
    case CHOICE_WAIT:
        phrase(out, "等待：");
        if (cost->has_date) {
            phrase(out, "按期到货则");
            say_outcome(out, &cost->outcome, currency);
            phrase(out, "；");
        }
        phrase(out, "始终不到货则");
        say_outcome(out, &cost->at_worst, currency);
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "改要 %.*s：", PHRASE_TEXT(cost->sku));
        say_outcome(out, &cost->outcome, currency);
        if (cost->outcome.absorbed_minor > 0) {
            phrase(out, "，商家承担差价 ");
            phrase_money(out, cost->outcome.absorbed_minor, currency);
        }
        break;
    case CHOICE_CANCEL:
        phrase(out, "取消：");
        say_outcome(out, &cost->outcome, currency);
        break;
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
    case CHOICE_UNKNOWN:
        break;
    }
    phrase(out, "。");
}
