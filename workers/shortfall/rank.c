#include "shortfall/rank.h"

#include <stdlib.h>

#include "core/must.h"

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void rank_sort(int64_t *numbers, size_t count)
{
    if (count > 0) {
        qsort(numbers, count, sizeof *numbers, compare);
    }
}

int64_t rank_of(const int64_t *sorted, size_t count, unsigned int percent)
{
    must(count > 0 && percent > 0 && percent <= 100);
    return sorted[(count * percent + 99) / 100 - 1];
}
