/* A field's default, from the JSON of its schema to Avro bytes.
 *
 * As bytes a default needs no code of its own: decoding runs the field's operations over them as
 * over any writer's, and encoding copies them out. */
#ifndef SHORTFALL_KIT_SCHEMA_DEFAULT_H
#define SHORTFALL_KIT_SCHEMA_DEFAULT_H

#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/schema.h"

/* Appends the default of a field that has one. POISON where it is no value of the field's type;
 * FATAL without memory. */
enum status schema_default_write(const struct schema_field *field, struct buffer *out,
                                 struct error *error) must_check;

/* Whether every default anywhere in the schema is a value of its field: POISON names the field. */
enum status schema_default_check(const struct schema *schema, struct error *error) must_check;

#endif
