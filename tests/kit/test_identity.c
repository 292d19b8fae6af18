/* Ids are part of the contract: the values here were computed by another implementation (Python's
 * uuid and hashlib), and may never change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/contract.h"
#include "kit/identity.h"

struct example {
    const char *kind;
    const char *text;
    bool numbered;
    int64_t number;
    const char *last;
    const char *id;
};

static void compute(const struct example *example, char ret_id[IDENTITY_SIZE])
{
    struct identity identity;
    identity_begin(&identity, example->kind);
    if (example->text) {
        identity_text(&identity, text_of(example->text));
    }
    if (example->numbered) {
        identity_number(&identity, example->number);
    }
    if (example->last) {
        identity_text(&identity, text_of(example->last));
    }
    identity_end(&identity, ret_id);
}

static void test_ids_are_those_of_another_implementation(void **state)
{
    (void)state;
    const struct example examples[] = {
        {.kind = "case", .text = "order-1", .id = "88d2768c-c71c-5e1a-a65d-d1323f6ec31a"},
        {.kind = "case", .text = "订单-1", .id = "a5033ed0-5656-5675-8c2e-6db247a3b727"},
        {"refund", "order-1", true, 2, "LINE", "354a7c0c-d4a5-59f0-b22f-3a681530010b"},
        {.kind = "t",
         .numbered = true,
         .number = INT64_MIN,
         .id = "03805dc9-8fb3-550c-9bb8-78231e71ee7f"},
        {.kind = "t", .text = "", .id = "2436a39c-c2a0-5376-953f-cfb6cc6175f2"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char id[IDENTITY_SIZE];
        compute(&examples[i], id);
        assert_string_equal(id, examples[i].id);
    }
}

static void test_where_one_field_ends_matters(void **state)
{
    (void)state;
    char first[IDENTITY_SIZE];
    char second[IDENTITY_SIZE];
    compute(&(struct example){.kind = "t", .text = "ab", .last = "c"}, first);
    compute(&(struct example){.kind = "t", .text = "a", .last = "bc"}, second);
    assert_string_not_equal(first, second);
}

static void test_an_unset_field_counts_as_empty(void **state)
{
    (void)state;
    struct identity identity;
    char id[IDENTITY_SIZE];
    identity_begin(&identity, "t");
    identity_text(&identity, (struct text){0});
    identity_end(&identity, id);
    assert_string_equal(id, "2436a39c-c2a0-5376-953f-cfb6cc6175f2");
}

static void test_the_longest_fields_fit(void **state)
{
    (void)state;
    char longest[ID_SIZE_MAX];
    memset(longest, 'x', sizeof longest);
    struct identity identity;
    char id[IDENTITY_SIZE];
    identity_begin(&identity, "t");
    for (int i = 0; i < 14; i++) {
        identity_text(&identity, (struct text){longest, sizeof longest});
    }
    identity_end(&identity, id);
    assert_int_equal(strlen(id), IDENTITY_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_those_of_another_implementation),
        cmocka_unit_test(test_where_one_field_ends_matters),
        cmocka_unit_test(test_an_unset_field_counts_as_empty),
        cmocka_unit_test(test_the_longest_fields_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
