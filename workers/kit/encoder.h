/* How one of our structs becomes the bytes of one version of its schema.
 *
 * An encoder is the plan (kit/plan.h) the other way round: compiled once for a (record type,
 * schema), a flat list of operations over a struct. A field of the schema that the struct lacks
 * gets its default; a field of ours that the schema lacks is left out, so an older version can be
 * written while its readers are still there. The same struct always gives the same bytes: arrays
 * are one block, and an optional value takes the first branch that fits it. */
#ifndef SHORTFALL_KIT_ENCODER_H
#define SHORTFALL_KIT_ENCODER_H

#include "kit/arena.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/record_type.h"
#include "kit/schema.h"

struct encoder;

/* It lives in the arena. FATAL names what the schema wants and the struct cannot give. */
enum status encoder_new(const struct record_type *type, const struct schema *schema,
                        struct arena *arena, const struct encoder **ret_encoder,
                        struct error *error) must_check;

/* Appends the record; on failure `out` is as it was. POISON names the field whose value breaks a
 * limit of the type or the schema; RETRY where the buffer is full. */
enum status encoder_run(const struct encoder *encoder, const void *record, struct buffer *out,
                        struct error *error) must_check;

#endif
