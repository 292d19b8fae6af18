/* The caseworker: carries each order that has short lines to a fair end.
 *
 * It holds the open cases of its partitions in memory; the rules are core/case.h. One step takes
 * facts and due deadlines, judges them, and gives effects, the changed state records and dead
 * letters, which go out in one transaction with the input offsets. The offset of `shortage` carries
 * the mark of the state (caseworker/cases.h) as its metadata.
 *
 * Restore: where Redis holds exactly what the committed mark says, from there; else from the topic
 * case-state, up to its high watermark. Redis is written after the commit, and rebuilt from memory
 * when a write was refused or lost.
 *
 * Time: with our own clock a deadline fires when the loop has proved that all answers before it
 * were read; with `clock = record` time is the largest one that facts and clock ticks of the
 * partition have told, and deadlines due at or before a fact's time fire before it. */
#ifndef SHORTFALL_CASEWORKER_CASEWORKER_H
#define SHORTFALL_CASEWORKER_CASEWORKER_H

#include "kit/worker.h"

/* Set on a record that was put into the right partition once, so that it is never done twice. */
#define CASEWORKER_FORWARDED_HEADER "shortfall-forwarded"

extern const struct role caseworker_role;

#endif
