/* Amounts of money for people.
 *
 * How many digits the minor unit has is ISO 4217's; a currency that isn't in the list has two.
 * Nothing is ever rounded: an amount is printed to its last minor unit. Where digits are grouped
 * and which currencies have a sign is a matter of the reader's language, so the caller says it. */
#ifndef SHORTFALL_KIT_MONEY_H
#define SHORTFALL_KIT_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

enum { MONEY_TEXT_SIZE = 48 };

/* For a currency in whose place the reader's language writes a sign. */
struct money_sign {
    const char *currency; /* NULL at the end of a list */
    const char *sign;     /* at most 4 bytes, before the number: "CN¥" */
};

struct money_style {
    const struct money_sign *signs;
    bool grouped; /* 1,234,567.00 */
};

/* Whether it can be printed: 1 to 8 letters and digits. */
bool money_currency_is_good(struct text currency);

/* For operators: "CNY 250.00", "JPY 1200", "KWD 0.125". A currency that is not good is "???".
 * Returns ret_text. */
const char *money_text(int64_t amount_minor, struct text currency, char ret_text[MONEY_TEXT_SIZE]);

/* For readers: with the sign of the style, "¥250.00", else with the code, "0.125 KWD". */
const char *money_format(int64_t amount_minor, struct text currency,
                         const struct money_style *style, char ret_text[MONEY_TEXT_SIZE]);

#endif
