#include "producers/agenda.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"

enum { CAPACITY_FIRST = 256 };

struct agenda {
    struct planned {
        struct agenda_entry *entry; /* owned */
        int64_t at_ms;
        char id[IDENTITY_SIZE];
    } * heap; /* owned */
    uint32_t count;
    uint32_t capacity;
};

struct text agenda_text(struct agenda_entry *entry, struct text text)
{
    must(entry->text_count < AGENDA_TEXTS_MAX);
    if (!text_is_set(text)) {
        return text;
    }
    char *copy = entry->texts[entry->text_count++];
    uint32_t size = text.size <= ID_SIZE_MAX ? text.size : ID_SIZE_MAX;
    memcpy(copy, text.data, size);
    return (struct text){copy, size};
}

struct agenda *agenda_new(void)
{
    return calloc(1, sizeof(struct agenda));
}

void agenda_free(struct agenda *agenda)
{
    if (!agenda) {
        return;
    }
    for (uint32_t i = 0; i < agenda->count; i++) {
        free(agenda->heap[i].entry);
    }
    free(agenda->heap);
    free(agenda);
}

struct agenda_entry *agenda_entry_new(enum topic topic)
{
    struct agenda_entry *entry = calloc(1, sizeof *entry);
    if (entry) {
        entry->topic = topic;
    }
    return entry;
}

struct fact agenda_fact(const struct agenda_entry *entry)
{
    return fact_of(entry->topic, &entry->buyer_decision); /* all of the union begin there */
}

static bool is_before(const struct planned *a, const struct planned *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : memcmp(a->id, b->id, IDENTITY_SIZE) < 0;
}

static void swap(struct planned *a, struct planned *b)
{
    struct planned kept = *a;
    *a = *b;
    *b = kept;
}

enum status agenda_add(struct agenda *agenda, struct agenda_entry *entry, struct error *error)
{
    if (agenda->count == agenda->capacity) {
        uint32_t capacity = agenda->capacity ? 2 * agenda->capacity : CAPACITY_FIRST;
        struct planned *heap = realloc(agenda->heap, capacity * sizeof *heap);
        if (!heap) {
            free(entry);
            return error_set(error, FATAL, "out of memory");
        }
        agenda->heap = heap;
        agenda->capacity = capacity;
    }
    struct planned *heap = agenda->heap;
    uint32_t i = agenda->count++;
    struct fact fact = agenda_fact(entry);
    heap[i] = (struct planned){.entry = entry, .at_ms = fact.at_ms};
    fact_identity(&fact, heap[i].id);
    for (; i > 0 && is_before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2) {
        swap(&heap[i], &heap[(i - 1) / 2]);
    }
    return OK;
}

const struct agenda_entry *agenda_first(const struct agenda *agenda)
{
    return agenda->count > 0 ? agenda->heap[0].entry : NULL;
}

void agenda_drop_first(struct agenda *agenda)
{
    must(agenda->count > 0);
    struct planned *heap = agenda->heap;
    free(heap[0].entry);
    heap[0] = heap[--agenda->count];
    for (uint32_t i = 0;;) {
        uint32_t least = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < agenda->count; child++) {
            least = is_before(&heap[child], &heap[least]) ? child : least;
        }
        if (least == i) {
            return;
        }
        swap(&heap[i], &heap[least]);
        i = least;
    }
}
