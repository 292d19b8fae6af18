#include "kit/clock.h"

#include <stdio.h>
#include <time.h>

#include "core/must.h"

#define DAY_MS INT64_C(86400000)
#define DURATION_MAX_MS (INT64_C(36525) * DAY_MS)
#define TIME_MIN_MS (INT64_C(-719162) * DAY_MS)     /* 0001-01-01 */
#define TIME_MAX_MS (INT64_C(2932897) * DAY_MS - 1) /* the end of 9999 */
#define DAYS_FROM_YEAR_0_TO_1970 INT64_C(719468)    /* from 0000-03-01 */
enum { DAYS_PER_400_YEARS = 146097, DAYS_MAX_IN_MONTH = 31 };

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {{"d", DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static int64_t clock_read_ms(clockid_t clock)
{
    struct timespec now;
    must(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

/* ---- Calendar: years that begin in March put the leap day last, so no table is needed. ------ */

static int64_t days_from_date(int year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_400_YEARS + day_of_era - DAYS_FROM_YEAR_0_TO_1970;
}

static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + DAYS_FROM_YEAR_0_TO_1970;
    int64_t era = shifted / DAYS_PER_400_YEARS;
    int64_t day_of_era = shifted - era * DAYS_PER_400_YEARS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int days_in_month(int year, int month)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2) {
        return leap ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : DAYS_MAX_IN_MONTH;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_character(struct text *rest, char c)
{
    if (rest->size == 0 || rest->data[0] != c) {
        return false;
    }
    rest->data++;
    rest->size--;
    return true;
}

static bool take_digits(struct text *rest, unsigned count, int *ret_number)
{
    int number = 0;
    if (rest->size < count) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!is_digit(rest->data[i])) {
            return false;
        }
        number = number * 10 + (rest->data[i] - '0');
    }
    rest->data += count;
    rest->size -= count;
    *ret_number = number;
    return true;
}

/* A fraction of a second; beyond milliseconds it is cut. */
static bool take_fraction(struct text *rest, int64_t *ret_ms)
{
    int64_t ms = 0;
    int64_t weight = 100;
    *ret_ms = 0;
    if (!take_character(rest, '.')) {
        return true;
    }
    if (rest->size == 0 || !is_digit(rest->data[0])) {
        return false;
    }
    while (rest->size > 0 && is_digit(rest->data[0])) {
        ms += (rest->data[0] - '0') * weight;
        weight /= 10;
        rest->data++;
        rest->size--;
    }
    *ret_ms = ms;
    return true;
}

static bool take_offset(struct text *rest, int64_t *ret_ms)
{
    int hours;
    int minutes;
    *ret_ms = 0;
    if (take_character(rest, 'Z') || take_character(rest, 'z')) {
        return true;
    }
    bool west = rest->size > 0 && rest->data[0] == '-';
    if (!take_character(rest, '+') && !take_character(rest, '-')) {
        return false;
    }
    if (!take_digits(rest, 2, &hours) || !take_character(rest, ':') ||
        !take_digits(rest, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *ret_ms = (int64_t)(hours * 60 + minutes) * (west ? -60000 : 60000);
    return true;
}

static bool take_date(struct text *rest, int64_t *ret_ms)
{
    int year;
    int month;
    int day;
    if (!take_digits(rest, 4, &year) || !take_character(rest, '-') ||
        !take_digits(rest, 2, &month) || !take_character(rest, '-') ||
        !take_digits(rest, 2, &day) || year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month)) {
        return false;
    }
    *ret_ms = days_from_date(year, month, day) * DAY_MS;
    return true;
}

static bool take_time_of_day(struct text *rest, int64_t *ret_ms)
{
    int hour;
    int minute;
    int second;
    int64_t fraction_ms;
    int64_t offset_ms;
    if (!take_character(rest, 'T') && !take_character(rest, 't') && !take_character(rest, ' ')) {
        return false;
    }
    if (!take_digits(rest, 2, &hour) || !take_character(rest, ':') ||
        !take_digits(rest, 2, &minute) || !take_character(rest, ':') ||
        !take_digits(rest, 2, &second) || !take_fraction(rest, &fraction_ms) ||
        !take_offset(rest, &offset_ms) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *ret_ms = (hour * INT64_C(3600) + minute * 60 + second) * 1000 + fraction_ms - offset_ms;
    return true;
}

bool time_parse(struct text text, int64_t *ret_ms)
{
    int64_t date_ms;
    int64_t of_day_ms = 0;
    if (!take_date(&text, &date_ms) || (text.size > 0 && !take_time_of_day(&text, &of_day_ms)) ||
        text.size > 0) {
        return false;
    }
    *ret_ms = date_ms + of_day_ms;
    return true;
}

static bool take_number(struct text *rest, int64_t *ret_number)
{
    int64_t number = 0;
    bool any = false;
    while (rest->size > 0 && is_digit(rest->data[0])) {
        number = number * 10 + (rest->data[0] - '0');
        if (number > DURATION_MAX_MS) {
            return false;
        }
        any = true;
        rest->data++;
        rest->size--;
    }
    *ret_number = number;
    return any;
}

/* The unit at the start of the text, from units[first] on; UNIT_COUNT if there is none. */
static size_t take_unit(struct text *rest, size_t first)
{
    uint32_t size = 0;
    while (size < rest->size && !is_digit(rest->data[size])) {
        size++;
    }
    for (size_t i = first; i < UNIT_COUNT; i++) {
        if (text_equal((struct text){rest->data, size}, text_of(units[i].name))) {
            rest->data += size;
            rest->size -= size;
            return i;
        }
    }
    return UNIT_COUNT;
}

bool duration_parse(struct text text, int64_t *ret_ms)
{
    int64_t sum = 0;
    size_t next_unit = 0;
    if (text.size == 0) {
        return false;
    }
    while (text.size > 0) {
        int64_t number;
        if (!take_number(&text, &number)) {
            return false;
        }
        size_t unit = take_unit(&text, next_unit);
        if (unit == UNIT_COUNT || number > DURATION_MAX_MS / units[unit].ms) {
            return false;
        }
        sum += number * units[unit].ms;
        next_unit = unit + 1;
    }
    if (sum > DURATION_MAX_MS) {
        return false;
    }
    *ret_ms = sum;
    return true;
}

/* ---- Writing ------------------------------------------------------------------------------ */

const char *time_format(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
    int year;
    int month;
    int day;
    ms = ms < TIME_MIN_MS ? TIME_MIN_MS : ms > TIME_MAX_MS ? TIME_MAX_MS : ms;
    int64_t days = ms / DAY_MS;
    int of_day_ms = (int)(ms % DAY_MS);
    if (of_day_ms < 0) {
        of_day_ms += (int)DAY_MS;
        days--;
    }
    date_from_days(days, &year, &month, &day);
    int size = snprintf(ret_text, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year,
                        month, day, of_day_ms / 3600000, of_day_ms / 60000 % 60,
                        of_day_ms / 1000 % 60, of_day_ms % 1000);
    must(size > 0 && size < TIME_TEXT_SIZE);
    return ret_text;
}

const char *duration_format(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
    int at = 0;
    uint64_t rest = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    if (ms < 0) {
        ret_text[at++] = '-';
    }
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        uint64_t number = rest / (uint64_t)units[i].ms;
        bool zero = ms == 0 && units[i].ms == 1000;
        if (number == 0 && !zero) {
            continue;
        }
        rest %= (uint64_t)units[i].ms;
        int size = snprintf(ret_text + at, (size_t)(TIME_TEXT_SIZE - at), "%llu%s",
                            (unsigned long long)number, units[i].name);
        must(size > 0 && size < TIME_TEXT_SIZE - at);
        at += size;
    }
    return ret_text;
}
