#include "producers/zipf.h"

#include <math.h>
#include <stdlib.h>

static double weight(const struct zipf *zipf, uint32_t k)
{
    return pow((double)k + 1, -zipf->skew);
}

/* Fills the slots from two lists: who has less than its share gives the rest of its slot to who has
 * more, until all slots are full. `excess` is each one's weight in slots. */
static void fill_slots(struct zipf *zipf, double *excess, uint32_t *small, uint32_t *large)
{
    uint32_t small_count = 0;
    uint32_t large_count = 0;
    for (uint32_t i = 0; i < zipf->count; i++) {
        if (excess[i] < 1) {
            small[small_count++] = i;
        } else {
            large[large_count++] = i;
        }
    }
    while (small_count > 0 && large_count > 0) {
        uint32_t poor = small[--small_count];
        uint32_t rich = large[large_count - 1];
        zipf->slots[poor] = (struct zipf_slot){(uint32_t)(excess[poor] * 4294967296.0), rich};
        excess[rich] -= 1 - excess[poor];
        if (excess[rich] < 1) {
            large_count--;
            small[small_count++] = rich;
        }
    }
    /* What is left is full but for rounding: it is its own alias. */
    while (small_count > 0) {
        uint32_t i = small[--small_count];
        zipf->slots[i] = (struct zipf_slot){UINT32_MAX, i};
    }
    while (large_count > 0) {
        uint32_t i = large[--large_count];
        zipf->slots[i] = (struct zipf_slot){UINT32_MAX, i};
    }
}

bool zipf_init(struct zipf *zipf, uint32_t count, double skew)
{
    *zipf = (struct zipf){.count = count, .skew = skew};
    zipf->slots = calloc(count, sizeof *zipf->slots);
    double *excess = calloc(count, sizeof *excess);
    uint32_t *small = calloc(count, sizeof *small);
    uint32_t *large = calloc(count, sizeof *large);
    bool complete = zipf->slots && excess && small && large;
    if (complete) {
        for (uint32_t i = 0; i < count; i++) {
            zipf->total += weight(zipf, i);
        }
        for (uint32_t i = 0; i < count; i++) {
            excess[i] = weight(zipf, i) * count / zipf->total;
        }
        fill_slots(zipf, excess, small, large);
    } else {
        zipf_done(zipf);
    }
    free(excess);
    free(small);
    free(large);
    return complete;
}

void zipf_done(struct zipf *zipf)
{
    free(zipf->slots);
    zipf->slots = NULL;
}

uint32_t zipf_draw(const struct zipf *zipf, struct dice *dice)
{
    uint64_t drawn = dice_next(dice);
    uint32_t i = (uint32_t)((drawn >> 32) * zipf->count >> 32);
    return (uint32_t)drawn < zipf->slots[i].threshold ? i : zipf->slots[i].alias;
}

double zipf_share(const struct zipf *zipf, uint32_t k)
{
    return weight(zipf, k) / zipf->total;
}
