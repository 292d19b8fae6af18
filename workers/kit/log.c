#include "kit/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/must.h"
#include "kit/clock.h"

enum {
    TAIL_SIZE = 24, /* kept free for what ends a cut line: `",cut":true}` and a newline */
    WORKER_SIZE = 64,
    SYSLOG_WARNING = 4,
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
static const char *const format_names[] = {[LOG_LOGFMT] = "logfmt", [LOG_JSON] = "json"};

enum {
    LEVEL_COUNT = sizeof level_names / sizeof *level_names,
    FORMAT_COUNT = sizeof format_names / sizeof *format_names,
};

/* Set by log_init before there are other threads; read only from then on. */
static struct {
    enum log_format format;
    enum log_level level;
    int descriptor;
    char worker[WORKER_SIZE];
} log_to = {.format = LOG_LOGFMT, .level = LOG_INFO, .descriptor = STDERR_FILENO};

struct line {
    size_t size;
    bool cut; /* something did not fit; nothing more is added */
    char data[LOG_LINE_MAX];
};

static bool fits(const struct line *line, size_t size)
{
    return line->size + size <= sizeof line->data - TAIL_SIZE;
}

/* Adds all of the bytes, or none and the line counts as cut. */
static void put(struct line *line, const char *bytes, size_t size)
{
    if (line->cut || !fits(line, size)) {
        line->cut = true;
        return;
    }
    memcpy(line->data + line->size, bytes, size);
    line->size += size;
}

static void put_string(struct line *line, const char *string)
{
    put(line, string, strlen(string));
}

/* Closes what is open, also of a cut line: out of the part that is kept free. */
static void put_tail(struct line *line, const char *string)
{
    size_t size = strlen(string);
    must(size <= sizeof line->data - line->size);
    memcpy(line->data + line->size, string, size);
    line->size += size;
}

/* ---- Characters: what comes from outside may be any bytes. --------------------------------- */

struct character {
    uint32_t code; /* U+FFFD for a byte that is no UTF-8 */
    uint32_t size; /* bytes it takes in the text; at least 1 */
};

static const struct character no_character = {0xFFFD, 1};

static struct character character_at(struct text text, uint32_t at)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text.data + at;
    uint32_t left = text.size - at;
    if (bytes[0] < 0x80) {
        return (struct character){bytes[0], 1};
    }
    uint32_t size = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4 || size > left) {
        return no_character;
    }
    uint32_t code = bytes[0] & (0xFFu >> (size + 1));
    for (uint32_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return no_character;
        }
        code = code << 6 | (bytes[i] & 0x3F);
    }
    if (code < lowest[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return no_character;
    }
    return (struct character){code, size};
}

/* What a terminal or a reader of lines could act upon. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

static void put_character(struct line *line, struct text text, uint32_t at, struct character one)
{
    char escaped[8];
    if (one.code == '"' || one.code == '\\') {
        escaped[0] = '\\';
        escaped[1] = (char)one.code;
        put(line, escaped, 2);
    } else if (one.code == '\n') {
        put_string(line, "\\n");
    } else if (is_control(one.code)) {
        int size = snprintf(escaped, sizeof escaped, "\\u%04" PRIx32, one.code);
        must(size == 6);
        put(line, escaped, (size_t)size);
    } else if (one.code == no_character.code) {
        put_string(line, "\xEF\xBF\xBD");
    } else {
        put(line, text.data + at, one.size);
    }
}

static void put_quoted(struct line *line, struct text text)
{
    put(line, "\"", 1);
    if (line->cut) {
        return;
    }
    for (uint32_t at = 0; at < text.size && !line->cut;) {
        struct character one = character_at(text, at);
        put_character(line, text, at, one);
        at += one.size;
    }
    put_tail(line, "\"");
}

/* logfmt needs no quotes around a plain word. */
static bool is_plain(struct text text)
{
    for (uint32_t at = 0; at < text.size;) {
        struct character one = character_at(text, at);
        if (one.code == ' ' || one.code == '=' || one.code == '"' || one.code == '\\' ||
            one.code == no_character.code || is_control(one.code)) {
            return false;
        }
        at += one.size;
    }
    return text.size > 0;
}

/* ---- Fields ------------------------------------------------------------------------------- */

