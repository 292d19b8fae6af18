#include "kit/words_form.h"

#include <stdio.h>

#include "core/moment.h"
#include "core/must.h"
#include "kit/clock.h"

struct date {
    int year, month, day, hour, minute;
};

struct words_form {
    const char *language;
    int64_t zone_ms;                                                      /* east of UTC */
    int (*date)(const struct date *date, char ret_text[WORDS_DATE_SIZE]); /* as snprintf */
    struct money_style money;
};

static int date_chinese(const struct date *date, char ret_text[WORDS_DATE_SIZE])
{
    return snprintf(ret_text, WORDS_DATE_SIZE, "%d年%d月%d日 %02d:%02d（北京时间）", date->year,
                    date->month, date->day, date->hour, date->minute);
}

static int date_english(const struct date *date, char ret_text[WORDS_DATE_SIZE])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    must(date->month >= 1 && date->month <= 12);
    return snprintf(ret_text, WORDS_DATE_SIZE, "%d %s %d, %02d:%02d UTC", date->day,
                    months[date->month - 1], date->year, date->hour, date->minute);
}

static int date_plain(const struct date *date, char ret_text[WORDS_DATE_SIZE])
{
    return snprintf(ret_text, WORDS_DATE_SIZE, "%04d-%02d-%02d %02d:%02d UTC", date->year,
                    date->month, date->day, date->hour, date->minute);
}

static const struct money_sign signs_chinese[] = {
    {"CNY", "¥"}, {"EUR", "€"},   {"GBP", "£"},   {"HKD", "HK$"}, {"JPY", "JP¥"},
    {"KRW", "₩"}, {"TWD", "NT$"}, {"USD", "US$"}, {NULL, NULL},
};

static const struct money_sign signs_english[] = {
    {"AUD", "A$"},  {"CAD", "CA$"}, {"CNY", "CN¥"}, {"EUR", "€"}, {"GBP", "£"},
    {"HKD", "HK$"}, {"INR", "₹"},   {"JPY", "¥"},   {"KRW", "₩"}, {"NZD", "NZ$"},
    {"TWD", "NT$"}, {"USD", "$"},   {NULL, NULL},
};

static const struct money_sign signs_none[] = {{NULL, NULL}};

static const struct words_form forms[] = {
    {"zh", 8 * HOUR_MS, date_chinese, {signs_chinese, false}},
    {"en", 0, date_english, {signs_english, true}},
    {"", 0, date_plain, {signs_none, false}},
};

enum { FORM_COUNT = sizeof forms / sizeof *forms };

static char folded(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return (char)(letter - 'A' + 'a');
    }
    return (char)(letter == '_' ? '-' : letter);
}

bool words_locale_equal(struct text a, struct text b)
{
    bool equal = a.size == b.size;
    for (uint32_t i = 0; equal && i < a.size; i++) {
        equal = folded(a.data[i]) == folded(b.data[i]);
    }
    return equal;
}

struct text words_language_of(struct text locale)
{
    struct text language = {locale.data, 0};
    while (language.size < locale.size && folded(locale.data[language.size]) != '-') {
        language.size++;
    }
    return language;
}

const struct words_form *words_form_of(struct text locale)
{
    struct text language = words_language_of(locale);
    const struct words_form *form = forms;
    while (form != &forms[FORM_COUNT - 1] &&
           !words_locale_equal(language, text_of(form->language))) {
        form++;
    }
    return form;
}

/* The number of `count` digits at the start of *at, and past the sign behind it. */
static int take_digits(const char **at, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        number = number * 10 + (*(*at)++ - '0');
    }
    (*at)++;
    return number;
}

const char *words_date(const struct words_form *form, int64_t ms, char ret_text[WORDS_DATE_SIZE])
{
    char utc[TIME_TEXT_SIZE];
    const char *at = time_format(moment_after(ms, form->zone_ms), utc);
    struct date date;
    date.year = take_digits(&at, 4);
    date.month = take_digits(&at, 2);
    date.day = take_digits(&at, 2);
    date.hour = take_digits(&at, 2);
    date.minute = take_digits(&at, 2);
    int size = form->date(&date, ret_text);
    must(size > 0 && size < WORDS_DATE_SIZE);
    return ret_text;
}

const char *words_money(const struct words_form *form, int64_t amount_minor, struct text currency,
                        char ret_text[MONEY_TEXT_SIZE])
{
    return money_format(amount_minor, currency, &form->money, ret_text);
}
