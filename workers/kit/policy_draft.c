#include "kit/policy_draft.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/policy_file.h"
#include "kit/policy_key.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

enum { LINES_MAX = 2000, SECTION_SIZE = 64 };

/* A file while inih reads it. Our reader counts its lines, so that every word about a value says
 * where it stands. */
struct reading {
    struct policy_draft *draft;
    FILE *file;
    int line;
    bool indented; /* the line is one that goes on with the value above */
    char section[SECTION_SIZE];
    const struct policy_key *last_key; /* of the value above */
    void *last_base;
    enum status status; /* of the first error */
    int error_line;
    struct error *error;
};

void policy_defaults(struct policy *ret_policy)
{
    *ret_policy = (struct policy){
        .ship_within_ms = 2 * DAY_MS,
        .wording = WORDING_PLAIN,
        .notice_grace_ms = 2 * MINUTE_MS,
        .notice_window_ms = 2 * DAY_MS,
        .notice_silence = SILENCE_REFUND,
        .notice_silence_with_eta = SILENCE_REFUND,
        .renewed_grace_ms = 2 * MINUTE_MS,
        .renewed_window_ms = DAY_MS,
        .renewed_silence = SILENCE_REFUND,
        .without_eta = WITHOUT_ETA_HIDE,
        .eta_within_ms = 0,
        .passed = DATE_PASSED_REFUND,
        .dearer = DEARER_HIDE,
        .refund_due_ms = DAY_MS,
        .refund_retry_ms = {5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS},
        .refund_retry_count = 3,
        .goodwill_max_rate_bp = 10000,
        .goodwill_answer_ms = 2 * DAY_MS,
        .claim_window_ms = 15 * DAY_MS,
        .seller_evidence_ms = 3 * DAY_MS,
        .payer = PAYER_SELLER,
        .instrument = INSTRUMENT_CASH,
    };
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum status fail(struct reading *reading, enum status status)
{
    if (reading->status == OK) {
        reading->status =
            error_prefix(reading->error, status, "%s:%d: ", reading->draft->file, reading->line);
        reading->error_line = reading->line;
    }
    return reading->status;
}

/* inih's limit of a line is set when it is built, and it would silently take a longer one for two.
 */
static char *next_line(char *line, int size, void *context)
{
    struct reading *reading = context;
    if (reading->status != OK || !fgets(line, size, reading->file)) {
        return NULL;
    }
    reading->line++;
    reading->indented = isspace((unsigned char)line[0]);
    if (!strchr(line, '\n') && !feof(reading->file)) {
        fail(reading, error_set(reading->error, FATAL,
                                "a line of more than %d bytes: a text may go on in the next line, "
                                "indented",
                                size - 2));
        return NULL;
    }
    if (reading->line > LINES_MAX) {
        fail(reading, error_set(reading->error, FATAL, "more than %d lines", LINES_MAX));
        return NULL;
    }
    return line;
}

static struct penalty_draft *penalty_of(struct reading *reading, const char *name)
{
    struct policy_draft *draft = reading->draft;
    for (uint32_t i = 0; i < draft->penalty_count; i++) {
        if (strcmp(draft->penalties[i].name, name) == 0) {
            return &draft->penalties[i];
        }
    }
    if (draft->penalty_count == PENALTIES_MAX || strlen(name) >= PENALTY_NAME_SIZE) {
        return NULL;
    }
    struct penalty_draft *penalty = &draft->penalties[draft->penalty_count++];
    memcpy(penalty->name, name, strlen(name) + 1);
    penalty->line = reading->line;
    return penalty;
}

/* Finds where the values of a section go. */
static enum status place_of(struct reading *reading, const char *section, const char **ret_table,
                            struct penalty_draft **ret_penalty)
{
    const char *name = NULL;
    *ret_table = section;
    *ret_penalty = NULL;
    if (!policy_section_is_known(section, &name)) {
        const char *nearest = policy_nearest(NULL, section);
        return error_set(reading->error, FATAL, "there is no section [%s]%s%s%s", section,
                         nearest ? "; did you mean [" : "", nearest ? nearest : "",
                         nearest ? "]?" : "");
    }
    if (!name) {
        return OK;
    }
    *ret_table = POLICY_PENALTY_SECTION;
    *ret_penalty = penalty_of(reading, name);
    return *ret_penalty ? OK
                        : error_set(reading->error, FATAL,
                                    "at most %d penalties, with names of at most %d bytes",
                                    PENALTIES_MAX, PENALTY_NAME_SIZE - 1);
}

static enum status refuse_key(struct reading *reading, const char *table, const char *name)
{
    const char *nearest = policy_nearest(table, name);
    return error_set(reading->error, FATAL, "[%s] has no key '%s'%s%s%s", reading->section, name,
                     nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static void *base_of(struct policy_draft *draft, enum policy_place place,
                     struct penalty_draft *penalty)
{
    switch (place) {
    case POLICY_IN_DRAFT:
        return draft;
    case POLICY_IN_POLICY:
        return &draft->policy;
    case POLICY_IN_PENALTY:
        return penalty;
    }
    must(false);
    return NULL;
}

/* inih takes an indented line for more of the value above, and gives that one's name again. */
static bool goes_on(const struct reading *reading, const char *section, const char *name)
{
    return reading->indented && reading->last_key && strcmp(section, reading->section) == 0 &&
           strcmp(name, reading->last_key->name) == 0;
}

/* Whether a text looks like a line `key = value` of the section. */
static bool is_assignment(const struct policy_key *beside, const char *text)
{
    char name[SECTION_SIZE];
    size_t size = strcspn(text, " \t=:");
    if (size >= sizeof name) {
        return false;
    }
    memcpy(name, text, size);
    name[size] = '\0';
    text += size + strspn(text + size, " \t");
    return (*text == '=' || *text == ':') &&
           policy_key_index(beside->section, name) < policy_key_count;
}

static enum status go_on(struct reading *reading, const char *name, const char *value)
{
    const struct policy_key *key = reading->last_key;
    if (key->kind != POLICY_WORDS || is_assignment(key, value)) {
        return error_set(reading->error, FATAL,
                         "an indented line goes on with the value of '%s' above: begin it at the "
                         "left",
                         name);
    }
    char *text = (char *)reading->last_base + key->offset;
    size_t used = strlen(text);
    size_t size = strlen(value);
    if (used + 1 + size >= POLICY_WORDS_SIZE) {
        return error_set(reading->error, FATAL, "%s is longer than %d bytes", key->name,
                         POLICY_WORDS_SIZE - 1);
    }
    text[used] = ' ';
    memcpy(text + used + 1, value, size + 1);
    return OK;
}

static enum status take(struct reading *reading, const char *section, const char *name,
                        const char *value)
{
    const char *table = section;
    struct penalty_draft *penalty = NULL;
    if (goes_on(reading, section, name)) {
        return go_on(reading, name, value);
    }
    (void)snprintf(reading->section, sizeof reading->section, "%s", section); /* inih cuts at 50 */
    enum status status = place_of(reading, section, &table, &penalty);
    if (status != OK) {
        return status;
    }
    size_t index = policy_key_index(table, name);
    if (index == policy_key_count) {
        return refuse_key(reading, table, name);
    }
    int *line = penalty ? &penalty->lines[index] : &reading->draft->lines[index];
    if (*line > 0) {
        return error_set(reading->error, FATAL, "[%s] %s is given in line %d already", section,
                         name, *line);
    }
    *line = reading->line;
    reading->last_key = &policy_keys[index];
    reading->last_base = base_of(reading->draft, policy_keys[index].place, penalty);
    status = policy_key_read(reading->last_key, value, reading->last_base, reading->error);
    return status == OK ? OK : error_prefix(reading->error, status, "[%s] %s: ", section, name);
}

static int on_value(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    if (reading->status == OK) {
        enum status status = take(reading, section, name, value);
        if (status != OK) {
            fail(reading, status);
        }
    }
    return 1;
}

/* ---- Checks over the whole file ---------------------------------------------------------------
 */

static enum status check_required(const struct policy_draft *draft, struct error *error)
{
    for (size_t i = 0; i < policy_key_count; i++) {
        if (policy_keys[i].required && draft->lines[i] == 0) {
            return error_set(error, FATAL, "%s: [%s] %s is missing", draft->file,
                             policy_keys[i].section, policy_keys[i].name);
        }
    }
    return OK;
}

static enum status check_id(const struct policy_draft *draft, struct error *error)
{
    size_t size = strlen(draft->name) + 1 + strlen(draft->version);
    if (size > ID_SIZE_MAX) {
        return error_set(error, FATAL, "%s:%d: name and version together are longer than %d bytes",
                         draft->file, draft->lines[policy_key_index("policy", "version")],
                         ID_SIZE_MAX - 1);
    }
    return OK;
}

/* What of the penalty may not stand as it is; NULL if it may. */
static const char *flaw_of(const struct penalty_draft *draft)
{
    const struct penalty *penalty = &draft->penalty;
    if (penalty->rule == PENALTY_UNKNOWN) {
        return "has no rule: name it no_stock or late, or add `rule = no_stock`";
    }
    if (!penalty->on_admission && !penalty->after_promise_ms.set) {
        return "is never due: add `on_admission = yes` or `after_promise = DURATION`";
    }
    if (penalty->max_minor > 0 && penalty->min_minor > penalty->max_minor) {
        return "has min_minor above max_minor";
    }
    if (penalty->rate_bp == 0 && penalty->min_minor == 0) {
        return "pays nothing: add rate_bp, or min_minor for a fixed sum";
    }
    if (penalty->promise_over_ms.set && penalty->promise_up_to_ms.set &&
        penalty->promise_over_ms.value >= penalty->promise_up_to_ms.value) {
        return "holds for no promise: promise_over must be below promise_up_to";
    }
    return NULL;
}

/* Whether there are promises for which both hold. */
static bool overlap(const struct penalty *a, const struct penalty *b)
{
    bool a_ends_first = a->promise_up_to_ms.set && b->promise_over_ms.set &&
                        a->promise_up_to_ms.value <= b->promise_over_ms.value;
    bool b_ends_first = b->promise_up_to_ms.set && a->promise_over_ms.set &&
                        b->promise_up_to_ms.value <= a->promise_over_ms.value;
    return a->rule == b->rule && !a_ends_first && !b_ends_first;
}

static void take_rule_from_name(struct penalty_draft *draft)
{
    size_t index = policy_key_index(POLICY_PENALTY_SECTION, "rule");
    struct error ignored;
    if (draft->lines[index] == 0 &&
        policy_key_read(&policy_keys[index], draft->name, draft, &ignored) != OK) {
        draft->penalty.rule = PENALTY_UNKNOWN;
    }
}

static enum status check_penalties(struct policy_draft *draft, struct error *error)
{
    for (uint32_t i = 0; i < draft->penalty_count; i++) {
        struct penalty_draft *penalty = &draft->penalties[i];
        take_rule_from_name(penalty);
        const char *flaw = flaw_of(penalty);
        if (!flaw && !draft->source[0] && !penalty->source[0]) {
            flaw = "has no source: money needs a reason that can be looked up";
        }
        if (flaw) {
            return error_set(error, FATAL, "%s:%d: [penalty.%s] %s", draft->file, penalty->line,
                             penalty->name, flaw);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (overlap(&penalty->penalty, &draft->penalties[j].penalty)) {
                return error_set(error, FATAL,
                                 "%s:%d: [penalty.%s] and [penalty.%s] are of the same rule and "
                                 "can hold for the same promise: keep them apart with promise_over "
                                 "and promise_up_to",
                                 draft->file, penalty->line, penalty->name,
                                 draft->penalties[j].name);
            }
        }
        draft->policy.penalties[i] = penalty->penalty;
    }
    draft->policy.penalty_count = draft->penalty_count;
    return OK;
}

/* A seller's choices end where the law's and the platform's demands begin. */
static enum status check_overlay(const struct policy_draft *draft, struct error *error)
{
    bool overlay = policy_draft_is_overlay(draft);
    if (overlay != (draft->seller[0] != '\0')) {
        return error_set(error, FATAL, "%s: [policy] overlays and seller go together", draft->file);
    }
    if (overlay && draft->penalty_count > 0) {
        return error_set(error, FATAL, "%s:%d: a seller's overlay can't change [penalty.%s]",
                         draft->file, draft->penalties[0].line, draft->penalties[0].name);
    }
    for (size_t i = 0; overlay && i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        if (draft->lines[i] > 0 && !key->shop && strcmp(key->section, "policy") != 0) {
            return error_set(error, FATAL, "%s:%d: a seller's overlay can't change [%s]",
                             draft->file, draft->lines[i], key->section);
        }
    }
    return OK;
}

static enum status check(struct policy_draft *draft, struct error *error)
{
    enum status status = check_overlay(draft, error);
    if (status == OK) {
        status = check_penalties(draft, error);
    }
    if (status == OK) {
        status = check_required(draft, error);
    }
    if (status == OK) {
        status = check_id(draft, error);
    }
    return status;
}

/* A worse date goes through the same grace as the first word, unless the file says otherwise. */
static void fill_in(struct policy_draft *draft)
{
    if (draft->lines[policy_key_index("renewed", "grace")] == 0) {
        draft->policy.renewed_grace_ms = draft->policy.notice_grace_ms;
    }
    draft->policy.effective_from_ms = draft->effective_from_ms;
}

static enum status read_file(struct policy_draft *draft, FILE *file, struct error *error)
{
    struct reading reading = {.draft = draft, .file = file, .status = OK, .error = error};
    int bad_line = ini_parse_stream(next_line, &reading, on_value, &reading);
    if (bad_line > 0 && (reading.status == OK || bad_line < reading.error_line)) {
        return error_set(error, FATAL, "%s:%d: this is neither [section] nor key = value",
                         draft->file, bad_line);
    }
    if (reading.status != OK) {
        return reading.status;
    }
    if (bad_line != 0 || ferror(file)) {
        return error_set(error, FATAL, "can't read %s: %s", draft->file, strerror(errno));
    }
    fill_in(draft);
    return check(draft, error);
}

enum status policy_draft_read(const char *path, struct policy_draft **ret_draft,
                              struct error *error)
{
    struct policy_draft *draft = calloc(1, sizeof *draft);
    FILE *file = NULL;
    if (draft) {
        draft->file = strdup(path);
    }
    if (!draft || !draft->file) {
        policy_draft_free(draft);
        return error_set(error, FATAL, "no memory for %s", path);
    }
    policy_defaults(&draft->policy);
    file = fopen(path, "re");
    enum status status = file ? read_file(draft, file, error)
                              : error_set(error, FATAL, "can't read %s: %s", path, strerror(errno));
    if (file) {
        (void)fclose(file); /* only read */
    }
    if (status != OK) {
        policy_draft_free(draft);
        return status;
    }
    *ret_draft = draft;
    return OK;
}

void policy_draft_free(struct policy_draft *draft)
{
    if (draft) {
        free((void *)(uintptr_t)draft->file);
        free(draft);
    }
}
