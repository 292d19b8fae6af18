#include "kit/settings_read.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/nearest.h"

enum {
    LINE_MAX_SIZE = 4096, /* bytes of a line with its end */
    LINES_MAX = 1000,
    WHERE_SIZE = 256,
    NAMES_MAX = 64,
};

static const char variable_prefix[] = "SHORTFALL_";
static const char variable_config[] = "SHORTFALL_CONFIG";

/* Written by deploy/local for scripts and tests, beside those of the table's column `instance`. */
static const char *const script_variables[] = {
    "SHORTFALL_STATE",           "SHORTFALL_BUILD",          "SHORTFALL_KAFKA_LIB",
    "SHORTFALL_KAFKA_VERSION",   "SHORTFALL_HTTP_SEQUENCER", "SHORTFALL_HTTP_ALLOCATOR",
    "SHORTFALL_HTTP_CASEWORKER",
};

enum { SCRIPT_COUNT = sizeof script_variables / sizeof *script_variables };

/* ---- Environment --------------------------------------------------------------------------- */

static bool ends_with(struct text text, const char *end)
{
    uint32_t size = (uint32_t)strlen(end);
    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

static bool contains(struct text text, const char *words)
{
    return memmem(text.data, text.size, words, strlen(words)) != NULL;
}

/* Kubernetes gives every pod variables of its neighbour services: for a service `shortfall-x`
 * SHORTFALL_X_SERVICE_HOST, SHORTFALL_X_PORT, SHORTFALL_X_PORT_80_TCP_ADDR … */
static bool is_of_kubernetes(struct text name)
{
    return ends_with(name, "_SERVICE_HOST") || contains(name, "_SERVICE_PORT") ||
           ends_with(name, "_PORT") ||
           (contains(name, "_PORT_") && (contains(name, "_TCP") || contains(name, "_UDP")));
}

static bool is_of_scripts(struct text name)
{
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        if (text_equal(text_of(script_variables[i]), name)) {
            return true;
        }
    }
    return false;
}

static enum status refuse_variable(struct text name, struct error *error)
{
    char variables[NAMES_MAX][SETTING_VARIABLE_SIZE];
    const char *names[NAMES_MAX];
    size_t count = 0;
    must(setting_count < NAMES_MAX);
    for (size_t i = 0; i < setting_count; i++) {
        names[count] = setting_variable(&setting_table[i], variables[count]);
        count++;
    }
    names[count++] = variable_config;
    const char *nearest = nearest_name(name, names, count);
    return error_set(error, FATAL, "%.*s: there is no such setting; %s%s%s", (int)name.size,
                     name.data, nearest ? "did you mean " : "docs/CONFIG.md lists them",
                     nearest ? nearest : "", nearest ? "?" : "");
}

/* A variable that is both is of an instance, and so weaker than a file: a shell that has read the
 * `env` of one instance may start another. */
static enum status put_variable(struct settings *settings, struct text name, struct text value,
                                struct error *error)
{
    char variable[SETTING_VARIABLE_SIZE];
    char where[SETTING_VARIABLE_SIZE];
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_info *info = &setting_table[i];
        bool instance = info->instance && text_equal(text_of(info->instance), name);
        if (instance || text_equal(text_of(setting_variable(info, variable)), name)) {
            must(snprintf(where, sizeof where, "%.*s", (int)name.size, name.data) > 0);
            return settings_put(settings, i, instance ? SOURCE_INSTANCE : SOURCE_ENVIRONMENT, where,
                                value, error);
        }
    }
    if (is_of_scripts(name) || is_of_kubernetes(name)) {
        return OK;
    }
    return refuse_variable(name, error);
}

enum status settings_read_environment(struct settings *settings, char *const *environment,
                                      const char **ret_file, struct error *error)
{
    enum status status = OK;
    for (; environment && *environment && status == OK; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals || strncmp(*environment, variable_prefix, sizeof variable_prefix - 1) != 0) {
            continue;
        }
        struct text name = {*environment, (uint32_t)(equals - *environment)};
        if (text_equal(name, text_of(variable_config))) {
            *ret_file = equals + 1;
        } else if (equals[1]) {
            status = put_variable(settings, name, text_of(equals + 1), error);
        }
    }
    return status;
}

/* ---- File ----------------------------------------------------------------------------------- */

static struct text trim(struct text text)
{
    while (text.size > 0 && isspace((unsigned char)text.data[text.size - 1])) {
        text.size--;
    }
    while (text.size > 0 && isspace((unsigned char)*text.data)) {
        text.data++;
        text.size--;
    }
    return text;
}

