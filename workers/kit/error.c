#include "kit/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Words that are too long are cut; a broken format leaves an empty text rather than an old one. */
static void format_words(char *words, const char *format, va_list arguments)
{
    if (vsnprintf(words, ERROR_SIZE, format, arguments) < 0) {
        words[0] = '\0';
    }
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_words(error->text, format, arguments);
    va_end(arguments);
    return status;
}

enum status error_prefix(struct error *error, enum status status, const char *format, ...)
{
    char prefix[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    format_words(prefix, format, arguments);
    va_end(arguments);
    size_t taken = strlen(prefix);
    size_t room = sizeof error->text - 1 - taken;
    size_t kept = strnlen(error->text, sizeof error->text - 1);
    if (kept > room) {
        kept = room;
    }
    memmove(error->text + taken, error->text, kept);
    memcpy(error->text, prefix, taken);
    error->text[taken + kept] = '\0';
    return status;
}

const char *status_name(enum status status)
{
    switch (status) {
    case OK:
        return "OK";
    case RETRY:
        return "RETRY";
    case POISON:
        return "POISON";
    case ABORT_TXN:
        return "ABORT_TXN";
    case FATAL:
        return "FATAL";
    }
    return "?";
}
