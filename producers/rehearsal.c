#include "producers/rehearsal.h"

#include <stdlib.h>

#include "core/must.h"
#include "producers/rehearsal_play.h"

const enum topic rehearsal_topics[] = {TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST,
                                       TOPIC_FULFILMENT_PLAN};
const uint32_t rehearsal_topic_count = sizeof rehearsal_topics / sizeof rehearsal_topics[0];

enum status rehearsal_new(uint64_t seed, int64_t hurry, const struct line_map *closed,
                          struct rehearsal **ret_rehearsal, struct error *error)
{
    must(hurry >= 1);
    struct rehearsal *play = calloc(1, sizeof *play);
    if (play) {
        *play = (struct rehearsal){
            .seed = seed, .hurry = hurry, .closed = closed, .agenda = agenda_new()};
    }
    if (!play || !play->agenda) {
        free(play);
        return error_set(error, FATAL, "out of memory");
    }
    *ret_rehearsal = play;
    return OK;
}

void rehearsal_free(struct rehearsal *play)
{
    if (play) {
        agenda_free(play->agenda);
        line_map_done(&play->generations);
        free(play);
    }
}

int64_t rehearsal_time(const struct rehearsal *play, int64_t at_ms, int64_t delay_ms)
{
    int64_t time_ms = at_ms + delay_ms / play->hurry;
    return time_ms > play->now_ms ? time_ms : play->now_ms;
}

int64_t rehearsal_delay(struct dice *dice)
{
    int64_t kind = dice_between(dice, 1, 100);
    if (kind <= 50) {
        return dice_between(dice, 2 * MINUTE, HOUR);
    }
    return kind <= 85 ? dice_between(dice, HOUR, DAY) : dice_between(dice, DAY, 3 * DAY);
}

struct text rehearsal_id(struct agenda_entry *entry, struct text answered, int32_t line_no,
                         const char *purpose)
{
    struct identity identity;
    char id[IDENTITY_SIZE];
    identity_begin(&identity, "rehearsal");
    identity_text(&identity, answered);
    identity_number(&identity, line_no);
    identity_text(&identity, text_of(purpose));
    identity_end(&identity, id);
    return agenda_text(entry, text_of(id));
}

int64_t rehearsal_share(struct dice *dice, const struct notification *notice, int64_t low_percent,
                        int64_t high_percent)
{
    int64_t paid_minor = 0;
    for (uint32_t i = 0; i < notice->line_count; i++) {
        paid_minor += notice->lines[i].paid_minor;
    }
    if (paid_minor == 0) {
        paid_minor = 10000; /* a notice that names no line still gets an answer with an amount */
    }
    int64_t share = paid_minor / 100 * dice_between(dice, low_percent, high_percent);
    return share > 0 ? share : 1;
}

enum status rehearsal_ship(struct rehearsal *play, struct dice *dice, struct text order_id,
                           int32_t line_no, struct text sku, int64_t at_ms, struct error *error)
{
    struct agenda_entry *entry = agenda_entry_new(TOPIC_ORDER_CLOSED);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    entry->order_closed = (struct order_closed){
        .order_id = agenda_text(entry, order_id),
        .line_no = line_no,
        .sku = agenda_text(entry, sku),
        .reason = CLOSE_SHIPPED,
        .closed_at_ms = rehearsal_time(play, at_ms, dice_between(dice, 20 * HOUR, 28 * HOUR)),
    };
    entry->generation = (uint32_t)line_map_get(&play->generations, order_id, line_no);
    return agenda_add(play->agenda, entry, error);
}

enum status rehearsal_forget_shipping(struct rehearsal *play, struct text order_id, int32_t line_no,
                                      struct error *error)
{
    int64_t *generation = line_map_at(&play->generations, order_id, line_no);
    if (!generation) {
        return error_set(error, FATAL, "out of memory");
    }
    ++*generation;
    return OK;
}

/* A warehouse has only to know what goes out and what does not. */
static enum status take_plan(struct rehearsal *play, const struct fulfilment_plan *plan,
                             struct error *error)
{
    bool goes = plan->action == PLAN_SHIP_SUBSTITUTE && plan->new_line_no.set;
    if (plan->action != PLAN_CANCEL && !goes) {
        return OK;
    }
    enum status status = rehearsal_forget_shipping(play, plan->order_id, plan->line_no, error);
    if (status != OK || !goes) {
        return status;
    }
    struct dice dice = dice_for(play->seed, plan->plan_id, "ship");
    return rehearsal_ship(play, &dice, plan->order_id, plan->new_line_no.value, plan->sku,
                          plan->at_ms, error);
}

static enum status take_notice(struct rehearsal *play, const struct notification *notice,
                               struct error *error)
{
    switch (notice->audience) {
    case AUDIENCE_BUYER:
        return rehearsal_buyer(play, notice, error);
    case AUDIENCE_SELLER:
        return rehearsal_seller(play, notice, error);
    case AUDIENCE_SUPPORT:
        return rehearsal_platform(play, notice, error);
    case AUDIENCE_UNKNOWN:
        return OK;
    }
    return OK;
}

enum status rehearsal_take(struct rehearsal *play, enum topic topic, const void *record,
                           int64_t now_ms, struct error *error)
{
    play->now_ms = now_ms;
    if (topic == TOPIC_NOTIFICATION) {
        return take_notice(play, record, error);
    }
    if (topic == TOPIC_REFUND_REQUEST) {
        return rehearsal_payment(play, record, error);
    }
    if (topic == TOPIC_FULFILMENT_PLAN) {
        return take_plan(play, record, error);
    }
    return OK;
}

static bool is_void(const struct rehearsal *play, const struct agenda_entry *entry)
{
    return entry->topic == TOPIC_ORDER_CLOSED &&
           entry->generation != (uint32_t)line_map_get(&play->generations,
                                                       entry->order_closed.order_id,
                                                       entry->order_closed.line_no);
}

bool rehearsal_first(struct rehearsal *play, struct fact *ret_fact)
{
    const struct agenda_entry *entry = agenda_first(play->agenda);
    while (entry && is_void(play, entry)) {
        agenda_drop_first(play->agenda);
        entry = agenda_first(play->agenda);
    }
    if (entry) {
        *ret_fact = agenda_fact(entry);
    }
    return entry != NULL;
}

void rehearsal_step(struct rehearsal *play)
{
    agenda_drop_first(play->agenda);
}
