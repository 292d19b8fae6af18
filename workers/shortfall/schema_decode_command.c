/* shortfall schema decode FILE: any record as JSON, whoever wrote it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/schema_json.h"
#include "shortfall/command.h"

enum { DEPTH_MAX = 64, INPUT_SIZE_MAX = 8 << 20 };

/* All of a file, or of standard input for "-". The caller frees the bytes. */
static enum status read_all(const char *path, struct text *ret_bytes, struct error *error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        return error_set(error, POISON, "%s: %s", path, strerror(errno));
    }
    char *bytes = malloc(INPUT_SIZE_MAX + 1);
    size_t size = bytes ? fread(bytes, 1, INPUT_SIZE_MAX + 1, file) : 0;
    bool failed = ferror(file) != 0;
    if (file != stdin) {
        (void)fclose(file); /* it was only read */
    }
    if (bytes && !failed && size <= INPUT_SIZE_MAX) {
        *ret_bytes = (struct text){bytes, (uint32_t)size};
        return OK;
    }
    free(bytes);
    return error_set(error, POISON, "%s: %s", path,
                     failed ? "it cannot be read" : "more than 8 MiB");
}

static int digit_of(char letter)
{
    const char *digits = "0123456789abcdef";
    const char *at =
        letter ? strchr(digits, letter >= 'A' && letter <= 'F' ? letter + 32 : letter) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Hexadecimal digits to bytes, in place; blanks are left out. */
static enum status read_hex(struct text *text, struct error *error)
{
    char *bytes = (char *)(uintptr_t)text->data;
    uint32_t size = 0;
    int high = -1;
    for (uint32_t i = 0; i < text->size; i++) {
        if (text->data[i] && strchr(" \t\r\n", text->data[i])) {
            continue;
        }
        int digit = digit_of(text->data[i]);
        if (digit < 0) {
            return error_set(error, POISON, "byte %u is no hexadecimal digit", i + 1);
        }
        if (high < 0) {
            high = digit;
            continue;
        }
        bytes[size++] = (char)(high << 4 | digit);
        high = -1;
    }
    text->size = size;
    return high < 0 ? OK : error_set(error, POISON, "an odd number of hexadecimal digits");
}

/* "order-paid/1": the schema of a record without a frame. */
static const struct schema *schema_named(const struct call *call, const char *name)
{
    const struct schema_store *store = codec_schemas(call->codec);
    const char *slash = strchr(name, '/');
    for (uint32_t i = 0; slash && i < store->folder_count; i++) {
        const struct schema_folder *folder = &store->folders[i];
        size_t size = (size_t)(slash - name);
        if (strlen(folder->name) != size || memcmp(folder->name, name, size) != 0) {
            continue;
        }
        for (uint32_t v = 0; v < folder->version_count; v++) {
            char number[16];
            (void)snprintf(number, sizeof number, "%d", folder->versions[v].number);
            if (strcmp(number, slash + 1) == 0) {
                return folder->versions[v].schema;
            }
        }
    }
    return NULL;
}

static enum status decode(struct call *call, struct text bytes, struct error *error)
{
    const char *name = call_flag(call, "as");
    const struct schema *schema = name ? schema_named(call, name) : NULL;
    enum status status = OK;
    json_t *json = NULL;
    if (name && !schema) {
        return error_set(error, POISON, "--as: there is no schema '%s'; give RECORD/VERSION", name);
    }
    if (!name) {
        status = codec_unframe(call->codec, bytes, &schema, &bytes, error);
    }
    if (status == OK) {
        status = schema_to_json(schema, bytes, DEPTH_MAX, &json, error);
    }
    if (status == OK &&
        (json_dumpf(json, stdout, JSON_COMPACT | JSON_ENCODE_ANY) != 0 || putchar('\n') == EOF)) {
        status = error_set(error, FATAL, "can't write: %s", strerror(errno));
    }
    json_decref(json);
    return status;
}

static int run_decode(struct call *call)
{
    struct error error;
    struct text bytes = {0};
    enum status status = call_open_schemas(call, &error);
    if (status == OK) {
        status = read_all(call_argument(call, 0), &bytes, &error);
    }
    if (status == OK && call_flag(call, "hex")) {
        status = read_hex(&bytes, &error);
    }
    if (status == OK) {
        status = decode(call, bytes, &error);
    }
    free((char *)(uintptr_t)bytes.data);
    if (status == POISON) {
        (void)call_failed(call, status, &error);
        return EXIT_NOT_SO;
    }
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"hex", NULL, "The file has hexadecimal digits; blanks between them are left out."},
    {"as", "RECORD/VERSION", "The record has no frame and was written with this schema."},
    {NULL, NULL, NULL},
};

const struct command command_schema_decode = {
    .name = "schema decode",
    .arguments = "FILE",
    .argument_count = 1,
    .summary = "Shows a record as JSON, whichever version wrote it; - is standard input",
    .flags = flags,
    .offline = true,
    .run = run_decode,
};
