/* Any bytes as a record: they are refused, or the record that they are can be written and read.
 *
 * The first byte chooses the writer: a version of a record of ours, or one of the foreign schemas
 * below; the rest is what it wrote. What is read is written again, read again, and is then the same
 * bytes; and what a person is shown of it can be shown. */
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "fuzz/fuzz.h"
#include "kit/encoder.h"
#include "kit/plan.h"
#include "kit/schema_json.h"

enum { WRITERS_MAX = 128, RECORD_SIZE_MAX = 4096, STEP_MEMORY = 4 << 20 };

/* Everything that no version of ours has: other orders and types, unions on the writer's side, and
 * fields to be skipped of every kind. */
static const char *const foreign[] = {
    "{\"type\":\"record\",\"name\":\"OrderPaid\",\"fields\":["
    "{\"name\":\"tags\",\"type\":{\"type\":\"map\",\"values\":[\"null\",\"double\","
    "{\"type\":\"array\",\"items\":\"null\"}]}},"
    "{\"name\":\"list\",\"type\":{\"type\":\"record\",\"name\":\"L\",\"fields\":["
    "{\"name\":\"next\",\"type\":[\"null\",\"L\"]},{\"name\":\"id\",\"type\":{\"type\":\"fixed\","
    "\"name\":\"F\",\"size\":3}}]}},"
    "{\"name\":\"lines\",\"type\":[{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"OrderLine\",\"fields\":[{\"name\":\"sku\",\"type\":\"bytes\"},"
    "{\"name\":\"paid_minor\",\"type\":[\"int\",\"long\"]},{\"name\":\"f\",\"type\":\"float\"},"
    "{\"name\":\"line_no\",\"type\":\"int\"},{\"name\":\"title\",\"type\":[\"string\",\"null\","
    "\"bytes\"]},{\"name\":\"quantity\",\"type\":\"int\"}]}},\"string\"]},"
    "{\"name\":\"channel\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"Channel\","
    "\"symbols\":[\"KIOSK\",\"APP\"]}]},"
    "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"marketplace\",\"type\":\"string\"},"
    "{\"name\":\"seller_id\",\"type\":\"string\"},{\"name\":\"currency\",\"type\":\"bytes\"},"
    "{\"name\":\"ship_by\",\"type\":[\"string\",\"int\",\"null\"]},"
    "{\"name\":\"paid_at\",\"type\":\"int\"}]}",
    "{\"type\":\"record\",\"name\":\"StockLevel\",\"fields\":["
    "{\"name\":\"restocks\",\"type\":[\"null\",{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"Restock\",\"fields\":[{\"name\":\"quantity\",\"type\":\"int\"},"
    "{\"name\":\"expected_at\",\"type\":\"long\"}]}}]},"
    "{\"name\":\"restock\",\"type\":\"Restock\"},"
    "{\"name\":\"sku\",\"type\":\"string\"},{\"name\":\"warehouse_id\",\"type\":\"string\"},"
    "{\"name\":\"on_hand\",\"type\":\"int\"},{\"name\":\"version\",\"type\":\"long\"},"
    "{\"name\":\"counted_at\",\"type\":\"long\"}]}",
};

struct writer {
    const struct record_type *type;
    const struct schema *schema;
    const struct plan *plan;
    const struct plan *newest; /* of what is written again */
    const struct encoder *encoder;
};

static struct writer writers[WRITERS_MAX];
static size_t writer_count;
static struct arena *memory;
static struct arena *first_step;
static struct arena *second_step;

static void add_writer(const struct schema_store *store, const struct record_type *type,
                       const struct schema *schema)
{
    const struct schema_folder *folder = schema_store_find(store, type->folder);
    const struct schema *newest = folder->versions[folder->version_count - 1].schema;
    struct writer writer = {.type = type, .schema = schema};
    struct error error;
    must(writer_count < WRITERS_MAX && type->size <= RECORD_SIZE_MAX);
    must(plan_new(type, newest, schema, FUZZ_DEPTH, memory, &writer.plan, &error) == OK);
    must(plan_new(type, newest, newest, FUZZ_DEPTH, memory, &writer.newest, &error) == OK);
    must(encoder_new(type, newest, memory, &writer.encoder, &error) == OK);
    writers[writer_count++] = writer;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct schema_store store;
    struct error error;
    memory = arena_new(FUZZ_MEMORY);
    first_step = arena_new(STEP_MEMORY);
    second_step = arena_new(STEP_MEMORY);
    must(memory && first_step && second_step);
    must(schema_store_read(fuzz_schemas(), FUZZ_DEPTH, 1000, memory, &store, &error) == OK);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const struct schema *schema = NULL;
        must(schema_parse(text_of(foreign[i]), FUZZ_DEPTH, memory, &schema, &error) == OK);
        add_writer(&store, i == 0 ? &type_order_paid : &type_stock_level, schema);
    }
    for (uint32_t i = 0; i < store.folder_count; i++) {
        const struct record_type *type = record_type_of_folder(store.folders[i].name);
        for (uint32_t v = 0; type && v < store.folders[i].version_count; v++) {
            add_writer(&store, type, store.folders[i].versions[v].schema);
        }
    }
    return 0;
}

static struct text text_in(const struct buffer *buffer)
{
    return (struct text){(const char *)buffer->data, (uint32_t)buffer->size};
}

/* Written, read and written again it is the same. */
static void check_again(const struct writer *writer, const void *record)
{
    uint64_t copy[RECORD_SIZE_MAX / 8];
    struct buffer first = {0};
    struct buffer second = {0};
    struct error error;
    arena_reset(second_step);
    must(encoder_run(writer->encoder, record, &first, &error) == OK);
    must(plan_run(writer->newest, text_in(&first), second_step, copy, &error) == OK);
    must(encoder_run(writer->encoder, copy, &second, &error) == OK);
    must(text_equal(text_in(&first), text_in(&second)));
    buffer_done(&first);
    buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t record[RECORD_SIZE_MAX / 8];
    struct error error;
    json_t *json = NULL;
    if (size == 0) {
        return 0;
    }
    const struct writer *writer = &writers[data[0] % writer_count];
    struct text bytes = {(const char *)data + 1, (uint32_t)size - 1};
    arena_reset(first_step);
    enum status status = plan_run(writer->plan, bytes, first_step, record, &error);
    must(status == OK || status == POISON);
    if (status == OK) {
        check_again(writer, record);
        /* What a plan takes, people can be shown; it bounds the depth a little otherwise. */
        enum status shown = schema_to_json(writer->schema, bytes, 2 * FUZZ_DEPTH, &json, &error);
        must(shown == OK);
        json_decref(json);
    }
    return 0;
}
