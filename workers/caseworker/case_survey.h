/* How the cases of a partition stand, for people who watch: lines by state, deadlines ahead,
 * refunds that are out and those that are late, in number and money.
 *
 * It goes through the cases a piece at a time, about once a second, so that judging never pays for
 * watching: nothing is counted along with the facts. A *round* is complete when every slot has been
 * looked at; with many cases it takes several calls, and the figures are those of the last complete
 * one. Where the table grew within a round, that round may count a case twice or not at all. */
#ifndef SHORTFALL_CASEWORKER_CASE_SURVEY_H
#define SHORTFALL_CASEWORKER_CASE_SURVEY_H

#include "caseworker/case_metrics.h"
#include "caseworker/cases.h"

/* By the time that is left; each counts those of the ones before too. */
enum { SURVEY_SPANS = 4 };
extern const int64_t survey_span_ms[SURVEY_SPANS]; /* a minute, an hour, a day; the last: any */

struct survey_money {
    const char *currency; /* of case_metrics_currency; NULL: the end */
    int64_t outstanding;  /* refunds asked for and not done; those handed to a person too */
    int64_t outstanding_minor;
    int64_t overdue; /* of these, past the time they were due by */
    int64_t overdue_minor;
};

struct survey_figures {
    int64_t open_cases;
    int64_t closed_cases;
    int64_t lines[LINE_STATE_COUNT]; /* of open cases */
    int64_t settlements[SETTLEMENT_STATE_COUNT];
    int64_t deadlines[SURVEY_SPANS];
    struct survey_money money[CASE_METRICS_CURRENCIES_MAX + 2];
};

struct case_survey {
    uint32_t next_slot;
    struct survey_figures running;  /* of the round that is under way */
    struct survey_figures complete; /* of the last one */
};

/* Looks at `slots` more; true when that completed a round. now_ms: whatever clock the cases are
 * judged by. */
bool case_survey_go_on(struct case_survey *survey, const struct cases *cases, uint32_t slots,
                       int64_t now_ms, struct case_metrics *metrics);

void survey_figures_add(struct survey_figures *sum, const struct survey_figures *more);

#endif
