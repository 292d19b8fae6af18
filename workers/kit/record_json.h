/* Records as JSON, by the same table as their Avro: for producers, for people and for tests.
 *
 * A null of an optional field is JSON null or left out. A time is a number of milliseconds, or on
 * input also RFC 3339 ("2026-11-11T00:00:00Z"). Bytes are base64. */
#ifndef SHORTFALL_KIT_RECORD_JSON_H
#define SHORTFALL_KIT_RECORD_JSON_H

#include <jansson.h>

#include "kit/arena.h"
#include "kit/error.h"
#include "kit/record_type.h"

/* Fills `record` (type->size bytes, zeroed here first) from a JSON object. Fields left out take the
 * default of the newest schema: optional ones null, `locale` "en", numbers with a default theirs.
 * POISON names the field: "lines[2].quantity: expected a whole number, got \"two\"". An unknown
 * field is POISON and names the nearest known one. Texts are copied into the arena. */
enum status record_from_json(const struct record_type *type, const json_t *json,
                             struct arena *arena, void *record, struct error *error) must_check;

/* A new JSON object, owned by the caller; nulls are left out. NULL when there is no memory. */
json_t *record_to_json(const struct record_type *type, const void *record);

#endif
