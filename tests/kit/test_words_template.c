#include "kit/words_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "words_support.h"

#define SUBJECT "Order {order_id}\n\n" /* a good beginning: the body is from line 3 on */

static struct arena *arena;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static enum status read_template(struct text source, struct words_template *template)
{
    error.text[0] = '\0';
    return words_template_read("en/x.txt", source, arena, template, &error);
}

/* The part, filled in English; in the arena. */
static const char *filled(const struct words_part *part, const struct notification *notification)
{
    struct buffer out = {0};
    words_part_fill(part, notification, words_form_of(TEXT("en")), &out);
    assert_false(out.failed);
    struct text text = arena_text(arena, (struct text){(const char *)out.data, (uint32_t)out.size});
    buffer_done(&out);
    return text.data;
}

static const char *filled_body(const char *body, const struct notification *notification)
{
    struct words_template template;
    struct text source = arena_format(arena, SUBJECT "%s", body);
    if (read_template(source, &template) != OK) {
        fail_msg("%s: %s", body, error.text);
    }
    return filled(&template.body, notification);
}

/* ---- What is written is what comes out ------------------------------------------------------- */

static const struct notification mixed = {BUYER(SHORTAGE), .wording = WORDING_PLAIN,
                                          .notice = SET(1), LINES(lines_mixed)};
static const struct notification bare = {.order_id = TEXT("o1"), .currency = TEXT("USD")};

