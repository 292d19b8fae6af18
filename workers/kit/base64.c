#include "kit/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct text bytes, struct buffer *out)
{
    const uint8_t *in = (const uint8_t *)bytes.data;
    for (uint32_t i = 0; i < bytes.size; i += 3) {
        uint32_t left = bytes.size - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)in[i + 2] : 0);
        char quad[4] = {letters[group >> 18], letters[group >> 12 & 63], '=', '='};
        if (left > 1) {
            quad[2] = letters[group >> 6 & 63];
        }
        if (left > 2) {
            quad[3] = letters[group & 63];
        }
        buffer_append(out, quad, sizeof quad);
    }
}

uint32_t base64_size_max(uint32_t text_size)
{
    return text_size / 4 * 3;
}

/* The six bits of a letter, or -1. */
static int32_t bits_of(char letter)
{
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? (int32_t)(found - letters) : -1;
}

bool base64_read(struct text text, char *bytes, uint32_t *ret_size)
{
    uint32_t size = 0;
    if (text.size % 4 != 0) {
        return false;
    }
    for (uint32_t i = 0; i < text.size; i += 4) {
        bool last = i + 4 == text.size;
        uint32_t padding = 0;
        uint32_t group = 0;
        for (uint32_t j = 0; j < 4; j++) {
            char letter = text.data[i + j];
            int32_t bits = bits_of(letter);
            if (last && letter == '=' && j >= 2) {
                padding++;
                bits = 0;
            } else if (bits < 0 || padding > 0) {
                return false;
            }
            group = group << 6 | (uint32_t)bits;
        }
        for (uint32_t j = 0; j < 3 - padding; j++) {
            bytes[size++] = (char)(group >> (16 - 8 * j));
        }
        if ((padding == 1 && (group & 0xFF) != 0) || (padding == 2 && (group & 0xFFFF) != 0)) {
            return false;
        }
    }
    *ret_size = size;
    return true;
}
