/* The codec and the schemas that it is given: versions in a folder, and ids of a registry. */
#include "kit/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec_support.h"

enum { PATH_MAX_SIZE = 256, FILES_MAX = 8 };

#define TICK(fields)                                                                             \
    "{\"type\":\"record\",\"name\":\"ClockTick\",\"namespace\":\"shortfall\",\"fields\":["       \
    "{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}" fields \
    "]}"
#define ZONE ",{\"name\":\"zone\",\"type\":\"string\",\"default\":\"UTC\"}"
#define STRICT ",{\"name\":\"zone\",\"type\":\"string\"}"

/* A folder of schemas that lives as long as a test. */
struct folder {
    char path[PATH_MAX_SIZE];
    char files[FILES_MAX][PATH_MAX_SIZE];
    int file_count;
};

static struct arena *arena;

static int folder_open(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    strcpy(folder->path, "/tmp/shortfall-schemas-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    arena = arena_new(64 << 20);
    *state = folder;
    return 0;
}

static int folder_close(void **state)
{
    struct folder *folder = *state;
    while (folder->file_count > 0) {
        assert_int_equal(remove(folder->files[--folder->file_count]), 0);
    }
    assert_int_equal(remove(folder->path), 0);
    arena_free(arena);
    free(folder);
    return 0;
}

static const char *entry_new(struct folder *folder, const char *name)
{
    char path[PATH_MAX_SIZE];
    int size = snprintf(path, sizeof path, "%s/%s", folder->path, name);
    assert_true(size > 0 && size < PATH_MAX_SIZE);
    assert_true(folder->file_count < FILES_MAX);
    return strcpy(folder->files[folder->file_count++], path);
}

static void add_folder(struct folder *folder, const char *name)
{
    assert_int_equal(mkdir(entry_new(folder, name), 0700), 0);
}

static void add_file(struct folder *folder, const char *name, const char *words)
{
    FILE *file = fopen(entry_new(folder, name), "w");
    assert_non_null(file);
    assert_true(fputs(words, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct codec *codec_of(const struct folder *folder)
{
    struct codec *codec = NULL;
    struct error error = {""};
    if (codec_new(folder->path, CODEC_LIMITS_DEFAULT, &codec, &error) != OK) {
        fail_msg("%s", error.text);
    }
    return codec;
}

/* The record behind the frame, as hex. */
static const char *body_of(struct codec *codec, int64_t at_ms)
{
    struct buffer out = {0};
    struct error error = {""};
    struct clock_tick tick = {.at_ms = at_ms};
    if (codec_encode(codec, &type_clock_tick, &tick, &out, &error) != OK) {
        fail_msg("%s", error.text);
    }
    const char *hex = hex_of(arena, out.data + 10, out.size - 10);
    buffer_done(&out);
    return hex;
}

static void test_the_newest_version_is_written_unless_another_is_chosen(void **state)
{
    struct folder *folder = *state;
    struct error error;
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    add_file(folder, "clock/2.avsc", TICK(ZONE));
    add_file(folder, "clock/10.avsc",
             TICK(ZONE ",{\"name\":\"n\",\"type\":\"int\",\"default\":3}"));
    add_file(folder, "clock/README.md", "not a schema");
    struct codec *codec = codec_of(folder);
    assert_string_equal(body_of(codec, 1), "02"
                                           "06555443"
                                           "06");
    assert_int_equal(codec_set_write_version(codec, type_clock_tick.folder, 1, &error), OK);
    assert_string_equal(body_of(codec, 1), "02");
    assert_int_equal(codec_set_write_version(codec, type_clock_tick.folder, 2, &error), OK);
    assert_string_equal(body_of(codec, 1), "02"
                                           "06555443");
    struct buffer out = {0};
    struct clock_tick tick = {.at_ms = 1};
    assert_int_equal(codec_encode_as(codec, &type_clock_tick, 1, &tick, &out, &error), OK);
    assert_int_equal(out.size, 11);
    assert_int_equal(codec_encode_as(codec, &type_clock_tick, 4, &tick, &out, &error), FATAL);
    assert_int_equal(out.size, 11);
    assert_string_equal(error.text, "there is no clock/4.avsc to write by");
    buffer_done(&out);
    assert_string_equal(body_of(codec, 1), "02"
                                           "06555443");
    assert_int_equal(codec_set_write_version(codec, type_clock_tick.folder, 3, &error), FATAL);
    assert_string_equal(error.text, "there is no clock/3.avsc to write by");
    assert_int_equal(codec_set_write_version(codec, type_order_paid.folder, 1, &error), FATAL);
    assert_string_equal(error.text, "there is no order-paid/<version>.avsc");
    codec_free(codec);
}

static void note_release(void *context)
{
    (*(int *)context)++;
}

static void test_what_is_written_may_have_the_registrys_id(void **state)
{
    struct folder *folder = *state;
    struct error error;
    struct buffer out = {0};
    struct clock_tick tick = {.at_ms = 1};
    int released = 0;
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    struct codec *codec = codec_of(folder);
    codec_set_schema_source(codec, NULL, note_release, &released);
    assert_true(text_equal(codec_written_schema(codec, "clock"), TEXT(TICK(""))));
    assert_false(text_is_set(codec_written_schema(codec, "clcok")));
    assert_int_equal(codec_set_write_id(codec, "clock", 0x01020304, &error), OK);
    assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), OK);
    assert_string_equal(hex_of(arena, out.data, out.size), "000102030402");
    assert_int_equal(codec_set_write_id(codec, "clcok", 1, &error), FATAL);
    buffer_done(&out);
    codec_free(codec);
    assert_int_equal(released, 1);
}

static void test_every_version_is_read(void **state)
{
    struct folder *folder = *state;
    struct error error;
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    add_file(folder, "clock/2.avsc", TICK(ZONE));
    struct codec *codec = codec_of(folder);
    struct arena *step = arena_new(4096);
    for (int version = 1; version <= 2; version++) {
        struct buffer out = {0};
        struct clock_tick tick = {.at_ms = 1000 + version};
        assert_int_equal(codec_set_write_version(codec, type_clock_tick.folder, version, &error),
                         OK);
        assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), OK);
        struct text message = {(const char *)out.data, (uint32_t)out.size};
        tick.at_ms = 0;
        assert_int_equal(codec_decode(codec, &type_clock_tick, message, step, &tick, &error), OK);
        assert_int_equal(tick.at_ms, 1000 + version);
        buffer_done(&out);
    }
    arena_free(step);
    codec_free(codec);
}