static void test_each_piece_of_the_syntax_does_what_it_says(void **state)
{
    static const struct {
        const char *body;
        const char *mixed;
        const char *bare;
    } rows[] = {
        {"Hello.", "Hello.", "Hello."},
        {"Hello.\r\n\r\nBye.\r\n", "Hello.\n\nBye.", "Hello.\n\nBye."},
        {"Hello {order_id}.\n", "Hello 2026111100042.", "Hello o1."},
        {"a {{order_id}} b", "a {order_id} b", "a {order_id} b"},
        {"a }}{{ b", "a }{ b", "a }{ b"},
        {"a{if notice} {notice}{end if} b", "a 1 b", "a b"},
        {"a{if notice} yes{else} no{end if} b", "a yes b", "a no b"},
        {"a\n{if notice}\nyes\n{else}\nno\n{end if}\nb", "a\nyes\nb", "a\nno\nb"},
        {"a\n  {if notice} \t{end if}\nb", "a\nb", "a\nb"},
        {"a\n{if notice}{notice}{end if}\nb", "a\n1\nb", "a\n\nb"},
        {"a{if notice}{if reason}x{else}{notice}{end if}{else}y{end if}", "a1", "ay"},
        {"a{if notice}{else} none{end if}", "a", "a none"},
        {"a\n\n\n\nb\n\n\n", "a\n\nb", "a\n\nb"},
        {"\n\n\na", "a", "a"},
        {"a:{each line} {line_no}{end line}.", "a: 1 2.", "a:."},
        {"a:\n{each line}\n{sku} x {quantity}\n{end line}",
         "a:\nshop7:kettle-1.7l x 1\nshop7:cup-blue x 2", "a:"},
        {"a{each line} {line_no}:{each choice}{if wait}w{end if}{if substitute}s{end if}"
         "{if cancel}c{end if}{end choice}{end line}",
         "a 1:wssc 2:c", "a"},
        {"a{each line} {each choice}{if refund}{refund}{else}-{end if} {end choice}{end line}",
         "a - CN¥20.00 - CN¥259.00  CN¥59.00 ", "a"},
        {"a{each line}{if expected_date} {expected_date}{else} none{end if}{end line}"
         "{if expected_date} {expected_date}{else} none{end if}",
         "a 20 November 2026, 00:00 UTC none none", "a none"},
        {"a{each line} {order_id}/{line_no}{end line}{each line} {line_no}{end line}",
         "a 2026111100042/1 2026111100042/2 1 2", "a"},
        {"a{each line}{if decide_by}{each choice}{decide_by};{end choice}{end if}{end line}",
         "a13 November 2026, 00:00 UTC;13 November 2026, 00:00 UTC;13 November 2026, 00:00 UTC;"
         "13 November 2026, 00:00 UTC;12 November 2026, 00:00 UTC;",
         "a"},
        {"a{each line}{if silence_refund} r{end if}{if silence_wait} w{end if}{end line}", "a r r",
         "a"},
        {"a{each line}{if paid} {paid}{end if}{if queue_place} #{queue_place}{end if}{end line}",
         "a CN¥259.00 #3 CN¥59.00", "a"},
        {"中文 {order_id}。", "中文 2026111100042。", "中文 o1。"},
        {"a{if lines_left}, {lines_left} more{end if}", "a", "a"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        assert_string_equal(filled_body(rows[i].body, &mixed), rows[i].mixed);
        assert_string_equal(filled_body(rows[i].body, &bare), rows[i].bare);
    }
}

static void test_the_first_line_is_the_subject(void **state)
{
    (void)state;
    struct words_template template;
    struct text source =
        TEXT("\xef\xbb\xbfOrder {order_id}{if notice} ({notice}){end if}\r\n\r\nBody\n");
    assert_int_equal(read_template(source, &template), OK);
    assert_string_equal(filled(&template.subject, &mixed), "Order 2026111100042 (1)");
    assert_string_equal(filled(&template.subject, &bare), "Order o1");
    assert_string_equal(filled(&template.body, &bare), "Body");
}

static void test_money_is_set_where_it_is_above_zero_and_has_a_currency(void **state)
{
    static const struct {
        struct optional_long amount_minor;
        const char *currency;
        const char *body;
    } rows[] = {
        {SET(1), "USD", "a $0.01"},
        {SET(0), "USD", "a -"},
        {SET(-1), "USD", "a -"},
        {{0}, "USD", "a -"},
        {SET(5), "", "a -"},
        {SET(5), NULL, "a -"},
        {SET(5), "XXXX", "a 0.05 XXXX"},
        {SET(5), "C\nY", "a -"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct notification notification = {.order_id = TEXT("o1"),
                                            .amount_minor = rows[i].amount_minor,
                                            .currency = text_of(rows[i].currency)};
        assert_string_equal(filled_body("a {if amount}{amount}{else}-{end if}", &notification),
                            rows[i].body);
    }
}

static void test_a_value_is_text_whatever_is_in_it(void **state)
{
    static const struct {
        struct text value;
        const char *printed;
    } rows[] = {
        {TEXT("{order_id}"), "{order_id}"},
        {TEXT("{if notice}{{}}%s%n\\"), "{if notice}{{}}%s%n\\"},
        {TEXT("a\nSubject: b\r\n\tc"), "a Subject: b   c"},
        {TEXT("\0a\x1b[31m\x7f"), " a [31m "},
        {TEXT("a\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6z"), "a    z"},
        {TEXT("壶 é 😀"), "壶 é 😀"},
        {TEXT("\xff\xfe{"), "??{"},
        {TEXT("<b>&amp;</b>"), "<b>&amp;</b>"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct notice_line line = {.sku = rows[i].value};
        struct notification notification = {
            .order_id = rows[i].value, .reason = rows[i].value, .lines = &line, .line_count = 1};
        const char *body = filled_body("[{order_id}][{if reason}{reason}{end if}]"
                                       "[{each line}{sku}{end line}]",
                                       &notification);
        struct text expected =
            arena_format(arena, "[%s][%s][%s]", rows[i].printed, rows[i].printed, rows[i].printed);
        assert_string_equal(body, expected.data);
    }
}

static void test_a_value_is_cut_between_characters(void **state)
{
    (void)state;
    char long_id[600];
    for (size_t i = 0; i < sizeof long_id; i += 3) {
        memcpy(long_id + i, "壶", 3);
    }
    struct notification notification = {.order_id = {long_id, sizeof long_id}};
    struct text body = text_of(filled_body(".{order_id}", &notification));
    assert_int_equal(body.size, 1 + WORDS_VALUE_SIZE / 3 * 3);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static void test_lines_without_room_are_counted_and_the_end_is_never_cut(void **state)
{
    (void)state;
    static struct notice_line lines[2000];
    for (size_t i = 0; i < ROW_COUNT(lines); i++) {
        lines[i] = (struct notice_line){.line_no = (int32_t)i + 1,
                                        .sku = TEXT("a-sku"),
                                        .choices = choices_all,
                                        .choice_count = ROW_COUNT(choices_all)};
    }
    struct notification notification = {
        .order_id = TEXT("o1"), .currency = TEXT("CNY"), LINES(lines)};
    static const char body[] =
        "{each line}\n{line_no} {sku}\n{each choice}\nA choice among others, which has some words "
        "to it.\n{end choice}\n{end line}\n{if lines_left}\n{lines_left} left.\n{end if}\nThe end.";
    struct text text = text_of(filled_body(body, &notification));
    assert_true(text.size <= WORDS_BODY_SIZE_MAX);
    assert_true(text.size > WORDS_BODY_SIZE_MAX - 4096);
    int last = 0;
    int left = 0;
    const char *end = strstr(text.data, " left.\nThe end.");
    assert_non_null(end);
    while (end[-1] != '\n') {
        end--;
    }
    assert_int_equal(sscanf(end, "%d", &left), 1);
    for (const char *at = text.data; (at = strstr(at, " a-sku")); at++) {
        last++;
    }
    assert_int_equal(last + left, 2000);
    assert_true(left > 0);

    notification.line_count = 10;
    assert_null(strstr(filled_body(body, &notification), "left"));
}

static void test_more_choices_than_there_can_be_are_left_out(void **state)
{
    (void)state;
    static struct notice_choice choices[40];
    struct notice_line line = {.choices = choices, .choice_count = ROW_COUNT(choices)};
    struct notification notification = {.lines = &line, .line_count = 1};
    assert_int_equal(
        strlen(filled_body("a{each line}{each choice}b{end choice}{end line}", &notification)),
        1 + SUBSTITUTES_MAX + 2);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

#define EIGHT(text) text text text text text text text text

static const struct {
    const char *source;
    const char *words; /* a part of the refusal */
} wrong[] = {
    {"", "en/x.txt:1: the first line is the subject: it can't be empty"},
    {"\n\nBody", "en/x.txt:1: the first line is the subject"},
    {" \t\n\nBody", "en/x.txt:1: the first line is the subject"},
    {"Subject\nBody", "en/x.txt:2: the second line must be empty: it parts subject and body"},
    {"Subject", "en/x.txt:2: the body could be empty"},
    {"Subject\n\n\n \n", "en/x.txt:4: the body could be empty: it needs words outside of {if} "
                         "and {each}"},
    {"{if amount}x{end if}\n\nBody", "en/x.txt:1: the subject could be empty"},
    {SUBJECT "{if amount}x{else}y{end if}", "en/x.txt:3: the body could be empty"},
    {SUBJECT "{order_id}", "en/x.txt:3: the body could be empty"},
    {SUBJECT "a\n{ordr_id}", "en/x.txt:4: there is no {ordr_id}; did you mean {order_id}?"},
    {"{ordr_id}\n\nBody", "en/x.txt:1: there is no {ordr_id}; did you mean {order_id}?"},
    {SUBJECT "{if amuont}", "en/x.txt:3: there is no {if amuont}; did you mean {if amount}?"},
    {SUBJECT "{end fi}", "en/x.txt:3: there is no {end fi}; did you mean {end if}?"},
    {SUBJECT "{esle}", "en/x.txt:3: there is no {esle}; did you mean {else}?"},
    {SUBJECT "{each lines}", "there is no {each lines}; did you mean {each line}?"},
    {SUBJECT "{something}", "there is no {something}; docs/MESSAGES.md lists the fields"},
    {SUBJECT "{if x}", "there is no {if x}; docs/MESSAGES.md lists the fields"},
    {SUBJECT "{ order_id }", "there is no { order_id }; did you mean {order_id}?"},
    {SUBJECT "{if  amount}", "there is no {if  amount}; did you mean {if amount}?"},
    {SUBJECT "{Order_ID}", "there is no {Order_ID}; did you mean {order_id}?"},
    {SUBJECT "{sku}", "en/x.txt:3: {sku} belongs inside {each line} … {end line}"},
    {SUBJECT "{if decide_by}", "{decide_by} belongs inside {each line} … {end line}"},
    {SUBJECT "a{each line}{if refund}", "{refund} belongs inside {each choice} … {end choice}"},
    {SUBJECT "\n\n{amount}", "en/x.txt:5: {amount} is not always there: put it into "
                             "{if amount} … {end if}"},
    {SUBJECT "{if amount}a{else}{amount}{end if}", "{amount} is not always there"},
    {SUBJECT "{if amount}a{end if}{amount}", "{amount} is not always there"},
    {SUBJECT "a{if expected_date}{each line}{expected_date}{end line}{end if}",
     "{expected_date} is not always there"},
    {SUBJECT "{each line}{if expected_date}{each choice}{expected_date}",
     "{expected_date} is not always there"},
    {SUBJECT "{cash}", "{cash} has no value: it is for {if cash} … {end if}"},
    {SUBJECT "{if order_id}", "{order_id} is always there: take the {if} away"},
    {SUBJECT "{each line}{if sku}", "{sku} is always there: take the {if} away"},
    {SUBJECT "a\n{if amount}\nb\n", "en/x.txt:4: {if amount} is not closed: put {end if} "
                                    "where it ends"},
    {SUBJECT "a\n{each line}\nb\n", "en/x.txt:4: {each line} is not closed: put {end line}"},
    {SUBJECT "{each line}\n\n{each choice}\n{if wait}\n{end if}",
     "en/x.txt:5: {each choice} is not closed: put {end choice}"},
    {"a{if amount}b\n\nBody{end if}", "en/x.txt:1: {if amount} is not closed"},
    {SUBJECT "a{end if}", "en/x.txt:3: {end if} closes nothing"},
    {SUBJECT "a{end line}", "{end line} closes nothing"},
    {SUBJECT "a{end choice}", "{end choice} closes nothing"},
    {SUBJECT "{if amount}\n{end line}", "en/x.txt:4: {end line}, but {if amount} of line 3 is "
                                        "still open"},
    {SUBJECT "{each line}\n{end if}", "{end if}, but {each line} of line 3 is still open"},
    {SUBJECT "{else}", "{else} without its {if}"},
    {SUBJECT "{each line}{else}", "{else} without its {if}"},
    {SUBJECT "{if amount}{else}\n{else}", "en/x.txt:4: a second {else}; the {if} is in line 3"},
    {SUBJECT "{each line}{each line}", "{each line} inside of another one"},
    {SUBJECT "{each line}{each choice}{each line}", "{each line} inside of another one"},
    {SUBJECT "{each line}{each choice}{each choice}", "{each choice} inside of another one"},
    {SUBJECT "{each choice}", "{each choice} belongs inside {each line} … {end line}"},
    {"a{each line}\n\nBody", "en/x.txt:1: the subject is one line: it can't have {each line}"},
    {SUBJECT EIGHT("{if amount}") "{if amount}", "blocks are more than 8 deep"},
    {SUBJECT "a { b", "a { without its } in the same line; for the sign itself write {{"},
    {SUBJECT "a {order_id\n}", "en/x.txt:3: a { without its } in the same line"},
    {SUBJECT "a {or{der_id}", "a { without its } in the same line"},
    {SUBJECT "a {", "a { without its } in the same line"},
    {SUBJECT "a {}", "a { without its } in the same line"},
    {SUBJECT "a } b", "a } without its {; for the sign itself write }}"},
    {SUBJECT "a\nb\x01", "en/x.txt:4: a control character, 0x01"},
    {SUBJECT "a\rb", "en/x.txt:3: a control character, 0x0d"},
    {SUBJECT "a\x7f", "a control character, 0x7f"},
    {SUBJECT "a\n\xc3(", "en/x.txt:4: this line is not in UTF-8"},
    {"\xff\n\nBody", "en/x.txt:1: this line is not in UTF-8"},
};

static void test_what_is_wrong_is_refused_with_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(wrong); i++) {
        struct words_template template;
        assert_int_equal(read_template(text_of(wrong[i].source), &template), FATAL);
        if (!strstr(error.text, wrong[i].words)) {
            fail_msg("'%s' is not in: %s", wrong[i].words, error.text);
        }
    }
}

/* `count` times `piece`, between a beginning and an end. */
static struct text repeated(const char *start, const char *piece, size_t count, const char *end)
{
    size_t size = strlen(start) + count * strlen(piece) + strlen(end);
    char *text = arena_take(arena, size + 1);
    assert_non_null(text);
    char *at = stpcpy(text, start);
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, piece);
    }
    (void)stpcpy(at, end);
    return (struct text){text, (uint32_t)size};
}

static void test_what_is_too_much_is_refused(void **state)
{
    (void)state;
    const struct {
        struct text source;
        const char *words;
    } rows[] = {
        {repeated(SUBJECT, "a", WORDS_FILE_SIZE_MAX, ""), "en/x.txt:1: the file has more than"},
        {repeated("", "a", 600, "\n\nBody"), "en/x.txt:1: the subject could be too long"},
        {repeated("a", "{order_id}", 9, "\n\nBody"), "the subject could be too long"},
        {repeated(SUBJECT "a", "{order_id}", 1030, ""), "more than 1024 parts"},
        {repeated(SUBJECT "a{each line}{each choice}", "{order_id}", 150, "{end choice}{end line}"),
         "en/x.txt:3: the body could be too long, more than 262144 bytes"},
        {repeated(SUBJECT "{", "a", 100, "}"), "a { without its }"},
    };
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct words_template template;
        assert_int_equal(read_template(rows[i].source, &template), FATAL);
        if (!strstr(error.text, rows[i].words)) {
            fail_msg("'%s' is not in: %s", rows[i].words, error.text);
        }
    }
}

