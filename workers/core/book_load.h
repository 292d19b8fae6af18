/* What has been loaded of a state that is not complete yet: for book_load.c and book_load_end.c.
 *
 * Lines and what is remembered are kept aside until all is there, for which of them count, and in
 * what order, is only known then. */
#ifndef SHORTFALL_CORE_BOOK_LOAD_H
#define SHORTFALL_CORE_BOOK_LOAD_H

#include "core/book_inside.h"

/* What the entries say of one chunk of lines. */
struct load_chunk {
    int64_t number;
    struct chunk *chunk; /* in the row, by number */
    struct line **lines; /* NULL: no entry */
    uint32_t line_count;
    uint32_t run_count;
    struct book_run *runs; /* NULL: no entry */
};

/* What an entry says is remembered. */
struct load_span {
    struct load_span *next; /* by number */
    struct load_span *previous;
    int64_t number;
    struct closed_item *items; /* NULL: no entry */
    uint32_t count;
    uint32_t capacity;
};

struct load {
    struct table chunks;
    struct table spans;
    struct load_span *first_span;
    struct load_span *last_span;
};

/* NULL: nothing was loaded of it. */
struct load_chunk *load_find_chunk(const struct book *book, int64_t number);
void load_free_lines(struct book *book, struct load_chunk *chunk);
void load_free_items(struct book *book, struct load_span *span);

#endif
