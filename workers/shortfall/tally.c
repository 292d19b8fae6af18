#include "shortfall/tally.h"

#define ROW(field, told, is_money)                            \
    {                                                         \
#field, told, is_money, offsetof(struct tally, field) \
    }

const struct tally_row tally_rows[] = {
    ROW(first_notices, "notices of a shortage", false),
    ROW(renewed_notices, "notices of another date", false),
    ROW(messages, "messages in all", false),
    ROW(silent_refunds, "silence: refunded", false),
    ROW(silent_waits, "silence: waits", false),
    ROW(date_refunds, "date passed: refunded", false),
    ROW(refunds, "refunds", false),
    ROW(refunded_minor, "refunds, money", true),
    ROW(penalties, "penalties", false),
    ROW(penalties_minor, "penalties, money", true),
    ROW(settled, "agreed or ruled", false),
    ROW(settled_minor, "agreed or ruled, money", true),
};
const size_t tally_row_count = sizeof tally_rows / sizeof *tally_rows;

int64_t tally_value(const struct tally *tally, const struct tally_row *row)
{
    int64_t value;
    memcpy(&value, (const char *)tally + row->offset, sizeof value);
    return value;
}

void tally_notification(struct tally *tally, const struct notification *notification)
{
    bool refund_starts = notification->kind == NOTICE_REFUND_STARTED;
    tally->messages++;
    tally->first_notices += notification->kind == NOTICE_SHORTAGE;
    tally->renewed_notices += notification->kind == NOTICE_RENEWED;
    tally->silent_refunds += refund_starts && text_equal(notification->reason, TEXT("SILENCE"));
    tally->date_refunds += refund_starts && text_equal(notification->reason, TEXT("DATE_PASSED"));
    tally->silent_waits +=
        notification->kind == NOTICE_WAIT_CONFIRMED && notification->consent == CONSENT_SILENCE;
}

void tally_refund_request(struct tally *tally, const struct refund_request *request)
{
    if (request->attempt == 1) {
        tally->refunds++;
        tally->refunded_minor += request->amount_minor;
    }
}

void tally_compensation(struct tally *tally, const struct compensation *compensation)
{
    if (compensation->kind == COMPENSATION_PENALTY) {
        tally->penalties++;
        tally->penalties_minor += compensation->amount_minor;
    } else {
        tally->settled++;
        tally->settled_minor += compensation->amount_minor;
    }
}

void tally_effects(struct tally *tally, const struct case_effects *effects)
{
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        tally_notification(tally, &effects->notifications[i]);
    }
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        tally_refund_request(tally, &effects->refund_requests[i]);
    }
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        tally_compensation(tally, &effects->compensations[i]);
    }
}

void tally_add(struct tally *sum, const struct tally *part)
{
    sum->first_notices += part->first_notices;
    sum->renewed_notices += part->renewed_notices;
    sum->messages += part->messages;
    sum->silent_refunds += part->silent_refunds;
    sum->silent_waits += part->silent_waits;
    sum->date_refunds += part->date_refunds;
    sum->refunds += part->refunds;
    sum->refunded_minor += part->refunded_minor;
    sum->penalties += part->penalties;
    sum->penalties_minor += part->penalties_minor;
    sum->settled += part->settled;
    sum->settled_minor += part->settled_minor;
}
