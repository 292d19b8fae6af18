#include "kit/schema.h"

#include <avro.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_MAX = 10000,
    LIST_MAX = 4096, /* fields, symbols, branches, aliases of one type */
    NAME_SIZE_MAX = 512,
    SCHEMA_SIZE_MAX = 1 << 20, /* bytes of JSON */
};

/* A named type that is known so far; the newest first. */
struct known_name {
    const struct schema_node *node;
    struct known_name *next;
};

struct parser {
    struct arena *arena;
    struct error *error;
    struct known_name *names;
    uint32_t depth_max;
    uint32_t node_count;
};

static const char *const kind_names[] = {
    [SCHEMA_NULL] = "null",   [SCHEMA_BOOLEAN] = "boolean", [SCHEMA_INT] = "int",
    [SCHEMA_LONG] = "long",   [SCHEMA_FLOAT] = "float",     [SCHEMA_DOUBLE] = "double",
    [SCHEMA_BYTES] = "bytes", [SCHEMA_STRING] = "string",   [SCHEMA_RECORD] = "record",
    [SCHEMA_ENUM] = "enum",   [SCHEMA_ARRAY] = "array",     [SCHEMA_MAP] = "map",
    [SCHEMA_UNION] = "union", [SCHEMA_FIXED] = "fixed",
};

static enum status parse_node(struct parser *parser, const json_t *json, const char *namespace,
                              uint32_t depth, const struct schema_node **ret_node);

static enum status no_memory(struct parser *parser)
{
    return error_set(parser->error, FATAL, "no room for another schema");
}

static bool is_named(enum schema_kind kind)
{
    return kind == SCHEMA_RECORD || kind == SCHEMA_ENUM || kind == SCHEMA_FIXED;
}

static bool is_primitive(enum schema_kind kind)
{
    return kind <= SCHEMA_STRING;
}

/* False where `name` is no kind at all. */
static bool kind_of(const char *name, enum schema_kind *ret_kind)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++) {
        if (strcmp(kind_names[i], name) == 0 && i != SCHEMA_UNION) {
            *ret_kind = (enum schema_kind)i;
            return true;
        }
    }
    return false;
}

/* [A-Za-z_][A-Za-z0-9_]*, and with `dotted` such names joined by dots. */
static bool name_is_valid(const char *name, bool dotted)
{
    bool first = true;
    for (; *name; name++) {
        bool letter = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z');
        bool digit = *name >= '0' && *name <= '9';
        if (dotted && *name == '.' && !first) {
            first = true;
            continue;
        }
        if (!letter && *name != '_' && !(digit && !first)) {
            return false;
        }
        first = false;
    }
    return !first;
}

/* Bytes of the smallest value. */
static uint32_t primitive_min(enum schema_kind kind)
{
    return kind == SCHEMA_NULL ? 0 : kind == SCHEMA_FLOAT ? 4 : kind == SCHEMA_DOUBLE ? 8 : 1;
}

static struct schema_node *node_new(struct parser *parser, enum schema_kind kind)
{
    struct schema_node *node = arena_take(parser->arena, sizeof *node);
    if (node) {
        node->kind = kind;
        node->index = parser->node_count++;
        node->default_symbol = -1;
        node->value_min = is_primitive(kind) ? primitive_min(kind) : 0;
    }
    return node;
}

static const char *copy_string(struct parser *parser, const char *string)
{
    return arena_text(parser->arena, text_of(string)).data;
}

/* `name` in `namespace`, unless it has dots of its own; NULL without memory. */
static const char *full_name(struct parser *parser, const char *name, const char *namespace)
{
    if (strchr(name, '.') || namespace[0] == '\0') {
        return copy_string(parser, name);
    }
    return arena_format(parser->arena, "%s.%s", namespace, name).data;
}

static const struct schema_node *name_find(const struct parser *parser, const char *name)
{
    for (const struct known_name *known = parser->names; known; known = known->next) {
        if (strcmp(known->node->name, name) == 0) {
            return known->node;
        }
    }
    return NULL;
}

/* A string in place of a schema: a primitive type, or the name of a type defined before. */
static enum status parse_reference(struct parser *parser, const char *name, const char *namespace,
                                   const struct schema_node **ret_node)
{
    enum schema_kind kind;
    if (kind_of(name, &kind) && is_primitive(kind)) {
        struct schema_node *node = node_new(parser, kind);
        *ret_node = node;
        return node ? OK : no_memory(parser);
    }
    const char *full = full_name(parser, name, namespace);
    if (!full) {
        return no_memory(parser);
    }
    *ret_node = name_find(parser, full);
    return *ret_node ? OK : error_set(parser->error, POISON, "unknown type '%.100s'", name);
}

