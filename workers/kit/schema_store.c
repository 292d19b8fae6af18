#include "kit/schema_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/must.h"
#include "kit/fingerprint.h"
#include "kit/schema_default.h"

enum {
    FILE_SIZE_MAX = 1 << 20,
    PATH_SIZE = 4096,
    VERSION_MAX = 1000000,
};

struct reading {
    struct arena *arena;
    struct error *error;
    uint32_t depth_max;
    uint32_t versions_max;
    struct schema_store *store;
};

static enum status no_memory(struct reading *reading)
{
    return error_set(reading->error, FATAL, "no room for the schemas");
}

static enum status path_join(struct reading *reading, char *path, const char *folder,
                             const char *name)
{
    int size = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    if (size < 0 || size >= PATH_SIZE) {
        return error_set(reading->error, FATAL, "%.200s: the path is too long", folder);
    }
    return OK;
}

static enum status read_file(struct reading *reading, const char *path, struct text *ret_text)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        return error_set(reading->error, FATAL, "%s", strerror(errno));
    }
    char *bytes = malloc(FILE_SIZE_MAX + 1);
    size_t size = bytes ? fread(bytes, 1, FILE_SIZE_MAX + 1, file) : 0;
    bool failed = ferror(file) != 0;
    (void)fclose(file); /* it was only read */
    enum status status = OK;
    if (!bytes) {
        status = no_memory(reading);
    } else if (failed) {
        status = error_set(reading->error, FATAL, "it cannot be read");
    } else if (size > FILE_SIZE_MAX) {
        status = error_set(reading->error, FATAL, "more than %d bytes", FILE_SIZE_MAX);
    } else {
        *ret_text = arena_text(reading->arena, (struct text){bytes, (uint32_t)size});
        status = text_is_set(*ret_text) ? OK : no_memory(reading);
    }
    free(bytes);
    return status;
}

static enum status read_version(struct reading *reading, const char *path,
                                struct schema_version *version)
{
    struct text json = {0};
    enum status status = read_file(reading, path, &json);
    if (status == OK) {
        status = schema_parse(json, reading->depth_max, reading->arena, &version->schema,
                              reading->error);
    }
    if (status == OK) {
        status = schema_default_check(version->schema, reading->error);
    }
    if (status == OK) {
        status = fingerprint_schema(version->schema, &version->fingerprint, reading->error);
    }
    version->json = json;
    return status == OK ? OK : error_prefix(reading->error, FATAL, "%s: ", path);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t size = strlen(name);
    size_t suffix_size = strlen(suffix);
    return size >= suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

static int is_schema(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_suffix(entry->d_name, ".avsc");
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The number before ".avsc", or 0. */
static int version_number(const char *name)
{
    char *end;
    if (name[0] < '1' || name[0] > '9') {
        return 0;
    }
    errno = 0;
    long number = strtol(name, &end, 10);
    bool whole = errno == 0 && strcmp(end, ".avsc") == 0 && number <= VERSION_MAX;
    return whole ? (int)number : 0;
}

static int compare_versions(const void *a, const void *b)
{
    const struct schema_version *left = a;
    const struct schema_version *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
}

static enum status read_versions(struct reading *reading, const char *path,
                                 struct dirent *const *entries, uint32_t count,
                                 struct schema_folder *folder)
{
    char file[PATH_SIZE];
    folder->versions = arena_take(reading->arena, count * sizeof *folder->versions);
    if (!folder->versions) {
        return no_memory(reading);
    }
    for (uint32_t i = 0; i < count; i++) {
        enum status status = path_join(reading, file, path, entries[i]->d_name);
        if (status != OK) {
            return status;
        }
        folder->versions[i].number = version_number(entries[i]->d_name);
        if (folder->versions[i].number == 0) {
            return error_set(reading->error, FATAL, "%s: the name is no version, as in 2.avsc",
                             file);
        }
        if (reading->store->version_count >= reading->versions_max) {
            return error_set(reading->error, FATAL, "%s: more than %u schemas", file,
                             reading->versions_max);
        }
        reading->store->version_count++;
        status = read_version(reading, file, &folder->versions[i]);
        if (status != OK) {
            return status;
        }
    }
    folder->version_count = count;
    qsort(folder->versions, count, sizeof *folder->versions, compare_versions);
    return OK;
}

/* A folder without schemas is none of ours. */
static enum status read_folder(struct reading *reading, const char *directory, const char *name)
{
    char path[PATH_SIZE];
    struct stat stat_of;
    enum status status = path_join(reading, path, directory, name);
    if (status != OK) {
        return status;
    }
    if (stat(path, &stat_of) != 0) {
        return error_set(reading->error, FATAL, "%s: %s", path, strerror(errno));
    }
    if (!S_ISDIR(stat_of.st_mode)) {
        return OK;
    }
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_schema, alphasort);
    if (count < 0) {
        return error_set(reading->error, FATAL, "%s: %s", path, strerror(errno));
    }
    must(reading->store->folders);
    struct schema_folder *folder = &reading->store->folders[reading->store->folder_count];
    if (count > 0) {
        folder->name = arena_text(reading->arena, text_of(name)).data;
        status = folder->name ? read_versions(reading, path, entries, (uint32_t)count, folder)
                              : no_memory(reading);
        reading->store->folder_count += status == OK;
    }
    free_entries(entries, count);
    return status;
}

enum status schema_store_read(const char *directory, uint32_t depth_max, uint32_t versions_max,
                              struct arena *arena, struct schema_store *ret_store,
                              struct error *error)
{
    struct schema_store store = {0};
    struct reading reading = {arena, error, depth_max, versions_max, &store};
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_visible, alphasort);
    if (count < 0) {
        return error_set(error, FATAL, "%s: %s", directory, strerror(errno));
    }
    enum status status = OK;
    store.folders = arena_take(arena, (size_t)count * sizeof *store.folders);
    if (!store.folders) {
        status = no_memory(&reading);
    }
    for (int i = 0; status == OK && i < count; i++) {
        status = read_folder(&reading, directory, entries[i]->d_name);
    }
    free_entries(entries, count);
    if (status == OK) {
        *ret_store = store;
    }
    return status;
}

const struct schema_folder *schema_store_find(const struct schema_store *store, const char *name)
{
    for (uint32_t i = 0; i < store->folder_count; i++) {
        if (strcmp(store->folders[i].name, name) == 0) {
            return &store->folders[i];
        }
    }
    return NULL;
}
