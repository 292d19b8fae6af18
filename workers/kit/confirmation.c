#include "kit/confirmation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/clock.h"

enum {
    ANSWER_WAIT_MS = 5000,
    ASK_AGAIN_MS = 50, /* a group comes to rest within milliseconds, or we are told anew */
    WORDS_SIZE = 200,
};

struct confirmation {
    rd_kafka_t *client;
    char *group; /* owned, as all names */
    char *instance;
    const rd_kafka_topic_partition_list_t *partitions; /* NULL: nothing is asked */
    rd_kafka_queue_t *answer; /* owned; of the open question alone. NULL: none is open */
    int64_t began_ms;
    int64_t again_ms; /* no question before */
    char words[WORDS_SIZE];
};

struct confirmation *confirmation_new(rd_kafka_t *client, const char *group, const char *instance)
{
    struct confirmation *confirmation = calloc(1, sizeof *confirmation);
    must(confirmation);
    confirmation->client = client;
    confirmation->group = strdup(group);
    confirmation->instance = strdup(instance);
    must(confirmation->group && confirmation->instance);
    return confirmation;
}

/* An answer that comes later goes with its queue: it may be older than the next question. */
static void close_question(struct confirmation *confirmation)
{
    if (confirmation->answer) {
        rd_kafka_queue_destroy(confirmation->answer);
        confirmation->answer = NULL;
    }
}

void confirmation_free(struct confirmation *confirmation)
{
    if (confirmation) {
        close_question(confirmation);
        free(confirmation->group);
        free(confirmation->instance);
        free(confirmation);
    }
}

static void ask(struct confirmation *confirmation)
{
    char why[WORDS_SIZE];
    const char *group = confirmation->group;
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(confirmation->client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    must(options);
    must(!rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_WAIT_MS, why, sizeof why));
    confirmation->answer = rd_kafka_queue_new(confirmation->client);
    rd_kafka_DescribeConsumerGroups(confirmation->client, &group, 1, options, confirmation->answer);
    rd_kafka_AdminOptions_destroy(options);
}

void confirmation_ask(struct confirmation *confirmation,
                      const rd_kafka_topic_partition_list_t *partitions)
{
    confirmation->partitions = partitions;
    confirmation->began_ms = clock_monotonic_ms();
    confirmation->words[0] = '\0';
    close_question(confirmation);
    ask(confirmation);
}

void confirmation_forget(struct confirmation *confirmation)
{
    confirmation->partitions = NULL;
    close_question(confirmation);
}

int64_t confirmation_waits_ms(const struct confirmation *confirmation)
{
    return clock_monotonic_ms() - confirmation->began_ms;
}

const char *confirmation_words(const struct confirmation *confirmation)
{
    return confirmation->words;
}

static bool no(struct confirmation *confirmation, const char *words)
{
    (void)snprintf(confirmation->words, sizeof confirmation->words, "%s", words);
    return false;
}

static bool same(const rd_kafka_topic_partition_list_t *ours,
                 const rd_kafka_topic_partition_list_t *theirs)
{
    bool all = ours->cnt == (theirs ? theirs->cnt : 0);
    for (int i = 0; all && i < ours->cnt; i++) {
        all = rd_kafka_topic_partition_list_find(theirs, ours->elems[i].topic,
                                                 ours->elems[i].partition) != NULL;
    }
    return all;
}

static bool says_ours(struct confirmation *confirmation,
                      const rd_kafka_ConsumerGroupDescription_t *group)
{
    const rd_kafka_error_t *failure = rd_kafka_ConsumerGroupDescription_error(group);
    if (failure) {
        return no(confirmation, rd_kafka_error_string(failure));
    }
    if (rd_kafka_ConsumerGroupDescription_state(group) != RD_KAFKA_CONSUMER_GROUP_STATE_STABLE) {
        return no(confirmation, "the group gives its partitions anew");
    }
    for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); i++) {
        const rd_kafka_MemberDescription_t *member =
            rd_kafka_ConsumerGroupDescription_member(group, i);
        const char *instance = rd_kafka_MemberDescription_group_instance_id(member);
        if (instance && strcmp(instance, confirmation->instance) == 0) {
            const rd_kafka_MemberAssignment_t *assignment =
                rd_kafka_MemberDescription_assignment(member);
            return same(confirmation->partitions, rd_kafka_MemberAssignment_partitions(assignment))
                       ? true
                       : no(confirmation, "the group gives us others");
        }
    }
    return no(confirmation, "we are no member of the group");
}

static bool read_answer(struct confirmation *confirmation, rd_kafka_event_t *event)
{
    if (rd_kafka_event_error(event)) {
        return no(confirmation, rd_kafka_event_error_string(event));
    }
    size_t count;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count);
    must(count == 1);
    return says_ours(confirmation, groups[0]);
}

bool confirmation_came(struct confirmation *confirmation)
{
    if (!confirmation->partitions) {
        return false;
    }
    if (!confirmation->answer) {
        if (clock_monotonic_ms() >= confirmation->again_ms) {
            ask(confirmation);
        }
        return false;
    }
    rd_kafka_event_t *event = rd_kafka_queue_poll(confirmation->answer, 0);
    if (!event) {
        return false;
    }
    bool ours = read_answer(confirmation, event);
    rd_kafka_event_destroy(event);
    close_question(confirmation);
    confirmation->again_ms = clock_monotonic_ms() + ASK_AGAIN_MS;
    if (ours) {
        confirmation->partitions = NULL;
    }
    return ours;
}
