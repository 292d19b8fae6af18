#include "check_offers.h"

#include "core/must.h"
#include "effects.h"
#include "story.h"

/* What the tables say may be learnt a while after it was written: their records come in
 * transactions of the allocation. */
enum { TABLE_LAG_MS = 300000, HOUR_MS = 3600000 };

/* When the notice was decided: some time in here. */
struct span {
    int64_t from_ms;
    int64_t to_ms;
};

/* The next record of its key that can be read, or NULL. */
static const struct told *next_of_key(const struct told_list *list, int at)
{
    for (int i = at + 1; i < list->count; i++) {
        if (list->items[i].body &&
            text_equal(list->items[i].record->key, list->items[at].record->key)) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* It was the newest of its key at some time of the span. */
static bool held(const struct told_list *list, int at, struct span span)
{
    const struct told *next = next_of_key(list, at);
    return list->items[at].body && list->items[at].record->written_ms <= span.to_ms &&
           (!next || next->record->written_ms > span.from_ms);
}

/* There was a record of the key during the whole span. */
static bool was_there(const struct told_list *list, struct text key, struct span span)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].body && text_equal(list->items[i].record->key, key)) {
            return list->items[i].record->written_ms <= span.from_ms;
        }
    }
    return false;
}

struct chance_of_it {
    bool may;  /* at some time of the span it could be had */
    bool must; /* at all times */
};

static struct chance_of_it available(struct text sku, int64_t quantity, struct span span)
{
    const struct told_list *list = transcript_of(TOPIC_LISTING_STATUS);
    struct chance_of_it found = {.must = was_there(list, sku, span)};
    for (int i = 0; i < list->count; i++) {
        const struct listing_status *listing = BODY(listing_status, &list->items[i]);
        if (!text_equal(list->items[i].record->key, sku) || !held(list, i, span)) {
            continue;
        }
        bool enough = listing->status == LISTING_AVAILABLE && listing->quantity.set &&
                      listing->quantity.value >= quantity;
        found.may = found.may || enough;
        found.must = found.must && enough;
    }
    return found;
}

/* Not dearer, or the seller absorbs it. */
static bool has_a_price(const struct model_case *model, const struct notice_line *line,
                        const struct substitute_offer *candidate)
{
    return candidate->price_minor * line->quantity <= line->paid_minor ||
           model->policy->dearer == DEARER_ABSORB;
}

static const struct substitute_offer *named(const struct substitute *substitute, struct text sku)
{
    for (uint32_t i = 0; i < substitute->substitute_count; i++) {
        if (text_equal(substitute->substitutes[i].sku, sku)) {
            return &substitute->substitutes[i];
        }
    }
    return NULL;
}

/* Whether the sku could be offered for the line. */
static struct chance_of_it on_offer(const struct model_case *model, const struct notice_line *line,
                                    struct text sku, struct span span)
{
    const struct told_list *list = transcript_of(TOPIC_SUBSTITUTE);
    struct chance_of_it found = {.must = was_there(list, line->sku, span)};
    for (int i = 0; i < list->count; i++) {
        if (!text_equal(list->items[i].record->key, line->sku) || !held(list, i, span)) {
            continue;
        }
        const struct substitute_offer *candidate = named(BODY(substitute, &list->items[i]), sku);
        bool fits = candidate && has_a_price(model, line, candidate);
        found.may = found.may || fits;
        found.must = found.must && fits;
    }
    struct chance_of_it there = available(sku, line->quantity, span);
    return (struct chance_of_it){found.may && there.may, found.must && there.must};
}

static const struct notice_choice *choice_of(const struct notice_line *line, struct text sku)
{
    for (uint32_t i = 0; i < line->choice_count; i++) {
        if (line->choices[i].choice == CHOICE_SUBSTITUTE && text_equal(line->choices[i].sku, sku)) {
            return &line->choices[i];
        }
    }
    return NULL;
}

/* Everything that was ever named for the line's sku must be offered if it surely could be had. */
static void check_left_out(struct model_case *model, const struct told *event,
                           const struct notice_line *line, struct span span)
{
    const struct told_list *list = transcript_of(TOPIC_SUBSTITUTE);
    bool has_substitute = model_line_of(model, SUBSTITUTE_LINE_BASE + line->line_no) != NULL;
    for (int i = 0; i < list->count && !has_substitute; i++) {
        const struct substitute *substitute = BODY(substitute, &list->items[i]);
        bool about = substitute && text_equal(list->items[i].record->key, line->sku);
        for (uint32_t s = 0; about && s < substitute->substitute_count; s++) {
            struct text sku = substitute->substitutes[s].sku;
            if (!choice_of(line, sku) && on_offer(model, line, sku, span).must) {
                story_fail("rules: each substitute that can be had is offered",
                           "%.*s/%d event %lld: %.*s is not", (int)model->first.order_id.size,
                           model->first.order_id.data, line->line_no,
                           (long long)BODY(case_event, event)->sequence, (int)sku.size, sku.data);
            }
        }
    }
}

