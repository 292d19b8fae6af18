#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>

#include "kit/topics.h"

/* The vectors of Kafka's own UtilsTest, as the positive number before the modulo. A count of
 * 2^31 - 1 partitions shows that number itself. */
static void test_partition_is_the_one_of_the_java_client(void **state)
{
    static const struct {
        const char *key;
        int32_t murmur2;
    } cases[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t positive = cases[i].murmur2 & INT32_MAX;
        assert_int_equal(topic_partition_of(text_of(cases[i].key), INT32_MAX), positive);
        assert_int_equal(topic_partition_of(text_of(cases[i].key), 12), positive % 12);
        assert_int_equal(topic_partition_of(text_of(cases[i].key), 1), 0);
    }
}

/* Every length of tail, and bytes above 127 in each place: read as signed, they would move a key.
 */
static void test_partition_is_the_one_of_librdkafka_for_any_bytes(void **state)
{
    (void)state;
    char bytes[32];
    for (uint32_t size = 0; size <= sizeof bytes; size++) {
        for (unsigned int seed = 0; seed < 256; seed++) {
            for (uint32_t i = 0; i < size; i++) {
                bytes[i] = (char)(seed + 37 * i);
            }
            int32_t theirs =
                rd_kafka_msg_partitioner_murmur2(NULL, bytes, size, 1000003, NULL, NULL);
            assert_int_equal(topic_partition_of((struct text){bytes, size}, 1000003), theirs);
        }
    }
}

static void test_every_topic_is_found_by_its_name(void **state)
{
    (void)state;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        assert_non_null(topic_info(topic)->name);
        assert_int_equal(topic_by_name(text_of(topic_info(topic)->name)), topic);
    }
    assert_int_equal(topic_by_name(TEXT("order")), TOPIC_NONE);
    assert_int_equal(topic_by_name(TEXT("order-paid.dlq.dlq")), TOPIC_NONE);
    assert_int_equal(topic_by_name(TEXT("")), TOPIC_NONE);
}

static void test_every_input_has_its_dead_letters(void **state)
{
    (void)state;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        const struct topic_info *info = topic_info(topic);
        if (info->input) {
            assert_int_not_equal(info->dlq, TOPIC_NONE);
        }
        if (info->dlq != TOPIC_NONE) {
            const char *letters = topic_info(info->dlq)->name;
            size_t size = strlen(info->name);
            assert_memory_equal(letters, info->name, size);
            assert_string_equal(letters + size, ".dlq");
        }
    }
}

static void
test_what_holds_state_is_compacted_and_facts_outlive_the_memory_of_a_closed_line(void **state)
{
    (void)state;
    const int64_t closed_line_memory_ms = INT64_C(14) * 86400000;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        const struct topic_info *info = topic_info(topic);
        bool compacted = topic == TOPIC_SUBSTITUTE || topic == TOPIC_LISTING_STATUS ||
                         topic == TOPIC_CASE_STATE || topic == TOPIC_ALLOCATOR_STATE;
        assert_int_equal(info->compacted, compacted);
        assert_true(info->retention_ms == -1 || info->retention_ms > closed_line_memory_ms);
    }
    assert_true(topic_info(TOPIC_CASE_EVENT)->retention_ms == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partition_is_the_one_of_the_java_client),
        cmocka_unit_test(test_partition_is_the_one_of_librdkafka_for_any_bytes),
        cmocka_unit_test(test_every_topic_is_found_by_its_name),
        cmocka_unit_test(test_every_input_has_its_dead_letters),
        cmocka_unit_test(
            test_what_holds_state_is_compacted_and_facts_outlive_the_memory_of_a_closed_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
