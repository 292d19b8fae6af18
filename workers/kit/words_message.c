#include "kit/words_message.h"

#include "core/must.h"

#define BIT(field) WORDS_BIT(WORDS_##field)

#define LINE (BIT(LINE_NO) | BIT(LINE_SKU) | BIT(LINE_TITLE) | BIT(LINE_QUANTITY) | BIT(LINE_PAID))
#define INSTRUMENT (BIT(CASH) | BIT(COUPON) | BIT(POINTS) | BIT(DISCOUNT))
#define CHOICES                                                              \
    (BIT(LINE_EXPECTED_DATE) | BIT(LINE_QUEUE_PLACE) | BIT(LINE_DECIDE_BY) | \
     BIT(LINE_SILENCE_REFUND) | BIT(LINE_SILENCE_WAIT) | BIT(CHOICE_WAIT) |  \
     BIT(CHOICE_SUBSTITUTE) | BIT(CHOICE_CANCEL) | BIT(CHOICE_EXPECTED_DATE) | BIT(CHOICE_REFUND))

#define NOTICE_FIELDS                                                                      \
    .audience = AUDIENCE_BUYER, .carries = LINE | CHOICES | BIT(NOTICE) | BIT(LINES_LEFT), \
    .tells = BIT(ORDER_ID) | BIT(LINE_SKU) | BIT(LINE_QUANTITY) | CHOICES | BIT(LINES_LEFT)

#define REFUND_FIELDS                                          \
    .audience = AUDIENCE_BUYER, .kind = NOTICE_REFUND_STARTED, \
    .carries = LINE | BIT(REASON) | BIT(AMOUNT) | BIT(DUE_BY), \
    .tells = BIT(ORDER_ID) | BIT(LINE_SKU) | BIT(AMOUNT) | BIT(DUE_BY)

#define WAIT_FIELDS                                            \
    .audience = AUDIENCE_BUYER, .kind = NOTICE_WAIT_CONFIRMED, \
    .carries = LINE | BIT(EXPECTED_DATE),                      \
    .tells = BIT(ORDER_ID) | BIT(LINE_SKU) | BIT(EXPECTED_DATE)

#define SELLER_FIELDS                                         \
    .audience = AUDIENCE_SELLER, .kind = NOTICE_NEEDS_ACTION, \
    .carries = BIT(REASON) | BIT(ANSWER_BY), .tells = BIT(ORDER_ID) | BIT(ANSWER_BY)

#define SUPPORT_FIELDS                                         \
    .audience = AUDIENCE_SUPPORT, .kind = NOTICE_NEEDS_ACTION, \
    .carries = LINE | BIT(REASON) | BIT(AMOUNT), .tells = BIT(ORDER_ID) | BIT(CASE_ID)

