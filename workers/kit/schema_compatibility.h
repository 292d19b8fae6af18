/* Whether one schema's data can be read by another: the rules of Avro's resolution, and ours.
 *
 * What is checked once here, before a version is published, can't go wrong later in a worker. The
 * rules are those of the specification (fields by name and alias or a default, symbols or the
 * enum's default, promotions, unions), and stricter in what it leaves open: a time keeps its unit.
 *
 *   BACKWARD   the newer version reads what the older one wrote: what inputs need
 *   FORWARD    the older version reads what the newer one wrote
 *   FULL       both: what events need that others read */
#ifndef SHORTFALL_KIT_SCHEMA_COMPATIBILITY_H
#define SHORTFALL_KIT_SCHEMA_COMPATIBILITY_H

#include "kit/error.h"
#include "kit/schema.h"

/* POISON says what `reader` cannot read of `writer`, where, and names both sides; FATAL without
 * memory. */
enum status schema_can_read(const struct schema *reader, const struct schema *writer,
                            struct error *error) must_check;

/* Whether what people have written programs against is still there: each enum that both have begins
 * with the same symbols in `newer`, so that readers that go by the number stay right, and each
 * record has all its fields. POISON names the first that moved or is gone. */
enum status schema_keeps_names(const struct schema *older, const struct schema *newer,
                               struct error *error) must_check;

/* Whether it is made so that later versions stay compatible: each enum has a default symbol, and
 * null comes first in a union that has it. POISON names what is not. */
enum status schema_can_evolve(const struct schema *schema, struct error *error) must_check;

#endif
