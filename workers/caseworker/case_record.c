#include "caseworker/case_record.h"

#include <stddef.h>
#include <string.h>

#define COUNT_OF(table) ((uint32_t)(sizeof(table) / sizeof *(table)))
#define TYPE_OF(avro_name, avro_folder, type, table)                               \
    {                                                                              \
        .name = (avro_name), .folder = (avro_folder), .size = sizeof(struct type), \
        .field_count = COUNT_OF(table), .fields = (table)                          \
    }
#define FIELD(avro_name, avro_kind, is_optional, type, member)               \
    {                                                                        \
        .name = (avro_name), .kind = (avro_kind), .optional = (is_optional), \
        .offset = (uint32_t)offsetof(struct type, member)                    \
    }
#define TEXT_FIELD(avro_name, type, member, limit)                             \
    {                                                                          \
        .name = (avro_name), .kind = KIND_STRING, .optional = true,            \
        .offset = (uint32_t)offsetof(struct type, member), .size_max = (limit) \
    }

/* ---- head ----------------------------------------------------------------------------------- */

#define HEAD_INT(name, member) FIELD(name, KIND_INT, false, case_head_record, file.member)
#define HEAD_LONG(name, member) FIELD(name, KIND_LONG, false, case_head_record, file.member)
#define HEAD_LONG_OPTIONAL(name, member) FIELD(name, KIND_LONG, true, case_head_record, file.member)
#define HEAD_BOOLEAN(name, member) FIELD(name, KIND_BOOLEAN, false, case_head_record, file.member)
#define HEAD_TEXT(member, limit) TEXT_FIELD(#member, case_head_record, member, limit)

static const struct field_type case_head_fields[] = {
    HEAD_TEXT(order_id, ID_SIZE_MAX),
    HEAD_TEXT(marketplace, ID_SIZE_MAX),
    HEAD_TEXT(seller_id, ID_SIZE_MAX),
    HEAD_TEXT(buyer_id, ID_SIZE_MAX),
    HEAD_TEXT(locale, LOCALE_SIZE),
    HEAD_TEXT(currency, CURRENCY_SIZE),
    HEAD_TEXT(policy, POLICY_ID_SIZE),
    HEAD_LONG("paid_at", paid_at_ms),
    HEAD_LONG_OPTIONAL("ship_by", ship_by_ms),
    HEAD_LONG("sequence", sequence),
    HEAD_INT("notice_count", notice_count),
    HEAD_BOOLEAN("told", told),
    HEAD_LONG_OPTIONAL("grace", grace_ms),
    HEAD_LONG_OPTIONAL("closed_at", closed_at_ms),
    HEAD_INT("settlement", settlement),
    HEAD_TEXT(offer_id, ID_SIZE_MAX),
    HEAD_LONG("offer_minor", offer_minor),
    HEAD_INT("offer_instrument", offer_instrument),
    HEAD_LONG("declined_at", declined_at_ms),
    HEAD_INT("fingerprint_count", fingerprint_count),
    {.name = "fingerprints",
     .kind = KIND_BYTES,
     .offset = (uint32_t)offsetof(struct case_head_record, fingerprints),
     .size_max = CASE_FINGERPRINTS_MAX * 8},
    {.name = "trace",
     .kind = KIND_BYTES,
     .optional = true,
     .offset = (uint32_t)offsetof(struct case_head_record, trace),
     .size_max = TRACE_SIZE},
    HEAD_LONG("life", life),
};
const struct record_type type_case_head =
    TYPE_OF("CaseHead", "case-head", case_head_record, case_head_fields);

/* ---- line ----------------------------------------------------------------------------------- */

static const struct field_type case_refund_fields[] = {
    FIELD("state", KIND_INT, false, case_refund, state),
    FIELD("reason", KIND_INT, false, case_refund, reason),
    FIELD("attempt", KIND_INT, false, case_refund, attempt),
    FIELD("amount_minor", KIND_LONG, false, case_refund, amount_minor),
    FIELD("due_by", KIND_LONG, false, case_refund, due_by_ms),
    FIELD("retry_at", KIND_LONG, false, case_refund, retry_at_ms),
};
static const struct record_type type_case_refund =
    TYPE_OF("CaseRefund", NULL, case_refund, case_refund_fields);

