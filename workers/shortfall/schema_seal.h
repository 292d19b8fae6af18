/* The file `versions` in the schema folder: what every published version is, so that none changes.
 *
 *   order-paid/1.avsc 028da86f64ffed69 9c1d7917d23ad058
 *
 * A line a version: its name, its fingerprint (what its bytes mean), and the CRC-64 of the file
 * (the defaults, aliases and words too). A line is added when a version is published and never
 * again touched. Against slips, not against malice: whoever may change the file may change this
 * one. */
#ifndef SHORTFALL_SHORTFALL_SCHEMA_SEAL_H
#define SHORTFALL_SHORTFALL_SCHEMA_SEAL_H

#include <stdint.h>

#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/schema_store.h"

enum { SEALS_MAX = 4096, SEAL_NAME_SIZE = 128 };

struct seal {
    char name[SEAL_NAME_SIZE]; /* "order-paid/1.avsc" */
    uint64_t fingerprint;
    uint64_t text_hash;
};

struct seals {
    struct seal *items; /* owned */
    uint32_t count;
};

/* Reads the folder's file; one that is not there has no seals. FATAL names the line. */
enum status seals_read(const char *directory, struct seals *ret_seals,
                       struct error *error) must_check;
void seals_done(struct seals *seals);

/* NULL if it is not sealed yet. */
const struct seal *seal_find(const struct seals *seals, const char *name);

/* The seal that the version should have. */
struct seal seal_of(const struct schema_folder *folder, const struct schema_version *version);

/* Adds a line for each version that has none. FATAL where the file cannot be written. */
enum status seals_add(const char *directory, const struct schema_store *store,
                      const struct seals *seals, uint32_t *ret_added,
                      struct error *error) must_check;

#endif
