#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "caseworker/case_record.h"
#include "kit/buffer.h"
#include "kit/codec.h"

static struct codec *codec;
static struct arena *arena;
static struct error error;

static int set_up(void **context)
{
    (void)context;
    arena = arena_new(1 << 20);
    return arena == NULL ||
           codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error);
}

static int tear_down(void **context)
{
    (void)context;
    codec_free(codec);
    arena_free(arena);
    return 0;
}

/* Through Avro and back, whatever the record. */
static void pass(const struct record_type *type, const void *record, struct buffer *bytes,
                 void *ret_record)
{
    assert_int_equal(codec_encode(codec, type, record, bytes, &error), OK);
    struct text message = {(const char *)bytes->data, (uint32_t)bytes->size};
    if (codec_decode(codec, type, message, arena, ret_record, &error) != OK) {
        fail_msg("%s", error.text);
    }
}

/* Every byte of it different from 0 and from its neighbour, where the field's type allows it. */
static void fill_line(struct case_line *line)
{
    memset(line, 0, sizeof *line);
    line->line_no = 3;
    line->state = LINE_WAITING_RESTOCK;
    id_set(&line->sku, TEXT("s:A"));
    title_set(&line->title, TEXT("A kettle"));
    line->quantity = 4;
    line->paid_minor = 5;
    line->first_promise_ms = 6;
    line->promise_ms = 7;
    line->revision = 8;
    line->episode = 9;
    line->cause = CAUSE_COUNT_FELL;
    line->queue_place = 10;
    line->expected_at_ms = (struct optional_long){11, true};
    line->notice = 12;
    line->renewal_pending = true;
    line->wait_offered = true;
    line->noticed_at_ms = 13;
    line->told_ms = (struct optional_long){14, true};
    line->decide_by_ms = (struct optional_long){15, true};
    line->on_silence = SILENCE_WAIT;
    line->offered_count = 2;
    id_set(&line->offered[0].sku, TEXT("s:B"));
    line->offered[0].ship_within_h = 16;
    line->offered[0].price_minor = 17;
    id_set(&line->offered[1].sku, TEXT("s:C"));
    line->agreed_ms = (struct optional_long){18, true};
    line->consent = CONSENT_EXPRESS;
    line->held = true;
    line->shipped = true;
    id_set(&line->replacement_sku, TEXT("s:D"));
    line->refunds[REFUND_PURPOSE_LINE] =
        (struct case_refund){REFUND_STATE_WAITING, REFUND_FOR_SILENCE, 19, 20, 21, 22};
    line->refunds[REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE] =
        (struct case_refund){REFUND_STATE_DONE, REFUND_FOR_SUBSTITUTE_DIFFERENCE, 23, 24, 25, 26};
    line->penalties_due = 27;
    line->penalty_at_ms = (struct optional_long){28, true};
    line->penalty_paid_minor = 29;
}

static void test_a_line_comes_back_whole(void **context)
{
    (void)context;
    struct case_file file = {0};
    struct case_line line;
    struct case_line back;
    struct case_line_record record;
    struct case_line_record decoded;
    struct offered_record offered[OFFERED_SUBSTITUTES_MAX];
    struct buffer bytes = {0};
    id_set(&file.order_id, TEXT("o1"));
    fill_line(&line);
    memset(&back, 0, sizeof back);
    case_line_to_record(&file, &line, offered, &record);
    pass(&type_case_line, &record, &bytes, &decoded);
    assert_true(case_line_from_record(&decoded, &back));
    assert_memory_equal(&back, &line, sizeof line);
    assert_true(text_equal(decoded.order_id, TEXT("o1")));
    buffer_done(&bytes);
}

