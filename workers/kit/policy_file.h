/* Policies from files: what platforms, laws and shops demand is data, not code.
 *
 * Every *.ini below a folder is one version of one policy; the name inside counts, not the file's.
 * Versions of a name follow each other by effective_from: an order keeps the one in force when it
 * was paid, so a file is never changed once it is in force; a change is a new file. A name is that
 * of a marketplace; a marketplace without a policy has the default one.
 *
 * A seller's overlay (`overlays = MARKETPLACE`, `seller = ID` in [policy]) may change shop choices
 * only: [shop], [notice], [renewed], [wait], [substitute] and [goodwill]. What it leaves out is the
 * marketplace's. The two together are a policy of their own, with the id "tmall@2026-04+shop7@1".
 *
 * All is checked at the load, and everything that is wrong is an error with file and line: unknown
 * sections and keys (naming the nearest), bad values, what is missing, two versions from the same
 * moment, min > max, grace > 5 minutes, a penalty without a source. The keys are listed in
 * deploy/policies/README.md. */
#ifndef SHORTFALL_KIT_POLICY_FILE_H
#define SHORTFALL_KIT_POLICY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy.h"
#include "kit/error.h"

enum {
    POLICY_FILES_MAX = 10000,
    POLICY_FOLDERS_MAX = 8,    /* deep */
    POLICY_WARNINGS_MAX = 100, /* more are left out */
};

/* The policy for an unknown marketplace where the folder has none of that name. */
#define POLICY_DEFAULT_NAME "default"
#define POLICY_BUILT_IN_ID "default@built-in"

struct policy_set;

/* A policy with where it comes from, for people. */
struct policy_entry {
    struct policy policy;
    const char *file;
    const char *overlays; /* the marketplace of a seller's overlay; NULL: a policy of its own */
    const char *seller;   /* likewise */
    const char *source;
    const char *checked;    /* "" where it is not said */
    const char *confidence; /* likewise */
};

/* Reads a folder. `default_name`: the policy of unknown marketplaces; it must be there, but for
 * POLICY_DEFAULT_NAME, which stands in built in. FATAL for anything that is wrong, RETRY never.
 * *ret_set is owned by the caller, does not change, and may be read by any thread. */
enum status policy_set_load(const char *dir, const char *default_name, struct policy_set **ret_set,
                            struct error *error) must_check;
void policy_set_free(struct policy_set *set); /* accepts NULL */

/* The version in force at paid_at: the seller's overlay of the marketplace, else the marketplace's
 * own, else the default's. Never NULL: before all of them the cautious terms built in hold. Lives
 * as long as the set. */
const struct policy *policy_set_find(const struct policy_set *set, struct text marketplace,
                                     struct text seller, int64_t paid_at_ms);

/* By the id frozen in a case; NULL if there is none (any more). */
const struct policy *policy_set_by_id(const struct policy_set *set, struct text id);

/* The same with where it comes from; NULL also for the terms built in. */
const struct policy_entry *policy_set_entry(const struct policy_set *set, struct text id);

/* All of them, by name and effective_from; overlays after the marketplaces. */
size_t policy_set_count(const struct policy_set *set);
const struct policy_entry *policy_set_at(const struct policy_set *set, size_t index);

/* Where a seller's overlay is worse for the buyer than the marketplace, in words, with file. */
size_t policy_set_warning_count(const struct policy_set *set);
const char *policy_set_warning(const struct policy_set *set, size_t index);

/* The terms of a policy that leaves out everything: cautious ones, in favour of the buyer. */
void policy_defaults(struct policy *ret_policy);

#endif
