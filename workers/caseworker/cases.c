#include "caseworker/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/must.h"

enum {
    FIRST_SLOTS = 1024,
    FIRST_LINES = 2,
    NOT_IN_HEAP = -1,
};

/* ---- by id: linear probing, at most half full ----------------------------------------------- */

static uint32_t slot_of(const struct cases *cases, const char *case_id)
{
    return (uint32_t)hash_text(0, text_of(case_id)) & (cases->slot_count - 1);
}

static uint32_t slot_find(const struct cases *cases, const char *case_id)
{
    uint32_t slot = slot_of(cases, case_id);
    while (cases->slots[slot] && strcmp(cases->slots[slot]->case_id, case_id) != 0) {
        slot = (slot + 1) & (cases->slot_count - 1);
    }
    return slot;
}

static bool grow(struct cases *cases)
{
    uint32_t slot_count = cases->slot_count ? 2 * cases->slot_count : FIRST_SLOTS;
    struct case_entry **slots = calloc(slot_count, sizeof(struct case_entry *));
    struct case_entry **heap = realloc(cases->heap, slot_count * sizeof(struct case_entry *));
    cases->heap = heap ? heap : cases->heap;
    struct case_entry **changed = realloc(cases->changed, slot_count * sizeof(struct case_entry *));
    cases->changed = changed ? changed : cases->changed;
    if (!slots || !heap || !changed) {
        free(slots);
        return false;
    }
    struct case_entry **old = cases->slots;
    uint32_t old_count = cases->slot_count;
    cases->slots = slots;
    cases->slot_count = slot_count;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i]) {
            cases->slots[slot_find(cases, old[i]->case_id)] = old[i];
        }
    }
    free(old);
    return true;
}

/* ---- by deadline ----------------------------------------------------------------------------- */

static void heap_place(struct cases *cases, uint32_t index, struct case_entry *entry)
{
    cases->heap[index] = entry;
    entry->heap_index = index;
}

/* Equal deadlines go by id, so that the order does not depend on how the heap came about. */
static bool is_before(const struct case_entry *a, const struct case_entry *b)
{
    return a->deadline_ms != b->deadline_ms ? a->deadline_ms < b->deadline_ms
                                            : strcmp(a->case_id, b->case_id) < 0;
}

static void heap_settle(struct cases *cases, uint32_t index)
{
    struct case_entry *entry = cases->heap[index];
    while (index > 0 && is_before(entry, cases->heap[(index - 1) / 2])) {
        heap_place(cases, index, cases->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= cases->heap_count) {
            break;
        }
        if (child + 1 < cases->heap_count &&
            is_before(cases->heap[child + 1], cases->heap[child])) {
            child++;
        }
        if (!is_before(cases->heap[child], entry)) {
            break;
        }
        heap_place(cases, index, cases->heap[child]);
        index = child;
    }
    heap_place(cases, index, entry);
}

static void heap_remove(struct cases *cases, struct case_entry *entry)
{
    uint32_t index = entry->heap_index;
    if (index == (uint32_t)NOT_IN_HEAP) {
        return;
    }
    struct case_entry *last = cases->heap[--cases->heap_count];
    entry->heap_index = (uint32_t)NOT_IN_HEAP;
    if (last != entry) {
        heap_place(cases, index, last);
        heap_settle(cases, index);
    }
}

/* ---- public ---------------------------------------------------------------------------------- */

bool cases_init(struct cases *cases)
{
    *cases = (struct cases){0};
    if (grow(cases)) {
        return true;
    }
    cases_done(cases);
    return false;
}

static void entry_free(struct case_entry *entry)
{
    free(entry->file.lines);
    free(entry);
}

void cases_done(struct cases *cases)
{
    for (uint32_t i = 0; i < cases->slot_count; i++) {
        if (cases->slots[i]) {
            entry_free(cases->slots[i]);
        }
    }
    free(cases->slots);
    free(cases->heap);
    free(cases->changed);
    *cases = (struct cases){0};
}

struct case_entry *cases_find(const struct cases *cases, const char *case_id)
{
    return cases->slots[slot_find(cases, case_id)];
}

static size_t line_bytes(const struct case_entry *entry)
{
    return entry->file.line_capacity * sizeof(struct case_line);
}

