#include "kit/record_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "kit/base64.h"
#include "kit/buffer.h"
#include "kit/clock.h"
#include "kit/nearest.h"

enum {
    PATH_SIZE = 256,
    SHOWN_SIZE_MAX = 40, /* bytes of a wrong value that a message repeats */
    FIELDS_MAX = 64,
};

/* Where in the JSON a value is; a chain from the inside out, on the stack. */
struct place {
    const struct place *around; /* NULL for the record itself */
    const char *name;           /* of a field; NULL for an item */
    size_t index;               /* of an item */
};

struct reading {
    struct arena *arena;
    struct error *error;
    bool arena_was_empty;
};

static enum status read_record(struct reading *reading, const struct place *place,
                               const struct record_type *type, const json_t *json, void *record);

/* ---- Words ------------------------------------------------------------------------------- */

/* "lines[2].quantity", cut where it is too long. Returns the bytes written. */
static size_t path_write(const struct place *place, char *path, size_t size)
{
    if (!place) {
        path[0] = '\0';
        return 0;
    }
    size_t used = path_write(place->around, path, size);
    int written = place->name
                      ? snprintf(path + used, size - used, "%s%s", used > 0 ? "." : "", place->name)
                      : snprintf(path + used, size - used, "[%zu]", place->index);
    if (written < 0) {
        return used;
    }
    return used + (size_t)written < size ? used + (size_t)written : size - 1;
}

