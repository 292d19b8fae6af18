#include "kit/encoder.h"

#include <stdio.h>
#include <string.h>

#include "core/contract.h"
#include "core/must.h"
#include "kit/encode_op.h"
#include "kit/plan_match.h"
#include "kit/schema_default.h"
#include "kit/wire.h"

enum { PATH_SIZE = 256 };

struct compiler {
    struct arena *arena;
    struct error *error;
    struct buffer ops;
    struct buffer paths;
    char path[PATH_SIZE];
    uint32_t frames;
};

static enum status compile_fields(struct compiler *compiler, const struct record_type *type,
                                  const struct schema_node *node, uint32_t offset);

static enum status no_memory(struct compiler *compiler)
{
    return error_set(compiler->error, FATAL, "no room for another encoder");
}

static uint32_t here(const struct compiler *compiler)
{
    return (uint32_t)(compiler->ops.size / sizeof(struct encode_op));
}

static uint32_t emit(struct compiler *compiler, struct encode_op op)
{
    uint32_t index = here(compiler);
    const char *path = arena_text(compiler->arena, text_of(compiler->path)).data;
    buffer_append(&compiler->ops, &op, sizeof op);
    buffer_append(&compiler->paths, &path, sizeof path);
    compiler->ops.failed |= !path;
    return index;
}

/* Lets the operation at `index` jump to the one at `target`. */
static void aim(struct compiler *compiler, uint32_t index, uint32_t target)
{
    if (!compiler->ops.failed) {
        struct encode_op *ops = (void *)compiler->ops.data;
        ops[index].jump = (int32_t)target - (int32_t)index - 1;
    }
}

static const struct text *constant_new(struct compiler *compiler, const void *bytes, size_t size)
{
    struct text *constant = arena_take(compiler->arena, sizeof *constant);
    char *copy = arena_copy(compiler->arena, bytes, size);
    if (!constant || !copy) {
        return NULL;
    }
    *constant = (struct text){copy, (uint32_t)size};
    return constant;
}

static enum status default_constant(struct compiler *compiler, const struct schema_field *field,
                                    const struct text **ret_constant)
{
    struct buffer bytes = {0};
    enum status status = schema_default_write(field, &bytes, compiler->error);
    if (status == OK) {
        *ret_constant = constant_new(compiler, bytes.data, bytes.size);
        status = *ret_constant ? OK : no_memory(compiler);
    }
    buffer_done(&bytes);
    return status == OK ? OK : error_prefix(compiler->error, FATAL, "%s: ", compiler->path);
}

static enum status misfit(struct compiler *compiler, const struct field_type *field,
                          const struct schema_node *node)
{
    return error_set(compiler->error, FATAL, "%s: a '%s' cannot be written as '%s'", compiler->path,
                     field_kind_name(field->kind), schema_node_name(node));
}

static enum status compile_enum(struct compiler *compiler, const struct field_type *field,
                                const struct schema_node *node, uint32_t offset)
{
    uint32_t count = 0;
    while (field->symbols[count]) {
        count++;
    }
    int32_t *indexes = arena_take(compiler->arena, count * sizeof *indexes);
    if (!indexes) {
        return no_memory(compiler);
    }
    for (uint32_t value = 0; value < count; value++) {
        indexes[value] = node->default_symbol;
        for (uint32_t i = 0; i < node->symbol_count; i++) {
            if (strcmp(node->symbols[i], field->symbols[value]) == 0) {
                indexes[value] = (int32_t)i;
            }
        }
    }
    emit(compiler, (struct encode_op){
                       .code = ENCODE_ENUM, .offset = offset, .limit = count, .indexes = indexes});
    return OK;
}

static void frame_push(struct compiler *compiler)
{
    must(compiler->frames < ENCODE_FRAMES_MAX);
    compiler->frames++;
}

