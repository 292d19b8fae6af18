/* The setting write.version: which version of a record's schema is written, topic by topic.
 *
 *   order-paid=1,shortage=2
 *
 * A topic is named by its schema folder, and so are the records inside others and those of the
 * workers' own state (order-facts, case-line …), so that a worker can go back to its last version.
 * Readers are upgraded first and know every version of the folder; then the writers are told. */
#ifndef SHORTFALL_KIT_WRITE_VERSION_H
#define SHORTFALL_KIT_WRITE_VERSION_H

#include "kit/codec.h"
#include "kit/error.h"

/* POISON says which part is wrong, and names the nearest folder. An empty text leaves all as it is:
 * the newest of the folder. */
enum status write_version_apply(struct codec *codec, const char *setting,
                                struct error *error) must_check;

#endif
