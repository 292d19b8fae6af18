/* Settings while they are collected: a value each, with where it came from.
 *
 * Flags, environment and file are read one after the other, in any order; each value is checked
 * when it is put, and the stronger source stays. What the table doesn't know goes to the
 * properties, which are librdkafka's (kit/settings_kafka.h). */
#ifndef SHORTFALL_KIT_SETTINGS_STORE_H
#define SHORTFALL_KIT_SETTINGS_STORE_H

#include "kit/arena.h"
#include "kit/settings_table.h"

enum {
    SETTINGS_PROPERTIES_MAX = 256,
    SETTINGS_FLAGS_MAX = 32, /* of a program's own */
    SETTINGS_MEMORY_MAX = 4 << 20,
};

/* The weakest first. */
enum setting_source {
    SOURCE_DEFAULT,
    SOURCE_INSTANCE,
    SOURCE_FILE,
    SOURCE_ENVIRONMENT,
    SOURCE_FLAG,
};

struct setting_value {
    enum setting_source source;
    const char *where; /* "shortfall.conf:3", "--slot", "SHORTFALL_SLOT", "default" */
    const char *text;
    int64_t number;
};

/* One property that is passed on to librdkafka. */
struct kafka_property {
    const char *name;
    const char *value;
    const char *where;
    enum setting_source source;
    bool secret;
};

struct settings {
    enum settings_scope scope;
    enum settings_action action;
    struct arena *arena;          /* all texts below */
    struct setting_value *values; /* setting_count */
    struct kafka_property properties[SETTINGS_PROPERTIES_MAX];
    size_t property_count;
    rd_kafka_conf_t *scratch;          /* against which properties are tried */
    const struct settings_flag *flags; /* of the program's own; borrowed */
    const char *flag_values[SETTINGS_FLAGS_MAX];
    char **rest; /* into argv */
    size_t rest_count;
};

enum status settings_store_new(enum settings_scope scope, struct settings **ret_settings,
                               struct error *error) must_check;

/* A copy in the settings' memory. Running out of it is FATAL, so callers check. */
enum status settings_copy(struct settings *settings, struct text text, const char **ret_copy,
                          struct error *error) must_check;

/* Checks a value of the table and keeps it if nothing stronger is there. `text` is copied. A value
 * for another program is ignored. */
enum status settings_put(struct settings *settings, size_t index, enum setting_source source,
                         const char *where, struct text text, struct error *error) must_check;

/* The same by name, which may also be librdkafka's. Unknown: FATAL with the nearest known one. */
enum status settings_put_named(struct settings *settings, struct text name,
                               enum setting_source source, const char *where, struct text value,
                               struct error *error) must_check;

/* The first line of a file, for secrets. */
enum status settings_read_secret(struct settings *settings, const char *path,
                                 const char **ret_secret, struct error *error) must_check;

#endif
