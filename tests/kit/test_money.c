#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/money.h"

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
        {100, "C\nY", "??? 1.00"},
        {100, "元", "??? 1.00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MONEY_TEXT_SIZE];
        assert_string_equal(money_text(cases[i].amount_minor, text_of(cases[i].currency), text),
                            cases[i].text);
    }
}

static void test_readers_see_the_sign_where_it_is_clear_and_else_the_code(void **state)
{
    static const struct money_sign signs[] = {{"CNY", "¥"}, {"JPY", "JP¥"}, {NULL, NULL}};
    static const struct money_style plain = {signs, false};
    static const struct money_style grouped = {signs, true};
    static const struct {
        int64_t amount_minor;
        const char *currency;
        const char *plain;
        const char *grouped;
    } cases[] = {
        {5900, "CNY", "¥59.00", "¥59.00"},
        {5, "CNY", "¥0.05", "¥0.05"},
        {0, "CNY", "¥0.00", "¥0.00"},
        {590, "JPY", "JP¥590", "JP¥590"},
        {1000, "JPY", "JP¥1000", "JP¥1,000"},
        {5900, "KWD", "5.900 KWD", "5.900 KWD"},
        {99999, "USD", "999.99 USD", "999.99 USD"},
        {100000, "USD", "1000.00 USD", "1,000.00 USD"},
        {123456789, "USD", "1234567.89 USD", "1,234,567.89 USD"},
        {12345678, "CLF", "1234.5678 CLF", "1,234.5678 CLF"},
        {-123456, "CNY", "-¥1234.56", "-¥1,234.56"},
        {INT64_MAX, "USD", "92233720368547758.07 USD", "92,233,720,368,547,758.07 USD"},
        {INT64_MIN, "KRW", "-9223372036854775808 KRW", "-9,223,372,036,854,775,808 KRW"},
        {100, NULL, "1.00 ???", "1.00 ???"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MONEY_TEXT_SIZE];
        struct text currency = text_of(cases[i].currency);
        assert_string_equal(money_format(cases[i].amount_minor, currency, &plain, text),
                            cases[i].plain);
        assert_string_equal(money_format(cases[i].amount_minor, currency, &grouped, text),
                            cases[i].grouped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_currency_says_how_many_digits_its_minor_unit_has),
        cmocka_unit_test(test_readers_see_the_sign_where_it_is_clear_and_else_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
