/* shortfall policy check, show, diff: the policies as files say them. Needs no Kafka. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kit/clock.h"
#include "kit/policy_file.h"
#include "kit/policy_key.h"
#include "kit/words.h"
#include "shortfall/command.h"

static enum status load(const struct call *call, struct policy_set **ret_set, struct error *error)
{
    enum status status = settings_require(call->settings, "policy.dir", error);
    return status == OK
               ? policy_set_load(settings_text(call->settings, "policy.dir"),
                                 settings_text(call->settings, "policy.default"), ret_set, error)
               : status;
}

/* A bad policy is a bad configuration: the exit status says so. */
static int refused(const struct call *call, const struct error *error)
{
    (void)call_failed(call, FATAL, error);
    return SETTINGS_EXIT;
}

static int run_check(struct call *call)
{
    struct policy_set *set = NULL;
    struct error error;
    if (load(call, &set, &error) != OK) {
        return refused(call, &error);
    }
    size_t warnings = policy_set_warning_count(set);
    for (size_t i = 0; i < warnings && i < POLICY_WARNINGS_MAX; i++) {
        (void)printf("warning: %s\n", policy_set_warning(set, i));
    }
    struct words *words = NULL;
    if (words_load_configured(call->settings, &words, &error) != OK) {
        policy_set_free(set);
        return refused(call, &error);
    }
    for (size_t i = 0; i < words_warning_count(words); i++) {
        (void)printf("warning: %s\n", words_warning(words, i));
    }
    warnings += words_warning_count(words);
    (void)printf("%zu policies and the words of the messages are right, %zu warnings\n",
                 policy_set_count(set), warnings);
    words_free(words);
    policy_set_free(set);
    return EXIT_DONE;
}

/* ---- show ------------------------------------------------------------------------------------ */

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

static void print_duration(const char *name, struct optional_long span)
{
    char text[TIME_TEXT_SIZE];
    if (span.set) {
        (void)printf("%s = %s\n", name, duration_format(span.value, text));
    }
}

static void print_penalties(const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->penalty_count; i++) {
        const struct penalty *penalty = &policy->penalties[i];
        (void)printf("[penalty] # %" PRIu32 " of %" PRIu32 "\nrule = %s\non_admission = %s\n",
                     i + 1, policy->penalty_count,
                     penalty->rule == PENALTY_LATE ? "late" : "no_stock",
                     yes_no(penalty->on_admission));
        print_duration("after_promise", penalty->after_promise_ms);
        print_duration("promise_over", penalty->promise_over_ms);
        print_duration("promise_up_to", penalty->promise_up_to_ms);
        (void)printf("rate_bp = %" PRId32 "\nmin_minor = %" PRId64 "\nmax_minor = %" PRId64 "\n",
                     penalty->rate_bp, penalty->min_minor, penalty->max_minor);
    }
}

static void print_policy(const struct policy_set *set, const struct policy *policy)
{
    const struct policy_entry *entry = policy_set_entry(set, text_of(policy->id));
    const char *section = "";
    char text[POLICY_VALUE_SIZE];
    char time[TIME_TEXT_SIZE];
    (void)printf("# %s, in force from %s\n", policy->id,
                 time_format(policy->effective_from_ms, time));
    if (entry) {
        (void)printf("# file: %s\n# source: %s\n# checked: %s\n# confidence: %s\n", entry->file,
                     entry->source, entry->checked, entry->confidence);
    }
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        if (key->place != POLICY_IN_POLICY) {
            continue;
        }
        if (strcmp(section, key->section) != 0) {
            section = key->section;
            (void)printf("[%s]\n", section);
        }
        (void)printf("%s = %s\n", key->name, policy_key_print(key, policy, text));
    }
    print_penalties(policy);
}

