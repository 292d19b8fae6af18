/* The rules of core/book.h once more, written as plainly as they read: lists, loops and
 * definitions, no sums kept, no tree. Slow and obvious, so that the book can be held against it. */
#ifndef TESTS_CORE_BOOK_MODEL_H
#define TESTS_CORE_BOOK_MODEL_H

#include "book_model_state.h"

/* ---- Facts ----------------------------------------------------------------------------------- */

static inline enum book_verdict model_paid(struct model *model, struct model_sku *sku,
                                           const struct sku_fact *fact)
{
    struct model_line *line = model_line(sku, fact->order_id, fact->line_no);
    if (line && line->state == MODEL_OPEN) {
        bool same = line->quantity == fact->quantity && line->paid_at_ms == fact->at_ms &&
                    model_text_is(line->facts, fact->order_facts);
        return same ? BOOK_DUPLICATE : BOOK_CONFLICT;
    }
    if (line && line->state == MODEL_CLOSED) {
        return BOOK_DUPLICATE;
    }
    if (line && line->state == MODEL_UNPAID) {
        line->state = MODEL_CLOSED;
        line->paid_at_ms = fact->at_ms;
        line->closed_log_ms = model->log_ms;
        return BOOK_APPLIED;
    }
    if (sku->has_forgotten && fact->at_ms <= sku->forgotten_paid_at_ms) {
        return BOOK_TOO_OLD;
    }
    line = model_new_line(model, sku, fact);
    line->state = MODEL_OPEN;
    line->quantity = fact->quantity;
    line->covered = sku->warehouse_count == 0; /* else: short until it is covered below */
    model_copy(line->facts, sizeof(line->facts), fact->order_facts);
    return BOOK_APPLIED;
}

static inline enum book_verdict model_closed(struct model *model, struct model_sku *sku,
                                             const struct sku_fact *fact,
                                             struct model_line **ret_closed)
{
    struct model_line *line = model_line(sku, fact->order_id, fact->line_no);
    if (!line) {
        line = model_new_line(model, sku, fact);
        line->state = MODEL_UNPAID;
        line->closed_log_ms = model->log_ms;
        return BOOK_APPLIED;
    }
    if (line->state != MODEL_OPEN) {
        bool left_after_all =
            line->episode > 0 && line->reason != CLOSE_SHIPPED && fact->reason == CLOSE_SHIPPED;
        if (!left_after_all) {
            return BOOK_DUPLICATE;
        }
        line->reason = CLOSE_SHIPPED;
        *ret_closed = line;
        return BOOK_APPLIED;
    }
    line->counting = line->covered && fact->reason == CLOSE_SHIPPED;
    line->state = MODEL_CLOSED;
    line->closed_log_ms = model->log_ms;
    line->closed_at_ms = fact->at_ms;
    line->reason = fact->reason;
    model_copy(line->from, sizeof(line->from), fact->warehouse_id);
    if (line->episode > 0) {
        *ret_closed = line;
    }
    return BOOK_APPLIED;
}

static inline enum book_verdict model_level(struct model_sku *sku, const struct sku_fact *fact)
{
    struct model_warehouse *warehouse = model_warehouse(sku, fact->warehouse_id);
    if (warehouse && fact->version < warehouse->level.version) {
        return BOOK_OUTDATED;
    }
    if (warehouse && fact->version == warehouse->level.version) {
        const struct sku_fact *old = &warehouse->level;
        bool same = old->on_hand == fact->on_hand && old->safety_stock == fact->safety_stock &&
                    old->at_ms == fact->at_ms && old->restock_count == fact->restock_count;
        for (uint32_t i = 0; same && i < fact->restock_count; i++) {
            same = old->restocks[i].expected_at_ms == fact->restocks[i].expected_at_ms &&
                   old->restocks[i].quantity == fact->restocks[i].quantity;
        }
        return same ? BOOK_DUPLICATE : BOOK_CONFLICT;
    }
    if (!warehouse) {
        assert_true(sku->warehouse_count < MODEL_WAREHOUSES);
        warehouse = &sku->warehouses[sku->warehouse_count++];
        model_copy(warehouse->id, sizeof(warehouse->id), fact->warehouse_id);
        warehouse->counted_out_ms = fact->at_ms;
    }
    warehouse->level = *fact;
    warehouse->level.restocks = warehouse->restocks;
    for (uint32_t i = 0; i < fact->restock_count; i++) {
        warehouse->restocks[i] = fact->restocks[i];
    }
    if (fact->at_ms > warehouse->counted_out_ms) {
        warehouse->counted_out_ms = fact->at_ms;
    }
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        line->blocked = line->blocked && fact->at_ms <= line->reported_at_ms;
    }
    sku->reported = sku->reported && fact->at_ms <= sku->reported_at_ms;
    return BOOK_APPLIED;
}