static void put_name(struct line *line, const char *name)
{
    bool first = line->size == 0;
    if (log_to.format == LOG_JSON) {
        put_string(line, first ? "{\"" : ",\"");
        put_string(line, name);
        put_string(line, "\":");
    } else {
        put_string(line, first ? "" : " ");
        put_string(line, name);
        put_string(line, "=");
    }
}

static void put_text(struct line *line, struct text text)
{
    if (log_to.format == LOG_LOGFMT && fits(line, text.size) && is_plain(text)) {
        put(line, text.data, text.size);
    } else {
        put_quoted(line, text);
    }
}

static void put_value(struct line *line, const struct log_field *field)
{
    char digits[24];
    switch (field->kind) {
    case LOG_FIELD_TEXT:
        put_text(line, field->text);
        break;
    case LOG_FIELD_NUMBER: {
        int size = snprintf(digits, sizeof digits, "%" PRId64, field->number);
        must(size > 0 && size < (int)sizeof digits);
        put(line, digits, (size_t)size);
        break;
    }
    case LOG_FIELD_BOOLEAN:
        put_string(line, field->number ? "true" : "false");
        break;
    case LOG_FIELD_END:
        break;
    }
}

/* A field whose name or number does not fit is left out whole; a text is cut. */
static void put_field(struct line *line, const struct log_field *field)
{
    size_t before = line->size;
    if (field->kind == LOG_FIELD_TEXT && !text_is_set(field->text)) {
        return;
    }
    put_name(line, field->name);
    size_t named = line->size;
    if (!line->cut) {
        put_value(line, field);
    }
    if (line->cut && line->size == named) {
        line->size = before;
    }
}

static void send_line(const struct line *line)
{
    ssize_t written;
    do {
        written = write(log_to.descriptor, line->data, line->size);
    } while (written < 0 && errno == EINTR);
    /* Where the log can't be written there is nobody to tell, and the work goes on. */
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line = {.size = 0};
    char time[TIME_TEXT_SIZE];
    const char *worker = log_to.worker[0] ? log_to.worker : NULL;
    const struct log_field head[] = {
        log_string("ts", time_format(clock_now_ms(), time)),
        log_string("level", level_names[level]),
        log_string("event", event),
        log_string("worker", worker),
    };
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        put_field(&line, &head[i]);
    }
    for (; fields->kind != LOG_FIELD_END && !line.cut; fields++) {
        put_field(&line, fields);
    }
    if (log_to.format == LOG_JSON) {
        put_tail(&line, line.cut ? ",\"cut\":true}\n" : "}\n");
    } else {
        put_tail(&line, line.cut ? " cut=true\n" : "\n");
    }
    send_line(&line);
}

/* ---- Set-up ------------------------------------------------------------------------------- */

void log_init(enum log_format format, enum log_level level, const char *worker)
{
    log_to.format = format;
    log_to.level = level;
    int size = snprintf(log_to.worker, sizeof log_to.worker, "%s", worker ? worker : "");
    must(size >= 0 && size < (int)sizeof log_to.worker);
}

void log_set_descriptor(int descriptor)
{
    log_to.descriptor = descriptor;
}

bool log_enabled(enum log_level level)
{
    return level <= log_to.level;
}

static int index_of(const char *word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

bool log_level_parse(const char *word, enum log_level *ret_level)
{
    int index = index_of(word, level_names, LEVEL_COUNT);
    if (index >= 0) {
        *ret_level = (enum log_level)index;
    }
    return index >= 0;
}

bool log_format_parse(const char *word, enum log_format *ret_format)
{
    int index = index_of(word, format_names, FORMAT_COUNT);
    if (index >= 0) {
        *ret_format = (enum log_format)index;
    }
    return index >= 0;
}

void log_kafka(const rd_kafka_t *client, int level, const char *facility, const char *words)
{
    /* One list of properties serves producers and consumers, so each warns of the other's. */
    bool expected = strcmp(facility, "CONFWARN") == 0;
    enum log_level ours = level <= SYSLOG_WARNING && !expected ? LOG_WARN : LOG_DEBUG;
    log_event(ours, "kafka", log_string("client", client ? rd_kafka_name(client) : NULL),
              log_string("facility", facility), log_string("words", words));
}
