/* shortfall policy dry-run: what another set of policies would have made of recorded cases. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kit/clock.h"
#include "shortfall/command.h"
#include "shortfall/dry_run_report.h"
#include "shortfall/scan.h"

#define CASES_ARENA_LIMIT ((size_t)4 << 30)

struct trying {
    struct call *call;
    struct arena *arena;         /* owned; of all cases */
    struct policy_set *policies; /* owned; those that are tried */
    struct policy_set *in_force; /* owned; NULL: the same */
    struct dry_run dry_run;
};

static enum status take(void *context, const struct message *message, struct error *error)
{
    struct trying *trying = context;
    struct call *call = trying->call;
    const void *record;
    const struct record_type *type = topic_info(message->topic)->type;
    enum status status = OK;
    if (text_is_set(message->value)) {
        status = call_decode(call, type, message->value, &record, error);
        if (status == POISON && topic_info(message->topic)->input) {
            return OK; /* it is, or will be, a dead letter */
        }
        if (status == OK) {
            status = dry_run_take(&trying->dry_run, message->topic, record, call->arena, error);
        }
        arena_reset(call->arena);
    }
    return status == OK
               ? OK
               : error_prefix(error, status, "%s, partition %" PRId32 ", offset %" PRId64 ": ",
                              topic_info(message->topic)->name, message->partition,
                              message->offset);
}

/* Both sets of policies. A bad one is a bad configuration. */
static enum status load(struct trying *trying, struct error *error)
{
    const struct settings *settings = trying->call->settings;
    const char *name = settings_text(settings, "policy.default");
    const char *in_force = call_flag(trying->call, "in-force");
    enum status status = settings_require(settings, "policy.dir", error);
    if (status == OK) {
        status =
            policy_set_load(settings_text(settings, "policy.dir"), name, &trying->policies, error);
    }
    return status == OK && in_force ? policy_set_load(in_force, name, &trying->in_force, error)
                                    : status;
}

static enum status print(const struct trying *trying, const struct dry_run_report *report,
                         struct error *error)
{
    struct buffer out = {0};
    bool whole;
    if (call_flag(trying->call, "json")) {
        json_t *json = dry_run_report_json(report);
        whole = json && !json_dumpf(json, stdout, JSON_INDENT(1)) && putchar('\n') != EOF;
        json_decref(json);
    } else {
        dry_run_report_write(report, &out);
        whole = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    }
    buffer_done(&out);
    return whole ? OK : error_set(error, FATAL, "can't write the numbers");
}

static enum status try(struct trying *trying, int64_t from_ms, int64_t to_ms, struct error *error)
{
    struct call *call = trying->call;
    struct dry_run *dry_run = &trying->dry_run;
    enum status status = call_open(call, error);
    trying->arena = arena_new(CASES_ARENA_LIMIT);
    if (status == OK && !trying->arena) {
        status = error_set(error, FATAL, "out of memory");
    }
    if (status == OK) {
        status = dry_run_init(dry_run, trying->arena, call->codec,
                              trying->in_force ? trying->in_force : trying->policies,
                              trying->policies, error);
    }
    if (status == OK) {
        status = scan(call->reader, dry_run_topics, dry_run_topic_count, (struct text){0}, take,
                      trying, error);
    }
    if (status != OK) {
        return status;
    }
    int64_t until_ms = call_now_ms(call, dry_run->latest_ms);
    struct dry_run_report report;
    dry_run_end(dry_run, until_ms);
    status = dry_run_report_init(&report, dry_run, from_ms, to_ms, until_ms, error);
    if (status == OK) {
        status = print(trying, &report, error);
    }
    dry_run_report_done(&report);
    return status;
}

/* False: it is no time, which has been said. */
static bool time_flag(const struct call *call, const char *flag, int64_t *time_ms)
{
    const char *value = call_flag(call, flag);
    if (value && !time_parse(text_of(value), time_ms)) {
        (void)call_misused(call,
                           "--%s takes a time like 2026-11-11 or 2026-11-11T08:00:00Z, not '%s'",
                           flag, value);
        return false;
    }
    return true;
}

static int run(struct call *call)
{
    struct trying trying = {.call = call};
    struct error error;
    int64_t from_ms = INT64_MIN;
    int64_t to_ms = INT64_MAX;
    if (!time_flag(call, "from", &from_ms) || !time_flag(call, "to", &to_ms)) {
        return EXIT_MISUSE;
    }
    if (from_ms >= to_ms) {
        return call_misused(call, "--from must be before --to");
    }
    int exit_status = EXIT_DONE;
    if (load(&trying, &error) != OK) {
        (void)call_failed(call, FATAL, &error);
        exit_status = SETTINGS_EXIT;
    } else {
        enum status status = try(&trying, from_ms, to_ms, &error);
        exit_status = status == OK ? EXIT_DONE : call_failed(call, status, &error);
    }
    dry_run_done(&trying.dry_run);
    policy_set_free(trying.policies);
    policy_set_free(trying.in_force);
    arena_free(trying.arena);
    return exit_status;
}

static const struct settings_flag flags[] = {
    {"from", "TIME", "Cases opened from then on."},
    {"to", "TIME", "Cases opened before then."},
    {"in-force", "DIR", "The policies that were in force (default: --policies has them too)."},
    {"json", NULL, "As one JSON object."},
    {NULL, NULL, NULL},
};

const struct command command_policy_dry_run = {
    .name = "policy dry-run",
    .arguments = "",
    .summary = "Shows what the policies of --policies would have made of recorded cases",
    .flags = flags,
    .run = run,
};