static inline enum book_verdict model_report(struct model *model, struct model_sku *sku,
                                             const struct sku_fact *fact)
{
    for (int i = 0; i < sku->warehouse_count; i++) {
        if (fact->at_ms < sku->warehouses[i].counted_out_ms) {
            return BOOK_OUTDATED;
        }
    }
    for (int i = 0; i < sku->report_count; i++) {
        if (model_text_is(sku->reports[i].id, fact->id)) {
            return BOOK_DUPLICATE;
        }
    }
    assert_true(sku->report_count < MODEL_REPORTS);
    struct model_report *report = &sku->reports[sku->report_count++];
    model_copy(report->id, sizeof(report->id), fact->id);
    report->log_ms = model->log_ms;
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        if (line->state != MODEL_OPEN || !model_text_is(line->order, fact->order_id) ||
            (fact->line_no != 0 && fact->line_no != line->line_no)) {
            continue;
        }
        if (!line->blocked || fact->at_ms > line->reported_at_ms) {
            line->reported_at_ms = fact->at_ms;
        }
        line->blocked = true;
        line->covered = false;
        if (!sku->reported || fact->at_ms > sku->reported_at_ms) {
            sku->reported_at_ms = fact->at_ms;
        }
        sku->reported = true;
    }
    return BOOK_APPLIED;
}

/* ---- After the fact -------------------------------------------------------------------------- */

static inline void model_settle(struct model_sku *sku, int32_t rules)
{
    if (sku->warehouse_count == 0) {
        return;
    }
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        line->counting = line->counting && !model_counted_out(sku, line);
    }
    int64_t available = model_available(sku);
    for (int i = sku->line_count - 1; i >= 0 && model_reserved(sku) > available; i--) {
        if (sku->lines[i].state == MODEL_OPEN) {
            sku->lines[i].covered = false;
        }
    }
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        if (!model_is_short(line) || line->blocked) {
            continue;
        }
        if (line->quantity <= available - model_reserved(sku)) {
            line->covered = true;
        } else if (rules == 2) {
            return; /* nobody overtakes it */
        }
    }
}

/* By definition: the earliest restock at which what is ahead and the line itself fit. */
static inline struct optional_long model_date(const struct model_sku *sku, int64_t quantity)
{
    struct optional_long best = {0};
    int64_t free = model_available(sku) - model_reserved(sku);
    for (int w = 0; w < sku->warehouse_count; w++) {
        const struct sku_fact *level = &sku->warehouses[w].level;
        for (uint32_t r = 0; r < level->restock_count; r++) {
            int64_t date = level->restocks[r].expected_at_ms;
            int64_t until = free;
            for (int v = 0; v < sku->warehouse_count; v++) {
                const struct sku_fact *other = &sku->warehouses[v].level;
                for (uint32_t s = 0; s < other->restock_count; s++) {
                    if (other->restocks[s].expected_at_ms <= date) {
                        until += model_positive(other->restocks[s].quantity);
                    }
                }
            }
            bool counts = level->restocks[r].quantity > 0 && quantity <= until;
            if (counts && (!best.set || date < best.value)) {
                best = (struct optional_long){date, true};
            }
        }
    }
    return best;
}

static inline void model_tell(struct model *model, const struct book_change *change)
{
    size_t used = strlen(model->told);
    used += (size_t)snprintf(model->told + used, MODEL_TOLD - used, "%s", used ? "; " : "");
    print_change(model->told + used, MODEL_TOLD - used, change);
}

static inline void model_tell_line(struct model *model, struct model_sku *sku,
                                   const struct sku_fact *fact, struct model_line *line,
                                   enum shortage_kind kind)
{
    int64_t version = 0;
    for (int i = 0; i < sku->warehouse_count; i++) {
        if (i == 0 || sku->warehouses[i].level.version > version) {
            version = sku->warehouses[i].level.version;
        }
    }
    struct book_change change = {.kind = BOOK_CHANGE_SHORTAGE,
                                 .shortage = {.at_ms = fact->at_ms,
                                              .kind = kind,
                                              .order_id = text_of(line->order),
                                              .line_no = line->line_no,
                                              .sku = text_of(sku->id),
                                              .quantity = line->quantity,
                                              .episode = line->episode,
                                              .cause = line->cause,
                                              .available = model_available(sku),
                                              .reserved = model_reserved(sku),
                                              .stock_version = version}};
    if (kind == SHORTAGE_CLOSED) {
        change.shortage.reason = line->reason;
    } else if (kind != SHORTAGE_RECOVERED) {
        change.shortage.queue_place = 1;
        for (struct model_line *other = sku->lines; other < line; other++) {
            if (model_is_short(other)) {
                change.shortage.queue_place++;
                change.shortage.ahead_quantity += other->quantity;
            }
        }
        change.shortage.expected_at_ms = line->told_ms;
    }
    model_tell(model, &change);
}

