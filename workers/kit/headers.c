#include "kit/headers.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "core/must.h"

bool message_header(const struct message *message, size_t number, const char **ret_name,
                    struct text *ret_value)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value;
    size_t size;
    if (!message->native || rd_kafka_message_headers(message->native, &headers) ||
        rd_kafka_header_get_all(headers, number, ret_name, &value, &size)) {
        return false;
    }
    *ret_value = (struct text){value, (uint32_t)size};
    return true;
}

bool message_has_header(const struct message *message, const char *name)
{
    const char *each;
    struct text value;
    for (size_t i = 0; message_header(message, i, &each, &value); i++) {
        if (strcmp(each, name) == 0) {
            return true;
        }
    }
    return false;
}

enum status headers_copy(struct outbox *outbox, const struct message *message, const char *without,
                         uint32_t room, struct outgoing *item, struct error *error)
{
    const char *name;
    struct text value;
    must(room <= OUTGOING_HEADERS_MAX);
    for (size_t i = 0; item->header_count < OUTGOING_HEADERS_MAX - room &&
                       message_header(message, i, &name, &value);
         i++) {
        if (without && strncmp(name, without, strlen(without)) == 0) {
            continue;
        }
        struct text name_copy = arena_text(outbox->arena, text_of(name));
        struct text value_copy = text_is_set(value) ? arena_text(outbox->arena, value) : value;
        if (!text_is_set(name_copy) || text_is_set(value) != text_is_set(value_copy)) {
            return error_set(error, RETRY, "%s: the step's outbox is full",
                             topic_info(item->topic)->name);
        }
        item->headers[item->header_count++] = (struct header){name_copy.data, value_copy};
    }
    return OK;
}
