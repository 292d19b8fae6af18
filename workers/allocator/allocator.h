/* The allocator: reads each partition's merged log, keeps its book, says what became short.
 *
 * The rules are core/book.h. State goes to the topic allocator-state at a checkpoint, in one
 * transaction with the offset that it is true for: *the committed offset is the checkpoint's
 * position*, and every transaction carries it, so every one is fenced. In between, steps with
 * output are transactions and steps without are free.
 *
 * The metadata of the committed offset says up to which position output has been emitted, in the
 * same transaction as that output. At an assignment the state is read, the log replayed in silence
 * from the committed offset up to the emitted position, and then the work goes on; so shortages
 * come out exactly once. The revision in each of them is the second lock.
 *
 * One fact that flips a million lines drains in chunks over several steps. */
#ifndef SHORTFALL_ALLOCATOR_ALLOCATOR_H
#define SHORTFALL_ALLOCATOR_ALLOCATOR_H

#include "core/book.h"
#include "kit/worker.h"

enum { ALLOCATOR_REVISION_BITS = 12 /* of a revision: which fact of its message */ };

extern const struct role allocator_role;

/* The first revision of the message at `offset` of the book's log. */
int64_t allocator_revision_from(const struct book *book, int64_t offset);

#endif
