#include "shortfall/phrase.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/money.h"

void phrase(struct buffer *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    must(size >= 0);
    if (!buffer_reserve(out, (size_t)size + 1)) {
        return;
    }
    va_start(arguments, format);
    int written = vsnprintf((char *)out->data + out->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    must(written == size);
    out->size += (size_t)size;
}

void phrase_time(struct buffer *out, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    phrase(out, "%s", time_format(ms, text));
}

void phrase_money(struct buffer *out, int64_t amount_minor, struct text currency)
{
    char text[MONEY_TEXT_SIZE];
    phrase(out, "%s", money_text(amount_minor, currency, text));
}

void phrase_time_set(struct buffer *out, const char *before, struct optional_long time_ms)
{
    if (time_ms.set) {
        phrase(out, "%s", before);
        phrase_time(out, time_ms.value);
    }
}

void phrase_money_set(struct buffer *out, const char *before, struct optional_long amount_minor,
                      struct text currency)
{
    if (amount_minor.set) {
        phrase(out, "%s", before);
        phrase_money(out, amount_minor.value, currency);
    }
}

void phrase_rate(struct buffer *out, int32_t rate_bp)
{
    int32_t rest = rate_bp % 100;
    if (rest == 0) {
        phrase(out, "%d %%", rate_bp / 100);
    } else if (rest % 10 == 0) {
        phrase(out, "%d.%d %%", rate_bp / 100, rest / 10);
    } else {
        phrase(out, "%d.%02d %%", rate_bp / 100, rest);
    }
}

const char *age_text(int64_t age_ms, char ret_text[TIME_TEXT_SIZE])
{
    enum { SECOND_MS = 1000 };
    return duration_format(age_ms < 0 ? 0 : age_ms - age_ms % SECOND_MS, ret_text);
}

const char *phrase_mark(bool holds)
{
    return holds ? "\xe2\x9c\x93" : "\xe2\x9c\x97"; /* a check mark, a ballot x */
}

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("-_.:/@%+=,", c));
}

void phrase_shell_word(struct buffer *out, struct text text)
{
    bool plain = text.size > 0;
    for (uint32_t i = 0; i < text.size && plain; i++) {
        plain = is_plain(text.data[i]);
    }
    phrase(out, "%s", plain ? "" : "'");
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'') {
            phrase(out, "'\\''");
        } else {
            phrase(out, "%c", text.data[i]);
        }
    }
    phrase(out, "%s", plain ? "" : "'");
}

static const struct field_type *field_of(const struct record_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (text_equal(text_of(type->fields[i].name), text_of(name))) {
            return &type->fields[i];
        }
    }
    must(!"the record has such a field");
    return NULL;
}

const char *symbol_of(const struct record_type *type, const char *field, unsigned int value)
{
    const char *const *symbols = field_of(type, field)->symbols;
    must(symbols);
    for (unsigned int at = 0; symbols[at]; at++) {
        if (at == value) {
            return symbols[at];
        }
    }
    return symbols[0];
}

const char *line_state_name(enum line_state state)
{
    return symbol_of(field_of(&type_case_event, "lines")->record, "after", state);
}
