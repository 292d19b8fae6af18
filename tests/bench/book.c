/* How long one fact takes, and whether that depends on how many lines are open.
 *
 *   book [<lines>]   (default 1,000,000: the largest sku)
 *
 * covered, short, in order (short, under the rules 2): a steady state. Every paid line is followed
 * by the closing of an older one, so the number of open lines stays; nanoseconds a fact, changes a
 * fact, bytes a line. uncover, cover: one fact that changes every line of a sku; nanoseconds a
 * change to drain it. rules: the flip from 2 to 1, by which one line of each sku recovers and all
 * others move up; likewise. restore: into entries and back; nanoseconds a line. All of the
 * processor's time, with making the facts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/book.h"
#include "core/must.h"

enum {
    FACTS = 1000000,
    MANY_SKUS = 100000,
    ID_SIZE = 16,
};

static size_t allocated;

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    allocated += new_size - old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static struct book *new_book(void)
{
    struct memory memory = {NULL, resize};
    struct book *book = book_new(&memory);
    must(book);
    return book;
}

/* Of the processor, so that other work on the machine counts for less. */
static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* What a stream of facts is made of; ids are printed into buffers that are used again. */
struct stream {
    struct book *book;
    int64_t revision;
    uint64_t changes;
    uint64_t skus;
    char sku[24];
    char order[24];
    char facts[96];
};

static void feed(struct stream *stream, const struct sku_fact *fact)
{
    struct book_change change;
    int64_t revision = ++stream->revision;
    must(book_reserve(stream->book, fact));
    must(book_apply(stream->book, fact, revision, revision / 1000) == BOOK_APPLIED);
    while (book_next_change(stream->book, &change)) {
        stream->changes++;
    }
}

/* The first byte is the kind, then digits: by hand, for printf would take longer than the book. */
static struct text print_id(char *id, char kind, uint64_t number)
{
    id[0] = kind;
    for (uint32_t i = ID_SIZE - 1; i > 0; i--, number /= 10) {
        id[i] = (char)('0' + number % 10);
    }
    return (struct text){id, ID_SIZE};
}

/* Neighbours in time are of different skus, as in a real log. */
static uint64_t sku_of(const struct stream *stream, uint64_t order)
{
    return order * UINT64_C(2654435761) % stream->skus;
}

static struct sku_fact paid(struct stream *stream, uint64_t order)
{
    return (struct sku_fact){
        .kind = FACT_PAID,
        .sku = print_id(stream->sku, 's', sku_of(stream, order)),
        .order_id = print_id(stream->order, 'o', order),
        .line_no = 1,
        .quantity = 1 + (int64_t)(order % 3),
        .at_ms = (int64_t)order,
        .order_facts = {stream->facts, sizeof(stream->facts)},
    };
}

static struct sku_fact closed(struct stream *stream, uint64_t order, enum close_reason reason)
{
    return (struct sku_fact){
        .kind = FACT_CLOSED,
        .sku = print_id(stream->sku, 's', sku_of(stream, order)),
        .order_id = print_id(stream->order, 'o', order),
        .line_no = 1,
        .reason = reason,
        .at_ms = (int64_t)order,
    };
}

static struct sku_fact level(struct stream *stream, uint64_t sku, int64_t version, int64_t on_hand)
{
    static struct restock restocks[] = {{INT64_C(1) << 40, 10}, {INT64_C(1) << 41, 1000}};
    return (struct sku_fact){
        .kind = FACT_LEVEL,
        .sku = print_id(stream->sku, 's', sku),
        .warehouse_id = TEXT("w1"),
        .version = version,
        .on_hand = on_hand,
        .at_ms = 1,
        .restocks = restocks,
        .restock_count = 2,
    };
}

static struct sku_fact rules(int32_t version)
{
    return (struct sku_fact){.kind = FACT_RULES, .rules = version};
}

/* `on_hand` a sku: plenty, or so little that nearly all lines are short. */
static void run(const char *name, uint64_t skus, uint64_t open_lines, int64_t on_hand,
                int32_t version)
{
    size_t before = allocated;
    struct stream stream = {.book = new_book(), .skus = skus};
    if (version != book_rules(stream.book)) {
        struct sku_fact fact = rules(version);
        feed(&stream, &fact);
    }
    for (uint64_t sku = 0; sku < skus; sku++) {
        struct sku_fact fact = level(&stream, sku, 1, on_hand);
        feed(&stream, &fact);
    }
    double filled_from = now_ns();
    for (uint64_t order = 0; order < open_lines; order++) {
        struct sku_fact fact = paid(&stream, order);
        feed(&stream, &fact);
    }
    double filled_ns = (now_ns() - filled_from) / (double)open_lines;
    size_t bytes = allocated - before;

    stream.changes = 0;
    double from = now_ns();
    for (uint64_t order = open_lines; order < open_lines + FACTS / 2; order++) {
        struct sku_fact fact = closed(&stream, order - open_lines, CLOSE_CANCELLED);
        feed(&stream, &fact);
        fact = paid(&stream, order);
        feed(&stream, &fact);
    }
    double steady_ns = (now_ns() - from) / FACTS;
    printf("%-10s %8" PRIu64 " %10" PRIu64 " %9.0f %9.0f %9.2f %8zu\n", name, skus, open_lines,
           filled_ns, steady_ns, (double)stream.changes / FACTS, bytes / open_lines);
    book_free(stream.book);
}

