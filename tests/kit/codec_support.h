/* What the tests of the codec share: bytes as hex, and structs filled by their table. */
#ifndef SHORTFALL_TESTS_KIT_CODEC_SUPPORT_H
#define SHORTFALL_TESTS_KIT_CODEC_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/record_json.h"
#include "kit/record_type.h"

#define ROW_COUNT(table) (sizeof(table) / sizeof *(table))

static inline uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/* "c3 01 0a": spaces are for the reader. In the arena, without a byte to spare behind it. */
static inline struct text hex_bytes(struct arena *arena, const char *hex)
{
    char *bytes = arena_take(arena, strlen(hex) / 2);
    uint32_t size = 0;
    for (; *hex; hex++) {
        if (*hex != ' ') {
            bytes[size++] = (char)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
            hex++;
        }
    }
    return (struct text){bytes, size};
}

static inline const char *hex_of(struct arena *arena, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    char *hex = arena_take(arena, 2 * size + 1);
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", at[i]);
    }
    return hex;
}

/* A record as one line of JSON; in the arena. */
static inline const char *json_of(struct arena *arena, const struct record_type *type,
                                  const void *record)
{
    json_t *json = record_to_json(type, record);
    char *words = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *copy = words ? arena_text(arena, text_of(words)).data : NULL;
    free(words);
    json_decref(json);
    return copy;
}

/* Sets every field there is, each to another value: `seed` counts them. */
static inline void fill_record(struct arena *arena, const struct record_type *type, void *record,
                               uint32_t *seed)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct field_type *field = &type->fields[i];
        char *slot = (char *)record + field->offset;
        uint32_t symbols = 0;
        uint32_t n = ++*seed;
        switch (field->kind) {
        case KIND_INT:
            *(int32_t *)(void *)slot = n % 2 ? (int32_t)(n * 7919) : -(int32_t)n;
            if (field->optional) {
                ((struct optional_int *)(void *)slot)->set = true;
            }
            break;
        case KIND_LONG:
            *(int64_t *)(void *)slot = n % 2 ? INT64_MAX - n : -(int64_t)n * 1000003;
            if (field->optional) {
                ((struct optional_long *)(void *)slot)->set = true;
            }
            break;
        case KIND_BOOLEAN:
            *(bool *)slot = true;
            break;
        case KIND_ENUM:
            while (field->symbols[symbols]) {
                symbols++;
            }
            *(unsigned *)(void *)slot = 1 + n % (symbols - 1);
            break;
        case KIND_STRING:
            *(struct text *)(void *)slot =
                arena_format(arena, "%s-%u \xe7\xbc\xba", field->name, n);
            break;
        case KIND_BYTES:
            *(struct text *)(void *)slot = arena_format(arena, "\xff\xc3%c%u", 0, n);
            break;
        case KIND_RECORD:
            if (field->optional) {
                void *nested = arena_take(arena, field->record->size);
                memcpy(slot, &nested, sizeof nested);
                slot = nested;
            }
            fill_record(arena, field->record, slot, seed);
            break;
        case KIND_ARRAY: {
            uint32_t count = 3;
            char *items = arena_take(arena, (size_t)count * field->record->size);
            memcpy(slot, &items, sizeof items);
            memcpy((char *)record + field->count_offset, &count, sizeof count);
            for (uint32_t item = 0; item < count; item++) {
                fill_record(arena, field->record, items + item * field->record->size, seed);
            }
            break;
        }
        }
    }
}

#endif
