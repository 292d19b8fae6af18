/* The promises by subject, each of which reads the transcript. */
#ifndef TESTS_SIM_CHECKS_H
#define TESTS_SIM_CHECKS_H

void check_identities(void); /* I7, I3: one content an id, written once */
void check_inputs(void);     /* I1: each input had its effect, or is a dead letter with its bytes */
void check_stock(void);      /* I1, I2, I5, I11: the allocation is what the plain model says */
void check_cases(void);        /* I2, I6, I7, I11, I13: events follow one another, effects are whole */
void check_traces(void);       /* all that is said of an order is of its trace */
void check_money(void);        /* I3, I4 */
void check_record_clock(void); /* with clock = record, time is that of the records */
void check_policy(void);       /* a case keeps the policy that it was opened under */
void check_rules(void);        /* the rules of a case by the plain model; I7, I8 */

/* Fields were taken out of Redis, or old ones put back: I9 is not asked any more. */
void check_view_is_hurt(void);

#endif
