/* Avro in and out of C structs, at the speed of hand-written code.
 *
 * Idea: schemas are read once and compiled. For each writer's schema that turns up, a *plan* is
 * compiled that projects its bytes by name onto the reader's struct (kit/record_type.h): aliases,
 * defaults, enums by name with the enum's default, promotions, unions on either side, unknown
 * fields skipped. What cannot be resolved is refused when the plan is compiled, with both names
 * and the path. Decoding is then one run through a flat list of operations with no look-up.
 * Encoding is the same idea the other way, for the version that is set to be written.
 *
 * Framing is recognised per message: C3 01 + 8 bytes fingerprint (Avro single-object, schemas from
 * the schema folder), or 00 + 4 bytes id (Confluent, from a registry). What is written is
 * single-object, unless codec_set_write_id says otherwise.
 *
 * A codec belongs to one thread. It owns its schemas and plans until codec_free. */
#ifndef SHORTFALL_KIT_CODEC_H
#define SHORTFALL_KIT_CODEC_H

#include <stdint.h>

#include "core/text.h"
#include "kit/arena.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/record_type.h"
#include "kit/schema_store.h"

struct codec;

struct codec_limits {
    uint32_t size_max;    /* bytes of one message */
    uint32_t depth_max;   /* nesting of a writer's schema */
    uint32_t schemas_max; /* writer schemas kept */
};

#define CODEC_LIMITS_DEFAULT ((struct codec_limits){4u << 20, 32, 1000})

/* Reads every <schema_dir>/<record>/<version>.avsc. An unreadable or invalid schema is FATAL and
 * names the file. *ret_codec is owned by the caller. */
enum status codec_new(const char *schema_dir, struct codec_limits limits, struct codec **ret_codec,
                      struct error *error) must_check;
void codec_free(struct codec *codec); /* accepts NULL */

/* Gives the text of a registry's schema. RETRY if the registry is away; POISON if it knows no such
 * id, which it should remember, for it is asked again. *ret_json lives until the next call. */
typedef enum status codec_schema_source(void *context, uint32_t id, struct text *ret_json,
                                        struct error *error);

/* Where the schemas of Confluent framing come from; without a source such a message is POISON. The
 * codec calls `release` (may be NULL) with the context at its end. */
void codec_set_schema_source(struct codec *codec, codec_schema_source *source,
                             void (*release)(void *context), void *context);

/* Chooses the version that codec_encode writes for the record of a schema folder, "order-paid"
 * (default: the newest there is). FATAL if there is no such folder or version, or if this program
 * cannot write it. */
enum status codec_set_write_version(struct codec *codec, const char *folder, int version,
                                    struct error *error) must_check;

/* What is written from the folder is framed as Confluent does, with this id; it is of the version
 * that is set. */
enum status codec_set_write_id(struct codec *codec, const char *folder, uint32_t id,
                               struct error *error) must_check;

/* The text of the version that is set; data is NULL if there is no such folder. */
struct text codec_written_schema(const struct codec *codec, const char *folder);

/* All that was read from the schema folder; it lives as long as the codec. */
const struct schema_store *codec_schemas(const struct codec *codec);

/* Decodes one framed message into `record` (type->size bytes, zeroed here first). POISON with what
 * and where for anything that is not exactly one such record. RETRY if a registry is away, and if
 * the arena is full of earlier records: finish the step, reset the arena, and decode it again.
 * FATAL if there is no schema of the type, or only one that is older than this program, or a
 * registry has given more schemas than schemas_max. Texts in the record point into `message`, which
 * must outlive it, or into the codec (defaults); the rest is in the arena. */
enum status codec_decode(struct codec *codec, const struct record_type *type, struct text message,
                         struct arena *arena, void *record, struct error *error) must_check;

/* Which schema one framed message was written with, and its record without the frame; the same
 * failures as those of codec_decode. For tools that show records whose type nobody knows. */
enum status codec_unframe(struct codec *codec, struct text message,
                          const struct schema **ret_schema, struct text *ret_body,
                          struct error *error) must_check;

/* Appends the framed record; on failure `out` is as it was. POISON if a value breaks a limit of the
 * type (a text too long), RETRY if the buffer is full of earlier records. */
enum status codec_encode(struct codec *codec, const struct record_type *type, const void *record,
                         struct buffer *out, struct error *error) must_check;

/* The same by one version, whichever is set; FATAL if there is no such version. */
enum status codec_encode_as(struct codec *codec, const struct record_type *type, int version,
                            const void *record, struct buffer *out, struct error *error) must_check;

#endif
