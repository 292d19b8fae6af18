#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kit/topic_plan.h"

struct noted {
    enum topic topic;
    char words[ERROR_SIZE];
};

static void note(void *context, enum topic topic, const char *words)
{
    struct noted *noted = context;
    noted->topic = topic;
    (void)snprintf(noted->words, sizeof noted->words, "%s", words);
}

/* A cluster that is just as the table has it. */
static void cluster_make(struct topic_found found[TOPIC_COUNT], int32_t partition_count,
                         int32_t sku_partition_count)
{
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        const struct topic_info *info = topic_info(topic);
        found[topic] = (struct topic_found){
            .partition_count = topic_is_by_sku(topic) ? sku_partition_count : partition_count,
            .compacted = info->compacted,
            .deletes = !info->compacted,
            .retention_ms = info->retention_ms,
            .broker_time = info->broker_time,
        };
    }
}

static void test_a_cluster_as_the_table_has_it_does_not_differ(void **state)
{
    struct topic_found found[TOPIC_COUNT];
    (void)state;
    cluster_make(found, 4, 9);
    found[TOPIC_SHORTAGE].retention_ms = -1; /* longer is right */
    assert_int_equal(topic_compare(found, (struct topic_wish){0}, note, NULL), 0);
    assert_int_equal(topic_compare(found, (struct topic_wish){4, 9, -1}, note, NULL), 0);
}

static void test_what_the_sequencer_alone_reads_may_have_any_number(void **state)
{
    struct topic_found found[TOPIC_COUNT];
    struct topic_wish wish = {0};
    struct error error;
    (void)state;
    cluster_make(found, 4, 9);
    found[TOPIC_ORDER_PAID].partition_count = 5;
    found[TOPIC_STOCK_LEVEL].partition_count = 50;
    found[TOPIC_ORDER_CLOSED_DLQ].partition_count = 3;
    assert_int_equal(topic_compare(found, wish, note, NULL), 0);
    assert_int_equal(topic_wish_settle(&wish, found, 12, &error), OK);
    assert_int_equal(wish.partition_count, 4); /* what is missing is made beside the others */
}

static void test_each_difference_says_what_to_do(void **state)
{
    static const struct {
        enum topic topic;
        struct topic_found found;
        const char *words;
    } cases[] = {
        {TOPIC_CLOCK,
         {0},
         "is missing, or this login may not see it: make it with `shortfall topics create`"},
        {TOPIC_SHORTAGE, {6, false, true, -1, false}, "has 6 partitions, but substitute has 4"},
        {TOPIC_ALLOCATOR_STATE,
         {4, true, false, -1, false},
         "has 4 partitions, but sku-event has 9"},
        {TOPIC_CASE_STATE,
         {4, false, true, -1, true},
         "is not compacted: set cleanup.policy=compact"},
        {TOPIC_CASE_STATE,
         {4, true, true, 1000, true},
         "drops old records: set cleanup.policy=compact, not with delete"},
        {TOPIC_REFUND_REQUEST,
         {4, true, false, -1, false},
         "is compacted, which loses facts: set cleanup.policy=delete"},
        {TOPIC_SKU_EVENT,
         {9, false, true, 604800000, false},
         "keeps records for 604800000 ms: set retention.ms=2592000000 or longer"},
        {TOPIC_CASE_EVENT,
         {4, false, true, 604800000, false},
         "keeps records for 604800000 ms: set retention.ms=-1 or longer"},
        {TOPIC_CASE_STATE,
         {4, true, false, -1, false},
         "does not tell the broker's time: set message.timestamp.type=LogAppendTime"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct topic_found found[TOPIC_COUNT];
        struct noted noted = {.topic = TOPIC_NONE};
        cluster_make(found, 4, 9);
        found[cases[i].topic] = cases[i].found;
        assert_int_equal(topic_compare(found, (struct topic_wish){0}, note, &noted), 1);
        assert_int_equal(noted.topic, cases[i].topic);
        assert_string_equal(noted.words, cases[i].words);
    }
}

static void test_a_wish_takes_the_numbers_that_are_there(void **state)
{
    struct topic_found found[TOPIC_COUNT] = {0};
    struct topic_wish wish = {0};
    struct error error;
    (void)state;
    assert_int_equal(topic_wish_settle(&wish, found, 12, &error), OK);
    assert_int_equal(wish.partition_count, 12);
    assert_int_equal(wish.sku_partition_count, 12);

    found[TOPIC_NOTIFICATION].partition_count = 4;
    found[TOPIC_SKU_EVENT].partition_count = 9;
    wish = (struct topic_wish){0};
    assert_int_equal(topic_wish_settle(&wish, found, 12, &error), OK);
    assert_int_equal(wish.partition_count, 4);
    assert_int_equal(wish.sku_partition_count, 9);
}

static void test_a_wish_against_what_is_there_is_refused(void **state)
{
    struct topic_found found[TOPIC_COUNT] = {0};
    struct topic_wish wish = {.partition_count = 8};
    struct error error;
    (void)state;
    found[TOPIC_NOTIFICATION].partition_count = 4;
    assert_int_equal(topic_wish_settle(&wish, found, 12, &error), POISON);
    assert_string_equal(error.text,
                        "notification has 4 partitions, not 8: topics that are joined must have "
                        "the same number, and it cannot be changed in place; ask for 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cluster_as_the_table_has_it_does_not_differ),
        cmocka_unit_test(test_what_the_sequencer_alone_reads_may_have_any_number),
        cmocka_unit_test(test_each_difference_says_what_to_do),
        cmocka_unit_test(test_a_wish_takes_the_numbers_that_are_there),
        cmocka_unit_test(test_a_wish_against_what_is_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