static enum status compile_array(struct compiler *compiler, const struct field_type *field,
                                 const struct schema_node *node, uint32_t offset)
{
    const struct field_type item = {.name = "", .kind = KIND_RECORD, .record = field->record};
    struct encode_array *array = arena_take(compiler->arena, sizeof *array);
    if (!array) {
        return no_memory(compiler);
    }
    if (match_branch(node->items, &item) != node->items) {
        return misfit(compiler, &item, node->items);
    }
    *array = (struct encode_array){
        .count_offset = offset - field->offset + field->count_offset,
        .count_max = field->count_max,
        .item_size = field->record->size,
    };
    frame_push(compiler);
    uint32_t start =
        emit(compiler, (struct encode_op){.code = ENCODE_ARRAY, .offset = offset, .array = array});
    enum status status = compile_fields(compiler, field->record, node->items, 0);
    uint32_t next = emit(compiler, (struct encode_op){.code = ENCODE_ARRAY_NEXT, .array = array});
    aim(compiler, next, start + 1);
    aim(compiler, start, next + 1);
    compiler->frames--;
    return status;
}

static enum status compile_record(struct compiler *compiler, const struct field_type *field,
                                  const struct schema_node *node, uint32_t offset)
{
    if (!field->optional) {
        return compile_fields(compiler, field->record, node, offset);
    }
    frame_push(compiler);
    emit(compiler, (struct encode_op){.code = ENCODE_ENTER, .offset = offset});
    enum status status = compile_fields(compiler, field->record, node, 0);
    emit(compiler, (struct encode_op){.code = ENCODE_LEAVE});
    compiler->frames--;
    return status;
}

/* A value that is there, as `node`, which can stand for it. */
static enum status compile_plain(struct compiler *compiler, const struct field_type *field,
                                 const struct schema_node *node, uint32_t offset)
{
    struct encode_op op = {.offset = offset};
    switch (field->kind) {
    case KIND_INT:
        op.code = ENCODE_INT;
        break;
    case KIND_LONG:
        op.code = node->kind == SCHEMA_INT ? ENCODE_LONG_TO_INT : ENCODE_LONG;
        break;
    case KIND_BOOLEAN:
        op.code = ENCODE_BOOLEAN;
        break;
    case KIND_STRING:
    case KIND_BYTES:
        op.code = node->kind == SCHEMA_STRING ? ENCODE_STRING : ENCODE_BYTES;
        op.limit = field->size_max ? field->size_max : INT32_MAX;
        break;
    case KIND_ENUM:
        return compile_enum(compiler, field, node, offset);
    case KIND_RECORD:
        return compile_record(compiler, field, node, offset);
    case KIND_ARRAY:
        return compile_array(compiler, field, node, offset);
    }
    emit(compiler, op);
    return OK;
}

/* The bytes of a branch index; of no union at all, no bytes. NULL without memory. */
static const struct text *branch_constant(struct compiler *compiler, const struct schema_node *node,
                                          const struct schema_node *branch)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    size_t size = 0;
    for (uint32_t i = 0; node->kind == SCHEMA_UNION && i < node->branch_count; i++) {
        if (node->branches[i] == branch) {
            size = (size_t)(wire_put_long(bytes, i) - bytes);
        }
    }
    return constant_new(compiler, bytes, size);
}

static const struct schema_node *null_branch(const struct schema_node *node)
{
    for (uint32_t i = 0; node->kind == SCHEMA_UNION && i < node->branch_count; i++) {
        if (node->branches[i]->kind == SCHEMA_NULL) {
            return node->branches[i];
        }
    }
    return NULL;
}

static void presence_of(const struct field_type *field, uint32_t offset,
                        struct encode_optional *optional)
{
    if (field->kind == KIND_INT) {
        optional->presence = PRESENT_FLAG;
        optional->set_offset = offset + (uint32_t)offsetof(struct optional_int, set);
    } else if (field->kind == KIND_LONG) {
        optional->presence = PRESENT_FLAG;
        optional->set_offset = offset + (uint32_t)offsetof(struct optional_long, set);
    } else {
        optional->presence = field->kind == KIND_ENUM ? PRESENT_ENUM : PRESENT_POINTER;
    }
}

