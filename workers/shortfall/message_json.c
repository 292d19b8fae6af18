#include "shortfall/message_json.h"

#include "kit/base64.h"
#include "kit/headers.h"
#include "kit/record_json.h"
#include "shortfall/letter.h"

static json_t *bytes_json(struct text bytes)
{
    struct buffer base64 = {0};
    base64_write(bytes, &base64);
    json_t *json =
        base64.failed ? NULL : json_stringn(base64.data ? (char *)base64.data : "", base64.size);
    buffer_done(&base64);
    return json;
}

static json_t *text_json(struct text text)
{
    if (!text_is_set(text)) {
        return json_null();
    }
    json_t *json = json_stringn(text.data, text.size);
    return json ? json : json_pack("{s:o}", "base64", bytes_json(text));
}

json_t *headers_json(const struct message *message)
{
    json_t *headers = json_object();
    const char *name;
    struct text value;
    for (size_t i = 0; headers && message_header(message, i, &name, &value); i++) {
        json_t *json = text_json(value);
        json_t *before = json_object_get(headers, name);
        bool kept;
        if (json_is_array(before)) {
            kept = json_array_append_new(before, json) == 0;
        } else if (before) {
            kept = json_object_set_new(headers, name, json_pack("[O,o]", before, json)) == 0;
        } else {
            kept = json_object_set_new(headers, name, json) == 0;
        }
        if (!kept) {
            json_decref(headers);
            headers = NULL;
        }
    }
    return headers;
}

json_t *letter_json(const struct message *message)
{
    struct letter letter = letter_of(message);
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:I}", "topic", text_json(letter.topic),
                     "partition", (json_int_t)letter.partition, "offset", (json_int_t)letter.offset,
                     "stage", text_json(letter.stage), "reason", text_json(letter.reason),
                     "message", text_json(letter.words), "attempt", (json_int_t)letter.attempt);
}

/* The record's fields, or why there are none, and the bytes. */
static json_t *value_json(struct call *call, const struct message *message)
{
    const struct record_type *type = topic_info(message->topic)->type;
    struct error error;
    const void *record;
    if (!text_is_set(message->value)) {
        return json_pack("{s:n}", "_value");
    }
    if (!type) {
        return json_pack("{s:o}", "_value", bytes_json(message->value));
    }
    if (call_decode(call, type, message->value, &record, &error) == OK) {
        return record_to_json(type, record);
    }
    return json_pack("{s:o, s:o}", "_error", text_json(text_of(error.text)), "_value",
                     bytes_json(message->value));
}

static bool is_dead_letters(enum topic topic)
{
    return topic_is_dead_letters(topic);
}

json_t *message_json(struct call *call, const struct message *message, bool with_headers)
{
    json_t *json = value_json(call, message);
    if (!json) {
        return NULL;
    }
    bool complete =
        !json_object_set_new(json, "_topic", json_string(topic_info(message->topic)->name)) &&
        !json_object_set_new(json, "_partition", json_integer(message->partition)) &&
        !json_object_set_new(json, "_offset", json_integer(message->offset)) &&
        !json_object_set_new(json, "_timestamp", json_integer(message->timestamp_ms)) &&
        !json_object_set_new(json, "_key", text_json(message->key));
    if (complete && is_dead_letters(message->topic)) {
        complete = !json_object_set_new(json, "_errors", letter_json(message));
    }
    if (complete && with_headers) {
        complete = !json_object_set_new(json, "_headers", headers_json(message));
    }
    if (!complete) {
        json_decref(json);
        return NULL;
    }
    return json;
}
