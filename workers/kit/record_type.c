/* The records that come in, and those between the sequencer and the allocator. What goes out is in
 * record_type_out.c. */
#include "kit/record_type.h"

#include <string.h>

#include "core/must.h"
#include "kit/record_type_fields.h"

/* Ceilings of texts that are no ids (ID_SIZE_MAX is the one of ids). */
enum {
    CODE_SIZE_MAX = 64, /* a locale, a currency, an actor */
    REFERENCE_SIZE_MAX = 1024,
    TOPIC_SIZE_MAX = 249, /* Kafka's own limit */
    FACTS_PER_EVENT_MAX = 65536,
};

const char *const symbols_close_reason[] = {"UNKNOWN",  "SHIPPED",     "CANCELLED",
                                            "REFUNDED", "SUBSTITUTED", NULL};
const char *const symbols_choice[] = {"UNKNOWN", "WAIT",   "SUBSTITUTE",   "CANCEL", "CLAIM",
                                      "ACCEPT",  "REJECT", "ASK_PLATFORM", NULL};
const char *const symbols_instrument[] = {"UNKNOWN", "CASH", "COUPON", "POINTS", "DISCOUNT", NULL};
const char *const symbols_channel[] = {"UNKNOWN",     "WEB",   "APP",   "MINI_PROGRAM",
                                       "LIVE_STREAM", "STORE", "PHONE", NULL};
static const char *const symbols_response_kind[] = {"UNKNOWN", "REPORT_NO_STOCK",
                                                    "OFFER_COMPENSATION", "DECLINE", NULL};
static const char *const symbols_ruling[] = {"UNKNOWN", "REFUND", "COMPENSATE", "DISMISS", NULL};
static const char *const symbols_refund_status[] = {"UNKNOWN", "SUCCEEDED", "FAILED", NULL};
static const char *const symbols_sku_fact_kind[] = {"UNKNOWN", "PAID",  "LEVEL", "CLOSED",
                                                    "REPORT",  "RULES", NULL};

static const struct field_type order_line_fields[] = {
    FIELD_INT(order_line, line_no),
    FIELD_TEXT(order_line, sku, ID_SIZE_MAX),
    FIELD_INT(order_line, quantity),
    FIELD_LONG(order_line, paid_minor),
    FIELD_TEXT_OPTIONAL(order_line, title, TITLE_SIZE_MAX),
};
static const struct record_type type_order_line =
    RECORD_TYPE("OrderLine", NULL, order_line, order_line_fields);

