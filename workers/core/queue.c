#include "core/queue.h"

#include "core/chunk.h"
#include "core/must.h"

enum {
    FIRST_SIZE_MIN = 4, /* places of a queue's first block at the start */
};

#define NO_REPORT INT64_MAX

const struct queue_sum queue_sum_empty = {.first_report_ms = NO_REPORT,
                                          .smallest_fit = QUEUE_NO_FIT};

static bool is_short(uint8_t status)
{
    return status == BOOK_LINE_SHORT || status == BOOK_LINE_BLOCKED;
}

/* What is in the topic of the line's status is not so any more. */
static void mark_status(struct line *line)
{
    line->chunk->status_dirty = true;
}

/* The one place where the status of a line changes. */
static void place_set_status(struct place *place, enum book_line_status status)
{
    struct line *line = place->line;
    must(place->status != BOOK_LINE_GONE && place->status != status);
    if (status == BOOK_LINE_CLOSED || status == BOOK_LINE_GONE) {
        must(!place->changed);
    } else if (is_short(place->status) != is_short((uint8_t)status)) {
        must(place->status != BOOK_LINE_CLOSED);
        place->changed = !place->changed;
    }
    place->status = (uint8_t)status;
    mark_status(line);
}

static void sum_add_place(struct queue_sum *sum, const struct place *place)
{
    switch ((enum book_line_status)place->status) {
    case BOOK_LINE_COVERED:
        sum->covered_quantity += place->quantity;
        break;
    case BOOK_LINE_SHORT:
        sum->short_quantity += place->quantity;
        sum->short_count++;
        if ((uint32_t)place->quantity < sum->smallest_fit) {
            sum->smallest_fit = (uint32_t)place->quantity;
        }
        break;
    case BOOK_LINE_BLOCKED:
        sum->short_quantity += place->quantity;
        sum->short_count++;
        if (place->line->since_ms < sum->first_report_ms) {
            sum->first_report_ms = place->line->since_ms;
        }
        break;
    case BOOK_LINE_CLOSED:
    case BOOK_LINE_GONE:
    case BOOK_LINE_UNKNOWN:
        break;
    }
    sum->change_count += place->changed;
}

static void sum_add(struct queue_sum *sum, const struct queue_sum *other)
{
    sum->covered_quantity += other->covered_quantity;
    sum->short_quantity += other->short_quantity;
    sum->short_count += other->short_count;
    sum->change_count += other->change_count;
    if (other->smallest_fit < sum->smallest_fit) {
        sum->smallest_fit = other->smallest_fit;
    }
    if (other->first_report_ms < sum->first_report_ms) {
        sum->first_report_ms = other->first_report_ms;
    }
}

/* Both are inlined with a constant trait, so that no search asks which one it is. */
static inline bool sum_has(const struct queue_sum *sum, enum queue_trait trait, int64_t argument)
{
    switch (trait) {
    case QUEUE_SHORT:
        return sum->short_count > 0;
    case QUEUE_FITTING:
        return sum->smallest_fit != QUEUE_NO_FIT && sum->smallest_fit <= argument;
    case QUEUE_REPORTED:
        return sum->first_report_ms < argument;
    case QUEUE_CHANGED:
        return sum->change_count > 0;
    }
    return false;
}

static inline bool place_has(const struct place *place, enum queue_trait trait, int64_t argument)
{
    switch (trait) {
    case QUEUE_SHORT:
        return is_short(place->status);
    case QUEUE_FITTING:
        return place->status == BOOK_LINE_SHORT && place->quantity <= argument;
    case QUEUE_REPORTED:
        return place->status == BOOK_LINE_BLOCKED && place->line->since_ms < argument;
    case QUEUE_CHANGED:
        return place->changed;
    }
    return false;
}

/* ---- The tree -------------------------------------------------------------------------------- */

static uint32_t leaf_of(const struct queue *queue, uint32_t block)
{
    return queue->capacity - 1 + block;
}

static uint32_t block_end(const struct queue *queue, uint32_t block)
{
    uint32_t end = (block + 1) * QUEUE_BLOCK;
    return end < queue->used ? end : queue->used;
}

static struct queue_sum block_sum(const struct queue *queue, uint32_t block)
{
    struct queue_sum sum = queue_sum_empty;
    uint32_t end = block_end(queue, block);
    for (uint32_t i = block * QUEUE_BLOCK; i < end; i++) {
        sum_add_place(&sum, queue_place(queue, i));
    }
    return sum;
}

static void node_sum_up(struct queue *queue, uint32_t node)
{
    struct queue_sum sum = queue->sums[2 * node + 1];
    sum_add(&sum, &queue->sums[2 * node + 2]);
    queue->sums[node] = sum;
}

