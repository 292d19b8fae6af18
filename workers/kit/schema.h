/* An Avro schema, compiled from its JSON into a tree of nodes.
 *
 * The parser of avro-c drops what evolution needs (defaults, aliases, the enum's default symbol),
 * so the tree is ours; avro-c reads every schema too, and what either refuses is refused. Names are
 * resolved: a reference to a named type is a pointer to its node, so a recursive type is a cycle.
 * The tree is never deeper than `depth_max` along the JSON, and everything in it lives in the arena
 * that it was parsed into. */
#ifndef SHORTFALL_KIT_SCHEMA_H
#define SHORTFALL_KIT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/arena.h"
#include "kit/error.h"

enum schema_kind {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INT,
    SCHEMA_LONG,
    SCHEMA_FLOAT,
    SCHEMA_DOUBLE,
    SCHEMA_BYTES,
    SCHEMA_STRING,
    SCHEMA_RECORD,
    SCHEMA_ENUM,
    SCHEMA_ARRAY,
    SCHEMA_MAP,
    SCHEMA_UNION,
    SCHEMA_FIXED,
};

struct schema_node;

struct schema_field {
    const char *name;
    const char *const *aliases; /* NULL at the end */
    const struct schema_node *node;
    struct text default_json; /* not set where there is none; "null" is a default */
};

struct schema_node {
    enum schema_kind kind;
    uint32_t index;                            /* of its schema's nodes, in the order of the text */
    uint32_t value_min;                        /* no value of it takes fewer bytes */
    const char *name;                          /* RECORD, ENUM, FIXED: the full name */
    const char *const *aliases;                /* of these: full names, NULL at the end */
    const char *logical_type;                  /* NULL where there is none */
    const struct schema_node *items;           /* ARRAY, MAP: of the values */
    const struct schema_node *const *branches; /* UNION */
    uint32_t branch_count;
    const struct schema_field *fields; /* RECORD */
    uint32_t field_count;
    const char *const *symbols; /* ENUM */
    uint32_t symbol_count;
    int32_t default_symbol; /* ENUM: -1 where there is none */
    uint32_t size;          /* FIXED: bytes */
};

struct schema {
    const struct schema_node *root;
    uint32_t node_count;
};

/* POISON with what and where for a text that is no valid schema, FATAL without memory. */
enum status schema_parse(struct text json, uint32_t depth_max, struct arena *arena,
                         const struct schema **ret_schema, struct error *error) must_check;

/* "long", "record" and so on. */
const char *schema_kind_name(enum schema_kind kind);

/* What a person calls a node: a named type's full name, else the kind's name. */
const char *schema_node_name(const struct schema_node *node);

/* The last part of a full name: "OrderPaid" of "shortfall.OrderPaid". */
const char *schema_short_name(const char *name);

/* NULL if the record has no such field. */
const struct schema_field *schema_field_find(const struct schema_node *record, const char *name);

/* Whether data written as `writer` may be read as the named type `reader`: the same name but for
 * the namespace, or one of the reader's aliases. */
bool schema_name_matches(const struct schema_node *reader, const struct schema_node *writer);

#endif
