#include "caseworker/effect_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "caseworker/case_record.h"
#include "kit/policy_file.h"
#include "kit/traceparent.h"

static struct codec *codec;
static struct words *words;
static struct arena *arena;
static struct case_effects *effects;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    effects = calloc(1, sizeof *effects);
    return arena == NULL || effects == NULL || words_load(NULL, &words, &error) != OK ||
           codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    codec_free(codec);
    words_free(words);
    free(effects);
    arena_free(arena);
    return 0;
}

/* A case whose first line was just reported to be short, so that its notice goes out at once. */
static void tell_of_shortage(struct case_file *file, struct case_line *line, struct text locale)
{
    struct policy policy;
    struct shortage shortage = {.kind = SHORTAGE_UNFILLABLE,
                                .order_id = TEXT("o1"),
                                .seller_id = TEXT("s1"),
                                .marketplace = TEXT("tmall"),
                                .buyer_id = TEXT("b1"),
                                .locale = locale,
                                .currency = TEXT("CNY"),
                                .line_no = 1,
                                .sku = TEXT("s1:{sku}"),
                                .quantity = 2,
                                .paid_minor = 5900,
                                .revision = 1,
                                .episode = 1,
                                .cause = CAUSE_REPORTED};
    struct case_fact fact = {.kind = CASE_FACT_SHORTAGE, .shortage = &shortage};
    policy_defaults(&policy);
    *file = (struct case_file){.lines = line, .line_capacity = 1};
    case_open(file, &shortage, &policy);
    case_apply(file, &policy, NULL, &fact, effects);
    assert_int_equal(effects->verdict, VERDICT_APPLIED);
    assert_int_equal(effects->notification_count, 1);
}

static enum status add_all(struct outbox *outbox, const struct case_file *file)
{
    char case_id[IDENTITY_SIZE];
    struct judged_fact fact = {.topic = TEXT("shortage"), .bytes = TEXT("x")};
    case_id_of(id_text(&file->order_id), case_id);
    return effect_records_add(outbox, 0, case_id, file, effects, &fact, words, &error);
}

static void test_a_notification_goes_out_ready_to_read(void **state)
{
    static const struct {
        const char *locale;
        const char *subject;
        const char *body;
    } rows[] = {
        {"zh-CN", "非常抱歉，您的订单 o1 有商品缺货", "取消该商品：退还 ¥59.00"},
        {"en", "We are sorry: we can't ship everything in your order o1 yet",
         "You get back CN¥59.00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outbox outbox;
        struct case_file file;
        struct case_line line;
        struct notification notification;
        tell_of_shortage(&file, &line, text_of(rows[i].locale));
        assert_int_equal(outbox_init(&outbox, codec, "test", 1 << 20, &error), OK);
        assert_int_equal(add_all(&outbox, &file), OK);
        assert_int_equal(outbox.items[0].topic, TOPIC_NOTIFICATION);
        assert_int_equal(codec_decode(codec, &type_notification, outbox.items[0].value, arena,
                                      &notification, &error),
                         OK);
        assert_true(text_equal(notification.subject, text_of(rows[i].subject)));
        const char *body = arena_text(arena, notification.body).data;
        assert_non_null(strstr(body, rows[i].body));
        assert_non_null(strstr(body, "s1:{sku}"));
        assert_true(text_equal(notification.currency, TEXT("CNY")));
        outbox_done(&outbox);
    }
}

static struct text header_of(const struct outgoing *item, const char *name)
{
    for (uint32_t i = 0; i < item->header_count; i++) {
        if (strcmp(item->headers[i].name, name) == 0) {
            return item->headers[i].value;
        }
    }
    return (struct text){0};
}

static void test_every_effect_is_of_the_order_s_trace_and_its_own_parent(void **state)
{
    (void)state;
    struct outbox outbox;
    struct case_file file;
    struct case_line line;
    tell_of_shortage(&file, &line, TEXT("en"));
    file.trace = (struct trace){{0xab, 0xcd}, 1};
    assert_int_equal(outbox_init(&outbox, codec, "test", 1 << 20, &error), OK);
    assert_int_equal(add_all(&outbox, &file), OK);
    assert_true(outbox.count >= 2); /* the notification and the case event */
    for (uint32_t i = 0; i < outbox.count; i++) {
        char value[TRACEPARENT_SIZE];
        const char *id = header_of(&outbox.items[i], "ce_id").data;
        (void)snprintf(value, sizeof value, "00-abcd%028d-%.8s%.4s%.4s-01", 0, id, id + 9, id + 14);
        assert_true(text_equal(header_of(&outbox.items[i], "traceparent"), text_of(value)));
    }
    outbox_clear(&outbox);
    tell_of_shortage(&file, &line, TEXT("en"));
    assert_int_equal(add_all(&outbox, &file), OK);
    for (uint32_t i = 0; i < outbox.count; i++) {
        assert_false(text_is_set(header_of(&outbox.items[i], "traceparent")));
    }
    outbox_done(&outbox);
}

static void test_words_that_have_no_room_wait_for_the_next_step(void **state)
{
    (void)state;
    struct case_file file;
    struct case_line line;
    for (size_t limit = 64; limit <= 2048; limit += 64) {
        struct outbox outbox;
        tell_of_shortage(&file, &line, TEXT("en"));
        assert_int_equal(outbox_init(&outbox, codec, "test", limit, &error), OK);
        assert_int_equal(add_all(&outbox, &file), RETRY);
        assert_non_null(strstr(error.text, "outbox is full"));
        outbox_done(&outbox);
    }
}

static bool has_id(const struct outbox *outbox, struct text id)
{
    for (uint32_t i = 0; i < outbox->count; i++) {
        for (uint32_t h = 0; h < outbox->items[i].header_count; h++) {
            const struct header *header = &outbox->items[i].headers[h];
            if (strcmp(header->name, "ce_id") == 0 && text_equal(header->value, id)) {
                return true;
            }
        }
    }
    return false;
}

/* A case that begins after an earlier one of the order was forgotten counts its events anew. */
static void test_a_later_case_of_an_order_uses_no_id_again(void **state)
{
    (void)state;
    struct outbox first;
    struct outbox later;
    struct case_file file;
    struct case_line line;
    assert_int_equal(outbox_init(&first, codec, "test", 1 << 20, &error), OK);
    assert_int_equal(outbox_init(&later, codec, "test", 1 << 20, &error), OK);
    tell_of_shortage(&file, &line, TEXT("en"));
    assert_int_equal(add_all(&first, &file), OK);
    tell_of_shortage(&file, &line, TEXT("en"));
    file.life = case_life_of(0, CASE_RETENTION_MS);
    assert_int_equal(add_all(&later, &file), OK);
    assert_int_equal(first.count, 2);
    assert_int_equal(later.count, first.count);
    for (uint32_t i = 0; i < first.count; i++) {
        const struct outgoing *item = &first.items[i];
        int ids = 0;
        for (uint32_t h = 0; h < item->header_count; h++) {
            if (strcmp(item->headers[h].name, "ce_id") == 0) {
                ids++;
                assert_true(has_id(&first, item->headers[h].value));
                assert_false(has_id(&later, item->headers[h].value));
            }
        }
        assert_int_equal(ids, 1);
    }
    outbox_done(&first);
    outbox_done(&later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_notification_goes_out_ready_to_read),
        cmocka_unit_test(test_every_effect_is_of_the_order_s_trace_and_its_own_parent),
        cmocka_unit_test(test_words_that_have_no_room_wait_for_the_next_step),
        cmocka_unit_test(test_a_later_case_of_an_order_uses_no_id_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
