#include "core/case_table.h"

#define TO(state) (UINT32_C(1) << LINE_##state)
#define STEP(name, states)                         \
    {                                              \
        .step = LINE_STEP_##name, .next = (states) \
    }
#define REFUSED(why)                                       \
    {                                                      \
        .step = LINE_STEP_REFUSE, .refusal = REFUSAL_##why \
    }

#define INTO_REFUND (TO(REFUNDING) | TO(REFUNDED)) /* REFUNDED at once where nothing was paid */

/* Why a fact is refused where a row does not list it. */
static const enum refusal refusal_of_row[LINE_STATE_COUNT] = {
    [LINE_UNKNOWN] = REFUSAL_NO_SUCH_LINE,
    [LINE_CONFIRMING] = REFUSAL_NOT_OPEN,
    [LINE_AWAITING_DECISION] = REFUSAL_NOT_OPEN,
    [LINE_WAITING_RESTOCK] = REFUSAL_NOT_OPEN,
    [LINE_SUBSTITUTING] = REFUSAL_MONEY_IN_MOTION,
    [LINE_REFUNDING] = REFUSAL_MONEY_IN_MOTION,
    [LINE_REFUND_FAILED] = REFUSAL_MONEY_IN_MOTION,
    [LINE_RECOVERED] = REFUSAL_NOT_OPEN,
    [LINE_FILLED_LATE] = REFUSAL_SHIPPED,
    [LINE_SUBSTITUTED] = REFUSAL_CLOSED,
    [LINE_REFUNDED] = REFUSAL_CLOSED,
    [LINE_WITHDRAWN] = REFUSAL_CLOSED,
};

