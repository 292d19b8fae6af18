/* What the allocation says of a case's lines, and what the grace is for.
 *
 * A shortage event is a line's whole status at a revision; an older or equal one changes nothing.
 * A line is told of after a grace, because stock that is only moving comes back within minutes; a
 * shortage that the seller reported is sure and is told at once. */
#ifndef SHORTFALL_CORE_CASE_SHORTAGE_H
#define SHORTFALL_CORE_CASE_SHORTAGE_H

#include "core/case_step.h"

enum verdict case_judge_shortage(struct case_step *step);

/* Steps of the table. */
enum verdict shortage_open(struct case_step *step, struct case_line *line);
enum verdict shortage_follow(struct case_step *step, struct case_line *line);
enum verdict shortage_release(struct case_step *step, struct case_line *line);
enum verdict shortage_ship(struct case_step *step, struct case_line *line);
enum verdict shortage_ship_after_all(struct case_step *step, struct case_line *line);
enum verdict shortage_withdraw(struct case_step *step, struct case_line *line);

#endif
