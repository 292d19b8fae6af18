/* Which dead letters a command means: by topic, partition, offset and reason. */
#ifndef SHORTFALL_SHORTFALL_DLQ_CHOICE_H
#define SHORTFALL_SHORTFALL_DLQ_CHOICE_H

#include <stdbool.h>

#include "shortfall/command.h"
#include "shortfall/letter.h"

struct dlq_choice {
    enum topic topics[TOPIC_COUNT]; /* of dead letters */
    size_t topic_count;
    int64_t partition;  /* -1: any */
    int64_t offset;     /* -1: any */
    struct text reason; /* data == NULL: any */
};

/* From the flags topic, partition, offset and reason, where they are given. False: one of them is
 * wrong, which has been said. */
bool dlq_choice_read(const struct call *call, struct dlq_choice *ret_choice);

bool dlq_choice_has(const struct dlq_choice *choice, const struct message *message,
                    const struct letter *letter);

/* The topic whose dead letters these are. */
enum topic dlq_origin(enum topic dead_letters);

#endif