static void test_a_line_of_an_older_version_is_read(void **context)
{
    (void)context;
    struct case_file file = {0};
    struct case_line line;
    struct case_line back;
    struct case_line_record record;
    struct case_line_record decoded;
    struct offered_record offered[OFFERED_SUBSTITUTES_MAX];
    struct buffer bytes = {0};
    id_set(&file.order_id, TEXT("o1"));
    fill_line(&line);
    memset(&back, 0, sizeof back);
    case_line_to_record(&file, &line, offered, &record);
    assert_int_equal(codec_set_write_version(codec, "case-line", 2, &error), OK);
    pass(&type_case_line, &record, &bytes, &decoded);
    assert_int_equal(codec_set_write_version(codec, "case-line", 3, &error), OK);
    assert_true(case_line_from_record(&decoded, &back));
    line.shipped = false; /* it did not say so */
    assert_memory_equal(&back, &line, sizeof line);
    buffer_done(&bytes);
}

static void test_a_head_comes_back_whole_and_leaves_the_lines(void **context)
{
    (void)context;
    struct case_line line = {0};
    struct case_file file = {.locale = "zh-CN",
                             .currency = "CNY",
                             .policy = "tmall@2026-04",
                             .trace = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 1},
                             .paid_at_ms = 1,
                             .ship_by_ms = {2, true},
                             .life = 100,
                             .sequence = 3,
                             .notice_count = 4,
                             .told = true,
                             .grace_ms = {5, true},
                             .closed_at_ms = {6, true},
                             .settlement = SETTLEMENT_OFFERED,
                             .offer_minor = 7,
                             .offer_instrument = INSTRUMENT_COUPON,
                             .declined_at_ms = 8,
                             .fingerprint_count = CASE_FINGERPRINTS_MAX + 5,
                             .lines = &line,
                             .line_count = 1,
                             .line_capacity = 1};
    id_set(&file.order_id, TEXT("o1"));
    id_set(&file.marketplace, TEXT("tmall"));
    id_set(&file.seller_id, TEXT("s1"));
    id_set(&file.buyer_id, TEXT("b1"));
    id_set(&file.offer_id, TEXT("offer"));
    for (uint64_t i = 0; i < CASE_FINGERPRINTS_MAX; i++) {
        file.fingerprints[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    }
    struct case_file back = {.lines = &line, .line_count = 1, .line_capacity = 1};
    struct case_head_record record;
    struct case_head_record decoded;
    struct buffer bytes = {0};
    case_head_to_record(&file, &record);
    pass(&type_case_head, &record, &bytes, &decoded);
    assert_true(case_head_from_record(&decoded, &back));
    assert_memory_equal(&back, &file, sizeof file);

    file.trace = (struct trace){0};
    case_head_to_record(&file, &record);
    buffer_clear(&bytes);
    pass(&type_case_head, &record, &bytes, &decoded);
    assert_true(case_head_from_record(&decoded, &back));
    assert_memory_equal(&back, &file, sizeof file);
    buffer_done(&bytes);
}

static void test_a_head_of_before_has_no_trace(void **context)
{
    (void)context;
    struct case_file file = {.trace = {{1}, 1}};
    struct case_file back = {.trace = {{2}, 1}};
    struct case_head_record record;
    struct case_head_record decoded;
    struct buffer bytes = {0};
    case_head_to_record(&file, &record);
    assert_int_equal(codec_set_write_version(codec, type_case_head.folder, 1, &error), OK);
    pass(&type_case_head, &record, &bytes, &decoded);
    assert_int_equal(codec_set_write_version(codec, type_case_head.folder, 2, &error), OK);
    assert_true(case_head_from_record(&decoded, &back));
    assert_false(trace_is_set(&back.trace));
    buffer_done(&bytes);
}

static void test_a_state_that_is_none_of_ours_is_refused(void **context)
{
    (void)context;
    struct case_line back;
    struct case_line_record record = {.line = {.state = LINE_STATE_COUNT}};
    assert_false(case_line_from_record(&record, &back));
    record.line.state = LINE_CONFIRMING;
    record.refund_count = REFUND_PURPOSE_COUNT;
    assert_false(case_line_from_record(&record, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_comes_back_whole),
        cmocka_unit_test(test_a_line_of_an_older_version_is_read),
        cmocka_unit_test(test_a_head_comes_back_whole_and_leaves_the_lines),
        cmocka_unit_test(test_a_head_of_before_has_no_trace),
        cmocka_unit_test(test_a_state_that_is_none_of_ours_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
