#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocator/allocator.h"
#include "shortfall/rules.h"

static void test_a_client_says_which_rules_it_knows(void **state)
{
    (void)state;
    static const struct {
        const char *client_id;
        int32_t knows;
    } table[] = {
        {"shortfall-allocator-1;version=0.1.0;rules=2", 2},
        {"shop;rules=12", 12},
        {"shortfall-allocator-1;version=0.1.0", 0},
        {"rdkafka", 0},
        {"", 0},
        {"shortfall-allocator-1;version=0.1.0;rules=", 0},
        {"shortfall-allocator-1;version=0.1.0;rules=2x", 0},
        {"shortfall-allocator-1;version=0.1.0;rules=-2", 0},
        {"shortfall-allocator-1;version=0.1.0;rules=99999999999", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(rules_of_client(table[i].client_id), table[i].knows);
    }
}

static void test_an_allocator_says_what_its_book_knows(void **state)
{
    (void)state;
    assert_int_equal(allocator_role.rules_newest, BOOK_RULES_NEWEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_says_which_rules_it_knows),
        cmocka_unit_test(test_an_allocator_says_what_its_book_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
