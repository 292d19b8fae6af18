#include "kit/dead_letter.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "core/must.h"
#include "kit/metrics.h"

enum { OWN_HEADERS = 6 };

static const char *const reasons[] = {"MALFORMED", "INVALID",    "CONFLICT", "TOO_OLD",
                                      "STALE",     "TIME_AHEAD", "MISPLACED"};

static struct counter *counter_of(enum topic topic, const char *reason)
{
    return metric_counter("shortfall_dead_letters_total", "Records that went to dead letters.",
                          METRIC_LABELS({"topic", topic_info(topic)->name}, {"reason", reason}));
}

void dead_letter_watch(enum topic topic)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        (void)counter_of(topic, reasons[i]);
    }
}

static enum status copy_text(struct outbox *outbox, struct text text, struct text *ret_copy,
                             struct error *error)
{
    *ret_copy = text_is_set(text) ? arena_text(outbox->arena, text) : text;
    return text_is_set(text) == text_is_set(*ret_copy)
               ? OK
               : error_set(error, RETRY, "dead letter: the step's outbox is full");
}

/* Those of an earlier stay in the dead letters are replaced; its attempt count is kept. */
static bool is_own(const char *name)
{
    return strncmp(name, "__connect.errors.", strlen("__connect.errors.")) == 0;
}

static enum status copy_headers(struct outbox *outbox, const struct message *message,
                                struct outgoing *item, struct error *error)
{
    rd_kafka_headers_t *headers = NULL;
    if (!message->native || rd_kafka_message_headers(message->native, &headers)) {
        return OK;
    }
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0; item->header_count < OUTGOING_HEADERS_MAX - OWN_HEADERS &&
                       !rd_kafka_header_get_all(headers, i, &name, &value, &size);
         i++) {
        if (is_own(name)) {
            continue;
        }
        struct text name_copy;
        struct header *header = &item->headers[item->header_count];
        enum status status = copy_text(outbox, text_of(name), &name_copy, error);
        if (status == OK) {
            status = copy_text(outbox, (struct text){value, (uint32_t)size}, &header->value, error);
        }
        if (status != OK) {
            return status;
        }
        header->name = name_copy.data;
        item->header_count++;
    }
    return OK;
}

static enum status add_number(struct outbox *outbox, struct outgoing *item, const char *name,
                              int64_t number, struct error *error)
{
    struct text value = arena_format(outbox->arena, "%lld", (long long)number);
    if (!text_is_set(value)) {
        return error_set(error, RETRY, "dead letter: the step's outbox is full");
    }
    item->headers[item->header_count++] = (struct header){name, value};
    return OK;
}

enum status dead_letter_add(struct outbox *outbox, const struct message *message, const char *stage,
                            const char *reason, const char *words, struct error *error)
{
    const struct topic_info *info = topic_info(message->topic);
    must(info->dlq != TOPIC_NONE);
    struct outgoing *item;
    struct text said;
    enum status status = outbox_add_bytes(outbox, info->dlq, message->partition, message->key,
                                          message->value, &item, error);
    if (status == OK) {
        status = copy_headers(outbox, message, item, error);
    }
    if (status == OK) {
        status = copy_text(outbox, text_of(words), &said, error);
    }
    if (status != OK) {
        return status;
    }
    struct header *own = &item->headers[item->header_count];
    own[0] = (struct header){"__connect.errors.topic", text_of(info->name)};
    own[1] = (struct header){"__connect.errors.stage", text_of(stage)};
    own[2] = (struct header){"__connect.errors.exception.class.name", text_of(reason)};
    own[3] = (struct header){"__connect.errors.exception.message", said};
    item->header_count += 4;
    counter_add(counter_of(message->topic, reason), 1);
    status = add_number(outbox, item, "__connect.errors.partition", message->partition, error);
    return status == OK
               ? add_number(outbox, item, "__connect.errors.offset", message->offset, error)
               : status;
}
