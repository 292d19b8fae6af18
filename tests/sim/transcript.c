#include "transcript.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/arena.h"
#include "outside.h"

enum { ARENA_BYTES = 256 << 20 };

static struct told_list lists[TOPIC_COUNT];
static struct arena *arena;

struct text transcript_header(const struct record *record, const char *name)
{
    for (uint32_t i = 0; i < record->header_count; i++) {
        if (strcmp(record->headers[i].name, name) == 0) {
            return record->headers[i].value;
        }
    }
    return (struct text){0};
}

static void *decode(enum topic topic, const struct record *record)
{
    const struct record_type *type = topic_info(topic)->type;
    struct error error;
    if (!type || !record->value.data) {
        return NULL;
    }
    void *body = arena_take(arena, type->size);
    must(body);
    return codec_decode(outside_codec(), type, record->value, arena, body, &error) == OK ? body
                                                                                         : NULL;
}

static void read_log(struct told_list *list, const struct log *log)
{
    for (int64_t i = 0; i < log->stable; i++) {
        const struct record *record = &log->records[i];
        if (record->marker || record->fate == FATE_ABORTED || record->lost) {
            continue;
        }
        list->items[list->count++] = (struct told){.record = record,
                                                   .partition = log->partition,
                                                   .id = transcript_header(record, "ce_id"),
                                                   .body = decode(log->topic, record)};
    }
}

void transcript_read(void)
{
    if (!arena) {
        arena = arena_new(ARENA_BYTES);
        must(arena);
    }
    arena_reset(arena);
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        size_t most = 1;
        for (int32_t p = 0; p < PARTITIONS; p++) {
            most += (size_t)broker_log((enum topic)topic, p)->count;
        }
        free(lists[topic].items);
        lists[topic] = (struct told_list){calloc(most, sizeof(struct told)), 0};
        must(lists[topic].items);
        for (int32_t p = 0; p < PARTITIONS; p++) {
            read_log(&lists[topic], broker_log((enum topic)topic, p));
        }
    }
}

const struct told_list *transcript_of(enum topic topic)
{
    return &lists[topic];
}