/* A list of strings, each a valid name; with `namespace` they become full names. */
static enum status parse_names(struct parser *parser, const json_t *list, const char *what,
                               const char *namespace, const char *const **ret_names,
                               uint32_t *ret_count)
{
    if (list && !json_is_array(list)) {
        return error_set(parser->error, POISON, "its %s are not a list", what);
    }
    size_t count = json_array_size(list);
    if (count > LIST_MAX) {
        return error_set(parser->error, POISON, "more than %d %s", LIST_MAX, what);
    }
    const char **names = arena_take(parser->arena, (count + 1) * sizeof *names);
    if (!names) {
        return no_memory(parser);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || !name_is_valid(name, namespace != NULL)) {
            return error_set(parser->error, POISON, "'%.100s' of its %s is no name",
                             name ? name : "?", what);
        }
        names[i] = namespace ? full_name(parser, name, namespace) : copy_string(parser, name);
        if (!names[i]) {
            return no_memory(parser);
        }
        for (size_t earlier = 0; earlier < i; earlier++) {
            if (strcmp(names[earlier], names[i]) == 0) {
                return error_set(parser->error, POISON, "'%.100s' is twice in its %s", name, what);
            }
        }
    }
    *ret_names = names;
    *ret_count = (uint32_t)count;
    return OK;
}

/* Gives the node its full name and aliases and makes it known to the rest of the text.
 * *ret_namespace is what names inside it are relative to. */
static enum status parse_name(struct parser *parser, const json_t *json, const char *namespace,
                              struct schema_node *node, const char **ret_namespace)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *own_namespace = json_object_get(json, "namespace");
    if (!name || !name_is_valid(name, true) || strlen(name) > NAME_SIZE_MAX) {
        return error_set(parser->error, POISON, "%s without a valid name", kind_names[node->kind]);
    }
    if (own_namespace) {
        namespace = json_string_value(own_namespace);
        if (!namespace || (namespace[0] && !name_is_valid(namespace, true)) ||
            strlen(namespace) > NAME_SIZE_MAX) {
            return error_set(parser->error, POISON, "'%.100s' has no valid namespace", name);
        }
    }
    enum schema_kind primitive;
    node->name = full_name(parser, name, namespace);
    if (!node->name) {
        return no_memory(parser);
    }
    if (kind_of(node->name, &primitive) && is_primitive(primitive)) {
        return error_set(parser->error, POISON, "'%s' is the name of a primitive type", node->name);
    }
    if (name_find(parser, node->name)) {
        return error_set(parser->error, POISON, "'%s' is defined twice", node->name);
    }
    size_t prefix = (size_t)(schema_short_name(node->name) - node->name);
    struct text inner = {node->name, prefix > 0 ? (uint32_t)prefix - 1 : 0};
    *ret_namespace = arena_text(parser->arena, inner).data;
    struct known_name *known = arena_take(parser->arena, sizeof *known);
    if (!*ret_namespace || !known) {
        return no_memory(parser);
    }
    *known = (struct known_name){node, parser->names};
    parser->names = known;
    uint32_t alias_count;
    return parse_names(parser, json_object_get(json, "aliases"), "aliases", *ret_namespace,
                       &node->aliases, &alias_count);
}

static enum status parse_default(struct parser *parser, const json_t *json, struct text *ret_text)
{
    if (!json) {
        return OK;
    }
    char *words = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    if (words) {
        *ret_text = arena_text(parser->arena, text_of(words));
        free(words);
    }
    return text_is_set(*ret_text) ? OK : no_memory(parser);
}

static enum status parse_field(struct parser *parser, const json_t *json, const char *namespace,
                               uint32_t depth, struct schema_field *field)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    if (!name || !name_is_valid(name, false) || strlen(name) > NAME_SIZE_MAX) {
        return error_set(parser->error, POISON, "a field without a valid name");
    }
    field->name = copy_string(parser, name);
    if (!field->name) {
        return no_memory(parser);
    }
    uint32_t alias_count;
    enum status status = parse_names(parser, json_object_get(json, "aliases"), "aliases", NULL,
                                     &field->aliases, &alias_count);
    if (status == OK) {
        status = parse_default(parser, json_object_get(json, "default"), &field->default_json);
    }
    if (status == OK) {
        status = parse_node(parser, json_object_get(json, "type"), namespace, depth, &field->node);
    }
    return status == OK ? OK : error_prefix(parser->error, status, "field '%.100s': ", name);
}

/* The fields become visible in the node only when all are read. So a type inside that refers back
 * to this record counts it as taking no bytes, which is a lower bound as any other. */
