#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../kit/fake_headers.h"
#include "core/trace.h"
#include "kit/buffer.h"
#include "sequencer/facts.h"

static struct codec *codec;
static struct arena *arena;
static struct facts facts;
static struct buffer bytes;
static struct error error;
static const char *reason;
static struct buffer scratch;
static struct facts_env env = {.scratch = &scratch, .lines_max = 3};

static int set_up(void **context)
{
    (void)context;
    arena = arena_new(1 << 20);
    bool failed = arena == NULL || codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT,
                                             &codec, &error) != OK;
    env.codec = codec;
    return failed;
}

static int tear_down(void **context)
{
    (void)context;
    buffer_done(&bytes);
    buffer_done(&scratch);
    codec_free(codec);
    arena_free(arena);
    return 0;
}

static enum status take_with(enum topic topic, const struct record_type *type, const void *record,
                             int64_t timestamp_ms, const struct fake_headers *headers)
{
    buffer_clear(&bytes);
    assert_int_equal(codec_encode(codec, type, record, &bytes, &error), OK);
    struct message message = {.topic = topic,
                              .partition = 1,
                              .offset = 2,
                              .timestamp_ms = timestamp_ms,
                              .value = {(const char *)bytes.data, (uint32_t)bytes.size},
                              .native = headers};
    return facts_of(&env, &message, arena, &facts, &reason, &error);
}

static enum status take(enum topic topic, const struct record_type *type, const void *record,
                        int64_t timestamp_ms)
{
    return take_with(topic, type, record, timestamp_ms, NULL);
}

static struct order_paid order_of(struct order_line *lines, uint32_t count)
{
    return (struct order_paid){.order_id = TEXT("o1"),
                               .marketplace = TEXT("m"),
                               .seller_id = TEXT("s1"),
                               .locale = TEXT("en"),
                               .currency = TEXT("CNY"),
                               .paid_at_ms = 1000,
                               .lines = lines,
                               .line_count = count};
}

static void test_an_order_becomes_a_fact_a_line_that_carries_the_order(void **context)
{
    (void)context;
    struct order_line lines[] = {{.line_no = 1, .sku = TEXT("A"), .quantity = 2, .paid_minor = 300},
                                 {.line_no = 7, .sku = TEXT("B"), .quantity = 1, .paid_minor = 50}};
    struct order_paid order = order_of(lines, 2);
    struct order_facts carried;
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), OK);
    assert_int_equal(facts.count, 2);
    assert_int_equal(facts.items[1].kind, FACT_PAID);
    assert_int_equal(facts.items[1].line_no, 7);
    assert_int_equal(facts.items[1].at_ms, 1000);
    assert_int_equal(facts.items[1].source_offset, 2);
    assert_int_equal(
        codec_decode(codec, &type_order_facts, facts.items[1].order_facts, arena, &carried, &error),
        OK);
    assert_int_equal(carried.paid_minor, 50);
    assert_true(text_equal(carried.seller_id, TEXT("s1")));
}

static struct order_facts carried_by(const struct sku_fact *fact)
{
    struct order_facts carried;
    assert_int_equal(
        codec_decode(codec, &type_order_facts, fact->order_facts, arena, &carried, &error), OK);
    return carried;
}

