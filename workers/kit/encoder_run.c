#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/encode_op.h"
#include "kit/encoder.h"
#include "kit/utf8.h"
#include "kit/wire.h"

struct frame {
    const uint8_t *base; /* of the struct around it */
    uint32_t items_left; /* with the one that is being written */
};

struct run {
    struct buffer *out;
    struct error *error;
    enum status status;
    const uint8_t *base; /* of the struct that is being written */
    const struct encode_op *op;
    uint32_t depth;
    struct frame frames[ENCODE_FRAMES_MAX];
};

static void run_fail(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

static void run_fail(struct run *run, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    run->status = error_set(run->error, POISON, "%s", size < 0 ? "" : words);
}

static inline void put_long(struct run *run, int64_t value)
{
    struct buffer *out = run->out;
    if (buffer_reserve(out, WIRE_VARINT_MAX)) {
        out->size = (size_t)(wire_put_long(out->data + out->size, value) - out->data);
    }
}

static inline void put_bytes(struct run *run, const void *bytes, uint32_t size)
{
    struct buffer *out = run->out;
    if (size > 0 && buffer_reserve(out, size)) {
        memcpy(out->data + out->size, bytes, size);
        out->size += size;
    }
}

static void put_text(struct run *run, const struct encode_op *op, const struct text *text)
{
    uint32_t size = text->data ? text->size : 0;
    if (size > op->limit) {
        run_fail(run, "%u bytes, more than %u", size, op->limit);
        return;
    }
    if (op->code == ENCODE_STRING && !utf8_valid((const uint8_t *)text->data, size)) {
        run_fail(run, "it is not UTF-8");
        return;
    }
    put_long(run, size);
    put_bytes(run, text->data, size);
}

static void put_enum(struct run *run, const struct encode_op *op, unsigned value)
{
    if (value >= op->limit || op->indexes[value] < 0) {
        run_fail(run, "the schema has no symbol for %u, and no default", value);
        return;
    }
    put_long(run, op->indexes[value]);
}

static bool is_present(const struct encode_op *op, const uint8_t *base)
{
    const void *pointer;
    unsigned value;
    switch (op->optional->presence) {
    case PRESENT_POINTER:
        memcpy(&pointer, base + op->offset, sizeof pointer);
        return pointer != NULL;
    case PRESENT_ENUM:
        memcpy(&value, base + op->offset, sizeof value);
        return value != 0;
    case PRESENT_FLAG:
        return *(const bool *)(base + op->optional->set_offset);
    }
    return false;
}

/* True where the value itself follows. */
static bool put_optional(struct run *run, const struct encode_op *op)
{
    bool present = is_present(op, run->base);
    const struct text *bytes = present ? &op->optional->when_set : &op->optional->when_unset;
    if (!bytes->data) {
        run_fail(run, "null where this version requires a value");
        return false;
    }
    put_bytes(run, bytes->data, bytes->size);
    return present;
}

static void enter(struct run *run, const struct encode_op *op, uint32_t items)
{
    must(run->depth < ENCODE_FRAMES_MAX);
    run->frames[run->depth++] = (struct frame){run->base, items};
    memcpy(&run->base, run->base + op->offset, sizeof run->base);
}

static void leave(struct run *run)
{
    must(run->depth > 0);
    run->base = run->frames[--run->depth].base;
}

/* True where there is an item to write. */
static bool array_begin(struct run *run, const struct encode_op *op)
{
    uint32_t count;
    memcpy(&count, run->base + op->array->count_offset, sizeof count);
    put_long(run, count);
    if (count > op->array->count_max) {
        run_fail(run, "%u items, more than %u", count, op->array->count_max);
        return false;
    }
    if (count > 0) {
        enter(run, op, count);
    }
    return count > 0;
}

static bool array_next(struct run *run, const struct encode_op *op)
{
    if (--run->frames[run->depth - 1].items_left > 0) {
        run->base += op->array->item_size;
        return true;
    }
    put_long(run, 0);
    leave(run);
    return false;
}

/* The loop. It ends at the last operation, or with `op` at the one that failed. */
static void run_ops(struct run *run, const struct encode_op *op)
{
    for (; run->status == OK && !run->out->failed; op++) {
        run->op = op;
        const uint8_t *slot = run->base + op->offset;
        switch (op->code) {
        case ENCODE_INT:
            put_long(run, *(const int32_t *)slot);
            break;
        case ENCODE_LONG:
            put_long(run, *(const int64_t *)slot);
            break;
        case ENCODE_LONG_TO_INT:
            if (*(const int64_t *)slot < INT32_MIN || *(const int64_t *)slot > INT32_MAX) {
                run_fail(run, "%" PRId64 " does not fit the int of this version",
                         *(const int64_t *)slot);
            }
            put_long(run, *(const int64_t *)slot);
            break;
        case ENCODE_BOOLEAN:
            put_bytes(run, slot, 1);
            break;
        case ENCODE_ENUM:
            put_enum(run, op, *(const unsigned *)slot);
            break;
        case ENCODE_STRING:
        case ENCODE_BYTES:
            put_text(run, op, (const struct text *)slot);
            break;
        case ENCODE_CONSTANT:
            put_bytes(run, op->bytes->data, op->bytes->size);
            break;
        case ENCODE_OPTIONAL:
            op += put_optional(run, op) ? 0 : op->jump;
            break;
        case ENCODE_ENTER:
            enter(run, op, 0);
            break;
        case ENCODE_LEAVE:
            leave(run);
            break;
        case ENCODE_ARRAY:
            op += array_begin(run, op) ? 0 : op->jump;
            break;
        case ENCODE_ARRAY_NEXT:
            op += array_next(run, op) ? op->jump : 0;
            break;
        case ENCODE_END:
            return;
        }
    }
}

enum status encoder_run(const struct encoder *encoder, const void *record, struct buffer *out,
                        struct error *error)
{
    struct run run = {.out = out, .error = error, .status = OK, .base = record, .op = encoder->ops};
    size_t start = out->size;
    bool had_failed = out->failed;
    run_ops(&run, encoder->ops);
    if (run.status == OK && !out->failed) {
        return OK;
    }
    if (run.status == OK) {
        run.status = error_set(error, RETRY, "the buffer has no room");
    }
    out->size = start;
    out->failed = had_failed;
    return error_prefix(error, run.status, "%s: ", encoder->paths[run.op - encoder->ops]);
}
