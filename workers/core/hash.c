#include "core/hash.h"

/* Odd constants with about half of their bits set, from the golden ratio and the square root of 3.
 */
static const uint64_t STEP = UINT64_C(0x9E3779B97F4A7C15);
static const uint64_t TURN = UINT64_C(0xBB67AE8584CAA73B);

/* Little-endian on every machine; the compiler makes one load of it where it can. */
static uint64_t load(const unsigned char *bytes)
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* Each output bit depends on each input bit; one to one, so it loses nothing. */
static uint64_t mix(uint64_t value)
{
    value ^= value >> 32;
    value *= STEP;
    value ^= value >> 29;
    value *= TURN;
    value ^= value >> 32;
    return value;
}

/* One to one in the word and in what came before. */
static uint64_t add(uint64_t value, uint64_t word)
{
    value = (value ^ word) * TURN;
    return value ^ value >> 29;
}

uint64_t hash_number(uint64_t seed, uint64_t number)
{
    return mix(add(seed + STEP, number));
}

uint64_t hash_text(uint64_t seed, struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    uint64_t value = add(seed + STEP, text.size);
    uint32_t left = text.size;
    for (; left >= 8; left -= 8, bytes += 8) {
        value = add(value, load(bytes));
    }
    if (left > 0) {
        uint64_t tail = 0;
        for (uint32_t i = 0; i < left; i++) {
            tail |= (uint64_t)bytes[i] << (8 * i);
        }
        value = add(value, tail);
    }
    return mix(value);
}
