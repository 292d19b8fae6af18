#include "core/substitution.h"

#include "core/case_effects.h"
#include "core/moment.h"
#include "core/notice.h"
#include "core/refund.h"

/* The price of the line's quantity, or -1 where it is beyond any amount of ours. */
static int64_t total_of(const struct case_line *line, int64_t price_minor)
{
    int64_t total;
    if (price_minor < 0 || __builtin_mul_overflow(price_minor, line->quantity, &total)) {
        return -1;
    }
    return total <= AMOUNT_MAX ? total : -1;
}

int64_t substitution_difference(const struct case_line *line,
                                const struct offered_substitute *offered)
{
    int64_t difference = line->paid_minor - total_of(line, offered->price_minor);
    return difference > 0 ? difference : 0;
}

int64_t substitution_ships_by(const struct offered_substitute *offered, int64_t chosen_at_ms)
{
    return moment_after(chosen_at_ms, offered->ship_within_h * HOUR_MS);
}

static bool is_available(const struct catalogue *catalogue, struct text sku, int64_t quantity)
{
    if (!catalogue->listing_of) {
        return false;
    }
    const struct listing_status *listing = catalogue->listing_of(catalogue->context, sku);
    return listing && listing->status == LISTING_AVAILABLE && listing->quantity.set &&
           listing->quantity.value >= quantity;
}

static bool is_allowed(const struct case_step *step, const struct case_line *line,
                       const struct substitute_offer *candidate)
{
    int64_t total = total_of(line, candidate->price_minor);
    return candidate->sku.size > 0 && candidate->sku.size <= ID_SIZE_MAX &&
           !text_equal(candidate->sku, id_text(&line->sku)) && total >= 0 &&
           (total <= line->paid_minor || step->policy->dearer == DEARER_ABSORB) &&
           is_available(step->catalogue, candidate->sku, line->quantity);
}

void substitution_offer(struct case_step *step, struct case_line *line)
{
    const struct catalogue *catalogue = step->catalogue;
    memset(line->offered, 0, sizeof line->offered);
    line->offered_count = 0;
    bool number_is_free = line->line_no <= INT32_MAX - SUBSTITUTE_LINE_BASE &&
                          !case_line_find(step->file, line->line_no + SUBSTITUTE_LINE_BASE);
    if (!catalogue || !catalogue->substitutes_of || !number_is_free || line->quantity > INT32_MAX) {
        return;
    }
    const struct substitute *substitutes =
        catalogue->substitutes_of(catalogue->context, id_text(&line->sku));
    uint32_t count = substitutes ? substitutes->substitute_count : 0;
    for (uint32_t i = 0; i < count && line->offered_count < OFFERED_SUBSTITUTES_MAX; i++) {
        const struct substitute_offer *candidate = &substitutes->substitutes[i];
        if (is_allowed(step, line, candidate)) {
            struct offered_substitute *offered = &line->offered[line->offered_count++];
            id_set(&offered->sku, candidate->sku);
            offered->price_minor = candidate->price_minor;
            offered->ship_within_h = candidate->ship_within_h > 0 ? candidate->ship_within_h : 0;
        }
    }
}

static const struct offered_substitute *find_offered(const struct case_line *line, struct text sku)
{
    for (uint32_t i = 0; i < line->offered_count; i++) {
        if (text_equal(id_text(&line->offered[i].sku), sku)) {
            return &line->offered[i];
        }
    }
    return NULL;
}

static void plan_shipping(struct case_step *step, const struct case_line *line, int32_t new_line_no,
                          int64_t ships_by_ms, int64_t absorbed_minor)
{
    struct fulfilment_plan *plan = effect_plan(step, line, PLAN_SHIP_SUBSTITUTE);
    plan->sku = id_text(&line->replacement_sku);
    plan->quantity = (struct optional_int){.value = (int32_t)line->quantity, .set = true};
    plan->new_line_no = (struct optional_int){.value = new_line_no, .set = true};
    plan->until_ms = (struct optional_long){.value = ships_by_ms, .set = true};
    if (absorbed_minor > 0) {
        plan->seller_absorbs_minor = (struct optional_long){.value = absorbed_minor, .set = true};
    }
}

enum verdict substitution_choose(struct case_step *step, struct case_line *line)
{
    const struct buyer_decision *decision = step->fact->buyer_decision;
    if (!notice_is_current(line, decision->notice)) {
        return case_refuse(step, REFUSAL_STALE_NOTICE);
    }
    const struct offered_substitute *offered = find_offered(line, decision->sku);
    if (!offered) {
        return case_refuse(step, REFUSAL_NOT_OFFERED);
    }
    int64_t total = total_of(line, offered->price_minor);
    int64_t difference = substitution_difference(line, offered);
    int64_t ships_by_ms = substitution_ships_by(offered, step->at_ms);
    struct replacement replacement = {
        .line_no = SUBSTITUTE_LINE_BASE + line->line_no,
        .quantity = line->quantity,
        .paid_minor = line->paid_minor - difference,
        .ship_by_ms = {.value = ships_by_ms, .set = true},
    };
    id_set(&line->replacement_sku, id_text(&offered->sku));
    replacement.sku = id_text(&line->replacement_sku);

    int64_t absorbed = total > line->paid_minor ? total - line->paid_minor : 0;
    plan_shipping(step, line, replacement.line_no, ships_by_ms, absorbed);
    if (difference > 0) {
        refund_start_difference(step, line, difference);
    }
    struct notification *confirmed =
        effect_line_notification(step, AUDIENCE_BUYER, NOTICE_SUBSTITUTE_CONFIRMED, line);
    confirmed->sku = replacement.sku;
    confirmed->expected_at_ms = replacement.ship_by_ms;
    if (difference > 0) {
        effect_amount(step, confirmed, difference);
    }
    effect_line_outcome(step, line, CLOSE_SUBSTITUTED, &replacement);
    case_line_set_state(step, line, difference > 0 ? LINE_SUBSTITUTING : LINE_SUBSTITUTED);
    return VERDICT_APPLIED;
}
