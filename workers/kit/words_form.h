/* How the readers of a language write times and money.
 *
 * Times of the records are UTC and say nothing of where the reader is. So a date is always written
 * with its zone: Beijing's in Chinese, which is everyone's in China, else UTC. Seconds are cut, so
 * a deadline is never told later than it is.
 *
 * A currency has its sign only where readers of the language can't take it for another one:
 * "¥59.00" is CNY in Chinese and JPY in English, where the other of the two is "JP¥" or "CN¥". */
#ifndef SHORTFALL_KIT_WORDS_FORM_H
#define SHORTFALL_KIT_WORDS_FORM_H

#include "kit/money.h"

struct words_form;

/* That of the locale ("zh-CN"), else of its language, else one that nobody misreads. */
const struct words_form *words_form_of(struct text locale);

enum { WORDS_DATE_SIZE = 64 };

/* "2026年11月13日 08:00（北京时间）", "13 November 2026, 00:00 UTC", "2026-11-13 00:00 UTC". */
const char *words_date(const struct words_form *form, int64_t ms, char ret_text[WORDS_DATE_SIZE]);

const char *words_money(const struct words_form *form, int64_t amount_minor, struct text currency,
                        char ret_text[MONEY_TEXT_SIZE]);

/* Locales and languages: letters in any case, "zh_CN" as "zh-CN". */
bool words_locale_equal(struct text a, struct text b);
struct text words_language_of(struct text locale); /* "zh" of "zh-CN" */

#endif