static const struct line_transition line_table[LINE_STATE_COUNT][LINE_FACT_COUNT] =
    {
        [LINE_UNKNOWN] =
            {
                [LINE_FACT_SHORT] = STEP(OPEN, TO(CONFIRMING)),
                [LINE_FACT_ETA_CHANGED] = STEP(OPEN, TO(CONFIRMING)),
            },
        /* Nothing was told yet, so there is nothing to answer; but who wants out may go at once. */
        [LINE_CONFIRMING] =
            {
                [LINE_FACT_SHORT] = STEP(FOLLOW, TO(CONFIRMING)),
                [LINE_FACT_ETA_CHANGED] = STEP(FOLLOW, TO(CONFIRMING)),
                [LINE_FACT_RECOVERED] = STEP(RELEASE, TO(RECOVERED)),
                [LINE_FACT_SHIPPED] = STEP(SHIP, TO(RECOVERED) | TO(FILLED_LATE)),
                [LINE_FACT_CANCELLED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_REFUNDED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_WAIT] = REFUSED(STALE_NOTICE),
                [LINE_FACT_SUBSTITUTE] = REFUSED(STALE_NOTICE),
                [LINE_FACT_CANCEL] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_REFUND_RULED] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_GRACE_OVER] = STEP(NOTIFY, TO(AWAITING_DECISION)),
            },
        [LINE_AWAITING_DECISION] =
            {
                [LINE_FACT_SHORT] = STEP(FOLLOW, TO(AWAITING_DECISION)),
                [LINE_FACT_ETA_CHANGED] = STEP(FOLLOW, TO(AWAITING_DECISION)),
                [LINE_FACT_RECOVERED] = STEP(RELEASE, TO(RECOVERED)),
                [LINE_FACT_SHIPPED] = STEP(SHIP, TO(FILLED_LATE)),
                [LINE_FACT_CANCELLED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_REFUNDED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_WAIT] = STEP(WAIT, TO(WAITING_RESTOCK)),
                [LINE_FACT_SUBSTITUTE] = STEP(SUBSTITUTE, TO(SUBSTITUTING) | TO(SUBSTITUTED)),
                [LINE_FACT_CANCEL] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_REFUND_RULED] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_GRACE_OVER] = STEP(NOTIFY, TO(AWAITING_DECISION)),
                [LINE_FACT_SILENCE] =
                    STEP(SILENCE, INTO_REFUND | TO(WAITING_RESTOCK) | TO(AWAITING_DECISION)),
                [LINE_FACT_PENALTY_DUE] = STEP(PENALIZE, TO(AWAITING_DECISION)),
            },
        /* The buyer may change their mind for as long as the goods are short. */
        [LINE_WAITING_RESTOCK] =
            {
                [LINE_FACT_SHORT] = STEP(FOLLOW, TO(WAITING_RESTOCK)),
                [LINE_FACT_ETA_CHANGED] = STEP(FOLLOW, TO(WAITING_RESTOCK)),
                [LINE_FACT_RECOVERED] = STEP(RELEASE, TO(RECOVERED)),
                [LINE_FACT_SHIPPED] = STEP(SHIP, TO(FILLED_LATE)),
                [LINE_FACT_CANCELLED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_REFUNDED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_WAIT] = STEP(WAIT, TO(WAITING_RESTOCK)),
                [LINE_FACT_SUBSTITUTE] = STEP(SUBSTITUTE, TO(SUBSTITUTING) | TO(SUBSTITUTED)),
                [LINE_FACT_CANCEL] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_REFUND_RULED] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_GRACE_OVER] = STEP(NOTIFY, TO(AWAITING_DECISION)),
                [LINE_FACT_DATE_PASSED] = STEP(PASS_DATE, INTO_REFUND | TO(WAITING_RESTOCK)),
                [LINE_FACT_PENALTY_DUE] = STEP(PENALIZE, TO(WAITING_RESTOCK)),
            },
        /* The substitute is on its way, the difference in motion. */
        [LINE_SUBSTITUTING] =
            {
                [LINE_FACT_SHIPPED] = STEP(SHIPPED_AFTER_ALL, TO(SUBSTITUTING)),
                [LINE_FACT_SUBSTITUTED] = STEP(NOTE, TO(SUBSTITUTING)),
                [LINE_FACT_REFUND_SUCCEEDED] = STEP(FINISH_REFUND, TO(SUBSTITUTED)),
                [LINE_FACT_REFUND_FAILED] = STEP(FAIL_REFUND, TO(SUBSTITUTING) | TO(REFUND_FAILED)),
                [LINE_FACT_RETRY_DUE] = STEP(RETRY_REFUND, TO(SUBSTITUTING)),
            },
        /* Nothing leads from here back to the goods. */
        [LINE_REFUNDING] =
            {
                [LINE_FACT_SHIPPED] = STEP(SHIPPED_AFTER_ALL, TO(REFUNDING)),
                [LINE_FACT_REFUNDED] = STEP(NOTE, TO(REFUNDING)),
                [LINE_FACT_REFUND_SUCCEEDED] = STEP(FINISH_REFUND, TO(REFUNDED)),
                [LINE_FACT_REFUND_FAILED] = STEP(FAIL_REFUND, TO(REFUNDING) | TO(REFUND_FAILED)),
                [LINE_FACT_RETRY_DUE] = STEP(RETRY_REFUND, TO(REFUNDING)),
            },
        /* A person was asked; a later success still counts. */
        [LINE_REFUND_FAILED] =
            {
                [LINE_FACT_SHIPPED] = STEP(SHIPPED_AFTER_ALL, TO(REFUND_FAILED)),
                [LINE_FACT_REFUNDED] = STEP(NOTE, TO(REFUND_FAILED)),
                [LINE_FACT_SUBSTITUTED] = STEP(NOTE, TO(REFUND_FAILED)),
                [LINE_FACT_REFUND_SUCCEEDED] = STEP(FINISH_REFUND, TO(REFUNDED) | TO(SUBSTITUTED)),
                [LINE_FACT_REFUND_FAILED] = STEP(IGNORE, TO(REFUND_FAILED)),
            },
        /* The goods are there but not gone yet. */
        [LINE_RECOVERED] =
            {
                [LINE_FACT_SHORT] = STEP(REOPEN, TO(CONFIRMING)),
                [LINE_FACT_ETA_CHANGED] = STEP(REOPEN, TO(CONFIRMING)),
                [LINE_FACT_RECOVERED] = STEP(NOTE, TO(RECOVERED)),
                [LINE_FACT_SHIPPED] = STEP(SHIP, TO(RECOVERED) | TO(FILLED_LATE)),
                [LINE_FACT_CANCELLED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_REFUNDED] = STEP(WITHDRAW, TO(WITHDRAWN)),
                [LINE_FACT_CANCEL] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_REFUND_RULED] = STEP(REFUND, INTO_REFUND),
            },
        /* Only a ruling gives money back for goods that are gone. */
        [LINE_FILLED_LATE] =
            {
                [LINE_FACT_REFUND_RULED] = STEP(REFUND, INTO_REFUND),
                [LINE_FACT_REFUND_SUCCEEDED] = REFUSED(NOT_OPEN),
                [LINE_FACT_REFUND_FAILED] = REFUSED(NOT_OPEN),
            },
        [LINE_SUBSTITUTED] =
            {
                [LINE_FACT_SHIPPED] = STEP(SHIPPED_AFTER_ALL, TO(SUBSTITUTED)),
                [LINE_FACT_SUBSTITUTED] = STEP(NOTE, TO(SUBSTITUTED)),
                [LINE_FACT_REFUND_SUCCEEDED] = STEP(IGNORE, TO(SUBSTITUTED)),
                [LINE_FACT_REFUND_FAILED] = STEP(IGNORE, TO(SUBSTITUTED)),
            },
        [LINE_REFUNDED] =
            {
                [LINE_FACT_SHIPPED] = STEP(SHIPPED_AFTER_ALL, TO(REFUNDED)),
                [LINE_FACT_REFUNDED] = STEP(NOTE, TO(REFUNDED)),
                [LINE_FACT_REFUND_SUCCEEDED] = STEP(IGNORE, TO(REFUNDED)),
                [LINE_FACT_REFUND_FAILED] = STEP(IGNORE, TO(REFUNDED)),
            },
        /* The shop cancelled it and gives the money back itself. */
        [LINE_WITHDRAWN] =
            {
                [LINE_FACT_REFUND_SUCCEEDED] = REFUSED(NOT_OPEN),
                [LINE_FACT_REFUND_FAILED] = REFUSED(NOT_OPEN),
            },
};

