#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/contract.h"
#include "core/must.h"
#include "kit/plan.h"
#include "kit/plan_op.h"
#include "kit/skip.h"
#include "kit/utf8.h"
#include "kit/wire.h"

/* Where a run is in an array or an optional record. */
struct frame {
    uint8_t *base;                  /* of the struct around it, to come back to */
    const struct plan_array *array; /* NULL: an optional record */
    uint32_t offset;                /* of the array's pointer in `base` */
    uint8_t *items;
    uint32_t capacity;
    uint32_t count;           /* items that are done */
    uint32_t block_left;      /* items of the block, with the one that is being read */
    const uint8_t *block_end; /* where the writer says that it ends; NULL: it does not say */
};

struct run {
    struct wire wire;
    struct skip skip;
    struct arena *arena;
    bool arena_was_empty;
    bool has_item; /* of PLAN_ARRAY and PLAN_ARRAY_NEXT: there is an item to read */
    uint8_t *base; /* to go on with, after an operation that moved it */
    uint32_t depth;
    struct frame frames[PLAN_FRAMES_MAX];
    const uint8_t *message_cursor; /* while a default is read */
    const uint8_t *message_end;
    const struct plan_op *failed;
};

/* Memory for decoded data. A message that is too large even for an empty arena is poison; one that
 * only comes too late waits for the next step. */
static void *take(struct run *run, size_t size)
{
    void *memory = arena_take(run->arena, size);
    if (!memory && run->arena_was_empty) {
        run->wire.status =
            error_set(run->wire.error, POISON, "it takes more memory than a message may");
    } else if (!memory) {
        run->wire.status = error_set(run->wire.error, RETRY, "the arena of this step is full");
    }
    return memory;
}

static struct frame *frame_push(struct run *run, uint8_t *base)
{
    must(run->depth < PLAN_FRAMES_MAX);
    struct frame *frame = &run->frames[run->depth++];
    *frame = (struct frame){.base = base};
    return frame;
}

static void frame_pop(struct run *run)
{
    must(run->depth > 0);
    run->base = run->frames[--run->depth].base;
}

/* Room for `needed` items. The blocks of an array come one by one, so it doubles. */
static bool grow(struct run *run, struct frame *frame, uint32_t needed)
{
    if (needed <= frame->capacity) {
        return true;
    }
    const struct plan_array *array = frame->array;
    uint64_t capacity = 2 * (uint64_t)frame->capacity;
    capacity = capacity < needed ? needed : capacity;
    capacity = capacity > array->count_max ? array->count_max : capacity;
    uint8_t *items = take(run, capacity * array->item_size);
    if (!items) {
        return false;
    }
    if (frame->count > 0) {
        memcpy(items, frame->items, (size_t)frame->count * array->item_size);
    }
    frame->items = items;
    frame->capacity = (uint32_t)capacity;
    return true;
}

/* The next block of items, or the end of the array, which then belongs to its struct. */
static const uint8_t *next_block(struct run *run, struct frame *frame, const uint8_t *cursor)
{
    struct wire *wire = &run->wire;
    const struct plan_array *array = frame->array;
    if (frame->block_end && cursor != frame->block_end) {
        return wire_poison(wire, "a block of another size than it says");
    }
    uint64_t items;
    cursor = wire_block(wire, cursor, array->item_min, &items, &frame->block_end);
    if (!cursor) {
        return NULL;
    }
    run->has_item = items > 0;
    if (!run->has_item) {
        memcpy(frame->base + frame->offset, &frame->items, sizeof frame->items);
        memcpy(frame->base + array->count_offset, &frame->count, sizeof frame->count);
        frame_pop(run);
        return cursor;
    }
    if (items > array->count_max - frame->count) {
        return wire_poison(wire, "more than %u items", array->count_max);
    }
    if (!grow(run, frame, frame->count + (uint32_t)items)) {
        return NULL;
    }
    frame->block_left = (uint32_t)items;
    run->base = frame->items + (size_t)frame->count * array->item_size;
    return cursor;
}

