#include "shortfall/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct right rights[RIGHTS_MAX];
static uint32_t count;

static int set_up(void **state)
{
    (void)state;
    count = rights_list(rights);
    return count == 0;
}

static bool has(const char *who, enum right_operation operation, enum right_resource resource,
                const char *name)
{
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        bool same = strcmp(rights[i].who, who) == 0 && rights[i].operation == operation &&
                    rights[i].resource == resource && strcmp(rights[i].name, name) == 0;
        assert_false(same && found); /* each once */
        found = found || same;
    }
    return found;
}

static void test_a_worker_reads_its_inputs_and_writes_its_outputs(void **state)
{
    (void)state;
    assert_true(has("sequencer", RIGHT_READ, RIGHT_TOPIC, "order-paid"));
    assert_true(has("sequencer", RIGHT_WRITE, RIGHT_TOPIC, "order-paid.dlq"));
    assert_true(has("sequencer", RIGHT_WRITE, RIGHT_TOPIC, "sku-event"));
    assert_true(has("allocator", RIGHT_READ, RIGHT_TOPIC, "sku-event"));
    assert_true(has("allocator", RIGHT_WRITE, RIGHT_TOPIC, "shortage"));
    assert_true(has("caseworker", RIGHT_READ, RIGHT_TOPIC, "substitute"));
    assert_true(has("caseworker", RIGHT_WRITE, RIGHT_TOPIC, "substitute.dlq"));
    assert_true(has("caseworker", RIGHT_WRITE, RIGHT_TOPIC, "refund-request"));
    assert_true(has("caseworker", RIGHT_READ, RIGHT_GROUP, "shortfall-caseworker"));
    assert_true(has("caseworker", RIGHT_WRITE, RIGHT_TRANSACTION, "shortfall-caseworker"));
}

static void test_a_state_is_read_back_by_who_wrote_it(void **state)
{
    (void)state;
    assert_true(has("allocator", RIGHT_READ, RIGHT_TOPIC, "allocator-state"));
    assert_true(has("caseworker", RIGHT_READ, RIGHT_TOPIC, "case-state"));
    assert_false(has("allocator", RIGHT_READ, RIGHT_TOPIC, "case-state"));
}

static void test_only_who_forwards_writes_to_its_inputs(void **state)
{
    (void)state;
    assert_true(has("caseworker", RIGHT_WRITE, RIGHT_TOPIC, "buyer-decision"));
    assert_false(has("sequencer", RIGHT_WRITE, RIGHT_TOPIC, "order-paid"));
    assert_false(has("allocator", RIGHT_WRITE, RIGHT_TOPIC, "sku-event"));
}

static void test_nobody_may_move_money_but_the_caseworker(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        if (rights[i].operation == RIGHT_WRITE && strcmp(rights[i].name, "refund-request") == 0) {
            assert_string_equal(rights[i].who, "caseworker");
        }
    }
}

static void test_without_transactions_there_is_no_right_to_one(void **state)
{
    (void)state;
    assert_false(has("sequencer", RIGHT_WRITE, RIGHT_TRANSACTION, "shortfall-sequencer"));
}

static void test_the_operator_may_flip_the_rules_and_ask_who_knows_them(void **state)
{
    (void)state;
    assert_true(has("operator", RIGHT_WRITE, RIGHT_TOPIC, "sku-event"));
    assert_true(has("operator", RIGHT_WRITE, RIGHT_TRANSACTION, "shortfall-rules"));
    assert_true(has("operator", RIGHT_DESCRIBE, RIGHT_GROUP, "shortfall-allocator"));
    assert_false(has("operator", RIGHT_READ, RIGHT_GROUP, "shortfall-allocator")); /* no offsets */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_reads_its_inputs_and_writes_its_outputs),
        cmocka_unit_test(test_a_state_is_read_back_by_who_wrote_it),
        cmocka_unit_test(test_only_who_forwards_writes_to_its_inputs),
        cmocka_unit_test(test_nobody_may_move_money_but_the_caseworker),
        cmocka_unit_test(test_without_transactions_there_is_no_right_to_one),
        cmocka_unit_test(test_the_operator_may_flip_the_rules_and_ask_who_knows_them),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