static enum status parse_record(struct parser *parser, const json_t *json, const char *namespace,
                                uint32_t depth, struct schema_node *node)
{
    const json_t *list = json_object_get(json, "fields");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > LIST_MAX) {
        return error_set(parser->error, POISON, "'%s' has no list of at most %d fields", node->name,
                         LIST_MAX);
    }
    struct schema_field *fields = arena_take(parser->arena, (count + 1) * sizeof *fields);
    if (!fields) {
        return no_memory(parser);
    }
    uint64_t value_min = 0;
    for (size_t i = 0; i < count; i++) {
        enum status status =
            parse_field(parser, json_array_get(list, i), namespace, depth, &fields[i]);
        if (status != OK) {
            return status;
        }
        for (size_t earlier = 0; earlier < i; earlier++) {
            if (strcmp(fields[earlier].name, fields[i].name) == 0) {
                return error_set(parser->error, POISON, "field '%s' is twice in '%s'",
                                 fields[i].name, node->name);
            }
        }
        value_min += fields[i].node->value_min;
    }
    node->fields = fields;
    node->field_count = (uint32_t)count;
    node->value_min = value_min < INT32_MAX ? (uint32_t)value_min : INT32_MAX;
    return OK;
}

static enum status parse_enum(struct parser *parser, const json_t *json, struct schema_node *node)
{
    enum status status = parse_names(parser, json_object_get(json, "symbols"), "symbols", NULL,
                                     &node->symbols, &node->symbol_count);
    if (status != OK) {
        return error_prefix(parser->error, status, "'%s': ", node->name);
    }
    if (node->symbol_count == 0) {
        return error_set(parser->error, POISON, "'%s' has no symbols", node->name);
    }
    node->value_min = 1;
    const json_t *symbol = json_object_get(json, "default");
    for (uint32_t i = 0; symbol && i < node->symbol_count; i++) {
        if (json_is_string(symbol) && strcmp(node->symbols[i], json_string_value(symbol)) == 0) {
            node->default_symbol = (int32_t)i;
        }
    }
    if (symbol && node->default_symbol < 0) {
        return error_set(parser->error, POISON, "the default of '%s' is not one of its symbols",
                         node->name);
    }
    return OK;
}

static enum status parse_fixed(struct parser *parser, const json_t *json, struct schema_node *node)
{
    const json_t *size = json_object_get(json, "size");
    json_int_t bytes = json_integer_value(size);
    if (!json_is_integer(size) || bytes < 0 || bytes > INT32_MAX) {
        return error_set(parser->error, POISON, "'%s' has no valid size", node->name);
    }
    node->size = (uint32_t)bytes;
    node->value_min = node->size;
    return OK;
}

/* Two branches that data could not tell apart. */
static bool branches_collide(const struct schema_node *a, const struct schema_node *b)
{
    return a->kind == b->kind && (!is_named(a->kind) || strcmp(a->name, b->name) == 0);
}

static enum status parse_union(struct parser *parser, const json_t *list, const char *namespace,
                               uint32_t depth, struct schema_node *node)
{
    size_t count = json_array_size(list);
    if (count > LIST_MAX) {
        return error_set(parser->error, POISON, "a union of more than %d", LIST_MAX);
    }
    const struct schema_node **branches =
        arena_take(parser->arena, (count + 1) * sizeof(const void *));
    if (!branches) {
        return no_memory(parser);
    }
    for (size_t i = 0; i < count; i++) {
        enum status status =
            parse_node(parser, json_array_get(list, i), namespace, depth, &branches[i]);
        if (status != OK) {
            return status;
        }
        if (branches[i]->kind == SCHEMA_UNION) {
            return error_set(parser->error, POISON, "a union directly inside a union");
        }
        for (size_t earlier = 0; earlier < i; earlier++) {
            if (branches_collide(branches[earlier], branches[i])) {
                return error_set(parser->error, POISON, "'%s' is twice in a union",
                                 schema_node_name(branches[i]));
            }
        }
    }
    if (count == 0) {
        return error_set(parser->error, POISON, "a union without branches");
    }
    node->branches = branches;
    node->branch_count = (uint32_t)count;
    node->value_min = 1;
    return OK;
}

static enum status parse_kind(struct parser *parser, const json_t *json, const char *namespace,
                              uint32_t depth, struct schema_node *node)
{
    enum status status = OK;
    if (is_named(node->kind)) {
        status = parse_name(parser, json, namespace, node, &namespace);
        if (status != OK) {
            return status;
        }
    }
    switch (node->kind) {
    case SCHEMA_RECORD:
        return parse_record(parser, json, namespace, depth, node);
    case SCHEMA_ENUM:
        return parse_enum(parser, json, node);
    case SCHEMA_FIXED:
        return parse_fixed(parser, json, node);
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        node->value_min = 1;
        status =
            parse_node(parser, json_object_get(json, node->kind == SCHEMA_MAP ? "values" : "items"),
                       namespace, depth, &node->items);
        return status == OK ? OK
                            : error_prefix(parser->error, status, "%s of ", kind_names[node->kind]);
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        return OK;
    case SCHEMA_UNION:
        break;
    }
    return error_set(parser->error, POISON, "no type is called 'union'");
}

