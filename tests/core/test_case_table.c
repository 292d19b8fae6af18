/* Every pair of a state and a fact has an outcome, and it is the one written here. */
#include "case_stage.h"

/* A line's state after the fact, "!REASON" where it is refused, "~" where it is outdated and leaves
 * no event, "=STEP" for a deadline (stories drive those). */
struct pairs {
    enum line_state state;
    const char *outcomes[LINE_FACT_COUNT];
};

#define NO_DEADLINE(why)                                                                    \
    [LINE_FACT_GRACE_OVER] = why, [LINE_FACT_SILENCE] = why, [LINE_FACT_DATE_PASSED] = why, \
    [LINE_FACT_RETRY_DUE] = why, [LINE_FACT_PENALTY_DUE] = why

static const struct pairs all_pairs[] = {
    {LINE_UNKNOWN,
     {[LINE_FACT_SHORT] = "CONFIRMING",
      [LINE_FACT_ETA_CHANGED] = "CONFIRMING",
      [LINE_FACT_RECOVERED] = "!NO_SUCH_LINE",
      [LINE_FACT_SHIPPED] = "!NO_SUCH_LINE",
      [LINE_FACT_CANCELLED] = "!NO_SUCH_LINE",
      [LINE_FACT_REFUNDED] = "!NO_SUCH_LINE",
      [LINE_FACT_SUBSTITUTED] = "!NO_SUCH_LINE",
      [LINE_FACT_WAIT] = "!NO_SUCH_LINE",
      [LINE_FACT_SUBSTITUTE] = "!NO_SUCH_LINE",
      [LINE_FACT_CANCEL] = "!NO_SUCH_LINE",
      [LINE_FACT_REFUND_RULED] = "!NO_SUCH_LINE",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NO_SUCH_LINE",
      [LINE_FACT_REFUND_FAILED] = "!NO_SUCH_LINE",
      NO_DEADLINE("!NO_SUCH_LINE")}},
    {LINE_CONFIRMING,
     {[LINE_FACT_SHORT] = "CONFIRMING",
      [LINE_FACT_ETA_CHANGED] = "CONFIRMING",
      [LINE_FACT_RECOVERED] = "RECOVERED",
      [LINE_FACT_SHIPPED] = "RECOVERED",
      [LINE_FACT_CANCELLED] = "WITHDRAWN",
      [LINE_FACT_REFUNDED] = "WITHDRAWN",
      [LINE_FACT_SUBSTITUTED] = "!NOT_OPEN",
      [LINE_FACT_WAIT] = "!STALE_NOTICE",
      [LINE_FACT_SUBSTITUTE] = "!STALE_NOTICE",
      [LINE_FACT_CANCEL] = "REFUNDING",
      [LINE_FACT_REFUND_RULED] = "REFUNDING",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      [LINE_FACT_GRACE_OVER] = "=NOTIFY",
      [LINE_FACT_SILENCE] = "!NOT_OPEN",
      [LINE_FACT_DATE_PASSED] = "!NOT_OPEN",
      [LINE_FACT_RETRY_DUE] = "!NOT_OPEN",
      [LINE_FACT_PENALTY_DUE] = "!NOT_OPEN"}},
    {LINE_AWAITING_DECISION,
     {[LINE_FACT_SHORT] = "AWAITING_DECISION",
      [LINE_FACT_ETA_CHANGED] = "AWAITING_DECISION",
      [LINE_FACT_RECOVERED] = "RECOVERED",
      [LINE_FACT_SHIPPED] = "FILLED_LATE",
      [LINE_FACT_CANCELLED] = "WITHDRAWN",
      [LINE_FACT_REFUNDED] = "WITHDRAWN",
      [LINE_FACT_SUBSTITUTED] = "!NOT_OPEN",
      [LINE_FACT_WAIT] = "WAITING_RESTOCK",
      [LINE_FACT_SUBSTITUTE] = "SUBSTITUTING",
      [LINE_FACT_CANCEL] = "REFUNDING",
      [LINE_FACT_REFUND_RULED] = "REFUNDING",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      [LINE_FACT_GRACE_OVER] = "=NOTIFY",
      [LINE_FACT_SILENCE] = "=SILENCE",
      [LINE_FACT_DATE_PASSED] = "!NOT_OPEN",
      [LINE_FACT_RETRY_DUE] = "!NOT_OPEN",
      [LINE_FACT_PENALTY_DUE] = "=PENALIZE"}},
    {LINE_WAITING_RESTOCK,
     {[LINE_FACT_SHORT] = "WAITING_RESTOCK",
      [LINE_FACT_ETA_CHANGED] = "WAITING_RESTOCK",
      [LINE_FACT_RECOVERED] = "RECOVERED",
      [LINE_FACT_SHIPPED] = "FILLED_LATE",
      [LINE_FACT_CANCELLED] = "WITHDRAWN",
      [LINE_FACT_REFUNDED] = "WITHDRAWN",
      [LINE_FACT_SUBSTITUTED] = "!NOT_OPEN",
      [LINE_FACT_WAIT] = "WAITING_RESTOCK",
      [LINE_FACT_SUBSTITUTE] = "SUBSTITUTING",
      [LINE_FACT_CANCEL] = "REFUNDING",
      [LINE_FACT_REFUND_RULED] = "REFUNDING",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      [LINE_FACT_GRACE_OVER] = "=NOTIFY",
      [LINE_FACT_SILENCE] = "!NOT_OPEN",
      [LINE_FACT_DATE_PASSED] = "=PASS_DATE",
      [LINE_FACT_RETRY_DUE] = "!NOT_OPEN",
      [LINE_FACT_PENALTY_DUE] = "=PENALIZE"}},
    {LINE_SUBSTITUTING,
     {[LINE_FACT_SHORT] = "!MONEY_IN_MOTION",
      [LINE_FACT_ETA_CHANGED] = "!MONEY_IN_MOTION",
      [LINE_FACT_RECOVERED] = "!MONEY_IN_MOTION",
      [LINE_FACT_SHIPPED] = "SUBSTITUTING",
      [LINE_FACT_CANCELLED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUNDED] = "!MONEY_IN_MOTION",
      [LINE_FACT_SUBSTITUTED] = "SUBSTITUTING",
      [LINE_FACT_WAIT] = "!MONEY_IN_MOTION",
      [LINE_FACT_SUBSTITUTE] = "!MONEY_IN_MOTION",
      [LINE_FACT_CANCEL] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_RULED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_SUCCEEDED] = "SUBSTITUTED",
      [LINE_FACT_REFUND_FAILED] = "SUBSTITUTING",
      [LINE_FACT_GRACE_OVER] = "!MONEY_IN_MOTION",
      [LINE_FACT_SILENCE] = "!MONEY_IN_MOTION",
      [LINE_FACT_DATE_PASSED] = "!MONEY_IN_MOTION",
      [LINE_FACT_RETRY_DUE] = "=RETRY_REFUND",
      [LINE_FACT_PENALTY_DUE] = "!MONEY_IN_MOTION"}},
    {LINE_REFUNDING,
     {[LINE_FACT_SHORT] = "!MONEY_IN_MOTION",
      [LINE_FACT_ETA_CHANGED] = "!MONEY_IN_MOTION",
      [LINE_FACT_RECOVERED] = "!MONEY_IN_MOTION",
      [LINE_FACT_SHIPPED] = "REFUNDING",
      [LINE_FACT_CANCELLED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUNDED] = "REFUNDING",
      [LINE_FACT_SUBSTITUTED] = "!MONEY_IN_MOTION",
      [LINE_FACT_WAIT] = "!MONEY_IN_MOTION",
      [LINE_FACT_SUBSTITUTE] = "!MONEY_IN_MOTION",
      [LINE_FACT_CANCEL] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_RULED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_SUCCEEDED] = "REFUNDED",
      [LINE_FACT_REFUND_FAILED] = "REFUNDING",
      [LINE_FACT_GRACE_OVER] = "!MONEY_IN_MOTION",
      [LINE_FACT_SILENCE] = "!MONEY_IN_MOTION",
      [LINE_FACT_DATE_PASSED] = "!MONEY_IN_MOTION",
      [LINE_FACT_RETRY_DUE] = "=RETRY_REFUND",
      [LINE_FACT_PENALTY_DUE] = "!MONEY_IN_MOTION"}},
    {LINE_REFUND_FAILED,
     {[LINE_FACT_SHORT] = "!MONEY_IN_MOTION",
      [LINE_FACT_ETA_CHANGED] = "!MONEY_IN_MOTION",
      [LINE_FACT_RECOVERED] = "!MONEY_IN_MOTION",
      [LINE_FACT_SHIPPED] = "REFUND_FAILED",
      [LINE_FACT_CANCELLED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUNDED] = "REFUND_FAILED",
      [LINE_FACT_SUBSTITUTED] = "REFUND_FAILED",
      [LINE_FACT_WAIT] = "!MONEY_IN_MOTION",
      [LINE_FACT_SUBSTITUTE] = "!MONEY_IN_MOTION",
      [LINE_FACT_CANCEL] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_RULED] = "!MONEY_IN_MOTION",
      [LINE_FACT_REFUND_SUCCEEDED] = "REFUNDED",
      [LINE_FACT_REFUND_FAILED] = "~",
      NO_DEADLINE("!MONEY_IN_MOTION")}},
    {LINE_RECOVERED,
     {[LINE_FACT_SHORT] = "CONFIRMING",
      [LINE_FACT_ETA_CHANGED] = "CONFIRMING",
      [LINE_FACT_RECOVERED] = "RECOVERED",
      [LINE_FACT_SHIPPED] = "FILLED_LATE",
      [LINE_FACT_CANCELLED] = "WITHDRAWN",
      [LINE_FACT_REFUNDED] = "WITHDRAWN",
      [LINE_FACT_SUBSTITUTED] = "!NOT_OPEN",
      [LINE_FACT_WAIT] = "!NOT_OPEN",
      [LINE_FACT_SUBSTITUTE] = "!NOT_OPEN",
      [LINE_FACT_CANCEL] = "REFUNDING",
      [LINE_FACT_REFUND_RULED] = "REFUNDING",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      NO_DEADLINE("!NOT_OPEN")}},
    {LINE_FILLED_LATE,
     {[LINE_FACT_SHORT] = "!SHIPPED",
      [LINE_FACT_ETA_CHANGED] = "!SHIPPED",
      [LINE_FACT_RECOVERED] = "!SHIPPED",
      [LINE_FACT_SHIPPED] = "!SHIPPED",
      [LINE_FACT_CANCELLED] = "!SHIPPED",
      [LINE_FACT_REFUNDED] = "!SHIPPED",
      [LINE_FACT_SUBSTITUTED] = "!SHIPPED",
      [LINE_FACT_WAIT] = "!SHIPPED",
      [LINE_FACT_SUBSTITUTE] = "!SHIPPED",
      [LINE_FACT_CANCEL] = "!SHIPPED",
      [LINE_FACT_REFUND_RULED] = "REFUNDING",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      NO_DEADLINE("!SHIPPED")}},
    {LINE_SUBSTITUTED,
     {[LINE_FACT_SHORT] = "!CLOSED",
      [LINE_FACT_ETA_CHANGED] = "!CLOSED",
      [LINE_FACT_RECOVERED] = "!CLOSED",
      [LINE_FACT_SHIPPED] = "SUBSTITUTED",
      [LINE_FACT_CANCELLED] = "!CLOSED",
      [LINE_FACT_REFUNDED] = "!CLOSED",
      [LINE_FACT_SUBSTITUTED] = "SUBSTITUTED",
      [LINE_FACT_WAIT] = "!CLOSED",
      [LINE_FACT_SUBSTITUTE] = "!CLOSED",
      [LINE_FACT_CANCEL] = "!CLOSED",
      [LINE_FACT_REFUND_RULED] = "!CLOSED",
      [LINE_FACT_REFUND_SUCCEEDED] = "~",
      [LINE_FACT_REFUND_FAILED] = "~",
      NO_DEADLINE("!CLOSED")}},
    {LINE_REFUNDED,
     {[LINE_FACT_SHORT] = "!CLOSED",
      [LINE_FACT_ETA_CHANGED] = "!CLOSED",
      [LINE_FACT_RECOVERED] = "!CLOSED",
      [LINE_FACT_SHIPPED] = "REFUNDED",
      [LINE_FACT_CANCELLED] = "!CLOSED",
      [LINE_FACT_REFUNDED] = "REFUNDED",
      [LINE_FACT_SUBSTITUTED] = "!CLOSED",
      [LINE_FACT_WAIT] = "!CLOSED",
      [LINE_FACT_SUBSTITUTE] = "!CLOSED",
      [LINE_FACT_CANCEL] = "!CLOSED",
      [LINE_FACT_REFUND_RULED] = "!CLOSED",
      [LINE_FACT_REFUND_SUCCEEDED] = "~",
      [LINE_FACT_REFUND_FAILED] = "~",
      NO_DEADLINE("!CLOSED")}},
    {LINE_WITHDRAWN,
     {[LINE_FACT_SHORT] = "!CLOSED",
      [LINE_FACT_ETA_CHANGED] = "!CLOSED",
      [LINE_FACT_RECOVERED] = "!CLOSED",
      [LINE_FACT_SHIPPED] = "!CLOSED",
      [LINE_FACT_CANCELLED] = "!CLOSED",
      [LINE_FACT_REFUNDED] = "!CLOSED",
      [LINE_FACT_SUBSTITUTED] = "!CLOSED",
      [LINE_FACT_WAIT] = "!CLOSED",
      [LINE_FACT_SUBSTITUTE] = "!CLOSED",
      [LINE_FACT_CANCEL] = "!CLOSED",
      [LINE_FACT_REFUND_RULED] = "!CLOSED",
      [LINE_FACT_REFUND_SUCCEEDED] = "!NOT_OPEN",
      [LINE_FACT_REFUND_FAILED] = "!NOT_OPEN",
      NO_DEADLINE("!CLOSED")}},
};

