#include "producers/rehearsal_play.h"

/* How likely each answer is, as weights among those that are offered and saying nothing. */
enum {
    WEIGHT_WAIT = 45,
    WEIGHT_SUBSTITUTE = 15,
    WEIGHT_CANCEL = 25,
    WEIGHT_SILENCE = 15,
    PERCENT_CANCEL_AFTER_WAIT = 6,
    PERCENT_WAIT_AFTER_CANCEL = 3,
    PERCENT_CLAIM_AT_THE_END = 8, /* of those whose goods came or money went back */
    PERCENT_CLAIM_WHILE_WAITING = 3,
    PERCENT_ASK_AFTER_DECLINED = 40,
};

static int64_t weight_of(enum choice choice)
{
    switch (choice) {
    case CHOICE_WAIT:
        return WEIGHT_WAIT;
    case CHOICE_SUBSTITUTE:
        return WEIGHT_SUBSTITUTE;
    case CHOICE_CANCEL:
        return WEIGHT_CANCEL;
    case CHOICE_UNKNOWN:
    case CHOICE_CLAIM:
    case CHOICE_ACCEPT:
    case CHOICE_REJECT:
    case CHOICE_ASK_PLATFORM:
        return 0; /* nothing that a line of a notice offers */
    }
    return 0;
}

static enum status decide(struct rehearsal *play, const struct notification *notice,
                          struct buyer_decision decision, const char *purpose, struct error *error)
{
    struct agenda_entry *entry = agenda_entry_new(TOPIC_BUYER_DECISION);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    decision.id = rehearsal_id(entry, notice->notification_id, decision.line_no, purpose);
    decision.order_id = agenda_text(entry, notice->order_id);
    decision.sku = agenda_text(entry, decision.sku);
    decision.offer_id = agenda_text(entry, decision.offer_id);
    decision.actor = TEXT("BUYER");
    entry->buyer_decision = decision;
    return agenda_add(play->agenda, entry, error);
}

static const struct notice_choice *draw_choice(struct dice *dice, const struct notice_line *line)
{
    int64_t total = WEIGHT_SILENCE;
    for (uint32_t i = 0; i < line->choice_count; i++) {
        total += weight_of(line->choices[i].choice);
    }
    int64_t drawn = dice_between(dice, 0, total - 1);
    for (uint32_t i = 0; i < line->choice_count; i++) {
        drawn -= weight_of(line->choices[i].choice);
        if (drawn < 0) {
            return &line->choices[i];
        }
    }
    return NULL; /* silence */
}

static enum status change_mind(struct rehearsal *play, const struct notification *notice,
                               struct buyer_decision decision, struct dice *dice,
                               struct error *error)
{
    if (decision.choice == CHOICE_WAIT && dice_percent(dice, PERCENT_CANCEL_AFTER_WAIT)) {
        struct buyer_decision cancel = {
            .line_no = decision.line_no,
            .choice = CHOICE_CANCEL,
            .decided_at_ms =
                rehearsal_time(play, decision.decided_at_ms, dice_between(dice, DAY, 6 * DAY)),
        };
        return decide(play, notice, cancel, "cancel after all", error);
    }
    if (decision.choice == CHOICE_CANCEL && dice_percent(dice, PERCENT_WAIT_AFTER_CANCEL)) {
        struct buyer_decision wait = {
            .line_no = decision.line_no,
            .choice = CHOICE_WAIT,
            .notice = decision.notice,
            .decided_at_ms = rehearsal_time(play, decision.decided_at_ms,
                                            dice_between(dice, 5 * MINUTE, 30 * MINUTE)),
        };
        return decide(play, notice, wait, "wait after all", error);
    }
    return OK;
}

