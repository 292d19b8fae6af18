#include "kit/codec_open.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/write_version.h"

enum {
    WORKER_WAIT_MS = 30, /* a registry that is near answers in less */
    SUBJECT_SIZE = 384,
};

static enum status fetch(void *context, uint32_t id, struct text *ret_json, struct error *error)
{
    return registry_schema(context, id, ret_json, error);
}

static void release(void *context)
{
    registry_free(context);
}

enum status codec_open_registry(const struct settings *settings, enum codec_patience patience,
                                struct registry **ret_registry, struct error *error)
{
    long timeout_ms = (long)settings_number(settings, "schema.registry.timeout.ms");
    struct registry_options options = {
        .url = settings_text(settings, "schema.registry.url"),
        .username = settings_text(settings, "schema.registry.username"),
        .password_file = settings_text(settings, "schema.registry.password_file"),
        .ca_file = settings_text(settings, "schema.registry.ca.file"),
        .certificate_file = settings_text(settings, "schema.registry.certificate.file"),
        .key_file = settings_text(settings, "schema.registry.key.file"),
        .timeout_ms = timeout_ms,
        .wait_ms = patience == CODEC_OF_TOOL ? (int)timeout_ms : WORKER_WAIT_MS,
    };
    return registry_new(&options, ret_registry, error);
}

static bool is_confluent(const struct settings *settings)
{
    return strcmp(settings_text(settings, "write.framing"), "confluent") == 0;
}

enum status codec_open(const struct settings *settings, enum codec_patience patience,
                       struct codec **ret_codec, struct error *error)
{
    struct codec *codec = NULL;
    bool has_registry = *settings_text(settings, "schema.registry.url") != '\0';
    if (is_confluent(settings) && !has_registry) {
        return error_set(error, POISON, "write.framing = confluent needs schema.registry.url");
    }
    enum status status =
        codec_new(settings_text(settings, "schema.dir"), CODEC_LIMITS_DEFAULT, &codec, error);
    if (status == OK) {
        status = write_version_apply(codec, settings_text(settings, "write.version"), error);
    }
    if (status == OK && has_registry) {
        struct registry *registry = NULL;
        status = codec_open_registry(settings, patience, &registry, error);
        if (status == OK) {
            codec_set_schema_source(codec, fetch, release, registry);
        }
    }
    if (status == OK) {
        *ret_codec = codec;
    } else {
        codec_free(codec);
    }
    return status;
}

/* ---- ids of what is written ------------------------------------------------------------------ */

static enum status frame_topic(struct codec *codec, const struct settings *settings,
                               struct registry *registry, enum topic topic, struct error *error)
{
    const struct topic_info *info = topic_info(topic);
    char subject[SUBJECT_SIZE];
    uint32_t id = 0;
    struct text json = codec_written_schema(codec, info->type->folder);
    if (!text_is_set(json)) {
        return error_set(error, POISON, "there is no schema of %s", info->name);
    }
    int size = snprintf(subject, sizeof subject, "%s%s-value",
                        settings_text(settings, "topic.prefix"), info->name);
    must(size > 0 && size < SUBJECT_SIZE);
    enum status status = registry_find(registry, subject, json, &id, error);
    if (status == OK) {
        return codec_set_write_id(codec, info->type->folder, id, error);
    }
    return status == POISON
               ? error_set(error, POISON,
                           "the version of %s that is written is not registered as %s: call "
                           "`shortfall schema register` first",
                           info->name, subject)
               : status;
}

/* What only Shortfall reads has schemas in nobody's registry. */
static bool is_public(enum topic topic)
{
    return topic_info(topic)->type && topic != TOPIC_SKU_EVENT;
}

enum status codec_frame_topics(struct codec *codec, const struct settings *settings,
                               const enum topic *topics, uint32_t count, struct error *error)
{
    if (!is_confluent(settings)) {
        return OK;
    }
    struct registry *registry = NULL;
    enum status status = codec_open_registry(settings, CODEC_OF_TOOL, &registry, error);
    for (uint32_t i = 0; status == OK && i < count; i++) {
        if (is_public(topics[i])) {
            status = frame_topic(codec, settings, registry, topics[i], error);
        }
    }
    registry_free(registry);
    return status;
}
