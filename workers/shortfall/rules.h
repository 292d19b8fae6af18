/* Which rules of allocation (core/book.h) each partition goes by, and how they are flipped.
 *
 * The rules in force are those of the allocator's last checkpoint, in allocator-state. What the log
 * has asked for since is pending: the allocator has not come to it, or has not saved it yet. A flip
 * is one message in every partition of sku-event, in one transaction, so that all have it or none.
 * Whoever asks again for what the log has asked for last changes nothing. */
#ifndef SHORTFALL_SHORTFALL_RULES_H
#define SHORTFALL_SHORTFALL_RULES_H

#include "core/book.h"
#include "kit/group_view.h"
#include "shortfall/command.h"

enum { RULES_CLIENTS_MAX = 1000 };

#define RULES_TRANSACTION "shortfall-rules" /* the transactional id: of two calls one waits */

struct rules_partition {
    int32_t in_force;
    int32_t asked;        /* by the log, last; in_force where nothing was asked since */
    int64_t asked_offset; /* where; -1: nothing was asked since the checkpoint */
};

/* One running allocator. */
struct rules_client {
    char name[200]; /* its client.id and its host */
    int32_t knows;  /* the newest rules; 0: it does not say */
};

struct rules {
    struct rules_partition *partitions; /* owned; by number */
    int32_t partition_count;
    struct rules_client *clients; /* owned */
    uint32_t client_count;        /* of more than there is room for, the first */
};

/* The newest rules that a client.id says it knows (kit/consumer.h); 0: it does not say. */
int32_t rules_of_client(const char *client_id);

/* Looks at all of it. The call is open; rules_done is needed whatever comes of it. */
enum status rules_look(struct call *call, struct rules *ret_rules, struct error *error) must_check;
void rules_done(struct rules *rules);

/* Writes the flip, for whoever reads each partition from here on. */
enum status rules_write(struct call *call, int32_t partition_count, int32_t version, int64_t now_ms,
                        struct error *error) must_check;

#endif
