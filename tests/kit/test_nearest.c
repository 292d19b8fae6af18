#include "kit/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = {"brokers",         "group",     "sku",    "quantity",
                                    "schema.registry", "CANCELLED", "CANCEL", ""};

static void test_a_slip_finds_the_name_that_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *unknown;
        const char *nearest; /* NULL: none is near */
    } rows[] = {
        {"brokers", "brokers"},
        {"brokres", "brokers"},  /* swapped */
        {"broker", "brokers"},   /* left out */
        {"brookers", "brokers"}, /* put in */
        {"brokerz", "brokers"},  /* changed */
        {"rbokers", "brokers"},  /* swapped at the start */
        {"Brokers", "brokers"},  /* another case */
        {"schema_registry", "schema.registry"},
        {"schema-registry", "schema.registry"},
        {"canceled", "CANCELLED"},
        {"cancell", "CANCEL"},
        {"skus", "sku"},
        {"qty", NULL},
        {"completely-else", NULL},
        {"", NULL},
        {"x", NULL},
        {"a-name-that-is-much-longer-than-any-of-ours-and-so-can-never-be-one", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *nearest =
            nearest_name(text_of(rows[i].unknown), names, sizeof names / sizeof *names);
        if (rows[i].nearest) {
            assert_non_null(nearest);
            assert_string_equal(nearest, rows[i].nearest);
        } else {
            assert_null(nearest);
        }
    }
}

static void test_of_no_names_none_is_near(void **state)
{
    (void)state;
    assert_null(nearest_name(TEXT("brokers"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slip_finds_the_name_that_was_meant),
        cmocka_unit_test(test_of_no_names_none_is_near),
    };
    return cmocka_run_group_tests_name("kit.nearest", tests, NULL, NULL);
}
