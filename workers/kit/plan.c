#include "kit/plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/contract.h"
#include "core/must.h"
#include "kit/buffer.h"
#include "kit/plan_match.h"
#include "kit/plan_op.h"
#include "kit/schema_default.h"

enum { PATH_SIZE = 256 };

struct compiler {
    struct arena *arena;
    struct error *error;
    struct buffer ops;   /* struct plan_op */
    struct buffer paths; /* const char *, one an operation */
    char path[PATH_SIZE];
    const char *path_copy; /* in the arena; NULL after the path has changed */
    uint32_t frames;
    bool in_default;
};

/* One place of ours to be filled. */
struct target {
    const struct field_type *field;
    const struct schema_field *declared; /* the field of the reader's schema; NULL for an item */
    const struct schema_node *reader;    /* its type but for null */
    uint32_t offset;
};

static enum status compile_value(struct compiler *compiler, const struct schema_node *writer,
                                 const struct target *target);
static enum status compile_fields(struct compiler *compiler, const struct record_type *type,
                                  const struct schema_node *reader,
                                  const struct schema_node *writer, uint32_t offset);

/* ---- The list of operations -------------------------------------------------------------- */

static enum status no_memory(struct compiler *compiler)
{
    return error_set(compiler->error, FATAL, "no room for another plan");
}

static enum status refuse(struct compiler *compiler, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum status refuse(struct compiler *compiler, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return error_set(compiler->error, POISON, "%s: %s", compiler->path, size < 0 ? "" : words);
}

static uint32_t here(const struct compiler *compiler)
{
    return (uint32_t)(compiler->ops.size / sizeof(struct plan_op));
}

static struct plan_op *op_at(struct compiler *compiler, uint32_t index)
{
    return &((struct plan_op *)(void *)compiler->ops.data)[index];
}

/* Without memory the buffers are marked as failed, which is seen at the end. */
static uint32_t emit(struct compiler *compiler, struct plan_op op)
{
    uint32_t index = here(compiler);
    if (!compiler->path_copy) {
        compiler->path_copy = arena_text(compiler->arena, text_of(compiler->path)).data;
    }
    buffer_append(&compiler->ops, &op, sizeof op);
    buffer_append(&compiler->paths, &compiler->path_copy, sizeof compiler->path_copy);
    compiler->ops.failed |= !compiler->path_copy;
    return index;
}

/* Lets the operation at `index` jump to the next one that is emitted. */
static void land(struct compiler *compiler, uint32_t index)
{
    if (!compiler->ops.failed) {
        op_at(compiler, index)->jump = (int32_t)(here(compiler) - index - 1);
    }
}

/* Extends the path; returns where it ended. A path that is too long is cut. */
static size_t path_push(struct compiler *compiler, const char *separator, const char *name)
{
    size_t end = strlen(compiler->path);
    int size = snprintf(compiler->path + end, sizeof compiler->path - end, "%s%s", separator, name);
    compiler->path[size < 0 ? end : sizeof compiler->path - 1] = '\0';
    compiler->path_copy = NULL;
    return end;
}

static void path_pop(struct compiler *compiler, size_t end)
{
    compiler->path[end] = '\0';
    compiler->path_copy = NULL;
}

/* ---- Values ------------------------------------------------------------------------------ */

static enum status misfit(struct compiler *compiler, const struct schema_node *writer,
                          const struct target *target)
{
    const char *wanted =
        target->reader->name ? target->reader->name : field_kind_name(target->field->kind);
    return refuse(compiler, "the writer's '%s' cannot be read as '%s'", schema_node_name(writer),
                  wanted);
}

/* Of a writer's time: a plain number is in milliseconds. 0: it is no point in time. */
static uint32_t units_per_ms(const char *logical_type)
{
    static const struct {
        const char *logical_type;
        uint32_t per_ms;
    } units[] = {
        {"timestamp-millis", 1},          {"local-timestamp-millis", 1},
        {"timestamp-micros", 1000},       {"local-timestamp-micros", 1000},
        {"timestamp-nanos", 1000 * 1000}, {"local-timestamp-nanos", 1000 * 1000},
    };
    for (size_t i = 0; logical_type && i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].logical_type, logical_type) == 0) {
            return units[i].per_ms;
        }
    }
    return logical_type ? 0 : 1;
}

