#include "kit/changelog.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/reader.h"

enum {
    SLICE_MS = 100,
    WAIT_MS = 5,
    NOT_BEGUN = -1,
};

struct changelog {
    enum topic topic;
    struct reader *records;   /* owned; read_committed */
    struct reader *watermark; /* owned; read_uncommitted: only for the ends */
    int64_t *ends;            /* owned; by partition */
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
    changelog->ends = calloc((size_t)partition_count, sizeof *changelog->ends);
    enum status status = changelog->ends ? OK : error_set(error, FATAL, "changelog: out of memory");
    for (int32_t i = 0; status == OK && i < partition_count; i++) {
        changelog->ends[i] = NOT_BEGUN;
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
        free(changelog->ends);
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
        changelog->ends[partition] = end;
    }
    return status;
}

void changelog_stop(struct changelog *changelog, int32_t partition)
{
    if (changelog->ends[partition] != NOT_BEGUN) {
        reader_stop(changelog->records, changelog->topic, partition);
        changelog->ends[partition] = NOT_BEGUN;
    }
}

static bool is_complete(const struct changelog *changelog, int32_t partition)
{
    return reader_position(changelog->records, changelog->topic, partition) >=
           changelog->ends[partition];
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
    }
    return OK;
}
