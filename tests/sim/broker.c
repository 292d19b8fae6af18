#include "broker.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "process.h"
#include "story.h"
#include "transaction.h"

enum { FIRST_CAPACITY = 64 };

#define WALL_BEGIN_MS INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */

static struct log logs[TOPIC_COUNT][PARTITIONS];
static int64_t leaped_ms;
static int64_t down_until_us;

void broker_reset(struct chance chance)
{
    memset(logs, 0, sizeof logs);
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            logs[topic][p].topic = (enum topic)topic;
            logs[topic][p].partition = p;
        }
    }
    leaped_ms = 0;
    down_until_us = 0;
    transactions_reset(chance);
}

int64_t broker_wall_ms(void)
{
    return WALL_BEGIN_MS + leaped_ms + process_time_us() / 1000;
}

void broker_leap(int64_t ms)
{
    leaped_ms += ms;
}

bool broker_is_up(void)
{
    return down_until_us <= process_time_us();
}

void broker_go_down(int64_t us)
{
    down_until_us = process_time_us() + us;
}

struct log *broker_log(enum topic topic, int32_t partition)
{
    must(topic < TOPIC_COUNT && partition >= 0 && partition < PARTITIONS);
    return &logs[topic][partition];
}

static struct text copy_of(struct text text)
{
    if (!text.data) {
        return text;
    }
    char *copy = malloc((size_t)text.size + 1);
    must(copy);
    if (text.size) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    return (struct text){copy, text.size};
}

struct record *log_add(struct log *log, const struct record *record)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? 2 * log->capacity : FIRST_CAPACITY;
        log->records = realloc(log->records, (size_t)log->capacity * sizeof *log->records);
        must(log->records);
    }
    struct record *added = &log->records[log->count];
    *added = *record;
    added->offset = log->count++;
    added->written_ms = broker_wall_ms();
    added->key = copy_of(record->key);
    added->value = copy_of(record->value);
    added->headers =
        record->header_count ? calloc(record->header_count, sizeof *added->headers) : NULL;
    must(added->headers || !record->header_count);
    for (uint32_t i = 0; i < record->header_count; i++) {
        added->headers[i].name = strdup(record->headers[i].name);
        added->headers[i].value = copy_of(record->headers[i].value);
    }
    if (topic_info(log->topic)->broker_time || record->marker) {
        added->timestamp_ms = broker_wall_ms();
    }
    log_settle(log);
    return added;
}

void log_settle(struct log *log)
{
    while (log->stable < log->count && log->records[log->stable].fate != FATE_OPEN) {
        log->stable++;
    }
}

int64_t broker_append(enum topic topic, int32_t partition, const struct record *record)
{
    return log_add(broker_log(topic, partition), record)->offset;
}

/* ---- What goes away -------------------------------------------------------------------------- */

/* A tombstone goes with the first compaction that comes so long after the first one that saw it,
 * by the time that workers live in: whoever read what it takes away has met it meanwhile, or was
 * thrown out of his group. */
enum { TOMBSTONES_KEPT_US = 12000000 };

static void compact(struct log *log)
{
    for (int64_t i = log->first; i < log->stable; i++) {
        struct record *old = &log->records[i];
        if (old->gone || old->marker || !old->key.data) {
            continue;
        }
        if (!old->value.data && !old->horizon_us) {
            old->horizon_us = process_time_us() + TOMBSTONES_KEPT_US;
        }
        old->gone =
            old->fate == FATE_ABORTED || (!old->value.data && process_time_us() > old->horizon_us);
        for (int64_t j = i + 1; j < log->stable && !old->gone; j++) {
            const struct record *newer = &log->records[j];
            old->gone = !newer->marker && newer->fate != FATE_ABORTED && newer->key.data &&
                        text_equal(newer->key, old->key);
        }
    }
}

void broker_compact(enum topic topic)
{
    must(topic_info(topic)->compacted);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        compact(&logs[topic][p]);
    }
}

void broker_delete_below(enum topic topic, int32_t partition, int64_t offset)
{
    struct log *log = broker_log(topic, partition);
    if (offset > log->first && offset <= log->stable) {
        log->first = offset;
    }
}