static enum status compile_number(struct compiler *compiler, const struct schema_node *writer,
                                  const struct target *target)
{
    bool is_long = target->field->kind == KIND_LONG;
    enum plan_code code;
    if (writer->kind == SCHEMA_INT) {
        code = is_long ? PLAN_LONG_FROM_INT : PLAN_INT;
    } else if (writer->kind == SCHEMA_LONG && is_long) {
        code = PLAN_LONG;
    } else {
        return misfit(compiler, writer, target);
    }
    uint32_t per_ms = target->field->is_time ? units_per_ms(writer->logical_type) : 1;
    if (per_ms == 0) {
        return refuse(compiler, "the writer's '%s' cannot be read as 'timestamp-millis'",
                      writer->logical_type);
    }
    emit(compiler, (struct plan_op){.code = code, .offset = target->offset});
    if (per_ms > 1) {
        emit(compiler,
             (struct plan_op){.code = PLAN_DIVIDE, .offset = target->offset, .limit = per_ms});
    }
    if (target->field->optional) {
        size_t set =
            is_long ? offsetof(struct optional_long, set) : offsetof(struct optional_int, set);
        emit(compiler,
             (struct plan_op){.code = PLAN_SET, .offset = target->offset + (uint32_t)set});
    }
    return OK;
}

static enum status compile_text(struct compiler *compiler, const struct schema_node *writer,
                                const struct target *target)
{
    if (writer->kind != SCHEMA_STRING && writer->kind != SCHEMA_BYTES) {
        return misfit(compiler, writer, target);
    }
    /* What either side calls a string has to be one. */
    bool bytes = writer->kind == SCHEMA_BYTES && target->field->kind == KIND_BYTES;
    uint32_t limit = target->field->size_max;
    emit(compiler, (struct plan_op){.code = bytes ? PLAN_BYTES : PLAN_STRING,
                                    .offset = target->offset,
                                    .limit = limit ? limit : UINT32_MAX});
    return OK;
}

static enum status compile_enum(struct compiler *compiler, const struct schema_node *writer,
                                const struct target *target)
{
    const struct schema_node *reader = target->reader;
    if (writer->kind != SCHEMA_ENUM || !schema_name_matches(reader, writer)) {
        return misfit(compiler, writer, target);
    }
    int32_t fallback = -1;
    if (reader->default_symbol >= 0) {
        /* A default that is newer than this program is as good as UNKNOWN. */
        fallback = match_symbol(target->field, reader->symbols[reader->default_symbol]);
        fallback = fallback < 0 ? 0 : fallback;
    }
    int32_t *values = arena_take(compiler->arena, writer->symbol_count * sizeof *values);
    struct plan_symbols *symbols = arena_take(compiler->arena, sizeof *symbols);
    if (!values || !symbols) {
        return no_memory(compiler);
    }
    for (uint32_t i = 0; i < writer->symbol_count; i++) {
        int32_t value = match_symbol(target->field, writer->symbols[i]);
        values[i] = value < 0 ? fallback : value;
    }
    *symbols = (struct plan_symbols){writer, values};
    emit(compiler, (struct plan_op){.code = PLAN_ENUM,
                                    .offset = target->offset,
                                    .limit = writer->symbol_count,
                                    .symbols = symbols});
    return OK;
}

static void frame_push(struct compiler *compiler)
{
    must(compiler->frames < PLAN_FRAMES_MAX);
    compiler->frames++;
}

static enum status compile_record(struct compiler *compiler, const struct schema_node *writer,
                                  const struct target *target)
{
    const struct record_type *type = target->field->record;
    if (writer->kind != SCHEMA_RECORD || !schema_name_matches(target->reader, writer)) {
        return misfit(compiler, writer, target);
    }
    if (!target->field->optional) {
        return compile_fields(compiler, type, target->reader, writer, target->offset);
    }
    frame_push(compiler);
    emit(compiler,
         (struct plan_op){.code = PLAN_ENTER, .offset = target->offset, .limit = type->size});
    enum status status = compile_fields(compiler, type, target->reader, writer, 0);
    emit(compiler, (struct plan_op){.code = PLAN_LEAVE});
    compiler->frames--;
    return status;
}

