#include "kit/clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void test_a_time_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2026-11-11T00:00:00.123Z", 1794355200123},
        {"2026-11-11t08:00:00.123+08:00", 1794355200123},
        {"2026-11-10T19:30:00.1239-04:30", 1794355200123},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-02-29T12:00:00Z", 1709208000000},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 0;
        assert_true(time_parse(text_of(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "2026",
        "2026-11",
        "2026-11-11T",
        "2026-11-11T00:00",
        "2026-11-11T00:00:00",
        "2026-11-11T00:00:00.Z",
        "2026-11-11T00:00:00Zx",
        "2026-11-11T24:00:00Z",
        "2026-11-11T00:60:00Z",
        "2026-11-11T00:00:60Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-11-11T00:00:00+24:00",
        "2026-11-11T00:00:00+0800",
        "+026-11-11T00:00:00Z",
        "1794355200123",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 77;
        assert_false(time_parse(text_of(rows[i]), &ms));
        assert_int_equal(ms, 77);
    }
}

static void test_every_day_of_400_years_is_printed_as_the_system_does(void **state)
{
    (void)state;
    for (int64_t day = -140000; day < 140000; day++) {
        char ours[TIME_TEXT_SIZE];
        char theirs[TIME_TEXT_SIZE];
        time_t seconds = (time_t)(day * 86400);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        assert_true(strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%S.000Z", &parts) > 0);
        time_format(day * 86400000, ours);
        assert_string_equal(ours, theirs);
        int64_t ms = 0;
        assert_true(time_parse(text_of(ours), &ms));
        assert_int_equal(ms, day * 86400000);
    }
}

static void test_a_time_out_of_range_is_printed_as_the_nearest(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    assert_string_equal(time_format(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
    assert_string_equal(time_format(INT64_MIN, text), "0001-01-01T00:00:00.000Z");
    assert_string_equal(time_format(-1, text), "1969-12-31T23:59:59.999Z");
}

static void test_a_duration_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"0h", 0},
        {"0s", 0},
        {"2m", 120000},
        {"48h", 172800000},
        {"30d", 2592000000},
        {"250ms", 250},
        {"2d2m10s", 172930000},
        {"1d1h1m1s1ms", 90061001},
        {"36525d", INT64_C(3155760000000)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_true(duration_parse(text_of(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",    "5",        "h",    "5x",       "5 m",    "-5m", "+5m", "1.5h",
        "5m ", "5m2d",     "1h2h", "36525d1s", "36526d", "5M",  "1hh", "99999999999999999999s",
        " 5m", "2d 2m10s",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 77;
        assert_false(duration_parse(text_of(rows[i]), &ms));
        assert_int_equal(ms, 77);
    }
}

static void test_a_duration_is_printed(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {120000, "2m"},
        {172930000, "2d2m10s"},
        {90061001, "1d1h1m1s1ms"},
        {-1500, "-1s500ms"},
        {INT64_MAX, "106751991167d7h12m55s807ms"},
        {INT64_MIN, "-106751991167d7h12m55s808ms"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TIME_TEXT_SIZE];
        assert_string_equal(duration_format(rows[i].ms, text), rows[i].text);
    }
}

static void test_the_clocks_go_on(void **state)
{
    (void)state;
    int64_t first = clock_monotonic_ms();
    assert_true(clock_monotonic_ms() >= first);
    assert_true(clock_now_ms() / 1000 - time(NULL) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_time_is_read),
        cmocka_unit_test(test_what_is_no_time_is_refused),
        cmocka_unit_test(test_every_day_of_400_years_is_printed_as_the_system_does),
        cmocka_unit_test(test_a_time_out_of_range_is_printed_as_the_nearest),
        cmocka_unit_test(test_a_duration_is_read),
        cmocka_unit_test(test_what_is_no_duration_is_refused),
        cmocka_unit_test(test_a_duration_is_printed),
        cmocka_unit_test(test_the_clocks_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
