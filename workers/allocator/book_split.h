/* Books of one number of partitions made into books of another, for topics with more of them.
 *
 * Everything that is known of a sku goes to the one new book where the sku belongs: levels, what
 * was told of its listing, open lines in their order, closed ones, goods on their way out, what is
 * remembered and the newest paid_at that was forgotten. All old books are first brought to one log
 * time, the latest of them, by the book itself; so what one of them had to forget by then is
 * forgotten with a trace, as always.
 *
 * Revisions. Lines are numbered anew, from 0 on and in the order in which they stood: only the
 * order within a sku means anything, and a sku comes from one old book. The new log's own revisions
 * begin at a base above all that any old log ever gave. So they go on growing for every sku, across
 * the move: a case drops nothing of the new log as old, and no id of an event is given twice.
 *
 *   book_split_new -> book_split_add, for each old book -> book_split_end -> book_split_book
 *
 * The old books are borrowed until book_split_end, which also moves their log time. The new ones
 * are owned by the split. Of one thread. */
#ifndef SHORTFALL_ALLOCATOR_BOOK_SPLIT_H
#define SHORTFALL_ALLOCATOR_BOOK_SPLIT_H

#include "core/book.h"
#include "kit/error.h"

struct book_split;

/* Which of the new books a sku belongs to: below the number of them. */
typedef int32_t book_split_place(struct text sku, int32_t book_count);

enum status book_split_new(const struct memory *memory, int32_t book_count, book_split_place *place,
                           struct book_split **ret_split, struct error *error) must_check;
void book_split_free(struct book_split *split); /* accepts NULL */

/* `next_revision` is above every revision that the book's log has given so far. */
enum status book_split_add(struct book_split *split, struct book *book, int64_t next_revision,
                           struct error *error) must_check;

/* POISON: the old books go by different rules of allocation. FATAL: out of memory. */
enum status book_split_end(struct book_split *split, struct error *error) must_check;

/* All of it is to be written: nothing of it is in any topic. */
struct book *book_split_book(struct book_split *split, int32_t number);

/* Of all new books together; likewise of all old ones, as far as it can be compared: open, short
 * and remembered. */
struct book_count book_split_count(const struct book_split *split);

#endif
