#include "shortfall/phrase.h"
#include "shortfall/words.h"

void words_order_paid(struct buffer *out, const struct order_paid *order)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        total += order->lines[i].paid_minor;
    }
    phrase(out, "Paid ");
    phrase_money(out, total, order->currency);
    phrase(out, " to seller %.*s (%.*s)", PHRASE_TEXT(order->seller_id),
           PHRASE_TEXT(order->marketplace));
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        phrase(out, "%s line %d, %d x %.*s, ", i == 0 ? ":" : ";", line->line_no, line->quantity,
               PHRASE_TEXT(line->sku));
        phrase_money(out, line->paid_minor, order->currency);
    }
    phrase(out, ".");
    if (order->ship_by_ms.set) {
        phrase(out, " To ship by ");
        phrase_time(out, order->ship_by_ms.value);
        phrase(out, ".");
    }
}

void words_order_closed(struct buffer *out, const struct order_closed *closed)
{
    phrase(out, "The shop closed line %d (%.*s): ", closed->line_no, PHRASE_TEXT(closed->sku));
    switch (closed->reason) {
    case CLOSE_SHIPPED:
        phrase(out, "shipped");
        break;
    case CLOSE_CANCELLED:
        phrase(out, "cancelled, and refunds it itself");
        break;
    case CLOSE_REFUNDED:
        phrase(out, "refunded");
        break;
    case CLOSE_SUBSTITUTED:
        phrase(out, "replaced by another product");
        break;
    case CLOSE_UNKNOWN:
        phrase(out, "for a reason that is not known here");
        break;
    }
    if (text_is_set(closed->warehouse_id)) {
        phrase(out, " from %.*s", PHRASE_TEXT(closed->warehouse_id));
    }
    phrase(out, ".");
}

void words_buyer_decision(struct buffer *out, const struct buyer_decision *decision)
{
    bool by_another = text_is_set(decision->actor) && !text_equal(decision->actor, TEXT("BUYER"));
    if (by_another) {
        phrase(out, "%.*s, for the buyer, ", PHRASE_TEXT(decision->actor));
    } else {
        phrase(out, "The buyer ");
    }
    switch (decision->choice) {
    case CHOICE_WAIT:
        phrase(out, "chose to wait");
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "chose %.*s instead", PHRASE_TEXT(decision->sku));
        break;
    case CHOICE_CANCEL:
        phrase(out, "cancelled");
        break;
    case CHOICE_CLAIM:
        phrase(out, "claimed a compensation");
        break;
    case CHOICE_ACCEPT:
        phrase(out, "accepted the offer %.*s", PHRASE_TEXT(decision->offer_id));
        break;
    case CHOICE_REJECT:
        phrase(out, "rejected the offer");
        break;
    case CHOICE_ASK_PLATFORM:
        phrase(out, "asked the platform to step in");
        break;
    case CHOICE_UNKNOWN:
        phrase(out, "chose something that is not known here");
        break;
    }
    phrase(out, decision->choice == CHOICE_CANCEL ? " " : " for ");
    words_line(out, decision->line_no);
    if (decision->notice.set) {
        phrase(out, ", in answer to notice %d", decision->notice.value);
    }
    phrase(out, ".");
}

void words_seller_response(struct buffer *out, const struct seller_response *response,
                           struct text currency)
{
    bool by_another = text_is_set(response->actor) && !text_equal(response->actor, TEXT("SELLER"));
    if (by_another) {
        phrase(out, "%.*s, for the seller, ", PHRASE_TEXT(response->actor));
    } else {
        phrase(out, "The seller ");
    }
    switch (response->kind) {
    case RESPONSE_REPORT_NO_STOCK:
        phrase(out, "reported that there is no %.*s",
               PHRASE_TEXT(text_is_set(response->sku) ? response->sku : TEXT("stock")));
        break;
    case RESPONSE_OFFER_COMPENSATION:
        phrase(out, "offered ");
        if (response->amount_minor.set) {
            phrase_money(out, response->amount_minor.value, currency);
        } else {
            phrase(out, "a compensation");
        }
        phrase(out, " %s", words_instrument(response->instrument));
        break;
    case RESPONSE_DECLINE:
        phrase(out, "declined a compensation");
        break;
    case RESPONSE_UNKNOWN:
        phrase(out, "answered something that is not known here");
        break;
    }
    phrase(out, " for ");
    words_line(out, response->line_no);
    if (text_is_set(response->evidence_ref)) {
        phrase(out, ", evidence %.*s", PHRASE_TEXT(response->evidence_ref));
    }
    phrase(out, ".");
}

void words_platform_ruling(struct buffer *out, const struct platform_ruling *ruling,
                           struct text currency)
{
    phrase(out, "The platform ruled: ");
    switch (ruling->ruling) {
    case RULING_REFUND:
        phrase(out, "refund ");
        words_line(out, ruling->line_no);
        break;
    case RULING_COMPENSATE:
        phrase(out, "compensate ");
        words_line(out, ruling->line_no);
        if (ruling->amount_minor.set) {
            phrase(out, " with ");
            phrase_money(out, ruling->amount_minor.value, currency);
        }
        break;
    case RULING_DISMISS:
        phrase(out, "nothing more is owed for ");
        words_line(out, ruling->line_no);
        break;
    case RULING_UNKNOWN:
        phrase(out, "something that is not known here");
        break;
    }
    phrase(out, ".");
}

void words_refund_result(struct buffer *out, const struct refund_result *result)
{
    phrase(out, "The payment system says: the refund for ");
    words_line(out, result->line_no);
    switch (result->status) {
    case REFUND_SUCCEEDED:
        phrase(out, " succeeded");
        break;
    case REFUND_STATUS_FAILED:
        phrase(out, " failed");
        if (text_is_set(result->failure_code)) {
            phrase(out, " (%.*s)", PHRASE_TEXT(result->failure_code));
        }
        phrase(out, result->retryable ? ", and may be tried again" : ", for good");
        break;
    case REFUND_UNKNOWN:
        phrase(out, " ended in a way that is not known here");
        break;
    }
    phrase(out, " (attempt %d).", result->attempt);
}

void words_letter(struct buffer *out, const struct letter *letter)
{
    phrase(out, "A record of %.*s was given up by the %.*s: %.*s, %.*s.",
           PHRASE_TEXT(letter->topic), PHRASE_TEXT(letter->stage), PHRASE_TEXT(letter->reason),
           PHRASE_TEXT(letter->words));
}

void words_unreadable(struct buffer *out, struct text topic, const char *why)
{
    phrase(out, "A record of %.*s can't be read: %s.", PHRASE_TEXT(topic), why);
}
