#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "client.h"
#include "core/must.h"
#include "process.h"
#include "story.h"

enum { REBALANCE_US_MAX = 8000000 };

static struct group groups[GROUPS_MAX];
static int group_count;
static uint64_t member_number;

void (*group_observer)(struct group *group, const struct offset_entry *offset,
                       const struct committed *before);

void groups_reset(void)
{
    memset(groups, 0, sizeof groups);
    group_count = 0;
    member_number = 0;
    group_observer = NULL;
}

struct group *group_of(const char *name)
{
    for (int i = 0; i < group_count; i++) {
        if (strcmp(groups[i].name, name) == 0) {
            return &groups[i];
        }
    }
    must(group_count < GROUPS_MAX);
    struct group *group = &groups[group_count++];
    (void)snprintf(group->name, ID_SIZE, "%s", name);
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            group->committed[topic][p].offset = OFFSET_NONE;
        }
    }
    return group;
}

struct group *group_at(int index)
{
    return index < group_count ? &groups[index] : NULL;
}

struct member *member_of(struct group *group, const void *client)
{
    for (int i = 0; i < group->member_count; i++) {
        if (group->members[i].client == client) {
            return &group->members[i];
        }
    }
    return NULL;
}

static struct member *of_instance(struct group *group, const char *instance)
{
    for (int i = 0; i < group->member_count; i++) {
        if (strcmp(group->members[i].instance, instance) == 0) {
            return &group->members[i];
        }
    }
    return NULL;
}

static void rebalance(struct group *group, const char *why)
{
    if (group->rebalancing) {
        return;
    }
    story_tell("%s rebalances: %s", group->name, why);
    group->rebalancing = true;
    group->syncing = false;
    group->rebalance_until_us = process_time_us() + REBALANCE_US_MAX;
    for (int i = 0; i < group->member_count; i++) {
        group->members[i].joined = false;
    }
}

void group_join(struct group *group, void *client, const char *instance)
{
    struct member *member = of_instance(group, instance);
    if (member && member->client != client) {
        story_tell("%s takes the place of an earlier one in %s", instance, group->name);
        client_fenced(member->client);
        member->client = client;
        (void)snprintf(member->id, ID_SIZE, "%s-%llu", instance,
                       (unsigned long long)++member_number);
        if (!group->rebalancing && !group->syncing) {
            client_assigned(client);
        }
    } else if (!member) {
        must(group->member_count < MEMBERS_MAX);
        rebalance(group, "a member comes");
        member = &group->members[group->member_count++];
        *member = (struct member){.client = client};
        (void)snprintf(member->instance, ID_SIZE, "%s", instance);
        (void)snprintf(member->id, ID_SIZE, "%s-%llu", instance,
                       (unsigned long long)++member_number);
    } else if (!group->rebalancing && !group->syncing) {
        client_assigned(client);
    }
    member->heard_us = process_time_us();
    member->joined = true;
}

void group_join_again(struct group *group, const void *client)
{
    struct member *member = member_of(group, client);
    rebalance(group, "the topics look otherwise to a member");
    member->joined = true;
}

void group_hear(struct group *group, const void *client)
{
    struct member *member = member_of(group, client);
    if (member) {
        member->heard_us = process_time_us();
    }
}

void group_hear_all(struct group *group)
{
    for (int i = 0; i < group->member_count; i++) {
        group->members[i].heard_us = process_time_us();
    }
}

static void remove_member(struct group *group, int index)
{
    rebalance(group, group->members[index].instance);
    for (int i = index; i + 1 < group->member_count; i++) {
        group->members[i] = group->members[i + 1];
    }
    group->member_count--;
}

/* All have joined: they are of the next generation, and soon hear what they get of it. */
static void complete(struct group *group)
{
    group->rebalancing = false;
    group->generation++;
    story_tell("%s has generation %d with %d members", group->name, group->generation,
               group->member_count);
    group->syncing = true;
    group->sync_us = process_time_us() + client_slow_us();
    for (int i = 0; i < group->member_count; i++) {
        client_joined(group->members[i].client);
    }
}

static void sync(struct group *group)
{
    group->syncing = false;
    for (int i = 0; i < group->member_count; i++) {
        client_assigned(group->members[i].client);
    }
}

void group_tend(struct group *group, int64_t session_us)
{
    bool all_joined = true;
    bool overdue = group->rebalancing && process_time_us() > group->rebalance_until_us;
    for (int i = group->member_count - 1; i >= 0; i--) {
        const struct member *member = &group->members[i];
        bool silent = process_time_us() - member->heard_us > session_us;
        if (silent || (overdue && !member->joined)) {
            remove_member(group, i);
        }
    }
    for (int i = 0; i < group->member_count; i++) {
        all_joined = all_joined && group->members[i].joined;
    }
    if (group->rebalancing && all_joined && group->member_count > 0) {
        complete(group);
    }
    if (group->syncing && process_time_us() >= group->sync_us) {
        sync(group);
    }
}

/* Ranges over the members in the order of their instances, as Kafka's range assignor has it. */
bool group_gives(const struct group *group, const struct member *member, int32_t partition)
{
    int before = 0;
    for (int i = 0; i < group->member_count; i++) {
        before += strcmp(group->members[i].instance, member->instance) < 0;
    }
    int each = PARTITIONS / group->member_count;
    int extra = PARTITIONS % group->member_count;
    int first = before * each + (before < extra ? before : extra);
    return partition >= first && partition < first + each + (before < extra);
}

enum refusal_kind group_check(const struct group *group, const char *member_id,
                              const char *instance, int generation)
{
    if (generation < 0) {
        return BROKER_OK; /* of nobody: Kafka takes it */
    }
    for (int i = 0; i < group->member_count; i++) {
        const struct member *member = &group->members[i];
        if (strcmp(member->instance, instance) == 0) {
            if (strcmp(member->id, member_id) != 0) {
                return BROKER_FENCED_MEMBER;
            }
            return generation == group->generation ? BROKER_OK : BROKER_OLD_GENERATION;
        }
    }
    return BROKER_NO_MEMBER;
}

void group_expect_owner(const struct group *group, const char *instance,
                        const struct offset_entry *offset)
{
    for (int i = 0; i < group->member_count && !group->rebalancing; i++) {
        const struct member *member = &group->members[i];
        if (strcmp(member->instance, instance) == 0 &&
            !group_gives(group, member, offset->partition)) {
            story_fail("I10 who commits a partition owns it", "%s: %s/%d in generation %d",
                       instance, topic_info(offset->topic)->name, offset->partition,
                       group->generation);
        }
    }
}

void group_set(struct group *group, const struct offset_entry *offset)
{
    struct committed *committed = &group->committed[offset->topic][offset->partition];
    if (group_observer) {
        group_observer(group, offset, committed);
    }
    committed->offset = offset->offset;
    if (offset->offset > committed->read_to) {
        committed->read_to = offset->offset;
    }
    memcpy(committed->metadata, offset->metadata, METADATA_SIZE);
}
