/* Every version of every record's schema, as they lie in a folder: <record>/<version>.avsc.
 *
 * Versions are whole numbers from 1 up and never change once they are published. Everything is in
 * the arena that it was read into. */
#ifndef SHORTFALL_KIT_SCHEMA_STORE_H
#define SHORTFALL_KIT_SCHEMA_STORE_H

#include <stdint.h>

#include "kit/arena.h"
#include "kit/error.h"
#include "kit/schema.h"

struct schema_version {
    int number;
    uint64_t fingerprint;
    const struct schema *schema;
    struct text json; /* the file, byte by byte */
};

struct schema_folder {
    const char *name;                /* "order-paid" */
    struct schema_version *versions; /* by number, the newest last; one at least */
    uint32_t version_count;
};

struct schema_store {
    struct schema_folder *folders; /* by name */
    uint32_t folder_count;
    uint32_t version_count; /* of all folders */
};

/* Reads the whole folder. FATAL names the file that cannot be read or is no valid schema, an .avsc
 * whose name is no version, and more than versions_max of them. Other files are left alone. */
enum status schema_store_read(const char *directory, uint32_t depth_max, uint32_t versions_max,
                              struct arena *arena, struct schema_store *ret_store,
                              struct error *error) must_check;

/* NULL if there is no such folder. */
const struct schema_folder *schema_store_find(const struct schema_store *store, const char *name);

#endif