/* The seller was told, when the buyer chose it, that it is dearer by just that much. */
static bool was_absorbed(const struct case_event *event, const struct notice_line *line,
                         const struct substitute_offer *candidate)
{
    const struct told_list *list = transcript_of(TOPIC_FULFILMENT_PLAN);
    int64_t dearer = candidate->price_minor * line->quantity - line->paid_minor;
    for (int i = 0; i < list->count; i++) {
        const struct fulfilment_plan *plan = BODY(fulfilment_plan, &list->items[i]);
        if (plan->action == PLAN_SHIP_SUBSTITUTE && text_equal(plan->case_id, event->case_id) &&
            plan->line_no == line->line_no && text_equal(plan->sku, candidate->sku)) {
            return plan->seller_absorbs_minor.value == (dearer > 0 ? dearer : 0);
        }
    }
    return false;
}

/* The terms of an offered substitute: the newest that may have been known and give what the notice
 * says. It does not say how much dearer one is; of several prices it was the one that was absorbed
 * when the buyer chose it. */
static struct model_offer terms_of(const struct model_case *model, const struct told *event,
                                   const struct notice_line *line,
                                   const struct notice_choice *choice, struct span span)
{
    const struct told_list *list = transcript_of(TOPIC_SUBSTITUTE);
    int64_t at_ms = BODY(case_event, event)->at_ms;
    struct model_offer offer = {.line_no = line->line_no, .price_minor = -1};
    bool absorbed = false;
    for (int i = 0; i < list->count; i++) {
        const struct substitute_offer *candidate =
            text_equal(list->items[i].record->key, line->sku) && held(list, i, span)
                ? named(BODY(substitute, &list->items[i]), choice->sku)
                : NULL;
        int64_t price = candidate ? candidate->price_minor * line->quantity : 0;
        int64_t cheaper = line->paid_minor > price ? line->paid_minor - price : 0;
        if (!candidate || !has_a_price(model, line, candidate) || cheaper != choice->refund_minor ||
            choice->expected_at_ms.value != at_ms + (int64_t)candidate->ship_within_h * HOUR_MS) {
            continue;
        }
        bool is_absorbed = was_absorbed(BODY(case_event, event), line, candidate);
        if (is_absorbed || !absorbed) {
            absorbed = is_absorbed;
            offer.sku = choice->sku;
            offer.price_minor = candidate->price_minor;
            offer.ship_within_ms = (int64_t)candidate->ship_within_h * HOUR_MS;
        }
    }
    return offer;
}

static int take_line(struct model_case *model, const struct told *event,
                     const struct notice_line *line, struct span span,
                     struct model_offer *ret_offers)
{
    int count = 0;
    for (uint32_t i = 0; i < line->choice_count; i++) {
        const struct notice_choice *choice = &line->choices[i];
        if (choice->choice != CHOICE_SUBSTITUTE) {
            continue;
        }
        ret_offers[count] = terms_of(model, event, line, choice, span);
        if (ret_offers[count].price_minor < 0 || text_equal(choice->sku, line->sku) ||
            model_line_of(model, SUBSTITUTE_LINE_BASE + line->line_no) ||
            !on_offer(model, line, choice->sku, span).may) {
            story_fail("rules: a substitute that is offered can be had",
                       "%.*s/%d event %lld: %.*s, %lld back", (int)model->first.order_id.size,
                       model->first.order_id.data, line->line_no,
                       (long long)BODY(case_event, event)->sequence, (int)choice->sku.size,
                       choice->sku.data, (long long)choice->refund_minor);
        }
        count++;
    }
    check_left_out(model, event, line, span);
    return count;
}

int check_offers(const struct told *told, struct model_case *model,
                 struct model_offer ret_offers[MODEL_SAID_MAX])
{
    const struct case_event *event = BODY(case_event, told);
    bool is_deadline = text_equal(event->fact_topic, TEXT("timer"));
    int count = 0;
    for (uint32_t e = 0; e < event->effect_count; e++) {
        if (topic_by_name(event->effects[e].topic) != TOPIC_NOTIFICATION) {
            continue;
        }
        const struct notification *notice = BODY(notification, effect_of(told, &event->effects[e]));
        if (notice->kind != NOTICE_SHORTAGE && notice->kind != NOTICE_RENEWED) {
            continue;
        }
        /* Before a deadline fires the tables are read up to it; else they may lag. */
        struct span span = {is_deadline ? event->at_ms - TABLE_LAG_MS : INT64_MIN,
                            told->record->written_ms};
        for (uint32_t l = 0; l < notice->line_count; l++) {
            must(count + MODEL_OFFERS_MAX <= MODEL_SAID_MAX);
            count += take_line(model, told, &notice->lines[l], span, ret_offers + count);
        }
    }
    return count;
}
