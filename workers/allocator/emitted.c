#include "allocator/emitted.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/must.h"

bool emitted_covers(const struct emitted *emitted, int64_t offset, int64_t count)
{
    return offset < emitted->offset || (offset == emitted->offset && count < emitted->count);
}

void emitted_to_text(const struct emitted *emitted, char ret_text[EMITTED_TEXT_SIZE])
{
    int written = snprintf(ret_text, EMITTED_TEXT_SIZE, "%" PRId64 " %" PRId64, emitted->offset,
                           emitted->count);
    must(written > 0 && written < EMITTED_TEXT_SIZE);
}

bool emitted_from_text(const char *text, struct emitted *ret_emitted)
{
    struct emitted read;
    int end = 0;
    *ret_emitted = (struct emitted){0};
    if (sscanf(text, "%" SCNd64 " %" SCNd64 "%n", &read.offset, &read.count, &end) != 2 ||
        text[end] != '\0' || read.offset < 0 || read.count < 0) {
        return false;
    }
    *ret_emitted = read;
    return true;
}
