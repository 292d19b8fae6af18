/* One policy file as it was read: the values, and which of them the file gives, and where.
 *
 * The table of keys (kit/policy_key.h) says where each value lies in the draft. */
#ifndef SHORTFALL_KIT_POLICY_DRAFT_H
#define SHORTFALL_KIT_POLICY_DRAFT_H

#include <stdbool.h>

#include "core/policy.h"
#include "kit/error.h"

enum {
    POLICY_ID_TEXT_SIZE = ID_SIZE_MAX + 1,
    POLICY_WORDS_SIZE = 1024, /* of source, checked and confidence, with a zero byte */
    POLICY_KEYS_MAX = 48,     /* of the table of keys */
    PENALTY_NAME_SIZE = 40,
};

struct penalty_draft {
    struct penalty penalty;
    char name[PENALTY_NAME_SIZE]; /* "no_stock" of [penalty.no_stock] */
    char source[POLICY_WORDS_SIZE];
    int line;                   /* of its first key */
    int lines[POLICY_KEYS_MAX]; /* by key; 0: not given */
};

struct policy_draft {
    const char *file; /* owned */
    char name[POLICY_ID_TEXT_SIZE];
    char version[POLICY_ID_TEXT_SIZE];
    char overlays[POLICY_ID_TEXT_SIZE];
    char seller[POLICY_ID_TEXT_SIZE];
    char source[POLICY_WORDS_SIZE];
    char checked[POLICY_WORDS_SIZE];
    char confidence[POLICY_WORDS_SIZE];
    int64_t effective_from_ms;
    struct policy policy;       /* with the defaults where the file says nothing */
    unsigned rounding;          /* half_up is the only one */
    int lines[POLICY_KEYS_MAX]; /* by key; 0: not given */
    struct penalty_draft penalties[PENALTIES_MAX];
    uint32_t penalty_count;
};

/* Reads and checks one file. FATAL with file and line. *ret_draft is owned by the caller. */
enum status policy_draft_read(const char *path, struct policy_draft **ret_draft,
                              struct error *error) must_check;
void policy_draft_free(struct policy_draft *draft); /* accepts NULL */

static inline bool policy_draft_is_overlay(const struct policy_draft *draft)
{
    return draft->overlays[0] != '\0';
}

#endif
