/* How far a partition's inputs are: what was applied, and the ends that were seen. */
#include "kit/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SHORTAGES, ANSWERS };

static const struct role role = {.inputs = {TOPIC_SHORTAGE, TOPIC_SELLER_RESPONSE},
                                 .input_count = 2};

/* Nothing is committed of either input. */
static struct shard shard_new(void)
{
    struct shard shard = {.phase = SHARD_RUNNING};
    for (uint32_t i = 0; i < role.input_count; i++) {
        shard.position[i] = -1;
        shard.end[i] = -1;
        shard.assigned[i] = true;
    }
    return shard;
}

static void receive(struct shard *shard, enum topic topic, int64_t offset)
{
    struct message message = {.topic = topic, .offset = offset};
    assert_true(shard_push(shard, &message, NULL)); /* there is no message of Kafka's behind it */
}

static void see_end(struct shard *shard, int input, int64_t offset)
{
    shard->end[input] = offset;
    shard_consume(shard, &role, 0);
}

static void forget(struct shard *shard)
{
    shard->inbox_count = 0;
    shard_done(shard);
}

static void test_an_end_is_passed_when_nothing_of_that_input_waits(void **state)
{
    (void)state;
    struct shard shard = shard_new();
    assert_false(shard_has_position(&shard, &role));
    see_end(&shard, SHORTAGES, 0);
    assert_int_equal(shard.position[SHORTAGES], 0);
    assert_int_equal(shard.position[ANSWERS], -1);
    receive(&shard, TOPIC_SHORTAGE, 0);
    see_end(&shard, SHORTAGES, 2); /* a control record lies behind what waits */
    assert_int_equal(shard.position[SHORTAGES], 0);
    forget(&shard);
}

/* The clock is compared by a transaction, which needs a position of the first input; and nothing
 * is decided before the clock was compared. */
static void test_what_waits_of_one_input_holds_up_no_other(void **state)
{
    (void)state;
    struct shard shard = shard_new();
    receive(&shard, TOPIC_SELLER_RESPONSE, 0);
    see_end(&shard, SHORTAGES, 0);
    assert_int_equal(shard.position[SHORTAGES], 0);
    see_end(&shard, ANSWERS, 1);
    assert_int_equal(shard.position[ANSWERS], -1);
    forget(&shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_end_is_passed_when_nothing_of_that_input_waits),
        cmocka_unit_test(test_what_waits_of_one_input_holds_up_no_other),
    };
    return cmocka_run_group_tests_name("kit.shard", tests, NULL, NULL);
}