static enum status compile_array(struct compiler *compiler, const struct schema_node *writer,
                                 const struct target *target)
{
    if (writer->kind != SCHEMA_ARRAY) {
        return misfit(compiler, writer, target);
    }
    const struct field_type item_field = {
        .name = "", .kind = KIND_RECORD, .record = target->field->record};
    const struct target item = {.field = &item_field,
                                .reader = match_branch(target->reader->items, &item_field)};
    struct plan_array *array = arena_take(compiler->arena, sizeof *array);
    if (!array) {
        return no_memory(compiler);
    }
    if (!item.reader) {
        return error_set(compiler->error, FATAL,
                         "%s: the newest schema has other items than this "
                         "program",
                         compiler->path);
    }
    *array = (struct plan_array){.count_offset = target->field->count_offset,
                                 .count_max = target->field->count_max,
                                 .item_size = target->field->record->size,
                                 .item_min = writer->items->value_min};
    /* A field's count lies in the same struct as its pointer. */
    array->count_offset += target->offset - target->field->offset;
    frame_push(compiler);
    uint32_t start = emit(
        compiler, (struct plan_op){.code = PLAN_ARRAY, .offset = target->offset, .array = array});
    size_t end = path_push(compiler, "", "[]");
    enum status status = compile_value(compiler, writer->items, &item);
    path_pop(compiler, end);
    uint32_t next = emit(compiler, (struct plan_op){.code = PLAN_ARRAY_NEXT, .array = array});
    if (!compiler->ops.failed) {
        op_at(compiler, next)->jump = (int32_t)start - (int32_t)next;
    }
    land(compiler, start);
    compiler->frames--;
    return status;
}

static enum status compile_plain(struct compiler *compiler, const struct schema_node *writer,
                                 const struct target *target)
{
    switch (target->field->kind) {
    case KIND_INT:
    case KIND_LONG:
        return compile_number(compiler, writer, target);
    case KIND_BOOLEAN:
        if (writer->kind != SCHEMA_BOOLEAN) {
            return misfit(compiler, writer, target);
        }
        emit(compiler, (struct plan_op){.code = PLAN_BOOLEAN, .offset = target->offset});
        return OK;
    case KIND_ENUM:
        return compile_enum(compiler, writer, target);
    case KIND_STRING:
    case KIND_BYTES:
        return compile_text(compiler, writer, target);
    case KIND_RECORD:
        return compile_record(compiler, writer, target);
    case KIND_ARRAY:
        return compile_array(compiler, writer, target);
    }
    return misfit(compiler, writer, target);
}

/* ---- Unions and defaults ----------------------------------------------------------------- */

static enum status compile_default(struct compiler *compiler, const struct target *target)
{
    const struct schema_field *declared = target->declared;
    if (compiler->in_default) {
        return refuse(compiler, "a default that needs another default");
    }
    if (target->field->optional && text_equal(declared->default_json, TEXT("null"))) {
        return OK; /* a zeroed struct says so already */
    }
    struct buffer bytes = {0};
    enum status status = schema_default_write(declared, &bytes, compiler->error);
    struct text *fallback = arena_take(compiler->arena, sizeof *fallback);
    if (status == OK && fallback) {
        *fallback = (struct text){arena_copy(compiler->arena, bytes.data, bytes.size),
                                  (uint32_t)bytes.size};
    }
    buffer_done(&bytes);
    if (status != OK) {
        return status;
    }
    if (!fallback || !fallback->data) {
        return no_memory(compiler);
    }
    compiler->in_default = true;
    emit(compiler, (struct plan_op){.code = PLAN_DEFAULT, .fallback = fallback});
    status = compile_value(compiler, declared->node, target);
    emit(compiler, (struct plan_op){.code = PLAN_DEFAULT_END});
    compiler->in_default = false;
    return status;
}

static enum status emit_refusal(struct compiler *compiler, const char *words)
{
    const char *copy = arena_text(compiler->arena, text_of(words)).data;
    emit(compiler, (struct plan_op){.code = PLAN_REFUSE, .words = copy});
    return copy ? OK : no_memory(compiler);
}

static enum status compile_null(struct compiler *compiler, const struct target *target)
{
    if (target->field->optional) {
        return OK;
    }
    if (target->declared && text_is_set(target->declared->default_json) && !compiler->in_default) {
        return compile_default(compiler, target);
    }
    return emit_refusal(compiler, "null where a value is required");
}

