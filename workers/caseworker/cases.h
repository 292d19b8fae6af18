/* The cases of one partition: by id, by deadline, and as a sum that proves them complete.
 *
 * Memory is the working copy, the topic case-state the truth, Redis a view. What ties them together
 * is the *mark* {n, count, digest}: n counts the steps that changed anything, count is the number
 * of live state records, digest the sum of the 64-bit hashes of their (key, value) pairs. Two
 * copies with the same mark have the same contents.
 *
 * A case lives here from its first shortage until it is forgotten. A pointer to one is good until
 * cases_remove. Not shared between threads. */
#ifndef SHORTFALL_CASEWORKER_CASES_H
#define SHORTFALL_CASEWORKER_CASES_H

#include <stddef.h>

#include "core/case.h"
#include "kit/identity.h"

struct mark {
    int64_t n;
    int64_t count;
    uint64_t digest;
};

enum { MARK_TEXT_SIZE = 64 };

struct case_entry {
    char case_id[IDENTITY_SIZE];
    bool has_head;       /* false only in the middle of a restore */
    bool changed;        /* listed in `changed` of the cases */
    uint32_t heap_index; /* place in the heap; UINT32_MAX: no deadline */
    int64_t deadline_ms;
    uint64_t head_hash;    /* of the state record as it is in the mark; 0: not in it */
    struct case_file file; /* file.lines is owned by the entry; kept_hash is as head_hash */
};

struct cases {
    struct case_entry **slots; /* open addressing by case id; a power of two */
    uint32_t slot_count;
    uint32_t count;
    struct case_entry **heap; /* by deadline, the earliest first; capacity slot_count */
    uint32_t heap_count;
    struct case_entry **changed; /* since cases_settled; capacity slot_count */
    uint32_t changed_count;
    struct mark mark;
    size_t bytes; /* of memory, about */
};

bool cases_init(struct cases *cases); /* false: out of memory; likewise below */
void cases_done(struct cases *cases);

struct case_entry *cases_find(const struct cases *cases, const char *case_id); /* or NULL */

/* A new, empty entry with room for one line; NULL: out of memory. The id must not be there. */
struct case_entry *cases_add(struct cases *cases, const char *case_id);
void cases_remove(struct cases *cases, struct case_entry *entry);

/* Room for at least one more line. */
bool cases_reserve_line(struct cases *cases, struct case_entry *entry);

/* The case was changed: puts it where its deadline belongs and lists it as changed. */
void cases_touch(struct cases *cases, struct case_entry *entry);

/* The case with the earliest deadline; NULL: none has one. */
struct case_entry *cases_earliest(const struct cases *cases);

/* The changes have been written. */
void cases_settled(struct cases *cases);

/* The mark's arithmetic: a live pair comes (hash_before 0), changes, or goes (hash_after 0). */
void mark_change(struct mark *mark, uint64_t hash_before, uint64_t hash_after);
uint64_t mark_hash(struct text key, struct text value); /* never 0 */

void mark_to_text(const struct mark *mark, char ret_text[MARK_TEXT_SIZE]);
bool mark_from_text(struct text text, struct mark *ret_mark);

#endif
