/* The least rights in Kafka that each worker needs, worked out from the very tables that it runs
 * by: its inputs, tables and outputs (kit/worker.h). So a right can't be forgotten, and none is
 * left over when a worker changes. */
#ifndef SHORTFALL_SHORTFALL_RIGHTS_H
#define SHORTFALL_SHORTFALL_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

enum right_resource {
    RIGHT_TOPIC,
    RIGHT_GROUP,
    RIGHT_TRANSACTION, /* a transactional id */
};

enum right_operation {
    RIGHT_READ,
    RIGHT_WRITE,
    RIGHT_DESCRIBE,
    RIGHT_DESCRIBE_CONFIGS,
};

struct right {
    const char *who; /* "allocator", "operator" */
    enum right_resource resource;
    const char *name; /* without topic.prefix */
    bool prefixed;    /* of all whose name begins so: a transactional id ends in the slot */
    enum right_operation operation;
};

enum { RIGHTS_MAX = 256 };

/* All of them, of the workers first, each once; READ and WRITE include DESCRIBE. */
uint32_t rights_list(struct right ret_rights[RIGHTS_MAX]);

#endif
