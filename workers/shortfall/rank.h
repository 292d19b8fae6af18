/* Ranks among numbers: "half are at most this, 95 of 100 at most that".
 *
 * The nearest rank: always one of the numbers themselves, never something between two. */
#ifndef SHORTFALL_SHORTFALL_RANK_H
#define SHORTFALL_SHORTFALL_RANK_H

#include <stddef.h>
#include <stdint.h>

void rank_sort(int64_t *numbers, size_t count);

/* The least of the sorted numbers that `percent` of 100 (1 to 100) do not exceed; count > 0. */
int64_t rank_of(const int64_t *sorted, size_t count, unsigned int percent);

#endif
