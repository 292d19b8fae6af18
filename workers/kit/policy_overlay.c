#include "kit/policy_overlay.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/policy_key.h"

enum status policy_overlay_apply(const struct policy_draft *base,
                                 const struct policy_draft *overlay, struct policy *ret_policy,
                                 struct error *error)
{
    struct policy policy = base->policy;
    int size = snprintf(policy.id, sizeof policy.id, "%s@%s+%s@%s", base->name, base->version,
                        overlay->name, overlay->version);
    if (size < 0 || size > ID_SIZE_MAX) {
        return error_set(error, FATAL,
                         "%s: the id %s@%s+%s@%s is longer than %d bytes: shorten the overlay's "
                         "name",
                         overlay->file, base->name, base->version, overlay->name, overlay->version,
                         ID_SIZE_MAX);
    }
    for (size_t i = 0; i < policy_key_count; i++) {
        if (overlay->lines[i] > 0 && policy_keys[i].shop) {
            policy_key_copy(&policy_keys[i], &overlay->policy, &policy);
        }
    }
    if (overlay->effective_from_ms > policy.effective_from_ms) {
        policy.effective_from_ms = overlay->effective_from_ms;
    }
    *ret_policy = policy;
    return OK;
}

static bool is_worse(const struct policy_key *key, const struct policy_draft *base,
                     const struct policy_draft *overlay)
{
    if (!key->shop || overlay->lines[key - policy_keys] == 0) {
        return false;
    }
    int64_t theirs = policy_key_number(key, &base->policy);
    int64_t ours = policy_key_number(key, &overlay->policy);
    switch (key->worse) {
    case POLICY_WORSE_NEVER:
        return false;
    case POLICY_WORSE_MORE:
        return ours > theirs;
    case POLICY_WORSE_LESS:
        return ours < theirs;
    }
    return false;
}

bool policy_overlay_warning(const struct policy_draft *base, const struct policy_draft *overlay,
                            size_t n, char ret_words[POLICY_WARNING_SIZE])
{
    char ours[POLICY_VALUE_SIZE];
    char theirs[POLICY_VALUE_SIZE];
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        if (!is_worse(key, base, overlay) || n-- > 0) {
            continue;
        }
        int size =
            snprintf(ret_words, POLICY_WARNING_SIZE,
                     "%s:%d: [%s] %s = %s is worse for the buyer than %s of %s@%s", overlay->file,
                     overlay->lines[i], key->section, key->name,
                     policy_key_print(key, &overlay->policy, ours),
                     policy_key_print(key, &base->policy, theirs), base->name, base->version);
        must(size > 0); /* one with a very long path is cut */
        return true;
    }
    return false;
}
