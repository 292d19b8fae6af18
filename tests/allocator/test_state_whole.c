/* A whole book goes through records of the topic and comes back: its entries, written by the codec,
 * read again and loaded into another book, give the same records once more. */
#include "../core/book_log.h"

#include "allocator/state.h"

enum {
    LOGS = 150,
    LIMIT = 64 << 20,
};

struct side {
    struct outbox outbox;
    struct heap heap;
    struct book *book;
};

static struct codec *codec;
static struct arena *arena;

static void feed(struct book *book, const struct log *log)
{
    struct book_change change;
    for (int i = 0; i < log->count; i++) {
        assert_true(book_reserve(book, &log->records[i].fact));
        book_apply(book, &log->records[i].fact, i + 1, log->records[i].log_ms);
        while (book_next_change(book, &change)) {
        }
    }
}

static void write_all(struct side *side)
{
    struct book_entry entry;
    struct error error;
    outbox_clear(&side->outbox);
    assert_true(book_dirty_begin(side->book, true));
    while (book_dirty_next(side->book, &entry)) {
        assert_int_equal(allocator_state_add(&side->outbox, 0, &entry, &error), OK);
    }
    book_checkpointed(side->book);
}

static void read_all(struct side *to, const struct side *from)
{
    struct book_entry entry;
    struct error error;
    for (uint32_t i = 0; i < from->outbox.count; i++) {
        struct message message = {.topic = TOPIC_ALLOCATOR_STATE,
                                  .key = from->outbox.items[i].key,
                                  .value = from->outbox.items[i].value};
        arena_reset(arena);
        assert_int_equal(allocator_state_read(codec, &message, arena, &entry, &error), OK);
        assert_int_equal(book_load_entry(to->book, &entry), BOOK_LOADED);
    }
    assert_int_equal(book_load_end(to->book), BOOK_LOADED);
}

static int compare_keys(const void *a, const void *b)
{
    return text_compare(((const struct outgoing *)a)->key, ((const struct outgoing *)b)->key);
}

static void expect_same_records(struct side *a, struct side *b)
{
    assert_int_equal(a->outbox.count, b->outbox.count);
    qsort(a->outbox.items, a->outbox.count, sizeof(struct outgoing), compare_keys);
    qsort(b->outbox.items, b->outbox.count, sizeof(struct outgoing), compare_keys);
    for (uint32_t i = 0; i < a->outbox.count; i++) {
        assert_true(text_equal(a->outbox.items[i].key, b->outbox.items[i].key));
        assert_true(text_equal(a->outbox.items[i].value, b->outbox.items[i].value));
        assert_true(i == 0 || !text_equal(a->outbox.items[i].key, a->outbox.items[i - 1].key));
    }
}

static void open_side(struct side *side)
{
    struct error error;
    side->book = new_book(&side->heap);
    assert_int_equal(outbox_init(&side->outbox, codec, "test", LIMIT, &error), OK);
}

static void close_side(struct side *side)
{
    outbox_done(&side->outbox);
    drop_book(side->book, &side->heap);
}

static void test_a_book_comes_back_from_its_records(void **state)
{
    (void)state;
    static struct log log;
    for (uint64_t seed = 1; seed <= LOGS; seed++) {
        struct side before;
        struct side after;
        open_side(&before);
        open_side(&after);
        random_log(seed, seed % 10 == 0 ? &LOG_LARGE : &LOG_SMALL, &log);
        feed(before.book, &log);
        write_all(&before);
        read_all(&after, &before);
        write_all(&after);
        expect_same_records(&before, &after);
        close_side(&before);
        close_side(&after);
    }
}

/* The largest entries that there can be stay within what a broker takes. */
static void test_no_record_is_larger_than_a_message_may_be(void **state)
{
    (void)state;
    struct side side;
    struct book_change change;
    static char facts[ORDER_FACTS_SIZE_MAX];
    open_side(&side);
    for (int i = 0; i < 3 * BOOK_CHUNK_LINES; i++) {
        char order[ID_SIZE_MAX + 1];
        snprintf(order, sizeof(order), "%064d", i);
        struct sku_fact fact = paid("a sku", order, 1, 1, 1);
        fact.order_facts = (struct text){facts, i % 2 ? sizeof(facts) : 16};
        assert_true(book_reserve(side.book, &fact));
        assert_int_equal(book_apply(side.book, &fact, i + 1, 0), BOOK_APPLIED);
        while (book_next_change(side.book, &change)) {
        }
    }
    write_all(&side);
    for (uint32_t i = 0; i < side.outbox.count; i++) {
        assert_true(side.outbox.items[i].value.size < 1000000);
    }
    close_side(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_book_comes_back_from_its_records),
        cmocka_unit_test(test_no_record_is_larger_than_a_message_may_be),
    };
    struct error error;
    arena = arena_new(LIMIT);
    if (!arena ||
        codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) != OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    codec_free(codec);
    arena_free(arena);
    return failed;
}
