#include "producers/news.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/arena.h"
#include "kit/clock.h"
#include "kit/codec_open.h"
#include "kit/reader.h"

enum {
    RECORD_ARENA = 16 << 20, /* bytes of one decoded record */
    RECORD_SIZE_MAX = 2048,  /* bytes of the largest struct that is written */
    READ_WAIT_MS = 100,
    GIVE_UP_AFTER_MS = 60000,
    BURST_MAX = 1000, /* records of one live reading */
};

struct news {
    struct reader *reader;
    struct codec *codec;
    struct arena *arena;
    const enum topic *topics;
    uint32_t topic_count;
    int32_t partition_count[NEWS_TOPICS_MAX];
    news_take *take;
    void *context;
    _Alignas(max_align_t) char record[RECORD_SIZE_MAX];
};

static enum status start_topic(struct news *news, uint32_t index, bool from_start,
                               struct error *error)
{
    enum topic topic = news->topics[index];
    must(topic_info(topic)->type && topic_info(topic)->type->size <= RECORD_SIZE_MAX);
    enum status status =
        reader_partition_count(news->reader, topic, &news->partition_count[index], error);
    if (status == POISON) {
        return FATAL; /* a topic that is missing is no matter of its records */
    }
    for (int32_t p = 0; status == OK && p < news->partition_count[index]; p++) {
        int64_t first, end;
        status = reader_ends(news->reader, topic, p, &first, &end, error);
        if (status == OK) {
            status = reader_start(news->reader, topic, p, from_start ? first : end, error);
        }
    }
    return status;
}

enum status news_new(const struct settings *settings, const enum topic *topics,
                     uint32_t topic_count, bool from_start, news_take *take, void *context,
                     struct news **ret_news, struct error *error)
{
    must(topic_count <= NEWS_TOPICS_MAX);
    struct news *news = calloc(1, sizeof *news);
    if (!news) {
        return error_set(error, FATAL, "out of memory");
    }
    *news = (struct news){.topics = topics,
                          .topic_count = topic_count,
                          .take = take,
                          .context = context,
                          .arena = arena_new(RECORD_ARENA)};
    enum status status = news->arena ? codec_open(settings, CODEC_OF_TOOL, &news->codec, error)
                                     : error_set(error, FATAL, "out of memory");
    if (status == OK) {
        status = reader_new(settings, true, &news->reader, error);
    }
    for (uint32_t i = 0; status == OK && i < topic_count; i++) {
        status = start_topic(news, i, from_start, error);
    }
    if (status != OK) {
        news_free(news);
        return status;
    }
    *ret_news = news;
    return OK;
}

void news_free(struct news *news)
{
    if (!news) {
        return;
    }
    reader_free(news->reader);
    codec_free(news->codec);
    arena_free(news->arena);
    free(news);
}

/* Takes one record, if one comes within wait_ms. */
static enum status read_one(struct news *news, int wait_ms, bool *ret_came, struct error *error)
{
    struct message message;
    enum status status = reader_next(news->reader, wait_ms, &message, error);
    *ret_came = status == OK && message.topic != TOPIC_NONE;
    if (!*ret_came || !text_is_set(message.value)) {
        return status;
    }
    arena_reset(news->arena);
    status = codec_decode(news->codec, topic_info(message.topic)->type, message.value, news->arena,
                          news->record, error);
    if (status != OK) {
        return error_prefix(error, FATAL, "%s, partition %" PRId32 ", offset %" PRId64 ": ",
                            topic_info(message.topic)->name, message.partition, message.offset);
    }
    return news->take(news->context, message.topic, news->record, error);
}

static bool is_read(const struct news *news, const struct drain *drain)
{
    for (uint32_t i = 0; i < news->topic_count; i++) {
        for (int32_t p = 0; p < news->partition_count[i]; p++) {
            if (reader_position(news->reader, news->topics[i], p) <
                drain_end(drain, news->topics[i], p)) {
                return false;
            }
        }
    }
    return true;
}

enum status news_read_drained(struct news *news, const struct drain *drain, struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + GIVE_UP_AFTER_MS;
    while (!is_read(news, drain)) {
        bool came;
        enum status status = read_one(news, READ_WAIT_MS, &came, error);
        if (status != OK) {
            return status;
        }
        if (came) {
            give_up_ms = clock_monotonic_ms() + GIVE_UP_AFTER_MS;
        } else if (clock_monotonic_ms() > give_up_ms) {
            return error_set(error, FATAL,
                             "what the pipeline wrote could not be read within %d s: is Kafka "
                             "there, or is a transaction open that nobody ends?",
                             GIVE_UP_AFTER_MS / 1000);
        }
    }
    return OK;
}

enum status news_read_live(struct news *news, int wait_ms, struct error *error)
{
    bool came = true;
    enum status status = OK;
    for (int i = 0; status == OK && came && i < BURST_MAX; i++) {
        status = read_one(news, i == 0 ? wait_ms : 0, &came, error);
    }
    return status;
}