static void test_a_version_that_this_program_cannot_write_is_fatal(void **state)
{
    struct folder *folder = *state;
    struct error error;
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    add_file(folder, "clock/2.avsc", TICK(STRICT));
    struct codec *codec = codec_of(folder);
    struct clock_tick tick = {0};
    struct buffer out = {0};
    assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), FATAL);
    assert_string_equal(error.text, "clock/2.avsc: ClockTick.zone: the schema requires it, and "
                                    "this program does not know it");
    assert_int_equal(out.size, 0);
    assert_int_equal(codec_set_write_version(codec, type_clock_tick.folder, 1, &error), OK);
    assert_int_equal(codec_encode(codec, &type_clock_tick, &tick, &out, &error), OK);
    buffer_done(&out);
    codec_free(codec);
}

static void test_a_file_that_is_no_schema_is_fatal_and_named(void **state)
{
    static const struct {
        const char *name;
        const char *words;
        const char *refusal;
    } rows[] = {
        {"clock/1.avsc", "{", "/clock/1.avsc: line 1: "},
        {"clock/1.avsc", TICK(",{\"name\":\"n\",\"type\":\"strin\"}"),
         "/clock/1.avsc: field 'n': unknown type 'strin'"},
        {"clock/1.avsc", TICK(",{\"name\":\"n\",\"type\":\"int\",\"default\":\"3\"}"),
         "/clock/1.avsc: field 'n': its default is no 'int'"},
        {"clock/new.avsc", TICK(""), "/clock/new.avsc: the name is no version, as in 2.avsc"},
        {"clock/01.avsc", TICK(""), "/clock/01.avsc: the name is no version, as in 2.avsc"},
        {"clock/0.avsc", TICK(""), "/clock/0.avsc: the name is no version, as in 2.avsc"},
    };
    struct folder *folder = *state;
    add_folder(folder, "clock");
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        struct codec *codec = NULL;
        struct error error;
        add_file(folder, rows[i].name, rows[i].words);
        assert_int_equal(codec_new(folder->path, CODEC_LIMITS_DEFAULT, &codec, &error), FATAL);
        assert_null(codec);
        assert_non_null(strstr(error.text, rows[i].refusal));
        assert_int_equal(remove(folder->files[--folder->file_count]), 0);
    }
}

