#include "shortfall/schema_seal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/fingerprint.h"

enum { PATH_SIZE = 4096, LINE_SIZE = 256 };

static const char heading[] =
    "# What every published version of a schema is; see docs/EVOLUTION.md.\n"
    "# version, fingerprint, CRC-64 of the file. A line is added by `shortfall schema check "
    "--seal`\n"
    "# and never changed.\n";

static enum status path_of(const char *directory, char path[PATH_SIZE], struct error *error)
{
    int size = snprintf(path, PATH_SIZE, "%s/versions", directory);
    return size > 0 && size < PATH_SIZE
               ? OK
               : error_set(error, FATAL, "%.200s: the path is too long", directory);
}

static enum status read_line(const char *path, int number, char *line, struct seals *seals,
                             struct error *error)
{
    struct seal seal;
    char more;
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0') {
        return OK;
    }
    if (sscanf(line, "%127s %16" SCNx64 " %16" SCNx64 " %c", seal.name, &seal.fingerprint,
               &seal.text_hash, &more) != 3) {
        return error_set(error, FATAL, "%s: line %d is not VERSION FINGERPRINT CRC-64", path,
                         number);
    }
    if (seal_find(seals, seal.name)) {
        return error_set(error, FATAL, "%s: line %d: %s is there twice", path, number, seal.name);
    }
    if (seals->count == SEALS_MAX) {
        return error_set(error, FATAL, "%s: more than %d versions", path, SEALS_MAX);
    }
    seals->items[seals->count++] = seal;
    return OK;
}

enum status seals_read(const char *directory, struct seals *ret_seals, struct error *error)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    enum status status = path_of(directory, path, error);
    if (status != OK) {
        return status;
    }
    struct seals seals = {.items = calloc(SEALS_MAX, sizeof(struct seal))};
    if (!seals.items) {
        return error_set(error, FATAL, "out of memory");
    }
    FILE *file = fopen(path, "re");
    if (!file && errno != ENOENT) {
        status = error_set(error, FATAL, "%s: %s", path, strerror(errno));
    }
    for (int number = 1; status == OK && file && fgets(line, sizeof line, file); number++) {
        status = read_line(path, number, line, &seals, error);
    }
    if (file) {
        (void)fclose(file); /* it was only read */
    }
    if (status == OK) {
        *ret_seals = seals;
    } else {
        seals_done(&seals);
    }
    return status;
}

void seals_done(struct seals *seals)
{
    free(seals->items);
    *seals = (struct seals){0};
}

const struct seal *seal_find(const struct seals *seals, const char *name)
{
    for (uint32_t i = 0; i < seals->count; i++) {
        if (strcmp(seals->items[i].name, name) == 0) {
            return &seals->items[i];
        }
    }
    return NULL;
}

struct seal seal_of(const struct schema_folder *folder, const struct schema_version *version)
{
    struct seal seal = {
        .fingerprint = version->fingerprint,
        .text_hash = fingerprint_bytes(version->json.data, version->json.size),
    };
    int size =
        snprintf(seal.name, sizeof seal.name, "%.100s/%d.avsc", folder->name, version->number);
    must(size > 0 && size < SEAL_NAME_SIZE);
    return seal;
}

static uint32_t write_missing(FILE *file, const struct schema_store *store,
                              const struct seals *seals)
{
    uint32_t added = 0;
    for (uint32_t i = 0; i < store->folder_count; i++) {
        const struct schema_folder *folder = &store->folders[i];
        for (uint32_t v = 0; v < folder->version_count; v++) {
            struct seal seal = seal_of(folder, &folder->versions[v]);
            if (!seal_find(seals, seal.name)) {
                (void)fprintf(file, "%s %016" PRIx64 " %016" PRIx64 "\n", seal.name,
                              seal.fingerprint, seal.text_hash);
                added++;
            }
        }
    }
    return added;
}

enum status seals_add(const char *directory, const struct schema_store *store,
                      const struct seals *seals, uint32_t *ret_added, struct error *error)
{
    char path[PATH_SIZE];
    enum status status = path_of(directory, path, error);
    if (status != OK) {
        return status;
    }
    FILE *file = fopen(path, "ae");
    if (!file) {
        return error_set(error, FATAL, "%s: %s", path, strerror(errno));
    }
    if (seals->count == 0) {
        (void)fputs(heading, file);
    }
    *ret_added = write_missing(file, store, seals);
    bool failed = ferror(file) != 0;
    failed |= fclose(file) != 0;
    return failed ? error_set(error, FATAL, "%s: it cannot be written", path) : OK;
}
