/* Example notifications, filled the way the rules fill them: at least one for every message.
 *
 * docs/MESSAGES.md is made of them, and the tests of the words share them. */
#ifndef SHORTFALL_TESTS_KIT_WORDS_SUPPORT_H
#define SHORTFALL_TESTS_KIT_WORDS_SUPPORT_H

#include "core/contract.h"

#define ROW_COUNT(table) (sizeof(table) / sizeof *(table))

/* 2026-11-11, 12, 13, 20 and 30, always 00:00 UTC. */
#define NOV_11 INT64_C(1794355200000)
#define NOV_12 (NOV_11 + INT64_C(86400000))
#define NOV_13 (NOV_12 + INT64_C(86400000))
#define NOV_20 (NOV_13 + 7 * INT64_C(86400000))
#define NOV_30 (NOV_20 + 10 * INT64_C(86400000))

#define SET(number)                     \
    {                                   \
        .value = (number), .set = true, \
    }

struct example {
    const char *title; /* what is special about it; NULL: nothing */
    struct notification notification;
};

static struct notice_choice choices_all[] = {
    {.choice = CHOICE_WAIT, .expected_at_ms = SET(NOV_20)},
    {.choice = CHOICE_SUBSTITUTE,
     .sku = TEXT("shop7:kettle-1.5l"),
     .expected_at_ms = SET(NOV_13),
     .refund_minor = 2000},
    {.choice = CHOICE_SUBSTITUTE,
     .sku = TEXT("shop7:kettle-1.7l-steel"),
     .expected_at_ms = SET(NOV_13)},
    {.choice = CHOICE_CANCEL, .refund_minor = 25900},
};
static struct notice_choice choices_undated[] = {
    {.choice = CHOICE_WAIT},
    {.choice = CHOICE_CANCEL, .refund_minor = 5900},
};
static struct notice_choice choices_cancel[] = {
    {.choice = CHOICE_CANCEL, .refund_minor = 5900},
};
static struct notice_choice choices_dated[] = {
    {.choice = CHOICE_WAIT, .expected_at_ms = SET(NOV_20)},
    {.choice = CHOICE_CANCEL, .refund_minor = 5900},
};

#define KETTLE                                                                          \
    .line_no = 1, .sku = TEXT("shop7:kettle-1.7l"), .quantity = 1, .paid_minor = 25900, \
    .title = TEXT("Kettle, 1.7 l")
#define CUP .line_no = 2, .sku = TEXT("shop7:cup-blue"), .quantity = 2, .paid_minor = 5900

static struct notice_line lines_mixed[] = {
    {KETTLE, .choices = choices_all, .choice_count = ROW_COUNT(choices_all),
     .expected_at_ms = SET(NOV_20), .queue_place = SET(3), .decide_by_ms = SET(NOV_13),
     .on_silence = SILENCE_REFUND},
    {CUP, .choices = choices_cancel, .choice_count = ROW_COUNT(choices_cancel),
     .decide_by_ms = SET(NOV_12), .on_silence = SILENCE_REFUND},
};
static struct notice_line lines_undated[] = {
    {CUP, .choices = choices_undated, .choice_count = ROW_COUNT(choices_undated),
     .queue_place = SET(1), .decide_by_ms = SET(NOV_13), .on_silence = SILENCE_WAIT},
};
static struct notice_line lines_dated[] = {
    {CUP, .choices = choices_dated, .choice_count = ROW_COUNT(choices_dated),
     .expected_at_ms = SET(NOV_20), .queue_place = SET(2), .decide_by_ms = SET(NOV_13),
     .on_silence = SILENCE_WAIT},
};
static struct notice_line line_cup[] = {{CUP}};
static struct notice_line line_kettle[] = {{KETTLE}};

#define COMMON                                                                 \
    .marketplace = TEXT("tmall"), .seller_id = TEXT("shop7"), .at_ms = NOV_11, \
    .order_id = TEXT("2026111100042"), .currency = TEXT("CNY"),                \
    .case_id = TEXT("7d1f2c3e-5a0b-5c1d-8e2f-3a4b5c6d7e8f")
#define LINES(name) .lines = (name), .line_count = ROW_COUNT(name)
#define BUYER(name) COMMON, .audience = AUDIENCE_BUYER, .kind = NOTICE_##name
#define SELLER(why) \
    COMMON, .audience = AUDIENCE_SELLER, .kind = NOTICE_NEEDS_ACTION, .reason = TEXT(why)
#define SUPPORT(why) \
    COMMON, .audience = AUDIENCE_SUPPORT, .kind = NOTICE_NEEDS_ACTION, .reason = TEXT(why)
