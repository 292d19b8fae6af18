/* One fact on its way through a case: what the rules share while they judge it. Internal to the
 * rules of a case; callers see core/case.h.
 *
 * A rule returns a verdict: APPLIED, REFUSED (through case_refuse, and then it has changed
 * nothing), or UNKNOWN where the fact is outdated (and then it has changed nothing either). */
#ifndef SHORTFALL_CORE_CASE_STEP_H
#define SHORTFALL_CORE_CASE_STEP_H

#include "core/case.h"
#include "core/case_table.h"

struct case_step {
    struct case_file *file;
    const struct policy *policy;
    const struct catalogue *catalogue;
    const struct case_fact *fact;
    int64_t at_ms;
    int64_t sequence; /* of the case event that this fact gets */
    bool notice_now;  /* what is pending is told at once, without waiting for the grace's end */
    struct case_effects *effects;
};

/* Takes the step of the table for a line, or refuses. */
enum verdict case_step_line(struct case_step *step, struct case_line *line, enum line_fact fact);

/* Sets the reason. Returns REFUSED. */
enum verdict case_refuse(struct case_step *step, enum refusal reason);

/* The one place where a line's state changes. Clears what belongs to the states left. */
void case_line_set_state(struct case_step *step, struct case_line *line, enum line_state state);

/* The line is waiting for the end of the grace, to be told for the first time or anew. */
bool case_line_is_pending(const struct case_line *line);

/* The line of that number, or NULL. */
struct case_line *case_line_find(const struct case_file *file, int32_t line_no);

/* The line with the next higher number, or NULL: rules go through the lines by their numbers, so
 * that what comes out does not depend on the order in which they came in. */
struct case_line *case_line_after(const struct case_file *file, int32_t line_no);

/* Starts the grace, or joins the one that runs: it is never extended. */
void case_start_grace(struct case_step *step, int64_t grace_ms);

#endif
