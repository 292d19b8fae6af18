#include "producers/fact_file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/clock.h"
#include "kit/record_json.h"
#include "kit/traceparent.h"

enum {
    RECORD_ARENA = 32 << 20, /* bytes; lines of up to LINE_SIZE_MAX, as structs and texts */
    RECORD_SIZE_MAX = 512,   /* bytes of the largest struct of an input */
};

struct fact_file {
    struct line_reader *lines; /* owned */
    enum topic topic;
    struct arena *arena; /* owned; of the last record */
    _Alignas(max_align_t) char record[RECORD_SIZE_MAX];
};

_Static_assert(sizeof(struct order_paid) <= RECORD_SIZE_MAX &&
                   sizeof(struct stock_level) <= RECORD_SIZE_MAX &&
                   sizeof(struct order_closed) <= RECORD_SIZE_MAX &&
                   sizeof(struct substitute) <= RECORD_SIZE_MAX &&
                   sizeof(struct buyer_decision) <= RECORD_SIZE_MAX &&
                   sizeof(struct seller_response) <= RECORD_SIZE_MAX &&
                   sizeof(struct platform_ruling) <= RECORD_SIZE_MAX &&
                   sizeof(struct refund_result) <= RECORD_SIZE_MAX,
               "a record of an input does not fit");

enum status fact_file_open(const char *path, enum topic topic, struct fact_file **ret_file,
                           struct error *error)
{
    struct fact_file *file = calloc(1, sizeof *file);
    if (!file) {
        return error_set(error, FATAL, "%s: out of memory", path);
    }
    file->topic = topic;
    file->arena = arena_new(RECORD_ARENA);
    enum status status = file->arena ? line_reader_open(path, &file->lines, error)
                                     : error_set(error, FATAL, "%s: out of memory", path);
    if (status != OK) {
        fact_file_free(file);
        return status;
    }
    *ret_file = file;
    return OK;
}

void fact_file_free(struct fact_file *file)
{
    if (file) {
        line_reader_free(file->lines);
        arena_free(file->arena);
        free(file);
    }
}

static bool is_blank(struct text line)
{
    for (uint32_t i = 0; i < line.size; i++) {
        if (!strchr(" \t\r", line.data[i])) {
            return false;
        }
    }
    return true;
}

/* Takes the time of a substitute out of its line. */
static bool take_time(json_t *json, int64_t *ret_at_ms)
{
    const json_t *at = json_object_get(json, "at");
    if (!at) {
        return true;
    }
    if (json_is_integer(at)) {
        *ret_at_ms = json_integer_value(at);
    } else if (!json_is_string(at) || !time_parse(text_of(json_string_value(at)), ret_at_ms)) {
        return false;
    }
    return json_object_del(json, "at") == 0;
}

/* Takes the header of a paid order out of its line. */
static enum status take_traceparent(struct fact_file *file, json_t *json,
                                    struct text *ret_traceparent, struct error *error)
{
    const json_t *given = json_object_get(json, TRACEPARENT_HEADER);
    if (!given) {
        return OK;
    }
    struct text value = text_of(json_string_value(given)); /* not set where it is no string */
    struct trace trace = traceparent_parse(value);
    if (!trace_is_set(&trace)) {
        return error_set(error, POISON,
                         TRACEPARENT_HEADER ": expected one of W3C Trace Context, like "
                                            "00-<32 digits>-<16 digits>-01, in lower-case hex");
    }
    *ret_traceparent = arena_text(file->arena, value);
    return text_is_set(*ret_traceparent) && json_object_del(json, TRACEPARENT_HEADER) == 0
               ? OK
               : error_set(error, FATAL, "out of memory");
}

static enum status fill_record(struct fact_file *file, json_t *json, struct fact *ret_fact,
                               struct error *error)
{
    int64_t at_ms = FACT_TIME_UNKNOWN;
    bool withdrawn = false;
    if (file->topic == TOPIC_SUBSTITUTE) {
        if (!take_time(json, &at_ms)) {
            return error_set(error, POISON, "at: expected milliseconds or an RFC 3339 time");
        }
        withdrawn = json_is_null(json_object_get(json, "substitutes"));
        if (withdrawn && json_object_set_new(json, "substitutes", json_array()) != 0) {
            return error_set(error, FATAL, "out of memory");
        }
    }
    struct text traceparent = {0};
    enum status status =
        file->topic == TOPIC_ORDER_PAID ? take_traceparent(file, json, &traceparent, error) : OK;
    if (status != OK) {
        return status;
    }
    status =
        record_from_json(topic_info(file->topic)->type, json, file->arena, file->record, error);
    if (status != OK) {
        return status;
    }
    *ret_fact = fact_of(file->topic, file->record);
    ret_fact->traceparent = traceparent;
    if (file->topic == TOPIC_SUBSTITUTE) {
        ret_fact->at_ms = at_ms;
    }
    if (withdrawn) {
        ret_fact->record = NULL;
    }
    return OK;
}

static enum status parse_line(struct fact_file *file, struct text line, struct fact *ret_fact,
                              struct error *error)
{
    const char *name = line_reader_name(file->lines);
    uint64_t number = line_reader_number(file->lines);
    json_error_t why;
    json_t *json = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &why);
    if (!json) {
        return error_set(error, POISON, "%s:%" PRIu64 ":%d: no JSON: %s", name, number, why.column,
                         why.text);
    }
    arena_reset(file->arena);
    enum status status = fill_record(file, json, ret_fact, error);
    json_decref(json);
    return status == OK ? OK : error_prefix(error, status, "%s:%" PRIu64 ": ", name, number);
}

enum status fact_file_next(struct fact_file *file, struct fact *ret_fact, bool *ret_more,
                           struct error *error)
{
    struct text line;
    do {
        enum status status = line_reader_next(file->lines, &line, error);
        if (status != OK) {
            return status;
        }
    } while (text_is_set(line) && is_blank(line));
    *ret_more = text_is_set(line);
    return *ret_more ? parse_line(file, line, ret_fact, error) : OK;
}

const struct line_reader *fact_file_lines(const struct fact_file *file)
{
    return file->lines;
}
