/* What is legal in a case: the two tables [state][fact], as data.
 *
 * A fact that reaches a case is split into facts about lines (`enum line_fact`) or one about the
 * settlement of a compensation (`enum settlement_fact`). A cell names the step that is taken and
 * the states it may lead to. A cell that is not listed is a refusal with the reason of its row: a
 * fact out of place is refused, never guessed at.
 *
 * Some steps look further before they are taken (WAIT and SUBSTITUTE must name the current notice
 * and have been offered in it, a CLAIM must come within its window) and then refuse too. */
#ifndef SHORTFALL_CORE_CASE_TABLE_H
#define SHORTFALL_CORE_CASE_TABLE_H

#include "core/case.h"

enum line_fact {
    /* the allocation says */
    LINE_FACT_SHORT,       /* UNFILLABLE */
    LINE_FACT_ETA_CHANGED, /* still short, with another date */
    LINE_FACT_RECOVERED,
    LINE_FACT_SHIPPED,     /* closed by the shop */
    LINE_FACT_CANCELLED,   /* closed by the shop, which refunds it */
    LINE_FACT_REFUNDED,    /* closed by the shop, or the echo of our own outcome */
    LINE_FACT_SUBSTITUTED, /* the echo of our own outcome */
    /* people say */
    LINE_FACT_WAIT,
    LINE_FACT_SUBSTITUTE,
    LINE_FACT_CANCEL,
    LINE_FACT_REFUND_RULED,
    /* the payment system says */
    LINE_FACT_REFUND_SUCCEEDED,
    LINE_FACT_REFUND_FAILED,
    /* deadlines */
    LINE_FACT_GRACE_OVER,  /* all that is pending is told now */
    LINE_FACT_SILENCE,     /* no answer to the notice */
    LINE_FACT_DATE_PASSED, /* the agreed date, and still short */
    LINE_FACT_RETRY_DUE,
    LINE_FACT_PENALTY_DUE,
    LINE_FACT_COUNT, /* not a fact */
};

enum line_step {
    LINE_STEP_REFUSE,
    LINE_STEP_IGNORE,  /* outdated: nothing changes, and there is no case event */
    LINE_STEP_NOTE,    /* applied, but there is nothing to do */
    LINE_STEP_OPEN,    /* the line enters the case; the grace starts, REPORTED skips it */
    LINE_STEP_REOPEN,  /* short again: the same */
    LINE_STEP_FOLLOW,  /* a worse date than the one told is told after a grace */
    LINE_STEP_RELEASE, /* the goods are back: RELEASE if held, BACK_IN_STOCK if a notice went out */
    LINE_STEP_SHIP,    /* FILLED_LATE if a notice went out, else RECOVERED */
    LINE_STEP_WITHDRAW,
    LINE_STEP_SHIPPED_AFTER_ALL, /* SUPPORT is told; the refund, or the substitute, stays */
    LINE_STEP_WAIT,
    LINE_STEP_SUBSTITUTE,
    LINE_STEP_REFUND, /* refund-request, plan CANCEL, REFUND_STARTED, outcome REFUNDED */
    LINE_STEP_FINISH_REFUND,
    LINE_STEP_FAIL_REFUND, /* the next attempt is planned, or SUPPORT is told */
    LINE_STEP_RETRY_REFUND,
    LINE_STEP_NOTIFY,  /* its part of the notice, with choices */
    LINE_STEP_SILENCE, /* what the notice said: refund, or wait */
    LINE_STEP_PASS_DATE,
    LINE_STEP_PENALIZE,
    LINE_STEP_COUNT, /* not a step */
};

struct line_transition {
    enum line_step step;
    enum refusal refusal; /* of REFUSE */
    uint32_t next;        /* the states it may lead to, as bits 1 << state */
};

enum settlement_fact {
    SETTLEMENT_FACT_CLAIM,
    SETTLEMENT_FACT_OFFER,
    SETTLEMENT_FACT_DECLINE,
    SETTLEMENT_FACT_ACCEPT,
    SETTLEMENT_FACT_REJECT,
    SETTLEMENT_FACT_ASK_PLATFORM,
    SETTLEMENT_FACT_COMPENSATE,
    SETTLEMENT_FACT_DISMISS,
    SETTLEMENT_FACT_REFUND, /* a line's refund was ruled: the answer, if the platform was asked */
    SETTLEMENT_FACT_COUNT,  /* not a fact */
};

struct settlement_transition {
    bool legal;
    enum refusal refusal; /* where it is not legal */
    enum settlement_state next;
};

/* The cell for a line; LINE_UNKNOWN is the row of a line that is not in the case. */
struct line_transition line_transition_of(enum line_state state, enum line_fact fact);

/* Whether any cell leads from one state to the other. */
bool line_state_may_become(enum line_state from, enum line_state to);

/* The line's part in the case is over, unless a later fact opens it again. */
bool line_state_is_end(enum line_state state);

/* The goods are short and the line is not on its way out: what penalties and dates apply to. */
bool line_state_is_short(enum line_state state);

struct settlement_transition settlement_transition_of(enum settlement_state state,
                                                      enum settlement_fact fact);

/* Names for people and for the generated document, e.g. "SHORT", "NOTIFY", "CLAIMED". */
struct text line_fact_name(enum line_fact fact);
struct text line_step_name(enum line_step step);
struct text settlement_state_name(enum settlement_state state);
struct text settlement_fact_name(enum settlement_fact fact);

/* What a step does, a sentence. */
struct text line_step_words(enum line_step step);

/* What a state means and what a fact says, a sentence each. */
struct text line_state_words(enum line_state state);
struct text line_fact_words(enum line_fact fact);
struct text settlement_state_words(enum settlement_state state);
struct text settlement_fact_words(enum settlement_fact fact);

#endif
