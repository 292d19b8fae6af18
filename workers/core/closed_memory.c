#include "core/closed_memory.h"

#include "core/must.h"

enum {
    PAGE_ITEMS = 512,
    SET_SIZE_MIN = 64,
    SPANS_MIN = 8,
    KIND_MASK = 3,
};

_Static_assert((int)BOOK_MEMORY_REPORTED <= (int)KIND_MASK, "kinds fit into the low bits");

struct packed_item {
    uint64_t key; /* fingerprint and kind */
    int64_t paid_at_ms;
    uint32_t sku;
    uint32_t after_ms; /* after the page's first */
};

struct closed_page {
    struct closed_page *next;
    int64_t first_log_ms;
    uint32_t begin; /* before it all is forgotten */
    uint32_t end;
    struct packed_item items[PAGE_ITEMS];
};

uint64_t closed_memory_mask(uint64_t fingerprint)
{
    return fingerprint & ~(uint64_t)KIND_MASK;
}

static uint64_t home_of(const struct closed_memory *memory, uint64_t key)
{
    return (key >> 2) & (memory->set_size - 1);
}

/* Where the fingerprint is, or the free slot where it would be. */
static uint64_t slot_of(const struct closed_memory *memory, uint64_t key)
{
    uint64_t i = home_of(memory, key);
    while (memory->set[i] != 0 && closed_memory_mask(memory->set[i]) != closed_memory_mask(key)) {
        i = (i + 1) & (memory->set_size - 1);
    }
    return i;
}

static void set_remove(struct closed_memory *memory, uint64_t gap)
{
    uint64_t mask = memory->set_size - 1;
    for (uint64_t i = (gap + 1) & mask; memory->set[i] != 0; i = (i + 1) & mask) {
        if (((i - home_of(memory, memory->set[i])) & mask) >= ((i - gap) & mask)) {
            memory->set[gap] = memory->set[i];
            gap = i;
        }
    }
    memory->set[gap] = 0;
    memory->set_count--;
}

static bool set_reserve(struct closed_memory *memory, struct pool *pool)
{
    if ((memory->set_count + 1) * 4 <= memory->set_size * 3) {
        return true;
    }
    struct closed_memory old = *memory;
    uint64_t size = old.set_size ? old.set_size * 2 : SET_SIZE_MIN;
    uint64_t *set = pool_take(pool, size * sizeof(*set));
    if (!set) {
        return false;
    }
    memset(set, 0, size * sizeof(*set));
    memory->set = set;
    memory->set_size = size;
    for (uint64_t i = 0; i < old.set_size; i++) {
        if (old.set[i] != 0) {
            set[slot_of(memory, old.set[i])] = old.set[i];
        }
    }
    pool_give(pool, old.set, old.set_size * sizeof(*set));
    return true;
}

static bool spans_reserve(struct closed_memory *memory, struct pool *pool)
{
    if (memory->span_end < memory->span_capacity) {
        return true;
    }
    uint32_t count = memory->span_end - memory->span_begin;
    if (memory->span_begin > memory->span_capacity / 2) {
        memmove(memory->spans, memory->spans + memory->span_begin, count * sizeof(*memory->spans));
        memory->span_begin = 0;
        memory->span_end = count;
        return true;
    }
    uint32_t capacity = memory->span_capacity ? memory->span_capacity * 2 : SPANS_MIN;
    struct closed_span *spans = pool_resize(
        pool, memory->spans, memory->span_capacity * sizeof(*spans), capacity * sizeof(*spans));
    if (!spans) {
        return false;
    }
    memory->spans = spans;
    memory->span_capacity = capacity;
    return true;
}

bool closed_memory_reserve(struct closed_memory *memory, struct pool *pool)
{
    if (!memory->spare) {
        memory->spare = pool_take(pool, sizeof(struct closed_page));
    }
    return memory->spare && set_reserve(memory, pool) && spans_reserve(memory, pool);
}

enum book_memory_kind closed_memory_find(const struct closed_memory *memory, uint64_t fingerprint)
{
    if (memory->set_size == 0) {
        return BOOK_MEMORY_UNKNOWN;
    }
    return (enum book_memory_kind)(memory->set[slot_of(memory, fingerprint)] & KIND_MASK);
}

/* The page that the next item goes into. */
static struct closed_page *page_for(struct closed_memory *memory, int64_t log_ms)
{
    struct closed_page *page = memory->newest;
    must(!page || log_ms >= page->first_log_ms);
    if (page && page->end < PAGE_ITEMS && log_ms - page->first_log_ms <= UINT32_MAX) {
        return page;
    }
    struct closed_page *fresh = memory->spare;
    must(fresh);
    memory->spare = NULL;
    fresh->next = NULL;
    fresh->first_log_ms = log_ms;
    fresh->begin = 0;
    fresh->end = 0;
    if (page) {
        page->next = fresh;
    } else {
        memory->oldest = fresh;
    }
    memory->newest = fresh;
    return fresh;
}

