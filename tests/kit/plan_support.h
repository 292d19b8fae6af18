/* A record small enough to test one kind of value at a time: a `value` of that kind, and behind it
 * a `tail`, which comes out wrong if the value takes a byte too many or too few. */
#ifndef SHORTFALL_TESTS_KIT_PLAN_SUPPORT_H
#define SHORTFALL_TESTS_KIT_PLAN_SUPPORT_H

#include "codec_support.h"
#include "kit/encoder.h"
#include "kit/plan.h"
#include "kit/schema.h"

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FIELD_WITH(name, type, more) "{\"name\":\"" name "\",\"type\":" type "," more "}"
#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"
#define MAP(values) "{\"type\":\"map\",\"values\":" values "}"
#define ENUM(name, symbols) "{\"type\":\"enum\",\"name\":\"" name "\",\"symbols\":[" symbols "]}"
#define FIXED(name, size) "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" size "}"
#define TIME "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define TAIL FIELD("tail", "\"int\"")
#define BOX(value_type) RECORD("Box", FIELD("value", value_type) "," TAIL)

/* As readers see them. */
#define COLOR                                                                           \
    "{\"type\":\"enum\",\"name\":\"Color\",\"symbols\":[\"UNKNOWN\",\"RED\",\"BLUE\"]," \
    "\"default\":\"UNKNOWN\"}"
#define PAIR RECORD("Pair", FIELD("left", "\"long\"") "," FIELD("right", "\"string\""))

struct pair {
    int64_t left;
    struct text right;
};

struct box {
    int32_t an_int;
    struct optional_int an_optional_int;
    int64_t a_long;
    struct optional_long an_optional_long;
    bool a_boolean;
    unsigned an_enum;
    struct text a_text;
    struct pair a_record;
    struct pair *an_optional_record;
    struct pair *an_array;
    uint32_t an_array_count;
    int32_t tail;
};

static const char *const colors[] = {"UNKNOWN", "RED", "BLUE", NULL};

static const struct field_type pair_fields[] = {
    {.name = "left", .kind = KIND_LONG, .offset = offsetof(struct pair, left)},
    {.name = "right", .kind = KIND_STRING, .offset = offsetof(struct pair, right)},
};
static const struct record_type pair_type = {"Pair", NULL, sizeof(struct pair), 2, pair_fields};

/* Shrinks the record of one kind of value to a name: BOX_OF(int_box, KIND_INT, an_int, …). */
#define BOX_OF(box_name, value_kind, member, ...)                                    \
    static const struct field_type box_name##_fields[] = {                           \
        {.name = "value",                                                            \
         .kind = value_kind,                                                         \
         .offset = offsetof(struct box, member),                                     \
         __VA_ARGS__},                                                               \
        {.name = "tail", .kind = KIND_INT, .offset = offsetof(struct box, tail)},    \
    };                                                                               \
    static const struct record_type box_name = {"Box", "box", sizeof(struct box), 2, \
                                                box_name##_fields}

BOX_OF(int_box, KIND_INT, an_int, .optional = false);
BOX_OF(maybe_int_box, KIND_INT, an_optional_int, .optional = true);
BOX_OF(long_box, KIND_LONG, a_long, .optional = false);
BOX_OF(maybe_long_box, KIND_LONG, an_optional_long, .optional = true);
BOX_OF(time_box, KIND_LONG, a_long, .is_time = true);
BOX_OF(boolean_box, KIND_BOOLEAN, a_boolean, .optional = false);
BOX_OF(enum_box, KIND_ENUM, an_enum, .symbols = colors);
BOX_OF(maybe_enum_box, KIND_ENUM, an_enum, .optional = true, .symbols = colors);
BOX_OF(string_box, KIND_STRING, a_text, .size_max = 8);
BOX_OF(maybe_string_box, KIND_STRING, a_text, .optional = true, .size_max = 8);
BOX_OF(bytes_box, KIND_BYTES, a_text, .size_max = 0);
BOX_OF(record_box, KIND_RECORD, a_record, .record = &pair_type);
BOX_OF(maybe_record_box, KIND_RECORD, an_optional_record, .optional = true, .record = &pair_type);
BOX_OF(array_box, KIND_ARRAY, an_array, .count_offset = offsetof(struct box, an_array_count),
       .count_max = 4, .record = &pair_type);

/* A schema of a test, which has to be valid. */
static inline const struct schema *schema_of(struct arena *arena, const char *json)
{
    const struct schema *schema = NULL;
    struct error error = {""};
    if (schema_parse(text_of(json), 32, arena, &schema, &error) != OK) {
        fail_msg("%s: %s", json, error.text);
    }
    return schema;
}

/* Reads bytes of one schema as another one's record. *ret_json is the record, or what is wrong. */
static inline enum status read_as(struct arena *arena, const struct record_type *type,
                                  const char *reader, const char *writer, const char *hex,
                                  const char **ret_json)
{
    static struct error error;
    const struct plan *plan = NULL;
    enum status status = plan_new(type, schema_of(arena, reader), schema_of(arena, writer), 32,
                                  arena, &plan, &error);
    *ret_json = error.text;
    if (status != OK) {
        return status;
    }
    struct arena *step = arena_new(1 << 20);
    void *record = arena_take(arena, type->size);
    status = plan_run(plan, hex_bytes(arena, hex), step, record, &error);
    if (status == OK) {
        *ret_json = json_of(arena, type, record);
    }
    arena_free(step);
    return status;
}

/* Every row of these tables: what is read, and what comes of it. */
struct reading_row {
    const struct record_type *type;
    const char *reader;
    const char *writer;
    const char *hex;
    const char *json;    /* NULL: it is refused, */
    const char *refusal; /* with these words */
};

static inline void check_readings(struct arena *arena, const struct reading_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got;
        enum status status =
            read_as(arena, rows[i].type, rows[i].reader, rows[i].writer, rows[i].hex, &got);
        enum status wanted = rows[i].json ? OK : POISON;
        const char *words = rows[i].json ? rows[i].json : rows[i].refusal;
        if (status != wanted || strcmp(got, words) != 0) {
            fail_msg("row %zu: %s as %s: wanted %s %s, got %s %s", i, rows[i].writer,
                     rows[i].reader, status_name(wanted), words, status_name(status), got);
        }
    }
}

#endif