static const struct field_type order_paid_fields[] = {
    FIELD_TEXT(order_paid, order_id, ID_SIZE_MAX),
    FIELD_TEXT(order_paid, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(order_paid, seller_id, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(order_paid, buyer_id, ID_SIZE_MAX),
    FIELD_TEXT_DEFAULT(order_paid, locale, CODE_SIZE_MAX, "\"en\""),
    FIELD_TEXT(order_paid, currency, CODE_SIZE_MAX),
    FIELD_TIME(order_paid, paid_at),
    FIELD_TIME_OPTIONAL(order_paid, ship_by),
    FIELD_ENUM_DEFAULT(order_paid, channel, symbols_channel, "\"UNKNOWN\""),
    FIELD_ARRAY(order_paid, lines, line_count, LINES_PER_ORDER_MAX, order_line, type_order_line),
};
const struct record_type type_order_paid =
    RECORD_TYPE("OrderPaid", "order-paid", order_paid, order_paid_fields);

static const struct field_type restock_fields[] = {
    FIELD_TIME(restock, expected_at),
    FIELD_LONG(restock, quantity),
};
static const struct record_type type_restock =
    RECORD_TYPE("Restock", NULL, restock, restock_fields);

static const struct field_type stock_level_fields[] = {
    FIELD_TEXT(stock_level, sku, ID_SIZE_MAX),
    FIELD_TEXT(stock_level, warehouse_id, ID_SIZE_MAX),
    FIELD_LONG(stock_level, on_hand),
    FIELD_LONG_DEFAULT(stock_level, safety_stock, "0"),
    FIELD_LONG(stock_level, version),
    FIELD_TIME(stock_level, counted_at),
    FIELD_RECORD_OPTIONAL(stock_level, restock, restock, type_restock),
    FIELD_ARRAY_DEFAULT(stock_level, restocks, restock_count, RESTOCKS_MAX, restock, type_restock,
                        "[]"),
};
const struct record_type type_stock_level =
    RECORD_TYPE("StockLevel", "stock-level", stock_level, stock_level_fields);

static const struct field_type order_closed_fields[] = {
    FIELD_TEXT(order_closed, order_id, ID_SIZE_MAX),
    FIELD_INT(order_closed, line_no),
    FIELD_TEXT(order_closed, sku, ID_SIZE_MAX),
    FIELD_ENUM(order_closed, reason, symbols_close_reason),
    FIELD_TEXT_OPTIONAL(order_closed, warehouse_id, ID_SIZE_MAX),
    FIELD_TIME(order_closed, closed_at),
};
const struct record_type type_order_closed =
    RECORD_TYPE("OrderClosed", "order-closed", order_closed, order_closed_fields);

static const struct field_type substitute_offer_fields[] = {
    FIELD_TEXT(substitute_offer, sku, ID_SIZE_MAX),
    FIELD_LONG(substitute_offer, price_minor),
    FIELD_INT(substitute_offer, ship_within_h),
};
static const struct record_type type_substitute_offer =
    RECORD_TYPE("SubstituteOffer", NULL, substitute_offer, substitute_offer_fields);

static const struct field_type substitute_fields[] = {
    FIELD_TEXT(substitute, sku, ID_SIZE_MAX),
    FIELD_ARRAY(substitute, substitutes, substitute_count, SUBSTITUTES_MAX, substitute_offer,
                type_substitute_offer),
};
const struct record_type type_substitute =
    RECORD_TYPE("Substitute", "substitute", substitute, substitute_fields);

static const struct field_type buyer_decision_fields[] = {
    FIELD_TEXT(buyer_decision, id, ID_SIZE_MAX),
    FIELD_TEXT(buyer_decision, order_id, ID_SIZE_MAX),
    FIELD_INT(buyer_decision, line_no),
    FIELD_ENUM(buyer_decision, choice, symbols_choice),
    FIELD_INT_OPTIONAL(buyer_decision, notice),
    FIELD_TEXT_OPTIONAL(buyer_decision, sku, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(buyer_decision, offer_id, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(buyer_decision, actor, CODE_SIZE_MAX),
    FIELD_TIME(buyer_decision, decided_at),
};
const struct record_type type_buyer_decision =
    RECORD_TYPE("BuyerDecision", "buyer-decision", buyer_decision, buyer_decision_fields);

static const struct field_type seller_response_fields[] = {
    FIELD_TEXT(seller_response, id, ID_SIZE_MAX),
    FIELD_TEXT(seller_response, order_id, ID_SIZE_MAX),
    FIELD_INT_DEFAULT(seller_response, line_no, "0"),
    FIELD_TEXT_OPTIONAL(seller_response, sku, ID_SIZE_MAX),
    FIELD_ENUM(seller_response, kind, symbols_response_kind),
    FIELD_LONG_OPTIONAL(seller_response, amount_minor),
    FIELD_ENUM_OPTIONAL(seller_response, instrument, symbols_instrument),
    FIELD_TEXT_OPTIONAL(seller_response, evidence_ref, REFERENCE_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(seller_response, actor, CODE_SIZE_MAX),
    FIELD_TIME(seller_response, responded_at),
};
const struct record_type type_seller_response =
    RECORD_TYPE("SellerResponse", "seller-response", seller_response, seller_response_fields);

static const struct field_type platform_ruling_fields[] = {
    FIELD_TEXT(platform_ruling, id, ID_SIZE_MAX),
    FIELD_TEXT(platform_ruling, order_id, ID_SIZE_MAX),
    FIELD_INT_DEFAULT(platform_ruling, line_no, "0"),
    FIELD_ENUM(platform_ruling, ruling, symbols_ruling),
    FIELD_LONG_OPTIONAL(platform_ruling, amount_minor),
    FIELD_TIME(platform_ruling, ruled_at),
};
const struct record_type type_platform_ruling =
    RECORD_TYPE("PlatformRuling", "platform-ruling", platform_ruling, platform_ruling_fields);

static const struct field_type refund_result_fields[] = {
    FIELD_TEXT(refund_result, refund_id, ID_SIZE_MAX),
    FIELD_TEXT(refund_result, order_id, ID_SIZE_MAX),
    FIELD_INT(refund_result, line_no),
    FIELD_INT(refund_result, attempt),
    FIELD_ENUM(refund_result, status, symbols_refund_status),
    FIELD_BOOLEAN_DEFAULT(refund_result, retryable, "true"),
    FIELD_TEXT_OPTIONAL(refund_result, failure_code, REFERENCE_SIZE_MAX),
    FIELD_TIME(refund_result, at),
};
const struct record_type type_refund_result =
    RECORD_TYPE("RefundResult", "refund-result", refund_result, refund_result_fields);

static const struct field_type clock_tick_fields[] = {
    FIELD_TIME(clock_tick, at),
};
const struct record_type type_clock_tick =
    RECORD_TYPE("ClockTick", "clock", clock_tick, clock_tick_fields);

static const struct field_type sku_fact_fields[] = {
    FIELD_ENUM(sku_fact, kind, symbols_sku_fact_kind),
    FIELD_TEXT(sku_fact, sku, ID_SIZE_MAX),
    FIELD_TIME(sku_fact, at),
    FIELD_TEXT_OPTIONAL(sku_fact, id, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(sku_fact, order_id, ID_SIZE_MAX),
    FIELD_INT_DEFAULT(sku_fact, line_no, "0"),
    FIELD_LONG_DEFAULT(sku_fact, quantity, "0"),
    FIELD_ENUM_DEFAULT(sku_fact, reason, symbols_close_reason, "\"UNKNOWN\""),
    FIELD_TEXT_OPTIONAL(sku_fact, warehouse_id, ID_SIZE_MAX),
    FIELD_LONG_DEFAULT(sku_fact, on_hand, "0"),
    FIELD_LONG_DEFAULT(sku_fact, safety_stock, "0"),
    FIELD_LONG_DEFAULT(sku_fact, version, "0"),
    FIELD_ARRAY_DEFAULT(sku_fact, restocks, restock_count, RESTOCKS_MAX, restock, type_restock,
                        "[]"),
    FIELD_BYTES_OPTIONAL(sku_fact, order_facts, ORDER_FACTS_SIZE_MAX),
    FIELD_INT_DEFAULT(sku_fact, rules, "0"),
    FIELD_TEXT(sku_fact, source_topic, TOPIC_SIZE_MAX),
    FIELD_INT(sku_fact, source_partition),
    FIELD_LONG(sku_fact, source_offset),
};
static const struct record_type type_sku_fact =
    RECORD_TYPE("SkuFact", NULL, sku_fact, sku_fact_fields);

static const struct field_type sku_event_fields[] = {
    FIELD_TIME(sku_event, log),
    FIELD_ARRAY(sku_event, facts, fact_count, FACTS_PER_EVENT_MAX, sku_fact, type_sku_fact),
};
const struct record_type type_sku_event =
    RECORD_TYPE("SkuEvent", "sku-event", sku_event, sku_event_fields);

static const struct field_type order_facts_fields[] = {
    FIELD_TEXT(order_facts, marketplace, ID_SIZE_MAX),
    FIELD_TEXT(order_facts, seller_id, ID_SIZE_MAX),
    FIELD_TEXT_OPTIONAL(order_facts, buyer_id, ID_SIZE_MAX),
    FIELD_TEXT_DEFAULT(order_facts, locale, CODE_SIZE_MAX, "\"en\""),
    FIELD_TEXT(order_facts, currency, CODE_SIZE_MAX),
    FIELD_LONG(order_facts, paid_minor),
    FIELD_TIME(order_facts, paid_at),
    FIELD_TIME_OPTIONAL(order_facts, ship_by),
    FIELD_TEXT_OPTIONAL(order_facts, title, TITLE_KEPT_MAX),
    FIELD_ENUM_DEFAULT(order_facts, channel, symbols_channel, "\"UNKNOWN\""),
    FIELD_BYTES_OPTIONAL(order_facts, trace, TRACE_SIZE),
};
const struct record_type type_order_facts =
    RECORD_TYPE("OrderFacts", "order-facts", order_facts, order_facts_fields);

const struct record_type *const record_types[] = {
    &type_order_paid,      &type_stock_level,     &type_order_closed,    &type_substitute,
    &type_buyer_decision,  &type_seller_response, &type_platform_ruling, &type_refund_result,
    &type_clock_tick,      &type_sku_event,       &type_order_facts,     &type_shortage,
    &type_line_outcome,    &type_listing_status,  &type_notification,    &type_refund_request,
    &type_fulfilment_plan, &type_compensation,    &type_case_event,      NULL,
};

const char *field_kind_name(enum field_kind kind)
{
    switch (kind) {
    case KIND_INT:
        return "int";
    case KIND_LONG:
        return "long";
    case KIND_BOOLEAN:
        return "boolean";
    case KIND_ENUM:
        return "enum";
    case KIND_STRING:
        return "string";
    case KIND_BYTES:
        return "bytes";
    case KIND_RECORD:
        return "record";
    case KIND_ARRAY:
        return "array";
    }
    return "?";
}

const struct record_type *record_type_of_folder(const char *folder)
{
    for (const struct record_type *const *type = record_types; *type; type++) {
        if (strcmp((*type)->folder, folder) == 0) {
            return *type;
        }
    }
    return NULL;
}

const char *record_type_symbol(const struct record_type *type, const char *field, unsigned value)
{
    const char *const *symbols = NULL;
    for (uint32_t i = 0; i < type->field_count && !symbols; i++) {
        if (strcmp(type->fields[i].name, field) == 0) {
            symbols = type->fields[i].symbols;
        }
    }
    must(symbols);
    for (unsigned at = 0; symbols[at]; at++) {
        if (at == value) {
            return symbols[at];
        }
    }
    return NULL;
}