/* The names that a file has given so far, so that none is given twice. */
struct file_names {
    struct {
        const char *name;
        int line;
    } seen[LINES_MAX];
    int count;
};

static enum status remember(struct settings *settings, struct file_names *names, struct text name,
                            int line, struct error *error)
{
    for (int i = 0; i < names->count; i++) {
        if (text_equal(text_of(names->seen[i].name), name)) {
            return error_set(error, FATAL, "%.*s is given in line %d already: take one out",
                             (int)name.size, name.data, names->seen[i].line);
        }
    }
    names->seen[names->count].line = line;
    return settings_copy(settings, name, &names->seen[names->count++].name, error);
}

/* A line in its two parts; *ret_name is not set where it has none, as a comment. */
static enum status split_line(struct text line, struct text *ret_name, struct text *ret_value,
                              struct error *error)
{
    *ret_name = (struct text){NULL, 0};
    line = trim(line);
    if (line.size == 0 || *line.data == '#') {
        return OK;
    }
    const char *equals = memchr(line.data, '=', line.size);
    uint32_t before = equals ? (uint32_t)(equals - line.data) : 0;
    struct text name = trim((struct text){line.data, before});
    if (name.size == 0) {
        return error_set(error, FATAL, "this is no setting: write name = value");
    }
    *ret_name = name;
    *ret_value = trim((struct text){equals + 1, line.size - before - 1});
    return OK;
}

/* The one variable that a value may begin with: where systemd puts what LoadCredential loads, which
 * differs from unit to unit. *ret_value is the same text where it does not. */
static enum status expand(struct text value, char ret_room[LINE_MAX_SIZE + PATH_MAX],
                          struct text *ret_value, struct error *error)
{
    static const char variable[] = "${CREDENTIALS_DIRECTORY}";
    uint32_t size = sizeof variable - 1;
    *ret_value = value;
    if (value.size < size || memcmp(value.data, variable, size) != 0) {
        return OK;
    }
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || strlen(folder) >= PATH_MAX) {
        return error_set(error, FATAL,
                         "CREDENTIALS_DIRECTORY is not set: systemd sets it for a unit with "
                         "LoadCredential; elsewhere write the path itself");
    }
    must(snprintf(ret_room, LINE_MAX_SIZE + PATH_MAX, "%s%.*s", folder, (int)(value.size - size),
                  value.data + size) < LINE_MAX_SIZE + PATH_MAX);
    *ret_value = text_of(ret_room);
    return OK;
}

static enum status read_line(struct settings *settings, struct file_names *names, const char *path,
                             int number, struct text line, struct error *error)
{
    char where[WHERE_SIZE];
    struct text name;
    struct text value;
    must(snprintf(where, sizeof where, "%s:%d", path, number) < (int)sizeof where);
    enum status status = split_line(line, &name, &value, error);
    if (status != OK) {
        return error_prefix(error, status, "%s: ", where);
    }
    if (!text_is_set(name)) {
        return OK;
    }
    char room[LINE_MAX_SIZE + PATH_MAX];
    status = remember(settings, names, name, number, error);
    if (status == OK) {
        status = expand(value, room, &value, error);
    }
    if (status != OK) {
        return error_prefix(error, status, "%s: ", where);
    }
    return settings_put_named(settings, name, SOURCE_FILE, where, value, error);
}

static enum status read_lines(struct settings *settings, const char *path, FILE *file,
                              struct error *error)
{
    char line[LINE_MAX_SIZE];
    struct file_names names = {.count = 0};
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        size_t size = strlen(line);
        if (number > LINES_MAX) {
            return error_set(error, FATAL, "%s: more than %d lines", path, LINES_MAX);
        }
        if (size == sizeof line - 1 && line[size - 1] != '\n') {
            return error_set(error, FATAL, "%s:%d: a line of more than %d bytes", path, number,
                             LINE_MAX_SIZE - 2);
        }
        enum status status =
            read_line(settings, &names, path, number, (struct text){line, (uint32_t)size}, error);
        if (status != OK) {
            return status;
        }
    }
    return ferror(file) ? error_set(error, FATAL, "can't read %s: %s", path, strerror(errno)) : OK;
}

enum status settings_read_file(struct settings *settings, const char *path, struct error *error)
{
    if (strlen(path) > WHERE_SIZE - 16) {
        return error_set(error, FATAL, "the path of the configuration file is longer than %d bytes",
                         WHERE_SIZE - 16);
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        return error_set(error, FATAL, "can't read the configuration file %s: %s", path,
                         strerror(errno));
    }
    enum status status = read_lines(settings, path, file, error);
    (void)fclose(file); /* only read */
    return status;
}
