#include "kit/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/encoder.h"
#include "kit/fingerprint.h"
#include "kit/plan.h"
#include "kit/schema.h"
#include "kit/schema_store.h"

enum {
    SINGLE_OBJECT_SIZE = 10, /* C3 01 and the fingerprint, the lowest byte first */
    CONFLUENT_SIZE = 5,      /* 00 and the id, the highest byte first */
    TYPES_MAX = 64,          /* record types of this program; a power of two */
    MEMORY_AT_LEAST = 4 << 20,
    MEMORY_PER_SCHEMA = 64 << 10, /* for the tree and its plans, on average */
};

/* What became of one writer's schema for one of our types. */
struct plan_entry {
    const struct record_type *type;
    const struct plan *plan; /* NULL: it cannot be read, and `refusal` says why */
    const char *refusal;
    struct plan_entry *next;
};

/* A writer's schema, found by what a message says of it. */
struct writer {
    uint64_t key; /* the fingerprint, or the registry's id */
    bool used;
    const struct schema *schema; /* NULL: the registry's text is no schema, see `refusal` */
    const char *refusal;
    struct plan_entry *plans;
};

/* Open addressing; twice as large as it may ever be full. */
struct writer_table {
    struct writer *writers;
    uint64_t mask;
};

/* One of our types, with what is written for it. */
struct record_slot {
    const struct record_type *type; /* NULL: an empty place */
    const struct schema_folder *folder;
    const struct encoder **encoders; /* by version of the folder; NULL: not needed yet */
};

/* What is written from a folder, and how. */
struct written {
    const struct schema_version *version;
    bool is_confluent;
    uint32_t id; /* the registry's */
};

struct codec {
    struct codec_limits limits;
    struct arena *memory; /* of schemas, plans and encoders */
    struct schema_store store;
    struct written *written; /* by folder of the store */
    uint32_t writer_count;   /* in both tables */
    struct writer_table by_fingerprint;
    struct writer_table by_id;
    struct record_slot slots[TYPES_MAX];
    uint32_t slot_count;
    codec_schema_source *source; /* NULL: no registry */
    void (*release_source)(void *context);
    void *source_context;
};

/* ---- Tables ------------------------------------------------------------------------------ */

static enum status no_memory(struct error *error)
{
    return error_set(error, FATAL, "no room for another schema");
}

/* The place of a key, or the empty place where it belongs. */
static struct writer *writer_place(const struct writer_table *table, uint64_t key)
{
    uint64_t at = (key ^ key >> 32) & table->mask;
    while (table->writers[at].used && table->writers[at].key != key) {
        at = (at + 1) & table->mask;
    }
    return &table->writers[at];
}

static enum status writer_add(struct codec *codec, struct writer *place, uint64_t key,
                              const struct schema *schema, struct error *error)
{
    if (codec->writer_count >= codec->limits.schemas_max) {
        return error_set(error, FATAL, "more than %u writer schemas", codec->limits.schemas_max);
    }
    codec->writer_count++;
    *place = (struct writer){.key = key, .used = true, .schema = schema};
    return OK;
}

/* The slot of a type, made at its first use. */
static enum status slot_of(struct codec *codec, const struct record_type *type,
                           struct record_slot **ret_slot, struct error *error)
{
    must(type->folder); /* a nested record has no topic */
    uintptr_t at = ((uintptr_t)type >> 4) % TYPES_MAX;
    while (codec->slots[at].type && codec->slots[at].type != type) {
        at = (at + 1) % TYPES_MAX;
    }
    struct record_slot *slot = &codec->slots[at];
    *ret_slot = slot;
    if (slot->type) {
        return OK;
    }
    const struct schema_folder *folder = schema_store_find(&codec->store, type->folder);
    if (!folder) {
        return error_set(error, FATAL, "there is no schema of '%s': no %s/<version>.avsc",
                         type->name, type->folder);
    }
    const struct encoder **encoders =
        arena_take(codec->memory, folder->version_count * sizeof *encoders);
    if (!encoders) {
        return no_memory(error);
    }
    codec->slot_count++;
    must(codec->slot_count < TYPES_MAX);
    *slot = (struct record_slot){.type = type, .folder = folder, .encoders = encoders};
    return OK;
}

/* ---- Reading ----------------------------------------------------------------------------- */

