/* The allocators' state: every old partition's book is read as its allocator would, all are split,
 * and every new partition's is written as its allocator would. All of it is in memory at once,
 * twice.
 */
#include <stdlib.h>

#include "allocator/allocator.h"
#include "allocator/book_split.h"
#include "allocator/state.h"
#include "kit/changelog.h"
#include "shortfall/move.h"

struct stock {
    struct move *move;
    struct changelog *changelog; /* owned, as all below */
    struct book **books;         /* the old ones, by partition */
    struct book_split *split;
    struct commit_point *committed; /* of sku-event, by old partition */
};

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context, (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static const struct memory heap = {NULL, resize};

/* ---- reading --------------------------------------------------------------------------------- */

static enum status load(void *context, const struct message *message, struct error *error)
{
    struct stock *stock = context;
    struct call *call = stock->move->call;
    struct book_entry entry;
    arena_reset(call->arena);
    enum status status = allocator_state_read(call->codec, message, call->arena, &entry, error);
    return status == OK
               ? allocator_state_load(stock->books[message->partition], &entry, error)
               : FATAL;
}

static enum status read_book(struct stock *stock, int32_t partition, struct error *error)
{
    bool complete = false;
    struct book *book = book_new(&heap);
    stock->books[partition] = book;
    if (!book) {
        return error_set(error, FATAL, "out of memory for the stock");
    }
    enum status status = changelog_begin(stock->changelog, partition, error);
    while (status == OK && !complete) {
        status = changelog_read(stock->changelog, partition, load, stock, &complete, error);
    }
    if (status == OK && allocator_state_load_end(book, error) != OK) {
        status =
            error_set(error, FATAL, "allocator-state partition %d is not a state that a book gave",
                      partition);
    }
    if (status != OK) {
        return status;
    }
    int64_t offset = stock->committed[partition].offset;
    int64_t next_revision = allocator_revision_from(book, offset > 0 ? offset : 0);
    if (book_revision(book) >= next_revision) {
        return error_set(error, FATAL,
                         "allocator-state partition %d is of a place behind the committed offset "
                         "%lld: was the offset set by hand?",
                         partition, (long long)offset);
    }
    return book_split_add(stock->split, book, next_revision, error);
}

static enum status read_all(struct stock *stock, struct error *error)
{
    const struct side *from = &stock->move->from;
    enum status status = group_committed(from->groups[MOVE_ALLOCATOR], TOPIC_SKU_EVENT,
                                         from->sku_partition_count, stock->committed, error);
    for (int32_t i = 0; i < from->sku_partition_count && status == OK; i++) {
        status = read_book(stock, i, error);
    }
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum status check_sums(struct stock *stock, struct error *error)
{
    struct move *move = stock->move;
    struct book_count now = book_split_count(stock->split);
    struct book_count before = {0};
    for (int32_t i = 0; i < move->from.sku_partition_count; i++) {
        struct book_count count = book_count(stock->books[i]);
        before.open_lines += count.open_lines;
        before.short_lines += count.short_lines;
        before.remembered += count.remembered;
    }
    move->skus = (int64_t)now.skus;
    move->open_lines = (int64_t)now.open_lines;
    move->short_lines = (int64_t)now.short_lines;
    if (before.open_lines == now.open_lines && before.short_lines == now.short_lines &&
        before.remembered == now.remembered) {
        return OK;
    }
    return error_set(error, FATAL,
                     "of %llu open, %llu short and %llu remembered lines %llu, %llu and %llu came "
                     "out: nothing was moved",
                     (unsigned long long)before.open_lines, (unsigned long long)before.short_lines,
                     (unsigned long long)before.remembered, (unsigned long long)now.open_lines,
                     (unsigned long long)now.short_lines, (unsigned long long)now.remembered);
}

static enum status write_book(struct move *move, int32_t partition, struct book *book,
                              struct error *error)
{
    struct book_entry entry;
    if (!book_dirty_begin(book, true)) {
        return error_set(error, FATAL, "out of memory for the stock");
    }
    enum status status = OK;
    while (status == OK && book_dirty_next(book, &entry)) {
        status = allocator_state_add(&move->outbox, partition, &entry, error);
        if (status == OK) {
            status = move_write_if_large(move, error);
        }
    }
    return status;
}

static enum status stock_open(struct stock *stock, struct error *error)
{
    struct move *move = stock->move;
    size_t count = (size_t)move->from.sku_partition_count;
    stock->books = calloc(count, sizeof(struct book *));
    stock->committed = calloc(count, sizeof *stock->committed);
    if (!stock->books || !stock->committed) {
        return error_set(error, FATAL, "out of memory for the stock");
    }
    enum status status = changelog_new(move->from.settings, TOPIC_ALLOCATOR_STATE,
                                       move->from.sku_partition_count, &stock->changelog, error);
    return status == OK ? book_split_new(&heap, move->to.sku_partition_count, topic_partition_of,
                                         &stock->split, error)
                        : status;
}

static void stock_done(struct stock *stock)
{
    changelog_free(stock->changelog);
    book_split_free(stock->split);
    for (int32_t i = 0; stock->books && i < stock->move->from.sku_partition_count; i++) {
        book_free(stock->books[i]);
    }
    free(stock->books);
    free(stock->committed);
}

enum status move_stock(struct move *move, struct error *error)
{
    struct stock stock = {.move = move};
    enum status status = stock_open(&stock, error);
    if (status == OK) {
        status = read_all(&stock, error);
    }
    if (status == OK) {
        status = book_split_end(stock.split, error);
    }
    if (status == OK) {
        status = check_sums(&stock, error);
    }
    for (int32_t i = 0; i < move->to.sku_partition_count && status == OK; i++) {
        status = write_book(move, i, book_split_book(stock.split, i), error);
    }
    stock_done(&stock);
    return status;
}
