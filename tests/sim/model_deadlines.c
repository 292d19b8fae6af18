#include "model_inside.h"

/* Silence does not consent to a date that is known to be wrong: the new notice comes first. */
static struct moment silence_at(const struct model_line *line)
{
    bool waits = line->state == LINE_AWAITING_DECISION;
    return waits && !(line->worse && line->silence == SILENCE_WAIT) ? line->answer_by : never;
}

static struct moment date_passes_at(const struct model_line *line)
{
    return line->state == LINE_WAITING_RESTOCK ? line->agreed : never;
}

static struct moment forgotten_at(const struct model_case *model)
{
    return model->ended.known ? moment_at(model->ended.ms + 90 * MODEL_DAY_MS) : never;
}

struct moment model_next_due(const struct model_case *model)
{
    if (model->forgotten) {
        return never;
    }
    struct moment next = moment_first(model->grace_ends, forgotten_at(model));
    for (int i = 0; i < model->line_count; i++) {
        const struct model_line *line = &model->lines[i];
        next = moment_first(next, silence_at(line));
        next = moment_first(next, date_passes_at(line));
        next = moment_first(next, model_again_at(line));
        next = moment_first(next, model_penalty_at(model, line));
    }
    return next;
}

static bool falls_due(struct model_work *work, struct moment moment)
{
    if (!moment_is_due(moment, work->at_ms)) {
        return false;
    }
    if (moment.ms > work->said->last_due_ms) {
        work->said->last_due_ms = moment.ms;
    }
    return true;
}

static void pass_date(struct model_work *work, struct model_line *line)
{
    if (work->model->policy->passed == DATE_PASSED_REFUND) {
        model_refund(work, line, REFUND_FOR_DATE_PASSED);
    } else {
        line->worse = true;
        line->agreed = never;
        work->tells_now = true;
    }
}

static void no_answer(struct model_work *work, struct model_line *line)
{
    if (line->silence == SILENCE_REFUND) {
        model_refund(work, line, REFUND_FOR_SILENCE);
    } else if (moment_is_due(line->told, work->at_ms)) {
        pass_date(work, line);
    } else {
        model_hold(work, line, line->told, false);
    }
}

static void line_deadlines(struct model_work *work, struct model_line *line)
{
    if (falls_due(work, model_penalty_at(work->model, line))) {
        model_penalties_of_time(work, line);
    }
    if (line->state == LINE_AWAITING_DECISION) {
        if (falls_due(work, silence_at(line))) {
            no_answer(work, line);
        }
    } else if (falls_due(work, date_passes_at(line))) {
        pass_date(work, line);
    }
    if (falls_due(work, model_again_at(line))) {
        model_refund_again(work, line);
    }
}

void model_take_deadlines(struct model_work *work)
{
    struct model_case *model = work->model;
    if (!moment_is_due(model_next_due(model), work->at_ms)) {
        model_outdated(work);
        return;
    }
    if (falls_due(work, forgotten_at(model))) {
        model->forgotten = true;
        return;
    }
    for (int i = 0; i < model->line_count; i++) {
        line_deadlines(work, &model->lines[i]);
    }
    if (falls_due(work, model->grace_ends)) {
        work->tells_now = true;
    }
}