static const uint8_t *array_begin(struct run *run, const struct plan_op *op, uint8_t *base,
                                  const uint8_t *cursor)
{
    struct frame *frame = frame_push(run, base);
    frame->array = op->array;
    frame->offset = op->offset;
    return next_block(run, frame, cursor);
}

static inline const uint8_t *array_next(struct run *run, const struct plan_op *op, uint8_t *base,
                                        const uint8_t *cursor)
{
    struct frame *frame = &run->frames[run->depth - 1];
    frame->count++;
    if (--frame->block_left > 0) {
        run->has_item = true;
        run->base = base + op->array->item_size;
        return cursor;
    }
    return next_block(run, frame, cursor);
}

static const uint8_t *enter(struct run *run, const struct plan_op *op, uint8_t *base,
                            const uint8_t *cursor)
{
    frame_push(run, base);
    run->base = take(run, op->limit);
    if (!run->base) {
        return NULL;
    }
    memcpy(base + op->offset, &run->base, sizeof run->base);
    return cursor;
}

static inline const uint8_t *read_text(struct wire *wire, const struct plan_op *op,
                                       const uint8_t *cursor, struct text *text)
{
    uint32_t size;
    cursor = wire_length(wire, cursor, &size);
    if (!cursor) {
        return NULL;
    }
    if (size > op->limit) {
        return wire_poison(wire, "%u bytes, more than %u", size, op->limit);
    }
    if (op->code == PLAN_STRING && !utf8_valid(cursor, size)) {
        return wire_poison(wire, "it is not UTF-8");
    }
    *text = (struct text){(const char *)cursor, size};
    return cursor + size;
}

static inline const uint8_t *read_enum(struct wire *wire, const struct plan_op *op,
                                       const uint8_t *cursor, unsigned *value)
{
    uint32_t index;
    cursor = wire_index(wire, cursor, op->limit, "symbol", &index);
    if (!cursor) {
        return NULL;
    }
    if (op->symbols->values[index] < 0) {
        return wire_poison(wire, "the writer's symbol '%s' is unknown, and there is no default",
                           op->symbols->writer->symbols[index]);
    }
    *value = (unsigned)op->symbols->values[index];
    return cursor;
}

/* The operations that change where the loop reads from or writes to. */
static const uint8_t *run_rare(struct run *run, const struct plan_op *op, uint8_t *base,
                               const uint8_t *cursor)
{
    run->base = base;
    if (op->code == PLAN_ENTER) {
        return enter(run, op, base, cursor);
    }
    if (op->code == PLAN_LEAVE) {
        frame_pop(run);
        return cursor;
    }
    if (op->code == PLAN_DEFAULT) {
        run->message_cursor = cursor;
        run->message_end = run->wire.end;
        cursor = (const uint8_t *)op->fallback->data;
        run->wire.end = cursor + op->fallback->size;
        return cursor;
    }
    if (op->code == PLAN_DEFAULT_END) {
        run->wire.end = run->message_end;
        return run->message_cursor;
    }
    return wire_poison(&run->wire, "%s", op->words);
}

static inline const uint8_t *read_wide(struct wire *wire, const uint8_t *cursor, int64_t *value)
{
    int32_t narrow = 0;
    cursor = wire_int(wire, cursor, &narrow);
    *value = narrow;
    return cursor;
}

