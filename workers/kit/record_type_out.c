/* The records that go out: what a shop and its people read. */
#include "core/policy.h"
#include "kit/record_type_fields.h"

enum {
    CODE_SIZE_MAX = 64, /* a locale, a currency, a reason */
    SUBJECT_SIZE_MAX = 1024,
    BODY_SIZE_MAX = 256 << 10,
    TOPIC_SIZE_MAX = 249, /* Kafka's own limit */
    FACT_SIZE_MAX = 1 << 20,
    /* A line and the one that replaces it are both lines of the order. */
    CASE_LINES_MAX = 2 * LINES_PER_ORDER_MAX,
    CHOICES_MAX = SUBSTITUTES_MAX + 2, /* and WAIT, and CANCEL */
    EFFECTS_MAX = 8 * LINES_PER_ORDER_MAX,
};

static const char *const symbols_shortage_kind[] = {"UNKNOWN",     "UNFILLABLE", "RECOVERED",
                                                    "ETA_CHANGED", "CLOSED",     NULL};
static const char *const symbols_shortage_cause[] = {"UNKNOWN", "OVERSOLD", "COUNT_FELL",
                                                     "REPORTED", NULL};
static const char *const symbols_listing_state[] = {"UNKNOWN", "SOLD_OUT", "AVAILABLE", NULL};
static const char *const symbols_audience[] = {"UNKNOWN", "BUYER", "SELLER", "SUPPORT", NULL};
static const char *const symbols_notice_kind[] = {
    "UNKNOWN",       "SHORTAGE",       "RENEWED",     "WAIT_CONFIRMED", "SUBSTITUTE_CONFIRMED",
    "BACK_IN_STOCK", "REFUND_STARTED", "REFUND_DONE", "OFFER",          "DECLINED",
    "SETTLED",       "NEEDS_ACTION",   NULL};
static const char *const symbols_wording[] = {"UNKNOWN", "PLAIN", "NEUTRAL", NULL};
static const char *const symbols_on_silence[] = {"UNKNOWN", "REFUND", "WAIT", NULL};
static const char *const symbols_consent[] = {"UNKNOWN", "EXPRESS", "SILENCE", NULL};
static const char *const symbols_refund_reason[] = {
    "UNKNOWN", "BUYER_CANCELLED",       "SILENCE", "DATE_PASSED",
    "RULING",  "SUBSTITUTE_DIFFERENCE", NULL};
static const char *const symbols_plan_action[] = {"UNKNOWN",         "HOLD_FOR_RESTOCK", "RELEASE",
                                                  "SHIP_SUBSTITUTE", "CANCEL",           NULL};
static const char *const symbols_compensation_kind[] = {"UNKNOWN", "PENALTY", "GOODWILL", "RULING",
                                                        NULL};
static const char *const symbols_penalty_rule[] = {"UNKNOWN", "NO_STOCK", "LATE", NULL};
static const char *const symbols_payer[] = {"UNKNOWN", "SELLER", "PLATFORM", NULL};
static const char *const symbols_verdict[] = {"UNKNOWN", "APPLIED", "REFUSED", NULL};
static const char *const symbols_refusal[] = {
    "UNKNOWN",       "NO_CASE",         "NO_SUCH_LINE",    "NOT_OFFERED", "STALE_NOTICE",
    "NOT_OPEN",      "MONEY_IN_MOTION", "SHIPPED",         "CLOSED",      "OVER_LIMIT",
    "NO_SUCH_OFFER", "ALREADY_CLAIMED", "ALREADY_SETTLED", "NOT_CLAIMED", NULL};
static const char *const symbols_line_state[] = {"UNKNOWN",
                                                 "CONFIRMING",
                                                 "AWAITING_DECISION",
                                                 "WAITING_RESTOCK",
                                                 "SUBSTITUTING",
                                                 "REFUNDING",
                                                 "REFUND_FAILED",
                                                 "RECOVERED",
                                                 "FILLED_LATE",
                                                 "SUBSTITUTED",
                                                 "REFUNDED",
                                                 "WITHDRAWN",
                                                 NULL};

