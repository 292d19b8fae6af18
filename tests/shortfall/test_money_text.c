#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shortfall/money_text.h"

static void test_the_currency_says_how_many_digits_its_minor_unit_has(void **state)
{
    static const struct {
        int64_t amount_minor;
        const char *currency;
        const char *text;
    } cases[] = {
        {25000, "CNY", "CNY 250.00"},
        {0, "USD", "USD 0.00"},
        {5, "EUR", "EUR 0.05"},
        {99, "GBP", "GBP 0.99"},
        {100, "GBP", "GBP 1.00"},
        {1200, "JPY", "JPY 1200"},
        {0, "KRW", "KRW 0"},
        {125, "KWD", "KWD 0.125"},
        {1000, "BHD", "BHD 1.000"},
        {12345, "CLF", "CLF 1.2345"},
        {-1, "CNY", "CNY -0.01"},
        {-250, "JPY", "JPY -250"},
        {INT64_MAX, "CNY", "CNY 92233720368547758.07"},
        {INT64_MIN, "CNY", "CNY -92233720368547758.08"},
        {INT64_MIN, "JPY", "JPY -9223372036854775808"},
        {100, "XYZ", "XYZ 1.00"},
        {100, "", "??? 1.00"},
        {100, NULL, "??? 1.00"},
        {100, "no currency", "??? 1.00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MONEY_TEXT_SIZE];
        assert_string_equal(money_text(cases[i].amount_minor, text_of(cases[i].currency), text),
                            cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_currency_says_how_many_digits_its_minor_unit_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