#undef STEP
#undef REFUSED
#define LEADS_TO(state)                           \
    {                                             \
        .legal = true, .next = SETTLEMENT_##state \
    }
#define REFUSED(why)             \
    {                            \
        .refusal = REFUSAL_##why \
    }

/* A settlement is once: nothing leads out of AGREED and RULED. */
static const struct settlement_transition
    settlement_table[SETTLEMENT_STATE_COUNT][SETTLEMENT_FACT_COUNT] =
        {
            [SETTLEMENT_NONE] =
                {
                    [SETTLEMENT_FACT_CLAIM] = LEADS_TO(CLAIMED),
                    [SETTLEMENT_FACT_OFFER] = LEADS_TO(OFFERED), /* unasked */
                    [SETTLEMENT_FACT_DECLINE] = REFUSED(NOT_CLAIMED),
                    [SETTLEMENT_FACT_ACCEPT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_REJECT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = REFUSED(NOT_CLAIMED),
                    /* A complaint may have reached the platform without us. */
                    [SETTLEMENT_FACT_COMPENSATE] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_DISMISS] = REFUSED(NOT_CLAIMED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(NONE),
                },
            [SETTLEMENT_CLAIMED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_CLAIMED),
                    [SETTLEMENT_FACT_OFFER] = LEADS_TO(OFFERED),
                    [SETTLEMENT_FACT_DECLINE] = LEADS_TO(DECLINED),
                    [SETTLEMENT_FACT_ACCEPT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_REJECT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = LEADS_TO(ESCALATED),
                    [SETTLEMENT_FACT_COMPENSATE] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_DISMISS] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(CLAIMED),
                },
            [SETTLEMENT_OFFERED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_CLAIMED),
                    [SETTLEMENT_FACT_OFFER] = LEADS_TO(OFFERED), /* a new one takes its place */
                    /* What was offered stands until the buyer has answered. */
                    [SETTLEMENT_FACT_DECLINE] = REFUSED(NOT_CLAIMED),
                    [SETTLEMENT_FACT_ACCEPT] = LEADS_TO(AGREED),
                    [SETTLEMENT_FACT_REJECT] = LEADS_TO(CLAIMED),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = LEADS_TO(ESCALATED),
                    [SETTLEMENT_FACT_COMPENSATE] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_DISMISS] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(OFFERED),
                },
            [SETTLEMENT_AGREED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_OFFER] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_DECLINE] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_ACCEPT] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_REJECT] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_COMPENSATE] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_DISMISS] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(AGREED),
                },
            [SETTLEMENT_DECLINED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_CLAIMED),
                    [SETTLEMENT_FACT_OFFER] = LEADS_TO(OFFERED), /* a change of mind is welcome */
                    [SETTLEMENT_FACT_DECLINE] = REFUSED(NOT_CLAIMED),
                    [SETTLEMENT_FACT_ACCEPT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_REJECT] = REFUSED(NO_SUCH_OFFER),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = LEADS_TO(ESCALATED),
                    [SETTLEMENT_FACT_COMPENSATE] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_DISMISS] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(DECLINED),
                },
            /* An agreement stays possible until the ruling. */
            [SETTLEMENT_ESCALATED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_CLAIMED),
                    [SETTLEMENT_FACT_OFFER] = LEADS_TO(ESCALATED),
                    [SETTLEMENT_FACT_DECLINE] = LEADS_TO(ESCALATED), /* the seller's evidence */
                    [SETTLEMENT_FACT_ACCEPT] = LEADS_TO(AGREED),
                    [SETTLEMENT_FACT_REJECT] = LEADS_TO(ESCALATED),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = REFUSED(ALREADY_CLAIMED),
                    [SETTLEMENT_FACT_COMPENSATE] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_DISMISS] = LEADS_TO(RULED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(RULED),
                },
            [SETTLEMENT_RULED] =
                {
                    [SETTLEMENT_FACT_CLAIM] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_OFFER] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_DECLINE] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_ACCEPT] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_REJECT] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_ASK_PLATFORM] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_COMPENSATE] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_DISMISS] = REFUSED(ALREADY_SETTLED),
                    [SETTLEMENT_FACT_REFUND] = LEADS_TO(RULED),
                },
};

