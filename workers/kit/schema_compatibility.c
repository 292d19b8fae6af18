#include "kit/schema_compatibility.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256 };

struct comparison {
    struct error *error;
    bool *entered; /* by pair of nodes: it is being compared, or was found right */
    uint32_t writer_count;
    char path[PATH_SIZE];
};

static enum status compare(struct comparison *comparison, const struct schema_node *reader,
                           const struct schema_node *writer);

/* ---- The path ---------------------------------------------------------------------------- */

/* Extends the path; returns where it ended. A path that is too long is cut. */
static size_t path_push(struct comparison *comparison, const char *separator, const char *name)
{
    size_t end = strlen(comparison->path);
    int size =
        snprintf(comparison->path + end, sizeof comparison->path - end, "%s%s", separator, name);
    comparison->path[size < 0 ? end : sizeof comparison->path - 1] = '\0';
    return end;
}

static void path_pop(struct comparison *comparison, size_t end)
{
    comparison->path[end] = '\0';
}

static enum status misfit(struct comparison *comparison, const struct schema_node *reader,
                          const struct schema_node *writer)
{
    return error_set(comparison->error, POISON, "%s: '%s' cannot be read as '%s'", comparison->path,
                     schema_node_name(writer), schema_node_name(reader));
}

/* ---- Values ------------------------------------------------------------------------------ */

static bool is_promoted(enum schema_kind reader, enum schema_kind writer)
{
    switch (writer) {
    case SCHEMA_INT:
        return reader == SCHEMA_LONG || reader == SCHEMA_FLOAT || reader == SCHEMA_DOUBLE;
    case SCHEMA_LONG:
        return reader == SCHEMA_FLOAT || reader == SCHEMA_DOUBLE;
    case SCHEMA_FLOAT:
        return reader == SCHEMA_DOUBLE;
    case SCHEMA_STRING:
        return reader == SCHEMA_BYTES;
    case SCHEMA_BYTES:
        return reader == SCHEMA_STRING;
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_DOUBLE:
    case SCHEMA_RECORD:
    case SCHEMA_ENUM:
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
    case SCHEMA_UNION:
    case SCHEMA_FIXED:
        break;
    }
    return false;
}

static enum status compare_plain(struct comparison *comparison, const struct schema_node *reader,
                                 const struct schema_node *writer)
{
    if (reader->kind != writer->kind && !is_promoted(reader->kind, writer->kind)) {
        return misfit(comparison, reader, writer);
    }
    if (reader->logical_type && writer->logical_type &&
        strcmp(reader->logical_type, writer->logical_type) != 0) {
        return error_set(comparison->error, POISON, "%s: a '%s' cannot be read as a '%s'",
                         comparison->path, writer->logical_type, reader->logical_type);
    }
    return OK;
}

static enum status compare_enums(struct comparison *comparison, const struct schema_node *reader,
                                 const struct schema_node *writer)
{
    for (uint32_t i = 0; reader->default_symbol < 0 && i < writer->symbol_count; i++) {
        bool known = false;
        for (uint32_t j = 0; j < reader->symbol_count; j++) {
            known |= strcmp(writer->symbols[i], reader->symbols[j]) == 0;
        }
        if (!known) {
            return error_set(comparison->error, POISON,
                             "%s: '%s' has no symbol '%s', and no default symbol", comparison->path,
                             reader->name, writer->symbols[i]);
        }
    }
    return OK;
}

/* The writer's field that fills the reader's: of its name, else of the first alias. */
static const struct schema_field *source_of(const struct schema_field *field,
                                            const struct schema_node *writer)
{
    const struct schema_field *source = schema_field_find(writer, field->name);
    for (const char *const *alias = field->aliases; !source && *alias; alias++) {
        source = schema_field_find(writer, *alias);
    }
    return source;
}

static enum status compare_records(struct comparison *comparison, const struct schema_node *reader,
                                   const struct schema_node *writer)
{
    enum status status = OK;
    for (uint32_t i = 0; status == OK && i < reader->field_count; i++) {
        const struct schema_field *field = &reader->fields[i];
        const struct schema_field *source = source_of(field, writer);
        size_t end = path_push(comparison, ".", field->name);
        if (source) {
            status = compare(comparison, field->node, source->node);
        } else if (!text_is_set(field->default_json)) {
            status = error_set(comparison->error, POISON,
                               "%s: the writer's '%s' has no such field, and it has no default",
                               comparison->path, writer->name);
        }
        path_pop(comparison, end);
    }
    return status;
}

