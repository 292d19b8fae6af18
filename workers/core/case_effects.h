/* Putting effects together: each function adds one to the step's effects, with what all of its
 * kind have in common, and returns it for the rest. Internal to the rules of a case.
 *
 * The order is that of the calls. The lines of a notification must be added before the next
 * notification is begun, the choices of a line before the next line. */
#ifndef SHORTFALL_CORE_CASE_EFFECTS_H
#define SHORTFALL_CORE_CASE_EFFECTS_H

#include "core/case_step.h"

void case_effects_reset(struct case_effects *effects);
bool case_effects_are_empty(const struct case_effects *effects);

/* Notes the state of a line before and after; twice for one line is one change. */
void effect_line_change(struct case_step *step, int32_t line_no, enum line_state before,
                        enum line_state after);

/* number: of the notice for SHORTAGE and RENEWED, else of the line; 0: the case */
struct notification *effect_notification(struct case_step *step, enum audience audience,
                                         enum notice_kind kind, int32_t number);
struct notice_line *effect_notice_line(struct case_step *step, const struct case_line *line);
struct notice_choice *effect_choice(struct case_step *step, enum choice choice);

/* A notification about one line, with that line in it. */
struct notification *effect_line_notification(struct case_step *step, enum audience audience,
                                              enum notice_kind kind, const struct case_line *line);

/* The sum a notification is about. */
void effect_amount(const struct case_step *step, struct notification *notification,
                   int64_t amount_minor);

struct fulfilment_plan *effect_plan(struct case_step *step, const struct case_line *line,
                                    enum plan_action action);

/* The refund of the line for that purpose, as it stands, with its newest attempt. */
void effect_refund_request(struct case_step *step, const struct case_line *line,
                           enum refund_purpose purpose);

struct compensation *effect_compensation(struct case_step *step,
                                         struct compensation_identity identity,
                                         int64_t amount_minor);

/* replacement: NULL, or copied. */
void effect_line_outcome(struct case_step *step, const struct case_line *line,
                         enum close_reason reason, const struct replacement *replacement);

#endif
