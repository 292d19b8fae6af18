/* shortfall tail TOPIC: the records of a topic, decoded, as JSON lines. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shortfall/command.h"
#include "shortfall/message_json.h"

enum { WAIT_MS = 500 };

struct tail {
    struct call *call;
    enum topic topic;
    int32_t first; /* partitions first … end - 1 */
    int32_t end;
    int64_t *ends; /* owned; by partition: up to where --until-end reads */
    bool until_end;
    bool with_headers;
    struct text key; /* data == NULL: all */
    int64_t left;    /* of --limit */
};

/* Where a partition is to be read from, by --from. */
static int64_t start_of(const char *from, int64_t first, int64_t end)
{
    if (strcmp(from, "beginning") == 0) {
        return first;
    }
    if (strcmp(from, "end") == 0) {
        return end;
    }
    int64_t offset = strtoll(from, NULL, 10);
    return offset < first ? first : offset > end ? end : offset;
}

static bool is_start(const char *from)
{
    return strcmp(from, "beginning") == 0 || strcmp(from, "end") == 0 ||
           (*from && strspn(from, "0123456789") == strlen(from) && strlen(from) <= 18);
}

static enum status start(struct tail *tail, const char *from, struct error *error)
{
    struct reader *reader = tail->call->reader;
    tail->ends = calloc((size_t)tail->end, sizeof *tail->ends);
    int64_t *starts = calloc((size_t)tail->end, sizeof *starts);
    enum status status = tail->ends && starts ? OK : error_set(error, FATAL, "out of memory");
    for (int32_t i = tail->first; i < tail->end && status == OK; i++) {
        int64_t first;
        status = reader_ends(reader, tail->topic, i, &first, &tail->ends[i], error);
        starts[i] = status == OK ? start_of(from, first, tail->ends[i]) : 0;
    }
    for (int32_t i = tail->first; i < tail->end && status == OK; i++) {
        status = reader_start(reader, tail->topic, i, starts[i], error);
    }
    free(starts);
    return status;
}

/* Which partitions, by --partition. */
static enum status choose_partitions(struct tail *tail, int64_t asked, struct error *error)
{
    int32_t count;
    enum status status = reader_partition_count(tail->call->reader, tail->topic, &count, error);
    if (status != OK) {
        return status;
    }
    if (asked >= count) {
        return error_set(error, POISON, "topic %s has the partitions 0 to %d",
                         topic_info(tail->topic)->name, (int)count - 1);
    }
    tail->first = asked < 0 ? 0 : (int32_t)asked;
    tail->end = asked < 0 ? count : tail->first + 1;
    return OK;
}

static bool is_read(const struct tail *tail)
{
    for (int32_t i = tail->first; i < tail->end; i++) {
        if (reader_position(tail->call->reader, tail->topic, i) < tail->ends[i]) {
            return false;
        }
    }
    return true;
}

static enum status print(struct tail *tail, const struct message *message, struct error *error)
{
    if (text_is_set(tail->key) && !text_equal(tail->key, message->key)) {
        return OK;
    }
    json_t *json = message_json(tail->call, message, tail->with_headers);
    int written = json ? json_dumpf(json, stdout, JSON_COMPACT) : -1;
    json_decref(json);
    arena_reset(tail->call->arena);
    if (written != 0 || putchar('\n') == EOF) {
        return error_set(error, FATAL, "can't write: %s", strerror(errno));
    }
    tail->left--;
    return OK;
}

static enum status follow(struct tail *tail, struct error *error)
{
    enum status status = OK;
    while (status == OK && tail->left > 0 && !(tail->until_end && is_read(tail))) {
        struct message message;
        status = reader_next(tail->call->reader, WAIT_MS, &message, error);
        if (status != OK) {
            break;
        }
        if (message.topic == TOPIC_NONE) {
            (void)fflush(stdout); /* nobody should wait for what is there */
        } else if (!tail->until_end || message.offset < tail->ends[message.partition]) {
            status = print(tail, &message, error);
        }
    }
    return status;
}

static int run(struct call *call)
{
    const char *from = call_flag(call, "from");
    int64_t partition = -1;
    struct tail tail = {
        .call = call,
        .topic = call_topic(call, call_argument(call, 0)),
        .until_end = call_flag(call, "until-end"),
        .with_headers = call_flag(call, "headers"),
        .key = text_of(call_flag(call, "key")),
        .left = INT64_MAX,
    };
    if (tail.topic == TOPIC_NONE || !call_number(call, "limit", 1, INT64_MAX, &tail.left) ||
        !call_number(call, "partition", 0, INT32_MAX, &partition)) {
        return EXIT_MISUSE;
    }
    if (from && !is_start(from)) {
        return call_misused(call, "--from takes 'beginning', 'end' or an offset, not '%s'", from);
    }
    struct error error;
    enum status status = call_open(call, &error);
    if (status == OK) {
        status = choose_partitions(&tail, partition, &error);
    }
    if (status == OK) {
        status = start(&tail, from ? from : "beginning", &error);
    }
    if (status == OK) {
        status = follow(&tail, &error);
    }
    free(tail.ends);
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

static const struct settings_flag flags[] = {
    {"from", "WHERE", "beginning (default), end, or an offset of every partition"},
    {"until-end", NULL, "stop at the end that the topic has now; without it, wait for more"},
    {"key", "KEY", "only records with this key"},
    {"partition", "N", "only this partition"},
    {"limit", "N", "stop after so many records"},
    {"headers", NULL, "with the records' headers"},
    {0},
};

const struct command command_tail = {
    .name = "tail",
    .arguments = "TOPIC",
    .argument_count = 1,
    .summary = "Prints the records of a topic as JSON lines, decoded",
    .flags = flags,
    .run = run,
};