#define NAMED(prefix, name) [prefix##name] = {#name, sizeof(#name) - 1}

static const struct text line_fact_names[LINE_FACT_COUNT] = {
    NAMED(LINE_FACT_, SHORT),         NAMED(LINE_FACT_, ETA_CHANGED),
    NAMED(LINE_FACT_, RECOVERED),     NAMED(LINE_FACT_, SHIPPED),
    NAMED(LINE_FACT_, CANCELLED),     NAMED(LINE_FACT_, REFUNDED),
    NAMED(LINE_FACT_, SUBSTITUTED),   NAMED(LINE_FACT_, WAIT),
    NAMED(LINE_FACT_, SUBSTITUTE),    NAMED(LINE_FACT_, CANCEL),
    NAMED(LINE_FACT_, REFUND_RULED),  NAMED(LINE_FACT_, REFUND_SUCCEEDED),
    NAMED(LINE_FACT_, REFUND_FAILED), NAMED(LINE_FACT_, GRACE_OVER),
    NAMED(LINE_FACT_, SILENCE),       NAMED(LINE_FACT_, DATE_PASSED),
    NAMED(LINE_FACT_, RETRY_DUE),     NAMED(LINE_FACT_, PENALTY_DUE),
};

static const struct text line_step_names[LINE_STEP_COUNT] = {
    NAMED(LINE_STEP_, REFUSE),      NAMED(LINE_STEP_, IGNORE),
    NAMED(LINE_STEP_, NOTE),        NAMED(LINE_STEP_, OPEN),
    NAMED(LINE_STEP_, REOPEN),      NAMED(LINE_STEP_, FOLLOW),
    NAMED(LINE_STEP_, RELEASE),     NAMED(LINE_STEP_, SHIP),
    NAMED(LINE_STEP_, WITHDRAW),    NAMED(LINE_STEP_, SHIPPED_AFTER_ALL),
    NAMED(LINE_STEP_, WAIT),        NAMED(LINE_STEP_, SUBSTITUTE),
    NAMED(LINE_STEP_, REFUND),      NAMED(LINE_STEP_, FINISH_REFUND),
    NAMED(LINE_STEP_, FAIL_REFUND), NAMED(LINE_STEP_, RETRY_REFUND),
    NAMED(LINE_STEP_, NOTIFY),      NAMED(LINE_STEP_, SILENCE),
    NAMED(LINE_STEP_, PASS_DATE),   NAMED(LINE_STEP_, PENALIZE),
};

