#include "kit/settings_kafka.h"

#include <string.h>

enum { NAME_SIZE = 128, WHY_SIZE = 256 };

static const char file_suffix[] = "_file";

/* Never printed; each may also be given as a file. */
static const char *const secret_names[] = {
    "sasl.password", "ssl.key.password",        "ssl.keystore.password",
    "ssl.key.pem",   "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret",
};

/* Set by the programs themselves; with another value money could be moved twice or not at all. */
static const struct {
    const char *name;
    const char *reason;
} ours[] = {
    {"group.id", "it follows from topic.prefix and the program"},
    {"group.instance.id", "it follows from topic.prefix, the program and slot"},
    {"transactional.id", "it follows from topic.prefix, the program and slot"},
    {"metadata.broker.list", "it is called bootstrap.servers"},
    {"acks", "an idempotent producer needs all"},
    {"request.required.acks", "an idempotent producer needs all"},
    {"enable.idempotence", "exactly-once depends on it"},
    {"enable.gapless.guarantee", "nothing depends on it, and it stops a producer"},
    {"isolation.level", "exactly-once depends on it"},
    {"enable.auto.commit", "exactly-once depends on it"},
    {"auto.commit.enable", "exactly-once depends on it"},
    {"enable.auto.offset.store", "exactly-once depends on it"},
    {"auto.offset.reset", "no record may be skipped"},
    {"check.crcs", "corrupt data must not be read"},
    {"enable.partition.eof", "restoring depends on it"},
    {"partitioner", "all clients must agree on it"},
    {"partition.assignment.strategy", "co-partitioning depends on it"},
    {"delivery.report.only.error", "every delivery must be seen"},
};

enum {
    SECRET_COUNT = sizeof secret_names / sizeof *secret_names,
    OURS_COUNT = sizeof ours / sizeof *ours,
};

static bool is_secret(struct text name)
{
    for (size_t i = 0; i < SECRET_COUNT; i++) {
        if (text_equal(text_of(secret_names[i]), name)) {
            return true;
        }
    }
    return false;
}

static size_t ours_index(struct text name)
{
    size_t index = 0;
    while (index < OURS_COUNT && !text_equal(text_of(ours[index].name), name)) {
        index++;
    }
    return index;
}

/* `sasl.password_file` -> `sasl.password`; not set where it is no such name. */
static struct text without_file(struct text name)
{
    uint32_t suffix = sizeof file_suffix - 1;
    if (name.size > suffix && memcmp(name.data + name.size - suffix, file_suffix, suffix) == 0) {
        name.size -= suffix;
        if (is_secret(name)) {
            return name;
        }
    }
    return (struct text){NULL, 0};
}

/* Terminated; false where it is too long to be a name. */
static bool name_copy(struct text name, char ret_name[NAME_SIZE])
{
    if (name.size == 0 || name.size >= NAME_SIZE) {
        return false;
    }
    memcpy(ret_name, name.data, name.size);
    ret_name[name.size] = '\0';
    return true;
}

enum kafka_name settings_kafka_name(struct settings *settings, struct text name)
{
    char copy[NAME_SIZE];
    char why[WHY_SIZE];
    if (ours_index(name) < OURS_COUNT) {
        return KAFKA_NAME_OURS;
    }
    if (text_is_set(without_file(name))) {
        return KAFKA_NAME_FILE;
    }
    /* Only setting a property tells whether it is known: one that is unset can't be got. */
    if (!name_copy(name, copy) ||
        rd_kafka_conf_set(settings->scratch, copy, "", why, sizeof why) == RD_KAFKA_CONF_UNKNOWN) {
        return KAFKA_NAME_UNKNOWN;
    }
    return KAFKA_NAME_OPEN;
}

static struct kafka_property *property_of(struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->property_count; i++) {
        if (strcmp(settings->properties[i].name, name) == 0) {
            return &settings->properties[i];
        }
    }
    return NULL;
}

static enum status keep(struct settings *settings, struct kafka_property property,
                        struct error *error)
{
    struct kafka_property *old = property_of(settings, property.name);
    if (old) {
        if (property.source >= old->source) {
            *old = property;
        }
        return OK;
    }
    if (settings->property_count == SETTINGS_PROPERTIES_MAX) {
        return error_set(error, FATAL, "more than %d properties of librdkafka",
                         SETTINGS_PROPERTIES_MAX);
    }
    settings->properties[settings->property_count++] = property;
    return OK;
}

static enum status read_value(struct settings *settings, enum kafka_name kind, struct text value,
                              const char **ret_value, struct error *error)
{
    const char *copy;
    enum status status = settings_copy(settings, value, &copy, error);
    if (status == OK && kind == KAFKA_NAME_FILE) {
        return settings_read_secret(settings, copy, ret_value, error);
    }
    if (status == OK) {
        *ret_value = copy;
    }
    return status;
}

