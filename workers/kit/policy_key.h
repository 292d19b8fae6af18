/* The keys of policy files: one table of section, name, kind, range and place.
 *
 * Reading a value, checking it, taking it over from an overlay, comparing two for the buyer, and
 * naming the nearest known key all go by this table. */
#ifndef SHORTFALL_KIT_POLICY_KEY_H
#define SHORTFALL_KIT_POLICY_KEY_H

#include <stddef.h>

#include "kit/policy_draft.h"

enum policy_kind {
    POLICY_ID,        /* char[POLICY_ID_TEXT_SIZE] */
    POLICY_WORDS,     /* char[POLICY_WORDS_SIZE] */
    POLICY_TIME,      /* int64_t */
    POLICY_DATE,      /* char[POLICY_WORDS_SIZE]: a day or time, kept as it is written */
    POLICY_DURATION,  /* int64_t */
    POLICY_OPTIONAL,  /* struct optional_long, a duration */
    POLICY_DURATIONS, /* refund_retry_ms and its count */
    POLICY_CHOICE,    /* an enum */
    POLICY_RATE,      /* int32_t, basis points */
    POLICY_MONEY,     /* int64_t, minor units */
    POLICY_YES,       /* bool */
};

/* Where a value lies. */
enum policy_place {
    POLICY_IN_DRAFT,
    POLICY_IN_POLICY,  /* draft->policy */
    POLICY_IN_PENALTY, /* of [penalty.NAME]: a struct penalty_draft */
};

/* When another value is worse for the buyer. */
enum policy_worse {
    POLICY_WORSE_NEVER,
    POLICY_WORSE_MORE, /* the larger one, of a choice the later one of its enum */
    POLICY_WORSE_LESS,
};

struct policy_choice {
    const char *word; /* NULL at the end */
    unsigned value;
};

struct policy_key {
    const char *section; /* of [penalty.NAME]: POLICY_PENALTY_SECTION */
    const char *name;
    enum policy_kind kind;
    enum policy_place place;
    size_t offset;
    int64_t min; /* ms, basis points or minor units */
    int64_t max;
    const struct policy_choice *choices;
    enum policy_worse worse;
    bool required;
    bool shop; /* a seller's overlay may change it */
};

#define POLICY_PENALTY_SECTION "penalty."

extern const struct policy_key policy_keys[];
extern const size_t policy_key_count;

/* The index of a key; policy_key_count if there is none. `section` as in the table. */
size_t policy_key_index(const char *section, const char *name);

/* Whether a section is known; *ret_penalty is NAME of [penalty.NAME], else NULL. */
bool policy_section_is_known(const char *section, const char **ret_penalty);

/* Reads a value into its place; `base` is the draft, its policy or the penalty. FATAL says what is
 * wrong with the value. */
enum status policy_key_read(const struct policy_key *key, const char *value, void *base,
                            struct error *error) must_check;

/* The value as a number that can be compared; of kinds for which `worse` is set. */
int64_t policy_key_number(const struct policy_key *key, const struct policy *policy);

/* Copies the value from one policy to another. */
void policy_key_copy(const struct policy_key *key, const struct policy *from, struct policy *to);

/* The value as it would be written. */
enum { POLICY_VALUE_SIZE = 64 };
const char *policy_key_print(const struct policy_key *key, const struct policy *policy,
                             char ret_text[POLICY_VALUE_SIZE]);

/* Known names for an error: of sections (section NULL), or of a section's keys. */
const char *policy_nearest(const char *section, const char *unknown);

#endif