/* Compiles the plan, or remembers that there is none. */
static enum status plan_add(struct codec *codec, struct writer *writer,
                            const struct record_type *type, struct plan_entry **ret_entry,
                            struct error *error)
{
    struct record_slot *slot;
    enum status status = slot_of(codec, type, &slot, error);
    if (status != OK) {
        return status;
    }
    struct plan_entry *entry = arena_take(codec->memory, sizeof *entry);
    if (!entry) {
        return no_memory(error);
    }
    const struct schema_folder *folder = slot->folder;
    const struct schema *reader = folder->versions[folder->version_count - 1].schema;
    status = plan_new(type, reader, writer->schema, codec->limits.depth_max, codec->memory,
                      &entry->plan, error);
    if (status == POISON) {
        entry->refusal = arena_text(codec->memory, text_of(error->text)).data;
        status = entry->refusal ? OK : no_memory(error);
    }
    if (status == OK) {
        entry->type = type;
        entry->next = writer->plans;
        writer->plans = entry;
        *ret_entry = entry;
    }
    return status;
}

static enum status plan_of(struct codec *codec, struct writer *writer,
                           const struct record_type *type, const struct plan **ret_plan,
                           struct error *error)
{
    struct plan_entry *entry = writer->plans;
    while (entry && entry->type != type) {
        entry = entry->next;
    }
    if (!entry) {
        enum status status = plan_add(codec, writer, type, &entry, error);
        if (status != OK) {
            return status;
        }
    }
    must(entry);
    if (!entry->plan) {
        return error_set(error, POISON, "%s", entry->refusal);
    }
    *ret_plan = entry->plan;
    return OK;
}

static enum status writer_of_fingerprint(struct codec *codec, const uint8_t *bytes,
                                         struct writer **ret_writer, struct error *error)
{
    uint64_t fingerprint = 0;
    for (int i = 7; i >= 0; i--) {
        fingerprint = fingerprint << 8 | bytes[i];
    }
    *ret_writer = writer_place(&codec->by_fingerprint, fingerprint);
    if (!(*ret_writer)->used) {
        return error_set(error, POISON, "no known schema has the fingerprint %016" PRIx64,
                         fingerprint);
    }
    return OK;
}

/* Asks the registry for an id that was never seen. What is no schema is remembered as such. */
static enum status writer_fetch(struct codec *codec, uint32_t id, struct writer *place,
                                struct error *error)
{
    if (!codec->source) {
        return error_set(error, POISON, "Confluent framing needs schema.registry.url");
    }
    struct text json = {0};
    const struct schema *schema = NULL;
    enum status status = codec->source(codec->source_context, id, &json, error);
    if (status != OK) {
        return status;
    }
    status = schema_parse(json, codec->limits.depth_max, codec->memory, &schema, error);
    if (status != OK && status != POISON) {
        return status;
    }
    const char *refusal = NULL;
    if (status == POISON) {
        refusal = arena_text(codec->memory, text_of(error->text)).data;
        if (!refusal) {
            return no_memory(error);
        }
    }
    status = writer_add(codec, place, id, schema, error);
    place->refusal = refusal;
    return status;
}

static enum status writer_of_id(struct codec *codec, const uint8_t *bytes,
                                struct writer **ret_writer, struct error *error)
{
    uint32_t id =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    struct writer *writer = writer_place(&codec->by_id, id);
    if (!writer->used) {
        enum status status = writer_fetch(codec, id, writer, error);
        if (status != OK) {
            return status;
        }
    }
    if (!writer->schema) {
        return error_set(error, POISON, "the registry's schema %u: %s", id, writer->refusal);
    }
    *ret_writer = writer;
    return OK;
}

/* Which schema a message was written with, and where its record begins. */
static enum status unframe(struct codec *codec, struct text message, struct writer **ret_writer,
                           struct text *ret_body, struct error *error)
{
    const uint8_t *bytes = (const uint8_t *)message.data;
    uint32_t size = message.size;
    if (size > codec->limits.size_max) {
        return error_set(error, POISON, "%u bytes, more than %u", size, codec->limits.size_max);
    }
    if (size >= SINGLE_OBJECT_SIZE && bytes[0] == 0xC3 && bytes[1] == 0x01) {
        *ret_body = (struct text){message.data + SINGLE_OBJECT_SIZE, size - SINGLE_OBJECT_SIZE};
        return writer_of_fingerprint(codec, bytes + 2, ret_writer, error);
    }
    if (size >= CONFLUENT_SIZE && bytes[0] == 0x00) {
        *ret_body = (struct text){message.data + CONFLUENT_SIZE, size - CONFLUENT_SIZE};
        return writer_of_id(codec, bytes + 1, ret_writer, error);
    }
    return error_set(error, POISON,
                     "%u bytes that begin neither as Avro single-object (C3 01 and a fingerprint) "
                     "nor as Confluent framing (00 and an id)",
                     size);
}

