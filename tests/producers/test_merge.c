#include "fact_support.h"

#include "core/contract.h"
#include "producers/merge.h"

#define LEVEL(sku, at)                                                                           \
    "{\"sku\":\"" sku "\",\"warehouse_id\":\"w\",\"on_hand\":1,\"version\":1,\"counted_at\":" at \
    "}\n"
#define CLOSED(id, at)    \
    "{\"order_id\":\"" id \
    "\",\"line_no\":1,\"sku\":\"a\",\"reason\":\"SHIPPED\",\"closed_at\":" at "}\n"
#define ORDER(id, at)                                                                          \
    "{\"order_id\":\"" id "\",\"marketplace\":\"m\",\"seller_id\":\"s\",\"currency\":\"EUR\"," \
    "\"paid_at\":" at                                                                          \
    ",\"lines\":[{\"line_no\":1,\"sku\":\"a\",\"quantity\":2,\"paid_minor\":5}]}\n"
#define DECISION(id, at)                                                              \
    "{\"id\":\"" id "\",\"order_id\":\"" id "\",\"line_no\":1,\"choice\":\"CANCEL\"," \
    "\"decided_at\":" at "}\n"
#define SUBSTITUTE(sku, at) "{\"sku\":\"" sku "\",\"substitutes\":[]" at "}\n"

static void add(struct merge *merge, const char *name, enum topic topic, const char *text)
{
    struct fact_file *file;
    struct error error;
    write_file(name, text);
    assert_int_equal(fact_file_open(name, topic, &file, &error), OK);
    assert_int_equal(merge_add(merge, file, &error), OK);
}

/* The keys in their order, with blanks between. */
static void read_keys(struct merge *merge, char *words, size_t size)
{
    size_t used = 0;
    words[0] = '\0';
    for (const struct fact *fact; (fact = merge_first(merge)) != NULL;) {
        struct error error;
        used += (size_t)snprintf(words + used, size - used, "%.*s ", (int)fact->key.size,
                                 fact->key.data);
        assert_true(used < size);
        assert_int_equal(merge_step(merge, &error), OK);
    }
}

static void test_facts_come_in_time_and_what_ends_before_what_begins(void **state)
{
    (void)state;
    struct merge merge = {0};
    char words[200];
    add(&merge, "orders", TOPIC_ORDER_PAID, ORDER("order5", "5") ORDER("order9", "9"));
    add(&merge, "decisions", TOPIC_BUYER_DECISION, DECISION("decision5", "5"));
    add(&merge, "stock", TOPIC_STOCK_LEVEL, LEVEL("level1", "1") LEVEL("level5", "5"));
    add(&merge, "substitutes", TOPIC_SUBSTITUTE,
        SUBSTITUTE("first", "") SUBSTITUTE("substitute5", ",\"at\":5"));
    add(&merge, "closed", TOPIC_ORDER_CLOSED, CLOSED("closed5", "5") CLOSED("closed6", "6"));
    read_keys(&merge, words, sizeof words);
    assert_string_equal(words, "first level1 closed5 level5 substitute5 order5 decision5 closed6 "
                               "order9 ");
    merge_done(&merge);
}

static void test_equals_keep_the_order_of_their_file(void **state)
{
    (void)state;
    struct merge merge = {0};
    char words[200];
    add(&merge, "one", TOPIC_ORDER_PAID, ORDER("a", "5") ORDER("b", "5"));
    add(&merge, "two", TOPIC_ORDER_PAID, ORDER("c", "5"));
    read_keys(&merge, words, sizeof words);
    assert_string_equal(words, "a b c ");
    merge_done(&merge);
}

static void test_a_file_out_of_order_is_named_with_its_line(void **state)
{
    (void)state;
    struct merge merge = {0};
    struct error error;
    add(&merge, "orders", TOPIC_ORDER_PAID,
        ORDER("a", "1700000000000") ORDER("b", "1600000000000"));
    assert_int_equal(merge_step(&merge, &error), POISON);
    assert_string_equal(error.text,
                        "orders:2: paid_at: 2020-09-13T12:26:40.000Z is before "
                        "2023-11-14T22:13:20.000Z of the line above; sort the file by it");
    merge_done(&merge);
}

static void test_a_broken_first_line_is_told_when_the_file_is_added(void **state)
{
    (void)state;
    struct merge merge = {0};
    struct fact_file *file;
    struct error error;
    write_file("bad", "{}\n");
    assert_int_equal(fact_file_open("bad", TOPIC_STOCK_LEVEL, &file, &error), OK);
    assert_int_equal(merge_add(&merge, file, &error), POISON);
    assert_non_null(strstr(error.text, "bad:1: sku"));
    merge_done(&merge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_come_in_time_and_what_ends_before_what_begins),
        cmocka_unit_test(test_equals_keep_the_order_of_their_file),
        cmocka_unit_test(test_a_file_out_of_order_is_named_with_its_line),
        cmocka_unit_test(test_a_broken_first_line_is_told_when_the_file_is_added),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
