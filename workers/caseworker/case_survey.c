#include "caseworker/case_survey.h"

#include <string.h>

#include "core/must.h"

const int64_t survey_span_ms[SURVEY_SPANS] = {60 * 1000, 3600 * 1000, 86400 * 1000, INT64_MAX};

static struct survey_money *money_of(struct survey_figures *figures, const char *currency)
{
    struct survey_money *money = figures->money;
    while (money->currency && money->currency != currency) {
        money++;
    }
    must(money < figures->money + sizeof figures->money / sizeof *figures->money - 1);
    money->currency = currency;
    return money;
}

static void look_at_refunds(struct survey_figures *figures, const struct case_line *line,
                            const char *currency, int64_t now_ms)
{
    for (int purpose = REFUND_PURPOSE_LINE; purpose < REFUND_PURPOSE_COUNT; purpose++) {
        const struct case_refund *refund = &line->refunds[purpose];
        if (refund->state == REFUND_STATE_NONE || refund->state == REFUND_STATE_DONE) {
            continue;
        }
        struct survey_money *money = money_of(figures, currency);
        money->outstanding++;
        money->outstanding_minor += refund->amount_minor;
        if (refund->due_by_ms < now_ms) {
            money->overdue++;
            money->overdue_minor += refund->amount_minor;
        }
    }
}

static void look_at(struct survey_figures *figures, const struct case_entry *entry, int64_t now_ms,
                    struct case_metrics *metrics)
{
    const struct case_file *file = &entry->file;
    bool closed = file->closed_at_ms.set;
    figures->closed_cases += closed;
    figures->open_cases += !closed;
    figures->settlements[file->settlement]++;
    for (int span = 0; span < SURVEY_SPANS && entry->deadline_ms != INT64_MAX && !closed; span++) {
        figures->deadlines[span] += survey_span_ms[span] == INT64_MAX ||
                                    entry->deadline_ms - now_ms <= survey_span_ms[span];
    }
    const char *currency = case_metrics_currency(metrics, file->currency);
    for (uint32_t i = 0; i < file->line_count; i++) {
        figures->lines[file->lines[i].state] += !closed;
        look_at_refunds(figures, &file->lines[i], currency, now_ms);
    }
}

bool case_survey_go_on(struct case_survey *survey, const struct cases *cases, uint32_t slots,
                       int64_t now_ms, struct case_metrics *metrics)
{
    for (uint32_t i = 0; i < slots && survey->next_slot < cases->slot_count; i++) {
        const struct case_entry *entry = cases->slots[survey->next_slot++];
        if (entry) {
            look_at(&survey->running, entry, now_ms, metrics);
        }
    }
    if (survey->next_slot < cases->slot_count) {
        return false;
    }
    survey->complete = survey->running;
    memset(&survey->running, 0, sizeof survey->running);
    survey->next_slot = 0;
    return true;
}

void survey_figures_add(struct survey_figures *sum, const struct survey_figures *more)
{
    sum->open_cases += more->open_cases;
    sum->closed_cases += more->closed_cases;
    for (int i = 0; i < LINE_STATE_COUNT; i++) {
        sum->lines[i] += more->lines[i];
    }
    for (int i = 0; i < SETTLEMENT_STATE_COUNT; i++) {
        sum->settlements[i] += more->settlements[i];
    }
    for (int i = 0; i < SURVEY_SPANS; i++) {
        sum->deadlines[i] += more->deadlines[i];
    }
    for (const struct survey_money *from = more->money; from->currency; from++) {
        struct survey_money *to = money_of(sum, from->currency);
        to->outstanding += from->outstanding;
        to->outstanding_minor += from->outstanding_minor;
        to->overdue += from->overdue;
        to->overdue_minor += from->overdue_minor;
    }
}
