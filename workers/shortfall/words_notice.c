#include "kit/record_type.h"
#include "shortfall/phrase.h"
#include "shortfall/words.h"

static void say_choice(struct buffer *out, const struct notice_choice *choice, struct text currency)
{
    switch (choice->choice) {
    case CHOICE_WAIT:
        phrase(out, "wait");
        phrase_time_set(out, " until ", choice->expected_at_ms);
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "take %.*s instead", PHRASE_TEXT(choice->sku));
        phrase_time_set(out, ", shipped by ", choice->expected_at_ms);
        break;
    case CHOICE_CANCEL:
        phrase(out, "cancel");
        break;
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
    case CHOICE_UNKNOWN:
        phrase(out, "%s", symbol_of(&type_buyer_decision, "choice", choice->choice));
        break;
    }
    if (choice->refund_minor > 0) {
        phrase(out, " (");
        phrase_money(out, choice->refund_minor, currency);
        phrase(out, " back)");
    }
}

/* A line of SHORTAGE and RENEWED, with what the buyer may choose. */
static void say_line(struct buffer *out, const struct notice_line *line, struct text currency)
{
    phrase(out, " Line %d: ", line->line_no);
    for (uint32_t i = 0; i < line->choice_count; i++) {
        const char *between = i + 1 == line->choice_count ? " or " : ", ";
        phrase(out, "%s", i == 0 ? "" : between);
        say_choice(out, &line->choices[i], currency);
    }
    phrase_time_set(out, "; to answer by ", line->decide_by_ms);
    switch (line->on_silence) {
    case SILENCE_REFUND:
        phrase(out, ", silence means the money back");
        break;
    case SILENCE_WAIT:
        phrase(out, ", silence means to wait");
        break;
    case SILENCE_UNKNOWN:
        break;
    }
    phrase(out, ".");
}

static void say_substance(struct buffer *out, const struct notification *notice,
                          struct text currency)
{
    switch (notice->kind) {
    case NOTICE_SHORTAGE:
        phrase(out, "it can't be filled");
        break;
    case NOTICE_RENEWED:
        phrase(out, "the date can't be kept");
        break;
    case NOTICE_WAIT_CONFIRMED:
        phrase(out, "it waits for restock");
        phrase_time_set(out, " until ", notice->expected_at_ms);
        phrase(out, "%s", notice->consent == CONSENT_SILENCE ? ", agreed by silence" : "");
        break;
    case NOTICE_SUBSTITUTE_CONFIRMED:
        phrase(out, "%.*s comes instead", PHRASE_TEXT(notice->sku));
        phrase_time_set(out, ", shipped by ", notice->expected_at_ms);
        break;
    case NOTICE_BACK_IN_STOCK:
        phrase(out, "it is back in stock and will be shipped");
        break;
    case NOTICE_REFUND_STARTED:
        phrase(out, "the refund has started");
        phrase_money_set(out, ", ", notice->amount_minor, currency);
        phrase_time_set(out, ", due by ", notice->due_by_ms);
        break;
    case NOTICE_REFUND_DONE:
        phrase(out, "the refund is done");
        phrase_money_set(out, ", ", notice->amount_minor, currency);
        break;
    case NOTICE_OFFER:
        phrase(out, "the seller offers");
        phrase_money_set(out, " ", notice->amount_minor, currency);
        phrase(out, " %s (offer %.*s)", words_instrument(notice->instrument),
               PHRASE_TEXT(notice->offer_id));
        break;
    case NOTICE_DECLINED:
        phrase(out, "the seller declined");
        break;
    case NOTICE_SETTLED:
        phrase(out, "it is settled");
        phrase_money_set(out, ", ", notice->amount_minor, currency);
        break;
    case NOTICE_NEEDS_ACTION:
        phrase(out, "to act, %.*s",
               PHRASE_TEXT(text_is_set(notice->reason) ? notice->reason : TEXT("?")));
        phrase_money_set(out, ", ", notice->amount_minor, currency);
        break;
    case NOTICE_UNKNOWN:
        phrase(out, "something that is not known here");
        break;
    }
}

void words_notification(struct buffer *out, const struct notification *notification,
                        struct text currency)
{
    currency = text_is_set(notification->currency) ? notification->currency : currency;
    bool asks = notification->kind == NOTICE_NEEDS_ACTION;
    phrase(out, "%s ", asks ? "Asked" : "Told");
    switch (notification->audience) {
    case AUDIENCE_BUYER:
        phrase(out, "the buyer");
        break;
    case AUDIENCE_SELLER:
        phrase(out, "the seller");
        break;
    case AUDIENCE_SUPPORT:
        phrase(out, "support");
        break;
    case AUDIENCE_UNKNOWN:
        phrase(out, "somebody who is not known here");
        break;
    }
    if (notification->notice.set) {
        phrase(out, " (notice %d)", notification->notice.value);
    }
    phrase(out, asks ? " " : ": ");
    bool of_lines = notification->kind == NOTICE_SHORTAGE || notification->kind == NOTICE_RENEWED;
    for (uint32_t i = 0; i < notification->line_count && !asks && !of_lines; i++) {
        phrase(out, "%sline %d", i == 0 ? "" : ", ", notification->lines[i].line_no);
    }
    phrase(out, "%s", notification->line_count > 0 && !asks && !of_lines ? ", " : "");
    say_substance(out, notification, currency);
    phrase_time_set(out, ", to answer by ", notification->answer_by_ms);
    phrase(out, ".");
    for (uint32_t i = 0; of_lines && i < notification->line_count; i++) {
        say_line(out, &notification->lines[i], currency);
    }
}

/* ---- what a choice costs --------------------------------------------------------------------- */

static void say_outcome(struct buffer *out, const struct choice_outcome *outcome,
                        struct text currency)
{
    if (outcome->refund_minor == 0 && outcome->penalty_minor == 0) {
        phrase(out, "nothing");
        return;
    }
    if (outcome->refund_minor > 0) {
        phrase(out, "a refund of ");
        phrase_money(out, outcome->refund_minor, currency);
    }
    if (outcome->penalty_minor > 0) {
        phrase(out, "%sa penalty of ", outcome->refund_minor > 0 ? " and " : "");
        phrase_money(out, outcome->penalty_minor, currency);
    }
}

void words_choice_cost(struct buffer *out, const struct choice_cost *cost, struct text currency)
{
    phrase(out, "Line %d, ", cost->line_no);
    switch (cost->choice) {
    case CHOICE_WAIT:
        phrase(out, "to wait costs ");
        if (cost->has_date) {
            say_outcome(out, &cost->outcome, currency);
            phrase(out, " if the date is kept, ");
        }
        say_outcome(out, &cost->at_worst, currency);
        phrase(out, " if the goods never come");
        break;
    case CHOICE_SUBSTITUTE:
        phrase(out, "%.*s instead costs ", PHRASE_TEXT(cost->sku));
        say_outcome(out, &cost->outcome, currency);
        if (cost->outcome.absorbed_minor > 0) {
            phrase(out, ", and the seller ");
            phrase_money(out, cost->outcome.absorbed_minor, currency);
            phrase(out, " of its price");
        }
        break;
    case CHOICE_CANCEL:
        phrase(out, "to cancel costs ");
        say_outcome(out, &cost->outcome, currency);
        break;
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
    case CHOICE_UNKNOWN:
        break;
    }
    phrase(out, ".");
}
