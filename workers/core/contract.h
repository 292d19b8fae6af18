/* The contract in C: one plain struct for each record of the topics.
 *
 * The same structs are what the codec reads and writes, what the rules take and what they give, so
 * no record is ever copied from one shape into another. Names are those of the topics' schemas.
 *
 * Conventions
 *   *_ms      milliseconds since 1970-01-01 UTC (Avro timestamp-millis; without `_ms` in Avro)
 *   *_minor   minor units of the ISO 4217 currency of the record
 *   text      a view (core/text.h); data == NULL is the Avro null of an optional field
 *   optional_long / optional_int: `set` is false for null
 *   enums     0 is UNKNOWN, the Avro default symbol; in an optional enum field 0 is the Avro null
 *   arrays    a pointer and a count; owned by whoever filled the struct
 *   A zeroed struct is a valid one with nothing set. */
#ifndef SHORTFALL_CORE_CONTRACT_H
#define SHORTFALL_CORE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

/* Sizes beyond which a record is a dead letter, so that every buffer has a ceiling. */
enum {
    ID_SIZE_MAX = 64, /* bytes of any id: order, sku, seller, buyer, warehouse, policy … */
    LINES_PER_ORDER_MAX = 2000, /* lines of one order; order.lines.max may lower it */
    SUBSTITUTES_MAX = 16,       /* substitutes of one sku */
    RESTOCKS_MAX = 16,          /* expected deliveries of one level */
    TITLE_SIZE_MAX = 1024,      /* bytes of a line's title */
    TITLE_KEPT_MAX = 120,       /* bytes of a title that are kept: what a message has room for */
    ORDER_FACTS_SIZE_MAX = 1024,
    SUBSTITUTE_LINE_BASE = 10000, /* line n's substitute is line 10000 + n */
};

/* Amounts and quantities stay below this, so that no sum of ours can overflow: ten times all lines
 * of an order. */
#define AMOUNT_MAX INT64_C(100000000000000)

struct optional_long {
    int64_t value;
    bool set;
};

struct optional_int {
    int32_t value;
    bool set;
};

/* ---- In ---------------------------------------------------------------------------------- */

struct order_line {
    int32_t line_no; /* 1 and up */
    struct text sku;
    int32_t quantity;
    int64_t paid_minor; /* the line's share of all that was paid, with shipping and discounts */
    struct text title;  /* optional; what the buyer knows the goods by */
};

enum channel {
    CHANNEL_UNKNOWN,
    CHANNEL_WEB,
    CHANNEL_APP,
    CHANNEL_MINI_PROGRAM,
    CHANNEL_LIVE_STREAM,
    CHANNEL_STORE,
    CHANNEL_PHONE,
};

struct order_paid {
    struct text order_id;
    struct text marketplace;
    struct text seller_id;
    struct text buyer_id; /* optional; opaque */
    struct text locale;   /* default "en" */
    struct text currency; /* ISO 4217 */
    int64_t paid_at_ms;
    struct optional_long ship_by_ms;
    enum channel channel; /* where the order was placed */
    struct order_line *lines;
    uint32_t line_count;
};

struct restock {
    int64_t expected_at_ms;
    int64_t quantity;
};

/* The absolute level of one (sku, warehouse). */
struct stock_level {
    struct text sku;
    struct text warehouse_id;
    int64_t on_hand; /* below zero is legal and counts as 0 */
    int64_t safety_stock;
    int64_t version; /* grows per sku and warehouse */
    int64_t counted_at_ms;
    struct restock *restock;  /* optional: NULL; the next delivery, where no list is given */
    struct restock *restocks; /* all expected deliveries */
    uint32_t restock_count;
};

enum close_reason {
    CLOSE_UNKNOWN,
    CLOSE_SHIPPED,
    CLOSE_CANCELLED,
    CLOSE_REFUNDED,
    CLOSE_SUBSTITUTED, /* only from line-outcome and in shortage */
};

struct order_closed {
    struct text order_id;
    int32_t line_no;
    struct text sku;
    enum close_reason reason;
    struct text warehouse_id; /* optional */
    int64_t closed_at_ms;
};

struct substitute_offer {
    struct text sku;
    int64_t price_minor;   /* a unit */
    int32_t ship_within_h; /* hours from the choice to the shipping */
};

struct substitute {
    struct text sku;
    struct substitute_offer *substitutes;
    uint32_t substitute_count;
};

