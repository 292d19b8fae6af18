/* Whether the versions of a schema folder may be published beside one another. */
#ifndef SHORTFALL_SHORTFALL_SCHEMA_CHECK_H
#define SHORTFALL_SHORTFALL_SCHEMA_CHECK_H

#include "kit/schema_store.h"
#include "shortfall/schema_seal.h"

enum schema_rule {
    SCHEMA_BACKWARD_TRANSITIVE, /* an input: we read whatever shops wrote by any version */
    SCHEMA_FULL_TRANSITIVE,     /* an event, or a worker's own record: and the older read it too */
};

enum schema_rule schema_rule_of(const char *folder);
const char *schema_rule_name(enum schema_rule rule); /* as a registry calls it */

/* Is told each thing that is wrong, in one line of words. */
typedef void schema_problem(void *context, const char *words);

struct schema_findings {
    uint32_t problems; /* all of them */
    uint32_t unsealed; /* those that are only a version without a seal */
};

/* FATAL without memory. */
enum status schema_check(const struct schema_store *store, const struct seals *seals,
                         schema_problem *problem, void *context,
                         struct schema_findings *ret_findings, struct error *error) must_check;

#endif
