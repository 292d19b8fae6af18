/* What a record says, in a sentence or two for people, in English (shortfall/language.h has the
 * languages).
 *
 * Amounts whose record names no currency are in the order's, which the caller knows. A record that
 * tells people nothing gives no words. Pure. */
#ifndef SHORTFALL_SHORTFALL_WORDS_H
#define SHORTFALL_SHORTFALL_WORDS_H

#include "core/contract.h"
#include "kit/buffer.h"
#include "shortfall/cost.h"
#include "shortfall/letter.h"

/* Facts: what the world says (words_fact.c). */
void words_order_paid(struct buffer *out, const struct order_paid *order);
void words_order_closed(struct buffer *out, const struct order_closed *closed);
void words_buyer_decision(struct buffer *out, const struct buyer_decision *decision);
void words_seller_response(struct buffer *out, const struct seller_response *response,
                           struct text currency);
void words_platform_ruling(struct buffer *out, const struct platform_ruling *ruling,
                           struct text currency);
void words_refund_result(struct buffer *out, const struct refund_result *result);

/* What we say to people (words_notice.c). */
void words_notification(struct buffer *out, const struct notification *notification,
                        struct text currency);

/* What came to nothing (words_fact.c). */
void words_letter(struct buffer *out, const struct letter *letter);
void words_unreadable(struct buffer *out, struct text topic, const char *why);

/* What we do (words.c). */
void words_shortage(struct buffer *out, const struct shortage *shortage);
void words_fulfilment_plan(struct buffer *out, const struct fulfilment_plan *plan,
                           struct text currency);
void words_refund_request(struct buffer *out, const struct refund_request *request);
void words_compensation(struct buffer *out, const struct compensation *compensation);
void words_case_event(struct buffer *out, const struct case_event *event);

/* What a line waits for in a state, after "line 1: ". */
const char *words_line_state(enum line_state state);

void words_repeated(struct buffer *out, uint32_t times);
void words_choice_cost(struct buffer *out, const struct choice_cost *cost, struct text currency);

/* Parts that several files need. "the case" for line 0. */
void words_line(struct buffer *out, int32_t line_no);
const char *words_instrument(enum instrument instrument);

#endif
