/* In which language an operator is told what happened to an order.
 *
 * A language is a table of functions, each for one kind of record or one sentence of the command,
 * so that a new one is a new table and a missing sentence does not compile away unseen. Names of
 * states, reasons and policies stay as they are in the records: they are what one searches for.
 * Times and amounts are written the same in all of them. */
#ifndef SHORTFALL_SHORTFALL_LANGUAGE_H
#define SHORTFALL_SHORTFALL_LANGUAGE_H

#include "core/contract.h"
#include "kit/buffer.h"
#include "kit/topics.h"

struct choice_cost;
struct letter;

struct language {
    const char *tag; /* as --lang takes it */

    /* What a record says: facts, what we say to people, what we do. */
    void (*order_paid)(struct buffer *out, const struct order_paid *order);
    void (*order_closed)(struct buffer *out, const struct order_closed *closed);
    void (*buyer_decision)(struct buffer *out, const struct buyer_decision *decision);
    void (*seller_response)(struct buffer *out, const struct seller_response *response,
                            struct text currency);
    void (*platform_ruling)(struct buffer *out, const struct platform_ruling *ruling,
                            struct text currency);
    void (*refund_result)(struct buffer *out, const struct refund_result *result);
    void (*notification)(struct buffer *out, const struct notification *notification,
                         struct text currency);
    void (*shortage)(struct buffer *out, const struct shortage *shortage);
    void (*fulfilment_plan)(struct buffer *out, const struct fulfilment_plan *plan,
                            struct text currency);
    void (*refund_request)(struct buffer *out, const struct refund_request *request);
    void (*compensation)(struct buffer *out, const struct compensation *compensation);
    void (*case_event)(struct buffer *out, const struct case_event *event);

    /* A record that a worker gave up, by its dead letter; one that can't be read here. */
    void (*letter)(struct buffer *out, const struct letter *letter);
    void (*unreadable)(struct buffer *out, struct text topic, const char *why);
    /* "line 1", or the whole case for 0 */
    void (*line)(struct buffer *out, int32_t line_no);
    /* What a line waits for in a state, after "line 1: ". */
    const char *(*line_state)(enum line_state state);
    /* The same bytes came several times. */
    void (*repeated)(struct buffer *out, uint32_t times);
    /* What a choice of a notice costs whoever pays. */
    void (*choice_cost)(struct buffer *out, const struct choice_cost *cost, struct text currency);

    /* Headings and sentences of the command. */
    const char *order;         /* "Order " */
    const char *trace;         /* "Trace " */
    const char *now;           /* above how the lines stand */
    const char *never_short;   /* nothing of this order was ever short */
    const char *until;         /* " until " a time */
    const char *costs_unknown; /* what choices cost can't be told: the reason follows */
};

extern const struct language language_en;
extern const struct language language_zh_cn;

/* The language of that tag, NULL if there is none. */
const struct language *language_find(const char *tag);

/* What can be asked for, for a message: the n-th tag, NULL beyond the last. */
const char *language_tag(size_t n);

/* Any record of a topic that has to do with an order, in words; none where it tells people nothing.
 * Amounts whose record names no currency are in the order's. */
void language_record(struct buffer *out, const struct language *language, enum topic topic,
                     const void *record, struct text currency);

#endif
