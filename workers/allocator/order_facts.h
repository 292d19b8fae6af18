/* Whether two order_facts say the same of an order, whatever versions of their schema they are in.
 *
 * A paid line comes twice when its producer, or a sequencer that was killed, sends it again, and by
 * then a newer one may run. Its bytes differ, and so may its words for people: an older one does
 * not know of titles and channels. Nor need the second sending be of the same trace. Nothing of
 * that makes another order of it, so these are not compared. */
#ifndef SHORTFALL_ALLOCATOR_ORDER_FACTS_H
#define SHORTFALL_ALLOCATOR_ORDER_FACTS_H

#include <stdbool.h>

#include "core/text.h"

/* A book_same_facts (core/book.h); `codec` is a struct codec. What cannot be read is not the same.
 */
bool order_facts_same(void *codec, struct text a, struct text b);

#endif
