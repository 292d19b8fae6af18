/* Identities that are computed, never drawn: UUIDv5 over length-prefixed fields.
 *
 * The same thing always has the same id, so a retry makes the same id and the same bytes, and
 * anyone downstream can deduplicate. The length before each field keeps ("ab","c") and ("a","bc")
 * apart. The namespace is fixed and part of the contract; see docs/IDENTITY.md. */
#ifndef SHORTFALL_KIT_IDENTITY_H
#define SHORTFALL_KIT_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

enum { IDENTITY_SIZE = 37 /* 36 characters and a zero byte */ };

/* Builds the name of an identity field by field; no allocation, IDENTITY_NAME_MAX bytes at most. */
enum { IDENTITY_NAME_MAX = 1024 };

struct identity {
    uint32_t size;
    uint8_t name[IDENTITY_NAME_MAX];
};

void identity_begin(struct identity *identity, const char *kind); /* "refund", "notification" … */
void identity_text(struct identity *identity, struct text field);
void identity_number(struct identity *identity, int64_t field);
/* Writes the UUID in lower-case text. */
void identity_end(struct identity *identity, char ret_id[IDENTITY_SIZE]);

#endif
