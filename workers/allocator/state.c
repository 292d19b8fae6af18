#include "allocator/state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"

enum { KEY_SIZE_MAX = 2 * ID_SIZE_MAX + 64 };

/* ---- the record ------------------------------------------------------------------------------ */

#define COUNT_OF(table) ((uint32_t)(sizeof(table) / sizeof *(table)))
#define TYPE_OF(avro_name, avro_folder, type, table)                               \
    {                                                                              \
        .name = (avro_name), .folder = (avro_folder), .size = sizeof(struct type), \
        .field_count = COUNT_OF(table), .fields = (table)                          \
    }
#define FIELD(avro_name, avro_kind, is_optional, type, member)               \
    {                                                                        \
        .name = (avro_name), .kind = (avro_kind), .optional = (is_optional), \
        .offset = (uint32_t)offsetof(struct type, member)                    \
    }
#define INT_FIELD(type, member) FIELD(#member, KIND_INT, false, type, member) /* enums too */
#define LONG_FIELD(name, type, member) FIELD(name, KIND_LONG, false, type, member)
#define LONG_OPTIONAL(name, type, member) FIELD(name, KIND_LONG, true, type, member)
#define TEXT_FIELD(type, member) FIELD(#member, KIND_STRING, true, type, member)
#define BYTES_FIELD(type, member) FIELD(#member, KIND_BYTES, true, type, member)
#define ARRAY_FIELD(type, member, counter, limit, item)                                         \
    {                                                                                           \
        .name = #member, .kind = KIND_ARRAY, .offset = (uint32_t)offsetof(struct type, member), \
        .count_offset = (uint32_t)offsetof(struct type, counter), .count_max = (limit),         \
        .record = &(item)                                                                       \
    }

static const struct field_type restock_fields[] = {
    LONG_FIELD("expected_at", restock, expected_at_ms),
    LONG_FIELD("quantity", restock, quantity),
};
static const struct record_type type_restock =
    TYPE_OF("BookRestock", NULL, restock, restock_fields);

static const struct field_type level_fields[] = {
    TEXT_FIELD(book_level, warehouse_id),
    LONG_FIELD("on_hand", book_level, on_hand),
    LONG_FIELD("safety_stock", book_level, safety_stock),
    LONG_FIELD("version", book_level, version),
    LONG_FIELD("counted_at", book_level, counted_at_ms),
    LONG_FIELD("counted_out", book_level, counted_out_ms),
    ARRAY_FIELD(book_level, restocks, restock_count, RESTOCKS_MAX, type_restock),
};
static const struct record_type type_level = TYPE_OF("BookLevel", NULL, book_level, level_fields);

static const struct field_type line_fields[] = {
    TEXT_FIELD(book_line, sku),
    LONG_FIELD("revision", book_line, revision),
    TEXT_FIELD(book_line, order_id),
    INT_FIELD(book_line, line_no),
    LONG_FIELD("quantity", book_line, quantity),
    LONG_FIELD("paid_at", book_line, paid_at_ms),
    BYTES_FIELD(book_line, order_facts),
};
static const struct record_type type_line = TYPE_OF("BookLine", NULL, book_line, line_fields);

static const struct field_type run_fields[] = {
    INT_FIELD(book_run, count),
    INT_FIELD(book_run, status),
    INT_FIELD(book_run, episode),
    INT_FIELD(book_run, cause),
    LONG_FIELD("reported_at", book_run, reported_at_ms),
    INT_FIELD(book_run, reason),
    LONG_FIELD("closed_log", book_run, closed_log_ms),
};
static const struct record_type type_run = TYPE_OF("BookRun", NULL, book_run, run_fields);

static const struct field_type shipment_fields[] = {
    LONG_FIELD("closed_at", book_shipment, closed_at_ms),
    LONG_FIELD("quantity", book_shipment, quantity),
};
static const struct record_type type_shipment =
    TYPE_OF("BookShipment", NULL, book_shipment, shipment_fields);

static const struct field_type memory_fields[] = {
    TEXT_FIELD(book_memory, sku),
    LONG_FIELD("fingerprint", book_memory, fingerprint),
    INT_FIELD(book_memory, kind),
    LONG_FIELD("paid_at", book_memory, paid_at_ms),
    LONG_FIELD("closed_log", book_memory, closed_log_ms),
};
static const struct record_type type_memory =
    TYPE_OF("BookMemory", NULL, book_memory, memory_fields);

static const struct field_type entry_fields[] = {
    INT_FIELD(book_entry, kind),
    TEXT_FIELD(book_entry, sku),
    TEXT_FIELD(book_entry, warehouse_id),
    LONG_FIELD("number", book_entry, number),
    INT_FIELD(book_entry, rules),
    LONG_FIELD("log_time", book_entry, log_ms),
    LONG_FIELD("place", book_entry, place),
    ARRAY_FIELD(book_entry, levels, level_count, BOOK_WAREHOUSES_MAX, type_level),
    INT_FIELD(book_entry, listing_told),
    LONG_FIELD("listing_told_quantity", book_entry, listing_told_quantity),
    LONG_OPTIONAL("reported_at", book_entry, reported_at_ms),
    LONG_OPTIONAL("forgotten_paid_at", book_entry, forgotten_paid_at_ms),
    ARRAY_FIELD(book_entry, lines, line_count, BOOK_CHUNK_LINES, type_line),
    ARRAY_FIELD(book_entry, runs, run_count, BOOK_CHUNK_LINES, type_run),
    ARRAY_FIELD(book_entry, shipments, shipment_count, BOOK_CHUNK_LINES, type_shipment),
    ARRAY_FIELD(book_entry, memories, memory_count, BOOK_CHUNK_LINES, type_memory),
};
const struct record_type type_allocator_state =
    TYPE_OF("AllocatorState", "allocator-state", book_entry, entry_fields);

