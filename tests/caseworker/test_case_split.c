/* Cases moved to more partitions: every record of every case is written once more, byte by byte, in
 * the partition where its order belongs and in no other, and the marks are those of what is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "caseworker/case_record.h"
#include "caseworker/case_split.h"

enum { OLD = 2, NEW = 5, ORDERS = 600, BATCH = 37, OUTBOX_LIMIT = 64 << 20 };

static struct codec *codec;
static struct error error;
static struct case_store store;
static struct case_state *old_states[OLD];
static struct case_state *new_states[NEW];
static struct outbox before; /* what the old states wrote */
static struct outbox after;

static void add_line(struct cases *cases, struct case_entry *entry, int number, int line_no)
{
    assert_true(cases_reserve_line(cases, entry));
    struct case_line *line = case_add_line(&entry->file, line_no);
    char sku[32];
    (void)snprintf(sku, sizeof sku, "sku-%d", number % 17);
    id_set(&line->sku, text_of(sku));
    line->state = (enum line_state)(LINE_CONFIRMING + (number + line_no) % 11);
    line->revision = (int64_t)number << 12 | line_no;
    line->paid_minor = 100 * number;
    line->quantity = 1 + number % 3;
    line->refunds[REFUND_PURPOSE_LINE].state = (enum refund_state)(number % 5);
}

static void add_case(int number)
{
    char order[32];
    char case_id[IDENTITY_SIZE];
    (void)snprintf(order, sizeof order, "order-%d", number);
    case_id_of(text_of(order), case_id);
    struct cases *cases = &old_states[topic_partition_of(text_of(order), OLD)]->cases;
    struct case_entry *entry = cases_add(cases, case_id);
    assert_non_null(entry);
    entry->has_head = true;
    id_set(&entry->file.order_id, text_of(order));
    entry->file.sequence = number;
    entry->file.told = number % 2;
    entry->file.grace_ms = (struct optional_long){1000 + number, number % 3 == 0};
    for (int line_no = 1; line_no <= 1 + number % 4; line_no++) {
        add_line(cases, entry, number, line_no);
    }
    cases_touch(cases, entry);
}

static int set_up(void **context)
{
    (void)context;
    if (codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) ||
        outbox_init(&before, codec, "test", OUTBOX_LIMIT, &error) ||
        outbox_init(&after, codec, "test", OUTBOX_LIMIT, &error)) {
        return 1;
    }
    store.codec = codec;
    for (int i = 0; i < OLD; i++) {
        old_states[i] = case_state_new(i);
    }
    for (int i = 0; i < NEW; i++) {
        new_states[i] = case_state_new(i);
    }
    for (int i = 0; i < ORDERS; i++) {
        add_case(i);
    }
    for (int i = 0; i < OLD; i++) {
        if (case_state_settle(&store, old_states[i], &before, &error)) {
            return 1;
        }
    }
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    for (int i = 0; i < OLD; i++) {
        case_state_free(old_states[i]);
    }
    for (int i = 0; i < NEW; i++) {
        case_state_free(new_states[i]);
    }
    outbox_done(&before);
    outbox_done(&after);
    codec_free(codec);
    return 0;
}

static void move_all(void)
{
    uint32_t total = 0;
    for (int i = 0; i < OLD; i++) {
        uint32_t cursor = 0;
        uint32_t moved;
        do {
            assert_int_equal(
                case_split_move(old_states[i], &cursor, BATCH, new_states, NEW, &moved, &error),
                OK);
            assert_true(moved <= BATCH);
            total += moved;
            for (int p = 0; p < NEW; p++) {
                assert_int_equal(case_state_settle(&store, new_states[p], &after, &error), OK);
            }
        } while (moved > 0);
    }
    assert_int_equal(total, ORDERS);
}

static int compare_items(const void *a, const void *b)
{
    const struct outgoing *left = a;
    const struct outgoing *right = b;
    int order = memcmp(left->key.data, right->key.data,
                       left->key.size < right->key.size ? left->key.size : right->key.size);
    return order ? order : (left->key.size > right->key.size) - (left->key.size < right->key.size);
}

/* The record of a case's head or line says which order it is of: its own key does not. */
static int32_t place_of(const struct outgoing *item)
{
    struct arena *arena = arena_new(1 << 20);
    struct case_head_record head;
    struct case_line_record line;
    bool is_head = item->key.size == IDENTITY_SIZE - 1;
    assert_int_equal(codec_decode(codec, is_head ? &type_case_head : &type_case_line, item->value,
                                  arena, is_head ? (void *)&head : (void *)&line, &error),
                     OK);
    int32_t place = topic_partition_of(is_head ? head.order_id : line.order_id, NEW);
    arena_free(arena);
    return place;
}

static void test_every_record_is_there_once_with_its_bytes_where_its_order_belongs(void **context)
{
    (void)context;
    struct mark marks[NEW] = {{0}};
    move_all();
    assert_int_equal(after.count, before.count);
    for (uint32_t i = 0; i < after.count; i++) {
        const struct outgoing *item = &after.items[i];
        assert_int_equal(item->topic, TOPIC_CASE_STATE);
        assert_int_equal(item->partition, place_of(item));
        mark_change(&marks[item->partition], 0, mark_hash(item->key, item->value));
    }
    int64_t count = 0;
    for (int i = 0; i < NEW; i++) {
        const struct mark *mark = &new_states[i]->cases.mark;
        assert_true(mark->count > 0);
        assert_int_equal(mark->count, marks[i].count);
        assert_true(mark->digest == marks[i].digest);
        count += mark->count;
    }
    assert_int_equal(count, old_states[0]->cases.mark.count + old_states[1]->cases.mark.count);
    qsort(before.items, before.count, sizeof *before.items, compare_items);
    qsort(after.items, after.count, sizeof *after.items, compare_items);
    for (uint32_t i = 0; i < after.count; i++) {
        assert_true(text_equal(before.items[i].key, after.items[i].key));
        assert_true(text_equal(before.items[i].value, after.items[i].value));
    }
}

static void test_deadlines_move_with_their_cases(void **context)
{
    (void)context;
    uint32_t old_deadlines = 0;
    uint32_t new_deadlines = 0;
    for (int i = 0; i < OLD; i++) {
        old_deadlines += old_states[i]->cases.heap_count;
    }
    for (int i = 0; i < NEW; i++) {
        new_deadlines += new_states[i]->cases.heap_count;
    }
    assert_true(old_deadlines > 0);
    assert_int_equal(new_deadlines, old_deadlines);
}

static void test_a_case_in_two_partitions_is_refused(void **context)
{
    (void)context;
    uint32_t cursor = 0;
    uint32_t moved;
    assert_int_equal(
        case_split_move(old_states[0], &cursor, BATCH, new_states, NEW, &moved, &error), FATAL);
    assert_non_null(strstr(error.text, "is in two partitions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_is_there_once_with_its_bytes_where_its_order_belongs),
        cmocka_unit_test(test_deadlines_move_with_their_cases),
        cmocka_unit_test(test_a_case_in_two_partitions_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
