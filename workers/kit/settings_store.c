#include "kit/settings_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/address.h"
#include "kit/nearest.h"
#include "kit/redis_url.h"
#include "kit/settings_kafka.h"

enum {
    NUMBER_DIGITS_MAX = 15,
    PREFIX_SIZE_MAX = 100,
    SECRET_SIZE_MAX = 4096,
    NAMES_MAX = 512,
};

enum status settings_store_new(enum settings_scope scope, struct settings **ret_settings,
                               struct error *error)
{
    struct settings *settings = calloc(1, sizeof *settings);
    if (settings) {
        settings->scope = scope;
        settings->arena = arena_new(SETTINGS_MEMORY_MAX);
        settings->scratch = rd_kafka_conf_new();
        settings->values = calloc(setting_count, sizeof *settings->values);
    }
    if (!settings || !settings->arena || !settings->scratch || !settings->values) {
        settings_free(settings);
        return error_set(error, FATAL, "no memory for the settings");
    }
    *ret_settings = settings;
    return OK;
}

void settings_free(struct settings *settings)
{
    if (!settings) {
        return;
    }
    if (settings->scratch) {
        rd_kafka_conf_destroy(settings->scratch);
    }
    arena_free(settings->arena);
    free(settings->values);
    free(settings->rest);
    free(settings);
}

enum status settings_copy(struct settings *settings, struct text text, const char **ret_copy,
                          struct error *error)
{
    struct text copy = arena_text(settings->arena, text);
    if (!text_is_set(copy)) {
        return error_set(error, FATAL, "more than %d bytes of settings", SETTINGS_MEMORY_MAX);
    }
    *ret_copy = copy.data;
    return OK;
}

enum status settings_read_secret(struct settings *settings, const char *path,
                                 const char **ret_secret, struct error *error)
{
    char line[SECRET_SIZE_MAX];
    FILE *file = fopen(path, "re");
    if (!file) {
        return error_set(error, FATAL, "can't read %s: %s", path, strerror(errno));
    }
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file); /* only read */
    size_t size = read ? strcspn(line, "\r\n") : 0;
    if (size == 0 || size == sizeof line - 1) {
        return error_set(error, FATAL,
                         "%s must have the secret on its first line, at most %d bytes", path,
                         SECRET_SIZE_MAX - 2);
    }
    return settings_copy(settings, (struct text){line, (uint32_t)size}, ret_secret, error);
}

/* ---- One value ---------------------------------------------------------------------------- */

static bool parse_number(struct text text, const struct setting_info *info, int64_t *ret_number)
{
    int64_t number = 0;
    if (text.size == 0 || text.size > NUMBER_DIGITS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return number >= info->min && number <= info->max;
}

static bool is_choice(const char *text, const struct setting_info *info)
{
    for (size_t i = 0; info->choices[i]; i++) {
        if (strcmp(text, info->choices[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_prefix(const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t size = strlen(text);
    return size <= PREFIX_SIZE_MAX && strspn(text, letters) == size;
}

static enum status check_file(const char *path, struct error *error)
{
    if (*path && access(path, R_OK) != 0) {
        return error_set(error, FATAL, "can't read %s: %s", path, strerror(errno));
    }
    return OK;
}

static enum status refuse(const struct setting_info *info, const char *text, struct error *error)
{
    char words[SETTING_WORDS_SIZE];
    return error_set(error, FATAL, "'%s' is not %s", text, setting_values(info, words));
}

/* `value->text` is set already. */
static enum status check_value(const struct setting_info *info, struct setting_value *value,
                               struct error *error)
{
    struct address address;
    struct redis_url url;
    const char *text = value->text;
    bool right = true;
    switch (info->type) {
    case SETTING_TEXT:
        break;
    case SETTING_NUMBER:
        right = parse_number(text_of(text), info, &value->number);
        break;
    case SETTING_CHOICE:
        right = is_choice(text, info);
        break;
    case SETTING_FILE:
        return check_file(text, error);
    case SETTING_ADDRESS:
        right = strcmp(text, "off") == 0 || address_parse(text_of(text), &address);
        break;
    case SETTING_REDIS:
        return *text ? redis_url_parse(text, &url, error) : OK;
    case SETTING_PREFIX:
        right = is_prefix(text);
        break;
    }
    return right ? OK : refuse(info, text, error);
}

enum status settings_put(struct settings *settings, size_t index, enum setting_source source,
                         const char *where, struct text text, struct error *error)
{
    const struct setting_info *info = &setting_table[index];
    struct setting_value value = {.source = source, .text = "", .where = ""};
    if (!(info->scope & settings->scope)) {
        return OK;
    }
    enum status status = settings_copy(settings, text, &value.text, error);
    if (status == OK) {
        status = settings_copy(settings, text_of(where), &value.where, error);
    }
    if (status == OK && strlen(value.text) != text.size) {
        status = error_set(error, FATAL, "it has a zero byte inside");
    }
    /* A folder that is not there is said by who opens it: not every call of a tool does. */
    if (status == OK && source != SOURCE_DEFAULT) {
        status = check_value(info, &value, error);
    } else if (status == OK && info->type == SETTING_NUMBER) {
        must(parse_number(text, info, &value.number));
    }
    if (status != OK) {
        return error_prefix(error, status, "%s: %s: ", where, info->name);
    }
    if (source >= settings->values[index].source) {
        settings->values[index] = value;
    }
    return OK;
}

/* ---- By name ------------------------------------------------------------------------------ */

static enum status refuse_unknown(struct settings *settings, struct text name, const char *where,
                                  struct error *error)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < setting_count; i++) {
        names[count++] = setting_table[i].name;
    }
    count = settings_kafka_names(settings, names, count, NAMES_MAX);
    const char *nearest = nearest_name(name, names, count);
    if (!nearest) {
        return error_set(error, FATAL,
                         "%s: there is no setting '%.*s'; docs/CONFIG.md lists them, and "
                         "librdkafka's own pass through",
                         where, (int)name.size, name.data);
    }
    return error_set(error, FATAL, "%s: there is no setting '%.*s'; did you mean %s?", where,
                     (int)name.size, name.data, nearest);
}

enum status settings_put_named(struct settings *settings, struct text name,
                               enum setting_source source, const char *where, struct text value,
                               struct error *error)
{
    size_t index = setting_index(name);
    if (index < setting_count) {
        return settings_put(settings, index, source, where, value, error);
    }
    enum kafka_name kind = settings_kafka_name(settings, name);
    if (kind == KAFKA_NAME_UNKNOWN) {
        return refuse_unknown(settings, name, where, error);
    }
    return settings_kafka_put(settings, kind, name, source, where, value, error);
}