/* One level takes the cover from all lines of a sku, and the next one gives it back. */
static void flip(uint64_t open_lines)
{
    struct stream stream = {.book = new_book(), .skus = 1};
    struct sku_fact fact = level(&stream, 0, 1, INT64_C(1) << 40);
    feed(&stream, &fact);
    for (uint64_t order = 0; order < open_lines; order++) {
        fact = paid(&stream, order);
        feed(&stream, &fact);
    }
    for (int64_t version = 2; version < 4; version++) {
        fact = level(&stream, 0, version, version == 2 ? 0 : INT64_C(1) << 40);
        struct book_change change;
        double from = now_ns();
        must(book_reserve(stream.book, &fact));
        must(book_apply(stream.book, &fact, ++stream.revision, 0) == BOOK_APPLIED);
        double applied = now_ns();
        uint64_t changes = 0;
        while (book_next_change(stream.book, &change)) {
            changes++;
        }
        printf("%-10s %8d %10" PRIu64 " %9.1f %9.0f %9" PRIu64 "\n",
               version == 2 ? "uncover" : "cover", 1, open_lines, (applied - from) / 1e6,
               (now_ns() - applied) / (double)changes, changes);
    }
    book_free(stream.book);
}

/* Of each sku the first line is too large for what there is, and all others wait for it. */
static void change_rules(uint64_t skus, uint64_t open_lines)
{
    struct stream stream = {.book = new_book(), .skus = skus};
    struct sku_fact fact = rules(2);
    feed(&stream, &fact);
    for (uint64_t sku = 0; sku < skus; sku++) {
        fact = level(&stream, sku, 1, 3);
        feed(&stream, &fact);
    }
    for (uint64_t order = 0; order < open_lines; order++) {
        fact = paid(&stream, order);
        fact.quantity = order < skus ? 1000000 : 3;
        feed(&stream, &fact);
    }
    struct book_change change;
    uint64_t changes = 0;
    fact = rules(1);
    double from = now_ns();
    must(book_reserve(stream.book, &fact));
    must(book_apply(stream.book, &fact, ++stream.revision, 0) == BOOK_APPLIED);
    double applied = now_ns();
    while (book_next_change(stream.book, &change)) {
        changes++;
    }
    printf("%-10s %8" PRIu64 " %10" PRIu64 " %9.1f %9.0f %9" PRIu64 "\n", "rules", skus, open_lines,
           (applied - from) / 1e6, (now_ns() - applied) / (double)changes, changes);
    must(changes == skus);
    book_free(stream.book);
}

/* All lines go into entries, and from there into another book. */
static void restore(uint64_t skus, uint64_t open_lines)
{
    struct stream stream = {.book = new_book(), .skus = skus};
    for (uint64_t order = 0; order < open_lines; order++) {
        struct sku_fact fact = paid(&stream, order);
        feed(&stream, &fact);
    }
    struct book *other = new_book();
    struct book_entry entry;
    uint64_t entries = 0;
    double loading_ns = 0;
    double from = now_ns();
    must(book_dirty_begin(stream.book, false));
    while (book_dirty_next(stream.book, &entry)) {
        double before = now_ns();
        must(book_load_entry(other, &entry) == BOOK_LOADED);
        loading_ns += now_ns() - before;
        entries++;
    }
    book_checkpointed(stream.book);
    double dumped = now_ns();
    must(book_load_end(other) == BOOK_LOADED);
    loading_ns += now_ns() - dumped;
    must(book_count(other).open_lines == open_lines);
    double dumping_ns = now_ns() - from - loading_ns;
    printf("%-10s %8" PRIu64 " %10" PRIu64 " %9.0f %9.0f %9" PRIu64 "\n", "restore", skus,
           open_lines, dumping_ns / (double)open_lines, loading_ns / (double)open_lines, entries);
    book_free(stream.book);
    book_free(other);
}

int main(int argc, char **argv)
{
    uint64_t largest = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    printf("%-10s %8s %10s %9s %9s %9s %8s\n", "", "skus", "lines", "fill ns", "fact ns", "changes",
           "B/line");
    run("covered", 1, 10, INT64_C(1) << 40, 1);
    run("covered", 1, 1000, INT64_C(1) << 40, 1);
    run("covered", 1, largest, INT64_C(1) << 40, 1);
    run("short", 1, 10, 5, 1);
    run("short", 1, 1000, 5, 1);
    run("short", 1, largest, 5, 1);
    run("in order", 1, 10, 5, 2);
    run("in order", 1, 1000, 5, 2);
    run("in order", 1, largest, 5, 2);
    run("covered", MANY_SKUS, largest, INT64_C(1) << 40, 1);
    run("short", MANY_SKUS, largest, 1, 1);
    run("in order", MANY_SKUS, largest, 1, 2);
    printf("\n%-10s %8s %10s %9s %9s %9s\n", "", "skus", "lines", "apply ms", "drain ns",
           "changes");
    flip(1000);
    flip(largest);
    change_rules(1, largest);
    change_rules(MANY_SKUS, largest);
    printf("\n%-10s %8s %10s %9s %9s %9s\n", "", "skus", "lines", "dump ns", "load ns", "entries");
    restore(1, largest);
    restore(MANY_SKUS, largest);
    return 0;
}
