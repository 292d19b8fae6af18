/* The entries of a book as records of topic allocator-state. Internal to the allocator.
 *
 * The record is the entry itself (core/book.h), each kind with its own fields, the others empty;
 * the schema is schemas/allocator-state. The key, so that entries replace each other under
 * compaction and a tombstone alone says what goes:
 *
 *   <kind>/<number>/<bytes of warehouse>/<warehouse>/<sku>      lines/4096/0//shop1:A7
 */
#ifndef SHORTFALL_ALLOCATOR_STATE_H
#define SHORTFALL_ALLOCATOR_STATE_H

#include "core/book.h"
#include "kit/message.h"
#include "kit/outbox.h"
#include "kit/record_type.h"

extern const struct record_type type_allocator_state;

/* Adds one entry, or its tombstone, for this partition. */
enum status allocator_state_add(struct outbox *outbox, int32_t partition,
                                const struct book_entry *entry, struct error *error) must_check;

/* Reads one record back. POISON: none of ours. Texts live as long as message and arena. */
enum status allocator_state_read(struct codec *codec, const struct message *message,
                                 struct arena *arena, struct book_entry *ret_entry,
                                 struct error *error) must_check;

/* Whether a record's key is that of BOOK_ENTRY_BOOK, of which each partition has one. */
bool allocator_state_is_book(struct text key);

/* Gives one entry to the book, and says when that was all: then the book takes facts. FATAL: it is
 * no state that this version could go on from, in words. */
enum status allocator_state_load(struct book *book, const struct book_entry *entry,
                                 struct error *error) must_check;
enum status allocator_state_load_end(struct book *book, struct error *error) must_check;

#endif
