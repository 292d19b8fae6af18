/* A plain model of a case: docs/DOMAIN.md and docs/EVENTS.md read from top to bottom.
 *
 * It is written apart from the rules in workers/core and shares nothing with them but the plain
 * records (core/contract.h) and the policy's terms (core/policy.h): no table, no code, and none of
 * its ideas of how a case is kept. It is slow and says each rule once, as a sentence of `if`. What
 * it says and what the workers wrote must be the same (check_rules.c).
 *
 * What it covers: the verdict on every fact that reached a case, the state of every line after it,
 * every refund request, line outcome, fulfilment plan, compensation and notification with all that
 * they say but their ids and words, and when which deadline is due.
 * What it takes as given: when the workers learnt of a fact, in which order, and at which time
 * their deadlines fired (check_deadlines.c asks whether that was right); which substitutes there
 * were at a notice (check_rules.c holds them against the substitutes and listings in the topics).
 *
 * How to use it: model_begin with the case's first shortage, then model_take each fact; at is the
 * time at which it counts. What it returns in `said` lives until the next call. */
#ifndef TESTS_SIM_MODEL_CASE_H
#define TESTS_SIM_MODEL_CASE_H

#include "core/contract.h"
#include "core/policy.h"

enum {
    MODEL_LINES_MAX = 16,
    MODEL_OFFERS_MAX = 8,
    MODEL_SAID_MAX = 48,     /* effects of one kind of one fact */
    MODEL_CHOICES_MAX = 128, /* in all notices of one fact */
    MODEL_FACTS_MAX = 128,   /* people's facts of one case */
};

#define MODEL_DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* A moment that may be missing. */
struct moment {
    bool known;
    int64_t ms;
};

/* A substitute that the buyer may choose. */
struct model_offer {
    int32_t line_no;
    struct text sku;
    int64_t price_minor; /* a unit */
    int64_t ship_within_ms;
};

/* Money on its way back. */
struct model_refund {
    enum { MODEL_NO_REFUND, MODEL_ASKED, MODEL_FAILED_ONCE, MODEL_GIVEN_UP, MODEL_BACK } stage;
    enum refund_reason reason;
    int32_t attempt;
    int64_t amount_minor;
    int64_t due_by_ms;
    int64_t again_ms; /* of FAILED_ONCE */
};

struct model_line {
    int32_t line_no;
    enum line_state state;
    struct text sku;
    struct text title;
    int64_t quantity;
    int64_t paid_minor;
    int64_t first_promise_ms; /* as ordered */
    int64_t promise_ms;       /* as agreed since */
    int64_t revision;
    bool reported; /* by the seller */
    bool shipped;
    int64_t queue_place;
    struct moment date; /* when goods are expected, as far as we know */

    int32_t notice; /* the current one's number; 0: the buyer knows nothing */
    int64_t noticed_ms;
    struct moment told;      /* the date that the buyer was told */
    bool may_wait;           /* as the notice says */
    bool worse;              /* the date is worse than the one told, which is to be said */
    struct moment answer_by; /* while the buyer is to decide */
    enum on_silence silence; /* what no answer means */
    struct model_offer offers[MODEL_OFFERS_MAX];
    int offer_count;

    struct moment agreed; /* until when the buyer waits */
    bool agreed_by_word;
    bool on_hold;            /* the warehouse keeps the goods for it when they come */
    struct text replaced_by; /* the substitute's sku */

    struct model_refund whole;
    struct model_refund difference;
    bool penalty_due[PENALTIES_MAX]; /* by the policy's penalties: it has become due */
    int64_t penalties_minor;         /* paid so far */
};

enum model_settlement {
    MODEL_QUIET,
    MODEL_CLAIMED,
    MODEL_OFFERED,
    MODEL_DECLINED,
    MODEL_ASKED_PLATFORM,
    MODEL_SETTLED, /* agreed or ruled */
};

struct model_case {
    const struct policy *policy;
    struct shortage first;                    /* what it says of the order holds for the case */
    struct model_line lines[MODEL_LINES_MAX]; /* by their numbers */
    int line_count;
    struct moment grace_ends; /* when what is pending is told */
    int32_t notice_count;
    bool buyer_knows; /* was told something */
    struct moment ended;
    bool forgotten;

    enum model_settlement settlement;
    struct text offer_id; /* of the offer that stands; size 0: none */
    int64_t offer_minor;
    enum instrument offer_instrument;
    int64_t declined_ms;

    struct text judged[MODEL_FACTS_MAX]; /* ids of people's facts */
    int judged_count;
};

struct model_fact {
    int64_t at_ms;
    /* One of them; none: a deadline. */
    const struct shortage *shortage;
    const struct buyer_decision *decision;
    const struct seller_response *response;
    const struct platform_ruling *ruling;
    const struct refund_result *result;
    bool is_difference; /* of a result: it is of the substitute's difference */
    bool is_no_refund;  /* of a result: no refund of ours has that id */
    /* Substitutes that could be had, if a notice goes out now. */
    const struct model_offer *offers;
    int offer_count;
};

/* What must come of a fact. */
struct model_said {
    enum verdict verdict; /* UNKNOWN: no event, it was known or is outdated */
    enum refusal reason;
    struct line_change changes[MODEL_LINES_MAX]; /* one a line; before = after: no change */
    int change_count;
    struct notification notices[MODEL_SAID_MAX];
    int notice_count;
    struct refund_request refunds[MODEL_SAID_MAX];
    int refund_count;
    struct fulfilment_plan plans[MODEL_SAID_MAX];
    int plan_count;
    struct compensation compensations[MODEL_SAID_MAX];
    int compensation_count;
    struct line_outcome outcomes[MODEL_SAID_MAX];
    int outcome_count;

    int64_t last_due_ms; /* of a deadline: the latest that was due and so fired */

    /* What the above point into. */
    struct notice_line lines[MODEL_SAID_MAX];
    int line_count;
    struct notice_choice choices[MODEL_CHOICES_MAX];
    int choice_count;
    struct replacement replacements[MODEL_SAID_MAX];
};

void model_begin(struct model_case *model, const struct shortage *first,
                 const struct policy *policy);

void model_take(struct model_case *model, const struct model_fact *fact, struct model_said *said);

/* When something is due next; not known: never. */
struct moment model_next_due(const struct model_case *model);

/* NULL: it was never short. */
struct model_line *model_line_of(struct model_case *model, int32_t line_no);

#endif