static enum status compile_optional(struct compiler *compiler, const struct field_type *field,
                                    const struct schema_field *declared,
                                    const struct schema_node *branch, uint32_t offset)
{
    struct encode_optional *optional = arena_take(compiler->arena, sizeof *optional);
    const struct text *when_set = branch_constant(compiler, declared->node, branch);
    if (!optional || !when_set) {
        return no_memory(compiler);
    }
    presence_of(field, offset, optional);
    optional->when_set = *when_set;
    const struct schema_node *null = null_branch(declared->node);
    const struct text *when_unset = NULL;
    enum status status = OK;
    if (null) {
        when_unset = branch_constant(compiler, declared->node, null);
        status = when_unset ? OK : no_memory(compiler);
    } else if (text_is_set(declared->default_json)) {
        status = default_constant(compiler, declared, &when_unset);
    }
    if (status != OK) {
        return status;
    }
    optional->when_unset = when_unset ? *when_unset : (struct text){0};
    uint32_t start =
        emit(compiler,
             (struct encode_op){.code = ENCODE_OPTIONAL, .offset = offset, .optional = optional});
    status = compile_plain(compiler, field, branch, offset);
    aim(compiler, start, here(compiler));
    return status;
}

static enum status compile_field(struct compiler *compiler, const struct field_type *field,
                                 const struct schema_field *declared, uint32_t offset)
{
    const struct schema_node *branch = match_branch(declared->node, field);
    if (!branch) {
        return misfit(compiler, field, declared->node);
    }
    if (field->optional) {
        return compile_optional(compiler, field, declared, branch, offset);
    }
    if (declared->node->kind == SCHEMA_UNION) {
        const struct text *bytes = branch_constant(compiler, declared->node, branch);
        if (!bytes) {
            return no_memory(compiler);
        }
        emit(compiler, (struct encode_op){.code = ENCODE_CONSTANT, .bytes = bytes});
    }
    return compile_plain(compiler, field, branch, offset);
}

static const struct field_type *field_find(const struct record_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return &type->fields[i];
        }
    }
    return NULL;
}

static enum status compile_unknown(struct compiler *compiler, const struct schema_field *declared)
{
    if (!text_is_set(declared->default_json)) {
        return error_set(compiler->error, FATAL,
                         "%s: the schema requires it, and this program does not know it",
                         compiler->path);
    }
    const struct text *bytes;
    enum status status = default_constant(compiler, declared, &bytes);
    if (status == OK) {
        emit(compiler, (struct encode_op){.code = ENCODE_CONSTANT, .bytes = bytes});
    }
    return status;
}

static enum status compile_fields(struct compiler *compiler, const struct record_type *type,
                                  const struct schema_node *node, uint32_t offset)
{
    enum status status = OK;
    for (uint32_t i = 0; status == OK && i < node->field_count; i++) {
        const struct schema_field *declared = &node->fields[i];
        size_t end = strlen(compiler->path);
        int size =
            snprintf(compiler->path + end, sizeof compiler->path - end, ".%s", declared->name);
        must(size > 0); /* a longer path is cut */
        const struct field_type *field = field_find(type, declared->name);
        status = field ? compile_field(compiler, field, declared, offset + field->offset)
                       : compile_unknown(compiler, declared);
        compiler->path[end] = '\0';
    }
    return status;
}

enum status encoder_new(const struct record_type *type, const struct schema *schema,
                        struct arena *arena, const struct encoder **ret_encoder,
                        struct error *error)
{
    struct compiler compiler = {.arena = arena, .error = error};
    const struct schema_node *root = schema->root;
    if (root->kind != SCHEMA_RECORD || strcmp(schema_short_name(root->name), type->name) != 0) {
        return error_set(error, FATAL, "the schema is '%s' and no record '%s'",
                         schema_node_name(root), type->name);
    }
    int size = snprintf(compiler.path, sizeof compiler.path, "%s", type->name);
    must(size > 0);
    enum status status = compile_fields(&compiler, type, root, 0);
    emit(&compiler, (struct encode_op){.code = ENCODE_END});
    struct encoder *encoder = arena_take(arena, sizeof *encoder);
    if (status == OK && encoder && !compiler.ops.failed && !compiler.paths.failed) {
        encoder->ops = arena_copy(arena, compiler.ops.data, compiler.ops.size);
        encoder->paths = arena_copy(arena, compiler.paths.data, compiler.paths.size);
    }
    if (status == OK && (!encoder || !encoder->ops || !encoder->paths)) {
        status = no_memory(&compiler);
    }
    buffer_done(&compiler.ops);
    buffer_done(&compiler.paths);
    if (status == OK) {
        *ret_encoder = encoder;
    }
    return status;
}
