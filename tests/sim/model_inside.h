/* Inside the plain model: what its parts share. The parts are model_case.c (facts about lines),
 * model_deadlines.c, model_notice.c (what is told, and may be chosen), model_money.c (refunds and
 * penalties) and model_settlement.c (compensation by agreement or ruling). */
#ifndef TESTS_SIM_MODEL_INSIDE_H
#define TESTS_SIM_MODEL_INSIDE_H

#include "model_case.h"

/* One fact at work. */
struct model_work {
    struct model_case *model;
    const struct model_fact *fact;
    struct model_said *said;
    int64_t at_ms;
    bool tells_now; /* does not wait for the grace's end */
};

static const struct moment never = {false, 0};

static inline struct moment moment_at(int64_t ms)
{
    return (struct moment){true, ms};
}

static inline bool moment_is_due(struct moment moment, int64_t at_ms)
{
    return moment.known && moment.ms <= at_ms;
}

static inline struct moment moment_first(struct moment a, struct moment b)
{
    return !b.known || (a.known && a.ms <= b.ms) ? a : b;
}

static inline struct optional_long moment_told(struct moment moment)
{
    return (struct optional_long){.value = moment.known ? moment.ms : 0, .set = moment.known};
}

/* model_case.c */
void model_refuse(struct model_work *work, enum refusal reason);
void model_outdated(struct model_work *work); /* or known, or nothing is due: there is no event */
void model_become(struct model_work *work, struct model_line *line, enum line_state state);
bool model_is_told(const struct model_line *line); /* short, and the buyer knows */
void model_hold(struct model_work *work, struct model_line *line, struct moment until,
                bool by_word);

/* model_deadlines.c */
void model_take_deadlines(struct model_work *work);

/* model_notice.c */
struct notification *model_tell(struct model_work *work, enum audience audience,
                                enum notice_kind kind);
struct notification *model_tell_of(struct model_work *work, enum audience audience,
                                   enum notice_kind kind, const struct model_line *line);
void model_tell_amount(struct notification *told, int64_t amount_minor);
void model_send_notice(struct model_work *work);
bool model_is_pending(const struct model_line *line);
const struct model_offer *model_offer_of(const struct model_line *line, struct text sku);
int64_t model_cheaper_by(const struct model_line *line, const struct model_offer *offer);

/* model_money.c */
struct fulfilment_plan *model_plan(struct model_work *work, const struct model_line *line,
                                   enum plan_action action);
struct line_outcome *model_outcome(struct model_work *work, const struct model_line *line,
                                   enum close_reason reason);
struct compensation *model_compensate(struct model_work *work, enum compensation_kind kind,
                                      int32_t line_no, int64_t amount_minor);
int64_t model_left(const struct model_line *line); /* of what was paid for it */
void model_refund(struct model_work *work, struct model_line *line, enum refund_reason reason);
void model_refund_difference(struct model_work *work, struct model_line *line,
                             int64_t amount_minor);
void model_take_result(struct model_work *work);
void model_refund_again(struct model_work *work, struct model_line *line);
struct moment model_again_at(const struct model_line *line);
void model_penalties_of_admission(struct model_work *work, struct model_line *line);
void model_penalties_of_time(struct model_work *work, struct model_line *line);
struct moment model_penalty_at(const struct model_case *model, const struct model_line *line);

/* model_settlement.c */
void model_take_claim(struct model_work *work);
void model_take_response(struct model_work *work);
void model_take_compensation_ruling(struct model_work *work);
void model_refund_was_ruled(struct model_work *work);

#endif
