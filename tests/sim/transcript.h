/* All that was committed, read back and decoded: what the promises are held against.
 *
 * Records of one topic stand in the order of partition and offset. */
#ifndef TESTS_SIM_TRANSCRIPT_H
#define TESTS_SIM_TRANSCRIPT_H

#include "broker.h"
#include "core/contract.h"

struct told {
    const struct record *record;
    int32_t partition;
    struct text id; /* ce_id; data NULL: none */
    void *body;     /* of the topic's type; NULL: bytes that no schema reads */
};

struct told_list {
    struct told *items;
    int count;
};

void transcript_read(void);
const struct told_list *transcript_of(enum topic topic);
struct text transcript_header(const struct record *record, const char *name);

#define BODY(type, told) ((const struct type *)(told)->body)

#endif