/* Whatever a file is made of, it is read or refused, and what is read can be filled. */
static void test_any_sequence_of_pieces_is_read_or_refused(void **state)
{
    static const char *const pieces[] = {"a",
                                         " ",
                                         "\n",
                                         "{",
                                         "}",
                                         "{{",
                                         "}}",
                                         "{order_id}",
                                         "{if amount}",
                                         "{amount}",
                                         "{else}",
                                         "{end if}",
                                         "{each line}",
                                         "{sku}",
                                         "{if decide_by}",
                                         "{decide_by}",
                                         "{end line}",
                                         "{each choice}",
                                         "{if wait}",
                                         "{end choice}",
                                         "{if refund}",
                                         "{refund}",
                                         "\xc3",
                                         "\x02"};
    uint32_t seed = 1;
    size_t read = 0;
    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[512] = "S\n\nB";
        char *at = text + strlen(text);
        uint32_t count = 1 + (seed >> 16) % 16;
        for (uint32_t i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            at = stpcpy(at, pieces[(seed >> 16) % (ROW_COUNT(pieces) - (round % 4 ? 2 : 0))]);
        }
        struct words_template template;
        enum status status = read_template(text_of(text), &template);
        if (status == OK) {
            read++;
            assert_true(strlen(filled(&template.body, &mixed)) > 0);
            assert_true(strlen(filled(&template.body, &bare)) > 0);
        } else {
            assert_int_equal(status, FATAL);
            assert_non_null(strstr(error.text, "en/x.txt:"));
        }
        arena_reset(arena);
    }
    assert_true(read > 1000);
}

static void test_no_memory_is_told(void **state)
{
    (void)state;
    struct words_template template;
    struct arena *small = arena_new(64);
    assert_non_null(small);
    assert_int_equal(
        words_template_read("en/x.txt", TEXT(SUBJECT "Body"), small, &template, &error), FATAL);
    assert_string_equal(error.text, "no memory for the words");
    arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_piece_of_the_syntax_does_what_it_says),
        cmocka_unit_test(test_the_first_line_is_the_subject),
        cmocka_unit_test(test_money_is_set_where_it_is_above_zero_and_has_a_currency),
        cmocka_unit_test(test_a_value_is_text_whatever_is_in_it),
        cmocka_unit_test(test_a_value_is_cut_between_characters),
        cmocka_unit_test(test_lines_without_room_are_counted_and_the_end_is_never_cut),
        cmocka_unit_test(test_more_choices_than_there_can_be_are_left_out),
        cmocka_unit_test(test_what_is_wrong_is_refused_with_file_and_line),
        cmocka_unit_test(test_what_is_too_much_is_refused),
        cmocka_unit_test(test_any_sequence_of_pieces_is_read_or_refused),
        cmocka_unit_test(test_no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