static bool is_known(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < policy_set_count(set); i++) {
        if (strcmp(policy_set_at(set, i)->policy.name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int run_show(struct call *call)
{
    struct policy_set *set = NULL;
    struct error error;
    const char *at = call_flag(call, "at");
    const char *seller = call_flag(call, "seller");
    const char *name = call_argument(call, 0);
    int64_t at_ms = clock_now_ms();
    if (at && !time_parse(text_of(at), &at_ms)) {
        return call_misused(call,
                            "--at takes a time like 2026-11-11 or 2026-11-11T08:00:00Z, not "
                            "'%s'",
                            at);
    }
    if (load(call, &set, &error) != OK) {
        return refused(call, &error);
    }
    if (!is_known(set, name)) {
        (void)printf("# there is no policy of that name; the default holds\n");
    }
    print_policy(set, policy_set_find(set, text_of(name), text_of(seller ? seller : ""), at_ms));
    policy_set_free(set);
    return EXIT_DONE;
}

/* ---- diff ------------------------------------------------------------------------------------ */

static size_t diff_keys(const struct policy *a, const struct policy *b)
{
    size_t count = 0;
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        char text_a[POLICY_VALUE_SIZE];
        char text_b[POLICY_VALUE_SIZE];
        if (key->place != POLICY_IN_POLICY) {
            continue;
        }
        const char *value_a = policy_key_print(key, a, text_a);
        const char *value_b = policy_key_print(key, b, text_b);
        if (strcmp(value_a, value_b) != 0) {
            (void)printf("[%s] %s: %s -> %s\n", key->section, key->name, value_a, value_b);
            count++;
        }
    }
    return count;
}

static bool same_penalty(const struct penalty *a, const struct penalty *b)
{
    return a->rule == b->rule && a->on_admission == b->on_admission &&
           a->after_promise_ms.set == b->after_promise_ms.set &&
           a->after_promise_ms.value == b->after_promise_ms.value &&
           a->promise_over_ms.set == b->promise_over_ms.set &&
           a->promise_over_ms.value == b->promise_over_ms.value &&
           a->promise_up_to_ms.set == b->promise_up_to_ms.set &&
           a->promise_up_to_ms.value == b->promise_up_to_ms.value && a->rate_bp == b->rate_bp &&
           a->min_minor == b->min_minor && a->max_minor == b->max_minor;
}

static size_t diff_penalties(const struct policy *a, const struct policy *b)
{
    bool same = a->penalty_count == b->penalty_count;
    for (uint32_t i = 0; same && i < a->penalty_count; i++) {
        same = same_penalty(&a->penalties[i], &b->penalties[i]);
    }
    if (same) {
        return 0;
    }
    (void)printf("penalties of %s:\n", a->id);
    print_penalties(a);
    (void)printf("penalties of %s:\n", b->id);
    print_penalties(b);
    return 1;
}

static int run_diff(struct call *call)
{
    struct policy_set *set = NULL;
    struct error error;
    if (load(call, &set, &error) != OK) {
        return refused(call, &error);
    }
    const struct policy *sides[2];
    for (size_t i = 0; i < 2; i++) {
        const char *id = call_argument(call, i);
        sides[i] = policy_set_by_id(set, text_of(id));
        if (!sides[i]) {
            policy_set_free(set);
            return call_misused(call, "there is no policy '%s': give NAME@VERSION", id);
        }
    }
    size_t count = diff_keys(sides[0], sides[1]) + diff_penalties(sides[0], sides[1]);
    policy_set_free(set);
    if (count == 0) {
        (void)printf("no difference\n");
    }
    return count ? EXIT_NOT_SO : EXIT_DONE;
}

/* ---- the table's entries --------------------------------------------------------------------- */

static const struct settings_flag show_flags[] = {
    {"at", "TIME", "As it was in force for an order paid then (default: now)."},
    {"seller", "ID", "With this seller's overlay."},
    {NULL, NULL, NULL},
};
static const struct settings_flag no_flags[] = {{NULL, NULL, NULL}};

const struct command command_policy_check = {
    .name = "policy check",
    .arguments = "",
    .summary = "Reads all policies and words, and says what is wrong, with file and line",
    .flags = no_flags,
    .offline = true,
    .run = run_check,
};
const struct command command_policy_show = {
    .name = "policy show",
    .arguments = "NAME",
    .argument_count = 1,
    .summary = "Shows the terms of a marketplace, with their source",
    .flags = show_flags,
    .offline = true,
    .run = run_show,
};
const struct command command_policy_diff = {
    .name = "policy diff",
    .arguments = "NAME@VERSION NAME@VERSION",
    .argument_count = 2,
    .summary = "Shows what changed from one version to another",
    .flags = no_flags,
    .offline = true,
    .run = run_diff,
};
