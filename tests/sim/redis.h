/* The simulated Redis: hashes, the two scripts, and all the ways in which it lets one down. */
#ifndef TESTS_SIM_REDIS_H
#define TESTS_SIM_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"
#include "core/text.h"

enum redis_mood {
    REDIS_WELL,
    REDIS_AWAY,      /* refuses connections */
    REDIS_SILENT,    /* takes commands, does them, and the answer is lost */
    REDIS_FULL,      /* out of memory: refuses what writes */
    REDIS_READ_ONLY, /* a replica */
};

void redis_reset(struct chance chance);
void redis_set_mood(enum redis_mood mood);
void redis_flush(void);
void redis_dump(void);        /* remembers all */
void redis_restore_old(void); /* what was remembered comes back; connections are cut */
void redis_lose_a_field(void);
/* A second primary appears with a copy of the first (or what was remembered): whoever connects
 * comes to one of them by chance, and both take writes. A turn cuts the connections, so that a
 * client may come to the other one. At the end the winner's contents are all that is left. */
void redis_split(bool old_copy);
void redis_turn(void);
void redis_join(int winner);

/* For the promises: how many primaries there are, a field of a hash (data NULL where there is
 * none), and how many it has. */
int redis_primary_count(void);
struct text redis_field_of(int primary, const char *key, struct text field);
int redis_field_count(int primary, const char *key);

#endif
