/* The allocator's inside, shared by the files that make it up; nobody else includes it.
 *
 *   allocator.c   the role: a step, a checkpoint, what is committed
 *   restoring.c   a partition's state comes back, and is the one that belongs to its offset */
#ifndef SHORTFALL_ALLOCATOR_ALLOCATOR_INNER_H
#define SHORTFALL_ALLOCATOR_ALLOCATOR_INNER_H

#include "allocator/emitted.h"
#include "allocator/place.h"
#include "core/book.h"
#include "kit/changelog.h"
#include "kit/metrics.h"
#include "kit/reader.h"
#include "kit/worker.h"

enum {
    MESSAGE_ARENA_LIMIT = 64 << 20, /* the decoded facts of one message */
};

/* One partition. */
struct allocation {
    int32_t partition;
    struct book *book;
    int64_t checkpoint_offset; /* the committed one, or where the log begins */
    int64_t checkpoint_next;   /* the offset of the checkpoint that is being committed */
    struct emitted emitted;
    struct place place; /* of the restore */
    int64_t again_ms;   /* monotonic: the state is read again, but not before */
    bool reading;       /* it is being read */

    /* The message at hand: its facts are taken one by one, across steps where one drains long. */
    struct arena *arena; /* of its decoded facts */
    struct sku_event event;
    bool decoded;
    bool draining; /* the fact at hand was applied and may have more changes */
    uint32_t fact;
    int64_t records;       /* that the message at hand has given so far, written or silent */
    uint32_t outbox_limit; /* the step ends when the outbox holds so many records */
};

struct allocator {
    const struct role_env *env;
    struct memory memory;
    size_t memory_used;
    size_t memory_limit;
    struct changelog *changelog;
    struct reader *log;              /* only for where a log begins */
    struct allocation **allocations; /* by partition */
    struct arena *arena;             /* for loading */
    struct counter *facts;
    struct counter *shortages[SHORTAGE_CLOSED + 1][CAUSE_REPORTED + 1];
    struct gauge *memory_bytes;
    struct gauge **open_lines; /* by partition, as the next */
    struct gauge **short_lines;
};

/* restoring.c: as struct role has it. */
enum status allocation_restore(void *role, int32_t partition, const struct commit_point *committed,
                               void **state, bool *ret_done, struct error *error) must_check;

#endif