static void test_no_folder_and_too_many_schemas_are_fatal(void **state)
{
    struct folder *folder = *state;
    struct codec *codec = NULL;
    struct error error;
    struct codec_limits limits = CODEC_LIMITS_DEFAULT;
    assert_int_equal(codec_new("/nonexistent", limits, &codec, &error), FATAL);
    assert_string_equal(error.text, "/nonexistent: No such file or directory");
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    add_file(folder, "clock/2.avsc", TICK(ZONE));
    limits.schemas_max = 1;
    assert_int_equal(codec_new(folder->path, limits, &codec, &error), FATAL);
    assert_non_null(strstr(error.text, "/clock/2.avsc: more than 1 schemas"));
}

/* A registry of a test: which ids it knows, and how often it was asked. */
struct registry {
    int asked;
};

static enum status registry_find(void *context, uint32_t id, struct text *ret_json,
                                 struct error *error)
{
    struct registry *registry = context;
    registry->asked++;
    switch (id) {
    case 1:
        *ret_json = TEXT(TICK(ZONE));
        return OK;
    case 2:
        *ret_json = TEXT("{\"type\":\"strin\"}");
        return OK;
    case 3:
        *ret_json = TEXT("{\"type\":\"record\",\"name\":\"ClockTick\",\"fields\":[{\"name\":\"at\","
                         "\"type\":{\"type\":\"long\",\"logicalType\":\"time-micros\"}}]}");
        return OK;
    case 0x01020304:
        return error_set(error, RETRY, "the registry is away");
    default:
        return error_set(error, POISON, "the registry knows no schema %u", id);
    }
}

static void test_the_schema_of_an_id_comes_from_the_registry_once(void **state)
{
    static const struct {
        const char *hex;
        enum status status;
        const char *words;
        int asked; /* in three times */
    } rows[] = {
        {"00 00000001 d00f 06555443", OK, "", 1},
        {"00 00000001 d00f 06555443 00", POISON, "ClockTick: 1 bytes behind its end", 0},
        {"00 00000002 d00f", POISON, "the registry's schema 2: unknown type 'strin'", 1},
        {"00 00000003 d00f", POISON, "the writer's 'time-micros' cannot be read", 1},
        {"00 00000009 d00f", POISON, "the registry knows no schema 9", 3},
        {"00 01020304 d00f", RETRY, "the registry is away", 3},
    };
    struct folder *folder = *state;
    add_folder(folder, "clock");
    add_file(folder, "clock/1.avsc", TICK(""));
    struct codec *codec = codec_of(folder);
    struct registry registry = {0};
    struct arena *step = arena_new(4096);
    codec_set_schema_source(codec, registry_find, NULL, &registry);
    for (size_t i = 0; i < ROW_COUNT(rows); i++) {
        registry.asked = 0;
        for (int round = 0; round < 3; round++) {
            struct error error = {""};
            struct clock_tick tick = {0};
            struct text message = hex_bytes(arena, rows[i].hex);
            enum status status =
                codec_decode(codec, &type_clock_tick, message, step, &tick, &error);
            assert_int_equal(status, rows[i].status);
            assert_non_null(strstr(error.text, rows[i].words));
            assert_true(status != OK || tick.at_ms == 1000);
        }
        assert_int_equal(registry.asked, rows[i].asked);
    }
    arena_free(step);
    codec_free(codec);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_the_newest_version_is_written_unless_another_is_chosen),
        WITH_FOLDER(test_what_is_written_may_have_the_registrys_id),
        WITH_FOLDER(test_every_version_is_read),
        WITH_FOLDER(test_a_version_that_this_program_cannot_write_is_fatal),
        WITH_FOLDER(test_a_file_that_is_no_schema_is_fatal_and_named),
        WITH_FOLDER(test_no_folder_and_too_many_schemas_are_fatal),
        WITH_FOLDER(test_the_schema_of_an_id_comes_from_the_registry_once),
    };
    return cmocka_run_group_tests_name("kit.codec_schemas", tests, NULL, NULL);
}