enum status codec_decode(struct codec *codec, const struct record_type *type, struct text message,
                         struct arena *arena, void *record, struct error *error)
{
    struct writer *writer = NULL;
    struct text body = {0};
    const struct plan *plan = NULL;
    enum status status = unframe(codec, message, &writer, &body, error);
    if (status == OK) {
        must(writer);
        status = plan_of(codec, writer, type, &plan, error);
    }
    if (status != OK) {
        memset(record, 0, type->size);
        return status;
    }
    must(plan);
    return plan_run(plan, body, arena, record, error);
}

enum status codec_unframe(struct codec *codec, struct text message,
                          const struct schema **ret_schema, struct text *ret_body,
                          struct error *error)
{
    struct writer *writer = NULL;
    enum status status = unframe(codec, message, &writer, ret_body, error);
    if (status == OK) {
        must(writer);
        *ret_schema = writer->schema;
    }
    return status;
}

/* ---- Writing ----------------------------------------------------------------------------- */

static enum status encoder_of(struct codec *codec, struct record_slot *slot,
                              const struct schema_version *version,
                              const struct encoder **ret_encoder, struct error *error)
{
    const struct encoder **encoder = &slot->encoders[version - slot->folder->versions];
    enum status status = OK;
    if (!*encoder) {
        status = encoder_new(slot->type, version->schema, codec->memory, encoder, error);
    }
    if (status != OK) {
        return error_prefix(error, status, "%s/%d.avsc: ", slot->folder->name, version->number);
    }
    *ret_encoder = *encoder;
    return OK;
}

static enum status choose_version(struct codec *codec, const struct schema_folder *folder,
                                  const struct schema_version *version, struct error *error)
{
    const struct record_type *type = record_type_of_folder(folder->name);
    codec->written[folder - codec->store.folders] = (struct written){.version = version};
    if (!type) {
        return OK; /* a worker's own record, whose type only it knows */
    }
    struct record_slot *slot;
    const struct encoder *encoder;
    enum status status = slot_of(codec, type, &slot, error);
    return status == OK ? encoder_of(codec, slot, version, &encoder, error) : status;
}

static const struct schema_version *version_of(const struct schema_folder *folder, int number)
{
    for (uint32_t i = 0; i < folder->version_count; i++) {
        if (folder->versions[i].number == number) {
            return &folder->versions[i];
        }
    }
    return NULL;
}

enum status codec_set_write_version(struct codec *codec, const char *folder_name, int version,
                                    struct error *error)
{
    const struct schema_folder *folder = schema_store_find(&codec->store, folder_name);
    if (!folder) {
        return error_set(error, FATAL, "there is no %s/<version>.avsc", folder_name);
    }
    const struct schema_version *chosen = version_of(folder, version);
    return chosen ? choose_version(codec, folder, chosen, error)
                  : error_set(error, FATAL, "there is no %s/%d.avsc to write by", folder->name,
                              version);
}

static struct written *written_of(const struct codec *codec, const char *folder_name)
{
    const struct schema_folder *folder = schema_store_find(&codec->store, folder_name);
    return folder ? &codec->written[folder - codec->store.folders] : NULL;
}

enum status codec_set_write_id(struct codec *codec, const char *folder, uint32_t id,
                               struct error *error)
{
    struct written *written = written_of(codec, folder);
    if (!written) {
        return error_set(error, FATAL, "there is no %s/<version>.avsc", folder);
    }
    written->is_confluent = true;
    written->id = id;
    return OK;
}

struct text codec_written_schema(const struct codec *codec, const char *folder)
{
    const struct written *written = written_of(codec, folder);
    return written ? written->version->json : (struct text){0};
}

const struct schema_store *codec_schemas(const struct codec *codec)
{
    return &codec->store;
}

static void append_frame(const struct written *how, struct buffer *out)
{
    if (how->is_confluent) {
        uint32_t id = how->id;
        const uint8_t frame[CONFLUENT_SIZE] = {0, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                               (uint8_t)(id >> 8), (uint8_t)id};
        buffer_append(out, frame, sizeof frame);
        return;
    }
    uint8_t frame[SINGLE_OBJECT_SIZE] = {0xC3, 0x01};
    for (int i = 0; i < 8; i++) {
        frame[2 + i] = (uint8_t)(how->version->fingerprint >> 8 * i);
    }
    buffer_append(out, frame, sizeof frame);
}

