/* A word in the metadata of committed offsets that keeps workers away from a Shortfall whose cases
 * and stock were moved to topics of another prefix (shortfall topics rekey), and from one into
 * which the move has not come to its end. Two that both went on from one state would each ask for a
 * refund. */
#ifndef SHORTFALL_KIT_MOVED_H
#define SHORTFALL_KIT_MOVED_H

#include "kit/consumer.h"
#include "kit/error.h"

/* Of the groups into which a move is under way. */
#define MOVED_UNFINISHED "moving here"

enum { MOVED_PREFIX_SIZE = 104 };

/* Of the groups that are left behind: where to, and the mark that was there before, for the way
 * back. A prefix and a mark of ours always fit. */
void moved_to_text(const char *prefix, const char *before, char ret_text[COMMIT_METADATA_SIZE]);
/* false: it is no such word. *ret_before, a view, may be empty. */
bool moved_to_read(const char *metadata, char ret_prefix[MOVED_PREFIX_SIZE],
                   const char **ret_before);

/* POISON, with what to do, where the metadata is one of the two. */
enum status moved_check(const char *metadata, struct error *error) must_check;

#endif
