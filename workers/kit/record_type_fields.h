/* How a table of fields is written down: one macro for each kind of field.
 *
 * Each macro names the struct and its member, and does not compile where the member has another C
 * type than the kind stands for. The Avro name is the member's; a time's is without its `_ms`.
 * Only the files that hold such tables include this. */
#ifndef SHORTFALL_KIT_RECORD_TYPE_FIELDS_H
#define SHORTFALL_KIT_RECORD_TYPE_FIELDS_H

#include "core/contract.h"
#include "core/trace.h"
#include "kit/record_type.h"

#define COUNT_OF(table) ((uint32_t)(sizeof(table) / sizeof *(table)))

/* The member's offset, if the member is a `ctype`. A C enum without negative values is unsigned. */
// NOLINTBEGIN(bugprone-macro-parentheses): a type and a member take none
#define AT(type, member, ctype) \
    _Generic(((struct type *)NULL)->member, ctype : (uint32_t)offsetof(struct type, member))
// NOLINTEND(bugprone-macro-parentheses)

#define FIELD_INT(type, member)                                                \
    {                                                                          \
        .name = #member, .kind = KIND_INT, .offset = AT(type, member, int32_t) \
    }
#define FIELD_INT_DEFAULT(type, member, json)                                   \
    {                                                                           \
        .name = #member, .kind = KIND_INT, .offset = AT(type, member, int32_t), \
        .default_json = (json)                                                  \
    }
#define FIELD_INT_OPTIONAL(type, member)                     \
    {                                                        \
        .name = #member, .kind = KIND_INT, .optional = true, \
        .offset = AT(type, member, struct optional_int)      \
    }
#define FIELD_LONG(type, member)                                                \
    {                                                                           \
        .name = #member, .kind = KIND_LONG, .offset = AT(type, member, int64_t) \
    }
#define FIELD_LONG_DEFAULT(type, member, json)                                   \
    {                                                                            \
        .name = #member, .kind = KIND_LONG, .offset = AT(type, member, int64_t), \
        .default_json = (json)                                                   \
    }
#define FIELD_LONG_OPTIONAL(type, member)                     \
    {                                                         \
        .name = #member, .kind = KIND_LONG, .optional = true, \
        .offset = AT(type, member, struct optional_long)      \
    }
#define FIELD_TIME(type, stem)                                                                    \
    {                                                                                             \
        .name = #stem, .kind = KIND_LONG, .is_time = true, .offset = AT(type, stem##_ms, int64_t) \
    }
#define FIELD_TIME_OPTIONAL(type, stem)                                      \
    {                                                                        \
        .name = #stem, .kind = KIND_LONG, .is_time = true, .optional = true, \
        .offset = AT(type, stem##_ms, struct optional_long)                  \
    }
#define FIELD_BOOLEAN_DEFAULT(type, member, json)                                \
    {                                                                            \
        .name = #member, .kind = KIND_BOOLEAN, .offset = AT(type, member, bool), \
        .default_json = (json)                                                   \
    }
#define FIELD_ENUM(type, member, symbol_table)                                    \
    {                                                                             \
        .name = #member, .kind = KIND_ENUM, .offset = AT(type, member, unsigned), \
        .symbols = (symbol_table)                                                 \
    }
#define FIELD_ENUM_DEFAULT(type, member, symbol_table, json)                      \
    {                                                                             \
        .name = #member, .kind = KIND_ENUM, .offset = AT(type, member, unsigned), \
        .symbols = (symbol_table), .default_json = (json)                         \
    }
#define FIELD_ENUM_OPTIONAL(type, member, symbol_table)                 \
    {                                                                   \
        .name = #member, .kind = KIND_ENUM, .optional = true,           \
        .offset = AT(type, member, unsigned), .symbols = (symbol_table) \
    }
#define FIELD_TEXT(type, member, limit)                                                \
    {                                                                                  \
        .name = #member, .kind = KIND_STRING, .offset = AT(type, member, struct text), \
        .size_max = (limit)                                                            \
    }
#define FIELD_TEXT_DEFAULT(type, member, limit, json)                                  \
    {                                                                                  \
        .name = #member, .kind = KIND_STRING, .offset = AT(type, member, struct text), \
        .size_max = (limit), .default_json = (json)                                    \
    }
#define FIELD_TEXT_OPTIONAL(type, member, limit)                     \
    {                                                                \
        .name = #member, .kind = KIND_STRING, .optional = true,      \
        .offset = AT(type, member, struct text), .size_max = (limit) \
    }
#define FIELD_BYTES(type, member, limit)                                              \
    {                                                                                 \
        .name = #member, .kind = KIND_BYTES, .offset = AT(type, member, struct text), \
        .size_max = (limit)                                                           \
    }
#define FIELD_BYTES_OPTIONAL(type, member, limit)                    \
    {                                                                \
        .name = #member, .kind = KIND_BYTES, .optional = true,       \
        .offset = AT(type, member, struct text), .size_max = (limit) \
    }
/* `record_struct` is the C struct that `record_table` describes. */
#define FIELD_RECORD_OPTIONAL(type, member, record_struct, record_table)              \
    {                                                                                 \
        .name = #member, .kind = KIND_RECORD, .optional = true,                       \
        .offset = AT(type, member, struct record_struct *), .record = &(record_table) \
    }
#define FIELD_ARRAY(type, member, count_member, limit, record_struct, record_table)              \
    {                                                                                            \
        .name = #member, .kind = KIND_ARRAY, .offset = AT(type, member, struct record_struct *), \
        .count_offset = AT(type, count_member, uint32_t), .count_max = (limit),                  \
        .record = &(record_table)                                                                \
    }

#define FIELD_ARRAY_DEFAULT(type, member, count_member, limit, record_struct, record_table, json) \
    {                                                                                             \
        .name = #member, .kind = KIND_ARRAY, .offset = AT(type, member, struct record_struct *),  \
        .count_offset = AT(type, count_member, uint32_t), .count_max = (limit),                   \
        .record = &(record_table), .default_json = (json)                                         \
    }

/* A nested record has no folder of its own: NULL. */
#define RECORD_TYPE(avro_name, schema_folder, record_struct, field_table)                     \
    {                                                                                         \
        .name = (avro_name), .folder = (schema_folder), .size = sizeof(struct record_struct), \
        .field_count = COUNT_OF(field_table), .fields = (field_table)                         \
    }

/* Symbols that tables of several files use; by C value, NULL at the end. */
extern const char *const symbols_close_reason[];
extern const char *const symbols_choice[];
extern const char *const symbols_instrument[];
extern const char *const symbols_channel[];

#endif