/* A branch that cannot be read is a refusal in the place of its operations. *fits tells. */
static enum status compile_branch(struct compiler *compiler, const struct schema_node *branch,
                                  const struct target *target, bool *fits)
{
    size_t ops_size = compiler->ops.size;
    size_t paths_size = compiler->paths.size;
    bool in_default = compiler->in_default;
    enum status status = compile_plain(compiler, branch, target);
    if (status != POISON) {
        *fits |= status == OK;
        return status;
    }
    compiler->ops.size = ops_size;
    compiler->paths.size = paths_size;
    compiler->in_default = in_default;
    /* The run puts the path before the words, and knows the indexes in it. */
    const char *words = compiler->error->text;
    size_t path_size = strlen(compiler->path);
    if (strncmp(words, compiler->path, path_size) == 0) {
        words += path_size;
        words += strncmp(words, ": ", 2) == 0 ? 2 : 0;
    }
    return emit_refusal(compiler, words);
}

static enum status compile_union(struct compiler *compiler, const struct schema_node *writer,
                                 const struct target *target)
{
    uint32_t count = writer->branch_count;
    int32_t *targets = arena_take(compiler->arena, count * sizeof *targets);
    uint32_t *ends = arena_take(compiler->arena, count * sizeof *ends);
    if (!targets || !ends) {
        return no_memory(compiler);
    }
    uint32_t start =
        emit(compiler, (struct plan_op){.code = PLAN_UNION, .limit = count, .targets = targets});
    bool fits = false;
    for (uint32_t i = 0; i < count; i++) {
        targets[i] = (int32_t)(here(compiler) - start - 1);
        enum status status = writer->branches[i]->kind == SCHEMA_NULL
                                 ? compile_null(compiler, target)
                                 : compile_branch(compiler, writer->branches[i], target, &fits);
        if (status != OK) {
            return status;
        }
        ends[i] = emit(compiler, (struct plan_op){.code = PLAN_JUMP});
    }
    for (uint32_t i = 0; i < count; i++) {
        land(compiler, ends[i]);
    }
    return fits ? OK : misfit(compiler, writer, target);
}

/* ["null", T] in either order onto an optional field, which is almost every union there is. */
static enum status compile_nullable(struct compiler *compiler, const struct schema_node *writer,
                                    const struct target *target)
{
    uint32_t null_index = writer->branches[0]->kind == SCHEMA_NULL ? 0 : 1;
    uint32_t start = emit(compiler, (struct plan_op){.code = PLAN_NULLABLE, .limit = null_index});
    enum status status = compile_plain(compiler, writer->branches[1 - null_index], target);
    land(compiler, start);
    return status;
}

static enum status compile_value(struct compiler *compiler, const struct schema_node *writer,
                                 const struct target *target)
{
    bool optional = target->field->optional;
    if (writer->kind == SCHEMA_NULL && optional) {
        return OK;
    }
    if (writer->kind != SCHEMA_UNION) {
        return compile_plain(compiler, writer, target);
    }
    if (optional && writer->branch_count == 2 &&
        (writer->branches[0]->kind == SCHEMA_NULL || writer->branches[1]->kind == SCHEMA_NULL)) {
        return compile_nullable(compiler, writer, target);
    }
    return compile_union(compiler, writer, target);
}

/* ---- Records ----------------------------------------------------------------------------- */

static enum status target_of(struct compiler *compiler, const struct field_type *field,
                             const struct schema_node *reader, uint32_t offset,
                             struct target *target)
{
    const struct schema_field *declared = schema_field_find(reader, field->name);
    *target = (struct target){.field = field,
                              .declared = declared,
                              .reader = declared ? match_branch(declared->node, field) : NULL,
                              .offset = offset + field->offset};
    if (!target->reader) {
        return error_set(compiler->error, FATAL,
                         "%s: the newest schema of '%s' has no such '%s'; are the schemas older "
                         "than this program?",
                         compiler->path, reader->name, field_kind_name(field->kind));
    }
    return OK;
}