static inline void model_tell_lines(struct model *model, struct model_sku *sku,
                                    const struct sku_fact *fact, enum shortage_cause cause)
{
    int64_t ahead = 0;
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        if (line->state != MODEL_OPEN) {
            continue;
        }
        bool was_short = line->was_open && line->was_short;
        if (!model_is_short(line)) {
            if (was_short) {
                model_tell_line(model, sku, fact, line, SHORTAGE_RECOVERED);
            }
            continue;
        }
        ahead += line->quantity;
        struct optional_long date = model_date(sku, ahead);
        bool same_date = date.set == line->told_ms.set && date.value == line->told_ms.value;
        line->told_ms = date;
        if (!was_short) {
            line->episode++;
            line->cause = cause;
            model_tell_line(model, sku, fact, line, SHORTAGE_UNFILLABLE);
        } else if (!same_date) {
            model_tell_line(model, sku, fact, line, SHORTAGE_ETA_CHANGED);
        }
    }
}

static inline void model_tell_listing(struct model *model, struct model_sku *sku,
                                      const struct sku_fact *fact, bool first_level)
{
    if (sku->warehouse_count == 0 && !sku->reported) {
        return;
    }
    int64_t sellable = -model_reserved(sku);
    for (int i = 0; i < sku->warehouse_count; i++) {
        const struct sku_fact *level = &sku->warehouses[i].level;
        sellable += model_positive(level->on_hand - level->safety_stock);
    }
    for (int i = 0; i < sku->line_count; i++) {
        sellable -= model_is_short(&sku->lines[i]) ? sku->lines[i].quantity : 0;
    }
    struct listing_status now = {.status = sellable > 0 && !sku->reported ? LISTING_AVAILABLE
                                                                          : LISTING_SOLD_OUT};
    now.quantity = (struct optional_long){now.status == LISTING_AVAILABLE ? sellable : 0, true};
    bool other_quantity = now.quantity.value != sku->told.quantity.value;
    if (first_level || now.status != sku->told.status ||
        (fact->kind == FACT_LEVEL && now.status == LISTING_AVAILABLE && other_quantity)) {
        sku->told = now;
        model_tell(model, &(struct book_change){.kind = BOOK_CHANGE_LISTING, .listing = now});
    }
}

/* ---- The model ------------------------------------------------------------------------------- */

/* Only what has been used is cleared: the model is large. */
static inline void model_reset(struct model *model)
{
    for (int i = 0; i < model->sku_count; i++) {
        struct model_sku *sku = &model->skus[i];
        memset(sku->lines, 0, (size_t)sku->line_count * sizeof(sku->lines[0]));
        memset(&sku->line_count, 0, sizeof(*sku) - offsetof(struct model_sku, line_count));
    }
    model->sku_count = 0;
    model->line_count = 0;
    model->rules = 1;
    model->log_ms = 0;
}

static inline void model_forget(struct model *model)
{
    for (int s = 0; s < model->sku_count; s++) {
        struct model_sku *sku = &model->skus[s];
        for (int i = 0; i < sku->line_count; i++) {
            struct model_line *line = &sku->lines[i];
            bool remembered = line->state == MODEL_CLOSED || line->state == MODEL_UNPAID;
            int64_t kept_ms = line->state == MODEL_CLOSED && line->episode > 0
                                  ? BOOK_REMEMBER_SHORT_MS
                                  : BOOK_REMEMBER_MS;
            if (!remembered || model->log_ms <= line->closed_log_ms + kept_ms) {
                continue;
            }
            line->state = MODEL_FORGOTTEN;
            if (!sku->has_forgotten || line->paid_at_ms > sku->forgotten_paid_at_ms) {
                sku->has_forgotten = true;
                sku->forgotten_paid_at_ms = line->paid_at_ms;
            }
        }
        for (int i = 0; i < sku->report_count;) {
            if (model->log_ms > sku->reports[i].log_ms + BOOK_REMEMBER_MS) {
                sku->reports[i] = sku->reports[--sku->report_count];
            } else {
                i++;
            }
        }
    }
}

