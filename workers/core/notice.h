/* The notice: what is short, what the buyer may choose, until when, and what silence means.
 *
 * One notice tells of all that is pending in the case. It is a SHORTAGE if it is the first for any
 * of its lines, else RENEWED; each line has its own time to decide. From then on WAIT and
 * SUBSTITUTE must name it, because they answer what it said.
 *
 * A new notice never shortens a running deadline, except to the date that was agreed where the
 * policy refunds when it passes: nobody is held beyond that by silence. */
#ifndef SHORTFALL_CORE_NOTICE_H
#define SHORTFALL_CORE_NOTICE_H

#include "core/case_step.h"

/* Tells of everything pending, if anything is. */
void notice_send(struct case_step *step);

/* Step of the table: a pending line becomes part of the notice being sent. */
enum verdict notice_line_add(struct case_step *step, struct case_line *line);

/* Whether a decision that names `notice` answers the line's current one. */
bool notice_is_current(const struct case_line *line, struct optional_int notice);

#endif
