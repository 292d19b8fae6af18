#include "producers/rehearsal_play.h"

/* Everyone but the buyer: the seller, the platform and the payment system. */

enum {
    PERCENT_SELLER_OFFERS = 65,
    PERCENT_SELLER_DECLINES = 20, /* the rest lets the time pass */
    PERCENT_SELLER_HAS_EVIDENCE = 70,
    PERCENT_RULED_COMPENSATE = 50,
    PERCENT_RULED_DISMISS = 35, /* the rest: a refund */
    PERCENT_REFUND_STUMBLES = 5,
    PERCENT_REFUND_GIVEN_UP = 2,
    PERCENT_RETRY_SUCCEEDS = 80,
    PERCENT_LATE_SUCCESS = 50, /* of those given up */
};

static enum status respond(struct rehearsal *play, const struct notification *notice,
                           struct seller_response response, struct dice *dice, struct error *error)
{
    struct agenda_entry *entry = agenda_entry_new(TOPIC_SELLER_RESPONSE);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    response.id = rehearsal_id(entry, notice->notification_id, 0, "response");
    response.order_id = agenda_text(entry, notice->order_id);
    response.actor = TEXT("SELLER");
    response.responded_at_ms = rehearsal_time(play, notice->at_ms, rehearsal_delay(dice));
    entry->seller_response = response;
    return agenda_add(play->agenda, entry, error);
}

enum status rehearsal_seller(struct rehearsal *play, const struct notification *notice,
                             struct error *error)
{
    if (notice->kind != NOTICE_NEEDS_ACTION) {
        return OK;
    }
    struct dice dice = dice_for(play->seed, notice->notification_id, "seller");
    int64_t drawn = dice_between(&dice, 1, 100);
    if (text_equal(notice->reason, TEXT("EVIDENCE"))) {
        struct seller_response evidence = {.kind = RESPONSE_DECLINE,
                                           .evidence_ref = TEXT("rehearsal/evidence")};
        return drawn <= PERCENT_SELLER_HAS_EVIDENCE ? respond(play, notice, evidence, &dice, error)
                                                    : OK;
    }
    if (drawn <= PERCENT_SELLER_OFFERS) {
        struct seller_response offer = {
            .kind = RESPONSE_OFFER_COMPENSATION,
            .amount_minor = {.value = rehearsal_share(&dice, notice, 2, 8), .set = true},
            .instrument = dice_percent(&dice, 60) ? INSTRUMENT_COUPON : INSTRUMENT_CASH,
        };
        return respond(play, notice, offer, &dice, error);
    }
    struct seller_response decline = {.kind = RESPONSE_DECLINE};
    return drawn <= PERCENT_SELLER_OFFERS + PERCENT_SELLER_DECLINES
               ? respond(play, notice, decline, &dice, error)
               : OK;
}

enum status rehearsal_platform(struct rehearsal *play, const struct notification *notice,
                               struct error *error)
{
    if (notice->kind != NOTICE_NEEDS_ACTION || !text_equal(notice->reason, TEXT("MEDIATE"))) {
        return OK; /* what failed, or was shipped in spite of all, is for people to look at */
    }
    struct dice dice = dice_for(play->seed, notice->notification_id, "ruling");
    struct agenda_entry *entry = agenda_entry_new(TOPIC_PLATFORM_RULING);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    int64_t drawn = dice_between(&dice, 1, 100);
    struct platform_ruling ruling = {
        .id = rehearsal_id(entry, notice->notification_id, 0, "ruling"),
        .order_id = agenda_text(entry, notice->order_id),
        .ruling = RULING_DISMISS,
        .ruled_at_ms = rehearsal_time(play, notice->at_ms, dice_between(&dice, DAY, 4 * DAY)),
    };
    if (drawn <= PERCENT_RULED_COMPENSATE) {
        ruling.ruling = RULING_COMPENSATE;
        ruling.amount_minor =
            (struct optional_long){.value = rehearsal_share(&dice, notice, 3, 10), .set = true};
    } else if (drawn > PERCENT_RULED_COMPENSATE + PERCENT_RULED_DISMISS) {
        ruling.ruling = RULING_REFUND;
        ruling.line_no = notice->line_count > 0 ? notice->lines[0].line_no : 0;
    }
    entry->platform_ruling = ruling;
    return agenda_add(play->agenda, entry, error);
}

static enum status pay(struct rehearsal *play, const struct refund_request *request,
                       enum refund_status outcome, struct text failure_code, bool retryable,
                       int64_t delay_ms, struct error *error)
{
    struct agenda_entry *entry = agenda_entry_new(TOPIC_REFUND_RESULT);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    entry->refund_result = (struct refund_result){
        .refund_id = agenda_text(entry, request->refund_id),
        .order_id = agenda_text(entry, request->order_id),
        .line_no = request->line_no,
        .attempt = request->attempt,
        .status = outcome,
        .retryable = retryable,
        .failure_code = failure_code, /* a literal */
        .at_ms = rehearsal_time(play, request->at_ms, delay_ms),
    };
    return agenda_add(play->agenda, entry, error);
}

enum status rehearsal_payment(struct rehearsal *play, const struct refund_request *request,
                              struct error *error)
{
    /* The fate is the refund's, the moment that of the attempt. */
    struct dice fate = dice_for(play->seed, request->refund_id, "refund");
    int64_t drawn = dice_between(&fate, 1, 100);
    bool late_success = dice_percent(&fate, PERCENT_LATE_SUCCESS);
    struct dice dice = dice_of_number(dice_next(&fate), (uint64_t)request->attempt);
    int64_t delay_ms = dice_between(&dice, MINUTE, 15 * MINUTE);
    if (drawn <= PERCENT_REFUND_GIVEN_UP) {
        enum status status = pay(play, request, REFUND_STATUS_FAILED, TEXT("ACCOUNT_CLOSED"), false,
                                 delay_ms, error);
        return status == OK && late_success ? pay(play, request, REFUND_SUCCEEDED, (struct text){0},
                                                  true, dice_between(&dice, DAY, 2 * DAY), error)
                                            : status;
    }
    bool stumbles = drawn <= PERCENT_REFUND_GIVEN_UP + PERCENT_REFUND_STUMBLES;
    if (stumbles && (request->attempt == 1 || !dice_percent(&dice, PERCENT_RETRY_SUCCEEDS))) {
        return pay(play, request, REFUND_STATUS_FAILED, TEXT("BANK_UNAVAILABLE"), true, delay_ms,
                   error);
    }
    return pay(play, request, REFUND_SUCCEEDED, (struct text){0}, true, delay_ms, error);
}
