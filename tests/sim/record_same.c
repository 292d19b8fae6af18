#include "record_same.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "core/must.h"
#include "kit/record_json.h"

static const char *at(const void *record, uint32_t offset)
{
    return (const char *)record + offset;
}

static bool same_text(struct text a, struct text b, bool optional)
{
    return text_equal(a, b) && (!optional || text_is_set(a) == text_is_set(b));
}

static bool same_long(const void *a, const void *b, bool optional)
{
    const struct optional_long *x = a;
    const struct optional_long *y = b;
    if (!optional) {
        return *(const int64_t *)a == *(const int64_t *)b;
    }
    return x->set == y->set && (!x->set || x->value == y->value);
}

static bool same_int(const void *a, const void *b, bool optional)
{
    const struct optional_int *x = a;
    const struct optional_int *y = b;
    if (!optional) {
        return *(const int32_t *)a == *(const int32_t *)b;
    }
    return x->set == y->set && (!x->set || x->value == y->value);
}

static bool same_items(const struct field_type *field, const void *a, const void *b)
{
    uint32_t count;
    const char *items_a;
    const char *items_b;
    if (memcmp(at(a, field->count_offset), at(b, field->count_offset), sizeof count) != 0) {
        return false;
    }
    memcpy(&count, at(a, field->count_offset), sizeof count);
    memcpy(&items_a, at(a, field->offset), sizeof items_a);
    memcpy(&items_b, at(b, field->offset), sizeof items_b);
    for (uint32_t i = 0; i < count; i++) {
        if (!record_same(field->record, items_a + (size_t)i * field->record->size,
                         items_b + (size_t)i * field->record->size)) {
            return false;
        }
    }
    return true;
}

static bool same_inner(const struct field_type *field, const char *a, const char *b)
{
    if (field->optional) {
        memcpy(&a, a, sizeof a);
        memcpy(&b, b, sizeof b);
    }
    return a && b ? record_same(field->record, a, b) : a == b;
}

static bool same_field(const struct field_type *field, const void *a, const void *b)
{
    const char *x = at(a, field->offset);
    const char *y = at(b, field->offset);
    switch (field->kind) {
    case KIND_INT:
        return same_int(x, y, field->optional);
    case KIND_LONG:
        return same_long(x, y, field->optional);
    case KIND_BOOLEAN:
        return *(const bool *)x == *(const bool *)y;
    case KIND_ENUM:
        return *(const unsigned *)x == *(const unsigned *)y;
    case KIND_STRING:
    case KIND_BYTES:
        return same_text(*(const struct text *)x, *(const struct text *)y, field->optional);
    case KIND_RECORD:
        return same_inner(field, x, y);
    case KIND_ARRAY:
        return same_items(field, a, b);
    }
    must(!"a kind that we know");
    return false;
}

bool record_same(const struct record_type *type, const void *a, const void *b)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!same_field(&type->fields[i], a, b)) {
            return false;
        }
    }
    return true;
}

void record_words(const struct record_type *type, const void *record, char *ret_words, size_t size)
{
    json_t *json = record_to_json(type, record);
    char *words = json ? json_dumps(json, JSON_COMPACT) : NULL;
    (void)snprintf(ret_words, size, "%s %s", type->name, words ? words : "");
    free(words);
    json_decref(json);
}