static enum status compare_items(struct comparison *comparison, const struct schema_node *reader,
                                 const struct schema_node *writer)
{
    size_t end = path_push(comparison, "", reader->kind == SCHEMA_MAP ? "{}" : "[]");
    enum status status = compare(comparison, reader->items, writer->items);
    path_pop(comparison, end);
    return status;
}

static enum status compare_same_kind(struct comparison *comparison,
                                     const struct schema_node *reader,
                                     const struct schema_node *writer)
{
    bool *entered =
        &comparison->entered[(size_t)reader->index * comparison->writer_count + writer->index];
    if (*entered) {
        return OK;
    }
    *entered = true; /* a recursive type is right if the rest of it is */
    enum status status = OK;
    if (reader->kind == SCHEMA_RECORD) {
        status = compare_records(comparison, reader, writer);
    } else {
        status = compare_items(comparison, reader, writer);
    }
    *entered = status == OK;
    return status;
}

/* ---- Unions ------------------------------------------------------------------------------ */

/* Everything that the writer may choose has to be read. */
static enum status compare_writer_union(struct comparison *comparison,
                                        const struct schema_node *reader,
                                        const struct schema_node *writer)
{
    enum status status = OK;
    for (uint32_t i = 0; status == OK && i < writer->branch_count; i++) {
        status = compare(comparison, reader, writer->branches[i]);
    }
    return status;
}

/* One of the reader's branches is enough; the words are those of the branch that is meant. */
static enum status compare_reader_union(struct comparison *comparison,
                                        const struct schema_node *reader,
                                        const struct schema_node *writer)
{
    struct error *kept = comparison->error;
    struct error nearest;
    struct error each;
    bool has_nearest = false;
    for (uint32_t i = 0; i < reader->branch_count; i++) {
        bool same_kind = reader->branches[i]->kind == writer->kind;
        comparison->error = same_kind && !has_nearest ? &nearest : &each;
        enum status status = compare(comparison, reader->branches[i], writer);
        comparison->error = kept;
        if (status == OK) {
            return OK;
        }
        has_nearest |= same_kind;
    }
    if (has_nearest) {
        *kept = nearest;
        return POISON;
    }
    return misfit(comparison, reader, writer);
}

static enum status compare(struct comparison *comparison, const struct schema_node *reader,
                           const struct schema_node *writer)
{
    if (writer->kind == SCHEMA_UNION) {
        return compare_writer_union(comparison, reader, writer);
    }
    if (reader->kind == SCHEMA_UNION) {
        return compare_reader_union(comparison, reader, writer);
    }
    enum status status = compare_plain(comparison, reader, writer);
    if (status != OK) {
        return status;
    }
    bool is_named = reader->name != NULL;
    if (is_named && !schema_name_matches(reader, writer)) {
        return misfit(comparison, reader, writer);
    }
    if (reader->kind == SCHEMA_ENUM) {
        return compare_enums(comparison, reader, writer);
    }
    if (reader->kind == SCHEMA_FIXED && reader->size != writer->size) {
        return error_set(comparison->error, POISON, "%s: '%s' of %u bytes, not of %u",
                         comparison->path, reader->name, writer->size, reader->size);
    }
    bool has_parts =
        reader->kind == SCHEMA_RECORD || reader->kind == SCHEMA_ARRAY || reader->kind == SCHEMA_MAP;
    return has_parts ? compare_same_kind(comparison, reader, writer) : OK;
}

enum status schema_can_read(const struct schema *reader, const struct schema *writer,
                            struct error *error)
{
    struct comparison comparison = {.error = error, .writer_count = writer->node_count};
    size_t pairs = (size_t)reader->node_count * writer->node_count;
    comparison.entered = calloc(pairs, sizeof *comparison.entered);
    if (!comparison.entered) {
        return error_set(error, FATAL, "no memory to compare schemas");
    }
    path_push(&comparison, "", schema_short_name(schema_node_name(reader->root)));
    enum status status = compare(&comparison, reader->root, writer->root);
    free(comparison.entered);
    return status;
}

