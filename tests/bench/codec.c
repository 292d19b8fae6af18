/* What it costs to decode and encode an order: by our plan, whichever version wrote it, by a walk
 * over the bytes that is written by hand and checks nothing, and by avro-c's resolution.
 *
 * Each row is one way over the same orders: nanoseconds for an order of one line, and for each line
 * more (from orders of 51 lines, so that the order's own fields are taken out). The best of several
 * rounds counts, because everything that disturbs a round makes it slower.
 *
 *   bench_codec [schema folder] */
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/contract.h"
#include "kit/codec.h"
#include "kit/plan.h"
#include "kit/schema.h"

enum {
    ROUNDS = 15,
    LINES_MORE = 50,
    ROUND_NS = 20 * 1000 * 1000,
    FRAME_SIZE = 10,
};

/* An order as another shop's system might write it: another order of fields, others added, some
 * left out, one under another type and one under an alias of ours. */
static const char evolved_schema[] =
    "{\"type\":\"record\",\"name\":\"OrderPaid\",\"namespace\":\"shortfall\",\"fields\":["
    "{\"name\":\"channel\",\"type\":{\"type\":\"enum\",\"name\":\"Channel\",\"symbols\":[\"APP\","
    "\"WEB\"]}},"
    "{\"name\":\"paid_at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
    "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"seller_id\",\"type\":\"string\"},"
    "{\"name\":\"marketplace\",\"type\":\"string\"},"
    "{\"name\":\"tags\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"
    "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"OrderLine\",\"fields\":[{\"name\":\"sku\",\"type\":\"string\"},"
    "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"paid_minor\",\"type\":\"int\"}"
    ",{\"name\":\"weight_g\",\"type\":\"int\"},"
    "{\"name\":\"line_no\",\"type\":\"int\"},{\"name\":\"quantity\",\"type\":\"int\"}]}}},"
    "{\"name\":\"currency\",\"type\":\"string\"}]}";

/* Everything that a way over the bytes may need. */
struct bench {
    struct codec *codec;
    struct arena *memory; /* of schemas and plans */
    struct arena *step;   /* of one decoded order */
    const struct plan *evolved_plan;
    struct order_paid order; /* to be encoded */
    struct buffer framed;    /* it, as the newest version */
    struct buffer older;     /* it, as version 1, which has no titles */
    struct buffer evolved;   /* it, as the other system writes it, without a frame */
    struct buffer out;
    avro_value_iface_t *avro_resolver;
    avro_value_t avro_value;
    avro_value_t avro_resolved;
    avro_schema_t avro_schema;
};

static void check(enum status status, const struct error *error)
{
    if (status != OK) {
        (void)fprintf(stderr, "bench_codec: %s\n", error->text);
        exit(1);
    }
}

static void check_avro(int failed)
{
    if (failed) {
        (void)fprintf(stderr, "bench_codec: %s\n", avro_strerror());
        exit(1);
    }
}

/* ---- The orders -------------------------------------------------------------------------- */

static void order_fill(struct bench *bench, uint32_t line_count)
{
    bench->order = (struct order_paid){
        .order_id = TEXT("2026111100000123456"),
        .marketplace = TEXT("tmall"),
        .seller_id = TEXT("seller-88812"),
        .buyer_id = TEXT("b-1029384756"),
        .locale = TEXT("zh-CN"),
        .currency = TEXT("CNY"),
        .paid_at_ms = 1794355200123,
        .ship_by_ms = {1794528000000, true},
        .lines = arena_take(bench->memory, line_count * sizeof(struct order_line)),
        .line_count = line_count,
    };
    for (uint32_t i = 0; i < line_count; i++) {
        bench->order.lines[i] = (struct order_line){
            .line_no = (int32_t)i + 1,
            .sku = arena_format(bench->memory, "88812-SKU-%08u", 31415926 + i * 7),
            .quantity = 1 + (int32_t)i % 3,
            .paid_minor = 19900 + (int64_t)i * 100,
            .title = TEXT("A kettle, 1.5 l"),
        };
    }
}

static void put_long(struct buffer *out, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    for (; rest >= 0x80; rest >>= 7) {
        buffer_append_byte(out, (uint8_t)(rest | 0x80));
    }
    buffer_append_byte(out, (uint8_t)rest);
}

static void put_text(struct buffer *out, struct text text)
{
    put_long(out, text.size);
    buffer_append(out, text.data, text.size);
}

