#include "kit/utf8.h"

struct utf8_form {
    uint8_t mask;     /* bits of the first byte that mark the form */
    uint8_t mark;     /* what they are */
    uint8_t trailing; /* bytes that follow */
    uint32_t lowest;  /* smallest code point that needs this form */
};

static const struct utf8_form forms[] = {
    {0x80, 0x00, 0, 0x0},
    {0xE0, 0xC0, 1, 0x80},
    {0xF0, 0xE0, 2, 0x800},
    {0xF8, 0xF0, 3, 0x10000},
};

static const struct utf8_form *form_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((first & forms[i].mask) == forms[i].mark) {
            return &forms[i];
        }
    }
    return NULL;
}

bool utf8_valid_slow(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const struct utf8_form *form = form_of(bytes[at]);
        if (!form || form->trailing >= size - at) {
            return false;
        }
        uint32_t point = bytes[at] & (uint8_t)~form->mask;
        for (size_t i = 1; i <= form->trailing; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return false;
            }
            point = point << 6 | (bytes[at + i] & 0x3F);
        }
        bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (point < form->lowest || point > 0x10FFFF || surrogate) {
            return false;
        }
        at += form->trailing + 1u;
    }
    return true;
}

uint32_t utf8_fit(const uint8_t *bytes, uint32_t size, uint32_t limit)
{
    uint32_t end = size < limit ? size : limit;
    while (end > 0 && end < size && (bytes[end] & 0xC0) == 0x80) {
        end--;
    }
    return end;
}
