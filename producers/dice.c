#include "producers/dice.h"

#include "core/must.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t absorb(uint64_t hash, struct text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        hash = (hash ^ (uint8_t)text.data[i]) * FNV_PRIME;
    }
    return mix(hash ^ text.size);
}

struct dice dice_for(uint64_t seed, struct text subject, const char *purpose)
{
    return (struct dice){absorb(absorb(mix(seed + GOLDEN), subject), text_of(purpose))};
}

struct dice dice_of_number(uint64_t seed, uint64_t subject)
{
    return (struct dice){mix(mix(seed + GOLDEN) ^ (subject * FNV_PRIME))};
}

uint64_t dice_next(struct dice *dice)
{
    dice->state += GOLDEN;
    return mix(dice->state);
}

int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    must(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    return low + (int64_t)(dice_next(dice) % span); /* the bias is far below what a play can show */
}

bool dice_percent(struct dice *dice, uint32_t percent)
{
    return dice_next(dice) % 100 < percent;
}
