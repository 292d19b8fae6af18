#include "kit/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/must.h"
#include "kit/nearest.h"
#include "kit/words_message.h"
#include "kit/words_source.h"
#include "kit/words_template.h"

enum {
    MEMORY_MAX = 64 << 20, /* of all locales together */
    WARNINGS_MAX = 256,    /* more are left out */
    PATH_SIZE = 4096,
};

struct locale {
    struct text name;
    const struct words_form *form;
    struct words_template templates[WORDS_MESSAGE_COUNT];
    bool has[WORDS_MESSAGE_COUNT];
};

struct words {
    struct arena *arena; /* owned; all texts */
    struct locale *locales[WORDS_LOCALES_MAX];
    size_t locale_count;
    const struct locale *fallback; /* the default locale */
    const char *warnings[WARNINGS_MAX];
    size_t warning_count;
};

/* ---- Loading --------------------------------------------------------------------------------- */

static enum status no_memory(struct error *error)
{
    return error_set(error, FATAL, "no memory for the words");
}

static enum status locale_of(struct words *words, const struct words_file *file,
                             struct locale **ret_locale, struct error *error)
{
    for (size_t i = 0; i < words->locale_count; i++) {
        if (text_equal(words->locales[i]->name, file->locale)) {
            *ret_locale = words->locales[i];
            return OK;
        }
    }
    if (words->locale_count == WORDS_LOCALES_MAX) {
        return error_set(error, FATAL, "%s: words in more than %d locales", file->path,
                         WORDS_LOCALES_MAX);
    }
    struct locale *locale = arena_take(words->arena, sizeof *locale);
    if (!locale) {
        return no_memory(error);
    }
    locale->name = file->locale;
    locale->form = words_form_of(file->locale);
    words->locales[words->locale_count++] = locale;
    *ret_locale = locale;
    return OK;
}

static enum status refuse_file(const struct words_file *file, struct error *error)
{
    const char *names[WORDS_MESSAGE_COUNT];
    for (size_t i = 0; i < WORDS_MESSAGE_COUNT; i++) {
        names[i] = words_message_at(i)->name;
    }
    const char *nearest = nearest_name(file->name, names, WORDS_MESSAGE_COUNT);
    return nearest
               ? error_set(error, FATAL, "%s: no message has this name; did you mean %s.txt?",
                           file->path, nearest)
               : error_set(error, FATAL,
                           "%s: no message has this name; docs/MESSAGES.md lists them", file->path);
}

/* A warning for each field of the set. */
static enum status warn(struct words *words, const char *path, uint64_t fields, const char *of_what,
                        struct error *error)
{
    for (unsigned int i = 0; i < WORDS_FIELD_COUNT; i++) {
        if ((fields & WORDS_BIT(i)) == 0 || words->warning_count == WARNINGS_MAX) {
            continue;
        }
        struct text warning = arena_format(words->arena, "%s: {%s} %s", path,
                                           words_field_name((enum words_field)i), of_what);
        if (!warning.data) {
            return no_memory(error);
        }
        words->warnings[words->warning_count++] = warning.data;
    }
    return OK;
}

/* What every message has, whatever it is about. */
static uint64_t fields_of_all(void)
{
    uint64_t fields = 0;
    for (unsigned int i = 0; i < WORDS_FIELD_COUNT; i++) {
        enum words_field field = (enum words_field)i;
        bool always = words_field_presence(field) == WORDS_ALWAYS;
        fields |= always && words_field_scope(field) == WORDS_MESSAGE ? WORDS_BIT(field) : 0;
    }
    return fields;
}

static enum status take_file(struct words *words, const struct words_file *file,
                             struct error *error)
{
    struct locale *locale = NULL;
    size_t index = words_message_find(file->name);
    if (index == WORDS_MESSAGE_COUNT) {
        return refuse_file(file, error);
    }
    const struct words_message *message = words_message_at(index);
    enum status status = locale_of(words, file, &locale, error);
    if (status != OK) {
        return status;
    }
    must(locale);
    struct words_template *template = &locale->templates[index];
    status = words_template_read(file->path, file->text, words->arena, template, error);
    if (status != OK) {
        return status;
    }
    locale->has[index] = true;
    status = warn(words, file->path, message->tells & ~template->fields,
                  "is not told, though the reader needs it", error);
    return status ? status
                  : warn(words, file->path, template->fields & ~message->carries & ~fields_of_all(),
                         "is never set in this message", error);
}

