/* Up to which position of the log output has been written: all of the messages below `offset`, and
 * the first `count` records of the message at `offset`. Its text is the commit's metadata. */
#ifndef SHORTFALL_ALLOCATOR_EMITTED_H
#define SHORTFALL_ALLOCATOR_EMITTED_H

#include <stdbool.h>
#include <stdint.h>

struct emitted {
    int64_t offset;
    int64_t count;
};

enum { EMITTED_TEXT_SIZE = 48 };

/* Has the record number `count` (from 0) of the message at `offset` been written? */
bool emitted_covers(const struct emitted *emitted, int64_t offset, int64_t count);

void emitted_to_text(const struct emitted *emitted, char ret_text[EMITTED_TEXT_SIZE]);
/* false: no such text; *ret_emitted is then nothing at all, {0, 0}. */
bool emitted_from_text(const char *text, struct emitted *ret_emitted);

#endif
