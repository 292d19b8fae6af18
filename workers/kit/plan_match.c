#include "kit/plan_match.h"

#include <string.h>

int32_t match_symbol(const struct field_type *field, const char *symbol)
{
    for (int32_t value = 0; field->symbols[value]; value++) {
        if (strcmp(field->symbols[value], symbol) == 0) {
            return value;
        }
    }
    return -1;
}

const struct schema_node *match_branch(const struct schema_node *node,
                                       const struct field_type *field)
{
    if (node->kind == SCHEMA_UNION) {
        for (uint32_t i = 0; i < node->branch_count; i++) {
            if (match_branch(node->branches[i], field)) {
                return node->branches[i];
            }
        }
        return NULL;
    }
    bool fits = false;
    switch (field->kind) {
    case KIND_INT:
        fits = node->kind == SCHEMA_INT;
        break;
    case KIND_LONG:
        fits = node->kind == SCHEMA_INT || node->kind == SCHEMA_LONG;
        break;
    case KIND_BOOLEAN:
        fits = node->kind == SCHEMA_BOOLEAN;
        break;
    case KIND_ENUM:
        fits = node->kind == SCHEMA_ENUM;
        break;
    case KIND_STRING:
    case KIND_BYTES:
        fits = node->kind == SCHEMA_STRING || node->kind == SCHEMA_BYTES;
        break;
    case KIND_RECORD:
        fits = node->kind == SCHEMA_RECORD &&
               strcmp(schema_short_name(node->name), field->record->name) == 0;
        break;
    case KIND_ARRAY:
        fits = node->kind == SCHEMA_ARRAY;
        break;
    }
    return fits ? node : NULL;
}

const struct field_type *match_field(const struct record_type *type,
                                     const struct schema_node *reader,
                                     const struct schema_node *writer, const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return &type->fields[i];
        }
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct schema_field *declared = schema_field_find(reader, type->fields[i].name);
        if (!declared || schema_field_find(writer, type->fields[i].name)) {
            continue;
        }
        for (const char *const *alias = declared->aliases; *alias; alias++) {
            /* The first alias that the writer has, so that two never fill one field. */
            if (schema_field_find(writer, *alias)) {
                if (strcmp(*alias, name) == 0) {
                    return &type->fields[i];
                }
                break;
            }
        }
    }
    return NULL;
}
