#include "kit/nearest.h"

#include <stdint.h>
#include <string.h>

enum { NAME_SIZE_MAX = 64 }; /* nobody mistypes a longer name for one of ours */

static char folded(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return (char)(letter - 'A' + 'a');
    }
    if (letter == '-' || letter == '.') {
        return '_';
    }
    return letter;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The edit distance with swaps of neighbours, row by row: rows[0] is two letters of `a` ago. */
static uint32_t edits(struct text a, struct text b)
{
    uint32_t rows[3][NAME_SIZE_MAX + 1];
    for (uint32_t j = 0; j <= b.size; j++) {
        rows[1][j] = j;
        rows[2][j] = j;
    }
    for (uint32_t i = 1; i <= a.size; i++) {
        char now = folded(a.data[i - 1]);
        rows[2][0] = i;
        for (uint32_t j = 1; j <= b.size; j++) {
            char with = folded(b.data[j - 1]);
            uint32_t best = rows[1][j - 1] + (now != with);
            best = least(best, least(rows[1][j], rows[2][j - 1]) + 1);
            bool swapped =
                i > 1 && j > 1 && now == folded(b.data[j - 2]) && with == folded(a.data[i - 2]);
            rows[2][j] = swapped ? least(best, rows[0][j - 2] + 1) : best;
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b.size];
}

const char *nearest_name(struct text unknown, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    uint32_t fewest = UINT32_MAX;
    if (unknown.size == 0 || unknown.size > NAME_SIZE_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct text name = text_of(names[i]);
        if (name.size == 0 || name.size > NAME_SIZE_MAX) {
            continue;
        }
        uint32_t needed = edits(unknown, name);
        if (needed < fewest && needed <= 1 + name.size / 3) {
            fewest = needed;
            nearest = names[i];
        }
    }
    return nearest;
}
