/* shortfall schema register: what the schema folder has, into a schema registry. */
#include <inttypes.h>
#include <stdio.h>

#include "core/must.h"
#include "kit/codec_open.h"
#include "kit/registry.h"
#include "shortfall/command.h"
#include "shortfall/schema_check.h"

enum { SUBJECT_SIZE = 384 };

static enum status register_version(struct registry *registry, const char *subject,
                                    const struct schema_folder *folder,
                                    const struct schema_version *version, struct error *error)
{
    uint32_t id = 0;
    enum status status = registry_add(registry, subject, version->json, &id, error);
    if (status != OK) {
        return error_prefix(error, status, "%s/%d.avsc: ", folder->name, version->number);
    }
    (void)printf("%-18s %7d  %-40s %" PRIu32 "\n", folder->name, version->number, subject, id);
    return OK;
}

/* The oldest first, so that the registry can compare as the rule says. */
static enum status register_folder(const struct call *call, struct registry *registry,
                                   const struct schema_folder *folder, struct error *error)
{
    enum topic topic = topic_by_name(text_of(folder->name));
    char subject[SUBJECT_SIZE];
    if (topic == TOPIC_NONE || topic == TOPIC_SKU_EVENT || !topic_info(topic)->type) {
        return OK; /* only Shortfall reads it */
    }
    int size = snprintf(subject, sizeof subject, "%s%s-value",
                        settings_text(call->settings, "topic.prefix"), folder->name);
    must(size > 0 && size < SUBJECT_SIZE);
    enum status status =
        registry_set_rule(registry, subject, schema_rule_name(schema_rule_of(folder->name)), error);
    for (uint32_t i = 0; status == OK && i < folder->version_count; i++) {
        status = register_version(registry, subject, folder, &folder->versions[i], error);
    }
    return status;
}

static enum status register_all(const struct call *call, struct registry *registry,
                                struct error *error)
{
    const struct schema_store *store = codec_schemas(call->codec);
    enum status status = OK;
    (void)printf("%-18s %7s  %-40s %s\n", "record", "version", "subject", "id");
    for (uint32_t i = 0; status == OK && i < store->folder_count; i++) {
        status = register_folder(call, registry, &store->folders[i], error);
    }
    return status;
}

static int run_register(struct call *call)
{
    struct error error;
    struct registry *registry = NULL;
    if (settings_require(call->settings, "schema.registry.url", &error) != OK) {
        (void)call_failed(call, FATAL, &error);
        return SETTINGS_EXIT;
    }
    enum status status = call_open_schemas(call, &error);
    if (status == OK) {
        status = codec_open_registry(call->settings, CODEC_OF_TOOL, &registry, &error);
    }
    if (status == OK) {
        status = register_all(call, registry, &error);
    }
    registry_free(registry);
    if (status == POISON) {
        (void)call_failed(call, status, &error);
        return EXIT_NOT_SO;
    }
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {{NULL, NULL, NULL}};

const struct command command_schema_register = {
    .name = "schema register",
    .arguments = "",
    .summary = "Registers all versions of what others read or write in the schema registry",
    .flags = flags,
    .offline = true,
    .run = run_register,
};
