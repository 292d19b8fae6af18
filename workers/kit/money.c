#include "kit/money.h"

#include <ctype.h>
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

enum { DIGITS_USUAL = 2, CURRENCY_MAX = 8, NUMBER_SIZE = 32 };

static unsigned int minor_digits(struct text currency)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        if (text_equal(currency, text_of(exceptions[i].code))) {
            return exceptions[i].digits;
        }
    }
    return DIGITS_USUAL;
}

bool money_currency_is_good(struct text currency)
{
    bool good = currency.size > 0 && currency.size <= CURRENCY_MAX;
    for (uint32_t i = 0; good && i < currency.size; i++) {
        good = (currency.data[i] & 0x80) == 0 && isalnum((unsigned char)currency.data[i]);
    }
    return good;
}

static struct text printable(struct text currency)
{
    return money_currency_is_good(currency) ? currency : TEXT("???");
}

/* The number without its sign: "1234.50", grouped "1,234.50". */
static void print_number(uint64_t amount, unsigned int digits, bool grouped,
                         char ret_number[NUMBER_SIZE])
{
    char plain[NUMBER_SIZE];
    int size = snprintf(plain, sizeof plain, "%0*" PRIu64, (int)digits + 1, amount);
    must(size > 0 && size < NUMBER_SIZE);
    unsigned int whole = (unsigned int)size - digits; /* digits before the point */
    unsigned int used = 0;
    for (unsigned int i = 0; i < (unsigned int)size; i++) {
        if (grouped && i > 0 && i < whole && (whole - i) % 3 == 0) {
            ret_number[used++] = ',';
        }
        if (i == whole) {
            ret_number[used++] = '.';
        }
        ret_number[used++] = plain[i];
    }
    must(used < NUMBER_SIZE);
    ret_number[used] = '\0';
}

/* Unsigned, because the least number has no positive counterpart. */
static uint64_t magnitude(int64_t amount_minor)
{
    return amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor;
}

const char *money_text(int64_t amount_minor, struct text currency, char ret_text[MONEY_TEXT_SIZE])
{
    char number[NUMBER_SIZE];
    struct text code = printable(currency);
    print_number(magnitude(amount_minor), minor_digits(code), false, number);
    int size = snprintf(ret_text, MONEY_TEXT_SIZE, "%.*s %s%s", (int)code.size, code.data,
                        amount_minor < 0 ? "-" : "", number);
    must(size > 0 && size < MONEY_TEXT_SIZE);
    return ret_text;
}

const char *money_format(int64_t amount_minor, struct text currency,
                         const struct money_style *style, char ret_text[MONEY_TEXT_SIZE])
{
    char number[NUMBER_SIZE];
    struct text code = printable(currency);
    const struct money_sign *sign = style->signs;
    while (sign->currency && !text_equal(code, text_of(sign->currency))) {
        sign++;
    }
    print_number(magnitude(amount_minor), minor_digits(code), style->grouped, number);
    const char *minus = amount_minor < 0 ? "-" : "";
    int size = sign->currency
                   ? snprintf(ret_text, MONEY_TEXT_SIZE, "%s%s%s", minus, sign->sign, number)
                   : snprintf(ret_text, MONEY_TEXT_SIZE, "%s%s %.*s", minus, number, (int)code.size,
                              code.data);
    must(size > 0 && size < MONEY_TEXT_SIZE);
    return ret_text;
}
