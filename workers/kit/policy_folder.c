#include "kit/policy_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/policy_file.h"

static enum status read_folder(const char *dir, int depth, struct policy_paths *paths,
                               struct error *error);

static bool is_ini(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".ini") == 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Takes over the path. */
static enum status add_path(struct policy_paths *paths, char *path, struct error *error)
{
    if (paths->count == POLICY_FILES_MAX) {
        free(path);
        return error_set(error, FATAL, "more than %d policy files", POLICY_FILES_MAX);
    }
    char **grown = realloc(paths->paths, (paths->count + 1) * sizeof *grown);
    if (!grown) {
        free(path);
        return error_set(error, FATAL, "no memory for the policies");
    }
    paths->paths = grown;
    paths->paths[paths->count++] = path;
    return OK;
}

static enum status take_entry(const char *dir, const char *name, int depth,
                              struct policy_paths *paths, struct error *error)
{
    char *path = NULL;
    struct stat found;
    enum status status = OK;
    if (asprintf(&path, "%s/%s", dir, name) < 0) {
        return error_set(error, FATAL, "no memory for the policies");
    }
    if (stat(path, &found) != 0) {
        status = error_set(error, FATAL, "can't read %s: %s", path, strerror(errno));
    } else if (S_ISDIR(found.st_mode)) {
        status = read_folder(path, depth + 1, paths, error);
    } else if (is_ini(name)) {
        return add_path(paths, path, error);
    }
    free(path);
    return status;
}

static enum status read_folder(const char *dir, int depth, struct policy_paths *paths,
                               struct error *error)
{
    struct dirent **entries = NULL;
    enum status status = OK;
    if (depth > POLICY_FOLDERS_MAX) {
        return error_set(error, FATAL, "%s: folders more than %d deep", dir, POLICY_FOLDERS_MAX);
    }
    int count = scandir(dir, &entries, is_visible, alphasort);
    if (count < 0) {
        return error_set(error, FATAL, "can't read the policy folder %s: %s", dir, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        if (status == OK) {
            status = take_entry(dir, entries[i]->d_name, depth, paths, error);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum status policy_folder_read(const char *dir, struct policy_paths *ret_paths, struct error *error)
{
    struct policy_paths paths = {NULL, 0};
    enum status status = read_folder(dir, 1, &paths, error);
    if (status == OK && paths.count == 0) {
        status = error_set(error, FATAL, "no *.ini below %s: is it the policy folder?", dir);
    }
    if (status != OK) {
        policy_paths_done(&paths);
        return status;
    }
    *ret_paths = paths;
    return OK;
}

void policy_paths_done(struct policy_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        free(paths->paths[i]);
    }
    free(paths->paths);
    *paths = (struct policy_paths){NULL, 0};
}
