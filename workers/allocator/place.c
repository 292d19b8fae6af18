#include "allocator/place.h"

#include <inttypes.h>

#include "allocator/allocator.h"

bool place_is_incomplete(const struct place *place)
{
    bool lacks_all = place->said == PLACE_OF_NOTHING && place->first < place->offset;
    return place->marked && (lacks_all || (place->said >= 0 && place->said < place->offset));
}

/* The offset from which the state goes on. */
static int64_t next_of(const struct place *place)
{
    int64_t behind_newest =
        place->revision < 0 ? 0 : (place->revision >> ALLOCATOR_REVISION_BITS) + 1;
    return place->said > behind_newest ? place->said : behind_newest;
}

enum status place_check(const struct place *place, struct error *error)
{
    int64_t next = next_of(place);
    int64_t right = next > place->first ? next : place->first;
    if (place->offset < next) {
        return error_set(error, place->marked ? ABORT_TXN : FATAL,
                         "allocator-state is of a place behind the committed offset %" PRId64
                         " of sku-event partition %" PRId32 ": %s: set it to %" PRId64,
                         place->offset, place->partition,
                         place->marked ? "another worker has gone on from here; if this is said "
                                         "again and again, Kafka has lost the newest offset"
                                       : "it was set by hand, or is of another cluster's log",
                         right);
    }
    if (!place->marked && place->offset > right) {
        return error_set(error, FATAL,
                         "the committed offset %" PRId64 " of sku-event partition %" PRId32
                         " was set by hand (it bears no mark of ours), and what lies before it is "
                         "not in allocator-state: set it to %" PRId64,
                         place->offset, place->partition, right);
    }
    return OK;
}
