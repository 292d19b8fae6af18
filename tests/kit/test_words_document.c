#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../page.h"
#include "kit/words.h"
#include "kit/words_message.h"
#include "words_support.h"

static const struct {
    const char *locale;
    const char *name;
} readers[] = {{"en", "English"}, {"zh-CN", "中文"}};

static struct arena *arena;
static struct words *words;

static int set_up(void **state)
{
    (void)state;
    struct error error;
    arena = arena_new(16 << 20);
    return arena && words_load(SHORTFALL_SOURCE_DIR "/deploy/policies/words", &words, &error) == OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    words_free(words);
    arena_free(arena);
    return 0;
}

static void print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    assert_true(vfprintf(out, format, arguments) >= 0);
    va_end(arguments);
}

static const char *presence_words(enum words_field field)
{
    switch (words_field_presence(field)) {
    case WORDS_ALWAYS:
        return "always there";
    case WORDS_OPTIONAL:
        return "inside `{if}`";
    case WORDS_CONDITION:
        return "only for `{if}`";
    }
    return NULL;
}

static void print_fields(FILE *out, const char *title, enum words_scope scope)
{
    print(out, "### %s\n\n| field | what it is | |\n|---|---|---|\n", title);
    for (unsigned int i = 0; i < WORDS_FIELD_COUNT; i++) {
        enum words_field field = (enum words_field)i;
        if (words_field_scope(field) == scope) {
            print(out, "| `%s` | %s | %s |\n", words_field_name(field), words_field_meaning(field),
                  presence_words(field));
        }
    }
    print(out, "\n");
}

static void print_example(FILE *out, const struct example *example)
{
    if (example->title) {
        print(out, "#### %c%s\n\n", example->title[0] - 'a' + 'A', example->title + 1);
    }
    for (size_t i = 0; i < ROW_COUNT(readers); i++) {
        struct notification notification = example->notification;
        struct text subject;
        struct text body;
        notification.locale = text_of(readers[i].locale);
        assert_true(words_fill(words, &notification, arena, &subject, &body));
        print(out, "%s\n\n```text\n%s\n\n%s\n```\n\n", readers[i].name, subject.data, body.data);
    }
}

static void print_page(FILE *out)
{
    print(out, "# Messages\n\n"
               "Every message that buyers, sellers and support get, filled with examples. This "
               "page is made by\n`SHORTFALL_WRITE_DOCS=1 test_kit_words_document`, so don't edit "
               "it: the words are the files in\n`deploy/policies/words`, and its README says how "
               "to change them.\n\n## Fields\n\n");
    print_fields(out, "Of the message", WORDS_MESSAGE);
    print_fields(out, "Of a line, inside `{each line}`", WORDS_LINE);
    print_fields(out, "Of a choice, inside `{each choice}`", WORDS_CHOICE);
    print(out, "Money counts as set where it is above zero.\n\n");
    for (size_t at = 0; at < WORDS_MESSAGE_COUNT; at++) {
        const struct words_message *message = words_message_at(at);
        size_t shown = 0;
        print(out, "## %s\n\nSent when %s.\n\n", message->name, message->when);
        for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
            if (words_message_of(&examples[i].notification) == at) {
                print_example(out, &examples[i]);
                shown++;
            }
        }
        assert_true(shown > 0);
    }
}

/* Set SHORTFALL_WRITE_DOCS=1 to write the page anew. */
static void test_the_page_of_messages_is_what_readers_get(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print_page(out);
    assert_int_equal(fclose(out), 0);
    expect_page(SHORTFALL_SOURCE_DIR "/docs/MESSAGES.md", text, getenv("SHORTFALL_WRITE_DOCS"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_of_messages_is_what_readers_get),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
