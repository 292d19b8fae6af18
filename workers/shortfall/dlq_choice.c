#include "shortfall/dlq_choice.h"

#include "core/must.h"

enum topic dlq_origin(enum topic dead_letters)
{
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (topic_info(topic)->dlq == dead_letters) {
            return topic;
        }
    }
    must(!"somebody's dead letters");
    return TOPIC_NONE;
}

/* The dead letters of a topic, by its own name or theirs. */
static bool choose_topic(const struct call *call, const char *name, struct dlq_choice *choice)
{
    enum topic topic = call_topic(call, name);
    if (topic == TOPIC_NONE) {
        return false;
    }
    enum topic dead_letters = topic_is_dead_letters(topic) ? topic : topic_info(topic)->dlq;
    if (dead_letters == TOPIC_NONE) {
        (void)call_misused(call, "nobody reads '%s', so it has no dead letters", name);
        return false;
    }
    choice->topics[0] = dead_letters;
    choice->topic_count = 1;
    return true;
}

bool dlq_choice_read(const struct call *call, struct dlq_choice *ret_choice)
{
    struct dlq_choice choice = {
        .partition = -1,
        .offset = -1,
        .reason = text_of(call_flag(call, "reason")),
    };
    const char *topic = call_flag(call, "topic");
    if (topic && !choose_topic(call, topic, &choice)) {
        return false;
    }
    for (enum topic each = TOPIC_ORDER_PAID_DLQ; !topic && each < TOPIC_COUNT; each++) {
        choice.topics[choice.topic_count++] = each;
    }
    if (!call_number(call, "partition", 0, INT32_MAX, &choice.partition) ||
        !call_number(call, "offset", 0, INT64_MAX, &choice.offset)) {
        return false;
    }
    *ret_choice = choice;
    return true;
}

bool dlq_choice_has(const struct dlq_choice *choice, const struct message *message,
                    const struct letter *letter)
{
    return (choice->partition < 0 || choice->partition == message->partition) &&
           (choice->offset < 0 || choice->offset == message->offset) &&
           (!text_is_set(choice->reason) || text_equal(choice->reason, letter->reason));
}