static enum status check_complete(const struct words *words, const char *dir, struct error *error)
{
    for (size_t i = 0; i < words->locale_count; i++) {
        const struct locale *locale = words->locales[i];
        for (size_t at = 0; at < WORDS_MESSAGE_COUNT; at++) {
            if (!locale->has[at]) {
                return error_set(
                    error, FATAL, "%s/%.*s/%s.txt is missing: a locale has words for every message",
                    dir, (int)locale->name.size, locale->name.data, words_message_at(at)->name);
            }
        }
    }
    if (!words->fallback) {
        return error_set(error, FATAL,
                         "%s/" WORDS_DEFAULT_LOCALE " is missing: it has the words for readers of "
                         "every language that has none of its own",
                         dir);
    }
    return OK;
}

static enum status read_all(struct words *words, const char *dir, struct error *error)
{
    struct words_files list = {NULL, 0};
    enum status status = dir ? words_folder_read(dir, words->arena, &list, error)
                             : words_built_in_read(words->arena, &list, error);
    for (size_t i = 0; i < list.count && status == OK; i++) {
        status = take_file(words, &list.files[i], error);
    }
    for (size_t i = 0; i < words->locale_count; i++) {
        if (words_locale_equal(words->locales[i]->name, TEXT(WORDS_DEFAULT_LOCALE))) {
            words->fallback = words->locales[i];
        }
    }
    return status ? status : check_complete(words, dir ? dir : "(built in)", error);
}

enum status words_load(const char *dir, struct words **ret_words, struct error *error)
{
    struct words *words = calloc(1, sizeof *words);
    if (!words) {
        return no_memory(error);
    }
    words->arena = arena_new(MEMORY_MAX);
    enum status status = words->arena ? read_all(words, dir, error) : no_memory(error);
    if (status != OK) {
        words_free(words);
        return status;
    }
    *ret_words = words;
    return OK;
}

enum status words_load_configured(const struct settings *settings, struct words **ret_words,
                                  struct error *error)
{
    char path[PATH_SIZE];
    struct stat found;
    const char *dir = settings_text(settings, "words.dir");
    if (*dir) {
        return words_load(dir, ret_words, error);
    }
    int size = snprintf(path, sizeof path, "%s/words", settings_text(settings, "policy.dir"));
    bool beside = size > 0 && size < PATH_SIZE && stat(path, &found) == 0;
    return words_load(beside ? path : NULL, ret_words, error);
}

void words_free(struct words *words)
{
    if (words) {
        arena_free(words->arena);
        free(words);
    }
}

size_t words_warning_count(const struct words *words)
{
    return words->warning_count;
}

const char *words_warning(const struct words *words, size_t index)
{
    must(index < words->warning_count);
    return words->warnings[index];
}

/* ---- Filling --------------------------------------------------------------------------------- */

/* Of several locales of a language the one that is just the language, else the first. */
static const struct locale *find_locale(const struct words *words, struct text wanted)
{
    struct text language = words_language_of(wanted);
    const struct locale *of_language = NULL;
    for (size_t i = 0; i < words->locale_count; i++) {
        const struct locale *locale = words->locales[i];
        if (words_locale_equal(locale->name, wanted)) {
            return locale;
        }
        bool is_language = words_locale_equal(locale->name, language);
        if (is_language ||
            (!of_language && words_locale_equal(words_language_of(locale->name), language))) {
            of_language = locale;
        }
    }
    return of_language ? of_language : words->fallback;
}

static bool fill_part(const struct words_part *part, const struct notification *notification,
                      const struct words_form *form, struct arena *arena, struct text *ret_text)
{
    /* A line is filled before it is known whether it fits. */
    struct buffer buffer = {.limit = 2 * WORDS_BODY_SIZE_MAX};
    words_part_fill(part, notification, form, &buffer);
    bool filled = !buffer.failed;
    if (filled) {
        must(buffer.size > 0 && buffer.size <= WORDS_BODY_SIZE_MAX);
        *ret_text =
            arena_text(arena, (struct text){(const char *)buffer.data, (uint32_t)buffer.size});
        filled = text_is_set(*ret_text);
    }
    buffer_done(&buffer);
    return filled;
}

bool words_fill(const struct words *words, const struct notification *notification,
                struct arena *arena, struct text *ret_subject, struct text *ret_body)
{
    const struct locale *locale = find_locale(words, notification->locale);
    const struct words_template *template = &locale->templates[words_message_of(notification)];
    struct text subject;
    struct text body;
    if (!fill_part(&template->subject, notification, locale->form, arena, &subject) ||
        !fill_part(&template->body, notification, locale->form, arena, &body)) {
        return false;
    }
    *ret_subject = subject;
    *ret_body = body;
    return true;
}
