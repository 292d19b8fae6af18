#include "kit/schema_default.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/wire.h"

/* A default may take defaults of the records in it, and a recursive type its own again. */
enum {
    DEPTH_MAX = 32,
    VALUES_MAX = 100000,
};

struct writer {
    struct buffer *out;
    struct error *error;
    uint32_t depth;  /* JSON values around this one */
    uint32_t values; /* written so far */
};

static enum status write_value(struct writer *writer, const struct schema_node *node,
                               const json_t *json);
static enum status write_default(struct writer *writer, const struct schema_field *field);

static enum status misfit(struct writer *writer, const struct schema_node *node)
{
    return error_set(writer->error, POISON, "its default is no '%s'", schema_node_name(node));
}

static void write_long(struct writer *writer, int64_t value)
{
    uint8_t bytes[WIRE_VARINT_MAX];
    buffer_append(writer->out, bytes, (size_t)(wire_put_long(bytes, value) - bytes));
}

/* Little-endian, whatever this machine is. */
static void write_bits(struct writer *writer, uint64_t bits, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        buffer_append_byte(writer->out, (uint8_t)(bits >> 8 * i));
    }
}

static enum status write_number(struct writer *writer, const struct schema_node *node,
                                const json_t *json)
{
    if (node->kind == SCHEMA_INT || node->kind == SCHEMA_LONG) {
        json_int_t value = json_integer_value(json);
        bool fits = node->kind == SCHEMA_LONG || (value >= INT32_MIN && value <= INT32_MAX);
        if (!json_is_integer(json) || !fits) {
            return misfit(writer, node);
        }
        write_long(writer, value);
        return OK;
    }
    if (!json_is_number(json)) {
        return misfit(writer, node);
    }
    double wide = json_number_value(json);
    uint64_t bits = 0;
    if (node->kind == SCHEMA_FLOAT && fabs(wide) > FLT_MAX) {
        return misfit(writer, node);
    }
    if (node->kind == SCHEMA_FLOAT) {
        float narrow = (float)wide;
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
        write_bits(writer, narrow_bits, 4);
    } else {
        memcpy(&bits, &wide, sizeof bits);
        write_bits(writer, bits, 8);
    }
    return OK;
}

/* Bytes are written as a string whose code points 0 to 255 stand for them. *ret_size is how many.
 */
static bool bytes_of_string(const char *utf8, size_t size, uint8_t *bytes, size_t *ret_size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)utf8[i];
        if (byte >= 0x80) {
            if ((byte != 0xC2 && byte != 0xC3) || i + 1 >= size) {
                return false;
            }
            byte = (uint8_t)((byte & 3) << 6 | ((uint8_t)utf8[++i] & 0x3F));
        }
        bytes[count++] = byte;
    }
    *ret_size = count;
    return true;
}

static enum status write_bytes(struct writer *writer, const struct schema_node *node,
                               const json_t *json)
{
    size_t size = json_string_length(json);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes) {
        return error_set(writer->error, FATAL, "no memory for a default");
    }
    bool fits =
        json_is_string(json) && bytes_of_string(json_string_value(json), size, bytes, &size);
    if (fits && node->kind == SCHEMA_FIXED) {
        fits = size == node->size;
    } else if (fits) {
        write_long(writer, (int64_t)size);
    }
    if (fits) {
        buffer_append(writer->out, bytes, size);
    }
    free(bytes);
    return fits ? OK : misfit(writer, node);
}

static enum status write_string(struct writer *writer, const struct schema_node *node,
                                const json_t *json)
{
    if (!json_is_string(json)) {
        return misfit(writer, node);
    }
    write_long(writer, (int64_t)json_string_length(json));
    buffer_append(writer->out, json_string_value(json), json_string_length(json));
    return OK;
}

static enum status write_enum(struct writer *writer, const struct schema_node *node,
                              const json_t *json)
{
    for (uint32_t i = 0; json_is_string(json) && i < node->symbol_count; i++) {
        if (strcmp(node->symbols[i], json_string_value(json)) == 0) {
            write_long(writer, i);
            return OK;
        }
    }
    return misfit(writer, node);
}