static void order_write_evolved(const struct order_paid *order, struct buffer *out)
{
    buffer_clear(out);
    put_long(out, 1);
    put_long(out, order->paid_at_ms);
    put_text(out, order->order_id);
    put_text(out, order->seller_id);
    put_text(out, order->marketplace);
    put_long(out, 1);
    put_text(out, TEXT("campaign"));
    put_text(out, TEXT("double-11"));
    put_long(out, 0);
    put_long(out, order->line_count);
    for (uint32_t i = 0; i < order->line_count; i++) {
        put_text(out, order->lines[i].sku);
        put_text(out, order->lines[i].title);
        put_long(out, order->lines[i].paid_minor);
        put_long(out, 1250);
        put_long(out, order->lines[i].line_no);
        put_long(out, order->lines[i].quantity);
    }
    put_long(out, 0);
    put_text(out, order->currency);
}

/* ---- The ways over them ------------------------------------------------------------------ */

static struct text text_of_buffer(const struct buffer *buffer, size_t from)
{
    return (struct text){(const char *)buffer->data + from, (uint32_t)(buffer->size - from)};
}

static void decode_same(struct bench *bench)
{
    struct order_paid order;
    struct error error;
    arena_reset(bench->step);
    check(codec_decode(bench->codec, &type_order_paid, text_of_buffer(&bench->framed, 0),
                       bench->step, &order, &error),
          &error);
}

static void decode_older(struct bench *bench)
{
    struct order_paid order;
    struct error error;
    arena_reset(bench->step);
    check(codec_decode(bench->codec, &type_order_paid, text_of_buffer(&bench->older, 0),
                       bench->step, &order, &error),
          &error);
}

static inline int64_t walk_long(const uint8_t **cursor)
{
    uint64_t value = 0;
    int shift = 0;
    uint8_t byte;
    do {
        byte = *(*cursor)++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline struct text walk_text(const uint8_t **cursor)
{
    uint32_t size = (uint32_t)walk_long(cursor);
    struct text text = {(const char *)*cursor, size};
    *cursor += size;
    return text;
}

/* What a person would write for this very version, and trusts: the bytes of one block of lines. */
static void walk_same(struct bench *bench)
{
    struct order_paid order = {.order_id = {0}};
    const uint8_t *cursor = bench->framed.data + FRAME_SIZE;
    arena_reset(bench->step);
    order.order_id = walk_text(&cursor);
    order.marketplace = walk_text(&cursor);
    order.seller_id = walk_text(&cursor);
    order.buyer_id = walk_long(&cursor) ? walk_text(&cursor) : (struct text){0};
    order.locale = walk_text(&cursor);
    order.currency = walk_text(&cursor);
    order.paid_at_ms = walk_long(&cursor);
    order.ship_by_ms.set = walk_long(&cursor) == 1;
    order.ship_by_ms.value = order.ship_by_ms.set ? walk_long(&cursor) : 0;
    order.channel = (enum channel)walk_long(&cursor);
    order.line_count = (uint32_t)walk_long(&cursor);
    order.lines = arena_take(bench->step, order.line_count * sizeof *order.lines);
    for (uint32_t i = 0; i < order.line_count; i++) {
        struct order_line *line = &order.lines[i];
        line->line_no = (int32_t)walk_long(&cursor);
        line->sku = walk_text(&cursor);
        line->quantity = (int32_t)walk_long(&cursor);
        line->paid_minor = walk_long(&cursor);
        line->title = walk_long(&cursor) ? walk_text(&cursor) : (struct text){0};
    }
    __asm__ volatile("" : : "r"(&order), "r"(order.lines) : "memory"); /* all of it is wanted */
}

static void decode_evolved(struct bench *bench)
{
    struct order_paid order;
    struct error error;
    arena_reset(bench->step);
    check(plan_run(bench->evolved_plan, text_of_buffer(&bench->evolved, 0), bench->step, &order,
                   &error),
          &error);
}

static void encode_same(struct bench *bench)
{
    struct error error;
    buffer_clear(&bench->out);
    check(codec_encode(bench->codec, &type_order_paid, &bench->order, &bench->out, &error), &error);
}

static void decode_avro(avro_value_t *value, struct text bytes)
{
    avro_reader_t reader = avro_reader_memory(bytes.data, bytes.size);
    check_avro(avro_value_read(reader, value));
    avro_reader_free(reader);
}

static void avro_same(struct bench *bench)
{
    decode_avro(&bench->avro_value, text_of_buffer(&bench->framed, FRAME_SIZE));
}

static void avro_same_resolved(struct bench *bench)
{
    decode_avro(&bench->avro_resolved, text_of_buffer(&bench->framed, FRAME_SIZE));
}

static const struct way {
    const char *name;
    void (*run)(struct bench *bench);
} ways[] = {
    {"decode, the same version", decode_same},
    {"decode, the version before", decode_older},
    {"decode, an evolved writer", decode_evolved},
    {"a walk that checks nothing", walk_same},
    {"encode", encode_same},
    {"avro-c decode, not resolved", avro_same},
    {"avro-c decode, resolved", avro_same_resolved},
};

/* ---- Measuring --------------------------------------------------------------------------- */

/* Of the processor, so that what else runs on the machine is not counted. */
static int64_t spent_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
        perror("clock_gettime");
        exit(1);
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds of one run. */
static double measure(struct bench *bench, const struct way *way)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = spent_ns();
        int64_t spent = 0;
        int64_t runs = 0;
        while (spent < ROUND_NS) {
            for (int i = 0; i < 100; i++) {
                way->run(bench);
            }
            runs += 100;
            spent = spent_ns() - start;
        }
        double each = (double)spent / (double)runs;
        best = round == 0 || each < best ? each : best;
    }
    return best;
}

