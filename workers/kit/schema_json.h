/* Bytes of any schema as JSON, for people: what a program of ours does not know is shown too.
 *
 * Records are objects, maps too; an enum is its symbol; a union is the value of its branch; bytes
 * and fixed are {"base64": …}; a float that is no number is a string. The bytes are checked as
 * strictly as those that a plan reads (kit/plan.h), and the same bounds hold (kit/skip.h). */
#ifndef SHORTFALL_KIT_SCHEMA_JSON_H
#define SHORTFALL_KIT_SCHEMA_JSON_H

#include <jansson.h>

#include "core/text.h"
#include "kit/error.h"
#include "kit/schema.h"

/* *ret_json is the caller's. POISON says what is wrong with the bytes and where; FATAL without
 * memory. */
enum status schema_to_json(const struct schema *schema, struct text bytes, uint32_t depth_max,
                           json_t **ret_json, struct error *error) must_check;

#endif
