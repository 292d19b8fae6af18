/* "Unknown setting 'brokres': do you mean 'brokers'?" - the known name that an unknown one is most
 * likely a slip of. */
#ifndef SHORTFALL_KIT_NEAREST_H
#define SHORTFALL_KIT_NEAREST_H

#include <stddef.h>

#include "core/text.h"

/* The name with the fewest edits (a letter put in, left out, changed, or swapped with the next one)
 * to `unknown`; the first of equals. NULL where even that one needs more edits
 * than one and a third of its letters. Capital letters count as small ones, and - . _ as each
 * other. */
const char *nearest_name(struct text unknown, const char *const *names, size_t count);

#endif