static enum status encode(struct codec *codec, struct record_slot *slot, const struct written *how,
                          const void *record, struct buffer *out, struct error *error)
{
    const struct encoder *encoder = NULL;
    enum status status = encoder_of(codec, slot, how->version, &encoder, error);
    if (status != OK) {
        return status;
    }
    size_t start = out->size;
    bool had_failed = out->failed;
    append_frame(how, out);
    status = encoder_run(encoder, record, out, error);
    if (status == OK && out->size - start > codec->limits.size_max) {
        status = error_set(error, POISON, "%s: %zu bytes, more than %u", slot->type->name,
                           out->size - start, codec->limits.size_max);
    }
    if (status != OK) {
        out->size = start;
        out->failed = had_failed;
    }
    return status;
}

enum status codec_encode(struct codec *codec, const struct record_type *type, const void *record,
                         struct buffer *out, struct error *error)
{
    struct record_slot *slot;
    enum status status = slot_of(codec, type, &slot, error);
    return status == OK ? encode(codec, slot, &codec->written[slot->folder - codec->store.folders],
                                 record, out, error)
                        : status;
}

enum status codec_encode_as(struct codec *codec, const struct record_type *type, int version,
                            const void *record, struct buffer *out, struct error *error)
{
    struct record_slot *slot;
    enum status status = slot_of(codec, type, &slot, error);
    if (status != OK) {
        return status;
    }
    const struct schema_version *chosen = version_of(slot->folder, version);
    const struct written how = {.version = chosen};
    return chosen ? encode(codec, slot, &how, record, out, error)
                  : error_set(error, FATAL, "there is no %s/%d.avsc to write by",
                              slot->folder->name, version);
}

/* ---- The codec --------------------------------------------------------------------------- */

static enum status tables_fill(struct codec *codec, struct error *error)
{
    uint64_t capacity = 2;
    while (capacity < 2 * (uint64_t)codec->limits.schemas_max) {
        capacity *= 2;
    }
    struct writer_table *tables[] = {&codec->by_fingerprint, &codec->by_id};
    for (size_t i = 0; i < 2; i++) {
        tables[i]->writers = calloc(capacity, sizeof *tables[i]->writers);
        tables[i]->mask = capacity - 1;
        if (!tables[i]->writers) {
            return no_memory(error);
        }
    }
    enum status status = OK;
    codec->written = calloc((size_t)codec->store.folder_count + 1, sizeof *codec->written);
    if (!codec->written) {
        return no_memory(error);
    }
    for (uint32_t i = 0; i < codec->store.folder_count; i++) {
        const struct schema_folder *folder = &codec->store.folders[i];
        codec->written[i].version = &folder->versions[folder->version_count - 1];
        for (uint32_t v = 0; status == OK && v < folder->version_count; v++) {
            const struct schema_version *version = &folder->versions[v];
            struct writer *place = writer_place(&codec->by_fingerprint, version->fingerprint);
            if (!place->used) {
                status = writer_add(codec, place, version->fingerprint, version->schema, error);
            }
        }
    }
    return status;
}

enum status codec_new(const char *schema_dir, struct codec_limits limits, struct codec **ret_codec,
                      struct error *error)
{
    struct codec *codec = calloc(1, sizeof *codec);
    if (!codec) {
        return no_memory(error);
    }
    codec->limits = limits;
    codec->memory = arena_new(MEMORY_AT_LEAST + (size_t)limits.schemas_max * MEMORY_PER_SCHEMA);
    enum status status = codec->memory ? OK : no_memory(error);
    if (status == OK) {
        status = schema_store_read(schema_dir, limits.depth_max, limits.schemas_max, codec->memory,
                                   &codec->store, error);
    }
    if (status == OK) {
        status = tables_fill(codec, error);
    }
    if (status == OK) {
        *ret_codec = codec;
    } else {
        codec_free(codec);
    }
    return status;
}

void codec_set_schema_source(struct codec *codec, codec_schema_source *source,
                             void (*release)(void *context), void *context)
{
    codec->source = source;
    codec->release_source = release;
    codec->source_context = context;
}

void codec_free(struct codec *codec)
{
    if (!codec) {
        return;
    }
    if (codec->release_source) {
        codec->release_source(codec->source_context);
    }
    free(codec->by_fingerprint.writers);
    free(codec->by_id.writers);
    free(codec->written);
    arena_free(codec->memory);
    free(codec);
}
