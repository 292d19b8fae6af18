/* What is passed on to librdkafka: which names it knows, and which of them are ours alone.
 *
 * Any property passes but those on which exactly-once or the naming of clients depends. A secret
 * may be given as a file: `sasl.password_file = /run/secrets/kafka`. */
#ifndef SHORTFALL_KIT_SETTINGS_KAFKA_H
#define SHORTFALL_KIT_SETTINGS_KAFKA_H

#include "kit/settings_store.h"

enum kafka_name {
    KAFKA_NAME_UNKNOWN,
    KAFKA_NAME_OPEN, /* passed on */
    KAFKA_NAME_OURS, /* refused */
    KAFKA_NAME_FILE, /* a secret by `_file` */
};

enum kafka_name settings_kafka_name(struct settings *settings, struct text name);

/* Tries the property and keeps it. FATAL where librdkafka refuses it or it is ours. */
enum status settings_kafka_put(struct settings *settings, enum kafka_name kind, struct text name,
                               enum setting_source source, const char *where, struct text value,
                               struct error *error) must_check;

/* Appends the names that librdkafka knows and lists; returns how many there are now. */
size_t settings_kafka_names(struct settings *settings, const char **names, size_t count,
                            size_t max);

#endif