static const struct words_message messages[WORDS_MESSAGE_COUNT] = {
    {.name = "buyer-shortage-plain",
     .kind = NOTICE_SHORTAGE,
     .wording = WORDING_PLAIN,
     .when = "goods are missing; it says so",
     NOTICE_FIELDS},
    {.name = "buyer-shortage-neutral",
     .kind = NOTICE_SHORTAGE,
     .wording = WORDING_NEUTRAL,
     .when = "goods are late, the policy allows these words, and every item has a date",
     NOTICE_FIELDS},
    {.name = "buyer-renewed-plain",
     .kind = NOTICE_RENEWED,
     .wording = WORDING_PLAIN,
     .when = "a date can't be kept, or goods are missing again; it says so",
     NOTICE_FIELDS},
    {.name = "buyer-renewed-neutral",
     .kind = NOTICE_RENEWED,
     .wording = WORDING_NEUTRAL,
     .when = "a date can't be kept, the policy allows these words, and every item has a date",
     NOTICE_FIELDS},
    {.name = "buyer-wait-confirmed-express",
     .consent = CONSENT_EXPRESS,
     .when = "the buyer chose to wait",
     WAIT_FIELDS},
    {.name = "buyer-wait-confirmed-silence",
     .consent = CONSENT_SILENCE,
     .when = "the buyer didn't answer, which means to wait",
     WAIT_FIELDS},
    {.name = "buyer-substitute-confirmed",
     .kind = NOTICE_SUBSTITUTE_CONFIRMED,
     .when = "the buyer chose a substitute",
     .audience = AUDIENCE_BUYER,
     .carries = LINE | BIT(SUBSTITUTE) | BIT(EXPECTED_DATE) | BIT(AMOUNT),
     .tells = BIT(ORDER_ID) | BIT(LINE_SKU) | BIT(SUBSTITUTE) | BIT(EXPECTED_DATE) | BIT(AMOUNT)},
    {.name = "buyer-back-in-stock",
     .kind = NOTICE_BACK_IN_STOCK,
     .when = "the goods are there after all and will be shipped",
     .audience = AUDIENCE_BUYER,
     .carries = LINE,
     .tells = BIT(ORDER_ID) | BIT(LINE_SKU)},
    {.name = "buyer-refund-started-cancelled",
     .reason = "BUYER_CANCELLED",
     .when = "a refund has started because the buyer cancelled",
     REFUND_FIELDS},
    {.name = "buyer-refund-started-silence",
     .reason = "SILENCE",
     .when = "a refund has started because the buyer didn't answer",
     REFUND_FIELDS},
    {.name = "buyer-refund-started-date-passed",
     .reason = "DATE_PASSED",
     .when = "a refund has started because the agreed date passed",
     REFUND_FIELDS},
    {.name = "buyer-refund-started-ruling",
     .reason = "RULING",
     .when = "a refund has started because the platform ruled so; the goods may be on their way",
     REFUND_FIELDS},
    {.name = "buyer-refund-done",
     .kind = NOTICE_REFUND_DONE,
     .when = "the money is back, of an item or of a difference",
     .audience = AUDIENCE_BUYER,
     .carries = LINE | BIT(AMOUNT),
     .tells = BIT(ORDER_ID) | BIT(LINE_SKU) | BIT(AMOUNT)},
    {.name = "buyer-offer",
     .kind = NOTICE_OFFER,
     .when = "the seller offers a compensation",
     .audience = AUDIENCE_BUYER,
     .carries = BIT(AMOUNT) | INSTRUMENT | BIT(OFFER_ID),
     .tells = BIT(ORDER_ID) | BIT(AMOUNT) | INSTRUMENT | BIT(OFFER_ID)},
    {.name = "buyer-declined",
     .kind = NOTICE_DECLINED,
     .when = "the seller declines to compensate",
     .audience = AUDIENCE_BUYER,
     .tells = BIT(ORDER_ID)},
    {.name = "buyer-settled-agreed",
     .kind = NOTICE_SETTLED,
     .reason = "AGREED",
     .when = "the buyer accepted the seller's offer",
     .audience = AUDIENCE_BUYER,
     .carries = BIT(REASON) | BIT(AMOUNT) | INSTRUMENT | BIT(OFFER_ID),
     .tells = BIT(ORDER_ID) | BIT(AMOUNT) | INSTRUMENT},
    {.name = "buyer-settled-ruled",
     .kind = NOTICE_SETTLED,
     .reason = "RULED",
     .when = "the platform ruled a compensation",
     .audience = AUDIENCE_BUYER,
     .carries = BIT(REASON) | BIT(AMOUNT) | INSTRUMENT,
     .tells = BIT(ORDER_ID) | BIT(AMOUNT)},
    {.name = "buyer-settled-dismissed",
     .kind = NOTICE_SETTLED,
     .reason = "DISMISSED",
     .when = "the platform ruled that there is no compensation",
     .audience = AUDIENCE_BUYER,
     .carries = BIT(REASON),
     .tells = BIT(ORDER_ID)},
    {.name = "seller-claim",
     .reason = "CLAIM",
     .when = "the buyer asks for a compensation",
     SELLER_FIELDS},
    {.name = "seller-rejected",
     .reason = "REJECTED",
     .when = "the buyer rejected the offer",
     SELLER_FIELDS},
    {.name = "seller-evidence",
     .reason = "EVIDENCE",
     .when = "the buyer asked the platform to step in",
     SELLER_FIELDS},
    {.name = "support-mediate",
     .reason = "MEDIATE",
     .when = "the buyer asked the platform to step in",
     SUPPORT_FIELDS},
    {.name = "support-refund-failed",
     .reason = "REFUND_FAILED",
     .when = "a refund failed for good",
     SUPPORT_FIELDS},
    {.name = "support-shipped-after-refund",
     .reason = "SHIPPED_AFTER_REFUND",
     .when = "an item was shipped although its refund had started",
     SUPPORT_FIELDS},
    {.name = "support-shipped-after-substitute",
     .reason = "SHIPPED_AFTER_SUBSTITUTE",
     .when = "an item was shipped although the buyer had chosen a substitute for it",
     .audience = AUDIENCE_SUPPORT,
     .kind = NOTICE_NEEDS_ACTION,
     .carries = LINE | BIT(REASON) | BIT(SUBSTITUTE),
     .tells = BIT(ORDER_ID) | BIT(CASE_ID) | BIT(SUBSTITUTE)},
    {.name = "other",
     .when = "there is anything else to tell, to anybody",
     .carries = UINT64_MAX,
     .tells = BIT(ORDER_ID)},
};

const struct words_message *words_message_at(size_t index)
{
    must(index < WORDS_MESSAGE_COUNT);
    return &messages[index];
}

size_t words_message_find(struct text name)
{
    size_t index = 0;
    while (index < WORDS_MESSAGE_COUNT && !text_equal(name, text_of(messages[index].name))) {
        index++;
    }
    return index;
}

static bool is_about(const struct words_message *message, const struct notification *notification)
{
    enum wording wording =
        notification->wording == WORDING_UNKNOWN ? WORDING_PLAIN : notification->wording;
    return message->audience == notification->audience && message->kind == notification->kind &&
           (message->wording == WORDING_UNKNOWN || message->wording == wording) &&
           (message->consent == CONSENT_UNKNOWN || message->consent == notification->consent) &&
           (!message->reason || text_equal(text_of(message->reason), notification->reason));
}

size_t words_message_of(const struct notification *notification)
{
    size_t index = 0;
    while (index < WORDS_MESSAGE_OTHER && !is_about(&messages[index], notification)) {
        index++;
    }
    return index;
}
