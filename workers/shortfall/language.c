#include "shortfall/language.h"

#include <string.h>

#include "shortfall/words.h"

const struct language language_en = {
    .tag = "en",
    .order_paid = words_order_paid,
    .order_closed = words_order_closed,
    .buyer_decision = words_buyer_decision,
    .seller_response = words_seller_response,
    .platform_ruling = words_platform_ruling,
    .refund_result = words_refund_result,
    .notification = words_notification,
    .shortage = words_shortage,
    .fulfilment_plan = words_fulfilment_plan,
    .refund_request = words_refund_request,
    .compensation = words_compensation,
    .case_event = words_case_event,
    .letter = words_letter,
    .unreadable = words_unreadable,
    .line = words_line,
    .line_state = words_line_state,
    .repeated = words_repeated,
    .choice_cost = words_choice_cost,
    .order = "Order ",
    .trace = "Trace ",
    .now = "Now",
    .never_short = "Nothing of this order was ever short.",
    .until = ", until ",
    .costs_unknown = "What the choices cost is not told: ",
};

static const struct language *const languages[] = {&language_en, &language_zh_cn, NULL};

const struct language *language_find(const char *tag)
{
    const struct language *const *language = languages;
    while (*language && strcmp((*language)->tag, tag) != 0) {
        language++;
    }
    return *language;
}

const char *language_tag(size_t n)
{
    for (const struct language *const *language = languages; *language; language++) {
        if (n-- == 0) {
            return (*language)->tag;
        }
    }
    return NULL;
}

void language_record(struct buffer *out, const struct language *language, enum topic topic,
                     const void *record, struct text currency)
{
    switch (topic) {
    case TOPIC_ORDER_PAID:
        language->order_paid(out, record);
        break;
    case TOPIC_ORDER_CLOSED:
        language->order_closed(out, record);
        break;
    case TOPIC_BUYER_DECISION:
        language->buyer_decision(out, record);
        break;
    case TOPIC_SELLER_RESPONSE:
        language->seller_response(out, record, currency);
        break;
    case TOPIC_PLATFORM_RULING:
        language->platform_ruling(out, record, currency);
        break;
    case TOPIC_REFUND_RESULT:
        language->refund_result(out, record);
        break;
    case TOPIC_SHORTAGE:
        language->shortage(out, record);
        break;
    case TOPIC_NOTIFICATION:
        language->notification(out, record, currency);
        break;
    case TOPIC_REFUND_REQUEST:
        language->refund_request(out, record);
        break;
    case TOPIC_FULFILMENT_PLAN:
        language->fulfilment_plan(out, record, currency);
        break;
    case TOPIC_COMPENSATION:
        language->compensation(out, record);
        break;
    case TOPIC_CASE_EVENT:
        language->case_event(out, record);
        break;
    default:
        break; /* not about one order, or the same in other words */
    }
}
