#include "kit/metrics_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"

enum { DIGITS_ALWAYS_ENOUGH = 17 };

static void put(struct buffer *out, const char *string)
{
    buffer_append(out, string, strlen(string));
}

/* Line breaks and backslashes always, quotes within quotes. */
static void put_escaped(struct buffer *out, const char *string, bool quoted)
{
    for (; *string; string++) {
        if (*string == '\n') {
            put(out, "\\n");
        } else if (*string == '\\' || (quoted && *string == '"')) {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, (uint8_t)*string);
        } else {
            buffer_append_byte(out, (uint8_t)*string);
        }
    }
}

void metrics_text_head(struct buffer *out, const char *name, const char *help, const char *type)
{
    put(out, "# HELP ");
    put(out, name);
    put(out, " ");
    put_escaped(out, help, false);
    put(out, "\n# TYPE ");
    put(out, name);
    put(out, " ");
    put(out, type);
    put(out, "\n");
}

void metrics_text_sample(struct buffer *out, const char *name, const char *suffix,
                         const char *labels, double value)
{
    char number[METRICS_NUMBER_SIZE];
    put(out, name);
    put(out, suffix);
    if (*labels) {
        put(out, "{");
        put(out, labels);
        put(out, "}");
    }
    put(out, " ");
    put(out, metrics_text_number(value, number));
    put(out, "\n");
}

void metrics_text_label(struct buffer *labels, const char *name, const char *value)
{
    if (labels->size > 0) {
        put(labels, ",");
    }
    put(labels, name);
    put(labels, "=\"");
    put_escaped(labels, value, true);
    put(labels, "\"");
}

const char *metrics_text_number(double value, char ret_text[METRICS_NUMBER_SIZE])
{
    if (!isfinite(value)) {
        const char *word = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        memcpy(ret_text, word, strlen(word) + 1);
        return ret_text;
    }
    for (int digits = 6; digits <= DIGITS_ALWAYS_ENOUGH; digits++) {
        int size = snprintf(ret_text, METRICS_NUMBER_SIZE, "%.*g", digits, value);
        must(size > 0 && size < METRICS_NUMBER_SIZE);
        double read_back = strtod(ret_text, NULL);
        if (!(read_back < value) && !(read_back > value)) {
            break;
        }
    }
    return ret_text;
}

bool metrics_text_is_name(const char *name, bool colons)
{
    for (const char *at = name; *at; at++) {
        bool letter = isalpha((unsigned char)*at) || *at == '_' || (colons && *at == ':');
        if (!letter && (at == name || !isdigit((unsigned char)*at))) {
            return false;
        }
    }
    return *name != '\0';
}
