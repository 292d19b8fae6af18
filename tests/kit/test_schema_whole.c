/* One schema out of several, by tables. What comes out is a schema by our parser too. */
#include "kit/schema_whole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/arena.h"
#include "kit/schema.h"

enum { PARTS = 3, DEPTH = 32 };

/* What a shop would write once, and use in many places; without the quotes' escapes: ' is ". */
#define MONEY                                                                                      \
    "{'type':'record','name':'Money','namespace':'shop','fields':["                                \
    "{'name':'minor','type':'long'},{'name':'currency','type':'Currency'}]}"
#define CURRENCY "{'type':'enum','name':'shop.Currency','symbols':['EUR']}"
#define WITH_CURRENCY                                                                              \
    "{'type':'record','name':'shop.Money','fields':["                                              \
    "{'name':'currency','type':{'type':'enum','name':'Currency','symbols':['EUR']}}]}"
#define WHOLE_CURRENCY "{'type':'enum','name':'shop.Currency','symbols':['EUR']}"

static const struct {
    const char *root;
    const char *parts[PARTS];
    const char *whole; /* or the words */
    enum status status;
} rows[] = {
    /* The definition at the first place, the name behind that. */
    {"{'type':'record','name':'shop.Order','fields':[{'name':'a','type':'shop.Currency'},"
     "{'name':'b','type':['null','Currency'],'default':null}]}",
     {CURRENCY},
     "{'type':'record','name':'shop.Order','fields':[{'name':'a','type':" WHOLE_CURRENCY "},"
     "{'name':'b','type':['null','shop.Currency'],'default':null}]}",
     OK},
    /* Through another, and in an array and a map. */
    {"{'type':'array','items':{'type':'map','values':'shop.Money'}}",
     {MONEY, CURRENCY},
     "{'type':'array','items':{'type':'map','values':{'type':'record','name':'shop.Money',"
     "'fields':[{'name':'minor','type':'long'},{'name':'currency','type':" WHOLE_CURRENCY "}]}}}",
     OK},
    /* What is defined inside of another is used before that one is. */
    {"{'type':'record','name':'O','fields':[{'name':'a','type':'shop.Currency'},"
     "{'name':'b','type':'shop.Money'}]}",
     {WITH_CURRENCY},
     "{'type':'record','name':'O','fields':[{'name':'a','type':" WHOLE_CURRENCY "},"
     "{'name':'b','type':{'type':'record','name':'shop.Money','fields':["
     "{'name':'currency','type':'shop.Currency'}]}}]}",
     OK},
    /* Two that refer to each other. */
    {"'a.L'",
     {"{'type':'record','name':'a.L','fields':[{'name':'r','type':['null','R']}]}",
      "{'type':'record','name':'a.R','fields':[{'name':'l','type':['null','L']}]}"},
     "{'type':'record','name':'a.L','fields':[{'name':'r','type':['null',"
     "{'type':'record','name':'a.R','fields':[{'name':'l','type':['null','a.L']}]}]}]}",
     OK},
    /* The same definition twice is one. */
    {"'shop.Currency'", {CURRENCY, CURRENCY}, WHOLE_CURRENCY, OK},
    {"'shop.Currency'",
     {CURRENCY, "{'type':'enum','name':'shop.Currency','symbols':['USD']}"},
     "define shop.Currency, differently",
     POISON},
    {"'shop.Currency'", {"{"}, "is no JSON", POISON},
    {"nothing", {CURRENCY}, "is no JSON", POISON},
};

static struct text quoted(const char *text, char *copy, size_t size)
{
    size_t length = strlen(text);
    assert_true(length < size);
    for (size_t i = 0; i <= length; i++) {
        copy[i] = text[i] == '\'' ? '"' : text[i];
    }
    return text_of(copy);
}

static enum status make(size_t row, char **ret_json, struct error *error)
{
    char copies[PARTS + 1][1024];
    struct text parts[PARTS];
    uint32_t count = 0;
    for (; count < PARTS && rows[row].parts[count]; count++) {
        parts[count] = quoted(rows[row].parts[count], copies[count], sizeof copies[count]);
    }
    struct text root = quoted(rows[row].root, copies[PARTS], sizeof copies[PARTS]);
    return schema_whole(root, parts, count, ret_json, error);
}

static void test_a_schema_and_what_it_refers_to_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char wanted[1024];
        char *json = NULL;
        struct error error;
        (void)quoted(rows[i].whole, wanted, sizeof wanted);
        assert_int_equal(make(i, &json, &error), rows[i].status);
        if (rows[i].status == OK) {
            struct arena *arena = arena_new(1 << 20);
            const struct schema *schema;
            assert_string_equal(json, wanted);
            assert_int_equal(schema_parse(text_of(json), DEPTH, arena, &schema, &error), OK);
            arena_free(arena);
        } else {
            assert_non_null(strstr(error.text, rows[i].whole));
        }
        free(json);
    }
}

static void test_what_is_nested_without_end_is_poison(void **state)
{
    (void)state;
    char deep[8192] = "";
    for (int i = 0; i < 200; i++) {
        (void)strcat(deep, "{\"type\":\"array\",\"items\":");
    }
    (void)strcat(deep, "\"int\"");
    for (int i = 0; i < 200; i++) {
        (void)strcat(deep, "}");
    }
    struct text part = TEXT("\"int\"");
    struct text text = text_of(deep);
    struct error error;
    char *json = NULL;
    assert_int_equal(schema_whole(text, &part, 1, &json, &error), POISON);
    assert_non_null(strstr(error.text, "too deep"));
    assert_null(json);
    assert_int_equal(schema_whole(part, &text, 1, &json, &error), POISON);
    assert_non_null(strstr(error.text, "too deep"));
    assert_null(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schema_and_what_it_refers_to_are_one),
        cmocka_unit_test(test_what_is_nested_without_end_is_poison),
    };
    return cmocka_run_group_tests_name("kit.schema_whole", tests, NULL, NULL);
}