enum choice {
    CHOICE_UNKNOWN,
    CHOICE_WAIT,
    CHOICE_SUBSTITUTE,
    CHOICE_CANCEL,
    CHOICE_CLAIM,
    CHOICE_ACCEPT,
    CHOICE_REJECT,
    CHOICE_ASK_PLATFORM,
};

struct buyer_decision {
    struct text id;
    struct text order_id;
    int32_t line_no; /* 0: the whole case */
    enum choice choice;
    struct optional_int notice; /* which notice it answers */
    struct text sku;            /* optional: the substitute chosen */
    struct text offer_id;       /* optional: the offer accepted */
    struct text actor;          /* optional: BUYER, SUPPORT … */
    int64_t decided_at_ms;
};

enum response_kind {
    RESPONSE_UNKNOWN,
    RESPONSE_REPORT_NO_STOCK,
    RESPONSE_OFFER_COMPENSATION,
    RESPONSE_DECLINE,
};

enum instrument {
    INSTRUMENT_UNKNOWN,
    INSTRUMENT_CASH,
    INSTRUMENT_COUPON,
    INSTRUMENT_POINTS,
    INSTRUMENT_DISCOUNT,
};

struct seller_response {
    struct text id;
    struct text order_id;
    int32_t line_no; /* default 0 */
    struct text sku; /* optional */
    enum response_kind kind;
    struct optional_long amount_minor;
    enum instrument instrument; /* optional */
    struct text evidence_ref;   /* optional */
    struct text actor;          /* optional */
    int64_t responded_at_ms;
};

enum ruling {
    RULING_UNKNOWN,
    RULING_REFUND,
    RULING_COMPENSATE,
    RULING_DISMISS,
};

struct platform_ruling {
    struct text id;
    struct text order_id;
    int32_t line_no; /* default 0 */
    enum ruling ruling;
    struct optional_long amount_minor;
    int64_t ruled_at_ms;
};

enum refund_status {
    REFUND_UNKNOWN,
    REFUND_SUCCEEDED,
    REFUND_STATUS_FAILED,
};

struct refund_result {
    struct text refund_id;
    struct text order_id;
    int32_t line_no;
    int32_t attempt;
    enum refund_status status;
    bool retryable;           /* default true */
    struct text failure_code; /* optional */
    int64_t at_ms;
};

struct clock_tick {
    int64_t at_ms;
};

/* ---- Between: internal ------------------------------------------------------------------- */

enum sku_fact_kind {
    FACT_UNKNOWN,
    FACT_PAID,   /* order_id, line_no, quantity, paid_at_ms = at_ms, order_facts */
    FACT_LEVEL,  /* warehouse_id, on_hand, safety_stock, version, restocks; counted_at = at_ms */
    FACT_CLOSED, /* order_id, line_no, reason, warehouse_id?; closed_at = at_ms */
    FACT_REPORT, /* id, order_id, line_no (0: all of the order's lines of this sku) */
    FACT_RULES,  /* rules: the version of the allocation rules from here on */
};

/* One fact about one sku, as the sequencer writes it and the allocator reads it. */
struct sku_fact {
    enum sku_fact_kind kind;
    struct text sku;
    int64_t at_ms; /* the fact's own time */
    struct text id;
    struct text order_id;
    int32_t line_no;
    int64_t quantity;
    enum close_reason reason;
    struct text warehouse_id;
    int64_t on_hand;
    int64_t safety_stock;
    int64_t version;
    struct restock *restocks;
    uint32_t restock_count;
    struct text order_facts; /* bytes: an order_facts record, opaque to the allocation */
    int32_t rules;
    struct text source_topic; /* where it came from, for audit */
    int32_t source_partition;
    int64_t source_offset;
};

/* The facts of one partition of sku-event, many in one message. */
struct sku_event {
    int64_t log_ms; /* the log's time: of the writing; with clock = record the facts' largest */
    struct sku_fact *facts;
    uint32_t fact_count;
};

/* What a paid line carries of its order, because it may become short days later. */
struct order_facts {
    struct text marketplace;
    struct text seller_id;
    struct text buyer_id;
    struct text locale;
    struct text currency;
    int64_t paid_minor;
    int64_t paid_at_ms;
    struct optional_long ship_by_ms;
    struct text title; /* optional; of the line, at most TITLE_KEPT_MAX bytes */
    enum channel channel;
    struct text trace; /* optional; bytes: core/trace.h */
};

/* ---- Between and out ---------------------------------------------------------------------- */

enum shortage_kind {
    SHORTAGE_UNKNOWN,
    SHORTAGE_UNFILLABLE,
    SHORTAGE_RECOVERED,
    SHORTAGE_ETA_CHANGED,
    SHORTAGE_CLOSED,
};

