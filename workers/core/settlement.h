/* Compensation that is agreed or ruled, once a case:
 *
 *   NONE -> CLAIMED <-> OFFERED -> AGREED
 *             |  \-> DECLINED -> OFFERED
 *             +------+---+-> ESCALATED -> AGREED | RULED      (a ruling may come in any state)
 *
 * The buyer claims and the seller is asked; or the seller offers unasked. An offer stands until it
 * is accepted, rejected, replaced or overtaken by a ruling. Nothing here happens by itself: the
 * times to answer are told, and a buyer who gets no answer may ask the platform.
 *
 * Penalties (core/penalty.h) are another thing and are not deducted. */
#ifndef SHORTFALL_CORE_SETTLEMENT_H
#define SHORTFALL_CORE_SETTLEMENT_H

#include "core/case_step.h"

/* CLAIM, ACCEPT, REJECT, ASK_PLATFORM. */
enum verdict settlement_decide(struct case_step *step);

/* OFFER_COMPENSATION, DECLINE. */
enum verdict settlement_respond(struct case_step *step);

/* COMPENSATE, DISMISS. */
enum verdict settlement_rule(struct case_step *step);

/* A refund was ruled: if the platform had been asked, that was its answer. */
void settlement_refund_ruled(struct case_step *step);

/* The most that may be offered: the policy's rate of all that was paid for the case's lines, with
 * a line and its substitute counted once. */
int64_t settlement_limit(const struct case_file *file, const struct policy *policy);

#endif
