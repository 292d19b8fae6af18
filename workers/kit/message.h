/* One record as it came from Kafka. Views live as long as the message that they came with. */
#ifndef SHORTFALL_KIT_MESSAGE_H
#define SHORTFALL_KIT_MESSAGE_H

#include <stdint.h>

#include "core/text.h"
#include "kit/topics.h"

struct message {
    enum topic topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* Kafka's; -1 where there is none */
    struct text key;      /* data == NULL: no key */
    struct text value;    /* data == NULL: a tombstone */
    const void *native;   /* the rd_kafka_message_t, for its headers */
};

#endif