enum shortage_cause {
    CAUSE_UNKNOWN,
    CAUSE_OVERSOLD,   /* the line itself did not fit when it was paid */
    CAUSE_COUNT_FELL, /* a level fell below what was promised */
    CAUSE_REPORTED,   /* the seller said so */
};

/* A line's whole shortage status after one fact. */
struct shortage {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms; /* time of the fact that caused it */
    enum shortage_kind kind;
    struct text order_id;
    int32_t line_no;
    struct text sku;
    int64_t quantity;
    int32_t episode;  /* counts how often the line became short */
    int64_t revision; /* position of the fact in its log, above all of a log that the sku was moved
                         from; grows with every fact of the sku */
    enum shortage_cause cause;
    int64_t available;
    int64_t reserved;
    int64_t queue_place; /* 1: next to be served; 0: not waiting */
    int64_t ahead_quantity;
    struct optional_long expected_at_ms;
    int64_t stock_version;
    enum close_reason reason; /* optional: of CLOSED */
    struct text buyer_id;
    struct text locale;
    struct text currency;
    int64_t paid_minor;
    int64_t paid_at_ms;
    struct optional_long ship_by_ms;
    struct text title; /* optional */
    enum channel channel;
};

struct replacement {
    int32_t line_no;
    struct text sku;
    int64_t quantity;
    int64_t paid_minor;
    struct optional_long ship_by_ms;
};

/* What the caseworker did to a line, for the sequencer. */
struct line_outcome {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text order_id;
    int32_t line_no;
    struct text sku;
    enum close_reason reason;        /* REFUNDED or SUBSTITUTED */
    struct replacement *replacement; /* optional; of SUBSTITUTED */
    /* Of a replacement: the order's facts, so that the sequencer stays stateless. */
    struct text buyer_id;
    struct text locale;
    struct text currency;
};

enum listing_state {
    LISTING_UNKNOWN,
    LISTING_SOLD_OUT,
    LISTING_AVAILABLE,
};

struct listing_status {
    struct text sku;
    enum listing_state status;
    struct optional_long quantity;
    int64_t as_of_ms;
};

enum audience {
    AUDIENCE_UNKNOWN,
    AUDIENCE_BUYER,
    AUDIENCE_SELLER,
    AUDIENCE_SUPPORT,
};

enum notice_kind {
    NOTICE_UNKNOWN,
    NOTICE_SHORTAGE,
    NOTICE_RENEWED,
    NOTICE_WAIT_CONFIRMED,
    NOTICE_SUBSTITUTE_CONFIRMED,
    NOTICE_BACK_IN_STOCK,
    NOTICE_REFUND_STARTED,
    NOTICE_REFUND_DONE,
    NOTICE_OFFER,
    NOTICE_DECLINED,
    NOTICE_SETTLED,
    NOTICE_NEEDS_ACTION,
};

enum wording {
    WORDING_UNKNOWN,
    WORDING_PLAIN,
    WORDING_NEUTRAL,
};

enum on_silence {
    SILENCE_UNKNOWN,
    SILENCE_REFUND,
    SILENCE_WAIT,
};

enum consent {
    CONSENT_UNKNOWN,
    CONSENT_EXPRESS,
    CONSENT_SILENCE,
};

struct notice_choice {
    enum choice choice; /* WAIT, SUBSTITUTE or CANCEL */
    struct text sku;    /* optional: of SUBSTITUTE */
    struct optional_long expected_at_ms;
    int64_t refund_minor; /* what comes back */
};

struct notice_line {
    int32_t line_no;
    struct text sku;
    int64_t quantity;
    int64_t paid_minor;
    struct notice_choice *choices;
    uint32_t choice_count;
    struct optional_long expected_at_ms;
    struct optional_int queue_place;
    struct optional_long decide_by_ms;
    enum on_silence on_silence; /* optional */
    struct text title;          /* optional */
};

struct notification {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text notification_id;
    struct text case_id;
    struct text order_id;
    enum audience audience;
    struct text recipient_id; /* optional */
    struct text locale;
    enum notice_kind kind;
    struct optional_int notice;
    enum wording wording; /* optional */
    struct notice_line *lines;
    uint32_t line_count;
    struct text reason;   /* optional */
    struct text currency; /* optional */
    struct optional_long amount_minor;
    enum instrument instrument; /* optional */
    struct text offer_id;       /* optional */
    struct text sku;            /* optional */
    struct optional_long expected_at_ms;
    struct optional_long due_by_ms;
    struct optional_long answer_by_ms;
    enum consent consent; /* optional */
    struct optional_long expires_at_ms;
    struct text subject;
    struct text body; /* ready to send, in the reader's language */
};

