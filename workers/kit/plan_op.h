/* The operations of a plan (kit/plan.h): what plan.c compiles and plan_run.c runs.
 *
 * `base` is the struct that is being filled: the record itself, an item of an array or an optional
 * record. PLAN_ARRAY and PLAN_ENTER push a frame and move it, PLAN_ARRAY_NEXT and PLAN_LEAVE pop.
 */
#ifndef SHORTFALL_KIT_PLAN_OP_H
#define SHORTFALL_KIT_PLAN_OP_H

#include <stddef.h>
#include <stdint.h>

#include "kit/schema.h"

enum {
    PLAN_FRAMES_MAX = 8, /* arrays and optional records inside one another, in our own types */
};

enum plan_code {
    PLAN_INT,
    PLAN_LONG,
    PLAN_LONG_FROM_INT,
    PLAN_DIVIDE, /* what was just read, a time in a finer unit, by `limit`; rounded down */
    PLAN_SET,    /* the `set` of an optional number */
    PLAN_BOOLEAN,
    PLAN_ENUM,   /* through `symbols` */
    PLAN_STRING, /* of at most `limit` bytes, which are UTF-8 */
    PLAN_BYTES,  /* of at most `limit` bytes */
    PLAN_SKIP,   /* over a value of `node`; as the next four where that is simple */
    PLAN_SKIP_INT,
    PLAN_SKIP_LONG,
    PLAN_SKIP_STRING,
    PLAN_SKIP_BYTES,
    PLAN_NULLABLE, /* a branch index: `limit` is null and jumps, the other one goes on */
    PLAN_UNION,    /* a branch index below `limit`: jumps by `targets` */
    PLAN_REFUSE,   /* a branch that cannot be read: POISON with `words` */
    PLAN_JUMP,
    PLAN_ENTER, /* into an optional record of `limit` bytes */
    PLAN_LEAVE,
    PLAN_ARRAY,      /* into the first item, or jumps behind PLAN_ARRAY_NEXT */
    PLAN_ARRAY_NEXT, /* jumps to the next item's first operation, or goes on */
    PLAN_DEFAULT,    /* what follows reads `fallback` instead of the message */
    PLAN_DEFAULT_END,
    PLAN_END,
};

struct plan_symbols {
    const struct schema_node *writer;
    const int32_t *values; /* by the writer's index; below 0 where there is none */
};

struct plan_array {
    uint32_t count_offset;
    uint32_t count_max;
    uint32_t item_size; /* bytes of the struct */
    uint32_t item_min;  /* bytes of the smallest item on the wire */
};

struct plan_op {
    enum plan_code code;
    uint32_t offset; /* from base, of what is filled */
    uint32_t limit;
    int32_t jump; /* operations to leave out, back if below 0 */
    union {
        const struct plan_symbols *symbols;
        const struct schema_node *node;
        const int32_t *targets;
        const char *words;
        const struct plan_array *array;
        const struct text *fallback;
    };
};

struct plan {
    const struct plan_op *ops;
    const char *const *paths; /* by operation: "OrderPaid.lines[].sku" */
    uint32_t record_size;
    uint32_t depth_max;
};

#endif
