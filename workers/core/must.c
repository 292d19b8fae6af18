#include "core/must.h"

#include <string.h>
#include <unistd.h>

static void put(const char *words)
{
    ssize_t written = write(STDERR_FILENO, words, strlen(words));
    (void)written; /* there is nobody left to tell */
}

void must_failed(const char *condition, const char *file, int line)
{
    char digits[12];
    int at = (int)sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + line % 10);
        line /= 10;
    } while (line > 0 && at > 0);
    put("must failed: ");
    put(condition);
    put(" at ");
    put(file);
    put(":");
    put(&digits[at]);
    put("\n");
    __builtin_trap();
}
