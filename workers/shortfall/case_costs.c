#include "shortfall/case_costs.h"

#include <stdlib.h>

#include "shortfall/replay.h"

struct costing {
    struct timeline *timeline;
    struct codec *codec;
    const struct policy_set *policies;
    struct replay replay;
    bool open; /* the replay is what was recorded */
    struct text why;
};

static enum status give_up(struct costing *costing, struct text why, struct error *error)
{
    costing->open = false;
    costing->why = why;
    return text_is_set(why) ? OK : error_set(error, FATAL, "out of memory");
}

static enum status begin(struct costing *costing, const struct case_event *event,
                         const struct recorded_fact *fact, struct error *error)
{
    struct arena *arena = costing->timeline->arena;
    const struct policy *policy = policy_set_by_id(costing->policies, event->policy);
    if (!policy) {
        return give_up(costing,
                       arena_format(arena, "policy %.*s is not in policy.dir.",
                                    (int)event->policy.size, event->policy.data),
                       error);
    }
    if (fact->timer || fact->fact.kind != CASE_FACT_SHORTAGE) {
        return give_up(costing, TEXT("the case's first event is not of a shortage."), error);
    }
    replay_open(&costing->replay, fact->fact.shortage, policy);
    costing->open = true;
    return OK;
}

/* The entry of the notice that was just sent, NULL if none was. */
static struct timeline_entry *notice_entry(const struct costing *costing)
{
    const struct case_effects *effects = costing->replay.effects;
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        const struct notification *sent = &effects->notifications[i];
        for (size_t j = 0; j < costing->timeline->count && sent->notice.set; j++) {
            struct timeline_entry *entry = &costing->timeline->entries[j];
            const struct notification *recorded = entry->record;
            if (entry->topic == TOPIC_NOTIFICATION && recorded && recorded->notice.set &&
                recorded->notice.value == sent->notice.value && recorded->at_ms == sent->at_ms) {
                return entry;
            }
        }
    }
    return NULL;
}

static enum status add_costs(struct costing *costing, struct timeline_entry *entry,
                             struct error *error)
{
    const struct notification *notice = entry->record;
    struct choice_cost *costs;
    if (notice->line_count > COST_LINES_MAX) {
        costing->why = arena_format(costing->timeline->arena, "notice %d has more than %d lines.",
                                    notice->notice.value, COST_LINES_MAX);
        return text_is_set(costing->why) ? OK : error_set(error, FATAL, "out of memory");
    }
    enum status status =
        choice_costs_of(&costing->replay, notice, &costs, &entry->cost_count, error);
    entry->costs = status == OK ? costs : NULL;
    return status;
}

static enum status take_event(struct costing *costing, const struct case_event *event,
                              struct error *error)
{
    struct recorded_fact fact;
    struct error why;
    struct arena *arena = costing->timeline->arena;
    if (recorded_fact_read(costing->codec, arena, event, &fact, &why) != OK) {
        return give_up(costing,
                       arena_format(arena, "event %lld of the case can't be read: %s.",
                                    (long long)event->sequence, why.text),
                       error);
    }
    enum status status = OK;
    if (event->sequence == 1) {
        status = begin(costing, event, &fact, error);
    } else if (!costing->open && !text_is_set(costing->why)) {
        status = give_up(costing, TEXT("the case's first events are not in the topic."), error);
    }
    if (status != OK || !costing->open) {
        return status;
    }
    bool same;
    status = replay_follow(&costing->replay, event, &fact, &same, error);
    if (status == OK && !same) {
        return give_up(
            costing,
            arena_format(arena,
                         "by the rules of today, policy %.*s, as policy.dir has it, does not "
                         "give what event %lld of the case says.",
                         (int)event->policy.size, event->policy.data, (long long)event->sequence),
            error);
    }
    struct timeline_entry *entry = status == OK ? notice_entry(costing) : NULL;
    return entry ? add_costs(costing, entry, error) : status;
}

enum status case_costs_add(struct timeline *timeline, struct codec *codec,
                           const struct policy_set *policies, struct text *ret_why,
                           struct error *error)
{
    struct offers *offers = offers_new(timeline->arena);
    struct case_effects *effects = calloc(1, sizeof *effects);
    struct costing costing = {
        .timeline = timeline,
        .codec = codec,
        .policies = policies,
        .replay = {.arena = timeline->arena, .offers = offers, .effects = effects},
    };
    enum status status = offers && effects ? OK : error_set(error, FATAL, "out of memory");
    for (size_t i = 0; i < timeline->count && status == OK; i++) {
        const struct timeline_entry *entry = &timeline->entries[i];
        if (entry->topic == TOPIC_NOTIFICATION && entry->record) {
            status = offers_take(offers, entry->record, error);
        }
    }
    for (size_t i = 0; i < timeline->count && status == OK; i++) {
        const struct timeline_entry *entry = &timeline->entries[i];
        const struct case_event *event = entry->record;
        if (entry->topic == TOPIC_CASE_EVENT && event && event->sequence > 0) {
            status = take_event(&costing, event, error);
        }
    }
    *ret_why = costing.why;
    offers_free(offers);
    free(effects);
    return status;
}

bool case_costs_are_missing(const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_entry *entry = &timeline->entries[i];
        const struct notification *notification = entry->record;
        if (entry->topic == TOPIC_NOTIFICATION && notification && notification->notice.set &&
            entry->cost_count == 0) {
            return true;
        }
    }
    return false;
}
