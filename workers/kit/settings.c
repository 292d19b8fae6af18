#include "kit/settings.h"

#include <stdio.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/settings_read.h"

enum { FOLDER_SIZE = 4096 };

extern char **environ;

/* ---- Loading ------------------------------------------------------------------------------- */

/* The folder that was installed with this program, PREFIX/bin/shortfall-x, if it is there. */
static bool installed_folder(const char *below_prefix, char ret_folder[FOLDER_SIZE])
{
    ssize_t size = readlink("/proc/self/exe", ret_folder, FOLDER_SIZE - 1);
    if (size <= 0 || size == FOLDER_SIZE - 1) {
        return false;
    }
    ret_folder[size] = '\0';
    char *slash = strrchr(ret_folder, '/');
    if (slash) {
        *slash = '\0';
        slash = strrchr(ret_folder, '/');
    }
    if (!slash || strcmp(slash, "/bin") != 0) {
        return false;
    }
    /* What is installed in /usr is configured in /etc. */
    bool usr = strcmp(ret_folder, "/usr/bin") == 0 && strncmp(below_prefix, "etc/", 4) == 0;
    char *end = usr ? ret_folder : slash;
    size_t room = FOLDER_SIZE - (size_t)(end - ret_folder);
    int written = snprintf(end, room, "/%s", below_prefix);
    return written > 0 && (size_t)written < room && access(ret_folder, R_OK) == 0;
}

static enum status put_defaults(struct settings *settings, struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; i < setting_count && status == OK; i++) {
        char folder[FOLDER_SIZE];
        const struct setting_info *info = &setting_table[i];
        bool installed = info->installed && installed_folder(info->installed, folder);
        status = settings_put(settings, i, SOURCE_DEFAULT, "default",
                              text_of(installed ? folder : info->default_value), error);
    }
    return status;
}

/* Flags first, since they name the file; what is stronger stays, whatever the order. */
static enum status read_all(struct settings *settings, int argc, char **argv, struct error *error)
{
    const char *file_of_flag = NULL;
    const char *file = NULL;
    enum status status = put_defaults(settings, error);
    if (status == OK) {
        status = settings_read_flags(settings, argc, argv, &file_of_flag, error);
    }
    if (status != OK || settings->action == SETTINGS_HELP || settings->action == SETTINGS_VERSION) {
        return status;
    }
    status = settings_read_environment(settings, environ, &file, error);
    file = file_of_flag ? file_of_flag : file;
    if (status == OK && file && *file) {
        status = settings_read_file(settings, file, error);
    }
    if (status == OK && settings->scope != SETTINGS_TOOL) {
        status = settings_require(settings, "bootstrap.servers", error);
    }
    return status;
}

enum status settings_load_with(enum settings_scope scope, const struct settings_flag *flags,
                               int argc, char **argv, struct settings **ret_settings,
                               struct error *error)
{
    struct settings *settings = NULL;
    enum status status = settings_store_new(scope, &settings, error);
    if (status == OK) {
        settings->flags = flags;
        status = read_all(settings, argc, argv, error);
    }
    if (status != OK) {
        settings_free(settings);
        return status;
    }
    *ret_settings = settings;
    return OK;
}

enum status settings_load(enum settings_scope scope, int argc, char **argv,
                          struct settings **ret_settings, struct error *error)
{
    return settings_load_with(scope, NULL, argc, argv, ret_settings, error);
}

enum status settings_copy_with(const struct settings *settings, const char *name, const char *value,
                               struct settings **ret_settings, struct error *error)
{
    size_t index = setting_index(text_of(name));
    struct settings *copy = NULL;
    char flag[SETTING_WORDS_SIZE];
    must(index < setting_count);
    enum status status = settings_store_new(settings->scope, &copy, error);
    if (status != OK) {
        return status;
    }
    memcpy(copy->values, settings->values, setting_count * sizeof *copy->values);
    memcpy(copy->properties, settings->properties, sizeof copy->properties);
    memcpy(copy->flag_values, settings->flag_values, sizeof copy->flag_values);
    copy->property_count = settings->property_count;
    copy->flags = settings->flags;
    copy->action = settings->action;
    (void)snprintf(flag, sizeof flag, "--%s", name);
    status = settings_put(copy, index, SOURCE_FLAG, flag, text_of(value), error);
    if (status != OK) {
        settings_free(copy);
        return status;
    }
    *ret_settings = copy;
    return OK;
}

/* ---- Asking --------------------------------------------------------------------------------- */

enum settings_action settings_action(const struct settings *settings)
{
    return settings->action;
}

static const struct setting_value *value_of(const struct settings *settings, const char *name,
                                            bool number)
{
    size_t index = setting_index(text_of(name));
    must(index < setting_count);
    must(setting_table[index].scope & settings->scope);
    must((setting_table[index].type == SETTING_NUMBER) == number);
    return &settings->values[index];
}

const char *settings_text(const struct settings *settings, const char *name)
{
    return value_of(settings, name, false)->text;
}

int64_t settings_number(const struct settings *settings, const char *name)
{
    return value_of(settings, name, true)->number;
}

enum status settings_require(const struct settings *settings, const char *name, struct error *error)
{
    char variable[SETTING_VARIABLE_SIZE];
    if (*value_of(settings, name, false)->text) {
        return OK;
    }
    const struct setting_info *info = &setting_table[setting_index(text_of(name))];
    return error_set(error, FATAL,
                     "%s is not set: give --%s VALUE, the variable %s, or a line `%s = VALUE` in "
                     "the file of --config",
                     name, info->alias ? info->alias : name, setting_variable(info, variable),
                     name);
}

const char *settings_flag(const struct settings *settings, const char *name)
{
    const struct settings_flag *flag = settings->flags;
    while (flag && flag->name && strcmp(flag->name, name) != 0) {
        flag++;
    }
    must(flag && flag->name);
    return settings->flag_values[flag - settings->flags];
}

char *const *settings_rest(const struct settings *settings, size_t *ret_count)
{
    *ret_count = settings->rest_count;
    return settings->rest;
}
