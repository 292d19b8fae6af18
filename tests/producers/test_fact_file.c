#include "fact_support.h"

#include "core/contract.h"
#include "producers/fact_file.h"

#define ORDER(id, at)                                                                  \
    "{\"order_id\":\"" id "\",\"marketplace\":\"m\",\"seller_id\":\"s\","              \
    "\"currency\":\"EUR\",\"paid_at\":" at ",\"lines\":[{\"line_no\":1,\"sku\":\"a\"," \
    "\"quantity\":2,\"paid_minor\":5}]}"

static struct fact_file *open_file(const char *name, enum topic topic)
{
    struct fact_file *file;
    struct error error;
    assert_int_equal(fact_file_open(name, topic, &file, &error), OK);
    return file;
}

/* Reads all; the order ids with blanks between, and at the end what went wrong. */
static void read_all(const char *name, char *words, size_t size)
{
    struct fact_file *file = open_file(name, TOPIC_ORDER_PAID);
    size_t used = 0;
    words[0] = '\0';
    for (bool more = true; more;) {
        struct fact fact;
        struct error error;
        enum status status = fact_file_next(file, &fact, &more, &error);
        int written = 0;
        if (status != OK) {
            written = snprintf(words + used, size - used, "%s", error.text);
            more = false;
        } else if (more) {
            written =
                snprintf(words + used, size - used, "%.*s ", (int)fact.key.size, fact.key.data);
        }
        used += (size_t)written;
        assert_true(used < size);
    }
    fact_file_free(file);
}

static void test_a_line_is_a_fact_with_key_and_time(void **state)
{
    (void)state;
    write_file("orders", ORDER("o1", "1700000000000") "\n");
    struct fact_file *file = open_file("orders", TOPIC_ORDER_PAID);
    struct fact fact;
    struct error error;
    bool more;
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_true(more);
    assert_true(text_equal(fact.key, TEXT("o1")));
    assert_int_equal(fact.at_ms, 1700000000000);
    const struct order_paid *paid = fact.record;
    assert_int_equal(paid->line_count, 1);
    assert_true(text_equal(paid->lines[0].sku, TEXT("a")));
    assert_true(text_equal(paid->locale, TEXT("en")));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_false(more);
    fact_file_free(file);
}

static void test_plain_and_gzip_read_alike(void **state)
{
    (void)state;
    const char *text = ORDER("o1", "1") "\n\n   \r\n" ORDER("o2", "2") "\r\n" ORDER("o3", "3");
    char words[1024];
    write_file("plain", text);
    read_all("plain", words, sizeof words);
    assert_string_equal(words, "o1 o2 o3 ");
    write_gzip("packed.gz", text);
    read_all("packed.gz", words, sizeof words);
    assert_string_equal(words, "o1 o2 o3 ");
}

static void test_what_is_wrong_is_named_by_file_line_and_field(void **state)
{
    (void)state;
    const struct {
        const char *line;
        const char *words;
    } cases[] = {
        {"{\"order_id\":7}", "bad:3: order_id: "},
        {"{\"order_idd\":\"o\"}", "bad:3: order_idd: "},
        {"{\"order_id\":\"o\",\"marketplace\":\"m\",\"seller_id\":\"s\",\"currency\":\"EUR\","
         "\"paid_at\":1,\"lines\":[{\"line_no\":1,\"sku\":\"a\",\"quantity\":\"two\"}]}",
         "bad:3: lines[0].quantity: "},
        {"{\"order_id\":\"o\"", "bad:3:15: no JSON: "},
        {"{\"order_id\":\"o\",\"order_id\":\"p\"}", "bad:3:"},
        {"[]", "bad:3: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        char words[2048];
        (void)snprintf(text, sizeof text, "%s\n\n%s\n", ORDER("o1", "1"), cases[i].line);
        write_file("bad", text);
        read_all("bad", words, sizeof words);
        assert_memory_equal(words, "o1 ", 3);
        assert_memory_equal(words + 3, cases[i].words, strlen(cases[i].words));
    }
}

static void test_after_a_broken_line_the_next_one_is_read(void **state)
{
    (void)state;
    struct fact fact;
    struct error error;
    bool more;
    write_file("orders", "{\n" ORDER("o2", "2") "\n");
    struct fact_file *file = open_file("orders", TOPIC_ORDER_PAID);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), POISON);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_true(more && text_equal(fact.key, TEXT("o2")));
    assert_int_equal(line_reader_number(fact_file_lines(file)), 2);
    fact_file_free(file);
}

static void test_a_line_that_is_too_long_is_passed_over(void **state)
{
    (void)state;
    FILE *out = fopen("long", "w");
    assert_non_null(out);
    for (int i = 0; i <= LINE_SIZE_MAX / 8; i++) {
        assert_true(fputs("xxxxxxxx", out) >= 0);
    }
    assert_true(fputs("\n" ORDER("o2", "2") "\n", out) >= 0);
    assert_int_equal(fclose(out), 0);
    struct fact fact;
    struct error error;
    bool more;
    struct fact_file *file = open_file("long", TOPIC_ORDER_PAID);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), POISON);
    assert_non_null(strstr(error.text, "long:1: the line is longer than"));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_true(more && text_equal(fact.key, TEXT("o2")));
    fact_file_free(file);
}

