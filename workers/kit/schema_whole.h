/* One schema out of several that refer to each other by name, as a registry keeps them.
 *
 * A shop may register a type once ("shop.Address") and refer to it from many schemas. What decodes
 * needs it in its place: the definition where the name first stands, the bare name behind that. The
 * names are full ones in the result, so that a definition means the same in its new place. */
#ifndef SHORTFALL_KIT_SCHEMA_WHOLE_H
#define SHORTFALL_KIT_SCHEMA_WHOLE_H

#include <stdint.h>

#include "core/text.h"
#include "kit/error.h"

/* `parts` are the texts that `root` refers to, and those that they refer to, in any order. A name
 * that nobody defines stays: the schema's parser says so. *ret_json is the caller's, to free.
 * POISON: a text is no JSON, two parts define a name differently, or they are nested too deep. */
enum status schema_whole(struct text root, const struct text *parts, uint32_t part_count,
                         char **ret_json, struct error *error) must_check;

#endif