static enum status refuse(struct reading *reading, const struct place *place, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

static enum status refuse(struct reading *reading, const struct place *place, const char *format,
                          ...)
{
    char path[PATH_SIZE];
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    bool has_path = path_write(place, path, sizeof path) > 0;
    return error_set(reading->error, POISON, "%s%s%s", path, has_path ? ": " : "",
                     size < 0 ? "" : words);
}

/* "expected a whole number, got "two"". */
static enum status unexpected(struct reading *reading, const struct place *place,
                              const char *expected, const json_t *json)
{
    char *words = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown = words ? words : "something else";
    int size = (int)strnlen(shown, SHOWN_SIZE_MAX);
    while (size > 0 && ((unsigned char)shown[size] & 0xC0) == 0x80) {
        size--; /* not in the middle of a letter */
    }
    enum status status = refuse(reading, place, "expected %s, got %.*s%s", expected, size, shown,
                                shown[size] ? " ..." : "");
    free(words);
    return status;
}

static enum status no_room(struct reading *reading, const struct place *place)
{
    if (reading->arena_was_empty) {
        return refuse(reading, place, "it takes more memory than a record may");
    }
    return error_set(reading->error, RETRY, "the arena of this step is full");
}

/* ---- Reading ----------------------------------------------------------------------------- */

static enum status read_number(struct reading *reading, const struct place *place,
                               const struct field_type *field, const json_t *json, void *slot)
{
    int64_t value = json_integer_value(json);
    bool is_text = field->is_time && json_is_string(json);
    if (is_text && !time_parse(text_of(json_string_value(json)), &value)) {
        return unexpected(reading, place, "a time as in \"2026-11-11T00:00:00Z\"", json);
    }
    if (!is_text && !json_is_integer(json)) {
        return unexpected(reading, place,
                          field->is_time ? "milliseconds or a time" : "a whole number", json);
    }
    if (field->kind == KIND_LONG) {
        *(int64_t *)slot = value;
    } else if (value < INT32_MIN || value > INT32_MAX) {
        return unexpected(reading, place, "a whole number of 32 bits", json);
    } else {
        *(int32_t *)slot = (int32_t)value;
    }
    if (field->optional) {
        size_t set = field->kind == KIND_LONG ? offsetof(struct optional_long, set)
                                              : offsetof(struct optional_int, set);
        *((bool *)((char *)slot + set)) = true;
    }
    return OK;
}

static enum status read_enum(struct reading *reading, const struct place *place,
                             const struct field_type *field, const json_t *json, unsigned *slot)
{
    const char *symbol = json_string_value(json);
    if (!symbol) {
        return unexpected(reading, place, "a symbol", json);
    }
    size_t count = 0;
    for (; field->symbols[count]; count++) {
        if (strcmp(field->symbols[count], symbol) == 0) {
            *slot = (unsigned)count;
            return OK;
        }
    }
    const char *nearest = nearest_name(text_of(symbol), field->symbols, count);
    if (nearest) {
        return refuse(reading, place, "unknown symbol \"%.64s\"; is it \"%s\"?", symbol, nearest);
    }
    return refuse(reading, place, "unknown symbol \"%.64s\"", symbol);
}

static enum status read_text(struct reading *reading, const struct place *place,
                             const struct field_type *field, const json_t *json, struct text *slot)
{
    if (!json_is_string(json)) {
        return unexpected(reading, place, field->kind == KIND_BYTES ? "base64" : "a text", json);
    }
    size_t size = json_string_length(json);
    if (size > UINT32_MAX - 1) {
        return no_room(reading, place);
    }
    struct text text = {json_string_value(json), (uint32_t)size};
    if (field->kind == KIND_BYTES) {
        char *bytes = arena_take(reading->arena, (size_t)base64_size_max(text.size) + 1);
        if (!bytes) {
            return no_room(reading, place);
        }
        if (!base64_read(text, bytes, &text.size)) {
            return unexpected(reading, place, "base64", json);
        }
        *slot = (struct text){bytes, text.size};
    } else {
        *slot = arena_text(reading->arena, text);
        if (!text_is_set(*slot)) {
            return no_room(reading, place);
        }
    }
    if (field->size_max > 0 && slot->size > field->size_max) {
        return refuse(reading, place, "%u bytes, more than %u", slot->size, field->size_max);
    }
    return OK;
}

static enum status read_array(struct reading *reading, const struct place *place,
                              const struct field_type *field, const json_t *json, char *record)
{
    if (!json_is_array(json)) {
        return unexpected(reading, place, "a list", json);
    }
    size_t count = json_array_size(json);
    if (count > field->count_max) {
        return refuse(reading, place, "%zu items, more than %u", count, field->count_max);
    }
    if (count == 0) {
        return OK;
    }
    char *items = arena_take(reading->arena, count * field->record->size);
    if (!items) {
        return no_room(reading, place);
    }
    memcpy(record + field->offset, &items, sizeof items);
    *(uint32_t *)(void *)(record + field->count_offset) = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        struct place item = {.around = place, .index = i};
        enum status status = read_record(reading, &item, field->record, json_array_get(json, i),
                                         items + i * field->record->size);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status read_nested(struct reading *reading, const struct place *place,
                               const struct field_type *field, const json_t *json, void *slot)
{
    void *record = slot;
    if (field->optional) {
        record = arena_take(reading->arena, field->record->size);
        if (!record) {
            return no_room(reading, place);
        }
        memcpy(slot, &record, sizeof record);
    }
    return read_record(reading, place, field->record, json, record);
}

static enum status read_value(struct reading *reading, const struct place *place,
                              const struct field_type *field, const json_t *json, char *record)
{
    void *slot = record + field->offset;
    if (json_is_null(json)) {
        return field->optional ? OK : refuse(reading, place, "null where a value is required");
    }
    switch (field->kind) {
    case KIND_INT:
    case KIND_LONG:
        return read_number(reading, place, field, json, slot);
    case KIND_BOOLEAN:
        *(bool *)slot = json_is_true(json);
        return json_is_boolean(json) ? OK : unexpected(reading, place, "true or false", json);
    case KIND_ENUM:
        return read_enum(reading, place, field, json, slot);
    case KIND_STRING:
    case KIND_BYTES:
        return read_text(reading, place, field, json, slot);
    case KIND_RECORD:
        return read_nested(reading, place, field, json, slot);
    case KIND_ARRAY:
        return read_array(reading, place, field, json, record);
    }
    return refuse(reading, place, "a field of no kind");
}

static enum status read_left_out(struct reading *reading, const struct place *place,
                                 const struct field_type *field, char *record)
{
    if (field->optional) {
        return OK;
    }
    if (!field->default_json) {
        return refuse(reading, place, "it is missing");
    }
    json_t *json = json_loads(field->default_json, JSON_DECODE_ANY, NULL);
    if (!json) {
        return error_set(reading->error, RETRY, "no memory for a default");
    }
    enum status status = read_value(reading, place, field, json, record);
    json_decref(json);
    return status;
}

/* A field that is none of ours is most likely a slip, so silence would lose what it says. */
static enum status check_names(struct reading *reading, const struct place *place,
                               const struct record_type *type, const json_t *json)
{
    const char *names[FIELDS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < type->field_count && count < FIELDS_MAX; i++) {
        names[count++] = type->fields[i].name;
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value)
    {
        size_t at = 0;
        while (at < type->field_count && strcmp(type->fields[at].name, name) != 0) {
            at++;
        }
        if (at < type->field_count) {
            continue;
        }
        struct place unknown = {.around = place, .name = name};
        const char *nearest = nearest_name(text_of(name), names, count);
        if (nearest) {
            return refuse(reading, &unknown, "unknown field; is it \"%s\"?", nearest);
        }
        return refuse(reading, &unknown, "unknown field of %s", type->name);
    }
    return OK;
}

static enum status read_record(struct reading *reading, const struct place *place,
                               const struct record_type *type, const json_t *json, void *record)
{
    if (!json_is_object(json)) {
        return unexpected(reading, place, "an object", json);
    }
    enum status status = check_names(reading, place, type, json);
    for (uint32_t i = 0; status == OK && i < type->field_count; i++) {
        const struct field_type *field = &type->fields[i];
        const json_t *value = json_object_get(json, field->name);
        struct place inner = {.around = place, .name = field->name};
        status = value ? read_value(reading, &inner, field, value, record)
                       : read_left_out(reading, &inner, field, record);
    }
    return status;
}

enum status record_from_json(const struct record_type *type, const json_t *json,
                             struct arena *arena, void *record, struct error *error)
{
    struct reading reading = {arena, error, arena_used(arena) == 0};
    memset(record, 0, type->size);
    return read_record(&reading, NULL, type, json, record);
}

/* ---- Writing ----------------------------------------------------------------------------- */

static json_t *bytes_to_json(struct text bytes)
{
    struct buffer letters = {0};
    base64_write(bytes, &letters);
    const char *words = letters.data ? (const char *)letters.data : "";
    json_t *json = letters.failed ? NULL : json_stringn(words, letters.size);
    buffer_done(&letters);
    return json;
}

static json_t *array_to_json(const struct field_type *field, const char *record)
{
    const char *items;
    uint32_t count;
    memcpy(&items, record + field->offset, sizeof items);
    memcpy(&count, record + field->count_offset, sizeof count);
    json_t *array = json_array();
    for (uint32_t i = 0; array && i < count; i++) {
        json_t *item = record_to_json(field->record, items + (size_t)i * field->record->size);
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Whether the field is null in the struct, as kit/record_type.h says of each kind. */
static bool is_null(const struct field_type *field, const char *record)
{
    const void *slot = record + field->offset;
    const void *pointer;
    if (!field->optional) {
        return false;
    }
    switch (field->kind) {
    case KIND_INT:
        return !((const struct optional_int *)slot)->set;
    case KIND_LONG:
        return !((const struct optional_long *)slot)->set;
    case KIND_ENUM:
        return *(const unsigned *)slot == 0;
    case KIND_STRING:
    case KIND_BYTES:
        return !text_is_set(*(const struct text *)slot);
    case KIND_RECORD:
        memcpy(&pointer, slot, sizeof pointer);
        return !pointer;
    case KIND_BOOLEAN:
    case KIND_ARRAY:
        return false;
    }
    return false;
}

static json_t *text_to_json(struct text text)
{
    return json_stringn(text.data ? text.data : "", text.data ? text.size : 0);
}

static json_t *enum_to_json(const struct field_type *field, unsigned value)
{
    unsigned known = 0;
    while (known < value && field->symbols[known]) {
        known++;
    }
    return json_string(field->symbols[known] ? field->symbols[known] : field->symbols[0]);
}

static json_t *value_to_json(const struct field_type *field, const char *record)
{
    const void *slot = record + field->offset;
    const char *nested = slot;
    switch (field->kind) {
    case KIND_INT:
        return json_integer(*(const int32_t *)slot);
    case KIND_LONG:
        return json_integer(*(const int64_t *)slot);
    case KIND_BOOLEAN:
        return json_boolean(*(const bool *)slot);
    case KIND_ENUM:
        return enum_to_json(field, *(const unsigned *)slot);
    case KIND_STRING:
        return text_to_json(*(const struct text *)slot);
    case KIND_BYTES:
        return bytes_to_json(*(const struct text *)slot);
    case KIND_RECORD:
        if (field->optional) {
            memcpy(&nested, slot, sizeof nested);
        }
        return record_to_json(field->record, nested);
    case KIND_ARRAY:
        return array_to_json(field, record);
    }
    return NULL;
}

json_t *record_to_json(const struct record_type *type, const void *record)
{
    json_t *object = json_object();
    for (uint32_t i = 0; object && i < type->field_count; i++) {
        const struct field_type *field = &type->fields[i];
        if (is_null(field, record)) {
            continue;
        }
        if (json_object_set_new(object, field->name, value_to_json(field, record)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}
