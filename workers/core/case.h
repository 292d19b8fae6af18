/* A case: one order with lines that were short, from the first shortage to its fair end.
 *
 * Pure: no clock, no heap, no I/O. The caller passes time and memory and carries out the effects.
 * One case an order, so that a buyer with three missing items gets one message, and so that
 * sum(refunds) <= paid has a single writer.
 *
 * A line:
 *
 *   CONFIRMING -> AWAITING_DECISION <-> WAITING_RESTOCK      the goods are short
 *        |              |    |              |
 *        |              |    +--------------+--> SUBSTITUTING -> SUBSTITUTED
 *        |              +-------------------+--> REFUNDING <-> (next attempt) -> REFUNDED
 *        |              |                   |        +-> REFUND_FAILED (a person is asked) -^
 *        +--------------+-------------------+--> RECOVERED -> FILLED_LATE
 *        +--------------+-------------------+--> WITHDRAWN (the shop cancelled)
 *
 * and beside it, once a case, the settlement of a compensation:
 *
 *   NONE -> CLAIMED <-> OFFERED -> AGREED, DECLINED, ESCALATED -> RULED
 *
 * The tables of core/case_table.h say what is legal in which state; what is unlisted is refused,
 * never guessed. One function changes a line's state.
 *
 * How to use it
 *   1. case_open a zeroed case_file with memory for lines;
 *   2. before a fact of time t: while case_next_deadline(file) <= t, case_apply a CASE_FACT_TIMER
 *      at that deadline, or later if it could not be in time;
 *   3. case_apply the fact; `effects` says what came of it. APPLIED and REFUSED are a case event;
 *      UNKNOWN is a duplicate or an outdated fact, nothing changed and there is no event.
 * The same facts in the same order give the same case and the same effects, always.
 *
 * Ownership: a case_file owns nothing. `lines` is the caller's memory with room for one more line
 * whenever a shortage is applied. Ids of at most ID_SIZE_MAX bytes are the decoder's promise. */
#ifndef SHORTFALL_CORE_CASE_H
#define SHORTFALL_CORE_CASE_H

#include "core/contract.h"
#include "core/must.h"
#include "core/policy.h"
#include "core/trace.h"

enum {
    OFFERED_SUBSTITUTES_MAX = 8,              /* substitutes offered for one line in one notice */
    CASE_LINES_MAX = 2 * LINES_PER_ORDER_MAX, /* the order's lines and their substitutes */
    CASE_FINGERPRINTS_MAX = 64,               /* inputs remembered against duplicates */
    LOCALE_SIZE = 16,                         /* with a zero byte */
    CURRENCY_SIZE = 8,                        /* with a zero byte */
};

/* How long a case is remembered after its end: longer than any lag and than the time in which
 * payment systems keep a refund id. */
#define CASE_RETENTION_MS (INT64_C(90) * 24 * 60 * 60 * 1000)

/* An id kept inside a struct. size 0: not set. */
struct id {
    uint8_t size;
    char data[ID_SIZE_MAX];
};

/* A text of at most `room` bytes inside a struct: its size, and its bytes. */
static inline struct text kept_text(const char *data, uint8_t size)
{
    return (struct text){size ? data : NULL, size};
}

/* All of the room is written, so that equal texts are equal bytes. */
static inline void kept_set(char *data, uint8_t *size, size_t room, struct text text)
{
    must(text.size <= room && room <= UINT8_MAX);
    memset(data, 0, room);
    *size = (uint8_t)text.size;
    if (text.size > 0) {
        memcpy(data, text.data, text.size);
    }
}

static inline struct text id_text(const struct id *id)
{
    return kept_text(id->data, id->size);
}

static inline void id_set(struct id *id, struct text text)
{
    kept_set(id->data, &id->size, sizeof id->data, text);
}

/* A title kept inside a struct. size 0: not set. */
struct title {
    uint8_t size;
    char data[TITLE_KEPT_MAX];
};

static inline struct text title_text(const struct title *title)
{
    return kept_text(title->data, title->size);
}

static inline void title_set(struct title *title, struct text text)
{
    kept_set(title->data, &title->size, sizeof title->data, text);
}

/* What a refund gives back. At most one refund a line and purpose. */
enum refund_purpose {
    REFUND_PURPOSE_UNKNOWN,
    REFUND_PURPOSE_LINE,                  /* what is left of what was paid for the line */
    REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE, /* the substitute is cheaper */
    REFUND_PURPOSE_COUNT,                 /* not a purpose */
};

enum refund_state {
    REFUND_STATE_NONE,
    REFUND_STATE_REQUESTED, /* an attempt is with the payment system */
    REFUND_STATE_WAITING,   /* it failed; the next attempt starts at retry_at_ms */
    REFUND_STATE_FAILED,    /* a person was asked; a later success still counts */
    REFUND_STATE_DONE,
};

struct case_refund {
    enum refund_state state;
    enum refund_reason reason;
    int32_t attempt; /* the newest one, 1 and up */
    int64_t amount_minor;
    int64_t due_by_ms;
    int64_t retry_at_ms; /* of WAITING */
};

