#include "shortfall/lookup.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/must.h"

enum { SLOTS_FIRST = 64 /* a power of two */ };

struct entry {
    uint64_t hash;
    struct text key;
    alignas(max_align_t) char thing[];
};

struct lookup {
    size_t thing_size;
    struct arena *arena;    /* borrowed; keys and entries */
    struct entry **entries; /* owned; by the order of putting in */
    size_t count;
    uint32_t *slots; /* owned; 1 + number of an entry, 0: free; twice as many as room for entries */
    size_t room;
};

/* FNV-1a, and its high bits brought down, where the slot is taken from. */
static uint64_t hash_of(struct text key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < key.size; i++) {
        hash = (hash ^ (uint8_t)key.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct lookup *lookup, struct text key, uint64_t hash)
{
    size_t mask = 2 * lookup->room - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &lookup->slots[at];
        if (*slot == 0) {
            return slot;
        }
        const struct entry *entry = lookup->entries[*slot - 1];
        if (entry->hash == hash && text_equal(entry->key, key)) {
            return slot;
        }
    }
}

static bool grow(struct lookup *lookup)
{
    size_t room = lookup->room ? 2 * lookup->room : SLOTS_FIRST;
    if (room > UINT32_MAX / 2) {
        return false;
    }
    struct entry **entries = realloc(lookup->entries, room * sizeof *entries);
    if (!entries) {
        return false;
    }
    lookup->entries = entries;
    uint32_t *slots = calloc(2 * room, sizeof *slots);
    if (!slots) {
        return false;
    }
    free(lookup->slots);
    lookup->slots = slots;
    lookup->room = room;
    for (size_t i = 0; i < lookup->count; i++) {
        *slot_of(lookup, entries[i]->key, entries[i]->hash) = (uint32_t)i + 1;
    }
    return true;
}

struct lookup *lookup_new(struct arena *arena, size_t thing_size)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup) {
        return NULL;
    }
    lookup->thing_size = thing_size;
    lookup->arena = arena;
    if (!grow(lookup)) {
        lookup_free(lookup);
        return NULL;
    }
    return lookup;
}

void lookup_free(struct lookup *lookup)
{
    if (!lookup) {
        return;
    }
    free(lookup->entries);
    free(lookup->slots);
    free(lookup);
}

void *lookup_get(const struct lookup *lookup, struct text key)
{
    uint32_t number = *slot_of(lookup, key, hash_of(key));
    return number ? lookup->entries[number - 1]->thing : NULL;
}

void *lookup_put(struct lookup *lookup, struct text key)
{
    if (lookup->count == lookup->room && !grow(lookup)) {
        return NULL;
    }
    uint64_t hash = hash_of(key);
    uint32_t *slot = slot_of(lookup, key, hash);
    if (*slot) {
        return lookup->entries[*slot - 1]->thing;
    }
    struct entry *entry = arena_take(lookup->arena, sizeof *entry + lookup->thing_size);
    struct text copy = arena_text(lookup->arena, key);
    if (!entry || !text_is_set(copy)) {
        return NULL;
    }
    entry->hash = hash;
    entry->key = copy;
    lookup->entries[lookup->count++] = entry;
    *slot = (uint32_t)lookup->count;
    return entry->thing;
}

size_t lookup_count(const struct lookup *lookup)
{
    return lookup->count;
}

void *lookup_at(const struct lookup *lookup, size_t number, struct text *ret_key)
{
    must(number < lookup->count);
    struct entry *entry = lookup->entries[number];
    if (ret_key) {
        *ret_key = entry->key;
    }
    return entry->thing;
}
