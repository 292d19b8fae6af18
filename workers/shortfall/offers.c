#include "shortfall/offers.h"

#include <stdlib.h>

#include "core/moment.h"
#include "shortfall/lookup.h"

/* What one notice offered for one sku. */
struct offered {
    struct offered *next; /* of the order: the one before it */
    int64_t at_ms;
    struct substitute substitute;
};

struct order_offers {
    struct offered *newest;
};

struct offers {
    struct arena *arena;   /* borrowed */
    struct lookup *orders; /* owned; struct order_offers by order */
};

struct offers *offers_new(struct arena *arena)
{
    struct offers *offers = calloc(1, sizeof *offers);
    if (offers) {
        offers->arena = arena;
        offers->orders = lookup_new(arena, sizeof(struct order_offers));
    }
    if (!offers || !offers->orders) {
        offers_free(offers);
        return NULL;
    }
    return offers;
}

void offers_free(struct offers *offers)
{
    if (offers) {
        lookup_free(offers->orders);
        free(offers);
    }
}

/* The price of a unit, where it can be told. */
static int64_t price_of(const struct notice_line *line, const struct notice_choice *choice)
{
    if (line->quantity <= 0) {
        return 0;
    }
    /* Rounded up: a price that does not divide evenly gave nothing back, so it was no lower. */
    int64_t total = line->paid_minor - choice->refund_minor;
    return total / line->quantity + (total % line->quantity > 0);
}

static bool take_line(struct offers *offers, struct order_offers *order, int64_t at_ms,
                      const struct notice_line *line)
{
    struct offered *offered = arena_take(offers->arena, sizeof *offered);
    struct substitute_offer *list =
        arena_take(offers->arena, (line->choice_count + 1) * sizeof *list);
    if (!offered || !list) {
        return false;
    }
    offered->at_ms = at_ms;
    offered->substitute.sku = arena_text(offers->arena, line->sku);
    offered->substitute.substitutes = list;
    bool whole = text_is_set(offered->substitute.sku);
    for (uint32_t i = 0; i < line->choice_count && whole; i++) {
        const struct notice_choice *choice = &line->choices[i];
        if (choice->choice != CHOICE_SUBSTITUTE) {
            continue;
        }
        struct substitute_offer *offer = &list[offered->substitute.substitute_count++];
        offer->sku = arena_text(offers->arena, choice->sku);
        offer->price_minor = price_of(line, choice);
        offer->ship_within_h = choice->expected_at_ms.set
                                   ? (int32_t)((choice->expected_at_ms.value - at_ms) / HOUR_MS)
                                   : 0;
        whole = text_is_set(offer->sku);
    }
    offered->next = order->newest;
    order->newest = offered;
    return whole;
}

enum status offers_take(struct offers *offers, const struct notification *notification,
                        struct error *error)
{
    bool of_lines = notification->kind == NOTICE_SHORTAGE || notification->kind == NOTICE_RENEWED;
    if (!of_lines) {
        return OK;
    }
    struct order_offers *order = lookup_put(offers->orders, notification->order_id);
    bool whole = order;
    for (uint32_t i = 0; i < notification->line_count && whole; i++) {
        whole = take_line(offers, order, notification->at_ms, &notification->lines[i]);
    }
    return whole ? OK : error_set(error, FATAL, "too many notices for the memory of this command");
}

static const struct substitute *substitutes_of(const void *context, struct text sku)
{
    const struct offers_view *view = context;
    const struct order_offers *order = lookup_get(view->offers->orders, view->order_id);
    const struct substitute *found = NULL;
    for (const struct offered *offered = order ? order->newest : NULL; offered;
         offered = offered->next) {
        if (text_equal(offered->substitute.sku, sku)) {
            found = &offered->substitute;
            if (offered->at_ms <= view->at_ms) {
                break;
            }
        }
    }
    return found;
}

/* What a notice offered could be had. */
static const struct listing_status *listing_of(const void *context, struct text sku)
{
    const struct offers_view *view = context;
    (void)sku;
    return &view->listing;
}

struct catalogue offers_catalogue(struct offers_view *view)
{
    view->listing = (struct listing_status){.status = LISTING_AVAILABLE,
                                            .quantity = {.value = INT64_MAX, .set = true}};
    return (struct catalogue){
        .context = view, .substitutes_of = substitutes_of, .listing_of = listing_of};
}
