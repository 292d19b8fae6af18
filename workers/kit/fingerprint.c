#include "kit/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The specification's constant: the fingerprint of no bytes, and the polynomial. */
#define EMPTY_FINGERPRINT UINT64_C(0xc15d213aa4d7a795)

/* Bit by bit: it runs once a schema, so a table is not worth its global state. */
uint64_t fingerprint_bytes(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t fingerprint = EMPTY_FINGERPRINT;
    for (const uint8_t *end = at + size; at < end; at++) {
        fingerprint ^= *at;
        for (int bit = 0; bit < 8; bit++) {
            fingerprint = fingerprint >> 1 ^ (EMPTY_FINGERPRINT & -(fingerprint & 1));
        }
    }
    return fingerprint;
}

/* A walk over the tree. A named type is written in full where it is met first. */
struct writer {
    struct buffer *out;
    bool *written; /* by node index */
};

static void put(struct writer *writer, const char *words)
{
    buffer_append(writer->out, words, strlen(words));
}

/* Names are letters, digits, _ and dots, so nothing in them needs an escape. */
static void put_quoted(struct writer *writer, const char *words)
{
    put(writer, "\"");
    put(writer, words);
    put(writer, "\"");
}

static void put_node(struct writer *writer, const struct schema_node *node);

static void put_fields(struct writer *writer, const struct schema_node *node)
{
    put(writer, ",\"fields\":[");
    for (uint32_t i = 0; i < node->field_count; i++) {
        put(writer, i ? ",{\"name\":" : "{\"name\":");
        put_quoted(writer, node->fields[i].name);
        put(writer, ",\"type\":");
        put_node(writer, node->fields[i].node);
        put(writer, "}");
    }
    put(writer, "]}");
}

static void put_symbols(struct writer *writer, const struct schema_node *node)
{
    put(writer, ",\"symbols\":[");
    for (uint32_t i = 0; i < node->symbol_count; i++) {
        put(writer, i ? "," : "");
        put_quoted(writer, node->symbols[i]);
    }
    put(writer, "]}");
}

static void put_named(struct writer *writer, const struct schema_node *node)
{
    if (writer->written[node->index]) {
        put_quoted(writer, node->name);
        return;
    }
    writer->written[node->index] = true;
    put(writer, "{\"name\":");
    put_quoted(writer, node->name);
    put(writer, ",\"type\":");
    put_quoted(writer, schema_kind_name(node->kind));
    if (node->kind == SCHEMA_RECORD) {
        put_fields(writer, node);
    } else if (node->kind == SCHEMA_ENUM) {
        put_symbols(writer, node);
    } else {
        char size[32];
        int written = snprintf(size, sizeof size, ",\"size\":%u}", node->size);
        writer->out->failed |= written < 0;
        put(writer, size);
    }
}

static void put_union(struct writer *writer, const struct schema_node *node)
{
    put(writer, "[");
    for (uint32_t i = 0; i < node->branch_count; i++) {
        put(writer, i ? "," : "");
        put_node(writer, node->branches[i]);
    }
    put(writer, "]");
}

static void put_node(struct writer *writer, const struct schema_node *node)
{
    switch (node->kind) {
    case SCHEMA_RECORD:
    case SCHEMA_ENUM:
    case SCHEMA_FIXED:
        put_named(writer, node);
        return;
    case SCHEMA_UNION:
        put_union(writer, node);
        return;
    case SCHEMA_ARRAY:
    case SCHEMA_MAP:
        put(writer, "{\"type\":");
        put_quoted(writer, schema_kind_name(node->kind));
        put(writer, node->kind == SCHEMA_ARRAY ? ",\"items\":" : ",\"values\":");
        put_node(writer, node->items);
        put(writer, "}");
        return;
    case SCHEMA_NULL:
    case SCHEMA_BOOLEAN:
    case SCHEMA_INT:
    case SCHEMA_LONG:
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
    case SCHEMA_BYTES:
    case SCHEMA_STRING:
        put_quoted(writer, schema_kind_name(node->kind));
        return;
    }
}

void fingerprint_canonical_form(const struct schema *schema, struct buffer *out)
{
    struct writer writer = {.out = out, .written = calloc(schema->node_count, sizeof(bool))};
    if (!writer.written) {
        out->failed = true;
        return;
    }
    put_node(&writer, schema->root);
    free(writer.written);
}

enum status fingerprint_schema(const struct schema *schema, uint64_t *ret_fingerprint,
                               struct error *error)
{
    struct buffer form = {0};
    fingerprint_canonical_form(schema, &form);
    enum status status = OK;
    if (form.failed) {
        status = error_set(error, FATAL, "no memory for a schema's canonical form");
    } else {
        *ret_fingerprint = fingerprint_bytes(form.data, form.size);
    }
    buffer_done(&form);
    return status;
}