/* How a line comes to a state. */
static const struct act short_now = {"+10s", SHORT, .line = 1, .eta = "+5d"};
static const struct act told = {"+10m", WATCH, .line = 0};
static const struct act wait = {"+20m", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1};
static const struct act substitute = {
    "+20m", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1, .sku = "B"};
static const struct act cancel = {"+20m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL};
static const struct act failed = {"+30m", MONEY_FAILED, .line = 1, .final = true};
static const struct act paid_back = {"+30m", MONEY_BACK, .line = 1};
static const struct act difference_back = {"+30m", MONEY_BACK, .line = 1, .difference = true};
static const struct act back = {"+20m", BACK, .line = 1};
static const struct act shipped = {"+30m", SHIPPED, .line = 1};
static const struct act withdrawn = {"+20m", SHOP_CANCELLED, .line = 1};
static const struct act other_line = {"+10s", SHORT, .line = 2, .sku = "C"};

static const struct act *const ways[LINE_STATE_COUNT][4] = {
    [LINE_UNKNOWN] = {&other_line},
    [LINE_CONFIRMING] = {&short_now},
    [LINE_AWAITING_DECISION] = {&short_now, &told},
    [LINE_WAITING_RESTOCK] = {&short_now, &told, &wait},
    [LINE_SUBSTITUTING] = {&short_now, &told, &substitute},
    [LINE_REFUNDING] = {&short_now, &told, &cancel},
    [LINE_REFUND_FAILED] = {&short_now, &told, &cancel, &failed},
    [LINE_RECOVERED] = {&short_now, &told, &back},
    [LINE_FILLED_LATE] = {&short_now, &told, &shipped},
    [LINE_SUBSTITUTED] = {&short_now, &told, &substitute, &difference_back},
    [LINE_REFUNDED] = {&short_now, &told, &cancel, &paid_back},
    [LINE_WITHDRAWN] = {&short_now, &told, &withdrawn},
};

/* The act that is the fact; without a time for deadlines, which nobody can send. */
static const struct act facts[LINE_FACT_COUNT] = {
    [LINE_FACT_SHORT] = {"+40m", SHORT, .line = 1, .eta = "+5d"},
    [LINE_FACT_ETA_CHANGED] = {"+40m", ETA, .line = 1, .eta = "+5d"},
    [LINE_FACT_RECOVERED] = {"+40m", BACK, .line = 1},
    [LINE_FACT_SHIPPED] = {"+40m", SHIPPED, .line = 1},
    [LINE_FACT_CANCELLED] = {"+40m", SHOP_CANCELLED, .line = 1},
    [LINE_FACT_REFUNDED] = {"+40m", SHOP_REFUNDED, .line = 1},
    [LINE_FACT_SUBSTITUTED] = {"+40m", SUBSTITUTED, .line = 1},
    [LINE_FACT_WAIT] = {"+40m", CHOOSE, .line = 1, .choice = CHOICE_WAIT, .notice = 1},
    [LINE_FACT_SUBSTITUTE] = {"+40m", CHOOSE, .line = 1, .choice = CHOICE_SUBSTITUTE, .notice = 1,
                              .sku = "B"},
    [LINE_FACT_CANCEL] = {"+40m", CHOOSE, .line = 1, .choice = CHOICE_CANCEL},
    [LINE_FACT_REFUND_RULED] = {"+40m", RULE, .line = 1, .ruling = RULING_REFUND},
    [LINE_FACT_REFUND_SUCCEEDED] = {"+40m", MONEY_BACK, .line = 1},
    [LINE_FACT_REFUND_FAILED] = {"+40m", MONEY_FAILED, .line = 1},
};

static void bring(struct stage *stage, enum line_state state)
{
    stage_init(stage, stage_taobao());
    stage_substitute(stage, "B", 5000, 5);
    for (int i = 0; i < 4 && ways[state][i]; i++) {
        stage_act(stage, ways[state][i]);
    }
    assert_string_equal(WORD(state_words, stage_state(stage, 1)), WORD(state_words, state));
}

static void outcome_of(enum line_state state, enum line_fact fact, char ret_outcome[32])
{
    static struct stage stage;
    struct act act = facts[fact];
    struct line_transition cell = line_transition_of(state, fact);
    if (!act.at) {
        if (cell.step == LINE_STEP_REFUSE) {
            snprintf(ret_outcome, 32, "!%s", WORD(refusal_words, cell.refusal));
        } else {
            snprintf(ret_outcome, 32, "=%.*s", (int)line_step_name(cell.step).size,
                     line_step_name(cell.step).data);
        }
        return;
    }
    bring(&stage, state);
    act.difference = state == LINE_SUBSTITUTING || state == LINE_SUBSTITUTED;
    struct case_file before = stage.file;
    struct case_line line_before = stage.lines[0];
    stage_act_alone(&stage, &act);
    switch (stage_effects.verdict) {
    case VERDICT_APPLIED:
        assert_true(cell.next & UINT32_C(1) << stage_state(&stage, 1));
        assert_int_equal(stage.file.sequence, before.sequence + 1);
        snprintf(ret_outcome, 32, "%s", WORD(state_words, stage_state(&stage, 1)));
        return;
    case VERDICT_REFUSED:
        /* Only that it was refused is remembered. */
        assert_int_equal(stage.file.sequence, before.sequence + 1);
        line_before.revision = stage.lines[0].revision;
        assert_memory_equal(&stage.lines[0], &line_before, sizeof line_before);
        snprintf(ret_outcome, 32, "!%s", WORD(refusal_words, stage_effects.reason));
        return;
    case VERDICT_UNKNOWN:
        assert_memory_equal(&stage.file, &before, sizeof before);
        assert_memory_equal(&stage.lines[0], &line_before, sizeof line_before);
        snprintf(ret_outcome, 32, "~");
        return;
    }
}

static void test_every_pair_of_state_and_fact_has_the_outcome_named_here(void **state)
{
    (void)state;
    int count = 0;
    assert_int_equal(sizeof all_pairs / sizeof all_pairs[0], LINE_STATE_COUNT);
    for (int row = 0; row < LINE_STATE_COUNT; row++) {
        assert_int_equal(all_pairs[row].state, row);
        for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
            char outcome[32];
            const char *named = all_pairs[row].outcomes[fact];
            outcome_of(all_pairs[row].state, (enum line_fact)fact, outcome);
            if (!named || strcmp(outcome, named) != 0) {
                fail_msg("%s + %s: %s instead of %s", WORD(state_words, row),
                         line_fact_name((enum line_fact)fact).data, outcome,
                         named ? named : "an outcome named here");
            }
            count++;
        }
    }
    print_message("%d pairs of a line's state and a fact\n", count);
}

