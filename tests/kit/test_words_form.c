#include "kit/words_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "words_support.h"

static void test_a_date_is_written_with_its_zone(void **state)
{
    static const struct {
        const char *locale;
        int64_t ms;
        const char *date;
    } rows[] = {
        {"zh-CN", NOV_13, "2026年11月13日 08:00（北京时间）"},
        {"zh-CN", NOV_13 + INT64_C(16) * 3600000, "2026年11月14日 00:00（北京时间）"},
        {"zh-CN", NOV_13 + INT64_C(16) * 3600000 - 1, "2026年11月13日 23:59（北京时间）"},
        {"zh-CN", 0, "1970年1月1日 08:00（北京时间）"},
        {"zh-CN", -1, "1970年1月1日 07:59（北京时间）"},
        {"en", NOV_13, "13 November 2026, 00:00 UTC"},
        {"en", 0, "1 January 1970, 00:00 UTC"},
        {"en", INT64_C(1709251199999), "29 February 2024, 23:59 UTC"},
        {"de", NOV_13, "2026-11-13 00:00 UTC"},
        {"", INT64_MAX, "9999-12-31 23:59 UTC"},
        {"zh-CN", INT64_MAX, "9999年12月31日 23:59（北京时间）"},
        {"en", INT64_MIN, "1 January 1, 00:00 UTC"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        char text[WORDS_DATE_SIZE];
        assert_string_equal(words_date(words_form_of(text_of(rows[i].locale)), rows[i].ms, text),
                            rows[i].date);
    }
}

static void test_money_has_a_sign_where_the_reader_knows_it_for_one_currency(void **state)
{
    static const struct {
        int64_t amount_minor;
        const char *currency;
        const char *chinese;
        const char *english;
        const char *other;
    } rows[] = {
        {5900, "CNY", "¥59.00", "CN¥59.00", "59.00 CNY"},
        {5900, "USD", "US$59.00", "$59.00", "59.00 USD"},
        {590, "JPY", "JP¥590", "¥590", "590 JPY"},
        {5900, "KWD", "5.900 KWD", "5.900 KWD", "5.900 KWD"},
        {5900, "EUR", "€59.00", "€59.00", "59.00 EUR"},
        {5900, "GBP", "£59.00", "£59.00", "59.00 GBP"},
        {5900, "HKD", "HK$59.00", "HK$59.00", "59.00 HKD"},
        {123456789, "CNY", "¥1234567.89", "CN¥1,234,567.89", "1234567.89 CNY"},
        {123456789, "USD", "US$1234567.89", "$1,234,567.89", "1234567.89 USD"},
        {1234567, "BHD", "1234.567 BHD", "1,234.567 BHD", "1234.567 BHD"},
    };
    (void)state;
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        char text[MONEY_TEXT_SIZE];
        int64_t amount = rows[i].amount_minor;
        struct text currency = text_of(rows[i].currency);
        assert_string_equal(words_money(words_form_of(TEXT("zh-CN")), amount, currency, text),
                            rows[i].chinese);
        assert_string_equal(words_money(words_form_of(TEXT("en")), amount, currency, text),
                            rows[i].english);
        assert_string_equal(words_money(words_form_of(TEXT("fr")), amount, currency, text),
                            rows[i].other);
    }
}

static void test_the_form_is_that_of_the_language(void **state)
{
    (void)state;
    const struct words_form *chinese = words_form_of(TEXT("zh-CN"));
    const struct words_form *english = words_form_of(TEXT("en"));
    assert_ptr_not_equal(chinese, english);
    assert_ptr_equal(words_form_of(TEXT("zh")), chinese);
    assert_ptr_equal(words_form_of(TEXT("ZH_tw")), chinese);
    assert_ptr_equal(words_form_of(TEXT("zh-Hans-CN")), chinese);
    assert_ptr_equal(words_form_of(TEXT("en-GB")), english);
    assert_ptr_equal(words_form_of(TEXT("enx")), words_form_of(TEXT("fr")));
    assert_ptr_equal(words_form_of(TEXT("")), words_form_of(TEXT("fr")));
    assert_ptr_equal(words_form_of((struct text){0}), words_form_of(TEXT("fr")));
}

static void test_locales_are_the_same_in_any_case_and_with_either_hyphen(void **state)
{
    (void)state;
    assert_true(words_locale_equal(TEXT("zh-CN"), TEXT("zh_cn")));
    assert_true(words_locale_equal(TEXT(""), (struct text){0}));
    assert_false(words_locale_equal(TEXT("zh-CN"), TEXT("zh-C")));
    assert_false(words_locale_equal(TEXT("zh-CN"), TEXT("zh CN")));
    assert_true(text_equal(words_language_of(TEXT("pt_BR")), TEXT("pt")));
    assert_true(text_equal(words_language_of(TEXT("en")), TEXT("en")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_date_is_written_with_its_zone),
        cmocka_unit_test(test_money_has_a_sign_where_the_reader_knows_it_for_one_currency),
        cmocka_unit_test(test_the_form_is_that_of_the_language),
        cmocka_unit_test(test_locales_are_the_same_in_any_case_and_with_either_hyphen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