static const char *const words_of_step[LINE_STEP_COUNT] = {
    [LINE_STEP_REFUSE] = "The fact does not apply here.",
    [LINE_STEP_IGNORE] = "The fact is outdated: nothing changes and there is no case event.",
    [LINE_STEP_NOTE] = "The fact is noted; nothing has to be done.",
    [LINE_STEP_OPEN] = "The line enters the case. A grace starts, unless one runs already; a "
                       "shortage that the seller reported is told at once.",
    [LINE_STEP_REOPEN] = "The line is short again: as at the first time.",
    [LINE_STEP_FOLLOW] = "A worse date than the one told is told after a grace; a better one "
                         "needs no message.",
    [LINE_STEP_RELEASE] = "The goods are back: plan RELEASE if they were held, BACK_IN_STOCK if "
                          "the shortage was told.",
    [LINE_STEP_SHIP] = "The goods are gone: FILLED_LATE if a notice went out, else RECOVERED.",
    [LINE_STEP_WITHDRAW] = "The shop took the line back, and refunds it itself.",
    [LINE_STEP_SHIPPED_AFTER_ALL] = "Support is told; the refund, or the substitute, stays.",
    [LINE_STEP_WAIT] = "If offered in the current notice: plan HOLD_FOR_RESTOCK until the date, "
                       "WAIT_CONFIRMED; the promise moves to the date.",
    [LINE_STEP_SUBSTITUTE] = "If offered in the current notice: plan SHIP_SUBSTITUTE, "
                             "SUBSTITUTE_CONFIRMED, line outcome SUBSTITUTED with the new line; "
                             "what it is cheaper is refunded.",
    [LINE_STEP_REFUND] = "Refund request, plan CANCEL, REFUND_STARTED, line outcome REFUNDED. "
                         "After RECOVERED, the buyer's word counts only if a notice went out.",
    [LINE_STEP_FINISH_REFUND] = "The money is back: REFUND_DONE.",
    [LINE_STEP_FAIL_REFUND] = "The next attempt is planned; without one, or not retryable, "
                              "support is told.",
    [LINE_STEP_RETRY_REFUND] = "The same refund request again, with the next attempt's number.",
    [LINE_STEP_NOTIFY] = "The line becomes part of the notice, with its choices and the time to "
                         "decide.",
    [LINE_STEP_SILENCE] = "What the notice said: refund, or wait by silence. A date that has "
                          "passed meanwhile is no date to wait for: as DATE_PASSED.",
    [LINE_STEP_PASS_DATE] = "As the policy says: a new notice at once, or a refund.",
    [LINE_STEP_PENALIZE] = "A rule's compensation, less what was paid already.",
};

static const char *const words_of_state[LINE_STATE_COUNT] = {
    [LINE_UNKNOWN] = "The line is not in the case: it was never short.",
    [LINE_CONFIRMING] = "Short, and the buyer was not told yet: the stock may come back within the "
                        "grace.",
    [LINE_AWAITING_DECISION] = "The buyer was told and may choose; silence means what the notice "
                               "said.",
    [LINE_WAITING_RESTOCK] = "The buyer waits, by word or by silence; the goods are held for the "
                             "line when they come.",
    [LINE_SUBSTITUTING] = "Another product goes out; the difference is on its way back.",
    [LINE_REFUNDING] = "The money is on its way back. Nothing leads from here to the goods.",
    [LINE_REFUND_FAILED] = "No further attempt is made; a person was asked. A later success still "
                           "counts.",
    [LINE_RECOVERED] = "The goods are there after all, and not gone yet.",
    [LINE_FILLED_LATE] = "The goods were shipped after the buyer was told of the shortage.",
    [LINE_SUBSTITUTED] = "Another product went out, and what it is cheaper is back.",
    [LINE_REFUNDED] = "The money is back.",
    [LINE_WITHDRAWN] = "The shop cancelled the line and refunds it itself.",
};