struct offered_substitute {
    struct id sku;
    int32_t ship_within_h; /* hours from the choice to the shipping */
    int64_t price_minor;   /* a unit */
};

struct case_line {
    int32_t line_no;
    enum line_state state;
    struct id sku;
    struct title title;
    int64_t quantity;
    int64_t paid_minor;
    int64_t first_promise_ms; /* when it should ship as ordered: ship_by, or the policy's time */
    int64_t promise_ms;       /* the promise in force: an express WAIT may have moved it */

    /* The newest shortage, as the allocation told it. */
    int64_t revision;
    int32_t episode;
    enum shortage_cause cause;
    int64_t queue_place;
    struct optional_long expected_at_ms;

    /* What the buyer was told. */
    int32_t notice;       /* number of the line's current notice; 0: none yet */
    bool renewal_pending; /* a worse date than the one told is in its grace */
    bool wait_offered;
    int64_t noticed_at_ms;
    struct optional_long told_ms;      /* the date told, and so the one WAIT agrees to */
    struct optional_long decide_by_ms; /* of AWAITING_DECISION */
    enum on_silence on_silence;        /* of AWAITING_DECISION */
    uint32_t offered_count;
    struct offered_substitute offered[OFFERED_SUBSTITUTES_MAX];

    /* What was agreed. */
    struct optional_long agreed_ms; /* until when the buyer waits; not set: no date, or no wait */
    enum consent consent;           /* of WAITING_RESTOCK */
    bool held;                      /* a plan HOLD_FOR_RESTOCK is in force */
    bool shipped;                   /* the goods have left, whether the buyer was told or not */
    struct id replacement_sku;      /* of line SUBSTITUTE_LINE_BASE + line_no, once chosen */

    /* Money. */
    struct case_refund refunds[REFUND_PURPOSE_COUNT]; /* by purpose; [0] is unused */
    uint32_t penalties_due;             /* bit i: policy->penalties[i] has become due */
    struct optional_long penalty_at_ms; /* when the next one becomes due, if nothing changes */
    int64_t penalty_paid_minor;         /* all penalties sent so far */

    uint64_t kept_hash; /* for whoever keeps the case, of what is kept of the line; 0: nothing is */
};

enum settlement_state {
    SETTLEMENT_NONE,
    SETTLEMENT_CLAIMED,
    SETTLEMENT_OFFERED,
    SETTLEMENT_AGREED,
    SETTLEMENT_DECLINED,
    SETTLEMENT_ESCALATED, /* an agreement is still possible */
    SETTLEMENT_RULED,
    SETTLEMENT_STATE_COUNT, /* not a state */
};

struct case_file {
    struct id order_id;
    struct id marketplace;
    struct id seller_id;
    struct id buyer_id;
    char locale[LOCALE_SIZE];
    char currency[CURRENCY_SIZE];
    char policy[POLICY_ID_SIZE]; /* frozen: "tmall@2026-04" */
    struct trace trace;          /* the order's; for whoever writes the effects, no rule reads it */
    int64_t paid_at_ms;
    struct optional_long ship_by_ms;

    int64_t life;                  /* which one of the order's cases it is: case_life_of */
    int64_t sequence;              /* of the newest case event; 0: none yet */
    int32_t notice_count;          /* notices sent */
    bool told;                     /* the buyer was told something */
    bool forgotten;                /* its retention is over: the case can go */
    struct optional_long grace_ms; /* when all that is pending is told; not set: nothing is */
    struct optional_long closed_at_ms;

    enum settlement_state settlement;
    struct id offer_id; /* the standing offer; not set: none */
    int64_t offer_minor;
    enum instrument offer_instrument;
    int64_t declined_at_ms; /* when the seller declined last; 0: never */

    uint32_t fingerprint_count; /* ever judged; the ring holds the last ones */
    uint64_t fingerprints[CASE_FINGERPRINTS_MAX];

    struct case_line *lines; /* the caller's; in any order, a new one comes last */
    uint32_t line_count;
    uint32_t line_capacity;
};

enum case_fact_kind {
    CASE_FACT_SHORTAGE,
    CASE_FACT_BUYER_DECISION,
    CASE_FACT_SELLER_RESPONSE,
    CASE_FACT_PLATFORM_RULING,
    CASE_FACT_REFUND_RESULT,
    CASE_FACT_TIMER, /* the earliest deadline of the case, at its own time or later */
};

struct case_fact {
    enum case_fact_kind kind;
    int64_t at_ms; /* the fact's own time; of a timer the deadline, or later where it fires late */
    union {
        const struct shortage *shortage;
        const struct buyer_decision *buyer_decision;
        const struct seller_response *seller_response;
        const struct platform_ruling *platform_ruling;
        const struct refund_result *refund_result;
    };
    /* Of a refund result: which refund of the line its refund_id is; UNKNOWN: none of ours. */
    enum refund_purpose purpose;
};

