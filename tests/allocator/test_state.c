#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "allocator/state.h"

static struct codec *codec;
static struct outbox outbox;
static struct arena *arena;

static int set_up(void **context)
{
    (void)context;
    struct error error;
    arena = arena_new(1 << 20);
    return arena == NULL ||
           codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) ||
           outbox_init(&outbox, codec, "test", 1 << 20, &error);
}

static int tear_down(void **context)
{
    (void)context;
    outbox_done(&outbox);
    codec_free(codec);
    arena_free(arena);
    return 0;
}

static struct message written(void)
{
    return (struct message){.topic = TOPIC_ALLOCATOR_STATE,
                            .key = outbox.items[outbox.count - 1].key,
                            .value = outbox.items[outbox.count - 1].value};
}

static void test_a_head_comes_back_with_its_levels(void **context)
{
    (void)context;
    struct error error;
    struct restock restock = {.expected_at_ms = 5, .quantity = 6};
    struct book_level level = {.warehouse_id = TEXT("w/1"),
                               .on_hand = -3,
                               .version = 9,
                               .counted_at_ms = 11,
                               .restocks = &restock,
                               .restock_count = 1};
    struct book_entry entry = {.kind = BOOK_ENTRY_HEAD,
                               .sku = TEXT("s:A"),
                               .levels = &level,
                               .level_count = 1,
                               .forgotten_paid_at_ms = {.value = 77, .set = true}};
    struct book_entry back;
    assert_int_equal(allocator_state_add(&outbox, 3, &entry, &error), OK);
    struct message message = written();
    assert_int_equal(allocator_state_read(codec, &message, arena, &back, &error), OK);
    assert_int_equal(back.kind, BOOK_ENTRY_HEAD);
    assert_true(text_equal(back.sku, entry.sku));
    assert_int_equal(back.level_count, 1);
    assert_true(text_equal(back.levels[0].warehouse_id, level.warehouse_id));
    assert_int_equal(back.levels[0].on_hand, -3);
    assert_int_equal(back.levels[0].restocks[0].quantity, 6);
    assert_true(back.forgotten_paid_at_ms.set);
    assert_int_equal(back.forgotten_paid_at_ms.value, 77);
    assert_false(back.reported_at_ms.set);
    assert_false(back.removed);
}

static void test_a_tombstone_names_its_entry_by_the_key_alone(void **context)
{
    (void)context;
    static const struct {
        enum book_entry_kind kind;
        struct text sku;
        struct text warehouse_id;
        int64_t number;
    } table[] = {
        {BOOK_ENTRY_BOOK, {"", 0}, {"", 0}, 0},
        {BOOK_ENTRY_LINES, {"", 0}, {"", 0}, 4096},
        {BOOK_ENTRY_HEAD, {"s:A", 3}, {"", 0}, 0},
        {BOOK_ENTRY_SHIPPED, {"a/b/c", 5}, {"w/1", 3}, 27849600},
        {BOOK_ENTRY_SHIPPED, {"1/x", 3}, {"", 0}, -5},
        {BOOK_ENTRY_CLOSED, {"", 0}, {"", 0}, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error error;
        struct book_entry back;
        struct book_entry entry = {.kind = table[i].kind,
                                   .sku = table[i].sku,
                                   .warehouse_id = table[i].warehouse_id,
                                   .number = table[i].number,
                                   .removed = true};
        assert_int_equal(allocator_state_add(&outbox, 0, &entry, &error), OK);
        struct message message = written();
        assert_false(text_is_set(message.value));
        assert_int_equal(allocator_state_read(codec, &message, arena, &back, &error), OK);
        assert_true(back.removed);
        assert_int_equal(back.kind, table[i].kind);
        assert_int_equal(back.number, table[i].number);
        assert_true(text_equal(back.sku, table[i].sku));
        assert_true(text_equal(back.warehouse_id, table[i].warehouse_id));
    }
}

static void test_a_foreign_key_is_poison(void **context)
{
    (void)context;
    static const char *const table[] = {"", "lines", "lines/1/9/w/x", "other/1/0//x",
                                        "lines/x/0//"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error error;
        struct book_entry back;
        struct message message = {.topic = TOPIC_ALLOCATOR_STATE, .key = text_of(table[i])};
        assert_int_equal(allocator_state_read(codec, &message, arena, &back, &error), POISON);
    }
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context, (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

/* After a rollback to a release without them: its own rules would decide otherwise. */
static void test_a_state_under_newer_rules_is_refused_in_words(void **context)
{
    (void)context;
    struct error error;
    struct memory memory = {NULL, resize};
    struct book *book = book_new(&memory);
    struct book_entry entry = {.kind = BOOK_ENTRY_BOOK, .rules = BOOK_RULES_NEWEST + 1};
    char words[ERROR_SIZE];
    assert_int_equal(allocator_state_load(book, &entry, &error), OK);
    assert_int_equal(allocator_state_load_end(book, &error), FATAL);
    (void)snprintf(words, sizeof words,
                   "allocator-state was kept under allocation rules %d, this version knows %d: "
                   "upgrade",
                   BOOK_RULES_NEWEST + 1, BOOK_RULES_NEWEST);
    assert_string_equal(error.text, words);
    book_free(book);
}

static void test_an_entry_that_no_book_gave_is_refused_in_words(void **context)
{
    (void)context;
    struct error error;
    struct memory memory = {NULL, resize};
    struct book *book = book_new(&memory);
    struct book_entry entry = {.kind = BOOK_ENTRY_BOOK, .rules = 0};
    assert_int_equal(allocator_state_load(book, &entry, &error), FATAL);
    assert_string_equal(error.text, "allocator-state is not a state that a book gave");
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_head_comes_back_with_its_levels),
        cmocka_unit_test(test_a_tombstone_names_its_entry_by_the_key_alone),
        cmocka_unit_test(test_a_foreign_key_is_poison),
        cmocka_unit_test(test_a_state_under_newer_rules_is_refused_in_words),
        cmocka_unit_test(test_an_entry_that_no_book_gave_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
