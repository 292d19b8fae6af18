#include "kit/changelog.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/log.h"
#include "kit/reader.h"

enum {
    SLICE_MS = 100,
    WAIT_MS = 5,
    SILENCE_MS = 10000,
    NOT_BEGUN = -1,
};

struct being_read {
    int64_t end;     /* NOT_BEGUN, or the high watermark */
    int64_t seen;    /* how far it had been read when that last changed */
    int64_t seen_ms; /* monotonic: when that was, or when it was last told that nothing comes */
};

struct changelog {
    enum topic topic;
    struct reader *records;   /* owned; read_committed */
    struct reader *watermark; /* owned; read_uncommitted: only for the ends */
    struct being_read *parts; /* owned; by partition */
    int32_t partition_count;
};

enum status changelog_new(const struct settings *settings, enum topic topic,
                          int32_t partition_count, struct changelog **ret_changelog,
                          struct error *error)
{
    struct changelog *changelog = calloc(1, sizeof *changelog);
    if (!changelog) {
        return error_set(error, FATAL, "changelog: out of memory");
    }
    changelog->topic = topic;
    changelog->partition_count = partition_count;
    changelog->parts = calloc((size_t)partition_count, sizeof *changelog->parts);
    enum status status =
        changelog->parts ? OK : error_set(error, FATAL, "changelog: out of memory");
    for (int32_t i = 0; status == OK && i < partition_count; i++) {
        changelog->parts[i].end = NOT_BEGUN;
    }
    if (status == OK) {
        status = reader_new(settings, true, &changelog->records, error);
    }
    if (status == OK) {
        status = reader_new(settings, false, &changelog->watermark, error);
    }
    if (status != OK) {
        changelog_free(changelog);
        return status;
    }
    *ret_changelog = changelog;
    return OK;
}

void changelog_free(struct changelog *changelog)
{
    if (changelog) {
        reader_free(changelog->records);
        reader_free(changelog->watermark);
        free(changelog->parts);
        free(changelog);
    }
}

enum status changelog_begin(struct changelog *changelog, int32_t partition, struct error *error)
{
    int64_t first;
    int64_t end;
    enum status status =
        reader_ends(changelog->watermark, changelog->topic, partition, &first, &end, error);
    if (status == OK) {
        status = reader_start(changelog->records, changelog->topic, partition,
                              RD_KAFKA_OFFSET_BEGINNING, error);
    }
    if (status == OK) {
        changelog->parts[partition] =
            (struct being_read){.end = end, .seen_ms = clock_monotonic_ms()};
    }
    return status;
}

void changelog_stop(struct changelog *changelog, int32_t partition)
{
    if (changelog->parts[partition].end != NOT_BEGUN) {
        reader_stop(changelog->records, changelog->topic, partition);
        changelog->parts[partition].end = NOT_BEGUN;
    }
}

static bool is_complete(const struct changelog *changelog, int32_t partition)
{
    return reader_position(changelog->records, changelog->topic, partition) >=
               changelog->parts[partition].end &&
           reader_is_at_end(changelog->records, changelog->topic, partition);
}

/* Of an end before the watermark nothing but an open transaction can be the reason. */
static void tell_silence(struct changelog *changelog, int32_t partition)
{
    struct being_read *part = &changelog->parts[partition];
    int64_t position = reader_position(changelog->records, changelog->topic, partition);
    int64_t now_ms = clock_monotonic_ms();
    if (position != part->seen) {
        part->seen = position;
        part->seen_ms = now_ms;
    } else if (now_ms - part->seen_ms >= SILENCE_MS) {
        bool is_at_end = reader_is_at_end(changelog->records, changelog->topic, partition);
        log_event(LOG_WARN, "restore_waits",
                  log_string("topic", topic_info(changelog->topic)->name),
                  log_number("partition", partition), log_number("offset", position),
                  log_number("end", part->end),
                  log_string("why", is_at_end ? "a transaction is open at this offset"
                                              : "nothing comes from Kafka"));
        part->seen_ms = now_ms;
    }
}

enum status changelog_read(struct changelog *changelog, int32_t partition, changelog_take *take,
                           void *context, bool *ret_complete, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + SLICE_MS;
    while (!is_complete(changelog, partition) && clock_monotonic_ms() < until_ms) {
        struct message message;
        enum status status = reader_next(changelog->records, WAIT_MS, &message, error);
        if (status != OK) {
            return status;
        }
        if (message.topic == TOPIC_NONE) {
            continue;
        }
        CRASH_POINT("restoring");
        status = take(context, &message, error);
        if (status != OK) {
            return error_prefix(error, status,
                                "%s partition %d offset %lld: ", topic_info(changelog->topic)->name,
                                message.partition, (long long)message.offset);
        }
    }
    *ret_complete = is_complete(changelog, partition);
    if (*ret_complete) {
        changelog_stop(changelog, partition);
    } else {
        tell_silence(changelog, partition);
    }
    return OK;
}
