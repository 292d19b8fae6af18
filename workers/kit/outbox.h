/* What a step wants written: records, encoded once, in order.
 *
 * A step only ever adds to an outbox; the worker's loop sends it. The bytes are fixed when they are
 * added, so a transaction that aborted for a passing reason is repeated with the very same ones:
 * what was decided is never decided again. Everything lies in the outbox's arena until
 * outbox_clear. */
#ifndef SHORTFALL_KIT_OUTBOX_H
#define SHORTFALL_KIT_OUTBOX_H

#include <stdbool.h>

#include "core/text.h"
#include "kit/codec.h"
#include "kit/error.h"
#include "kit/topics.h"

enum { OUTGOING_HEADERS_MAX = 24 };

struct header {
    const char *name;
    struct text value;
};

struct outgoing {
    enum topic topic;
    int32_t partition; /* -1: by the key */
    struct text key;   /* data == NULL: no key */
    struct text value; /* data == NULL: a tombstone */
    int64_t timestamp_ms; /* 0: of the writing */
    struct header headers[OUTGOING_HEADERS_MAX];
    uint32_t header_count;
};

struct outbox {
    struct codec *codec;   /* borrowed */
    struct arena *arena;   /* owned */
    struct buffer scratch; /* owned */
    struct outgoing *items;
    uint32_t count;
    uint32_t capacity;
    const char *source; /* ce_source: the worker that writes, "shortfall/allocator" */
};

/* arena_limit: bytes of records that one step may hold. */
enum status outbox_init(struct outbox *outbox, struct codec *codec, const char *source,
                        size_t arena_limit, struct error *error) must_check;
void outbox_done(struct outbox *outbox);
void outbox_clear(struct outbox *outbox);

/* Encodes `record` and adds it with CloudEvents headers: ce_id = `id` (left out where not set),
 * ce_type = the record's name, ce_time = at_ms. Key and id are copied.
 * POISON if the record breaks a limit of its type; RETRY if the outbox is full. */
enum status outbox_add(struct outbox *outbox, enum topic topic, int32_t partition, struct text key,
                       const struct record_type *type, const void *record, struct text id,
                       int64_t at_ms, struct error *error) must_check;

/* Adds bytes as they are (state, tombstones, dead letters); no headers, timestamp of the writing.
 * *ret_item may be NULL; it is valid until the next addition. */
enum status outbox_add_bytes(struct outbox *outbox, enum topic topic, int32_t partition,
                             struct text key, struct text value, struct outgoing **ret_item,
                             struct error *error) must_check;

#endif
