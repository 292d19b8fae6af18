/* The cases of one partition moved to where they belong among another number of partitions.
 *
 * A case moves whole, as it stands: what it remembers of its newest shortage too, since the
 * revisions of the new log are above all of the old one (allocator/book_split.h). Nothing of a
 * moved case counts as written in its new state: case_state_settle then writes all of it, and the
 * mark of the new state comes about as always. */
#ifndef SHORTFALL_CASEWORKER_CASE_SPLIT_H
#define SHORTFALL_CASEWORKER_CASE_SPLIT_H

#include "caseworker/case_state.h"

/* Copies up to `limit` cases of `from` into the states `to`, from *cursor on, which begins at 0.
 * *ret_moved: how many; 0 when there are no more. FATAL: out of memory, or a case that is there
 * already. */
enum status case_split_move(const struct case_state *from, uint32_t *cursor, uint32_t limit,
                            struct case_state *const *to, int32_t to_count, uint32_t *ret_moved,
                            struct error *error) must_check;

#endif
