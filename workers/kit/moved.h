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

/* Of the groups that are left behind: where to. A prefix always fits. */
void moved_to_text(const char *prefix, char ret_text[COMMIT_METADATA_SIZE]);
/* The prefix, as a view; NULL: it is no such word. */
const char *moved_to(const char *metadata);

/* POISON, with what to do, where the metadata is one of the two. */
enum status moved_check(const char *metadata, struct error *error) must_check;

#endif