/* After places of a block have changed. */
static void block_refresh(struct queue *queue, uint32_t block)
{
    uint32_t node = leaf_of(queue, block);
    queue->sums[node] = block_sum(queue, block);
    while (node > 0) {
        node = (node - 1) / 2;
        node_sum_up(queue, node);
    }
}

static void tree_refresh(struct queue *queue)
{
    for (uint32_t block = 0; block < queue->capacity; block++) {
        bool in_use = (uint64_t)block * QUEUE_BLOCK < queue->used;
        queue->sums[leaf_of(queue, block)] = in_use ? block_sum(queue, block) : queue_sum_empty;
    }
    for (uint32_t node = queue->capacity - 1; node > 0; node--) {
        node_sum_up(queue, node - 1);
    }
}

static size_t sums_size(uint32_t capacity)
{
    return (2 * (size_t)capacity - 1) * sizeof(struct queue_sum);
}

/* Gives the tree room for `capacity` blocks. The blocks stay where they are. */
static bool tree_resize(struct queue *queue, struct pool *pool, uint32_t capacity)
{
    struct place **blocks = pool_take(pool, capacity * sizeof(struct place *));
    struct queue_sum *sums = pool_take(pool, sums_size(capacity));
    if (!blocks || !sums) {
        pool_give(pool, blocks, capacity * sizeof(struct place *));
        pool_give(pool, sums, sums_size(capacity));
        return false;
    }
    uint32_t kept = queue->capacity < capacity ? queue->capacity : capacity;
    if (queue->capacity > 0) {
        memcpy(blocks, queue->blocks, kept * sizeof(struct place *));
        pool_give(pool, queue->blocks, queue->capacity * sizeof(struct place *));
        pool_give(pool, queue->sums, sums_size(queue->capacity));
    }
    memset(blocks + kept, 0, (capacity - kept) * sizeof(struct place *));
    queue->blocks = blocks;
    queue->sums = sums;
    queue->capacity = capacity;
    tree_refresh(queue);
    return true;
}

static void blocks_give(struct queue *queue, struct pool *pool, uint32_t from)
{
    for (uint32_t block = from; block < queue->capacity; block++) {
        size_t size = block == 0 ? queue->first_size : QUEUE_BLOCK;
        pool_give(pool, queue->blocks[block], size * sizeof(struct place));
        queue->blocks[block] = NULL;
    }
}

/* Moves all lines together, so that no hole is left, and gives back what is not needed any more. */
static void squeeze(struct queue *queue, struct pool *pool)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < queue->used; i++) {
        struct place *place = queue_place(queue, i);
        if (place->status != BOOK_LINE_GONE) {
            must(!place->changed);
            place->line->position = kept;
            *queue_place(queue, kept++) = *place;
        }
    }
    queue->used = kept;
    queue->holes = 0;
    uint32_t needed = kept / QUEUE_BLOCK + 1;
    if (needed < queue->capacity) {
        blocks_give(queue, pool, needed);
    }
    uint32_t capacity = queue->capacity;
    while (capacity / 4 >= needed) {
        capacity /= 2;
    }
    if (capacity == queue->capacity || !tree_resize(queue, pool, capacity)) {
        tree_refresh(queue);
    }
}

static struct place *place_new(struct queue *queue, struct line *line)
{
    must(queue->used < queue->capacity * QUEUE_BLOCK);
    line->position = queue->used++;
    struct place *place = queue_place(queue, line->position);
    *place = (struct place){.line = line, .quantity = line->quantity};
    return place;
}

/* A new place counts from the leaf up; nothing else of the block can have changed. */
static void place_count(struct queue *queue, uint32_t position)
{
    struct queue_sum sum = queue_sum_empty;
    sum_add_place(&sum, queue_place(queue, position));
    uint32_t node = leaf_of(queue, position / QUEUE_BLOCK);
    sum_add(&queue->sums[node], &sum);
    while (node > 0) {
        node = (node - 1) / 2;
        sum_add(&queue->sums[node], &sum);
    }
}

/* Covered goods of a block go; nothing else of its sum can have changed. */
static void sums_uncount(struct queue *queue, uint32_t block, int64_t covered_quantity)
{
    uint32_t node = leaf_of(queue, block);
    queue->sums[node].covered_quantity -= covered_quantity;
    while (node > 0) {
        node = (node - 1) / 2;
        queue->sums[node].covered_quantity -= covered_quantity;
    }
}

/* ---- Public ---------------------------------------------------------------------------------- */

