#include "shortfall/scan.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/clock.h"

/* The brokers may be away for a while; for longer than this nobody wants to sit and wait. */
enum { SILENCE_MAX_MS = 30000, WAIT_MS = 500 };

/* A topic as it is to be read. */
struct part {
    enum topic topic;
    int32_t first; /* partitions first … first + count - 1 */
    int32_t count;
    int64_t *begins; /* owned; by partition - first */
    int64_t *ends;   /* owned */
};

static void part_done(struct part *part)
{
    free(part->begins);
    free(part->ends);
}

static enum status part_look(struct part *part, struct reader *reader, enum topic topic,
                             struct text key, struct error *error)
{
    int32_t count;
    enum status status = reader_partition_count(reader, topic, &count, error);
    if (status != OK) {
        return status;
    }
    part->topic = topic;
    part->first = text_is_set(key) ? topic_partition_of(key, count) : 0;
    part->count = text_is_set(key) ? 1 : count;
    part->begins = calloc((size_t)part->count, sizeof *part->begins);
    part->ends = calloc((size_t)part->count, sizeof *part->ends);
    if (!part->begins || !part->ends) {
        return error_set(error, FATAL, "out of memory");
    }
    for (int32_t i = 0; i < part->count && status == OK; i++) {
        status =
            reader_ends(reader, topic, part->first + i, &part->begins[i], &part->ends[i], error);
    }
    return status;
}

static enum status part_start(const struct part *part, struct reader *reader, int32_t *ret_open,
                              struct error *error)
{
    enum status status = OK;
    *ret_open = 0;
    for (int32_t i = 0; i < part->count && status == OK; i++) {
        if (part->begins[i] < part->ends[i]) {
            status = reader_start(reader, part->topic, part->first + i, part->begins[i], error);
            *ret_open += status == OK;
        }
    }
    return status;
}

/* Stops the partitions that are read to their end; says how many are left. */
static int32_t part_close(struct part *part, struct reader *reader)
{
    int32_t open = 0;
    for (int32_t i = 0; i < part->count; i++) {
        if (part->begins[i] >= part->ends[i]) {
            continue;
        }
        if (reader_position(reader, part->topic, part->first + i) >= part->ends[i]) {
            part->begins[i] = part->ends[i];
            reader_stop(reader, part->topic, part->first + i);
        } else {
            open++;
        }
    }
    return open;
}

static enum status part_read(struct part *part, struct reader *reader, struct text key,
                             scan_each *each, void *context, struct error *error)
{
    int32_t open;
    enum status status = part_start(part, reader, &open, error);
    int64_t heard_ms = clock_monotonic_ms();
    while (open > 0 && status == OK) {
        struct message message;
        status = reader_next(reader, WAIT_MS, &message, error);
        if (status != OK) {
            break;
        }
        if (message.topic == TOPIC_NONE) {
            open = part_close(part, reader);
            if (clock_monotonic_ms() - heard_ms > SILENCE_MAX_MS) {
                status = error_set(error, RETRY, "topic %s: nothing comes for %d s",
                                   topic_info(part->topic)->name, SILENCE_MAX_MS / 1000);
            }
            continue;
        }
        int32_t at = message.partition - part->first;
        must(message.topic == part->topic && at >= 0 && at < part->count);
        if (message.offset < part->ends[at] &&
            (!text_is_set(key) || text_equal(message.key, key))) {
            status = each(context, &message, error);
        }
        heard_ms = clock_monotonic_ms();
        if (message.offset + 1 >= part->ends[at]) {
            open = part_close(part, reader);
        }
    }
    return status;
}

enum status scan(struct reader *reader, const enum topic *topics, size_t count, struct text key,
                 scan_each *each, void *context, struct error *error)
{
    struct part parts[TOPIC_COUNT] = {0};
    must(count <= TOPIC_COUNT);
    enum status status = OK;
    for (size_t i = count; i > 0 && status == OK; i--) {
        status = part_look(&parts[i - 1], reader, topics[i - 1], key, error);
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        status = part_read(&parts[i], reader, key, each, context, error);
    }
    for (size_t i = 0; i < count; i++) {
        part_done(&parts[i]);
    }
    return status;
}

enum status scan_from(struct reader *reader, enum topic topic, const int64_t *from, int32_t count,
                      scan_each *each, void *context, struct error *error)
{
    struct part part = {0};
    enum status status = part_look(&part, reader, topic, (struct text){0}, error);
    for (int32_t i = 0; status == OK && i < part.count && i < count; i++) {
        part.begins[i] = from[i] > part.begins[i] ? from[i] : part.begins[i];
    }
    if (status == OK) {
        status = part_read(&part, reader, (struct text){0}, each, context, error);
    }
    part_done(&part);
    return status;
}
