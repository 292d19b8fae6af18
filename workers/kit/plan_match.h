/* Which thing of ours stands for which thing of a schema: fields, types and symbols by name. */
#ifndef SHORTFALL_KIT_PLAN_MATCH_H
#define SHORTFALL_KIT_PLAN_MATCH_H

#include "kit/record_type.h"
#include "kit/schema.h"

/* The field of ours that takes the writer's field `name`, or NULL. A name goes before an alias of
 * the reader's schema, and of several aliases the first that the writer has. */
const struct field_type *match_field(const struct record_type *type,
                                     const struct schema_node *reader,
                                     const struct schema_node *writer, const char *name);

/* The node itself, or the branch of a union, that the field can stand for; NULL if there is none.
 */
const struct schema_node *match_branch(const struct schema_node *node,
                                       const struct field_type *field);

/* The C value of a symbol, or -1. */
int32_t match_symbol(const struct field_type *field, const char *symbol);

#endif
