#include "caseworker/table_letters.h"

#include "kit/dead_letter.h"
#include "kit/log.h"

enum { KEPT_LIMIT = 64 << 20 };

enum stage {
    PENDING,
    ADDED,
    SENT,
};

enum status table_letters_init(struct table_letters *letters, struct codec *codec,
                               struct error *error)
{
    return outbox_init(&letters->kept, codec, "caseworker", KEPT_LIMIT, error);
}

void table_letters_done(struct table_letters *letters)
{
    outbox_done(&letters->kept);
}

void table_letters_keep(struct table_letters *letters, const struct message *message,
                        const char *words)
{
    struct error error;
    if (letters->kept.count >= TABLE_LETTERS_MAX ||
        dead_letter_add(&letters->kept, message, "caseworker", "MALFORMED", words, &error) != OK) {
        log_event(LOG_ERROR, "dead_letter_not_kept",
                  log_string("topic", topic_info(message->topic)->name),
                  log_number("partition", message->partition),
                  log_number("offset", message->offset));
        return;
    }
    letters->stage[letters->kept.count - 1] = PENDING;
}

static bool is_at(const struct table_letters *letters, uint32_t index, int32_t partition,
                  enum stage stage)
{
    return letters->kept.items[index].partition == partition && letters->stage[index] == stage;
}

bool table_letters_wait(const struct table_letters *letters, int32_t partition)
{
    for (uint32_t i = 0; i < letters->kept.count; i++) {
        if (is_at(letters, i, partition, PENDING)) {
            return true;
        }
    }
    return false;
}

enum status table_letters_add(struct table_letters *letters, int32_t partition,
                              struct outbox *outbox, struct error *error)
{
    for (uint32_t i = 0; i < letters->kept.count; i++) {
        const struct outgoing *kept = &letters->kept.items[i];
        struct outgoing *item;
        if (!is_at(letters, i, partition, PENDING)) {
            continue;
        }
        enum status status =
            outbox_add_bytes(outbox, kept->topic, partition, kept->key, kept->value, &item, error);
        if (status != OK) {
            return status;
        }
        memcpy(item->headers, kept->headers, sizeof item->headers); /* they live as long as we */
        item->header_count = kept->header_count;
        letters->stage[i] = ADDED;
    }
    return OK;
}

static void move(struct table_letters *letters, int32_t partition, enum stage to)
{
    for (uint32_t i = 0; i < letters->kept.count; i++) {
        if (is_at(letters, i, partition, ADDED)) {
            letters->stage[i] = (unsigned char)to;
        }
    }
}

void table_letters_sent(struct table_letters *letters, int32_t partition)
{
    move(letters, partition, SENT);
}

void table_letters_dropped(struct table_letters *letters, int32_t partition)
{
    move(letters, partition, PENDING);
}