/* One moment for the whole notice, since one person reads it; a choice for each line. */
static enum status answer_notice(struct rehearsal *play, const struct notification *notice,
                                 struct error *error)
{
    struct dice dice = dice_for(play->seed, notice->notification_id, "answer");
    int64_t decided_at_ms = rehearsal_time(play, notice->at_ms, rehearsal_delay(&dice));
    for (uint32_t i = 0; i < notice->line_count; i++) {
        const struct notice_line *line = &notice->lines[i];
        enum status status =
            rehearsal_forget_shipping(play, notice->order_id, line->line_no, error);
        const struct notice_choice *choice = draw_choice(&dice, line);
        if (status == OK && choice) {
            struct buyer_decision decision = {
                .line_no = line->line_no,
                .choice = choice->choice,
                .notice = notice->notice,
                .sku = choice->choice == CHOICE_SUBSTITUTE ? choice->sku : (struct text){0},
                .decided_at_ms = decided_at_ms,
            };
            status = decide(play, notice, decision, "answer", error);
            if (status == OK) {
                status = change_mind(play, notice, decision, &dice, error);
            }
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status say(struct rehearsal *play, const struct notification *notice,
                       enum choice choice, struct dice *dice, const char *purpose,
                       struct error *error)
{
    struct buyer_decision decision = {
        .choice = choice,
        .offer_id = choice == CHOICE_ACCEPT || choice == CHOICE_REJECT ? notice->offer_id
                                                                       : (struct text){0},
        .decided_at_ms = rehearsal_time(play, notice->at_ms, rehearsal_delay(dice)),
    };
    return decide(play, notice, decision, purpose, error);
}

static enum status answer_offer(struct rehearsal *play, const struct notification *notice,
                                struct error *error)
{
    struct dice dice = dice_for(play->seed, notice->notification_id, "offer");
    int64_t drawn = dice_between(&dice, 1, 100);
    if (drawn <= 60) {
        return say(play, notice, CHOICE_ACCEPT, &dice, "offer", error);
    }
    if (drawn <= 75) {
        return say(play, notice, CHOICE_REJECT, &dice, "offer", error);
    }
    return drawn <= 85 ? say(play, notice, CHOICE_ASK_PLATFORM, &dice, "offer", error) : OK;
}

static enum status perhaps(struct rehearsal *play, const struct notification *notice,
                           enum choice choice, uint32_t percent, struct error *error)
{
    struct dice dice = dice_for(play->seed, notice->notification_id, "perhaps");
    return dice_percent(&dice, percent) ? say(play, notice, choice, &dice, "perhaps", error) : OK;
}

static enum status back_in_stock(struct rehearsal *play, const struct notification *notice,
                                 struct error *error)
{
    struct dice dice = dice_for(play->seed, notice->notification_id, "ship");
    for (uint32_t i = 0; i < notice->line_count; i++) {
        const struct notice_line *line = &notice->lines[i];
        bool closed =
            play->closed && line_map_get(play->closed, notice->order_id, line->line_no) > 0;
        enum status status = closed ? OK
                                    : rehearsal_ship(play, &dice, notice->order_id, line->line_no,
                                                     line->sku, notice->at_ms, error);
        if (status != OK) {
            return status;
        }
    }
    return perhaps(play, notice, CHOICE_CLAIM, PERCENT_CLAIM_AT_THE_END, error);
}

enum status rehearsal_buyer(struct rehearsal *play, const struct notification *notice,
                            struct error *error)
{
    switch (notice->kind) {
    case NOTICE_SHORTAGE:
    case NOTICE_RENEWED:
        return answer_notice(play, notice, error);
    case NOTICE_BACK_IN_STOCK:
        return back_in_stock(play, notice, error);
    case NOTICE_REFUND_DONE:
        return perhaps(play, notice, CHOICE_CLAIM, PERCENT_CLAIM_AT_THE_END, error);
    case NOTICE_WAIT_CONFIRMED:
        return perhaps(play, notice, CHOICE_CLAIM, PERCENT_CLAIM_WHILE_WAITING, error);
    case NOTICE_OFFER:
        return answer_offer(play, notice, error);
    case NOTICE_DECLINED:
        return perhaps(play, notice, CHOICE_ASK_PLATFORM, PERCENT_ASK_AFTER_DECLINED, error);
    case NOTICE_SUBSTITUTE_CONFIRMED:
    case NOTICE_REFUND_STARTED:
    case NOTICE_SETTLED:
    case NOTICE_NEEDS_ACTION:
    case NOTICE_UNKNOWN:
        return OK; /* nothing to answer */
    }
    return OK;
}
