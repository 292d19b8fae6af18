#include "shortfall/money_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/must.h"

/* ISO 4217, of 2025: the currencies whose minor unit is not a hundredth. */
static const struct {
    char code[4];
    unsigned int digits;
} exceptions[] = {
    {"BHD", 3}, {"BIF", 0}, {"CLF", 4}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"IQD", 3},
    {"ISK", 0}, {"JOD", 3}, {"JPY", 0}, {"KMF", 0}, {"KRW", 0}, {"KWD", 3}, {"LYD", 3},
    {"OMR", 3}, {"PYG", 0}, {"RWF", 0}, {"TND", 3}, {"UGX", 0}, {"UYI", 0}, {"UYW", 4},
    {"VND", 0}, {"VUV", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0},
};

enum { DIGITS_USUAL = 2, CURRENCY_MAX = 8 };

static unsigned int minor_digits(struct text currency)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        if (text_equal(currency, text_of(exceptions[i].code))) {
            return exceptions[i].digits;
        }
    }
    return DIGITS_USUAL;
}

const char *money_text(int64_t amount_minor, struct text currency, char ret_text[MONEY_TEXT_SIZE])
{
    if (currency.size == 0 || currency.size > CURRENCY_MAX) {
        currency = TEXT("???");
    }
    unsigned int digits = minor_digits(currency);
    /* Unsigned, because the least number has no positive counterpart. */
    uint64_t amount = amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor;
    uint64_t unit = 1;
    for (unsigned int i = 0; i < digits; i++) {
        unit *= 10;
    }
    const char *sign = amount_minor < 0 ? "-" : "";
    int size = digits == 0 ? snprintf(ret_text, MONEY_TEXT_SIZE, "%.*s %s%" PRIu64,
                                      (int)currency.size, currency.data, sign, amount)
                           : snprintf(ret_text, MONEY_TEXT_SIZE, "%.*s %s%" PRIu64 ".%0*" PRIu64,
                                      (int)currency.size, currency.data, sign, amount / unit,
                                      (int)digits, amount % unit);
    must(size > 0 && size < MONEY_TEXT_SIZE);
    return ret_text;
}