static const struct field_type offered_fields[] = {
    TEXT_FIELD("sku", offered_record, sku, ID_SIZE_MAX),
    FIELD("ship_within_h", KIND_INT, false, offered_record, ship_within_h),
    FIELD("price_minor", KIND_LONG, false, offered_record, price_minor),
};
static const struct record_type type_offered =
    TYPE_OF("OfferedSubstitute", NULL, offered_record, offered_fields);

#define LINE_INT(name, member) FIELD(name, KIND_INT, false, case_line_record, line.member)
#define LINE_LONG(name, member) FIELD(name, KIND_LONG, false, case_line_record, line.member)
#define LINE_LONG_OPTIONAL(name, member) FIELD(name, KIND_LONG, true, case_line_record, line.member)
#define LINE_BOOLEAN(name, member) FIELD(name, KIND_BOOLEAN, false, case_line_record, line.member)
#define LINE_TEXT(member) TEXT_FIELD(#member, case_line_record, member, ID_SIZE_MAX)
#define LINE_ARRAY(member, counter, limit, item)                              \
    {                                                                         \
        .name = #member, .kind = KIND_ARRAY,                                  \
        .offset = (uint32_t)offsetof(struct case_line_record, member),        \
        .count_offset = (uint32_t)offsetof(struct case_line_record, counter), \
        .count_max = (limit), .record = &(item)                               \
    }

static const struct field_type case_line_fields[] = {
    LINE_TEXT(order_id),
    LINE_INT("line_no", line_no),
    LINE_INT("state", state),
    LINE_TEXT(sku),
    LINE_LONG("quantity", quantity),
    LINE_LONG("paid_minor", paid_minor),
    LINE_LONG("first_promise", first_promise_ms),
    LINE_LONG("promise", promise_ms),
    LINE_LONG("revision", revision),
    LINE_INT("episode", episode),
    LINE_INT("cause", cause),
    LINE_LONG("queue_place", queue_place),
    LINE_LONG_OPTIONAL("expected_at", expected_at_ms),
    LINE_INT("notice", notice),
    LINE_BOOLEAN("renewal_pending", renewal_pending),
    LINE_BOOLEAN("wait_offered", wait_offered),
    LINE_LONG("noticed_at", noticed_at_ms),
    LINE_LONG_OPTIONAL("told", told_ms),
    LINE_LONG_OPTIONAL("decide_by", decide_by_ms),
    LINE_INT("on_silence", on_silence),
    LINE_ARRAY(offered, offered_count, OFFERED_SUBSTITUTES_MAX, type_offered),
    LINE_LONG_OPTIONAL("agreed", agreed_ms),
    LINE_INT("consent", consent),
    LINE_BOOLEAN("held", held),
    LINE_TEXT(replacement_sku),
    LINE_ARRAY(refunds, refund_count, REFUND_PURPOSE_COUNT, type_case_refund),
    LINE_INT("penalties_due", penalties_due),
    LINE_LONG_OPTIONAL("penalty_at", penalty_at_ms),
    LINE_LONG("penalty_paid_minor", penalty_paid_minor),
    TEXT_FIELD("title", case_line_record, title, TITLE_KEPT_MAX),
    LINE_BOOLEAN("shipped", shipped),
};
const struct record_type type_case_line =
    TYPE_OF("CaseLine", "case-line", case_line_record, case_line_fields);

/* ---- mapping -------------------------------------------------------------------------------- */

void case_id_of(struct text order_id, char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    identity_begin(&identity, "case");
    identity_text(&identity, order_id);
    identity_end(&identity, ret_id);
}

void case_head_to_record(const struct case_file *file, struct case_head_record *ret_record)
{
    uint32_t kept = file->fingerprint_count < CASE_FINGERPRINTS_MAX ? file->fingerprint_count
                                                                    : CASE_FINGERPRINTS_MAX;
    ret_record->file = *file;
    ret_record->order_id = id_text(&file->order_id);
    ret_record->marketplace = id_text(&file->marketplace);
    ret_record->seller_id = id_text(&file->seller_id);
    ret_record->buyer_id = id_text(&file->buyer_id);
    ret_record->locale = text_of(file->locale);
    ret_record->currency = text_of(file->currency);
    ret_record->policy = text_of(file->policy);
    ret_record->offer_id = id_text(&file->offer_id);
    ret_record->trace = trace_text(&file->trace);
    ret_record->fingerprints = (struct text){(const char *)file->fingerprints, kept * 8};
}