/* ---- the key --------------------------------------------------------------------------------- */

static const char *const kind_words[] = {
    [BOOK_ENTRY_BOOK] = "book",       [BOOK_ENTRY_HEAD] = "head",
    [BOOK_ENTRY_LINES] = "lines",     [BOOK_ENTRY_STATUS] = "status",
    [BOOK_ENTRY_SHIPPED] = "shipped", [BOOK_ENTRY_CLOSED] = "closed",
};

static struct text key_write(const struct book_entry *entry, char key[KEY_SIZE_MAX])
{
    must(entry->kind > BOOK_ENTRY_UNKNOWN && entry->kind < COUNT_OF(kind_words));
    int written =
        snprintf(key, KEY_SIZE_MAX, "%s/%" PRId64 "/%u/%.*s/%.*s", kind_words[entry->kind],
                 entry->number, entry->warehouse_id.size, (int)entry->warehouse_id.size,
                 entry->warehouse_id.size ? entry->warehouse_id.data : "", (int)entry->sku.size,
                 entry->sku.size ? entry->sku.data : "");
    must(written > 0 && written < KEY_SIZE_MAX);
    return (struct text){key, (uint32_t)written};
}

static bool key_read(struct text key, struct book_entry *ret_entry)
{
    char copy[KEY_SIZE_MAX];
    char word[16];
    int64_t number;
    uint32_t warehouse_size;
    int at = 0;
    if (!text_is_set(key) || key.size >= sizeof copy) {
        return false;
    }
    memcpy(copy, key.data, key.size);
    copy[key.size] = '\0';
    if (sscanf(copy, "%15[a-z]/%" SCNd64 "/%u/%n", word, &number, &warehouse_size, &at) != 3 ||
        at == 0 || (uint32_t)at + warehouse_size + 1 > key.size) {
        return false;
    }
    for (uint32_t kind = 1; kind < COUNT_OF(kind_words); kind++) {
        if (strcmp(word, kind_words[kind]) == 0) {
            uint32_t sku_at = (uint32_t)at + warehouse_size + 1;
            ret_entry->kind = (enum book_entry_kind)kind;
            ret_entry->number = number;
            ret_entry->warehouse_id = (struct text){key.data + at, warehouse_size};
            ret_entry->sku = (struct text){key.data + sku_at, key.size - sku_at};
            return true;
        }
    }
    return false;
}

/* ---- public ---------------------------------------------------------------------------------- */

enum status allocator_state_add(struct outbox *outbox, int32_t partition,
                                const struct book_entry *entry, struct error *error)
{
    char key_bytes[KEY_SIZE_MAX];
    struct text key = key_write(entry, key_bytes);
    struct text value = {0};
    if (!entry->removed) {
        buffer_clear(&outbox->scratch);
        enum status status =
            codec_encode(outbox->codec, &type_allocator_state, entry, &outbox->scratch, error);
        if (status == OK && outbox->scratch.failed) {
            status = error_set(error, FATAL, "out of memory");
        }
        if (status != OK) {
            return status;
        }
        value = (struct text){(const char *)outbox->scratch.data, (uint32_t)outbox->scratch.size};
    }
    return outbox_add_bytes(outbox, TOPIC_ALLOCATOR_STATE, partition, key, value, NULL, error);
}

enum status allocator_state_read(struct codec *codec, const struct message *message,
                                 struct arena *arena, struct book_entry *ret_entry,
                                 struct error *error)
{
    *ret_entry = (struct book_entry){0};
    if (text_is_set(message->value)) {
        return codec_decode(codec, &type_allocator_state, message->value, arena, ret_entry, error);
    }
    ret_entry->removed = true;
    return key_read(message->key, ret_entry)
               ? OK
               : error_set(error, POISON, "a tombstone whose key is none of ours");
}

bool allocator_state_is_book(struct text key)
{
    struct book_entry entry;
    return key_read(key, &entry) && entry.kind == BOOK_ENTRY_BOOK;
}

static enum status load_status(const struct book *book, enum book_load loaded, struct error *error)
{
    switch (loaded) {
    case BOOK_LOADED:
        return OK;
    case BOOK_LOAD_NO_MEMORY:
        return error_set(error, FATAL, "memory.limit.mb is too small for the state");
    case BOOK_LOAD_NEW_RULES:
        return error_set(error, FATAL,
                         "allocator-state was kept under allocation rules %d, this version knows "
                         "%d: upgrade",
                         book_rules(book), BOOK_RULES_NEWEST);
    case BOOK_LOAD_BROKEN:
        break;
    }
    return error_set(error, FATAL, "allocator-state is not a state that a book gave");
}

enum status allocator_state_load(struct book *book, const struct book_entry *entry,
                                 struct error *error)
{
    return load_status(book, book_load_entry(book, entry), error);
}

enum status allocator_state_load_end(struct book *book, struct error *error)
{
    return load_status(book, book_load_end(book), error);
}
