#include "kit/policy_key.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/nearest.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define YEAR_MS (366 * DAY_MS)

enum {
    RATE_MAX_BP = 100000,    /* ten times what was paid: some shops promise a multiple */
    GOODWILL_MAX_BP = 10000, /* all that was paid */
    ROUNDING_HALF_UP = 1,
    NAMES_MAX = 64,
};

#define DRAFT(field) .place = POLICY_IN_DRAFT, .offset = offsetof(struct policy_draft, field)
#define POLICY(field) .place = POLICY_IN_POLICY, .offset = offsetof(struct policy, field)
#define PENALTY(field)                                             \
    .section = POLICY_PENALTY_SECTION, .place = POLICY_IN_PENALTY, \
    .offset = offsetof(struct penalty_draft, field)
#define CHOICES(...)               \
    (const struct policy_choice[]) \
    {                              \
        __VA_ARGS__,               \
        {                          \
            NULL, 0                \
        }                          \
    }

static const struct policy_choice silences[] = {
    {"refund", SILENCE_REFUND}, {"wait", SILENCE_WAIT}, {NULL, 0}};

const struct policy_key policy_keys[] = {
    {.section = "policy", .name = "name", .kind = POLICY_ID, DRAFT(name), .required = true},
    {.section = "policy", .name = "version", .kind = POLICY_ID, DRAFT(version), .required = true},
    {.section = "policy",
     .name = "effective_from",
     .kind = POLICY_TIME,
     DRAFT(effective_from_ms),
     .required = true},
    {.section = "policy", .name = "source", .kind = POLICY_WORDS, DRAFT(source), .required = true},
    {.section = "policy", .name = "checked", .kind = POLICY_DATE, DRAFT(checked)},
    {.section = "policy", .name = "confidence", .kind = POLICY_WORDS, DRAFT(confidence)},
    {.section = "policy", .name = "overlays", .kind = POLICY_ID, DRAFT(overlays)},
    {.section = "policy", .name = "seller", .kind = POLICY_ID, DRAFT(seller)},

    {.section = "shop",
     .name = "ship_within",
     .kind = POLICY_DURATION,
     POLICY(ship_within_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "shop",
     .name = "wording",
     .kind = POLICY_CHOICE,
     POLICY(wording),
     .choices = CHOICES({"plain", WORDING_PLAIN}, {"neutral", WORDING_NEUTRAL}),
     .worse = POLICY_WORSE_MORE,
     .shop = true},

    {.section = "notice",
     .name = "grace",
     .kind = POLICY_DURATION,
     POLICY(notice_grace_ms),
     .min = 0,
     .max = GRACE_MAX_MS,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "notice",
     .name = "window",
     .kind = POLICY_DURATION,
     POLICY(notice_window_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_LESS,
     .shop = true},
    {.section = "notice",
     .name = "silence",
     .kind = POLICY_CHOICE,
     POLICY(notice_silence),
     .choices = silences,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "notice",
     .name = "silence_with_eta",
     .kind = POLICY_CHOICE,
     POLICY(notice_silence_with_eta),
     .choices = silences,
     .worse = POLICY_WORSE_MORE,
     .shop = true},

    {.section = "renewed",
     .name = "grace",
     .kind = POLICY_DURATION,
     POLICY(renewed_grace_ms),
     .min = 0,
     .max = GRACE_MAX_MS,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "renewed",
     .name = "window",
     .kind = POLICY_DURATION,
     POLICY(renewed_window_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_LESS,
     .shop = true},
    {.section = "renewed",
     .name = "silence",
     .kind = POLICY_CHOICE,
     POLICY(renewed_silence),
     .choices = silences,
     .worse = POLICY_WORSE_MORE,
     .shop = true},

    {.section = "wait",
     .name = "without_eta",
     .kind = POLICY_CHOICE,
     POLICY(without_eta),
     .choices = CHOICES({"hide", WITHOUT_ETA_HIDE}, {"offer", WITHOUT_ETA_OFFER}),
     .worse = POLICY_WORSE_LESS,
     .shop = true},
    {.section = "wait",
     .name = "eta_within",
     .kind = POLICY_DURATION,
     POLICY(eta_within_ms),
     .min = 0,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "wait",
     .name = "passed",
     .kind = POLICY_CHOICE,
     POLICY(passed),
     .choices = CHOICES({"renew", DATE_PASSED_RENEW}, {"refund", DATE_PASSED_REFUND}),
     .worse = POLICY_WORSE_LESS,
     .shop = true},

    {.section = "substitute",
     .name = "dearer",
     .kind = POLICY_CHOICE,
     POLICY(dearer),
     .choices = CHOICES({"hide", DEARER_HIDE}, {"absorb", DEARER_ABSORB}),
     .worse = POLICY_WORSE_LESS,
     .shop = true},

    {.section = "refund",
     .name = "due",
     .kind = POLICY_DURATION,
     POLICY(refund_due_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS},
    {.section = "refund",
     .name = "retry",
     .kind = POLICY_DURATIONS,
     POLICY(refund_retry_ms),
     .min = 1,
     .max = YEAR_MS},

    {.section = "goodwill",
     .name = "max_rate_bp",
     .kind = POLICY_RATE,
     POLICY(goodwill_max_rate_bp),
     .min = 0,
     .max = GOODWILL_MAX_BP,
     .worse = POLICY_WORSE_LESS,
     .shop = true},
    {.section = "goodwill",
     .name = "answer",
     .kind = POLICY_DURATION,
     POLICY(goodwill_answer_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_MORE,
     .shop = true},
    {.section = "goodwill",
     .name = "claim_window",
     .kind = POLICY_DURATION,
     POLICY(claim_window_ms),
     .min = 0,
     .max = YEAR_MS,
     .worse = POLICY_WORSE_LESS,
     .shop = true},

    {.section = "intervention",
     .name = "ask_within",
     .kind = POLICY_OPTIONAL,
     POLICY(ask_within_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS},
    {.section = "intervention",
     .name = "seller_evidence",
     .kind = POLICY_DURATION,
     POLICY(seller_evidence_ms),
     .min = MINUTE_MS,
     .max = YEAR_MS},

    {.section = "penalty",
     .name = "rounding",
     .kind = POLICY_CHOICE,
     DRAFT(rounding),
     .choices = CHOICES({"half_up", ROUNDING_HALF_UP})},
    {.section = "penalty",
     .name = "stack_cap_bp",
     .kind = POLICY_RATE,
     POLICY(stack_cap_bp),
     .min = 0,
     .max = RATE_MAX_BP},
    {.section = "penalty",
     .name = "payer",
     .kind = POLICY_CHOICE,
     POLICY(payer),
     .choices = CHOICES({"seller", PAYER_SELLER}, {"platform", PAYER_PLATFORM})},
    {.section = "penalty",
     .name = "instrument",
     .kind = POLICY_CHOICE,
     POLICY(instrument),
     .choices = CHOICES({"cash", INSTRUMENT_CASH}, {"coupon", INSTRUMENT_COUPON},
                        {"points", INSTRUMENT_POINTS}, {"discount", INSTRUMENT_DISCOUNT})},

    {PENALTY(penalty.rule), .name = "rule", .kind = POLICY_CHOICE,
     .choices = CHOICES({"no_stock", PENALTY_NO_STOCK}, {"late", PENALTY_LATE})},
    {PENALTY(penalty.on_admission), .name = "on_admission", .kind = POLICY_YES},
    {PENALTY(penalty.after_promise_ms), .name = "after_promise", .kind = POLICY_OPTIONAL, .min = 0,
     .max = YEAR_MS},
    {PENALTY(penalty.promise_over_ms), .name = "promise_over", .kind = POLICY_OPTIONAL, .min = 0,
     .max = YEAR_MS},
    {PENALTY(penalty.promise_up_to_ms), .name = "promise_up_to", .kind = POLICY_OPTIONAL, .min = 0,
     .max = YEAR_MS},
    {PENALTY(penalty.rate_bp), .name = "rate_bp", .kind = POLICY_RATE, .min = 0,
     .max = RATE_MAX_BP},
    {PENALTY(penalty.min_minor), .name = "min_minor", .kind = POLICY_MONEY, .min = 0,
     .max = AMOUNT_MAX - 1},
    {PENALTY(penalty.max_minor), .name = "max_minor", .kind = POLICY_MONEY, .min = 1,
     .max = AMOUNT_MAX - 1},
    {PENALTY(source), .name = "source", .kind = POLICY_WORDS},
};

const size_t policy_key_count = sizeof policy_keys / sizeof *policy_keys;

_Static_assert(sizeof policy_keys / sizeof *policy_keys <= POLICY_KEYS_MAX, "POLICY_KEYS_MAX");

/* ---- Names ----------------------------------------------------------------------------------- */

size_t policy_key_index(const char *section, const char *name)
{
    size_t index = 0;
    while (index < policy_key_count && (strcmp(policy_keys[index].section, section) != 0 ||
                                        strcmp(policy_keys[index].name, name) != 0)) {
        index++;
    }
    return index;
}

bool policy_section_is_known(const char *section, const char **ret_penalty)
{
    size_t prefix = sizeof POLICY_PENALTY_SECTION - 1;
    *ret_penalty = NULL;
    if (strncmp(section, POLICY_PENALTY_SECTION, prefix) == 0) {
        *ret_penalty = section + prefix;
        return section[prefix] != '\0';
    }
    for (size_t i = 0; i < policy_key_count; i++) {
        if (strcmp(policy_keys[i].section, section) == 0) {
            return true;
        }
    }
    return false;
}

const char *policy_nearest(const char *section, const char *unknown)
{
    const char *names[NAMES_MAX] = {"penalty.no_stock", "penalty.late"};
    size_t count = section ? 0 : 2;
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        if (section && strcmp(key->section, section) == 0) {
            names[count++] = key->name;
        } else if (!section && key->place != POLICY_IN_PENALTY) {
            names[count++] = key->section;
        }
    }
    return nearest_name(text_of(unknown), names, count);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static enum status read_text(const struct policy_key *key, const char *value, char *ret_text,
                             size_t size, struct error *error)
{
    size_t length = strlen(value);
    if (length == 0) {
        return error_set(error, FATAL, "it is empty");
    }
    if (length >= size) {
        return error_set(error, FATAL, "it is longer than %zu bytes", size - 1);
    }
    for (const char *at = value; *at && key->kind == POLICY_ID; at++) {
        if (iscntrl((unsigned char)*at) || *at == ' ' || *at == '@' || *at == '+') {
            return error_set(error, FATAL, "'%s' has a blank, @ or +: leave these out", value);
        }
    }
    memcpy(ret_text, value, length + 1);
    return OK;
}

static enum status read_duration(const struct policy_key *key, struct text value, int64_t *ret_ms,
                                 struct error *error)
{
    char shortest[TIME_TEXT_SIZE];
    char longest[TIME_TEXT_SIZE];
    int64_t ms;
    if (!duration_parse(value, &ms)) {
        return error_set(error, FATAL, "'%.*s' is no duration: write it like 2m, 48h, 30d or 1d12h",
                         (int)value.size, value.data);
    }
    if (ms < key->min || ms > key->max) {
        bool grace = key->max == GRACE_MAX_MS;
        return error_set(error, FATAL, "%.*s is not from %s to %s%s", (int)value.size, value.data,
                         duration_format(key->min, shortest), duration_format(key->max, longest),
                         grace ? ": a buyer must not wait longer for the first word" : "");
    }
    *ret_ms = ms;
    return OK;
}

static enum status read_durations(const struct policy_key *key, const char *value,
                                  struct policy *policy, struct error *error)
{
    int64_t waits[REFUND_RETRIES_MAX];
    uint32_t count = 0;
    for (const char *at = value; at; count++) {
        const char *comma = strchr(at, ',');
        const char *end = comma ? comma : at + strlen(at);
        while (isspace((unsigned char)*at)) {
            at++;
        }
        struct text one = {at, (uint32_t)(end - at)};
        while (one.size > 0 && isspace((unsigned char)one.data[one.size - 1])) {
            one.size--;
        }
        if (count == REFUND_RETRIES_MAX) {
            return error_set(error, FATAL, "more than %d waits", REFUND_RETRIES_MAX);
        }
        enum status status = read_duration(key, one, &waits[count], error);
        if (status != OK) {
            return status;
        }
        at = comma ? comma + 1 : NULL;
    }
    memcpy(policy->refund_retry_ms, waits, count * sizeof *waits);
    policy->refund_retry_count = count;
    return OK;
}

static enum status read_choice(const struct policy_key *key, const char *value, void *place,
                               struct error *error)
{
    char words[128] = "";
    size_t used = 0;
    for (const struct policy_choice *choice = key->choices; choice->word; choice++) {
        if (strcmp(choice->word, value) == 0) {
            memcpy(place, &choice->value, sizeof choice->value);
            return OK;
        }
        int size =
            snprintf(words + used, sizeof words - used, "%s%s", used ? " or " : "", choice->word);
        must(size > 0 && (size_t)size < sizeof words - used);
        used += (size_t)size;
    }
    return error_set(error, FATAL, "'%s' is not %s", value, words);
}

static enum status read_number(const struct policy_key *key, const char *value, int64_t *ret_number,
                               struct error *error)
{
    int64_t number = 0;
    const char *at = value;
    for (; *at >= '0' && *at <= '9' && number <= AMOUNT_MAX; at++) {
        number = number * 10 + (*at - '0');
    }
    if (at == value || *at || number < key->min || number > key->max) {
        return error_set(error, FATAL, "'%s' is no whole number from %" PRId64 " to %" PRId64,
                         value, key->min, key->max);
    }
    *ret_number = number;
    return OK;
}

static enum status read_time(const char *value, int64_t *ret_ms, struct error *error)
{
    return time_parse(text_of(value), ret_ms)
               ? OK
               : error_set(error, FATAL, "'%s' is no time: write it like 2026-04-01T00:00:00Z",
                           value);
}

static enum status read_yes(const char *value, bool *ret_yes, struct error *error)
{
    *ret_yes = strcmp(value, "yes") == 0;
    return *ret_yes || strcmp(value, "no") == 0
               ? OK
               : error_set(error, FATAL, "'%s' is not yes or no", value);
}

enum status policy_key_read(const struct policy_key *key, const char *value, void *base,
                            struct error *error)
{
    void *place = (char *)base + key->offset;
    int64_t number = 0;
    enum status status = OK;
    switch (key->kind) {
    case POLICY_ID:
        return read_text(key, value, place, POLICY_ID_TEXT_SIZE, error);
    case POLICY_WORDS:
        return read_text(key, value, place, POLICY_WORDS_SIZE, error);
    case POLICY_DATE:
        status = read_time(value, &number, error);
        return status == OK ? read_text(key, value, place, POLICY_WORDS_SIZE, error) : status;
    case POLICY_TIME:
        return read_time(value, place, error);
    case POLICY_DURATION:
        return read_duration(key, text_of(value), place, error);
    case POLICY_OPTIONAL:
        status = read_duration(key, text_of(value), &number, error);
        if (status == OK) {
            *(struct optional_long *)place = (struct optional_long){.value = number, .set = true};
        }
        return status;
    case POLICY_DURATIONS:
        return read_durations(key, value, base, error);
    case POLICY_CHOICE:
        return read_choice(key, value, place, error);
    case POLICY_RATE:
        status = read_number(key, value, &number, error);
        if (status == OK) {
            *(int32_t *)place = (int32_t)number;
        }
        return status;
    case POLICY_MONEY:
        return read_number(key, value, place, error);
    case POLICY_YES:
        return read_yes(value, place, error);
    }
    must(false);
    return FATAL;
}

/* ---- What an overlay changes -------------------------------------------------------------------
 */

static size_t size_of(const struct policy_key *key)
{
    switch (key->kind) {
    case POLICY_DURATION:
        return sizeof(int64_t);
    case POLICY_CHOICE:
        return sizeof(unsigned);
    case POLICY_RATE:
        return sizeof(int32_t);
    case POLICY_ID:
    case POLICY_WORDS:
    case POLICY_TIME:
    case POLICY_DATE:
    case POLICY_OPTIONAL:
    case POLICY_DURATIONS:
    case POLICY_MONEY:
    case POLICY_YES:
        break; /* no key of a shop is of these kinds */
    }
    must(false);
    return 0;
}

void policy_key_copy(const struct policy_key *key, const struct policy *from, struct policy *to)
{
    must(key->shop && key->place == POLICY_IN_POLICY);
    memcpy((char *)to + key->offset, (const char *)from + key->offset, size_of(key));
}

int64_t policy_key_number(const struct policy_key *key, const struct policy *policy)
{
    int64_t number = 0;
    int32_t rate = 0;
    unsigned choice = 0;
    const char *place = (const char *)policy + key->offset;
    if (key->kind == POLICY_CHOICE) {
        memcpy(&choice, place, size_of(key));
        return choice;
    }
    if (key->kind == POLICY_RATE) {
        memcpy(&rate, place, size_of(key));
        return rate;
    }
    memcpy(&number, place, size_of(key));
    return number;
}

static const char *print_durations(const struct policy *policy, char ret_text[POLICY_VALUE_SIZE])
{
    char duration[TIME_TEXT_SIZE];
    int at = 0;
    ret_text[0] = '\0';
    for (uint32_t i = 0; i < policy->refund_retry_count; i++) {
        int size = snprintf(ret_text + at, (size_t)(POLICY_VALUE_SIZE - at), "%s%s", i ? "," : "",
                            duration_format(policy->refund_retry_ms[i], duration));
        must(size > 0);
        if (size >= POLICY_VALUE_SIZE - at) {
            break; /* cut: it is for people */
        }
        at += size;
    }
    return ret_text;
}

static const char *print_optional(const struct policy_key *key, const struct policy *policy,
                                  char ret_text[POLICY_VALUE_SIZE])
{
    struct optional_long span;
    char duration[TIME_TEXT_SIZE];
    memcpy(&span, (const char *)policy + key->offset, sizeof span);
    int size = snprintf(ret_text, POLICY_VALUE_SIZE, "%s",
                        span.set ? duration_format(span.value, duration) : "");
    must(size >= 0 && size < POLICY_VALUE_SIZE);
    return ret_text;
}

const char *policy_key_print(const struct policy_key *key, const struct policy *policy,
                             char ret_text[POLICY_VALUE_SIZE])
{
    if (key->kind == POLICY_DURATIONS) {
        return print_durations(policy, ret_text);
    }
    if (key->kind == POLICY_OPTIONAL) {
        return print_optional(key, policy, ret_text);
    }
    int64_t number = policy_key_number(key, policy);
    char duration[TIME_TEXT_SIZE];
    const char *word = NULL;
    if (key->kind == POLICY_DURATION) {
        word = duration_format(number, duration);
    }
    for (const struct policy_choice *choice = key->choices; choice && choice->word; choice++) {
        word = choice->value == number ? choice->word : word;
    }
    int size = word ? snprintf(ret_text, POLICY_VALUE_SIZE, "%s", word)
                    : snprintf(ret_text, POLICY_VALUE_SIZE, "%" PRId64, number);
    must(size > 0 && size < POLICY_VALUE_SIZE);
    return ret_text;
}