static inline int64_t divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* The loop. A case reads or moves on; a cursor of NULL ends it, with `failed` where it was. */
static const uint8_t *run_ops(struct run *run, const struct plan_op *op, uint8_t *base,
                              const uint8_t *cursor)
{
    struct wire *wire = &run->wire;
    uint32_t branch = 0;
    int64_t wide;
    int32_t narrow;
    for (; cursor; op++) {
        uint8_t *slot = base + op->offset;
        run->failed = op;
        switch (op->code) {
        case PLAN_INT:
            cursor = wire_int(wire, cursor, (int32_t *)slot);
            break;
        case PLAN_LONG:
            cursor = wire_long(wire, cursor, (int64_t *)slot);
            break;
        case PLAN_LONG_FROM_INT:
            cursor = read_wide(wire, cursor, (int64_t *)slot);
            break;
        case PLAN_DIVIDE:
            *(int64_t *)slot = divide_down(*(int64_t *)slot, op->limit);
            break;
        case PLAN_SET:
            *(bool *)slot = true;
            break;
        case PLAN_BOOLEAN:
            cursor = wire_boolean(wire, cursor, slot);
            break;
        case PLAN_ENUM:
            cursor = read_enum(wire, op, cursor, (unsigned *)slot);
            break;
        case PLAN_STRING:
        case PLAN_BYTES:
            cursor = read_text(wire, op, cursor, (struct text *)slot);
            break;
        case PLAN_SKIP:
            cursor = skip_value(&run->skip, op->node, cursor);
            break;
        case PLAN_SKIP_INT:
            cursor = wire_int(wire, cursor, &narrow);
            break;
        case PLAN_SKIP_LONG:
            cursor = wire_long(wire, cursor, &wide);
            break;
        case PLAN_SKIP_STRING:
        case PLAN_SKIP_BYTES:
            cursor = skip_text(wire, cursor, op->code == PLAN_SKIP_STRING);
            break;
        case PLAN_NULLABLE:
            cursor = wire_index(wire, cursor, 2, "branch", &branch);
            op += branch == op->limit ? op->jump : 0;
            break;
        case PLAN_UNION:
            cursor = wire_index(wire, cursor, op->limit, "branch", &branch);
            op += cursor ? op->targets[branch] : 0;
            break;
        case PLAN_JUMP:
            op += op->jump;
            break;
        case PLAN_ARRAY:
            cursor = array_begin(run, op, base, cursor);
            base = run->base;
            op += run->has_item ? 0 : op->jump;
            break;
        case PLAN_ARRAY_NEXT:
            cursor = array_next(run, op, base, cursor);
            base = run->base;
            op += run->has_item ? op->jump : 0;
            break;
        case PLAN_ENTER:
        case PLAN_LEAVE:
        case PLAN_DEFAULT:
        case PLAN_DEFAULT_END:
        case PLAN_REFUSE:
            cursor = run_rare(run, op, base, cursor);
            base = run->base;
            break;
        case PLAN_END:
            return cursor;
        }
    }
    return NULL;
}

/* "OrderPaid.lines[].sku" with the index of the item that it was. */
static enum status fail(const struct plan *plan, const struct run *run, struct error *error)
{
    char path[ERROR_SIZE];
    size_t size = 0;
    uint32_t depth = 0;
    for (const char *from = plan->paths[run->failed - plan->ops]; *from; from++) {
        int written;
        while (depth < run->depth && !run->frames[depth].array) {
            depth++;
        }
        if (from[0] == '[' && depth < run->depth) {
            written = snprintf(path + size, sizeof path - size, "[%u", run->frames[depth].count);
            depth++;
        } else {
            written = snprintf(path + size, sizeof path - size, "%c", *from);
        }
        if (written < 0 || (size_t)written >= sizeof path - size) {
            break;
        }
        size += (size_t)written;
    }
    path[size] = '\0';
    return error_prefix(error, run->wire.status, "%s: ", path);
}

enum status plan_run(const struct plan *plan, struct text bytes, struct arena *arena, void *record,
                     struct error *error)
{
    memset(record, 0, plan->record_size);
    const uint8_t *start = (const uint8_t *)bytes.data;
    struct run run;
    run.wire = (struct wire){.end = start + bytes.size, .error = error, .status = OK};
    run.skip = skip_start(&run.wire, bytes.size, plan->depth_max);
    run.arena = arena;
    run.arena_was_empty = arena_used(arena) == 0;
    run.has_item = false;
    run.base = record;
    run.depth = 0;
    const uint8_t *cursor = run_ops(&run, plan->ops, record, start);
    if (!cursor) {
        return fail(plan, &run, error);
    }
    if (cursor != run.wire.end) {
        return error_set(error, POISON, "%s: %td bytes behind its end",
                         plan->paths[run.failed - plan->ops], run.wire.end - cursor);
    }
    return OK;
}
