/* What every caseworker reads whole, record by record; and what a move left that was begun before.
 */
#include <librdkafka/rdkafka.h>

#include "shortfall/move.h"

static enum status carry(void *context, const struct message *message, struct error *error)
{
    struct move *move = context;
    enum status status = move_carry(&move->outbox, message, error);
    move->table_records += status == OK;
    return status == OK ? move_write_if_large(move, error) : status;
}

static enum status move_table(struct move *move, enum topic topic, struct error *error)
{
    enum status status = OK;
    for (int32_t i = 0; i < move->from.partition_count && status == OK; i++) {
        int64_t end;
        status =
            side_read(&move->from, topic, i, RD_KAFKA_OFFSET_BEGINNING, carry, move, &end, error);
        if (status == OK && topic == TOPIC_SUBSTITUTE) {
            status = group_note(move->forward, topic, i, end, "", error);
        }
    }
    return status;
}

enum status move_tables(struct move *move, struct error *error)
{
    enum status status = move_table(move, TOPIC_SUBSTITUTE, error);
    return status == OK ? move_table(move, TOPIC_LISTING_STATUS, error) : status;
}

/* ---- begun before ---------------------------------------------------------------------------- */

static enum status remove_record(void *context, const struct message *message, struct error *error)
{
    struct move *move = context;
    struct outgoing *item;
    if (!text_is_set(message->value)) {
        return OK;
    }
    enum status status = outbox_add_bytes(&move->outbox, message->topic, message->partition,
                                          message->key, (struct text){0}, &item, error);
    if (status != OK) {
        return status;
    }
    item->headers[item->header_count++] = (struct header){MOVED_HEADER, TEXT("1")};
    return move_write_if_large(move, error);
}

/* Everything there is its own, as move_check has seen. The old side may have gone on since. */
enum status move_remove_leftovers(struct move *move, struct error *error)
{
    static const enum topic topics[] = {TOPIC_ALLOCATOR_STATE, TOPIC_CASE_STATE, TOPIC_SUBSTITUTE,
                                        TOPIC_LISTING_STATUS};
    enum status status = OK;
    for (size_t i = 0; i < sizeof topics / sizeof *topics && status == OK; i++) {
        for (int32_t p = 0; p < side_partitions(&move->to, topics[i]) && status == OK; p++) {
            status = side_read(&move->to, topics[i], p, RD_KAFKA_OFFSET_BEGINNING, remove_record,
                               move, NULL, error);
        }
    }
    return status;
}
