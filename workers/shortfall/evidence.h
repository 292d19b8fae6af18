/* All that a platform needs to rule on an order, in one document that stands by itself.
 *
 * It is Markdown: the document says why in its head. Everything in it is taken from the records of
 * the order's timeline, and each statement names the record that proves it by its place in that
 * timeline (R1 is the first); the records themselves stand at the end with topic, partition and
 * offset. No clock is read, so the same records give the same bytes. Texts from outside are
 * escaped, so that nobody's id can change what the document says. */
#ifndef SHORTFALL_SHORTFALL_EVIDENCE_H
#define SHORTFALL_SHORTFALL_EVIDENCE_H

#include "kit/policy_file.h"
#include "shortfall/case_lines.h"
#include "shortfall/timeline.h"

struct evidence {
    const char *order_id;
    const struct timeline *timeline; /* sorted; its language is the document's */
    const struct case_lines *lines;
    const struct policy_set *policies; /* NULL: not at hand */
    struct text why_no_costs;          /* data NULL: all choices have their costs */
};

void evidence_write(const struct evidence *evidence, struct buffer *out);

#endif