static void orders_write(struct bench *bench, uint32_t line_count)
{
    struct error error;
    order_fill(bench, line_count);
    buffer_clear(&bench->framed);
    check(codec_encode(bench->codec, &type_order_paid, &bench->order, &bench->framed, &error),
          &error);
    buffer_clear(&bench->older);
    check(codec_encode_as(bench->codec, &type_order_paid, 1, &bench->order, &bench->older, &error),
          &error);
    order_write_evolved(&bench->order, &bench->evolved);
}

/* The newest version, in which titles had another name once. */
static const struct schema *reader_of(struct bench *bench, struct text json)
{
    static const char aliased[] = "\"aliases\":[\"name\"],\"name\": \"title\"";
    static const char plain[] = "\"name\": \"title\"";
    struct error error;
    const struct schema *reader = NULL;
    const char *at = strstr(json.data, plain);
    if (!at) {
        (void)fprintf(stderr, "bench_codec: order-paid has no title\n");
        exit(1);
    }
    struct text with_alias = arena_format(bench->memory, "%.*s%s%s", (int)(at - json.data),
                                          json.data, aliased, at + sizeof plain - 1);
    check(schema_parse(with_alias, 32, bench->memory, &reader, &error), &error);
    return reader;
}

static void bench_open(struct bench *bench, const char *folder)
{
    struct error error;
    const struct schema *reader;
    const struct schema *evolved;
    bench->memory = arena_new(16 << 20);
    bench->step = arena_new(1 << 20);
    check(codec_new(folder, CODEC_LIMITS_DEFAULT, &bench->codec, &error), &error);
    struct text json = codec_written_schema(bench->codec, "order-paid");
    reader = reader_of(bench, json);
    check(schema_parse(text_of(evolved_schema), 32, bench->memory, &evolved, &error), &error);
    check(plan_new(&type_order_paid, reader, evolved, 32, bench->memory, &bench->evolved_plan,
                   &error),
          &error);
    check_avro(avro_schema_from_json_length(json.data, json.size, &bench->avro_schema));
    avro_value_iface_t *generic = avro_generic_class_from_schema(bench->avro_schema);
    check_avro(!generic || avro_generic_value_new(generic, &bench->avro_value));
    bench->avro_resolver = avro_resolved_writer_new(bench->avro_schema, bench->avro_schema);
    check_avro(!bench->avro_resolver ||
               avro_resolved_writer_new_value(bench->avro_resolver, &bench->avro_resolved));
    avro_resolved_writer_set_dest(&bench->avro_resolved, &bench->avro_value);
    avro_value_iface_decref(generic);
}

static void bench_close(struct bench *bench)
{
    avro_value_decref(&bench->avro_resolved);
    avro_value_iface_decref(bench->avro_resolver);
    avro_value_decref(&bench->avro_value);
    avro_schema_decref(bench->avro_schema);
    buffer_done(&bench->framed);
    buffer_done(&bench->evolved);
    buffer_done(&bench->older);
    buffer_done(&bench->out);
    codec_free(bench->codec);
    arena_free(bench->memory);
    arena_free(bench->step);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    bench_open(&bench, argc > 1 ? argv[1] : "schemas");
    orders_write(&bench, 1);
    printf("an order of 1 line is %zu bytes", bench.framed.size);
    double ones[sizeof ways / sizeof *ways];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        ones[i] = measure(&bench, &ways[i]);
    }
    size_t one_size = bench.framed.size;
    orders_write(&bench, 1 + LINES_MORE);
    printf(", and %.1f bytes a line more\n", (double)(bench.framed.size - one_size) / LINES_MORE);
    printf("%-30s %12s %16s\n", "", "order, 1 line", "each line more");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        double more = (measure(&bench, &ways[i]) - ones[i]) / LINES_MORE;
        printf("%-30s %10.1f ns %13.1f ns\n", ways[i].name, ones[i], more);
    }
    bench_close(&bench);
    return 0;
}