void case_line_to_record(const struct case_file *file, const struct case_line *line,
                         struct offered_record offered[OFFERED_SUBSTITUTES_MAX],
                         struct case_line_record *ret_record)
{
    ret_record->line = *line;
    ret_record->order_id = id_text(&file->order_id);
    ret_record->sku = id_text(&line->sku);
    ret_record->replacement_sku = id_text(&line->replacement_sku);
    ret_record->title = title_text(&line->title);
    ret_record->refunds = (struct case_refund *)(uintptr_t)&line->refunds[1];
    ret_record->refund_count = REFUND_PURPOSE_COUNT - 1;
    ret_record->offered = offered;
    ret_record->offered_count = line->offered_count;
    for (uint32_t i = 0; i < line->offered_count; i++) {
        offered[i] = (struct offered_record){
            .sku = id_text(&line->offered[i].sku),
            .ship_within_h = line->offered[i].ship_within_h,
            .price_minor = line->offered[i].price_minor,
        };
    }
}

static bool take_id(struct text text, struct id *ret_id)
{
    if (text.size > ID_SIZE_MAX) {
        return false;
    }
    id_set(ret_id, text);
    return true;
}

static bool take_string(struct text text, char *ret_string, size_t size)
{
    if (text.size >= size) {
        return false;
    }
    memset(ret_string, 0, size);
    if (text.size) {
        memcpy(ret_string, text.data, text.size);
    }
    return true;
}

bool case_head_from_record(const struct case_head_record *record, struct case_file *file)
{
    struct case_line *lines = file->lines;
    uint32_t line_count = file->line_count;
    uint32_t line_capacity = file->line_capacity;
    *file = record->file;
    file->lines = lines;
    file->line_count = line_count;
    file->line_capacity = line_capacity;
    file->trace = trace_of(record->trace);
    if (record->fingerprints.size > sizeof file->fingerprints ||
        record->file.settlement >= SETTLEMENT_STATE_COUNT) {
        return false;
    }
    memset(file->fingerprints, 0, sizeof file->fingerprints);
    if (record->fingerprints.size) {
        memcpy(file->fingerprints, record->fingerprints.data, record->fingerprints.size);
    }
    return take_id(record->order_id, &file->order_id) &&
           take_id(record->marketplace, &file->marketplace) &&
           take_id(record->seller_id, &file->seller_id) &&
           take_id(record->buyer_id, &file->buyer_id) &&
           take_id(record->offer_id, &file->offer_id) &&
           take_string(record->locale, file->locale, sizeof file->locale) &&
           take_string(record->currency, file->currency, sizeof file->currency) &&
           take_string(record->policy, file->policy, sizeof file->policy);
}

bool case_line_from_record(const struct case_line_record *record, struct case_line *ret_line)
{
    *ret_line = record->line;
    if (record->offered_count > OFFERED_SUBSTITUTES_MAX ||
        record->refund_count >= REFUND_PURPOSE_COUNT || record->line.state >= LINE_STATE_COUNT) {
        return false;
    }
    if (record->title.size > TITLE_KEPT_MAX) {
        return false;
    }
    title_set(&ret_line->title, record->title);
    memset(ret_line->refunds, 0, sizeof ret_line->refunds);
    for (uint32_t i = 0; i < record->refund_count; i++) {
        ret_line->refunds[i + 1] = record->refunds[i];
    }
    memset(ret_line->offered, 0, sizeof ret_line->offered);
    ret_line->offered_count = record->offered_count;
    for (uint32_t i = 0; i < record->offered_count; i++) {
        struct offered_substitute *offered = &ret_line->offered[i];
        offered->ship_within_h = record->offered[i].ship_within_h;
        offered->price_minor = record->offered[i].price_minor;
        if (!take_id(record->offered[i].sku, &offered->sku)) {
            return false;
        }
    }
    return take_id(record->sku, &ret_line->sku) &&
           take_id(record->replacement_sku, &ret_line->replacement_sku);
}