/* librdkafka's own words may repeat the value, so a secret is refused without them. */
static enum status try(struct settings *settings, const struct kafka_property *property,
                       struct error *error)
{
    char why[WHY_SIZE];
    if (rd_kafka_conf_set(settings->scratch, property->name, property->value, why, sizeof why) ==
        RD_KAFKA_CONF_OK) {
        return OK;
    }
    return error_set(error, FATAL, "librdkafka refuses %s", property->secret ? "this value" : why);
}

enum status settings_kafka_put(struct settings *settings, enum kafka_name kind, struct text name,
                               enum setting_source source, const char *where, struct text value,
                               struct error *error)
{
    struct kafka_property property = {.source = source, .secret = is_secret(name)};
    enum status status = OK;
    if (kind == KAFKA_NAME_OURS) {
        return error_set(error, FATAL, "%s: %.*s can't be set: %s; take it out", where,
                         (int)name.size, name.data, ours[ours_index(name)].reason);
    }
    if (kind == KAFKA_NAME_FILE) {
        name = without_file(name);
        property.secret = true;
    }
    status = settings_copy(settings, name, &property.name, error);
    if (status == OK) {
        status = settings_copy(settings, text_of(where), &property.where, error);
    }
    if (status == OK) {
        status = read_value(settings, kind, value, &property.value, error);
    }
    if (status == OK) {
        status = try(settings, &property, error);
    }
    if (status != OK) {
        return error_prefix(error, status, "%s: %.*s: ", where, (int)name.size, name.data);
    }
    return keep(settings, property, error);
}

/* librdkafka lists names and values in turn. */
static size_t add_names(struct settings *settings, const char **dump, size_t dump_count,
                        const char **names, size_t count, size_t max)
{
    for (size_t i = 0; dump && i + 1 < dump_count && count < max; i += 2) {
        struct text copy = arena_text(settings->arena, text_of(dump[i]));
        if (text_is_set(copy)) {
            names[count++] = copy.data;
        }
    }
    return count;
}

size_t settings_kafka_names(struct settings *settings, const char **names, size_t count, size_t max)
{
    size_t dump_count = 0;
    const char **dump = rd_kafka_conf_dump(settings->scratch, &dump_count);
    count = add_names(settings, dump, dump_count, names, count, max);
    if (dump) {
        rd_kafka_conf_dump_free(dump, dump_count);
    }
    rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
    dump = rd_kafka_topic_conf_dump(topic_conf, &dump_count);
    count = add_names(settings, dump, dump_count, names, count, max);
    if (dump) {
        rd_kafka_conf_dump_free(dump, dump_count);
    }
    rd_kafka_topic_conf_destroy(topic_conf);
    for (size_t i = 0; i < SECRET_COUNT && count < max; i++) {
        names[count++] = secret_names[i];
    }
    return count;
}

enum status settings_kafka(const struct settings *settings, rd_kafka_conf_t *conf,
                           struct error *error)
{
    char why[WHY_SIZE];
    const char *bootstrap = settings_text(settings, "bootstrap.servers");
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why) !=
        RD_KAFKA_CONF_OK) {
        return error_set(error, FATAL, "bootstrap.servers: %s", why);
    }
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct kafka_property *property = &settings->properties[i];
        if (rd_kafka_conf_set(conf, property->name, property->value, why, sizeof why) !=
            RD_KAFKA_CONF_OK) {
            return error_set(error, FATAL, "%s: %s: librdkafka refuses %s", property->where,
                             property->name, property->secret ? "this value" : why);
        }
    }
    return OK;
}

/* Older ones send a nonce that brokers took until 4.0 read it as the standard says. Such a broker
 * calls the credentials wrong, and nobody would look for the library. */
enum { SCRAM_RIGHT_SINCE = 0x020601ff };

const char *settings_kafka_warning(const struct settings *settings)
{
    if (rd_kafka_version() >= SCRAM_RIGHT_SINCE) {
        return NULL;
    }
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct kafka_property *property = &settings->properties[i];
        if ((strcmp(property->name, "sasl.mechanism") == 0 ||
             strcmp(property->name, "sasl.mechanisms") == 0) &&
            strncmp(property->value, "SCRAM-", strlen("SCRAM-")) == 0) {
            return "this librdkafka is older than 2.6.1: a broker of Kafka 4 refuses its login by "
                   "SCRAM as if the password were wrong; take a newer one, or PLAIN, or a "
                   "certificate";
        }
    }
    return NULL;
}
