/* shortfall schema check, list: the schemas as files say them. Needs no Kafka. */
#include <inttypes.h>
#include <stdio.h>

#include "shortfall/command.h"
#include "shortfall/schema_check.h"
#include "shortfall/schema_seal.h"

static const char *folder_of(const struct call *call)
{
    return settings_text(call->settings, "schema.dir");
}

/* ---- check --------------------------------------------------------------------------------- */

static void print_problem(void *context, const char *words)
{
    (void)context;
    (void)printf("%s\n", words);
}

static enum status add_seals(const struct call *call, const struct schema_store *store,
                             const struct seals *seals, struct error *error)
{
    uint32_t added = 0;
    enum status status = seals_add(folder_of(call), store, seals, &added, error);
    if (status == OK) {
        (void)printf("%" PRIu32 " versions sealed\n", added);
    }
    return status;
}

static void print_nothing(void *context, const char *words)
{
    (void)context;
    (void)words;
}

/* With --seal a version that is right in all else gets its seal; nothing that is broken does. */
static enum status check(const struct call *call, const struct schema_store *store,
                         struct schema_findings *ret_findings, struct error *error)
{
    struct seals seals = {0};
    enum status status = seals_read(folder_of(call), &seals, error);
    if (status == OK && call_flag(call, "seal")) {
        status = schema_check(store, &seals, print_nothing, NULL, ret_findings, error);
        if (status == OK && ret_findings->problems == ret_findings->unsealed) {
            *ret_findings = (struct schema_findings){0};
            status = add_seals(call, store, &seals, error);
            seals_done(&seals);
            return status;
        }
    }
    if (status == OK) {
        status = schema_check(store, &seals, print_problem, NULL, ret_findings, error);
    }
    seals_done(&seals);
    return status;
}

static int run_check(struct call *call)
{
    struct error error;
    struct schema_findings findings = {0};
    if (call_open_schemas(call, &error) != OK) {
        (void)call_failed(call, FATAL, &error);
        return EXIT_NOT_SO; /* a schema that cannot be read is what was asked about */
    }
    const struct schema_store *store = codec_schemas(call->codec);
    enum status status = check(call, store, &findings, &error);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    if (findings.problems > 0) {
        (void)printf("%" PRIu32 " problems\n", findings.problems);
        return EXIT_NOT_SO;
    }
    (void)printf("%" PRIu32 " records in %" PRIu32 " versions: all are compatible and as they were "
                 "published\n",
                 store->folder_count, store->version_count);
    return EXIT_DONE;
}

/* ---- list ---------------------------------------------------------------------------------- */

static int run_list(struct call *call)
{
    struct error error;
    enum status status = call_open_schemas(call, &error);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    const struct schema_store *store = codec_schemas(call->codec);
    (void)printf("%-18s %7s  %-16s  %-19s  %s\n", "record", "version", "fingerprint", "rule",
                 "name");
    for (uint32_t i = 0; i < store->folder_count; i++) {
        const struct schema_folder *folder = &store->folders[i];
        for (uint32_t v = 0; v < folder->version_count; v++) {
            const struct schema_version *version = &folder->versions[v];
            (void)printf("%-18s %7d  %016" PRIx64 "  %-19s  %s\n", folder->name, version->number,
                         version->fingerprint, schema_rule_name(schema_rule_of(folder->name)),
                         schema_node_name(version->schema->root));
        }
    }
    return EXIT_DONE;
}

/* ---- the table's entries ------------------------------------------------------------------- */

static const struct settings_flag check_flags[] = {
    {"seal", NULL,
     "First record what the versions that are new are; from then on they never change."},
    {NULL, NULL, NULL},
};
static const struct settings_flag no_flags[] = {{NULL, NULL, NULL}};

const struct command command_schema_check = {
    .name = "schema check",
    .arguments = "",
    .summary = "Says which schemas are not compatible, or not as published; exit 1 if any",
    .flags = check_flags,
    .offline = true,
    .run = run_check,
};
const struct command command_schema_list = {
    .name = "schema list",
    .arguments = "",
    .summary = "Shows all versions of all records, with their fingerprints",
    .flags = no_flags,
    .offline = true,
    .run = run_list,
};