static inline struct model_sku *model_sku(struct model *model, struct text id)
{
    for (int i = 0; i < model->sku_count; i++) {
        if (model_text_is(model->skus[i].id, id)) {
            return &model->skus[i];
        }
    }
    assert_true(model->sku_count < MODEL_SKUS);
    struct model_sku *sku = &model->skus[model->sku_count++];
    model_copy(sku->id, sizeof(sku->id), id);
    return sku;
}

static inline void model_look(struct model_sku *sku)
{
    for (int i = 0; i < sku->line_count; i++) {
        sku->lines[i].was_open = sku->lines[i].state == MODEL_OPEN;
        sku->lines[i].was_short = model_is_short(&sku->lines[i]);
    }
}

/* The number of the oldest line that is short; INT_MAX: none is. */
static inline int model_oldest_short(const struct model_sku *sku)
{
    for (int i = 0; i < sku->line_count; i++) {
        if (model_is_short(&sku->lines[i])) {
            return sku->lines[i].number;
        }
    }
    return INT_MAX;
}

/* Every sku is settled under the other rules, in the order of their oldest short lines. */
static inline enum book_verdict model_rules(struct model *model, const struct sku_fact *fact)
{
    int oldest[MODEL_SKUS];
    if (fact->rules < 1 || fact->rules > 2) {
        return fact->rules < 1 ? BOOK_MALFORMED : BOOK_NEW_RULES;
    }
    if (fact->rules == model->rules) {
        return BOOK_DUPLICATE;
    }
    model->rules = fact->rules;
    for (int s = 0; s < model->sku_count; s++) {
        oldest[s] = model_oldest_short(&model->skus[s]);
    }
    for (int number = 0; number < model->line_count; number++) {
        for (int s = 0; s < model->sku_count; s++) {
            if (oldest[s] == number) {
                model_look(&model->skus[s]);
                model_settle(&model->skus[s], model->rules);
                model_tell_lines(model, &model->skus[s], fact, CAUSE_UNKNOWN);
                model_tell_listing(model, &model->skus[s], fact, false);
            }
        }
    }
    return BOOK_APPLIED;
}

static inline enum book_verdict model_apply(struct model *model, const struct sku_fact *fact,
                                            int64_t log_ms)
{
    model->told[0] = '\0';
    if (log_ms > model->log_ms) {
        model->log_ms = log_ms;
    }
    model_forget(model);
    if (fact->kind == FACT_RULES) {
        return model_rules(model, fact);
    }
    struct model_sku *sku = model_sku(model, fact->sku);
    model_look(sku);
    bool had_level = sku->warehouse_count > 0;
    struct model_line *closed = NULL;
    enum shortage_cause cause = CAUSE_OVERSOLD;
    enum book_verdict verdict = BOOK_MALFORMED;
    switch (fact->kind) {
    case FACT_PAID:
        verdict = model_paid(model, sku, fact);
        break;
    case FACT_LEVEL:
        verdict = model_level(sku, fact);
        cause = had_level ? CAUSE_COUNT_FELL : CAUSE_OVERSOLD;
        break;
    case FACT_CLOSED:
        verdict = model_closed(model, sku, fact, &closed);
        break;
    case FACT_REPORT:
        verdict = model_report(model, sku, fact);
        cause = CAUSE_REPORTED;
        break;
    case FACT_RULES:
    case FACT_UNKNOWN:
        break;
    }
    if (verdict == BOOK_APPLIED) {
        model_settle(sku, model->rules);
        model_tell_lines(model, sku, fact, cause);
        if (closed) {
            model_tell_line(model, sku, fact, closed, SHORTAGE_CLOSED);
        }
        model_tell_listing(model, sku, fact, !had_level && sku->warehouse_count > 0);
    }
    return verdict;
}

/* I5: what is reserved is there (but for goods on their way out), and nothing waits that fits: of
 * the rules 1 no line at all, of the rules 2 not the oldest that waits for goods. */
static inline void model_check(const struct model *model)
{
    for (int s = 0; s < model->sku_count; s++) {
        const struct model_sku *sku = &model->skus[s];
        int64_t free = model_available(sku) - model_reserved(sku);
        bool looks = true;
        for (int i = 0; sku->warehouse_count > 0 && i < sku->line_count; i++) {
            const struct model_line *line = &sku->lines[i];
            bool waits = model_is_short(line) && !line->blocked;
            assert_true(line->state != MODEL_OPEN || !line->covered || free >= 0);
            assert_true(!waits || !looks || line->quantity > free);
            looks = looks && !(waits && model->rules == 2);
        }
    }
}

#endif
