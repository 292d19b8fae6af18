#include "check.h"

#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "checks.h"
#include "client.h"
#include "core/must.h"
#include "kit/worker.h"
#include "redis.h"
#include "story.h"
#include "transcript.h"

#include "allocator/allocator.h"
#include "caseworker/caseworker.h"
#include "sequencer/sequencer.h"

static const struct role *const roles[] = {&sequencer_role, &allocator_role, &caseworker_role};

enum { ROLE_COUNT = sizeof roles / sizeof *roles };

/* ---- Offsets: I10 -----------------------------------------------------------------------------
 */

static void watch_offset(struct group *group, const struct offset_entry *offset,
                         const struct committed *before)
{
    const struct log *log = broker_log(offset->topic, offset->partition);
    const char *name = topic_info(offset->topic)->name;
    if (offset->offset < before->offset) {
        story_fail("I10 committed offsets only grow", "%s %s/%d: %lld after %lld", group->name,
                   name, offset->partition, (long long)offset->offset, (long long)before->offset);
    }
    if (offset->offset > log->count) {
        story_fail("I10 committed is what was read", "%s %s/%d: %lld of %lld", group->name, name,
                   offset->partition, (long long)offset->offset, (long long)log->count);
    }
}

void check_begin(void)
{
    group_observer = watch_offset;
}

/* ---- The view: I9 -----------------------------------------------------------------------------
 */

struct viewing {
    const struct log *log;
    const char *key;
    int live;
};

/* The newest committed record of its key? */
static bool is_live(const struct log *log, int64_t at)
{
    const struct record *record = &log->records[at];
    if (record->marker || record->gone || record->fate == FATE_ABORTED || !record->value.data ||
        text_equal(record->key, TEXT(CLOCK_KEY))) {
        return false;
    }
    for (int64_t i = at + 1; i < log->count; i++) {
        const struct record *newer = &log->records[i];
        if (!newer->marker && newer->fate != FATE_ABORTED && text_equal(newer->key, record->key)) {
            return false;
        }
    }
    return true;
}

static void check_partition_view(int primary, int32_t partition)
{
    char key[64];
    const struct log *log = broker_log(TOPIC_CASE_STATE, partition);
    const struct committed *committed =
        &group_of(caseworker_role.group)->committed[TOPIC_SHORTAGE][partition];
    (void)snprintf(key, sizeof key, "shortfall:{%d}:cases", partition);
    struct text mark = redis_field_of(primary, key, TEXT("mark"));
    if (!mark.data || committed->pending || log->stable < log->count ||
        !text_equal(mark, text_of(committed->metadata))) {
        return;
    }
    int live = 0;
    for (int64_t i = log->first; i < log->count; i++) {
        if (!is_live(log, i)) {
            continue;
        }
        live++;
        struct text shown = redis_field_of(primary, key, log->records[i].key);
        if (!shown.data || !text_equal(shown, log->records[i].value)) {
            story_fail("I9 the same mark means the same contents", "partition %d: %.*s %s",
                       partition, (int)log->records[i].key.size, log->records[i].key.data,
                       shown.data ? "differs" : "is missing");
        }
    }
    if (live != redis_field_count(primary, key) - 1) {
        story_fail("I9 the same mark means the same contents", "partition %d: %d of %d fields",
                   partition, redis_field_count(primary, key) - 1, live);
    }
}

/* A loss of Redis itself is no breach: its contents then prove nothing, and are not used. */
static bool view_was_hurt;

void check_view_is_hurt(void)
{
    view_was_hurt = true;
}

void check_view(void)
{
    for (int i = 0; i < redis_primary_count() && !view_was_hurt; i++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            check_partition_view(i, p);
        }
    }
}

/* At rest it shows what is committed: whatever Redis lost has come back meanwhile. */
static void check_view_is_back(void)
{
    for (int32_t p = 0; p < PARTITIONS; p++) {
        char key[64];
        const struct committed *committed =
            &group_of(caseworker_role.group)->committed[TOPIC_SHORTAGE][p];
        (void)snprintf(key, sizeof key, "shortfall:{%d}:cases", p);
        struct text mark = redis_field_of(0, key, TEXT("mark"));
        if (committed->metadata[0] && !text_equal(mark, text_of(committed->metadata))) {
            story_fail("what Redis shows comes back", "partition %d: %.*s instead of %s", p,
                       (int)mark.size, mark.data ? mark.data : "nothing", committed->metadata);
        }
    }
}

/* ---- Rest: I12 --------------------------------------------------------------------------------
 */

static bool all_is_read(const struct role *role)
{
    const struct group *group = group_of(role->group);
    for (uint32_t i = 0; i < role->input_count; i++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            const struct committed *committed = &group->committed[role->inputs[i]][p];
            const struct log *log = broker_log(role->inputs[i], p);
            int64_t done = committed->offset == OFFSET_NONE ? 0 : committed->offset;
            if (committed->pending || log->stable < log->count || done < log->count) {
                return false;
            }
        }
    }
    return true;
}

bool check_is_at_rest(void)
{
    bool rests = true;
    for (int i = 0; i < ROLE_COUNT; i++) {
        rests = rests && all_is_read(roles[i]);
    }
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            const struct log *log = broker_log((enum topic)topic, p);
            rests = rests && log->stable == log->count;
        }
    }
    return rests;
}

void check_all(void)
{
    transcript_read();
    check_identities();
    check_inputs();
    check_stock();
    check_cases();
    check_traces();
    check_money();
    check_policy();
    check_record_clock();
    check_rules();
    check_view();
    check_view_is_back();
}