static void test_a_cut_gzip_file_is_an_error_not_an_end(void **state)
{
    (void)state;
    char words[1024];
    write_gzip("whole.gz", ORDER("o1", "1") "\n" ORDER("o2", "2") "\n");
    FILE *file = fopen("whole.gz", "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(file), ftell(file) - 12), 0);
    assert_int_equal(fclose(file), 0);
    read_all("whole.gz", words, sizeof words);
    assert_non_null(strstr(words, "cannot read whole.gz after line"));
}

static void test_a_missing_file_and_a_folder_are_named(void **state)
{
    (void)state;
    struct fact_file *file;
    struct error error;
    assert_int_equal(fact_file_open("none", TOPIC_ORDER_PAID, &file, &error), FATAL);
    assert_string_equal(error.text, "cannot read none: No such file or directory");
    assert_int_equal(fact_file_open(".", TOPIC_ORDER_PAID, &file, &error), FATAL);
    assert_string_equal(error.text, "cannot read .: Is a directory");
}

static void test_a_substitute_has_its_time_beside_it_or_is_withdrawn(void **state)
{
    (void)state;
    const char *text =
        "{\"sku\":\"a\",\"substitutes\":[{\"sku\":\"b\",\"price_minor\":5,\"ship_within_h\":24}]}\n"
        "{\"at\":\"1970-01-01T00:00:01Z\",\"sku\":\"a\",\"substitutes\":null}\n"
        "{\"at\":\"soon\",\"sku\":\"a\",\"substitutes\":null}\n";
    struct fact fact;
    struct error error;
    bool more;
    write_file("substitutes", text);
    struct fact_file *file = open_file("substitutes", TOPIC_SUBSTITUTE);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_true(fact.at_ms == FACT_TIME_UNKNOWN);
    assert_int_equal(((const struct substitute *)fact.record)->substitute_count, 1);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_int_equal(fact.at_ms, 1000);
    assert_null(fact.record);
    assert_true(text_equal(fact.key, TEXT("a")));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), POISON);
    assert_non_null(strstr(error.text, "substitutes:3: at: expected"));
    fact_file_free(file);
}

static void test_a_paid_order_has_its_trace_beside_it(void **state)
{
    (void)state;
#define TRACED(more)                                                                        \
    "{\"order_id\":\"o\",\"marketplace\":\"m\",\"seller_id\":\"s\",\"locale\":\"en\","      \
    "\"currency\":"                                                                         \
    "\"CNY\",\"paid_at\":1," more "\"lines\":[{\"line_no\":1,\"sku\":\"a\",\"quantity\":1," \
    "\"paid_minor\":1}]}\n"
    const char *text = TRACED(
        "\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
        "01\",") TRACED("") TRACED("\"traceparent\":\"00-4bf9-01\",") TRACED("\"traceparent\":7,");
    struct fact fact;
    struct error error;
    bool more;
    write_file("orders", text);
    struct fact_file *file = open_file("orders", TOPIC_ORDER_PAID);
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_true(text_equal(fact.traceparent,
                           TEXT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), OK);
    assert_false(text_is_set(fact.traceparent));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), POISON);
    assert_non_null(strstr(error.text, "orders:3: traceparent: expected"));
    assert_int_equal(fact_file_next(file, &fact, &more, &error), POISON);
    fact_file_free(file);
}

static void test_a_pipe_says_when_nobody_has_written(void **state)
{
    (void)state;
    int ends[2];
    char path[64];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    struct line_reader *lines;
    struct text line;
    struct error error;
    assert_int_equal(line_reader_open(path, &lines, &error), OK);
    assert_true(line_reader_is_dry(lines));
    assert_int_equal(write(ends[1], "one\ntwo\nth", 10), 10);
    assert_false(line_reader_is_dry(lines));
    assert_int_equal(line_reader_next(lines, &line, &error), OK);
    assert_true(text_equal(line, TEXT("one")));
    assert_false(line_reader_is_dry(lines));
    assert_int_equal(line_reader_next(lines, &line, &error), OK);
    assert_true(line_reader_is_dry(lines));
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(line_reader_next(lines, &line, &error), OK);
    assert_true(text_equal(line, TEXT("th")));
    assert_int_equal(line_reader_next(lines, &line, &error), OK);
    assert_false(text_is_set(line));
    line_reader_free(lines);
    assert_int_equal(close(ends[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_a_fact_with_key_and_time),
        cmocka_unit_test(test_plain_and_gzip_read_alike),
        cmocka_unit_test(test_what_is_wrong_is_named_by_file_line_and_field),
        cmocka_unit_test(test_after_a_broken_line_the_next_one_is_read),
        cmocka_unit_test(test_a_line_that_is_too_long_is_passed_over),
        cmocka_unit_test(test_a_cut_gzip_file_is_an_error_not_an_end),
        cmocka_unit_test(test_a_missing_file_and_a_folder_are_named),
        cmocka_unit_test(test_a_substitute_has_its_time_beside_it_or_is_withdrawn),
        cmocka_unit_test(test_a_paid_order_has_its_trace_beside_it),
        cmocka_unit_test(test_a_pipe_says_when_nobody_has_written),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