static enum status compile_left_out(struct compiler *compiler, const struct field_type *field,
                                    const struct schema_node *reader,
                                    const struct schema_node *writer, uint32_t offset)
{
    struct target target;
    enum status status = target_of(compiler, field, reader, offset, &target);
    if (status != OK) {
        return status;
    }
    if (!text_is_set(target.declared->default_json)) {
        return refuse(compiler, "the writer's '%s' has no such field, and '%s' no default for it",
                      writer->name, reader->name);
    }
    return compile_default(compiler, &target);
}

/* What shops add is mostly a number or a text: no walk over a tree is needed for these. */
static enum plan_code skip_code(enum schema_kind kind)
{
    switch (kind) {
    case SCHEMA_INT:
        return PLAN_SKIP_INT;
    case SCHEMA_LONG:
        return PLAN_SKIP_LONG;
    case SCHEMA_STRING:
        return PLAN_SKIP_STRING;
    case SCHEMA_BYTES:
        return PLAN_SKIP_BYTES;
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
    case SCHEMA_RECORD:
    case SCHEMA_ENUM:
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
    case SCHEMA_UNION:
    case SCHEMA_FIXED:
        break;
    }
    return PLAN_SKIP;
}

static enum status compile_fields(struct compiler *compiler, const struct record_type *type,
                                  const struct schema_node *reader,
                                  const struct schema_node *writer, uint32_t offset)
{
    bool *taken = arena_take(compiler->arena, type->field_count * sizeof *taken);
    if (!taken) {
        return no_memory(compiler);
    }
    enum status status = OK;
    for (uint32_t i = 0; status == OK && i < writer->field_count; i++) {
        const struct schema_field *theirs = &writer->fields[i];
        const struct field_type *ours = match_field(type, reader, writer, theirs->name);
        size_t end = path_push(compiler, ".", ours ? ours->name : theirs->name);
        if (ours) {
            struct target target;
            taken[ours - type->fields] = true;
            status = target_of(compiler, ours, reader, offset, &target);
            if (status == OK) {
                status = compile_value(compiler, theirs->node, &target);
            }
        } else {
            emit(compiler,
                 (struct plan_op){.code = skip_code(theirs->node->kind), .node = theirs->node});
        }
        path_pop(compiler, end);
    }
    for (uint32_t i = 0; status == OK && i < type->field_count; i++) {
        if (!taken[i]) {
            size_t end = path_push(compiler, ".", type->fields[i].name);
            status = compile_left_out(compiler, &type->fields[i], reader, writer, offset);
            path_pop(compiler, end);
        }
    }
    return status;
}

static enum status compile(struct compiler *compiler, const struct record_type *type,
                           const struct schema_node *reader, const struct schema_node *writer)
{
    path_push(compiler, "", type->name);
    if (reader->kind != SCHEMA_RECORD || strcmp(schema_short_name(reader->name), type->name) != 0) {
        return error_set(compiler->error, FATAL, "the newest schema is '%s' and no record '%s'",
                         schema_node_name(reader), type->name);
    }
    if (writer->kind != SCHEMA_RECORD || !schema_name_matches(reader, writer)) {
        return refuse(compiler, "the writer's '%s' cannot be read as '%s'",
                      schema_node_name(writer), reader->name);
    }
    enum status status = compile_fields(compiler, type, reader, writer, 0);
    emit(compiler, (struct plan_op){.code = PLAN_END});
    return status;
}

enum status plan_new(const struct record_type *type, const struct schema *reader,
                     const struct schema *writer, uint32_t depth_max, struct arena *arena,
                     const struct plan **ret_plan, struct error *error)
{
    struct compiler compiler = {.arena = arena, .error = error};
    enum status status = compile(&compiler, type, reader->root, writer->root);
    struct plan *plan = arena_take(arena, sizeof *plan);
    if (status == OK && plan && !compiler.ops.failed && !compiler.paths.failed) {
        *plan = (struct plan){
            .ops = arena_copy(arena, compiler.ops.data, compiler.ops.size),
            .paths = arena_copy(arena, compiler.paths.data, compiler.paths.size),
            .record_size = type->size,
            .depth_max = depth_max,
        };
    }
    if (status == OK && (!plan || !plan->ops || !plan->paths)) {
        status = no_memory(&compiler);
    }
    buffer_done(&compiler.ops);
    buffer_done(&compiler.paths);
    if (status == OK) {
        *ret_plan = plan;
    }
    return status;
}