static const char *const words_of_fact[LINE_FACT_COUNT] = {
    [LINE_FACT_SHORT] = "Stock: the line can't be filled (UNFILLABLE).",
    [LINE_FACT_ETA_CHANGED] = "Stock: still short, with another date.",
    [LINE_FACT_RECOVERED] = "Stock: the line can be filled.",
    [LINE_FACT_SHIPPED] = "Shop: the goods are gone.",
    [LINE_FACT_CANCELLED] = "Shop: cancelled, and refunded by the shop.",
    [LINE_FACT_REFUNDED] = "Shop: refunded; or the echo of our own refund.",
    [LINE_FACT_SUBSTITUTED] = "The echo of our own substitution.",
    [LINE_FACT_WAIT] = "Buyer: waits.",
    [LINE_FACT_SUBSTITUTE] = "Buyer: takes a substitute.",
    [LINE_FACT_CANCEL] = "Buyer: cancels.",
    [LINE_FACT_REFUND_RULED] = "Platform: rules that the line is refunded.",
    [LINE_FACT_REFUND_SUCCEEDED] = "Payment system: the money is back.",
    [LINE_FACT_REFUND_FAILED] = "Payment system: an attempt failed.",
    [LINE_FACT_GRACE_OVER] = "Deadline: all that is pending is told now.",
    [LINE_FACT_SILENCE] = "Deadline: no answer to the notice.",
    [LINE_FACT_DATE_PASSED] = "Deadline: the agreed date, and still short.",
    [LINE_FACT_RETRY_DUE] = "Deadline: the refund's next attempt.",
    [LINE_FACT_PENALTY_DUE] = "Deadline: a rule's penalty, some time after the promise.",
};

static const char *const words_of_settlement_state[SETTLEMENT_STATE_COUNT] = {
    [SETTLEMENT_NONE] = "Nobody asked for a compensation, and none was offered.",
    [SETTLEMENT_CLAIMED] = "The buyer asked; the seller is to answer.",
    [SETTLEMENT_OFFERED] = "An offer stands until the buyer has answered.",
    [SETTLEMENT_AGREED] = "The buyer took the offer. Settled, once and for all.",
    [SETTLEMENT_DECLINED] = "The seller said no; the buyer may ask the platform.",
    [SETTLEMENT_ESCALATED] = "The platform was asked; an agreement stays possible until it rules.",
    [SETTLEMENT_RULED] = "The platform ruled. Settled, once and for all.",
};

static const char *const words_of_settlement_fact[SETTLEMENT_FACT_COUNT] = {
    [SETTLEMENT_FACT_CLAIM] = "Buyer: claims a compensation.",
    [SETTLEMENT_FACT_OFFER] = "Seller: offers one, within the policy's limit.",
    [SETTLEMENT_FACT_DECLINE] = "Seller: declines; to the platform, gives evidence.",
    [SETTLEMENT_FACT_ACCEPT] = "Buyer: accepts the offer named.",
    [SETTLEMENT_FACT_REJECT] = "Buyer: rejects the offer.",
    [SETTLEMENT_FACT_ASK_PLATFORM] = "Buyer: asks the platform to step in.",
    [SETTLEMENT_FACT_COMPENSATE] = "Platform: an amount is owed.",
    [SETTLEMENT_FACT_DISMISS] = "Platform: nothing more is owed.",
    [SETTLEMENT_FACT_REFUND] = "Platform: a line is refunded, which answers who asked it.",
};

