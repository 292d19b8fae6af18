#include "kit/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "kit/clock.h"

enum { OUTBOX_FIRST_CAPACITY = 16 };

enum status outbox_init(struct outbox *outbox, struct codec *codec, const char *source,
                        size_t arena_limit, struct error *error)
{
    *outbox = (struct outbox){.codec = codec, .source = source, .arena = arena_new(arena_limit)};
    outbox->items = calloc(OUTBOX_FIRST_CAPACITY, sizeof *outbox->items);
    outbox->capacity = OUTBOX_FIRST_CAPACITY;
    if (!outbox->arena || !outbox->items) {
        outbox_done(outbox);
        return error_set(error, FATAL, "outbox: out of memory");
    }
    return OK;
}

void outbox_done(struct outbox *outbox)
{
    arena_free(outbox->arena);
    buffer_done(&outbox->scratch);
    free(outbox->items);
    *outbox = (struct outbox){0};
}

void outbox_clear(struct outbox *outbox)
{
    outbox->count = 0;
    arena_reset(outbox->arena);
}

static struct outgoing *slot(struct outbox *outbox)
{
    if (outbox->count == outbox->capacity) {
        struct outgoing *items =
            realloc(outbox->items, 2 * outbox->capacity * sizeof *outbox->items);
        if (!items) {
            return NULL;
        }
        outbox->items = items;
        outbox->capacity *= 2;
    }
    struct outgoing *item = &outbox->items[outbox->count];
    *item = (struct outgoing){0};
    return item;
}

enum status outbox_add_bytes(struct outbox *outbox, enum topic topic, int32_t partition,
                             struct text key, struct text value, struct outgoing **ret_item,
                             struct error *error)
{
    struct outgoing *item = slot(outbox);
    struct text key_copy = {0};
    struct text value_copy = {0};
    if (item && text_is_set(key)) {
        key_copy = arena_text(outbox->arena, key);
    }
    if (item && text_is_set(value)) {
        value_copy = arena_text(outbox->arena, value);
    }
    if (!item || text_is_set(key) != text_is_set(key_copy) ||
        text_is_set(value) != text_is_set(value_copy)) {
        return error_set(error, RETRY, "%s: the step's outbox is full", topic_info(topic)->name);
    }
    item->topic = topic;
    item->partition = partition;
    item->key = key_copy;
    item->value = value_copy;
    outbox->count++;
    if (ret_item) {
        *ret_item = item;
    }
    return OK;
}

static void header_add(struct outgoing *item, const char *name, struct text value)
{
    if (text_is_set(value) && item->header_count < OUTGOING_HEADERS_MAX) {
        item->headers[item->header_count++] = (struct header){name, value};
    }
}

enum status outbox_add(struct outbox *outbox, enum topic topic, int32_t partition, struct text key,
                       const struct record_type *type, const void *record, struct text id,
                       int64_t at_ms, struct error *error)
{
    buffer_clear(&outbox->scratch);
    enum status status = codec_encode(outbox->codec, type, record, &outbox->scratch, error);
    if (status != OK) {
        return error_prefix(error, status, "%s: ", topic_info(topic)->name);
    }
    struct text value = {(const char *)outbox->scratch.data, (uint32_t)outbox->scratch.size};
    struct outgoing *item;
    status = outbox_add_bytes(outbox, topic, partition, key, value, &item, error);
    if (status != OK) {
        return status;
    }
    char time[TIME_TEXT_SIZE];
    time_format(at_ms, time);
    struct text time_copy = arena_text(outbox->arena, text_of(time));
    struct text id_copy = text_is_set(id) ? arena_text(outbox->arena, id) : (struct text){0};
    if (!text_is_set(time_copy) || text_is_set(id) != text_is_set(id_copy)) {
        outbox->count--;
        return error_set(error, RETRY, "%s: the step's outbox is full", topic_info(topic)->name);
    }
    header_add(item, "ce_specversion", TEXT("1.0"));
    header_add(item, "ce_id", id_copy);
    header_add(item, "ce_source", text_of(outbox->source));
    header_add(item, "ce_type", text_of(type->name));
    header_add(item, "ce_time", time_copy);
    header_add(item, "content-type", TEXT("application/avro"));
    return OK;
}
