#include "shortfall/cost.h"

#include "shortfall/replay.h"

/* Deadlines of one case without another fact: a chain that is longer is none of ours. */
enum { DEADLINES_MAX = 1000 };

static void add(struct choice_outcome *outcome, const struct case_effects *effects, int32_t line_no)
{
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        const struct refund_request *request = &effects->refund_requests[i];
        bool counts = request->line_no == line_no && request->attempt == 1;
        outcome->refund_minor += counts ? request->amount_minor : 0;
    }
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        const struct compensation *compensation = &effects->compensations[i];
        bool counts =
            compensation->line_no == line_no && compensation->kind == COMPENSATION_PENALTY;
        outcome->penalty_minor += counts ? compensation->amount_minor : 0;
    }
    for (uint32_t i = 0; i < effects->plan_count; i++) {
        const struct fulfilment_plan *plan = &effects->plans[i];
        bool counts = plan->line_no == line_no && plan->seller_absorbs_minor.set;
        outcome->absorbed_minor += counts ? plan->seller_absorbs_minor.value : 0;
    }
}

/* What is tried, on whose copy. */
struct trial {
    const struct replay *replay;
    struct case_line *lines; /* of the copy */
    const struct notification *notice;
};

/* The choice, and then nothing but deadlines up to a moment. */
static enum status try(const struct trial *trial, const struct buyer_decision *decision,
                       int64_t until_ms, struct choice_outcome *ret_outcome, struct error *error)
{
    struct replay fork;
    const struct case_fact fact = {.kind = CASE_FACT_BUYER_DECISION,
                                   .at_ms = decision->decided_at_ms,
                                   .buyer_decision = decision};
    *ret_outcome = (struct choice_outcome){0};
    replay_fork(trial->replay, trial->lines, &fork);
    enum status status = replay_judge(&fork, &fact, error);
    if (status != OK) {
        return status;
    }
    add(ret_outcome, fork.effects, decision->line_no);
    for (int i = 0; i < DEADLINES_MAX && replay_fire(&fork, until_ms, INT64_MIN); i++) {
        add(ret_outcome, fork.effects, decision->line_no);
    }
    return OK;
}

static enum status cost_of(const struct trial *trial, const struct notice_line *line,
                           const struct notice_choice *choice, struct choice_cost *ret_cost,
                           struct error *error)
{
    const struct notification *notice = trial->notice;
    const struct buyer_decision decision = {
        .id = TEXT("what if"),
        .order_id = notice->order_id,
        .line_no = line->line_no,
        .choice = choice->choice,
        .notice = notice->notice,
        .sku = choice->sku,
        .decided_at_ms = notice->at_ms,
    };
    bool waits = choice->choice == CHOICE_WAIT;
    *ret_cost = (struct choice_cost){.line_no = line->line_no,
                                     .choice = choice->choice,
                                     .sku = choice->sku,
                                     .has_date = waits && choice->expected_at_ms.set};
    /* Goods that come on the date come before it has passed. */
    int64_t until_ms = ret_cost->has_date ? choice->expected_at_ms.value - 1 : notice->at_ms;
    enum status status = try(trial, &decision, until_ms, &ret_cost->outcome, error);
    return status == OK && waits ? try(trial, &decision, INT64_MAX, &ret_cost->at_worst, error)
                                 : status;
}

enum status choice_costs_of(const struct replay *replay, const struct notification *notice,
                            struct choice_cost **ret_costs, uint32_t *ret_count,
                            struct error *error)
{
    uint32_t count = 0;
    must(notice->line_count <= COST_LINES_MAX);
    for (uint32_t i = 0; i < notice->line_count; i++) {
        count += notice->lines[i].choice_count;
    }
    struct choice_cost *costs = arena_take(replay->arena, (count + 1) * sizeof *costs);
    const struct trial trial = {
        .replay = replay,
        .lines = arena_take(replay->arena, replay->file.line_count * sizeof *trial.lines),
        .notice = notice,
    };
    if (!costs || !trial.lines) {
        return error_set(error, FATAL, "too many choices for the memory of this command");
    }
    enum status status = OK;
    *ret_costs = costs;
    *ret_count = count;
    for (uint32_t i = 0; i < notice->line_count; i++) {
        const struct notice_line *line = &notice->lines[i];
        for (uint32_t j = 0; j < line->choice_count && status == OK; j++) {
            status = cost_of(&trial, line, &line->choices[j], costs++, error);
        }
    }
    return status;
}