bool queue_reserve(struct queue *queue, struct pool *pool)
{
    if (queue->holes > queue->used / 2) {
        squeeze(queue, pool);
    }
    if (queue->used == 0 && queue->capacity > 1 && !tree_resize(queue, pool, 1)) {
        return false;
    }
    if (queue->used == queue->capacity * QUEUE_BLOCK &&
        !tree_resize(queue, pool, queue->capacity ? queue->capacity * 2 : 1)) {
        return false;
    }
    uint32_t block = queue->used / QUEUE_BLOCK;
    if (block > 0) {
        if (!queue->blocks[block]) {
            queue->blocks[block] = pool_take(pool, QUEUE_BLOCK * sizeof(struct place));
        }
        return queue->blocks[block] != NULL;
    }
    if (queue->blocks[0] && queue->used < queue->first_size) {
        return true;
    }
    uint32_t size = queue->blocks[0] ? queue->first_size * 2 : FIRST_SIZE_MIN;
    struct place *first =
        pool_resize(pool, queue->blocks[0], queue->first_size * sizeof(struct place),
                    size * sizeof(struct place));
    if (!first) {
        return false;
    }
    queue->blocks[0] = first;
    queue->first_size = size;
    return true;
}

void queue_append(struct queue *queue, struct line *line, bool covered)
{
    struct place *place = place_new(queue, line);
    place->status = covered ? BOOK_LINE_COVERED : BOOK_LINE_SHORT;
    place->changed = !covered;
    place_count(queue, line->position);
}

void queue_load(struct queue *queue, struct line *line, enum book_line_status status)
{
    must(status != BOOK_LINE_GONE && status != BOOK_LINE_UNKNOWN);
    struct place *place = place_new(queue, line);
    place->status = (uint8_t)status;
    place_count(queue, line->position);
}

struct place *queue_place(const struct queue *queue, uint32_t position)
{
    return &queue->blocks[position / QUEUE_BLOCK][position % QUEUE_BLOCK];
}

static void set_status(struct queue *queue, uint32_t position, enum book_line_status status)
{
    place_set_status(queue_place(queue, position), status);
    block_refresh(queue, position / QUEUE_BLOCK);
}

void queue_block(struct queue *queue, uint32_t position, int64_t reported_at_ms)
{
    struct place *place = queue_place(queue, position);
    if (place->status != BOOK_LINE_BLOCKED) {
        place->line->since_ms = reported_at_ms;
        set_status(queue, position, BOOK_LINE_BLOCKED);
    } else if (reported_at_ms > place->line->since_ms) {
        place->line->since_ms = reported_at_ms;
        mark_status(place->line);
        block_refresh(queue, position / QUEUE_BLOCK);
    }
}

void queue_unblock(struct queue *queue, uint32_t position)
{
    must(queue_place(queue, position)->status == BOOK_LINE_BLOCKED);
    set_status(queue, position, BOOK_LINE_SHORT);
}

void queue_close(struct queue *queue, uint32_t position)
{
    set_status(queue, position, BOOK_LINE_CLOSED);
}

void queue_remove(struct queue *queue, uint32_t position, struct pool *pool)
{
    must(position < queue->used);
    struct place *place = queue_place(queue, position);
    int64_t covered_quantity = place->status == BOOK_LINE_COVERED ? place->quantity : 0;
    must(covered_quantity > 0 || place->status == BOOK_LINE_CLOSED);
    place_set_status(place, BOOK_LINE_GONE);
    sums_uncount(queue, position / QUEUE_BLOCK, covered_quantity);
    queue->holes++;
    while (queue->used > 0 && queue_place(queue, queue->used - 1)->status == BOOK_LINE_GONE) {
        queue->used--;
        queue->holes--;
    }
    if (queue->used == 0) {
        blocks_give(queue, pool, 1);
    }
}

void queue_uncover(struct queue *queue, int64_t excess)
{
    while (excess > 0 && queue_total(queue)->covered_quantity > 0) {
        uint32_t node = 0;
        while (node < queue->capacity - 1) {
            node = queue->sums[2 * node + 2].covered_quantity > 0 ? 2 * node + 2 : 2 * node + 1;
        }
        uint32_t block = node - (queue->capacity - 1);
        for (uint32_t i = block_end(queue, block); i > block * QUEUE_BLOCK && excess > 0; i--) {
            struct place *place = queue_place(queue, i - 1);
            if (place->status == BOOK_LINE_COVERED) {
                place_set_status(place, BOOK_LINE_SHORT);
                excess -= place->quantity;
            }
        }
        block_refresh(queue, block);
    }
}

void queue_cover(struct queue *queue, int64_t room)
{
    uint32_t from = 0;
    while ((from = queue_find(queue, from, QUEUE_FITTING, room)) != QUEUE_NOWHERE) {
        uint32_t block = from / QUEUE_BLOCK;
        for (uint32_t end = block_end(queue, block); from < end; from++) {
            struct place *place = queue_place(queue, from);
            if (place->status == BOOK_LINE_SHORT && place->quantity <= room) {
                place_set_status(place, BOOK_LINE_COVERED);
                room -= place->quantity;
            }
        }
        block_refresh(queue, block);
    }
}

