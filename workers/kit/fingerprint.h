/* The identity of a schema on the wire: CRC-64-AVRO over its Parsing Canonical Form.
 *
 * The canonical form is what matters for reading bytes: full names, fields in order, symbols,
 * items, values, sizes; no docs, defaults, aliases or logical types, no white space. So two texts
 * with one fingerprint read the same bytes. Both are the rules of the Avro specification. */
#ifndef SHORTFALL_KIT_FINGERPRINT_H
#define SHORTFALL_KIT_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/schema.h"

uint64_t fingerprint_bytes(const void *bytes, size_t size);

/* Appends the canonical form; see out->failed. */
void fingerprint_canonical_form(const struct schema *schema, struct buffer *out);

/* FATAL without memory. */
enum status fingerprint_schema(const struct schema *schema, uint64_t *ret_fingerprint,
                               struct error *error) must_check;

#endif
