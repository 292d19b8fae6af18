#include "kit/dead_letter.h"

#include <string.h>

#include "core/must.h"
#include "kit/headers.h"
#include "kit/metrics.h"

/* Those of an earlier stay in the dead letters are replaced; its attempt count is kept. */
#define OWN "__connect.errors."

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
    enum status status = outbox_add_bytes(outbox, info->dlq, message->partition, message->key,
                                          message->value, &item, error);
    if (status == OK) {
        status = headers_copy(outbox, message, OWN, OWN_HEADERS, item, error);
    }
    if (status != OK) {
        return status;
    }
    struct text said = arena_text(outbox->arena, text_of(words));
    if (!text_is_set(said)) {
        return error_set(error, RETRY, "dead letter: the step's outbox is full");
    }
    struct header *own = &item->headers[item->header_count];
    own[0] = (struct header){OWN "topic", text_of(info->name)};
    own[1] = (struct header){OWN "stage", text_of(stage)};
    own[2] = (struct header){OWN "exception.class.name", text_of(reason)};
    own[3] = (struct header){OWN "exception.message", said};
    item->header_count += 4;
    counter_add(counter_of(message->topic, reason), 1);
    status = add_number(outbox, item, OWN "partition", message->partition, error);
    return status == OK ? add_number(outbox, item, OWN "offset", message->offset, error) : status;
}