static void
test_each_line_and_a_substitute_carry_the_trace_and_nothing_where_there_is_none(void **context)
{
    (void)context;
    static const char trace[] =
        "\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36\x01";
    struct fake_headers headers = {
        1, {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}};
    struct order_line lines[] = {{1, TEXT("A"), 2, 300, {0}}, {2, TEXT("B"), 1, 50, {0}}};
    struct order_paid order = order_of(lines, 2);
    assert_int_equal(take_with(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000, &headers), OK);
    for (int i = 0; i < 2; i++) {
        struct text carried = carried_by(&facts.items[i]).trace;
        assert_int_equal(carried.size, TRACE_SIZE);
        assert_memory_equal(carried.data, trace, TRACE_SIZE);
    }
    struct replacement replacement = {.line_no = 10001, .sku = TEXT("C"), .quantity = 2};
    struct line_outcome outcome = {.marketplace = TEXT("m"),
                                   .seller_id = TEXT("s1"),
                                   .order_id = TEXT("o1"),
                                   .line_no = 1,
                                   .sku = TEXT("A"),
                                   .reason = CLOSE_SUBSTITUTED,
                                   .locale = TEXT("en"),
                                   .currency = TEXT("CNY"),
                                   .replacement = &replacement};
    assert_int_equal(take_with(TOPIC_LINE_OUTCOME, &type_line_outcome, &outcome, 1000, &headers),
                     OK);
    assert_memory_equal(carried_by(&facts.items[1]).trace.data, trace, TRACE_SIZE);

    headers.items[0].value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x";
    assert_int_equal(take_with(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000, &headers), OK);
    assert_false(text_is_set(carried_by(&facts.items[0]).trace));
    uint32_t without = facts.items[0].order_facts.size;
    headers.items[0].value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_int_equal(take_with(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000, &headers), OK);
    assert_int_equal(facts.items[0].order_facts.size, without + TRACE_SIZE + 1);
}

static void test_a_line_carries_its_title_cut_between_two_letters(void **context)
{
    (void)context;
    char words[1 + 3 * TITLE_KEPT_MAX] = "x"; /* so that a letter lies across the limit */
    for (size_t i = 1; i < sizeof words; i += 3) {
        memcpy(words + i, "\xe7\xbc\xba", 3);
    }
    struct order_line lines[] = {
        {1, TEXT("A"), 2, 300, TEXT("A kettle")},
        {2, TEXT("A"), 2, 300, {words, sizeof words}},
        {3, TEXT("A"), 2, 300, TEXT("")},
    };
    struct order_paid order = order_of(lines, 3);
    order.channel = CHANNEL_LIVE_STREAM;
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), OK);
    struct order_facts carried = carried_by(&facts.items[0]);
    assert_true(text_equal(carried.title, TEXT("A kettle")));
    assert_int_equal(carried.channel, CHANNEL_LIVE_STREAM);
    assert_int_equal(carried_by(&facts.items[1]).title.size, 118);
    assert_false(text_is_set(carried_by(&facts.items[2]).title));
}

static void test_an_order_of_version_1_has_no_title_and_an_unknown_channel(void **context)
{
    (void)context;
    struct order_line line = {1, TEXT("A"), 2, 300, TEXT("A kettle")};
    struct order_paid order = order_of(&line, 1);
    order.channel = CHANNEL_APP;
    assert_int_equal(codec_set_write_version(codec, type_order_paid.folder, 1, &error), OK);
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), OK);
    assert_int_equal(codec_set_write_version(codec, type_order_paid.folder, 2, &error), OK);
    struct order_facts carried = carried_by(&facts.items[0]);
    assert_false(text_is_set(carried.title));
    assert_int_equal(carried.channel, CHANNEL_UNKNOWN);
}

static void test_all_deliveries_count_and_of_version_1_the_single_one(void **context)
{
    (void)context;
    struct restock single = {.expected_at_ms = 5, .quantity = 6};
    struct restock all[] = {single, {.expected_at_ms = 7, .quantity = 8}};
    struct stock_level level = {.sku = TEXT("A"),
                                .warehouse_id = TEXT("w"),
                                .version = 1,
                                .restock = &single,
                                .restocks = all,
                                .restock_count = 2};
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), OK);
    assert_int_equal(facts.items[0].restock_count, 2);
    assert_int_equal(facts.items[0].restocks[1].quantity, 8);
    assert_int_equal(codec_set_write_version(codec, type_stock_level.folder, 1, &error), OK);
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), OK);
    assert_int_equal(codec_set_write_version(codec, type_stock_level.folder, 2, &error), OK);
    assert_int_equal(facts.items[0].restock_count, 1);
    assert_int_equal(facts.items[0].restocks[0].quantity, 6);
    all[1].quantity = 0;
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), POISON);
    assert_string_equal(error.text, "restocks[1].quantity: 0 is not above 0");
}