bool cases_reserve_line(struct cases *cases, struct case_entry *entry)
{
    struct case_file *file = &entry->file;
    if (file->line_count < file->line_capacity) {
        return true;
    }
    uint32_t capacity = file->line_capacity ? 2 * file->line_capacity : FIRST_LINES;
    struct case_line *lines = realloc(file->lines, capacity * sizeof *lines);
    if (!lines) {
        return false;
    }
    file->lines = lines;
    cases->bytes -= line_bytes(entry);
    file->line_capacity = capacity;
    cases->bytes += line_bytes(entry);
    return true;
}

struct case_entry *cases_add(struct cases *cases, const char *case_id)
{
    if (2 * (cases->count + 1) > cases->slot_count && !grow(cases)) {
        return NULL;
    }
    struct case_entry *entry = calloc(1, sizeof *entry);
    if (!entry || !cases_reserve_line(cases, entry)) {
        if (entry) {
            entry_free(entry);
        }
        return NULL;
    }
    must(strlen(case_id) < sizeof entry->case_id);
    memcpy(entry->case_id, case_id, strlen(case_id) + 1);
    entry->heap_index = (uint32_t)NOT_IN_HEAP;
    entry->deadline_ms = INT64_MAX;
    uint32_t slot = slot_find(cases, case_id);
    must(!cases->slots[slot]);
    cases->slots[slot] = entry;
    cases->count++;
    cases->bytes += sizeof *entry;
    return entry;
}

void cases_remove(struct cases *cases, struct case_entry *entry)
{
    must(!entry->changed);
    heap_remove(cases, entry);
    uint32_t hole = slot_find(cases, entry->case_id);
    must(cases->slots[hole] == entry);
    cases->slots[hole] = NULL;
    for (uint32_t next = (hole + 1) & (cases->slot_count - 1); cases->slots[next];
         next = (next + 1) & (cases->slot_count - 1)) {
        struct case_entry *moved = cases->slots[next];
        cases->slots[next] = NULL;
        cases->slots[slot_find(cases, moved->case_id)] = moved;
    }
    cases->count--;
    cases->bytes -= sizeof *entry + line_bytes(entry);
    entry_free(entry);
}

void cases_touch(struct cases *cases, struct case_entry *entry)
{
    entry->deadline_ms = case_next_deadline(&entry->file);
    if (entry->deadline_ms == INT64_MAX) {
        heap_remove(cases, entry);
    } else if (entry->heap_index == (uint32_t)NOT_IN_HEAP) {
        heap_place(cases, cases->heap_count++, entry);
        heap_settle(cases, entry->heap_index);
    } else {
        heap_settle(cases, entry->heap_index);
    }
    if (!entry->changed) {
        entry->changed = true;
        cases->changed[cases->changed_count++] = entry;
    }
}

struct case_entry *cases_earliest(const struct cases *cases)
{
    return cases->heap_count ? cases->heap[0] : NULL;
}

void cases_settled(struct cases *cases)
{
    for (uint32_t i = 0; i < cases->changed_count; i++) {
        cases->changed[i]->changed = false;
    }
    cases->changed_count = 0;
}

/* ---- mark ------------------------------------------------------------------------------------ */

void mark_change(struct mark *mark, uint64_t hash_before, uint64_t hash_after)
{
    mark->digest += hash_after - hash_before;
    mark->count += (hash_after != 0) - (hash_before != 0);
    must(mark->count >= 0);
}

uint64_t mark_hash(struct text key, struct text value)
{
    uint64_t hash = hash_text(hash_text(1, key), value);
    return hash ? hash : 1;
}

void mark_to_text(const struct mark *mark, char ret_text[MARK_TEXT_SIZE])
{
    int written = snprintf(ret_text, MARK_TEXT_SIZE, "%" PRId64 " %" PRId64 " %016" PRIx64, mark->n,
                           mark->count, mark->digest);
    must(written > 0 && written < MARK_TEXT_SIZE);
}

bool mark_from_text(struct text text, struct mark *ret_mark)
{
    char copy[MARK_TEXT_SIZE];
    struct mark mark = {0};
    int read = 0;
    if (!text_is_set(text) || text.size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (sscanf(copy, "%" SCNd64 " %" SCNd64 " %" SCNx64 "%n", &mark.n, &mark.count, &mark.digest,
               &read) != 3 ||
        read != (int)text.size || mark.n < 0 || mark.count < 0) {
        return false;
    }
    *ret_mark = mark;
    return true;
}
