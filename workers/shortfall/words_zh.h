/* What a record says, in a sentence or two for people, in Chinese: as shortfall/words.h.
 *
 * The terms are those of docs/DOMAIN.md. */
#ifndef SHORTFALL_SHORTFALL_WORDS_ZH_H
#define SHORTFALL_SHORTFALL_WORDS_ZH_H

#include "core/contract.h"
#include "kit/buffer.h"
#include "shortfall/cost.h"
#include "shortfall/letter.h"

/* Facts: what the world says (words_zh_fact.c). */
void words_zh_order_paid(struct buffer *out, const struct order_paid *order);
void words_zh_order_closed(struct buffer *out, const struct order_closed *closed);
void words_zh_buyer_decision(struct buffer *out, const struct buyer_decision *decision);
void words_zh_seller_response(struct buffer *out, const struct seller_response *response,
                              struct text currency);
void words_zh_platform_ruling(struct buffer *out, const struct platform_ruling *ruling,
                              struct text currency);
void words_zh_refund_result(struct buffer *out, const struct refund_result *result);

/* What came to nothing (words_zh_fact.c). */
void words_zh_letter(struct buffer *out, const struct letter *letter);
void words_zh_unreadable(struct buffer *out, struct text topic, const char *why);

/* What we say to people, and what their choices cost (words_zh_notice.c). */
void words_zh_notification(struct buffer *out, const struct notification *notification,
                           struct text currency);
void words_zh_choice_cost(struct buffer *out, const struct choice_cost *cost, struct text currency);

/* What we do (words_zh.c). */
void words_zh_shortage(struct buffer *out, const struct shortage *shortage);
void words_zh_fulfilment_plan(struct buffer *out, const struct fulfilment_plan *plan,
                              struct text currency);
void words_zh_refund_request(struct buffer *out, const struct refund_request *request);
void words_zh_compensation(struct buffer *out, const struct compensation *compensation);
void words_zh_case_event(struct buffer *out, const struct case_event *event);

/* Parts that several files need. The whole case for line 0. */
void words_zh_line(struct buffer *out, int32_t line_no);
const char *words_zh_instrument(enum instrument instrument);

#endif
