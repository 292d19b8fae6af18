/* Whether bytes are UTF-8: no over-long forms, no surrogates, nothing above U+10FFFF. */
#ifndef SHORTFALL_KIT_UTF8_H
#define SHORTFALL_KIT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The full check, for bytes that are not all ASCII. */
bool utf8_valid_slow(const uint8_t *bytes, size_t size);

/* How many of the bytes, which are UTF-8, make whole characters within `limit` bytes. */
uint32_t utf8_fit(const uint8_t *bytes, uint32_t size, uint32_t limit);

/* Almost every text is a short ASCII id, which is proved eight bytes at a time. */
static inline bool utf8_valid(const uint8_t *bytes, size_t size)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t seen = 0;
    uint64_t word;
    size_t at = 0;
    for (; at + sizeof word <= size; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        seen |= word;
    }
    if (size >= sizeof word) {
        /* The rest, together with bytes that were seen already. */
        memcpy(&word, bytes + size - sizeof word, sizeof word);
        seen |= word;
    } else {
        for (; at < size; at++) {
            seen |= bytes[at];
        }
    }
    return (seen & high_bits) == 0 || utf8_valid_slow(bytes, size);
}

#endif
