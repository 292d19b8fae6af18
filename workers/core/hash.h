/* A 64-bit hash of bytes: the same on every machine, for it is written into the state.
 *
 * Good enough to stand for an identity among the lines of one partition; no defence against
 * somebody who chooses ids in order to collide. Hashes chain: the hash of what came
 * before is the seed of what comes next. */
#ifndef SHORTFALL_CORE_HASH_H
#define SHORTFALL_CORE_HASH_H

#include "core/text.h"

uint64_t hash_text(uint64_t seed, struct text text);
uint64_t hash_number(uint64_t seed, uint64_t number);

#endif
