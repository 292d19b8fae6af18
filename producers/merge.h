/* Several files of facts as one row of facts in their own time.
 *
 * Each file must be in the order of its facts' time already; of two facts with the same place in
 * time (fact_compare) the one of the file added first comes first. A substitute without a time is
 * known from the beginning. Memory holds one fact a file, so the files may be of any length. */
#ifndef SHORTFALL_PRODUCERS_MERGE_H
#define SHORTFALL_PRODUCERS_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "producers/fact.h"
#include "producers/fact_file.h"

enum { MERGE_FILES_MAX = 16 };

/* Zeroed is a merge of no files. */
struct merge {
    struct merge_source {
        struct fact_file *file; /* owned */
        struct fact next;
        bool more; /* `next` is set */
        int64_t last_at_ms;
    } sources[MERGE_FILES_MAX];
    uint32_t count;
    uint32_t first; /* the source whose fact comes next; == count: none */
};

/* Takes the file over, also on failure, and reads its first fact. */
enum status merge_add(struct merge *merge, struct fact_file *file, struct error *error) must_check;
void merge_done(struct merge *merge);

/* The next fact, which lives until merge_step; NULL at the end. */
const struct fact *merge_first(const struct merge *merge);

/* Goes on to the next. POISON names file and line: a broken line, or one earlier than the one
 * before it. */
enum status merge_step(struct merge *merge, struct error *error) must_check;

/* How much of all files has been read, in their own bytes; *ret_size 0: not known. */
void merge_progress(const struct merge *merge, int64_t *ret_done, int64_t *ret_size);

#endif
