/* Giving money back: once a line and purpose, never more than was paid for the line, and with the
 * same request until the payment system has done it or a person must.
 *
 *   NONE -> REQUESTED -> DONE
 *             ^   |  \-> FAILED -> DONE     a later success still counts
 *             |   v
 *            WAITING -> DONE                before the next attempt
 *
 * A refund that would be of nothing is not requested: the line is refunded at once. */
#ifndef SHORTFALL_CORE_REFUND_H
#define SHORTFALL_CORE_REFUND_H

#include "core/case_step.h"

/* What is left of what was paid for the line. A line and its substitute together never get back
 * more than was paid for the line. */
int64_t refund_left(const struct case_file *file, const struct case_line *line);

/* Refunds what is left, cancels the plan and frees the goods, all with one fact. */
void refund_start(struct case_step *step, struct case_line *line, enum refund_reason reason);

/* Requests the difference to a cheaper substitute. */
void refund_start_difference(struct case_step *step, struct case_line *line, int64_t amount_minor);

/* Steps of the table. */
enum verdict refund_cancel(struct case_step *step, struct case_line *line);
enum verdict refund_finish(struct case_step *step, struct case_line *line);
enum verdict refund_fail(struct case_step *step, struct case_line *line);
enum verdict refund_retry(struct case_step *step, struct case_line *line);

/* The refund of a purpose was asked for, and neither done nor given up. */
bool refund_is_running(const struct case_refund *refund);

/* How the reason is written in a notification. */
struct text refund_reason_text(enum refund_reason reason);

#endif
