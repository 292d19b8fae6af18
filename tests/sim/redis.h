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

/* For the promises: a field of a hash, data NULL where there is none, and all of them. */
struct text redis_field_of(const char *key, struct text field);
void redis_each_field(const char *key,
                      void (*each)(void *context, struct text field, struct text value),
                      void *context);
int redis_field_count(const char *key);

#endif