/* The newest item belongs to the open span, or opens one. */
static void span_grow(struct closed_memory *memory, struct closed_place place, int64_t revision)
{
    if (memory->span_end > memory->span_begin) {
        struct closed_span *newest = &memory->spans[memory->span_end - 1];
        if (newest->open && newest->end - newest->first.running < BOOK_CHUNK_LINES) {
            newest->end = memory->added;
            return;
        }
        newest->open = false;
    }
    must(memory->span_end < memory->span_capacity);
    memory->spans[memory->span_end++] = (struct closed_span){
        .number = revision, .first = place, .end = memory->added, .open = true};
}

void closed_memory_add(struct closed_memory *memory, const struct closed_item *item,
                       int64_t revision)
{
    must(closed_memory_mask(item->fingerprint) == item->fingerprint);
    uint64_t key = item->fingerprint | (uint64_t)item->kind;
    struct closed_page *page = page_for(memory, item->log_ms);
    struct closed_place place = {page, page->end, memory->added};
    page->items[page->end++] = (struct packed_item){
        .key = key,
        .paid_at_ms = item->paid_at_ms,
        .sku = item->sku,
        .after_ms = (uint32_t)(item->log_ms - page->first_log_ms),
    };
    memory->added++;
    uint64_t slot = slot_of(memory, key);
    if (memory->set[slot] == 0) {
        memory->set_count++;
    }
    memory->set[slot] = key;

    span_grow(memory, place, revision);
}

static struct closed_item unpack(const struct closed_page *page, uint32_t at)
{
    const struct packed_item *packed = &page->items[at];
    return (struct closed_item){
        .sku = packed->sku,
        .kind = (enum book_memory_kind)(packed->key & KIND_MASK),
        .fingerprint = closed_memory_mask(packed->key),
        .paid_at_ms = packed->paid_at_ms,
        .log_ms = page->first_log_ms + packed->after_ms,
    };
}

/* Spans that nobody wrote need no tombstone either. */
static void drop_unwritten_spans(struct closed_memory *memory)
{
    while (memory->span_begin < memory->span_end) {
        const struct closed_span *span = &memory->spans[memory->span_begin];
        if (span->written || !closed_span_is_over(memory, span)) {
            return;
        }
        memory->span_begin++;
    }
}

bool closed_memory_forget(struct closed_memory *memory, struct pool *pool, int64_t before_log_ms,
                          struct closed_item *ret_item, bool *ret_superseded)
{
    struct closed_page *page = memory->oldest;
    if (!page) {
        return false;
    }
    struct closed_item item = unpack(page, page->begin);
    if (item.log_ms >= before_log_ms) {
        return false;
    }
    uint64_t slot = slot_of(memory, item.fingerprint);
    must(memory->set[slot] != 0);
    *ret_superseded = (memory->set[slot] & KIND_MASK) != item.kind;
    *ret_item = item;
    if (!*ret_superseded) {
        set_remove(memory, slot);
    }
    memory->forgotten++;
    drop_unwritten_spans(memory);
    if (++page->begin == page->end) {
        memory->oldest = page->next;
        if (!memory->oldest) {
            memory->newest = NULL;
        }
        if (memory->spare) {
            pool_give(pool, page, sizeof(*page));
        } else {
            memory->spare = page;
        }
    }
    return true;
}

void closed_memory_cut(struct closed_memory *memory)
{
    if (memory->span_end > memory->span_begin) {
        memory->spans[memory->span_end - 1].open = false;
    }
}

bool closed_span_is_over(const struct closed_memory *memory, const struct closed_span *span)
{
    return span->end <= memory->forgotten;
}

bool closed_memory_next(const struct closed_memory *memory, const struct closed_span *span,
                        struct closed_place *cursor, struct closed_item *ret_item)
{
    if (closed_span_is_over(memory, span)) {
        return false;
    }
    if (!cursor->page) {
        bool whole = span->first.running >= memory->forgotten;
        *cursor =
            whole ? span->first
                  : (struct closed_place){memory->oldest, memory->oldest->begin, memory->forgotten};
    }
    if (cursor->running == span->end) {
        return false;
    }
    if (cursor->at == cursor->page->end) {
        cursor->page = cursor->page->next;
        cursor->at = 0;
    }
    *ret_item = unpack(cursor->page, cursor->at++);
    cursor->running++;
    return true;
}

void closed_memory_checkpointed(struct closed_memory *memory)
{
    for (uint32_t i = memory->span_end; i > memory->span_begin; i--) {
        struct closed_span *span = &memory->spans[i - 1];
        must(!span->open);
        if (span->written) {
            break;
        }
        span->written = true;
    }
    while (memory->span_begin < memory->span_end &&
           closed_span_is_over(memory, &memory->spans[memory->span_begin])) {
        memory->span_begin++;
    }
}