static void test_one_bad_line_makes_the_whole_order_a_dead_letter(void **context)
{
    (void)context;
    static const struct {
        struct order_line line;
        const char *words;
    } table[] = {
        {{1, {"B", 1}, 1, 1, {0}}, "line_no: 1 is there twice"},
        {{0, {"B", 1}, 1, 1, {0}}, "line_no: 0 is not 1 or above"},
        {{2, {"", 0}, 1, 1, {0}}, "sku: must not be empty"},
        {{2, {"B", 1}, 0, 1, {0}}, "quantity: 0 is not above 0"},
        {{2, {"B", 1}, 1, -1, {0}}, "paid_minor: -1 is not between"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct order_line lines[] = {{1, TEXT("A"), 2, 300, {0}}, table[i].line};
        struct order_paid order = order_of(lines, 2);
        assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), POISON);
        assert_int_equal(facts.count, 0);
        assert_string_equal(reason, "INVALID");
        assert_non_null(strstr(error.text, table[i].words));
    }
}

static void test_an_order_without_lines_or_ids_is_a_dead_letter(void **context)
{
    (void)context;
    struct order_line line = {1, TEXT("A"), 2, 300, {0}};
    struct order_paid empty = order_of(NULL, 0);
    struct order_paid nameless = order_of(&line, 1);
    nameless.order_id = TEXT("");
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &empty, 1000), POISON);
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &nameless, 1000), POISON);
}

static void test_an_order_of_too_many_lines_is_a_dead_letter(void **context)
{
    (void)context;
    struct order_line lines[4];
    for (int32_t i = 0; i < 4; i++) {
        lines[i] = (struct order_line){i + 1, TEXT("A"), 1, 1, {0}};
    }
    struct order_paid order = order_of(lines, 3);
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), OK);
    assert_int_equal(facts.count, 3);
    order.line_count = 4;
    assert_int_equal(take(TOPIC_ORDER_PAID, &type_order_paid, &order, 1000), POISON);
    assert_int_equal(facts.count, 0);
    assert_string_equal(reason, "INVALID");
    assert_string_equal(error.text, "lines: 4, more than order.lines.max = 3");
}

static void test_a_fact_far_ahead_of_its_message_would_poison_the_logs_time(void **context)
{
    (void)context;
    struct stock_level level = {.sku = TEXT("A"), .warehouse_id = TEXT("w"), .version = 1};
    level.counted_at_ms = 1000 + FACT_AHEAD_MAX_MS;
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), OK);
    level.counted_at_ms++;
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), POISON);
    assert_string_equal(reason, "TIME_AHEAD");
    assert_int_equal(facts.count, 0);
}

/* A dead letter would leave the goods reserved for a line that is refunded. */
static void test_what_was_refunded_is_freed_however_far_ahead_its_time_is(void **context)
{
    (void)context;
    struct line_outcome outcome = {.marketplace = TEXT("m"),
                                   .seller_id = TEXT("s1"),
                                   .at_ms = 1001 + FACT_AHEAD_MAX_MS,
                                   .order_id = TEXT("o1"),
                                   .line_no = 1,
                                   .sku = TEXT("A"),
                                   .reason = CLOSE_REFUNDED,
                                   .locale = TEXT("en")};
    assert_int_equal(take(TOPIC_LINE_OUTCOME, &type_line_outcome, &outcome, 1000), OK);
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts.items[0].at_ms, 1000);
}

static void test_stock_below_zero_is_legal(void **context)
{
    (void)context;
    struct stock_level level = {
        .sku = TEXT("A"), .warehouse_id = TEXT("w"), .version = 1, .on_hand = -4};
    assert_int_equal(take(TOPIC_STOCK_LEVEL, &type_stock_level, &level, 1000), OK);
    assert_int_equal(facts.items[0].on_hand, -4);
}