/* ---- One schema by itself ---------------------------------------------------------------- */

/* Every node of a schema once, in the order of its text. */
struct walk {
    const struct schema_node **nodes;
    uint32_t count;
};

static void walk_node(struct walk *walk, const struct schema_node *node, bool *entered)
{
    if (entered[node->index]) {
        return;
    }
    entered[node->index] = true;
    walk->nodes[walk->count++] = node;
    if (node->items) {
        walk_node(walk, node->items, entered);
    }
    for (uint32_t i = 0; i < node->branch_count; i++) {
        walk_node(walk, node->branches[i], entered);
    }
    for (uint32_t i = 0; i < node->field_count; i++) {
        walk_node(walk, node->fields[i].node, entered);
    }
}

static enum status walk_over(const struct schema *schema, struct walk *ret_walk,
                             struct error *error)
{
    bool *entered = calloc(schema->node_count, sizeof *entered);
    struct walk walk = {.nodes = calloc(schema->node_count, sizeof(const struct schema_node *))};
    enum status status = OK;
    if (entered && walk.nodes) {
        walk_node(&walk, schema->root, entered);
        *ret_walk = walk;
    } else {
        free(walk.nodes);
        status = error_set(error, FATAL, "no memory to look through a schema");
    }
    free(entered);
    return status;
}

static enum status keep_symbols(const struct schema_node *older, const struct schema_node *newer,
                                struct error *error)
{
    for (uint32_t i = 0; i < older->symbol_count; i++) {
        if (i >= newer->symbol_count || strcmp(older->symbols[i], newer->symbols[i]) != 0) {
            return error_set(error, POISON,
                             "'%s': symbol %u was '%s' and must stay so; new symbols go to the end",
                             older->name, i, older->symbols[i]);
        }
    }
    return OK;
}

static enum status keep_fields(const struct schema_node *older, const struct schema_node *newer,
                               struct error *error)
{
    for (uint32_t i = 0; i < older->field_count; i++) {
        if (!schema_field_find(newer, older->fields[i].name)) {
            return error_set(error, POISON,
                             "'%s' has no field '%s' any more: programs are written against it, so "
                             "it stays, under its name",
                             older->name, older->fields[i].name);
        }
    }
    return OK;
}

static enum status keep_names(const struct schema_node *older, const struct schema_node *newer,
                              struct error *error)
{
    if (!older->name || older->kind != newer->kind || strcmp(older->name, newer->name) != 0) {
        return OK;
    }
    if (older->kind == SCHEMA_ENUM) {
        return keep_symbols(older, newer, error);
    }
    return older->kind == SCHEMA_RECORD ? keep_fields(older, newer, error) : OK;
}

enum status schema_keeps_names(const struct schema *older, const struct schema *newer,
                               struct error *error)
{
    struct walk old = {0};
    struct walk new = {0};
    enum status status = walk_over(older, &old, error);
    if (status == OK) {
        status = walk_over(newer, &new, error);
    }
    for (uint32_t i = 0; status == OK && i < old.count; i++) {
        for (uint32_t j = 0; status == OK && j < new.count; j++) {
            status = keep_names(old.nodes[i], new.nodes[j], error);
        }
    }
    free(old.nodes);
    free(new.nodes);
    return status;
}

enum status schema_can_evolve(const struct schema *schema, struct error *error)
{
    struct walk walk = {0};
    enum status status = walk_over(schema, &walk, error);
    for (uint32_t i = 0; status == OK && i < walk.count; i++) {
        const struct schema_node *node = walk.nodes[i];
        if (node->kind == SCHEMA_ENUM && node->default_symbol < 0) {
            status = error_set(error, POISON,
                               "'%s' has no default symbol, so no symbol could ever be added",
                               node->name);
        }
        for (uint32_t j = 1; status == OK && j < node->branch_count; j++) {
            if (node->branches[j]->kind == SCHEMA_NULL) {
                status = error_set(error, POISON,
                                   "a union of '%s' has null, but not first, so null could not be "
                                   "its default",
                                   schema_node_name(node->branches[0]));
            }
        }
    }
    free(walk.nodes);
    return status;
}
