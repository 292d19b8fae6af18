#include "kit/policy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/policy_draft.h"
#include "kit/policy_folder.h"
#include "kit/policy_overlay.h"

enum { NONE = -1 };

/* A file and what became of it: of a marketplace's policy one entry, of a seller's overlay one with
 * each version of the marketplace that it can meet. */
struct version {
    struct policy_draft *draft; /* owned */
    struct policy_entry *entry; /* owned; NULL of an overlay */
    struct policy_entry **met;  /* owned, each too; of an overlay: by index of the base, or NULL */
};

struct policy_set {
    struct version *bases; /* by name and effective_from */
    size_t base_count;
    struct version *overlays; /* by marketplace, seller and effective_from */
    size_t overlay_count;
    const struct policy_entry **entries; /* all: bases, then overlays */
    const struct policy_entry **by_id;   /* the same by id */
    size_t entry_count;
    const char *default_name;            /* owned */
    struct policy built_in;              /* before and without everything else */
    char *warnings[POLICY_WARNINGS_MAX]; /* owned */
    size_t warning_count;
};

/* ---- Order ------------------------------------------------------------------------------------
 */

static int compare_times(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bases(const void *left, const void *right)
{
    const struct policy_draft *a = ((const struct version *)left)->draft;
    const struct policy_draft *b = ((const struct version *)right)->draft;
    int order = strcmp(a->name, b->name);
    return order ? order : compare_times(a->effective_from_ms, b->effective_from_ms);
}

static int compare_overlays(const void *left, const void *right)
{
    const struct policy_draft *a = ((const struct version *)left)->draft;
    const struct policy_draft *b = ((const struct version *)right)->draft;
    int order = strcmp(a->overlays, b->overlays);
    if (order == 0) {
        order = strcmp(a->seller, b->seller);
    }
    return order ? order : compare_times(a->effective_from_ms, b->effective_from_ms);
}

static int compare_ids(const void *left, const void *right)
{
    const struct policy_entry *const *a = left;
    const struct policy_entry *const *b = right;
    return strcmp((*a)->policy.id, (*b)->policy.id);
}

/* The last version of the name at or before the moment, by bisection; NONE if there is none. */
static long base_in_force(const struct policy_set *set, struct text name, int64_t at_ms)
{
    size_t low = 0;
    size_t high = set->base_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct policy_draft *draft = set->bases[middle].draft;
        int order = text_compare(text_of(draft->name), name);
        if (order < 0 || (order == 0 && draft->effective_from_ms <= at_ms)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low > 0 && text_equal(text_of(set->bases[low - 1].draft->name), name);
    return found ? (long)low - 1 : NONE;
}

static long overlay_in_force(const struct policy_set *set, struct text marketplace,
                             struct text seller, int64_t at_ms)
{
    size_t low = 0;
    size_t high = set->overlay_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct policy_draft *draft = set->overlays[middle].draft;
        int order = text_compare(text_of(draft->overlays), marketplace);
        if (order == 0) {
            order = text_compare(text_of(draft->seller), seller);
        }
        if (order < 0 || (order == 0 && draft->effective_from_ms <= at_ms)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct policy_draft *draft = low > 0 ? set->overlays[low - 1].draft : NULL;
    bool found = draft && text_equal(text_of(draft->overlays), marketplace) &&
                 text_equal(text_of(draft->seller), seller);
    return found ? (long)low - 1 : NONE;
}

/* ---- Loading ----------------------------------------------------------------------------------
 */

static enum status no_memory(struct error *error)
{
    return error_set(error, FATAL, "no memory for the policies");
}

static struct policy_entry *entry_new(const struct policy_draft *draft, const struct policy *policy)
{
    struct policy_entry *entry = calloc(1, sizeof *entry);
    if (entry) {
        *entry = (struct policy_entry){
            .policy = *policy,
            .file = draft->file,
            .overlays = policy_draft_is_overlay(draft) ? draft->overlays : NULL,
            .seller = policy_draft_is_overlay(draft) ? draft->seller : NULL,
            .source = draft->source,
            .checked = draft->checked,
            .confidence = draft->confidence,
        };
    }
    return entry;
}

/* Reads every file into the list that it belongs to; both lists have room for all. */
static enum status read_drafts(struct policy_set *set, const struct policy_paths *paths,
                               struct error *error)
{
    for (size_t i = 0; i < paths->count; i++) {
        struct policy_draft *draft = NULL;
        enum status status = policy_draft_read(paths->paths[i], &draft, error);
        if (status != OK) {
            return status;
        }
        if (policy_draft_is_overlay(draft)) {
            set->overlays[set->overlay_count++].draft = draft;
        } else {
            set->bases[set->base_count++].draft = draft;
        }
    }
    qsort(set->bases, set->base_count, sizeof *set->bases, compare_bases);
    qsort(set->overlays, set->overlay_count, sizeof *set->overlays, compare_overlays);
    return OK;
}

/* Neighbours in a sorted list are equal where two versions would be in force at the same time. */
static enum status check_overlap(const struct version *versions, size_t count,
                                 int (*compare)(const void *, const void *), struct error *error)
{
    for (size_t i = 1; i < count; i++) {
        if (compare(&versions[i - 1], &versions[i]) == 0) {
            return error_set(error, FATAL,
                             "%s overlaps %s: both are in force from the same moment on; give the "
                             "newer one a later effective_from",
                             versions[i].draft->file, versions[i - 1].draft->file);
        }
    }
    return OK;
}

static enum status make_bases(struct policy_set *set, struct error *error)
{
    for (size_t i = 0; i < set->base_count; i++) {
        struct policy_draft *draft = set->bases[i].draft;
        struct policy *policy = &draft->policy;
        must(snprintf(policy->name, sizeof policy->name, "%s", draft->name) > 0);
        must(snprintf(policy->id, sizeof policy->id, "%s@%s", draft->name, draft->version) > 0);
        set->bases[i].entry = entry_new(draft, policy);
        if (!set->bases[i].entry) {
            return no_memory(error);
        }
    }
    return OK;
}

static void warn(struct policy_set *set, const struct policy_draft *base,
                 const struct policy_draft *overlay)
{
    char words[POLICY_WARNING_SIZE];
    for (size_t n = 0; set->warning_count < POLICY_WARNINGS_MAX &&
                       policy_overlay_warning(base, overlay, n, words);
         n++) {
        char *copy = strdup(words);
        if (!copy) {
            return;
        }
        set->warnings[set->warning_count++] = copy;
    }
}

/* Whether the version is still in force at or after a moment. */
static bool reaches(const struct policy_set *set, size_t base, int64_t from_ms)
{
    const struct version *next = base + 1 < set->base_count ? &set->bases[base + 1] : NULL;
    return !next || strcmp(next->draft->name, set->bases[base].draft->name) != 0 ||
           next->draft->effective_from_ms > from_ms;
}

static enum status make_overlay(struct policy_set *set, struct version *overlay,
                                struct error *error)
{
    bool any = false;
    overlay->met = calloc(set->base_count + 1, sizeof(struct policy_entry *));
    if (!overlay->met) {
        return no_memory(error);
    }
    for (size_t i = 0; i < set->base_count; i++) {
        struct policy policy;
        const struct policy_draft *base = set->bases[i].draft;
        if (strcmp(base->name, overlay->draft->overlays) != 0) {
            continue;
        }
        any = true;
        if (!reaches(set, i, overlay->draft->effective_from_ms)) {
            continue;
        }
        enum status status = policy_overlay_apply(base, overlay->draft, &policy, error);
        if (status != OK) {
            return status;
        }
        overlay->met[i] = entry_new(overlay->draft, &policy);
        if (!overlay->met[i]) {
            return no_memory(error);
        }
        warn(set, base, overlay->draft);
    }
    return any ? OK
               : error_set(error, FATAL, "%s: [policy] overlays = %s, but there is no such policy",
                           overlay->draft->file, overlay->draft->overlays);
}

static void add_entry(struct policy_set *set, const struct policy_entry *entry)
{
    if (entry) {
        set->entries[set->entry_count] = entry;
        set->by_id[set->entry_count] = entry;
        set->entry_count++;
    }
}

static size_t count_entries(const struct policy_set *set)
{
    size_t count = set->base_count;
    for (size_t i = 0; i < set->overlay_count; i++) {
        for (size_t j = 0; j < set->base_count; j++) {
            count += set->overlays[i].met[j] != NULL;
        }
    }
    return count;
}

static enum status make_index(struct policy_set *set, struct error *error)
{
    size_t count = count_entries(set);
    set->entries = calloc(count + 1, sizeof(struct policy_entry *));
    set->by_id = calloc(count + 1, sizeof(struct policy_entry *));
    if (!set->entries || !set->by_id) {
        return no_memory(error);
    }
    for (size_t i = 0; i < set->base_count; i++) {
        add_entry(set, set->bases[i].entry);
    }
    for (size_t i = 0; i < set->overlay_count; i++) {
        for (size_t j = 0; j < set->base_count; j++) {
            add_entry(set, set->overlays[i].met[j]);
        }
    }
    qsort(set->by_id, count, sizeof(struct policy_entry *), compare_ids);
    for (size_t i = 1; i < count; i++) {
        if (compare_ids(&set->by_id[i - 1], &set->by_id[i]) == 0) {
            return error_set(error, FATAL,
                             "%s and %s are both %s: give the newer one another "
                             "version",
                             set->by_id[i - 1]->file, set->by_id[i]->file,
                             set->by_id[i]->policy.id);
        }
    }
    return OK;
}

static enum status make_default(struct policy_set *set, const char *dir, const char *name,
                                struct error *error)
{
    struct policy *built_in = &set->built_in;
    policy_defaults(built_in);
    must(snprintf(built_in->name, sizeof built_in->name, "%s", POLICY_DEFAULT_NAME) > 0);
    must(snprintf(built_in->id, sizeof built_in->id, "%s", POLICY_BUILT_IN_ID) > 0);
    built_in->effective_from_ms = INT64_MIN;
    set->default_name = strdup(name);
    if (!set->default_name) {
        return no_memory(error);
    }
    bool there = base_in_force(set, text_of(name), INT64_MAX) != NONE;
    if (!there && strcmp(name, POLICY_DEFAULT_NAME) != 0) {
        return error_set(error, FATAL, "policy.default is %s, but there is no such policy below %s",
                         name, dir);
    }
    return OK;
}

static enum status make(struct policy_set *set, const char *dir, const char *default_name,
                        struct error *error)
{
    enum status status = check_overlap(set->bases, set->base_count, compare_bases, error);
    if (status == OK) {
        status = check_overlap(set->overlays, set->overlay_count, compare_overlays, error);
    }
    if (status == OK) {
        status = make_bases(set, error);
    }
    for (size_t i = 0; i < set->overlay_count && status == OK; i++) {
        status = make_overlay(set, &set->overlays[i], error);
    }
    if (status == OK) {
        status = make_index(set, error);
    }
    if (status == OK) {
        status = make_default(set, dir, default_name, error);
    }
    return status;
}

/* With room for so many files of either sort; NULL when there is no memory. */
static struct policy_set *policy_set_new(size_t file_count)
{
    struct policy_set *set = calloc(1, sizeof *set);
    if (!set) {
        return NULL;
    }
    set->bases = calloc(file_count + 1, sizeof *set->bases);
    set->overlays = calloc(file_count + 1, sizeof *set->overlays);
    if (!set->bases || !set->overlays) {
        policy_set_free(set);
        return NULL;
    }
    return set;
}

enum status policy_set_load(const char *dir, const char *default_name, struct policy_set **ret_set,
                            struct error *error)
{
    struct policy_paths paths = {NULL, 0};
    enum status status = policy_folder_read(dir, &paths, error);
    if (status != OK) {
        return status;
    }
    struct policy_set *set = policy_set_new(paths.count);
    if (!set) {
        policy_paths_done(&paths);
        return no_memory(error);
    }
    status = read_drafts(set, &paths, error);
    policy_paths_done(&paths);
    if (status == OK) {
        status = make(set, dir, default_name, error);
    }
    if (status != OK) {
        policy_set_free(set);
        return status;
    }
    *ret_set = set;
    return OK;
}

static void version_done(struct version *version, size_t base_count)
{
    for (size_t i = 0; version->met && i < base_count; i++) {
        free(version->met[i]);
    }
    free(version->met);
    free(version->entry);
    policy_draft_free(version->draft);
}

void policy_set_free(struct policy_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->overlay_count; i++) {
        version_done(&set->overlays[i], set->base_count);
    }
    for (size_t i = 0; i < set->base_count; i++) {
        version_done(&set->bases[i], 0);
    }
    for (size_t i = 0; i < set->warning_count; i++) {
        free(set->warnings[i]);
    }
    free((void *)(uintptr_t)set->default_name);
    free(set->entries);
    free(set->by_id);
    free(set->overlays);
    free(set->bases);
    free(set);
}

/* ---- Asking ------------------------------------------------------------------------------------
 */

const struct policy *policy_set_find(const struct policy_set *set, struct text marketplace,
                                     struct text seller, int64_t paid_at_ms)
{
    long base = base_in_force(set, marketplace, paid_at_ms);
    if (base == NONE) {
        marketplace = text_of(set->default_name);
        base = base_in_force(set, marketplace, paid_at_ms);
    }
    if (base == NONE) {
        return &set->built_in;
    }
    long overlay = overlay_in_force(set, marketplace, seller, paid_at_ms);
    const struct policy_entry *entry =
        overlay == NONE ? set->bases[base].entry : set->overlays[overlay].met[base];
    must(entry);
    return &entry->policy;
}

const struct policy_entry *policy_set_entry(const struct policy_set *set, struct text id)
{
    size_t low = 0;
    size_t high = set->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(text_of(set->by_id[middle]->policy.id), id);
        if (order == 0) {
            return set->by_id[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct policy *policy_set_by_id(const struct policy_set *set, struct text id)
{
    const struct policy_entry *entry = policy_set_entry(set, id);
    if (entry) {
        return &entry->policy;
    }
    return text_equal(id, TEXT(POLICY_BUILT_IN_ID)) ? &set->built_in : NULL;
}

size_t policy_set_count(const struct policy_set *set)
{
    return set->entry_count;
}

const struct policy_entry *policy_set_at(const struct policy_set *set, size_t index)
{
    must(index < set->entry_count);
    return set->entries[index];
}

size_t policy_set_warning_count(const struct policy_set *set)
{
    return set->warning_count;
}

const char *policy_set_warning(const struct policy_set *set, size_t index)
{
    must(index < set->warning_count);
    return set->warnings[index];
}