void queue_cover_in_order(struct queue *queue, int64_t room)
{
    uint32_t from = 0;
    while ((from = queue_find(queue, from, QUEUE_FITTING, INT64_MAX)) != QUEUE_NOWHERE &&
           queue_place(queue, from)->quantity <= room) {
        uint32_t block = from / QUEUE_BLOCK;
        for (uint32_t end = block_end(queue, block); from < end; from++) {
            struct place *place = queue_place(queue, from);
            if (place->status == BOOK_LINE_SHORT && place->quantity > room) {
                break;
            }
            if (place->status == BOOK_LINE_SHORT) {
                place_set_status(place, BOOK_LINE_COVERED);
                room -= place->quantity;
            }
        }
        block_refresh(queue, block);
    }
}

/* The first block after `block` whose sum has the trait, or QUEUE_NOWHERE. */
static inline uint32_t find_block(const struct queue *queue, uint32_t block, enum queue_trait trait,
                                  int64_t argument)
{
    uint32_t node = leaf_of(queue, block);
    for (;;) {
        if (node == 0) {
            return QUEUE_NOWHERE;
        }
        if (node % 2 == 1 && sum_has(&queue->sums[node + 1], trait, argument)) {
            node++;
            break;
        }
        node = (node - 1) / 2;
    }
    while (node < queue->capacity - 1) {
        node = 2 * node + 1;
        if (!sum_has(&queue->sums[node], trait, argument)) {
            node++;
        }
    }
    return node - (queue->capacity - 1);
}

static inline uint32_t find(const struct queue *queue, uint32_t from, enum queue_trait trait,
                            int64_t argument)
{
    if (from >= queue->used || !sum_has(&queue->sums[0], trait, argument)) {
        return QUEUE_NOWHERE;
    }
    for (uint32_t block = from / QUEUE_BLOCK; block != QUEUE_NOWHERE;
         block = find_block(queue, block, trait, argument), from = block * QUEUE_BLOCK) {
        for (uint32_t end = block_end(queue, block); from < end; from++) {
            if (place_has(queue_place(queue, from), trait, argument)) {
                return from;
            }
        }
    }
    return QUEUE_NOWHERE;
}

uint32_t queue_find(const struct queue *queue, uint32_t from, enum queue_trait trait,
                    int64_t argument)
{
    switch (trait) {
    case QUEUE_SHORT:
        return find(queue, from, QUEUE_SHORT, argument);
    case QUEUE_FITTING:
        return find(queue, from, QUEUE_FITTING, argument);
    case QUEUE_REPORTED:
        return find(queue, from, QUEUE_REPORTED, argument);
    case QUEUE_CHANGED:
        return find(queue, from, QUEUE_CHANGED, argument);
    }
    return QUEUE_NOWHERE;
}

void queue_clear_change(struct queue *queue, uint32_t position)
{
    struct place *place = queue_place(queue, position);
    must(place->changed);
    place->changed = false;
    uint32_t node = leaf_of(queue, position / QUEUE_BLOCK);
    queue->sums[node].change_count--;
    while (node > 0) {
        node = (node - 1) / 2;
        queue->sums[node].change_count--;
    }
}

struct queue_ahead queue_ahead(const struct queue *queue, uint32_t position)
{
    struct queue_ahead ahead = {0};
    for (uint32_t i = position - position % QUEUE_BLOCK; i < position; i++) {
        const struct place *place = queue_place(queue, i);
        if (is_short(place->status)) {
            ahead.count++;
            ahead.quantity += place->quantity;
        }
    }
    for (uint32_t node = leaf_of(queue, position / QUEUE_BLOCK); node > 0; node = (node - 1) / 2) {
        if (node % 2 == 0) {
            ahead.count += queue->sums[node - 1].short_count;
            ahead.quantity += queue->sums[node - 1].short_quantity;
        }
    }
    return ahead;
}

uint32_t queue_reach(const struct queue *queue, int64_t quantity)
{
    if (queue_total(queue)->short_count == 0 || queue_total(queue)->short_quantity <= quantity) {
        return queue->used;
    }
    uint32_t node = 0;
    while (node < queue->capacity - 1) {
        node = 2 * node + 1;
        const struct queue_sum *left = &queue->sums[node];
        if (left->short_count == 0 || left->short_quantity <= quantity) {
            quantity -= left->short_quantity;
            node++;
        }
    }
    uint32_t position = (node - (queue->capacity - 1)) * QUEUE_BLOCK;
    for (;; position++) {
        must(position < queue->used);
        const struct place *place = queue_place(queue, position);
        if (is_short(place->status)) {
            quantity -= place->quantity;
            if (quantity < 0) {
                return position;
            }
        }
    }
}