static const struct field_type shortage_fields[] = {
    FIELD_TEXT(shortage, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(shortage, seller_id, ID_SIZE_MAX),
    FIELD_TIME(shortage, at),
    FIELD_ENUM(shortage, kind, symbols_shortage_kind),
    FIELD_TEXT(shortage, order_id, ID_SIZE_MAX),
    FIELD_INT(shortage, line_no),
    FIELD_TEXT(shortage, sku, ID_SIZE_MAX),
    FIELD_LONG(shortage, quantity),
    FIELD_INT(shortage, episode),
    FIELD_LONG(shortage, revision),
    FIELD_ENUM(shortage, cause, symbols_shortage_cause),
    FIELD_LONG(shortage, available),
    FIELD_LONG(shortage, reserved),
    FIELD_LONG(shortage, queue_place),
    FIELD_LONG(shortage, ahead_quantity),
    FIELD_TIME_OPTIONAL(shortage, expected_at),
    FIELD_LONG(shortage, stock_version),
    FIELD_ENUM_OPTIONAL(shortage, reason, symbols_close_reason),
    FIELD_TEXT_OPTIONAL(shortage, buyer_id, ID_SIZE_MAX),
    FIELD_TEXT(shortage, locale, CODE_SIZE_MAX),
    FIELD_TEXT(shortage, currency, CODE_SIZE_MAX),
    FIELD_LONG(shortage, paid_minor),
    FIELD_TIME(shortage, paid_at),
    FIELD_TIME_OPTIONAL(shortage, ship_by),
    FIELD_TEXT_OPTIONAL(shortage, title, TITLE_KEPT_MAX),
    FIELD_ENUM_DEFAULT(shortage, channel, symbols_channel, "\"UNKNOWN\""),
};
const struct record_type type_shortage =
    RECORD_TYPE("Shortage", "shortage", shortage, shortage_fields);

static const struct field_type replacement_fields[] = {
    FIELD_INT(replacement, line_no),           FIELD_TEXT(replacement, sku, ID_SIZE_MAX),
    FIELD_LONG(replacement, quantity),         FIELD_LONG(replacement, paid_minor),
    FIELD_TIME_OPTIONAL(replacement, ship_by),
};
static const struct record_type type_replacement =
    RECORD_TYPE("Replacement", NULL, replacement, replacement_fields);

static const struct field_type line_outcome_fields[] = {
    FIELD_TEXT(line_outcome, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(line_outcome, seller_id, ID_SIZE_MAX),
    FIELD_TIME(line_outcome, at),
    FIELD_TEXT(line_outcome, order_id, ID_SIZE_MAX),
    FIELD_INT(line_outcome, line_no),
    FIELD_TEXT(line_outcome, sku, ID_SIZE_MAX),
    FIELD_ENUM(line_outcome, reason, symbols_close_reason),
    FIELD_RECORD_OPTIONAL(line_outcome, replacement, replacement, type_replacement),
    FIELD_TEXT_OPTIONAL(line_outcome, buyer_id, ID_SIZE_MAX),
    FIELD_TEXT_DEFAULT(line_outcome, locale, CODE_SIZE_MAX, "\"en\""),
    FIELD_TEXT_OPTIONAL(line_outcome, currency, CODE_SIZE_MAX),
};
const struct record_type type_line_outcome =
    RECORD_TYPE("LineOutcome", "line-outcome", line_outcome, line_outcome_fields);

static const struct field_type listing_status_fields[] = {
    FIELD_TEXT(listing_status, sku, ID_SIZE_MAX),
    FIELD_ENUM(listing_status, status, symbols_listing_state),
    FIELD_LONG_OPTIONAL(listing_status, quantity),
    FIELD_TIME(listing_status, as_of),
};
const struct record_type type_listing_status =
    RECORD_TYPE("ListingStatus", "listing-status", listing_status, listing_status_fields);

static const struct field_type notice_choice_fields[] = {
    FIELD_ENUM(notice_choice, choice, symbols_choice),
    FIELD_TEXT_OPTIONAL(notice_choice, sku, ID_SIZE_MAX),
    FIELD_TIME_OPTIONAL(notice_choice, expected_at),
    FIELD_LONG(notice_choice, refund_minor),
};
static const struct record_type type_notice_choice =
    RECORD_TYPE("NoticeChoice", NULL, notice_choice, notice_choice_fields);

static const struct field_type notice_line_fields[] = {
    FIELD_INT(notice_line, line_no),
    FIELD_TEXT(notice_line, sku, ID_SIZE_MAX),
    FIELD_LONG(notice_line, quantity),
    FIELD_LONG(notice_line, paid_minor),
    FIELD_ARRAY(notice_line, choices, choice_count, CHOICES_MAX, notice_choice, type_notice_choice),
    FIELD_TIME_OPTIONAL(notice_line, expected_at),
    FIELD_INT_OPTIONAL(notice_line, queue_place),
    FIELD_TIME_OPTIONAL(notice_line, decide_by),
    FIELD_ENUM_OPTIONAL(notice_line, on_silence, symbols_on_silence),
    FIELD_TEXT_OPTIONAL(notice_line, title, TITLE_KEPT_MAX),
};
static const struct record_type type_notice_line =
    RECORD_TYPE("NoticeLine", NULL, notice_line, notice_line_fields);

static const struct field_type notification_fields[] = {
    FIELD_TEXT(notification, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(notification, seller_id, ID_SIZE_MAX),
    FIELD_TIME(notification, at),
    FIELD_TEXT(notification, notification_id, ID_SIZE_MAX),
    FIELD_TEXT(notification, case_id, ID_SIZE_MAX),
    FIELD_TEXT(notification, order_id, ID_SIZE_MAX),
    FIELD_ENUM(notification, audience, symbols_audience),
    FIELD_TEXT_OPTIONAL(notification, recipient_id, ID_SIZE_MAX),
    FIELD_TEXT(notification, locale, CODE_SIZE_MAX),
    FIELD_ENUM(notification, kind, symbols_notice_kind),
    FIELD_INT_OPTIONAL(notification, notice),
    FIELD_ENUM_OPTIONAL(notification, wording, symbols_wording),
    FIELD_ARRAY(notification, lines, line_count, CASE_LINES_MAX, notice_line, type_notice_line),
    FIELD_TEXT_OPTIONAL(notification, reason, CODE_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(notification, currency, CODE_SIZE_MAX),
    FIELD_LONG_OPTIONAL(notification, amount_minor),
    FIELD_ENUM_OPTIONAL(notification, instrument, symbols_instrument),
    FIELD_TEXT_OPTIONAL(notification, offer_id, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(notification, sku, ID_SIZE_MAX),
    FIELD_TIME_OPTIONAL(notification, expected_at),
    FIELD_TIME_OPTIONAL(notification, due_by),
    FIELD_TIME_OPTIONAL(notification, answer_by),
    FIELD_ENUM_OPTIONAL(notification, consent, symbols_consent),
    FIELD_TIME_OPTIONAL(notification, expires_at),
    FIELD_TEXT(notification, subject, SUBJECT_SIZE_MAX),
    FIELD_TEXT(notification, body, BODY_SIZE_MAX),
};
const struct record_type type_notification =
    RECORD_TYPE("Notification", "notification", notification, notification_fields);

static const struct field_type refund_request_fields[] = {
    FIELD_TEXT(refund_request, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(refund_request, seller_id, ID_SIZE_MAX),
    FIELD_TIME(refund_request, at),
    FIELD_TEXT(refund_request, refund_id, ID_SIZE_MAX),
    FIELD_TEXT(refund_request, case_id, ID_SIZE_MAX),
    FIELD_TEXT(refund_request, order_id, ID_SIZE_MAX),
    FIELD_INT(refund_request, line_no),
    FIELD_LONG(refund_request, amount_minor),
    FIELD_TEXT(refund_request, currency, CODE_SIZE_MAX),
    FIELD_ENUM(refund_request, reason, symbols_refund_reason),
    FIELD_INT(refund_request, attempt),
    FIELD_TIME(refund_request, due_by),
};
const struct record_type type_refund_request =
    RECORD_TYPE("RefundRequest", "refund-request", refund_request, refund_request_fields);

static const struct field_type fulfilment_plan_fields[] = {
    FIELD_TEXT(fulfilment_plan, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(fulfilment_plan, seller_id, ID_SIZE_MAX),
    FIELD_TIME(fulfilment_plan, at),
    FIELD_TEXT(fulfilment_plan, plan_id, ID_SIZE_MAX),
    FIELD_TEXT(fulfilment_plan, case_id, ID_SIZE_MAX),
    FIELD_TEXT(fulfilment_plan, order_id, ID_SIZE_MAX),
    FIELD_INT(fulfilment_plan, line_no),
    FIELD_ENUM(fulfilment_plan, action, symbols_plan_action),
    FIELD_TIME_OPTIONAL(fulfilment_plan, until),
    FIELD_TEXT_OPTIONAL(fulfilment_plan, sku, ID_SIZE_MAX),
    FIELD_INT_OPTIONAL(fulfilment_plan, quantity),
    FIELD_INT_OPTIONAL(fulfilment_plan, new_line_no),
    FIELD_LONG_OPTIONAL(fulfilment_plan, seller_absorbs_minor),
};
const struct record_type type_fulfilment_plan =
    RECORD_TYPE("FulfilmentPlan", "fulfilment-plan", fulfilment_plan, fulfilment_plan_fields);

static const struct field_type compensation_fields[] = {
    FIELD_TEXT(compensation, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(compensation, seller_id, ID_SIZE_MAX),
    FIELD_TIME(compensation, at),
    FIELD_TEXT(compensation, compensation_id, ID_SIZE_MAX),
    FIELD_TEXT(compensation, case_id, ID_SIZE_MAX),
    FIELD_TEXT(compensation, order_id, ID_SIZE_MAX),
    FIELD_INT(compensation, line_no),
    FIELD_ENUM(compensation, kind, symbols_compensation_kind),
    FIELD_ENUM_OPTIONAL(compensation, rule, symbols_penalty_rule),
    FIELD_LONG(compensation, amount_minor),
    FIELD_TEXT(compensation, currency, CODE_SIZE_MAX),
    FIELD_ENUM(compensation, payer, symbols_payer),
    FIELD_ENUM(compensation, instrument, symbols_instrument),
    FIELD_LONG_OPTIONAL(compensation, base_minor),
    FIELD_INT_OPTIONAL(compensation, rate_bp),
    FIELD_TEXT(compensation, policy, POLICY_ID_SIZE),
};
const struct record_type type_compensation =
    RECORD_TYPE("Compensation", "compensation", compensation, compensation_fields);

static const struct field_type line_change_fields[] = {
    FIELD_INT(line_change, line_no),
    FIELD_ENUM(line_change, before, symbols_line_state),
    FIELD_ENUM(line_change, after, symbols_line_state),
};
const struct record_type type_line_change =
    RECORD_TYPE("LineChange", NULL, line_change, line_change_fields);

static const struct field_type effect_id_fields[] = {
    FIELD_TEXT(effect_id, topic, TOPIC_SIZE_MAX),
    FIELD_TEXT(effect_id, id, ID_SIZE_MAX),
};
static const struct record_type type_effect_id =
    RECORD_TYPE("EffectId", NULL, effect_id, effect_id_fields);

static const struct field_type case_event_fields[] = {
    FIELD_TEXT(case_event, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(case_event, seller_id, ID_SIZE_MAX),
    FIELD_TIME(case_event, at),
    FIELD_TEXT(case_event, event_id, ID_SIZE_MAX),
    FIELD_TEXT(case_event, case_id, ID_SIZE_MAX),
    FIELD_TEXT(case_event, order_id, ID_SIZE_MAX),
    FIELD_LONG(case_event, sequence),
    FIELD_TEXT(case_event, policy, POLICY_ID_SIZE),
    FIELD_TEXT(case_event, fact_topic, TOPIC_SIZE_MAX),
    FIELD_BYTES(case_event, fact, FACT_SIZE_MAX),
    FIELD_ENUM(case_event, verdict, symbols_verdict),
    FIELD_ENUM_OPTIONAL(case_event, reason, symbols_refusal),
    FIELD_ARRAY(case_event, lines, line_count, CASE_LINES_MAX, line_change, type_line_change),
    FIELD_ARRAY(case_event, effects, effect_count, EFFECTS_MAX, effect_id, type_effect_id),
};
const struct record_type type_case_event =
    RECORD_TYPE("CaseEvent", "case-event", case_event, case_event_fields);
