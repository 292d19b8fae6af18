/* shortfall topics create, check: the topics of a cluster beside what the pipeline needs. */
#include <inttypes.h>
#include <stdio.h>

#include "kit/clock.h"
#include "kit/topic_admin.h"
#include "shortfall/command.h"

enum { PARTITIONS_DEFAULT = 12, REPLICATION_MAX = 100, USABLE_WAIT_MS = 60000 };

/* The numbers that the flags ask for; false: one is wrong, which has been said. */
static bool wish_of(const struct call *call, bool for_new, struct topic_wish *ret_wish)
{
    int64_t partitions = 0;
    int64_t sku_partitions = 0;
    int64_t replication = -1;
    if (!call_number(call, "partitions", 1, TOPIC_PARTITIONS_MAX, &partitions) ||
        !call_number(call, "sku-partitions", 1, TOPIC_PARTITIONS_MAX, &sku_partitions) ||
        (for_new && !call_number(call, "replication", 1, REPLICATION_MAX, &replication))) {
        return false;
    }
    *ret_wish = (struct topic_wish){
        .partition_count = (int32_t)partitions,
        .sku_partition_count = (int32_t)sku_partitions,
        .replication_factor = (int32_t)replication,
    };
    return true;
}

/* A topic is made before its partitions can be read and written, by seconds where there are many;
 * whoever comes next should find them. */
static enum status wait_until_usable(const struct settings *settings, const bool made[TOPIC_COUNT],
                                     struct topic_wish wish, struct error *error)
{
    struct reader *reader;
    enum status status = reader_new(settings, false, &reader, error);
    if (status != OK) {
        return status;
    }
    int64_t give_up_ms = clock_monotonic_ms() + USABLE_WAIT_MS;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        int32_t count = topic_is_by_sku(topic) ? wish.sku_partition_count : wish.partition_count;
        for (int32_t partition = 0; made[topic] && partition < count && status == OK; partition++) {
            int64_t first, end;
            do {
                status = reader_ends(reader, topic, partition, &first, &end, error);
            } while (status != OK && clock_monotonic_ms() < give_up_ms);
        }
    }
    reader_free(reader);
    return status;
}

static enum status create(const struct call *call, struct topic_admin *admin,
                          struct topic_wish *wish, struct error *error)
{
    struct topic_found found[TOPIC_COUNT];
    bool made[TOPIC_COUNT];
    uint32_t count = 0;
    enum status status = topic_admin_look(admin, found, error);
    if (status == OK) {
        status = topic_wish_settle(wish, found, PARTITIONS_DEFAULT, error);
    }
    if (status == OK) {
        status = topic_admin_create(admin, found, *wish, made, error);
    }
    if (status != OK) {
        return status;
    }
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (made[topic]) {
            (void)printf("made %s, %" PRId32 " partitions\n", topic_info(topic)->name,
                         topic_is_by_sku(topic) ? wish->sku_partition_count
                                                : wish->partition_count);
            count++;
        }
    }
    (void)printf("%" PRIu32 " topics made, %" PRIu32 " were there\n", count, TOPIC_COUNT - count);
    return wait_until_usable(call->settings, made, *wish, error);
}

static int run_create(struct call *call)
{
    struct topic_wish wish;
    struct topic_admin *admin = NULL;
    struct error error;
    if (!wish_of(call, true, &wish)) {
        return EXIT_MISUSE;
    }
    enum status status = topic_admin_new(call->settings, &admin, &error);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    status = create(call, admin, &wish, &error);
    topic_admin_free(admin);
    if (status == OK) {
        return EXIT_DONE;
    }
    int failed = call_failed(call, status, &error);
    return status == POISON ? SETTINGS_EXIT : failed;
}

static void print_difference(void *context, enum topic topic, const char *words)
{
    (void)context;
    (void)printf("%s %s\n", topic_info(topic)->name, words);
}

static int run_check(struct call *call)
{
    struct topic_wish wish;
    struct topic_admin *admin = NULL;
    struct topic_found found[TOPIC_COUNT];
    struct error error;
    if (!wish_of(call, false, &wish)) {
        return EXIT_MISUSE;
    }
    enum status status = topic_admin_new(call->settings, &admin, &error);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    status = topic_admin_look(admin, found, &error);
    topic_admin_free(admin);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    uint32_t differences = topic_compare(found, wish, print_difference, NULL);
    if (differences > 0) {
        (void)printf("%" PRIu32 " differences\n", differences);
        return EXIT_NOT_SO;
    }
    (void)printf("all %d topics are as they should be, %" PRId32 " partitions and %" PRId32
                 " by sku\n",
                 TOPIC_COUNT, found[TOPIC_ORDER_PAID].partition_count,
                 found[TOPIC_SKU_EVENT].partition_count);
    return EXIT_DONE;
}

static const struct settings_flag flags_create[] = {
    {"partitions", "N", "partitions of each topic; where there are some already, theirs, else 12"},
    {"sku-partitions", "N", "partitions of sku-event and allocator-state, if they are others"},
    {"replication", "N", "copies of each partition; without it the broker's default"},
    {0},
};

static const struct settings_flag flags_check[] = {
    {"partitions", "N", "how many partitions there should be; without it, all the same"},
    {"sku-partitions", "N", "likewise of sku-event and allocator-state"},
    {0},
};

const struct command command_topics_create = {
    .name = "topics create",
    .arguments = "",
    .summary = "Makes the topics that are missing; those that exist stay as they are",
    .flags = flags_create,
    .run = run_create,
};

const struct command command_topics_check = {
    .name = "topics check",
    .arguments = "",
    .summary = "Compares the topics with what the pipeline needs; exit 1 if they differ",
    .flags = flags_check,
    .run = run_check,
};