#define REFUND(why)                                                                         \
    BUYER(REFUND_STARTED), .reason = TEXT(why), LINES(line_cup), .amount_minor = SET(5900), \
                           .due_by_ms = SET(NOV_12)

static const struct example examples[] = {
    {"two items, with and without a date",
     {BUYER(SHORTAGE), .wording = WORDING_PLAIN, .notice = SET(1), LINES(lines_mixed)}},
    {"no date, and silence means to wait",
     {BUYER(SHORTAGE), .wording = WORDING_PLAIN, .notice = SET(1), LINES(lines_undated)}},
    {NULL, {BUYER(SHORTAGE), .wording = WORDING_NEUTRAL, .notice = SET(1), LINES(lines_dated)}},
    {NULL, {BUYER(RENEWED), .wording = WORDING_PLAIN, .notice = SET(2), LINES(lines_mixed)}},
    {NULL, {BUYER(RENEWED), .wording = WORDING_NEUTRAL, .notice = SET(2), LINES(lines_dated)}},
    {"with a date",
     {BUYER(WAIT_CONFIRMED), .consent = CONSENT_EXPRESS, LINES(line_kettle),
      .expected_at_ms = SET(NOV_20)}},
    {"without a date", {BUYER(WAIT_CONFIRMED), .consent = CONSENT_EXPRESS, LINES(line_cup)}},
    {NULL,
     {BUYER(WAIT_CONFIRMED), .consent = CONSENT_SILENCE, LINES(line_kettle),
      .expected_at_ms = SET(NOV_20)}},
    {"the substitute is cheaper",
     {BUYER(SUBSTITUTE_CONFIRMED), LINES(line_kettle), .sku = TEXT("shop7:kettle-1.5l"),
      .expected_at_ms = SET(NOV_13), .amount_minor = SET(2000)}},
    {"the substitute is not cheaper",
     {BUYER(SUBSTITUTE_CONFIRMED), LINES(line_kettle), .sku = TEXT("shop7:kettle-1.7l-steel"),
      .expected_at_ms = SET(NOV_13)}},
    {NULL, {BUYER(BACK_IN_STOCK), LINES(line_kettle)}},
    {NULL, {REFUND("BUYER_CANCELLED")}},
    {NULL, {REFUND("SILENCE")}},
    {NULL, {REFUND("DATE_PASSED")}},
    {NULL, {REFUND("RULING")}},
    {NULL, {BUYER(REFUND_DONE), LINES(line_cup), .amount_minor = SET(5900)}},
    {NULL,
     {BUYER(OFFER), .amount_minor = SET(1000), .instrument = INSTRUMENT_COUPON,
      .offer_id = TEXT("offer-81")}},
    {NULL, {BUYER(DECLINED)}},
    {NULL,
     {BUYER(SETTLED), .reason = TEXT("AGREED"), .amount_minor = SET(1000),
      .instrument = INSTRUMENT_COUPON, .offer_id = TEXT("offer-81")}},
    {"with a sum",
     {BUYER(SETTLED), .reason = TEXT("RULED"), .amount_minor = SET(3000),
      .instrument = INSTRUMENT_CASH}},
    {"without a sum",
     {BUYER(SETTLED), .reason = TEXT("RULED"), .amount_minor = SET(0),
      .instrument = INSTRUMENT_CASH}},
    {NULL, {BUYER(SETTLED), .reason = TEXT("DISMISSED"), .amount_minor = SET(0)}},
    {NULL, {SELLER("CLAIM"), .answer_by_ms = SET(NOV_13)}},
    {NULL, {SELLER("REJECTED"), .answer_by_ms = SET(NOV_13)}},
    {NULL, {SELLER("EVIDENCE"), .answer_by_ms = SET(NOV_20)}},
    {NULL, {SUPPORT("MEDIATE")}},
    {NULL, {SUPPORT("REFUND_FAILED"), LINES(line_cup), .amount_minor = SET(5900)}},
    {NULL, {SUPPORT("SHIPPED_AFTER_REFUND"), LINES(line_cup), .amount_minor = SET(5900)}},
    {NULL,
     {SUPPORT("SHIPPED_AFTER_SUBSTITUTE"), LINES(line_kettle), .sku = TEXT("shop7:kettle-1.5l")}},
    {NULL, {BUYER(UNKNOWN), .expected_at_ms = SET(NOV_20), LINES(line_cup)}},
};

enum { EXAMPLE_COUNT = sizeof examples / sizeof *examples };

#endif
