/* One line an event, to standard error: logfmt, or JSON.
 *
 *   log_event(LOG_INFO, "assigned", log_string("topic", "shortage"), log_number("partition", 3));
 *
 *   ts=2026-11-11T00:00:00.123Z level=info event=assigned worker=allocator-1 topic=shortage
 * partition=3
 *
 * Values are typed and escaped here, so no text from outside can forge a field or a line. A line is
 * one write(2), so lines of several threads never mix; one that is too long is cut and says so
 * (cut=true). Never payloads or personal data: ids of orders, skus and cases, topics, partitions,
 * offsets, counts and words.
 *
 * Process-wide. log_init comes before other threads; before it, logfmt at LOG_INFO. */
#ifndef SHORTFALL_KIT_LOG_H
#define SHORTFALL_KIT_LOG_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/error.h"

enum log_level {
    LOG_ERROR, /* somebody must act */
    LOG_WARN,  /* it goes on, but not as it should */
    LOG_INFO,  /* a decision that matters */
    LOG_DEBUG,
};

enum log_format {
    LOG_LOGFMT,
    LOG_JSON,
};

enum { LOG_LINE_MAX = 4096 /* bytes of a line; within PIPE_BUF, so that it is written whole */ };

enum log_kind {
    LOG_FIELD_END,
    LOG_FIELD_TEXT,
    LOG_FIELD_NUMBER,
    LOG_FIELD_BOOLEAN,
};

struct log_field {
    const char *name; /* lower-case letters, digits and _ */
    enum log_kind kind;
    int64_t number;
    struct text text; /* borrowed for the call; data == NULL: the field is left out */
};

static inline struct log_field log_text(const char *name, struct text value)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_TEXT, .text = value};
}

static inline struct log_field log_string(const char *name, const char *value)
{
    return log_text(name, text_of(value));
}

static inline struct log_field log_number(const char *name, int64_t value)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_NUMBER, .number = value};
}

static inline struct log_field log_boolean(const char *name, bool value)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_BOOLEAN, .number = value};
}

static inline struct log_field log_error(const struct error *error)
{
    return log_string("error", error->text);
}

/* log_event(level, event, fields…): fields may be left out. Arguments are evaluated only where the
 * level is logged. `event` is a fixed word or two, joined by _: it is what people search for. */
#define log_event(level, ...) log_event_ended(level, __VA_ARGS__, (struct log_field){0})
#define log_event_ended(level, event, ...)                                    \
    do {                                                                      \
        if (log_enabled(level)) {                                             \
            log_write(level, event, (const struct log_field[]){__VA_ARGS__}); \
        }                                                                     \
    } while (0)

/* `worker` ("allocator-1") is copied and stands in every line; NULL: none. */
void log_init(enum log_format format, enum log_level level, const char *worker);
/* Where the lines go; the default is STDERR_FILENO. */
void log_set_descriptor(int descriptor);
bool log_enabled(enum log_level level);
/* What log_event calls; `fields` ends with a zeroed one. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

/* "error", "warn", "info", "debug": false for another word. Likewise "logfmt" and "json". */
bool log_level_parse(const char *word, enum log_level *ret_level);
bool log_format_parse(const char *word, enum log_format *ret_format);

/* For rd_kafka_conf_set_log_cb: event=kafka with the client's own words; syslog levels up to
 * warning are warn, since a client that matters to us reports errors by its calls. */
void log_kafka(const rd_kafka_t *client, int level, const char *facility, const char *words);

#endif