/* ---- The settlement ----------------------------------------------------------------------- */

static const struct act closed_short = {"+10s", SHORT, .line = 1};
static const struct act closed_back = {"+20m", BACK, .line = 1};
static const struct act claim = {"+21m", CHOOSE, .choice = CHOICE_CLAIM};
static const struct act offer = {"+22m", RESPOND, .response = RESPONSE_OFFER_COMPENSATION,
                                 .amount = 100, .id = "offer-1"};
static const struct act decline = {"+22m", RESPOND, .response = RESPONSE_DECLINE};
static const struct act accept = {"+23m", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"};
static const struct act ask = {"+23m", CHOOSE, .choice = CHOICE_ASK_PLATFORM};
static const struct act compensate = {"+24m", RULE, .ruling = RULING_COMPENSATE, .amount = 7};

static const struct act *const settlement_ways[SETTLEMENT_STATE_COUNT][3] = {
    [SETTLEMENT_NONE] = {NULL},
    [SETTLEMENT_CLAIMED] = {&claim},
    [SETTLEMENT_OFFERED] = {&claim, &offer},
    [SETTLEMENT_AGREED] = {&claim, &offer, &accept},
    [SETTLEMENT_DECLINED] = {&claim, &decline},
    [SETTLEMENT_ESCALATED] = {&claim, &offer, &ask}, /* with a standing offer */
    [SETTLEMENT_RULED] = {&claim, &compensate},
};

static const struct act settlement_facts[SETTLEMENT_FACT_COUNT] = {
    [SETTLEMENT_FACT_CLAIM] = {"+40m", CHOOSE, .choice = CHOICE_CLAIM},
    [SETTLEMENT_FACT_OFFER] = {"+40m", RESPOND, .response = RESPONSE_OFFER_COMPENSATION,
                               .amount = 50},
    [SETTLEMENT_FACT_DECLINE] = {"+40m", RESPOND, .response = RESPONSE_DECLINE},
    [SETTLEMENT_FACT_ACCEPT] = {"+40m", CHOOSE, .choice = CHOICE_ACCEPT, .offer = "offer-1"},
    [SETTLEMENT_FACT_REJECT] = {"+40m", CHOOSE, .choice = CHOICE_REJECT, .offer = "offer-1"},
    [SETTLEMENT_FACT_ASK_PLATFORM] = {"+40m", CHOOSE, .choice = CHOICE_ASK_PLATFORM},
    [SETTLEMENT_FACT_COMPENSATE] = {"+40m", RULE, .ruling = RULING_COMPENSATE, .amount = 9},
    [SETTLEMENT_FACT_DISMISS] = {"+40m", RULE, .ruling = RULING_DISMISS},
    [SETTLEMENT_FACT_REFUND] = {"+40m", RULE, .line = 1, .ruling = RULING_REFUND},
};

#define SETTLED                                                                            \
    {                                                                                      \
        "!ALREADY_SETTLED", "!ALREADY_SETTLED", "!ALREADY_SETTLED", "!ALREADY_SETTLED",    \
            "!ALREADY_SETTLED", "!ALREADY_SETTLED", "!ALREADY_SETTLED", "!ALREADY_SETTLED" \
    }

/* CLAIM, OFFER, DECLINE, ACCEPT, REJECT, ASK_PLATFORM, COMPENSATE, DISMISS, REFUND */
static const char *settlement_pairs[SETTLEMENT_STATE_COUNT][SETTLEMENT_FACT_COUNT] = {
    [SETTLEMENT_NONE] = {"CLAIMED", "OFFERED", "!NOT_CLAIMED", "!NO_SUCH_OFFER", "!NO_SUCH_OFFER",
                         "!NOT_CLAIMED", "RULED", "!NOT_CLAIMED", "NONE"},
    [SETTLEMENT_CLAIMED] = {"!ALREADY_CLAIMED", "OFFERED", "DECLINED", "!NO_SUCH_OFFER",
                            "!NO_SUCH_OFFER", "ESCALATED", "RULED", "RULED", "CLAIMED"},
    [SETTLEMENT_OFFERED] = {"!ALREADY_CLAIMED", "OFFERED", "!NOT_CLAIMED", "AGREED", "CLAIMED",
                            "ESCALATED", "RULED", "RULED", "OFFERED"},
    [SETTLEMENT_AGREED] = SETTLED,
    [SETTLEMENT_DECLINED] = {"!ALREADY_CLAIMED", "OFFERED", "!NOT_CLAIMED", "!NO_SUCH_OFFER",
                             "!NO_SUCH_OFFER", "ESCALATED", "RULED", "RULED", "DECLINED"},
    [SETTLEMENT_ESCALATED] = {"!ALREADY_CLAIMED", "ESCALATED", "ESCALATED", "AGREED", "ESCALATED",
                              "!ALREADY_CLAIMED", "RULED", "RULED", "RULED"},
    [SETTLEMENT_RULED] = SETTLED,
};

static void test_every_pair_of_settlement_and_fact_has_the_outcome_named_here(void **state)
{
    (void)state;
    settlement_pairs[SETTLEMENT_AGREED][SETTLEMENT_FACT_REFUND] = "AGREED";
    settlement_pairs[SETTLEMENT_RULED][SETTLEMENT_FACT_REFUND] = "RULED";
    static struct stage stage;
    int count = 0;
    for (int row = 0; row < SETTLEMENT_STATE_COUNT; row++) {
        for (int fact = 0; fact < SETTLEMENT_FACT_COUNT; fact++) {
            stage_init(&stage, stage_taobao());
            stage_act(&stage, &closed_short);
            stage_act(&stage, &closed_back);
            for (int i = 0; i < 3 && settlement_ways[row][i]; i++) {
                stage_act(&stage, settlement_ways[row][i]);
            }
            assert_int_equal(stage.file.settlement, row);
            stage_act(&stage, &settlement_facts[fact]);
            char outcome[32];
            if (stage_effects.verdict == VERDICT_REFUSED) {
                assert_int_equal(stage.file.settlement, row);
                snprintf(outcome, sizeof outcome, "!%s", WORD(refusal_words, stage_effects.reason));
            } else {
                assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
                snprintf(outcome, sizeof outcome, "%s",
                         settlement_state_name(stage.file.settlement).data);
            }
            if (strcmp(outcome, settlement_pairs[row][fact]) != 0) {
                fail_msg("%s + %s: %s instead of %s",
                         settlement_state_name((enum settlement_state)row).data,
                         settlement_fact_name((enum settlement_fact)fact).data, outcome,
                         settlement_pairs[row][fact]);
            }
            count++;
        }
    }
    print_message("%d pairs of a settlement's state and a fact\n", count);
}

static void test_every_state_step_and_fact_has_its_words(void **state)
{
    (void)state;
    for (int step = 0; step < LINE_STEP_COUNT; step++) {
        assert_true(line_step_name((enum line_step)step).size > 0);
        assert_true(line_step_words((enum line_step)step).size > 0);
    }
    for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
        assert_true(line_fact_name((enum line_fact)fact).size > 0);
        assert_true(line_fact_words((enum line_fact)fact).size > 0);
    }
    for (int row = 0; row < LINE_STATE_COUNT; row++) {
        assert_true(line_state_words((enum line_state)row).size > 0);
    }
    for (int fact = 0; fact < SETTLEMENT_FACT_COUNT; fact++) {
        assert_true(settlement_fact_name((enum settlement_fact)fact).size > 0);
        assert_true(settlement_fact_words((enum settlement_fact)fact).size > 0);
    }
    for (int row = 0; row < SETTLEMENT_STATE_COUNT; row++) {
        assert_true(settlement_state_words((enum settlement_state)row).size > 0);
    }
}

static void test_every_legal_cell_leads_somewhere_and_no_other_does(void **state)
{
    (void)state;
    for (int row = 0; row < LINE_STATE_COUNT; row++) {
        for (int fact = 0; fact < LINE_FACT_COUNT; fact++) {
            struct line_transition cell =
                line_transition_of((enum line_state)row, (enum line_fact)fact);
            if (cell.step == LINE_STEP_REFUSE) {
                assert_true(cell.refusal != REFUSAL_UNKNOWN && cell.next == 0);
            } else {
                assert_true(cell.refusal == REFUSAL_UNKNOWN && cell.next != 0);
                assert_true(cell.next < UINT32_C(1) << LINE_STATE_COUNT);
                assert_false(cell.next & UINT32_C(1) << LINE_UNKNOWN);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_of_state_and_fact_has_the_outcome_named_here),
        cmocka_unit_test(test_every_pair_of_settlement_and_fact_has_the_outcome_named_here),
        cmocka_unit_test(test_every_state_step_and_fact_has_its_words),
        cmocka_unit_test(test_every_legal_cell_leads_somewhere_and_no_other_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
