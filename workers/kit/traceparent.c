#include "kit/traceparent.h"

#include <string.h>

#include "core/must.h"
#include "kit/headers.h"

/* Where the parts of a value begin; a dash lies before each but the first. */
enum {
    AT_TRACE_ID = 3,
    AT_PARENT_ID = 36,
    AT_FLAGS = 53,
    LENGTH = TRACEPARENT_SIZE - 1,
    PARENT_ID_SIZE = 8,
    PARENT_ID_DIGITS = 2 * PARENT_ID_SIZE,
    UUID_FIRST_DASHES = 2, /* among its first 16 digits */
};

/* Of the flags those whose meaning is known: sampled, and random (level 2). The others must be
 * written as zero. */
enum { FLAGS_KNOWN = 0x03 };

static bool hex_digit(char digit, uint8_t *ret_value)
{
    if (digit >= '0' && digit <= '9') {
        *ret_value = (uint8_t)(digit - '0');
        return true;
    }
    if (digit >= 'a' && digit <= 'f') {
        *ret_value = (uint8_t)(digit - 'a' + 10);
        return true;
    }
    return false;
}

static bool hex_bytes(const char *digits, uint8_t *ret_bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t high;
        uint8_t low;
        if (!hex_digit(digits[2 * i], &high) || !hex_digit(digits[2 * i + 1], &low)) {
            return false;
        }
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Of version 00 there is nothing after the flags; of a later one what a dash parts from them. */
static bool length_fits(struct text value, uint8_t version)
{
    return value.size == LENGTH ||
           (version > 0 && value.size > LENGTH && value.size <= TRACEPARENT_LENGTH_MAX &&
            value.data[LENGTH] == '-');
}

struct trace traceparent_parse(struct text value)
{
    const struct trace none = {0};
    struct trace trace;
    uint8_t version;
    uint8_t parent_id[PARENT_ID_SIZE];
    if (value.size < LENGTH || !hex_bytes(value.data, &version, 1) || version == 0xff ||
        !length_fits(value, version) || value.data[AT_TRACE_ID - 1] != '-' ||
        value.data[AT_PARENT_ID - 1] != '-' || value.data[AT_FLAGS - 1] != '-' ||
        !hex_bytes(value.data + AT_TRACE_ID, trace.id, sizeof trace.id) ||
        !hex_bytes(value.data + AT_PARENT_ID, parent_id, sizeof parent_id) ||
        !hex_bytes(value.data + AT_FLAGS, &trace.flags, 1) ||
        is_zero(parent_id, sizeof parent_id)) {
        return none;
    }
    trace.flags &= FLAGS_KNOWN;
    return trace_is_set(&trace) ? trace : none;
}

struct trace traceparent_of_message(const struct message *message)
{
    const struct trace none = {0};
    const char *name;
    struct text value;
    struct text found = {0};
    for (size_t i = 0; message_header(message, i, &name, &value); i++) {
        if (strcmp(name, TRACEPARENT_HEADER) != 0) {
            continue;
        }
        if (text_is_set(found)) {
            return none; /* two of them: nobody can say which is meant */
        }
        found = value;
    }
    return text_is_set(found) ? traceparent_parse(found) : none;
}

void trace_id_text(const struct trace *trace, char ret_text[TRACE_ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < TRACE_ID_SIZE; i++) {
        ret_text[2 * i] = digits[trace->id[i] >> 4];
        ret_text[2 * i + 1] = digits[trace->id[i] & 0xf];
    }
    ret_text[TRACE_ID_TEXT_SIZE - 1] = '\0';
}

static void parent_id_text(struct text id, char ret_text[PARENT_ID_DIGITS + 1])
{
    must(id.size >= PARENT_ID_DIGITS + UUID_FIRST_DASHES);
    size_t filled = 0;
    for (uint32_t i = 0; filled < PARENT_ID_DIGITS; i++) {
        if (id.data[i] != '-') {
            ret_text[filled++] = id.data[i];
        }
    }
    ret_text[PARENT_ID_DIGITS] = '\0';
}

enum status traceparent_add(struct outbox *outbox, const struct trace *trace, struct text id,
                            struct error *error)
{
    char trace_id[TRACE_ID_TEXT_SIZE];
    char parent_id[PARENT_ID_DIGITS + 1];
    if (!trace_is_set(trace)) {
        return OK;
    }
    trace_id_text(trace, trace_id);
    parent_id_text(id, parent_id);
    must(outbox->count > 0);
    struct outgoing *item = &outbox->items[outbox->count - 1];
    struct text value =
        arena_format(outbox->arena, "00-%s-%s-%02x", trace_id, parent_id, trace->flags);
    if (!text_is_set(value)) {
        outbox->count--;
        return error_set(error, RETRY, "%s: the step's outbox is full",
                         topic_info(item->topic)->name);
    }
    must(item->header_count < OUTGOING_HEADERS_MAX);
    item->headers[item->header_count++] = (struct header){TRACEPARENT_HEADER, value};
    return OK;
}
