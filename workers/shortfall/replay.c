#include "shortfall/replay.h"

#include "caseworker/case_record.h"
#include "caseworker/effect_records.h"

enum { FIRST_LINES = 2 };

enum status recorded_fact_read(struct codec *codec, struct arena *arena,
                               const struct case_event *event, struct recorded_fact *ret_fact,
                               struct error *error)
{
    *ret_fact = (struct recorded_fact){.timer = text_equal(event->fact_topic, TEXT("timer"))};
    if (ret_fact->timer) {
        ret_fact->fact = (struct case_fact){.kind = CASE_FACT_TIMER, .at_ms = event->at_ms};
        return OK;
    }
    const char *reason;
    const struct message message = {.topic = topic_by_name(event->fact_topic),
                                    .value = event->fact};
    if (message.topic == TOPIC_NONE) {
        return error_set(error, POISON, "a fact of topic '%.*s', which is none",
                         (int)event->fact_topic.size, event->fact_topic.data);
    }
    enum status status = input_read(codec, &message, arena, &ret_fact->input, &reason, error);
    if (status != OK) {
        return status;
    }
    if (!text_is_set(ret_fact->input.order_id)) {
        return error_set(error, POISON, "a fact of no order");
    }
    ret_fact->fact = ret_fact->input.fact;
    ret_fact->fact.at_ms = event->at_ms;
    if (ret_fact->fact.kind == CASE_FACT_REFUND_RESULT) {
        char case_id[IDENTITY_SIZE];
        case_id_of(event->order_id, case_id);
        ret_fact->fact.purpose = refund_purpose_of(case_id, ret_fact->fact.refund_result);
    }
    return OK;
}

void replay_open(struct replay *replay, const struct shortage *first, const struct policy *policy)
{
    replay->policy = policy;
    case_open(&replay->file, first, policy);
}

static bool reserve_line(struct replay *replay)
{
    struct case_file *file = &replay->file;
    if (file->line_count < file->line_capacity) {
        return true;
    }
    uint32_t capacity = file->line_capacity ? 2 * file->line_capacity : FIRST_LINES;
    struct case_line *lines = arena_take(replay->arena, capacity * sizeof *lines);
    if (!lines) {
        return false;
    }
    if (file->line_count > 0) {
        memcpy(lines, file->lines, file->line_count * sizeof *lines);
    }
    file->lines = lines;
    file->line_capacity = capacity;
    return true;
}

static void apply(struct replay *replay, const struct case_fact *fact)
{
    struct offers_view view = {.offers = replay->offers,
                               .order_id = id_text(&replay->file.order_id),
                               .at_ms = fact->at_ms};
    struct catalogue catalogue = offers_catalogue(&view);
    case_apply(&replay->file, replay->policy, &catalogue, fact, replay->effects);
}

enum status replay_judge(struct replay *replay, const struct case_fact *fact, struct error *error)
{
    must(fact->kind != CASE_FACT_TIMER);
    if (fact->kind == CASE_FACT_SHORTAGE && !reserve_line(replay)) {
        return error_set(error, FATAL, "too many cases for the memory of this command");
    }
    apply(replay, fact);
    return OK;
}

bool replay_fire(struct replay *replay, int64_t until_ms, int64_t least_ms)
{
    int64_t due_ms = case_next_deadline(&replay->file);
    if (due_ms == INT64_MAX || due_ms > until_ms) {
        return false;
    }
    apply(replay, &(struct case_fact){.kind = CASE_FACT_TIMER,
                                      .at_ms = due_ms > least_ms ? due_ms : least_ms});
    return true;
}

static bool is_same(const struct case_effects *effects, const struct case_event *event)
{
    uint32_t effect_count = effects->refund_request_count + effects->plan_count +
                            effects->compensation_count + effects->notification_count +
                            effects->line_outcome_count;
    bool same = effects->verdict == event->verdict && effects->reason == event->reason &&
                effects->sequence == event->sequence && effect_count == event->effect_count &&
                effects->line_change_count == event->line_count;
    for (uint32_t i = 0; i < event->line_count && same; i++) {
        const struct line_change *ours = &effects->line_changes[i];
        same = ours->line_no == event->lines[i].line_no && ours->after == event->lines[i].after;
    }
    return same;
}

enum status replay_follow(struct replay *replay, const struct case_event *event,
                          const struct recorded_fact *fact, bool *ret_same, struct error *error)
{
    enum status status = OK;
    *ret_same = false;
    if (case_is_forgotten(&replay->file)) {
        return OK;
    }
    if (!fact->timer) {
        status = replay_judge(replay, &fact->fact, error);
    } else if (!replay_fire(replay, event->at_ms, event->at_ms)) {
        return OK;
    }
    *ret_same = status == OK && is_same(replay->effects, event);
    return status;
}

void replay_fork(const struct replay *replay, struct case_line *lines, struct replay *ret_fork)
{
    const struct case_file *file = &replay->file;
    must(file->line_count > 0);
    memcpy(lines, file->lines, file->line_count * sizeof *lines);
    *ret_fork = *replay;
    ret_fork->file.lines = lines;
    ret_fork->file.line_capacity = file->line_count;
}