/* A field that the default leaves out takes its own. */
static enum status write_record(struct writer *writer, const struct schema_node *node,
                                const json_t *json)
{
    if (!json_is_object(json)) {
        return misfit(writer, node);
    }
    for (uint32_t i = 0; i < node->field_count; i++) {
        const struct schema_field *field = &node->fields[i];
        const json_t *value = json_object_get(json, field->name);
        enum status status;
        if (value) {
            status = write_value(writer, field->node, value);
        } else if (text_is_set(field->default_json)) {
            status = write_default(writer, field);
        } else {
            status = error_set(writer->error, POISON, "its default leaves out '%s'", field->name);
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status write_array(struct writer *writer, const struct schema_node *node,
                               const json_t *json)
{
    if (!json_is_array(json)) {
        return misfit(writer, node);
    }
    if (json_array_size(json) > 0) {
        write_long(writer, (int64_t)json_array_size(json));
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        enum status status = write_value(writer, node->items, json_array_get(json, i));
        if (status != OK) {
            return status;
        }
    }
    write_long(writer, 0);
    return OK;
}

static enum status write_map(struct writer *writer, const struct schema_node *node,
                             const json_t *json)
{
    if (!json_is_object(json)) {
        return misfit(writer, node);
    }
    if (json_object_size(json) > 0) {
        write_long(writer, (int64_t)json_object_size(json));
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        write_long(writer, (int64_t)strlen(key));
        buffer_append(writer->out, key, strlen(key));
        enum status status = write_value(writer, node->items, value);
        if (status != OK) {
            return status;
        }
    }
    write_long(writer, 0);
    return OK;
}

/* The first branch that the default is a value of. */
static enum status write_union(struct writer *writer, const struct schema_node *node,
                               const json_t *json)
{
    for (uint32_t i = 0; i < node->branch_count; i++) {
        size_t start = writer->out->size;
        write_long(writer, i);
        enum status status = write_value(writer, node->branches[i], json);
        if (status != POISON) {
            return status;
        }
        writer->out->size = start;
    }
    return misfit(writer, node);
}

static enum status write_kind(struct writer *writer, const struct schema_node *node,
                              const json_t *json)
{
    switch (node->kind) {
    case SCHEMA_NULL:
        return json_is_null(json) ? OK : misfit(writer, node);
    case SCHEMA_BOOLEAN:
        buffer_append_byte(writer->out, json_is_true(json));
        return json_is_boolean(json) ? OK : misfit(writer, node);
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
        return write_number(writer, node, json);
    case SCHEMA_BYTES:
    case SCHEMA_FIXED:
        return write_bytes(writer, node, json);
    case SCHEMA_STRING:
        return write_string(writer, node, json);
    case SCHEMA_RECORD:
        return write_record(writer, node, json);
    case SCHEMA_ENUM:
        return write_enum(writer, node, json);
    case SCHEMA_ARRAY:
        return write_array(writer, node, json);
    case SCHEMA_MAP:
        return write_map(writer, node, json);
    case SCHEMA_UNION:
        return write_union(writer, node, json);
    }
    return misfit(writer, node);
}

static enum status write_value(struct writer *writer, const struct schema_node *node,
                               const json_t *json)
{
    if (writer->depth >= DEPTH_MAX || writer->values++ >= VALUES_MAX) {
        return error_set(writer->error, POISON, "its default never ends");
    }
    writer->depth++;
    enum status status = write_kind(writer, node, json);
    writer->depth--;
    return status;
}

static enum status write_default(struct writer *writer, const struct schema_field *field)
{
    json_t *json = json_loadb(field->default_json.data, field->default_json.size,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!json) {
        return error_set(writer->error, FATAL, "no memory for a default");
    }
    enum status status = write_value(writer, field->node, json);
    json_decref(json);
    return status == OK ? OK : error_prefix(writer->error, status, "field '%s': ", field->name);
}

enum status schema_default_write(const struct schema_field *field, struct buffer *out,
                                 struct error *error)
{
    struct writer writer = {.out = out, .error = error};
    enum status status = write_default(&writer, field);
    return status == OK && out->failed ? error_set(error, FATAL, "no memory for a default")
                                       : status;
}

/* A walk that enters every record once. */
struct checker {
    struct buffer scratch;
    struct error *error;
    bool *entered; /* by node index */
};

static enum status check_node(struct checker *checker, const struct schema_node *node)
{
    enum status status = OK;
    if (checker->entered[node->index]) {
        return OK;
    }
    checker->entered[node->index] = true;
    if (node->items) {
        status = check_node(checker, node->items);
    }
    for (uint32_t i = 0; status == OK && i < node->branch_count; i++) {
        status = check_node(checker, node->branches[i]);
    }
    for (uint32_t i = 0; status == OK && i < node->field_count; i++) {
        const struct schema_field *field = &node->fields[i];
        if (text_is_set(field->default_json)) {
            buffer_clear(&checker->scratch);
            status = schema_default_write(field, &checker->scratch, checker->error);
        }
        if (status == OK) {
            status = check_node(checker, field->node);
        }
    }
    return status;
}

enum status schema_default_check(const struct schema *schema, struct error *error)
{
    struct checker checker = {.error = error, .entered = calloc(schema->node_count, sizeof(bool))};
    if (!checker.entered) {
        return error_set(error, FATAL, "no memory to check a schema");
    }
    enum status status = check_node(&checker, schema->root);
    buffer_done(&checker.scratch);
    free(checker.entered);
    return status;
}