static const struct text settlement_state_names[SETTLEMENT_STATE_COUNT] = {
    NAMED(SETTLEMENT_, NONE),   NAMED(SETTLEMENT_, CLAIMED),  NAMED(SETTLEMENT_, OFFERED),
    NAMED(SETTLEMENT_, AGREED), NAMED(SETTLEMENT_, DECLINED), NAMED(SETTLEMENT_, ESCALATED),
    NAMED(SETTLEMENT_, RULED),
};

static const struct text settlement_fact_names[SETTLEMENT_FACT_COUNT] = {
    NAMED(SETTLEMENT_FACT_, CLAIM),      NAMED(SETTLEMENT_FACT_, OFFER),
    NAMED(SETTLEMENT_FACT_, DECLINE),    NAMED(SETTLEMENT_FACT_, ACCEPT),
    NAMED(SETTLEMENT_FACT_, REJECT),     NAMED(SETTLEMENT_FACT_, ASK_PLATFORM),
    NAMED(SETTLEMENT_FACT_, COMPENSATE), NAMED(SETTLEMENT_FACT_, DISMISS),
    NAMED(SETTLEMENT_FACT_, REFUND),
};

struct line_transition line_transition_of(enum line_state state, enum line_fact fact)
{
    must(state < LINE_STATE_COUNT && fact < LINE_FACT_COUNT);
    struct line_transition cell = line_table[state][fact];
    if (cell.step == LINE_STEP_REFUSE && cell.refusal == REFUSAL_UNKNOWN) {
        cell.refusal = refusal_of_row[state];
    }
    return cell;
}

bool line_state_may_become(enum line_state from, enum line_state to)
{
    must(from < LINE_STATE_COUNT && to < LINE_STATE_COUNT);
    uint32_t next = 0;
    for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
        next |= line_table[from][fact].next;
    }
    return next & UINT32_C(1) << to;
}

bool line_state_is_end(enum line_state state)
{
    const uint32_t ends = TO(RECOVERED) | TO(FILLED_LATE) | TO(SUBSTITUTED) | TO(REFUNDED) |
                          TO(WITHDRAWN) | TO(REFUND_FAILED);
    return ends & UINT32_C(1) << state;
}

bool line_state_is_short(enum line_state state)
{
    const uint32_t shorts = TO(CONFIRMING) | TO(AWAITING_DECISION) | TO(WAITING_RESTOCK);
    return shorts & UINT32_C(1) << state;
}

struct settlement_transition settlement_transition_of(enum settlement_state state,
                                                      enum settlement_fact fact)
{
    must(state < SETTLEMENT_STATE_COUNT && fact < SETTLEMENT_FACT_COUNT);
    return settlement_table[state][fact];
}

struct text line_fact_name(enum line_fact fact)
{
    must(fact < LINE_FACT_COUNT);
    return line_fact_names[fact];
}

struct text line_step_name(enum line_step step)
{
    must(step < LINE_STEP_COUNT);
    return line_step_names[step];
}

struct text line_step_words(enum line_step step)
{
    must(step < LINE_STEP_COUNT);
    return text_of(words_of_step[step]);
}

struct text settlement_state_name(enum settlement_state state)
{
    must(state < SETTLEMENT_STATE_COUNT);
    return settlement_state_names[state];
}

struct text settlement_fact_name(enum settlement_fact fact)
{
    must(fact < SETTLEMENT_FACT_COUNT);
    return settlement_fact_names[fact];
}

struct text line_state_words(enum line_state state)
{
    must(state < LINE_STATE_COUNT);
    return text_of(words_of_state[state]);
}

struct text line_fact_words(enum line_fact fact)
{
    must(fact < LINE_FACT_COUNT);
    return text_of(words_of_fact[fact]);
}

struct text settlement_state_words(enum settlement_state state)
{
    must(state < SETTLEMENT_STATE_COUNT);
    return text_of(words_of_settlement_state[state]);
}

struct text settlement_fact_words(enum settlement_fact fact)
{
    must(fact < SETTLEMENT_FACT_COUNT);
    return text_of(words_of_settlement_fact[fact]);
}