/* What a case may look up while it decides: the substitutes of a sku and the listings of those. */
struct catalogue {
    const void *context;
    const struct substitute *(*substitutes_of)(const void *context, struct text sku); /* or NULL */
    const struct listing_status *(*listing_of)(const void *context, struct text sku); /* or NULL */
};

/* What an effect is about, the same at every retry: the caller computes its id from it. */
struct notification_identity {
    enum notice_kind kind;
    enum audience audience;
    int32_t number;   /* of the notice for SHORTAGE and RENEWED, else the line; 0: the case */
    int64_t sequence; /* of the case event */
};

struct refund_identity {
    int32_t line_no;
    enum refund_purpose purpose;
};

struct plan_identity {
    int32_t line_no;
    enum plan_action action;
    int64_t sequence;
};

struct compensation_identity {
    enum compensation_kind kind;
    int32_t line_no;        /* 0: the case */
    enum penalty_rule rule; /* of PENALTY */
    struct text source_id;  /* of GOODWILL the offer, of RULING the ruling */
};

enum {
    CASE_NOTIFICATIONS_MAX = CASE_LINES_MAX + 4, /* one a line, the notice, and the settlement's */
    CASE_REFUND_REQUESTS_MAX = 2 * CASE_LINES_MAX,
    CASE_PLANS_MAX = 2 * CASE_LINES_MAX,
    CASE_COMPENSATIONS_MAX = PENALTIES_MAX * CASE_LINES_MAX + 1,
    CASE_NOTICE_LINES_MAX = 2 * CASE_LINES_MAX + 4,
    CASE_CHOICES_MAX = (OFFERED_SUBSTITUTES_MAX + 2) * CASE_LINES_MAX,
};

/* What came of one fact. Large (some megabytes): keep one and use it again for every fact.
 * Texts in it point into the case file, the fact, the policy or static strings, so they live until
 * the case changes. Ids (notification_id, case_id …), subject and body are left unset. */
struct case_effects {
    enum verdict verdict; /* UNKNOWN: a duplicate or outdated, nothing changed, no case event */
    enum refusal reason;  /* of REFUSED */
    int64_t sequence;     /* of the case event */

    uint32_t line_change_count;
    uint32_t notification_count;
    uint32_t refund_request_count;
    uint32_t plan_count;
    uint32_t compensation_count;
    uint32_t line_outcome_count;
    uint32_t notice_line_count;
    uint32_t choice_count;

    struct line_change line_changes[CASE_LINES_MAX]; /* of the lines whose state changed */

    struct notification notifications[CASE_NOTIFICATIONS_MAX];
    struct notification_identity notification_identities[CASE_NOTIFICATIONS_MAX];

    struct refund_request refund_requests[CASE_REFUND_REQUESTS_MAX];
    struct refund_identity refund_identities[CASE_REFUND_REQUESTS_MAX];

    struct fulfilment_plan plans[CASE_PLANS_MAX];
    struct plan_identity plan_identities[CASE_PLANS_MAX];

    struct compensation compensations[CASE_COMPENSATIONS_MAX];
    struct compensation_identity compensation_identities[CASE_COMPENSATIONS_MAX];

    struct line_outcome line_outcomes[CASE_LINES_MAX];
    struct replacement replacements[CASE_LINES_MAX]; /* of the outcome with the same index */

    /* What the notifications point into. */
    struct notice_line notice_lines[CASE_NOTICE_LINES_MAX];
    struct notice_choice choices[CASE_CHOICES_MAX];
};

/* Opens the case of an order whose first shortage is `first`, with no line yet: apply the shortage
 * next. Keeps the caller's `lines` and `line_capacity`. */
void case_open(struct case_file *file, const struct shortage *first, const struct policy *policy);

/* Tells a case that begins now from earlier ones of the order, which are forgotten: the whole days
 * since the payment. 0 before CASE_RETENTION_MS, for until then no case of it was forgotten yet.
 * Two of one order begin more than CASE_RETENTION_MS apart, so this is another number. */
int64_t case_life_of(int64_t paid_at_ms, int64_t now_ms);

/* Judges one fact. `policy` is the one the case was opened with. */
void case_apply(struct case_file *file, const struct policy *policy,
                const struct catalogue *catalogue, const struct case_fact *fact,
                struct case_effects *effects);

/* When the case must be looked at next, or INT64_MAX. */
int64_t case_next_deadline(const struct case_file *file);

/* Every line has ended, and the refunds are done or given up. A later fact may open it again. */
bool case_is_closed(const struct case_file *file);

/* Its retention is over: drop it. No fact may be applied any more. */
bool case_is_forgotten(const struct case_file *file);

/* The line of that number, or NULL. */
const struct case_line *case_find_line(const struct case_file *file, int32_t line_no);

/* A new line, empty but for its number, in its place; there must be room and no such line. Pointers
 * to other lines are not good any more. */
struct case_line *case_add_line(struct case_file *file, int32_t line_no);

#endif
