#include "shortfall/schema_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/plan.h"
#include "kit/schema_compatibility.h"
#include "kit/topics.h"

enum { DEPTH_MAX = 32, PLAN_MEMORY = 1 << 20, WORDS_SIZE = 1024 };

struct check {
    schema_problem *problem;
    void *context;
    struct schema_findings findings;
    struct arena *arena; /* of plans */
};

enum schema_rule schema_rule_of(const char *folder)
{
    enum topic topic = topic_by_name(text_of(folder));
    bool is_input = topic != TOPIC_NONE && topic_info(topic)->input;
    return is_input ? SCHEMA_BACKWARD_TRANSITIVE : SCHEMA_FULL_TRANSITIVE;
}

const char *schema_rule_name(enum schema_rule rule)
{
    return rule == SCHEMA_BACKWARD_TRANSITIVE ? "BACKWARD_TRANSITIVE" : "FULL_TRANSITIVE";
}

static void tell(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct check *check, const char *format, ...)
{
    char words[WORDS_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    must(size >= 0);
    check->problem(check->context, words);
    check->findings.problems++;
}

/* ---- Immutable ----------------------------------------------------------------------------- */

static void check_seal(struct check *check, const struct schema_folder *folder,
                       const struct schema_version *version, const struct seals *seals)
{
    struct seal now = seal_of(folder, version);
    const struct seal *then = seal_find(seals, now.name);
    if (!then) {
        check->findings.unsealed++;
        tell(check,
             "%s: it is not sealed. When it is final: shortfall schema check --seal, and commit "
             "the file `versions`",
             now.name);
    } else if (then->fingerprint != now.fingerprint) {
        tell(check,
             "%s: it was published with another meaning (fingerprint %016" PRIx64
             ", now %016" PRIx64 "). A version never changes: take the edit back and add a version",
             now.name, then->fingerprint, now.fingerprint);
    } else if (then->text_hash != now.text_hash) {
        tell(check,
             "%s: its text was published otherwise (a default, an alias, a doc or white space). A "
             "version never changes: take the edit back and add a version",
             now.name);
    }
}

static void check_sealed_are_there(struct check *check, const struct schema_store *store,
                                   const struct seals *seals)
{
    for (uint32_t i = 0; i < seals->count; i++) {
        bool found = false;
        for (uint32_t f = 0; f < store->folder_count && !found; f++) {
            for (uint32_t v = 0; v < store->folders[f].version_count && !found; v++) {
                struct seal seal = seal_of(&store->folders[f], &store->folders[f].versions[v]);
                found = strcmp(seal.name, seals->items[i].name) == 0;
            }
        }
        if (!found) {
            tell(check,
                 "%s: it was published and is gone. Records of it still lie in Kafka: "
                 "bring it back",
                 seals->items[i].name);
        }
    }
}

/* ---- Compatible ---------------------------------------------------------------------------- */

static enum status check_pair(struct check *check, const struct schema_folder *folder,
                              const struct schema_version *older,
                              const struct schema_version *newer, struct error *error)
{
    const char *name = folder->name;
    enum status status = schema_can_read(newer->schema, older->schema, error);
    if (status == POISON) {
        tell(check, "%s/%d.avsc cannot read what %s/%d.avsc wrote: %s", name, newer->number, name,
             older->number, error->text);
    }
    if (status != FATAL && schema_rule_of(name) == SCHEMA_FULL_TRANSITIVE) {
        status = schema_can_read(older->schema, newer->schema, error);
        if (status == POISON) {
            tell(check, "%s/%d.avsc cannot read what %s/%d.avsc wrote: %s", name, older->number,
                 name, newer->number, error->text);
        }
    }
    if (status != FATAL) {
        status = schema_keeps_names(older->schema, newer->schema, error);
        if (status == POISON) {
            tell(check, "%s/%d.avsc: %s", name, newer->number, error->text);
        }
    }
    return status == FATAL ? FATAL : OK;
}

/* What the programs know must be what the newest version has, or they would not start. */
static enum status check_program(struct check *check, const struct schema_folder *folder,
                                 struct error *error)
{
    const struct record_type *type = record_type_of_folder(folder->name);
    const struct schema *newest = folder->versions[folder->version_count - 1].schema;
    enum status status = OK;
    for (uint32_t i = 0; type && i < folder->version_count; i++) {
        const struct plan *plan;
        arena_reset(check->arena);
        status = plan_new(type, newest, folder->versions[i].schema, DEPTH_MAX, check->arena, &plan,
                          error);
        if (status != OK) {
            tell(check, "%s/%d.avsc: this program cannot read it: %s", folder->name,
                 folder->versions[i].number, error->text);
        }
    }
    return OK;
}

static enum status check_folder(struct check *check, const struct schema_folder *folder,
                                const struct seals *seals, struct error *error)
{
    enum status status = check_program(check, folder, error);
    for (uint32_t i = 0; status == OK && i < folder->version_count; i++) {
        const struct schema_version *version = &folder->versions[i];
        check_seal(check, folder, version, seals);
        if (version->number != (int)i + 1) {
            tell(check, "%s/%d.avsc: version %u is missing before it", folder->name,
                 version->number, i + 1);
        }
        status = schema_can_evolve(version->schema, error);
        if (status == POISON) {
            tell(check, "%s/%d.avsc: %s", folder->name, version->number, error->text);
            status = OK;
        }
        for (uint32_t older = 0; status == OK && older < i; older++) {
            status = check_pair(check, folder, &folder->versions[older], version, error);
        }
    }
    return status;
}

enum status schema_check(const struct schema_store *store, const struct seals *seals,
                         schema_problem *problem, void *context,
                         struct schema_findings *ret_findings, struct error *error)
{
    struct check check = {.problem = problem, .context = context, .arena = arena_new(PLAN_MEMORY)};
    enum status status = check.arena ? OK : error_set(error, FATAL, "out of memory");
    for (uint32_t i = 0; status == OK && i < store->folder_count; i++) {
        status = check_folder(&check, &store->folders[i], seals, error);
    }
    if (status == OK) {
        check_sealed_are_there(&check, store, seals);
        *ret_findings = check.findings;
    }
    arena_free(check.arena);
    return status;
}