static void test_a_substitute_is_a_closing_and_a_paid_line(void **context)
{
    (void)context;
    struct replacement replacement = {
        .line_no = 10001, .sku = TEXT("B"), .quantity = 2, .paid_minor = 900};
    struct line_outcome outcome = {.marketplace = TEXT("m"),
                                   .seller_id = TEXT("s1"),
                                   .at_ms = 5,
                                   .order_id = TEXT("o1"),
                                   .line_no = 1,
                                   .sku = TEXT("A"),
                                   .reason = CLOSE_SUBSTITUTED,
                                   .replacement = &replacement,
                                   .locale = TEXT("en"),
                                   .currency = TEXT("CNY")};
    assert_int_equal(take(TOPIC_LINE_OUTCOME, &type_line_outcome, &outcome, 1000), OK);
    assert_int_equal(facts.count, 2);
    assert_int_equal(facts.items[0].kind, FACT_CLOSED);
    assert_int_equal(facts.items[0].reason, CLOSE_SUBSTITUTED);
    assert_int_equal(facts.items[1].kind, FACT_PAID);
    assert_true(text_equal(facts.items[1].sku, TEXT("B")));
    assert_int_equal(facts.items[1].line_no, 10001);
}

static void test_of_seller_responses_only_reports_are_facts_of_stock(void **context)
{
    (void)context;
    struct seller_response response = {
        .id = TEXT("r1"), .order_id = TEXT("o1"), .kind = RESPONSE_DECLINE, .responded_at_ms = 9};
    assert_int_equal(take(TOPIC_SELLER_RESPONSE, &type_seller_response, &response, 1000), OK);
    assert_int_equal(facts.count, 0);
    response.kind = RESPONSE_REPORT_NO_STOCK;
    assert_int_equal(take(TOPIC_SELLER_RESPONSE, &type_seller_response, &response, 1000), POISON);
    response.sku = TEXT("A");
    assert_int_equal(take(TOPIC_SELLER_RESPONSE, &type_seller_response, &response, 1000), OK);
    assert_int_equal(facts.items[0].kind, FACT_REPORT);
}

static void test_an_unreadable_response_is_left_to_the_caseworker(void **context)
{
    (void)context;
    struct message message = {.topic = TOPIC_SELLER_RESPONSE, .value = TEXT("garbage")};
    assert_int_equal(facts_of(&env, &message, arena, &facts, &reason, &error), OK);
    assert_int_equal(facts.count, 0);
    message.topic = TOPIC_ORDER_CLOSED;
    assert_int_equal(facts_of(&env, &message, arena, &facts, &reason, &error), POISON);
    assert_string_equal(reason, "MALFORMED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_becomes_a_fact_a_line_that_carries_the_order),
        cmocka_unit_test(
            test_each_line_and_a_substitute_carry_the_trace_and_nothing_where_there_is_none),
        cmocka_unit_test(test_a_line_carries_its_title_cut_between_two_letters),
        cmocka_unit_test(test_an_order_of_version_1_has_no_title_and_an_unknown_channel),
        cmocka_unit_test(test_all_deliveries_count_and_of_version_1_the_single_one),
        cmocka_unit_test(test_one_bad_line_makes_the_whole_order_a_dead_letter),
        cmocka_unit_test(test_an_order_without_lines_or_ids_is_a_dead_letter),
        cmocka_unit_test(test_an_order_of_too_many_lines_is_a_dead_letter),
        cmocka_unit_test(test_a_fact_far_ahead_of_its_message_would_poison_the_logs_time),
        cmocka_unit_test(test_what_was_refunded_is_freed_however_far_ahead_its_time_is),
        cmocka_unit_test(test_stock_below_zero_is_legal),
        cmocka_unit_test(test_a_substitute_is_a_closing_and_a_paid_line),
        cmocka_unit_test(test_of_seller_responses_only_reports_are_facts_of_stock),
        cmocka_unit_test(test_an_unreadable_response_is_left_to_the_caseworker),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