static enum status parse_node(struct parser *parser, const json_t *json, const char *namespace,
                              uint32_t depth, const struct schema_node **ret_node)
{
    if (depth >= parser->depth_max) {
        return error_set(parser->error, POISON, "nested deeper than %u", parser->depth_max);
    }
    if (parser->node_count >= NODES_MAX) {
        return error_set(parser->error, POISON, "more than %d types", NODES_MAX);
    }
    if (json_is_string(json)) {
        return parse_reference(parser, json_string_value(json), namespace, ret_node);
    }
    if (json_is_array(json)) {
        struct schema_node *node = node_new(parser, SCHEMA_UNION);
        *ret_node = node;
        return node ? parse_union(parser, json, namespace, depth + 1, node) : no_memory(parser);
    }
    const char *type = json_string_value(json_object_get(json, "type"));
    if (!type) {
        return error_set(parser->error, POISON, "a type is missing");
    }
    enum schema_kind kind;
    if (!kind_of(type, &kind)) {
        return parse_reference(parser, type, namespace, ret_node);
    }
    struct schema_node *node = node_new(parser, kind);
    if (!node) {
        return no_memory(parser);
    }
    *ret_node = node;
    const char *logical_type = json_string_value(json_object_get(json, "logicalType"));
    if (logical_type) {
        node->logical_type = copy_string(parser, logical_type);
        if (!node->logical_type) {
            return no_memory(parser);
        }
    }
    return parse_kind(parser, json, namespace, depth + 1, node);
}

/* avro-c does not look at these, but its JSON parser stops at a zero byte in them. */
static void drop_words(json_t *json)
{
    const char *key;
    json_t *value;
    size_t index;
    if (json_is_object(json)) {
        (void)json_object_del(json, "default"); /* fails where there is none */
        (void)json_object_del(json, "doc");
        json_object_foreach(json, key, value)
        {
            drop_words(value);
        }
    }
    json_array_foreach(json, index, value)
    {
        drop_words(value);
    }
}

/* What avro-c refuses is refused, even where we see nothing wrong. */
static enum status check_with_avro(json_t *root, struct error *error)
{
    drop_words(root);
    char *json = json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!json) {
        return error_set(error, FATAL, "no memory to check a schema");
    }
    avro_schema_t schema = NULL;
    enum status status = OK;
    if (avro_schema_from_json_length(json, strlen(json), &schema) != 0) {
        status = error_set(error, POISON, "avro-c refuses it: %s", avro_strerror());
    } else {
        avro_schema_decref(schema);
    }
    free(json);
    return status;
}

enum status schema_parse(struct text json, uint32_t depth_max, struct arena *arena,
                         const struct schema **ret_schema, struct error *error)
{
    if (json.size > SCHEMA_SIZE_MAX) {
        return error_set(error, POISON, "a schema of more than %d bytes", SCHEMA_SIZE_MAX);
    }
    json_error_t json_error;
    json_t *root =
        json_loadb(json.data ? json.data : "", json.size,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &json_error);
    if (!root) {
        return error_set(error, POISON, "line %d: %s", json_error.line, json_error.text);
    }
    struct schema *schema = arena_take(arena, sizeof *schema);
    struct parser parser = {.arena = arena, .error = error, .depth_max = depth_max};
    enum status status =
        schema ? parse_node(&parser, root, "", 0, &schema->root) : no_memory(&parser);
    if (status == OK) {
        status = check_with_avro(root, error);
    }
    json_decref(root);
    if (status == OK) {
        schema->node_count = parser.node_count;
        *ret_schema = schema;
    }
    return status;
}

const char *schema_kind_name(enum schema_kind kind)
{
    return kind_names[kind];
}

const char *schema_node_name(const struct schema_node *node)
{
    return node->name ? node->name : kind_names[node->kind];
}

const char *schema_short_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

const struct schema_field *schema_field_find(const struct schema_node *record, const char *name)
{
    for (uint32_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
    }
    return NULL;
}

bool schema_name_matches(const struct schema_node *reader, const struct schema_node *writer)
{
    if (strcmp(schema_short_name(reader->name), schema_short_name(writer->name)) == 0) {
        return true;
    }
    for (const char *const *alias = reader->aliases; *alias; alias++) {
        if (strcmp(*alias, writer->name) == 0) {
            return true;
        }
    }
    return false;
}
