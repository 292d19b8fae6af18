/* Amounts of money for people: "CNY 250.00", "JPY 1200", "KWD 0.125".
 *
 * How many digits the minor unit has is ISO 4217's; a currency that isn't in the list has two. */
#ifndef SHORTFALL_SHORTFALL_MONEY_TEXT_H
#define SHORTFALL_SHORTFALL_MONEY_TEXT_H

#include <stdint.h>

#include "core/text.h"

enum { MONEY_TEXT_SIZE = 48 };

/* A currency that is not set or longer than 8 bytes is "???". Returns ret_text. */
const char *money_text(int64_t amount_minor, struct text currency, char ret_text[MONEY_TEXT_SIZE]);

#endif
