/* From the records of the caseworker's inputs to facts of cases: decoding and validation. No I/O.
 */
#ifndef SHORTFALL_CASEWORKER_INPUTS_H
#define SHORTFALL_CASEWORKER_INPUTS_H

#include "core/case.h"
#include "kit/arena.h"
#include "kit/codec.h"
#include "kit/error.h"
#include "kit/message.h"

struct input {
    struct text order_id;  /* not set: a clock tick */
    struct text id;        /* identity of the fact, where it has one */
    struct case_fact fact; /* points to one of the following */
    bool ignored;          /* none of the caseworker's business */
    union {
        struct shortage shortage;
        struct buyer_decision buyer_decision;
        struct seller_response seller_response;
        struct platform_ruling platform_ruling;
        struct refund_result refund_result;
        struct clock_tick clock_tick;
    } record;
};

/* POISON: a dead letter; *ret_reason is its class. Texts live as long as message and arena. */
enum status input_read(struct codec *codec, const struct message *message, struct arena *arena,
                       struct input *ret_input, const char **ret_reason,
                       struct error *error) must_check;

#endif
