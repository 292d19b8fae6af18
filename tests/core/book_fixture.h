/* What the tests of the book share: memory with a limit, facts in one line, changes in one line. */
#ifndef TESTS_CORE_BOOK_FIXTURE_H
#define TESTS_CORE_BOOK_FIXTURE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/book.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Counts what is out, and refuses every call after `allowed` of them. */
struct heap {
    size_t bytes;
    uint64_t calls;
    uint64_t allowed;
};

static inline void *heap_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct heap *heap = context;
    if (new_size == 0) {
        heap->bytes -= old_size;
        free(old);
        return NULL;
    }
    if (heap->calls == heap->allowed) {
        return NULL;
    }
    heap->calls++;
    void *moved = realloc(old, new_size);
    assert_non_null(moved);
    heap->bytes += new_size - old_size;
    return moved;
}

static inline struct book *new_book(struct heap *heap)
{
    *heap = (struct heap){.allowed = UINT64_MAX};
    struct memory memory = {heap, heap_resize};
    struct book *book = book_new(&memory);
    assert_non_null(book);
    return book;
}

/* Nothing of the book may be left. */
static inline void drop_book(struct book *book, const struct heap *heap)
{
    book_free(book);
    assert_int_equal(heap->bytes, 0);
}

static const char *const kind_names[] = {"?", "UNFILLABLE", "RECOVERED", "ETA_CHANGED", "CLOSED"};
static const char *const cause_names[] = {"-", "OVERSOLD", "COUNT_FELL", "REPORTED"};
static const char *const reason_names[] = {"-", "SHIPPED", "CANCELLED", "REFUNDED", "SUBSTITUTED"};
static const char *const listing_names[] = {"?", "SOLD_OUT", "AVAILABLE"};

static inline int print_shortage(char *out, size_t size, const struct shortage *s)
{
    int used = snprintf(out, size, "%s %.*s/%d x%" PRId64 " e%d %s a%" PRId64 " r%" PRId64,
                        kind_names[s->kind], (int)s->order_id.size, s->order_id.data, s->line_no,
                        s->quantity, s->episode, cause_names[s->cause], s->available, s->reserved);
    if (s->queue_place > 0) {
        used += snprintf(out + used, size - (size_t)used, " #%" PRId64 "+%" PRId64, s->queue_place,
                         s->ahead_quantity);
    }
    if (s->expected_at_ms.set) {
        used += snprintf(out + used, size - (size_t)used, " @%" PRId64, s->expected_at_ms.value);
    }
    if (s->reason != CLOSE_UNKNOWN) {
        used += snprintf(out + used, size - (size_t)used, " %s", reason_names[s->reason]);
    }
    return used;
}

/* One change as a line, such as "UNFILLABLE o2/1 x1 e1 OVERSOLD a1 r1 #1+0". */
static inline int print_change(char *out, size_t size, const struct book_change *change)
{
    if (change->kind == BOOK_CHANGE_SHORTAGE) {
        return print_shortage(out, size, &change->shortage);
    }
    return snprintf(out, size, "%s %" PRId64, listing_names[change->listing.status],
                    change->listing.quantity.value);
}

static inline struct sku_fact paid(const char *sku, const char *order, int line_no,
                                   int64_t quantity, int64_t at_ms)
{
    return (struct sku_fact){
        .kind = FACT_PAID,
        .sku = text_of(sku),
        .order_id = text_of(order),
        .line_no = line_no,
        .quantity = quantity,
        .at_ms = at_ms,
        .order_facts = text_of("facts"),
    };
}

static inline struct sku_fact level(const char *sku, const char *warehouse, int64_t version,
                                    int64_t on_hand, int64_t counted_at_ms)
{
    return (struct sku_fact){
        .kind = FACT_LEVEL,
        .sku = text_of(sku),
        .warehouse_id = text_of(warehouse),
        .version = version,
        .on_hand = on_hand,
        .at_ms = counted_at_ms,
    };
}

static inline struct sku_fact closed(const char *sku, const char *order, int line_no,
                                     enum close_reason reason, const char *warehouse,
                                     int64_t closed_at_ms)
{
    return (struct sku_fact){
        .kind = FACT_CLOSED,
        .sku = text_of(sku),
        .order_id = text_of(order),
        .line_no = line_no,
        .reason = reason,
        .warehouse_id = text_of(warehouse),
        .at_ms = closed_at_ms,
    };
}

static inline struct sku_fact rules(int32_t version, int64_t at_ms)
{
    return (struct sku_fact){.kind = FACT_RULES, .rules = version, .at_ms = at_ms};
}

static inline struct sku_fact report(const char *sku, const char *id, const char *order,
                                     int line_no, int64_t at_ms)
{
    return (struct sku_fact){
        .kind = FACT_REPORT,
        .sku = text_of(sku),
        .id = text_of(id),
        .order_id = text_of(order),
        .line_no = line_no,
        .at_ms = at_ms,
    };
}

#endif
