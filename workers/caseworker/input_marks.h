/* Which committed offsets of our inputs are our own.
 *
 * Each transaction commits the offsets of all inputs of a partition together: that of `shortage`
 * with the mark of the state (caseworker/cases.h), the others with the mark's number. An offset
 * that was set by hand bears nothing, so it is found out. Nobody can tell then what it leaves out;
 * but from the beginning of the topic it is always right, for what was judged before is known, and
 * there it is taken. Offsets of a version that gave no numbers are believed as long as none bears
 * one. */
#ifndef SHORTFALL_CASEWORKER_INPUT_MARKS_H
#define SHORTFALL_CASEWORKER_INPUT_MARKS_H

#include "caseworker/cases.h"
#include "kit/worker.h"

/* What is committed with the offset of an input. */
void input_mark_to_text(const struct mark *mark, enum topic topic, char ret_text[MARK_TEXT_SIZE]);

/* Is the offset of input number `input` one that we committed, or none at all? committed[i] is that
 * of inputs[i], the first of which is `shortage`. */
bool input_mark_is_ours(const struct commit_point *committed, uint32_t input_count, uint32_t input);

/* Asks Kafka where an input begins whose offset is not ours. FATAL: it is set to another place; the
 * words say what to do. RETRY: no answer. */
enum status input_marks_check(const struct settings *settings, const struct role *role,
                              int32_t partition, const struct commit_point *committed,
                              struct error *error) must_check;

#endif
