#include "kit/words_source.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/words_template.h"

#define SUFFIX ".txt"

struct gathering {
    struct arena *arena;
    struct error *error;
    struct words_files list;
};

static enum status no_memory(struct gathering *gathering)
{
    return error_set(gathering->error, FATAL, "no memory for the words");
}

static enum status begin(struct gathering *gathering)
{
    gathering->list.files =
        arena_take(gathering->arena, WORDS_FILES_MAX * sizeof *gathering->list.files);
    return gathering->list.files ? OK : no_memory(gathering);
}

/* All of it is in the arena already, or lives for ever. */
static enum status add(struct gathering *gathering, const char *path, struct text locale,
                       struct text name, struct text text)
{
    if (gathering->list.count == WORDS_FILES_MAX) {
        return error_set(gathering->error, FATAL, "%s: more than %d files of words", path,
                         WORDS_FILES_MAX);
    }
    name.size -= sizeof SUFFIX - 1;
    gathering->list.files[gathering->list.count++] =
        (struct words_file){.locale = locale, .name = name, .text = text, .path = path};
    return OK;
}

/* ---- A folder -------------------------------------------------------------------------------- */

static bool is_text_file(const char *name)
{
    size_t size = strlen(name);
    return size > sizeof SUFFIX - 1 && strcmp(name + size - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static enum status read_file(struct gathering *gathering, const char *path, struct text *ret_text)
{
    char bytes[WORDS_FILE_SIZE_MAX + 1];
    FILE *file = fopen(path, "re");
    if (!file) {
        return error_set(gathering->error, FATAL, "can't read %s: %s", path, strerror(errno));
    }
    /* One byte more than is allowed: the template says that it is too long. */
    size_t size = fread(bytes, 1, sizeof bytes, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file); /* it was only read */
    if (failed) {
        return error_set(gathering->error, FATAL, "can't read %s", path);
    }
    *ret_text = arena_text(gathering->arena, (struct text){bytes, (uint32_t)size});
    return text_is_set(*ret_text) ? OK : no_memory(gathering);
}

static enum status read_locale(struct gathering *gathering, const char *dir, struct text locale)
{
    struct dirent **entries = NULL;
    enum status status = OK;
    int count = scandir(dir, &entries, is_visible, alphasort);
    if (count < 0) {
        return error_set(gathering->error, FATAL, "can't read %s: %s", dir, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        if (status == OK && is_text_file(entries[i]->d_name)) {
            struct text path = arena_format(gathering->arena, "%s/%s", dir, entries[i]->d_name);
            struct text name = arena_text(gathering->arena, text_of(entries[i]->d_name));
            struct text text;
            status = path.data && name.data ? OK : no_memory(gathering);
            status = status ? status : read_file(gathering, path.data, &text);
            status = status ? status : add(gathering, path.data, locale, name, text);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum status take_entry(struct gathering *gathering, const char *dir, const char *name)
{
    struct stat found;
    struct text path = arena_format(gathering->arena, "%s/%s", dir, name);
    struct text locale = arena_text(gathering->arena, text_of(name));
    if (!path.data || !locale.data) {
        return no_memory(gathering);
    }
    if (stat(path.data, &found) != 0) {
        return error_set(gathering->error, FATAL, "can't read %s: %s", path.data, strerror(errno));
    }
    if (!S_ISDIR(found.st_mode)) {
        return OK;
    }
    size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_");
    if (locale.size > WORDS_LOCALE_SIZE_MAX || letters != locale.size) {
        return error_set(gathering->error, FATAL,
                         "%s: a folder of words is named by its locale, as zh-CN or en", path.data);
    }
    return read_locale(gathering, path.data, locale);
}

enum status words_folder_read(const char *dir, struct arena *arena, struct words_files *ret_files,
                              struct error *error)
{
    struct gathering gathering = {.arena = arena, .error = error};
    struct dirent **entries = NULL;
    enum status status = begin(&gathering);
    if (status != OK) {
        return status;
    }
    int count = scandir(dir, &entries, is_visible, alphasort);
    if (count < 0) {
        return error_set(error, FATAL, "can't read the folder of words %s: %s", dir,
                         strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        status = status ? status : take_entry(&gathering, dir, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (status == OK) {
        *ret_files = gathering.list;
    }
    return status;
}

/* ---- Compiled in ----------------------------------------------------------------------------- */

enum status words_built_in_read(struct arena *arena, struct words_files *ret_files,
                                struct error *error)
{
    struct gathering gathering = {.arena = arena, .error = error};
    enum status status = begin(&gathering);
    for (size_t i = 0; i < words_built_in_count && status == OK; i++) {
        const struct words_built_in *built = &words_built_in[i];
        struct text bytes = {(const char *)built->bytes, (uint32_t)built->size};
        const char *slash = strchr(built->path, '/');
        struct text locale = {built->path, (uint32_t)(slash - built->path)};
        status = add(&gathering, built->path, locale, text_of(slash + 1), bytes);
    }
    if (status == OK) {
        *ret_files = gathering.list;
    }
    return status;
}
