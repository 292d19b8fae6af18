/* The operations of an encoder (kit/encoder.h): what encoder.c compiles and encoder_run.c runs. */
#ifndef SHORTFALL_KIT_ENCODE_OP_H
#define SHORTFALL_KIT_ENCODE_OP_H

#include <stdint.h>

#include "core/text.h"

enum {
    ENCODE_FRAMES_MAX = 8, /* arrays and optional records inside one another, in our own types */
};

enum encode_code {
    ENCODE_INT,
    ENCODE_LONG,
    ENCODE_LONG_TO_INT,
    ENCODE_BOOLEAN,
    ENCODE_ENUM,     /* through `indexes` */
    ENCODE_STRING,   /* of at most `limit` bytes, which are UTF-8 */
    ENCODE_BYTES,    /* of at most `limit` bytes */
    ENCODE_CONSTANT, /* `bytes`, whatever the struct says: a default, or a union's branch */
    ENCODE_OPTIONAL, /* where it is not set: what `optional` says, and jumps */
    ENCODE_ENTER,    /* into the optional record that the pointer points to */
    ENCODE_LEAVE,
    ENCODE_ARRAY,      /* into the first item, or jumps behind ENCODE_ARRAY_NEXT */
    ENCODE_ARRAY_NEXT, /* jumps to the next item's first operation, or goes on */
    ENCODE_END,
};

/* How a field of the struct says that it is null. */
enum presence {
    PRESENT_POINTER, /* a pointer that is not NULL: a record's, or the first member of a text */
    PRESENT_ENUM,
    PRESENT_FLAG, /* the `set` of an optional number, at `set_offset` */
};

struct encode_optional {
    enum presence presence;
    uint32_t set_offset;
    struct text when_set;   /* the union's branch, or nothing */
    struct text when_unset; /* the branch of null, or a default; not set: it is refused */
};

struct encode_array {
    uint32_t count_offset;
    uint32_t count_max;
    uint32_t item_size;
};

struct encode_op {
    enum encode_code code;
    uint32_t offset;
    uint32_t limit; /* ENCODE_ENUM: how many C values there are */
    int32_t jump;   /* operations to leave out, back if below 0 */
    union {
        const int32_t *indexes; /* by C value; below 0: the schema has no such symbol */
        const struct text *bytes;
        const struct encode_optional *optional;
        const struct encode_array *array;
    };
};

struct encoder {
    const struct encode_op *ops;
    const char *const *paths;
};

#endif