enum refund_reason {
    REFUND_FOR_UNKNOWN,
    REFUND_FOR_BUYER_CANCELLED,
    REFUND_FOR_SILENCE,
    REFUND_FOR_DATE_PASSED,
    REFUND_FOR_RULING,
    REFUND_FOR_SUBSTITUTE_DIFFERENCE,
};

struct refund_request {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text refund_id;
    struct text case_id;
    struct text order_id;
    int32_t line_no;
    int64_t amount_minor;
    struct text currency;
    enum refund_reason reason;
    int32_t attempt; /* 1 and up */
    int64_t due_by_ms;
};

enum plan_action {
    PLAN_UNKNOWN,
    PLAN_HOLD_FOR_RESTOCK,
    PLAN_RELEASE,
    PLAN_SHIP_SUBSTITUTE,
    PLAN_CANCEL,
};

struct fulfilment_plan {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text plan_id;
    struct text case_id;
    struct text order_id;
    int32_t line_no;
    enum plan_action action;
    struct optional_long until_ms;
    struct text sku; /* optional */
    struct optional_int quantity;
    struct optional_int new_line_no;
    struct optional_long seller_absorbs_minor;
};

enum compensation_kind {
    COMPENSATION_UNKNOWN,
    COMPENSATION_PENALTY,
    COMPENSATION_GOODWILL,
    COMPENSATION_RULING,
};

enum penalty_rule {
    PENALTY_UNKNOWN,
    PENALTY_NO_STOCK,
    PENALTY_LATE,
};

enum payer {
    PAYER_UNKNOWN,
    PAYER_SELLER,
    PAYER_PLATFORM,
};

struct compensation {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text compensation_id;
    struct text case_id;
    struct text order_id;
    int32_t line_no; /* 0: the case */
    enum compensation_kind kind;
    enum penalty_rule rule; /* optional */
    int64_t amount_minor;
    struct text currency;
    enum payer payer;
    enum instrument instrument;
    struct optional_long base_minor;
    struct optional_int rate_bp;
    struct text policy;
};

enum verdict {
    VERDICT_UNKNOWN,
    VERDICT_APPLIED,
    VERDICT_REFUSED,
};

enum refusal {
    REFUSAL_UNKNOWN, /* as an optional field: not refused */
    REFUSAL_NO_CASE,
    REFUSAL_NO_SUCH_LINE,
    REFUSAL_NOT_OFFERED,
    REFUSAL_STALE_NOTICE,
    REFUSAL_NOT_OPEN,
    REFUSAL_MONEY_IN_MOTION,
    REFUSAL_SHIPPED,
    REFUSAL_CLOSED,
    REFUSAL_OVER_LIMIT,
    REFUSAL_NO_SUCH_OFFER,
    REFUSAL_ALREADY_CLAIMED,
    REFUSAL_ALREADY_SETTLED,
    REFUSAL_NOT_CLAIMED,
};

enum line_state {
    LINE_UNKNOWN,
    LINE_CONFIRMING,
    LINE_AWAITING_DECISION,
    LINE_WAITING_RESTOCK,
    LINE_SUBSTITUTING,
    LINE_REFUNDING,
    LINE_REFUND_FAILED,
    LINE_RECOVERED,
    LINE_FILLED_LATE,
    LINE_SUBSTITUTED,
    LINE_REFUNDED,
    LINE_WITHDRAWN,
    LINE_STATE_COUNT, /* not a symbol */
};

struct line_change {
    int32_t line_no;
    enum line_state before; /* UNKNOWN: the line was not in the case */
    enum line_state after;
};

struct effect_id {
    struct text topic;
    struct text id;
};

struct case_event {
    struct text marketplace;
    struct text seller_id;
    int64_t at_ms;
    struct text event_id;
    struct text case_id;
    struct text order_id;
    int64_t sequence; /* of the case: 1 and up; 0 where there is no case */
    struct text policy;
    struct text fact_topic; /* "timer" for a deadline */
    struct text fact;       /* bytes: its Avro record, single-object framed; empty for a timer */
    enum verdict verdict;
    enum refusal reason; /* optional */
    struct line_change *lines;
    uint32_t line_count;
    struct effect_id *effects;
    uint32_t effect_count;
};

#endif
