#include "redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/must.h"
#include "kit/redis_tls.h"
#include "process.h"
#include "redis_store.h"
#include "story.h"

enum { COMMANDS_MAX = 256, PRIMARIES = 2 };

struct connection {
    redisContext context; /* first: what the program holds */
    redisReply *replies[COMMANDS_MAX];
    bool lost[COMMANDS_MAX];
    int first, count;
    uint64_t epoch;
    int primary; /* that it came to */
};

static struct store primaries[PRIMARIES]; /* all but the first hold something only while split */
static struct store *now;                 /* of the one that is asked */
static struct store old;
static bool split; /* two are there that both take writes; whoever connects comes to one of them */
static enum redis_mood mood;
static uint64_t epoch; /* connections of an earlier one are cut */
static bool scripts_known[2];
static struct chance chance;

/* ---- Faults -----------------------------------------------------------------------------------
 */

void redis_reset(struct chance drawn)
{
    static const struct store empty;
    for (int i = 0; i < PRIMARIES; i++) {
        primaries[i] = empty;
    }
    old = empty;
    now = &primaries[0];
    split = false;
    mood = REDIS_WELL;
    chance = drawn;
    scripts_known[0] = scripts_known[1] = false;
}

void redis_set_mood(enum redis_mood wanted)
{
    mood = wanted;
    epoch++;
}

void redis_flush(void)
{
    static const struct store empty;
    for (int i = 0; i < PRIMARIES; i++) {
        store_copy(&primaries[i], &empty);
    }
    scripts_known[0] = scripts_known[1] = false;
}

void redis_dump(void)
{
    store_copy(&old, &primaries[0]);
}

void redis_restore_old(void)
{
    store_copy(&primaries[0], &old);
    epoch++;
}

void redis_lose_a_field(void)
{
    struct store *store = &primaries[0];
    if (store->count > 0) {
        struct hash *hash = &store->hashes[chance_below(&chance, store->count)];
        if (hash->count > 0) {
            hash->fields[chance_below(&chance, hash->count)] = hash->fields[hash->count - 1];
            hash->count--;
        }
    }
}

void redis_split(bool old_copy)
{
    store_copy(&primaries[1], old_copy ? &old : &primaries[0]);
    split = true;
    epoch++;
}

void redis_turn(void)
{
    epoch++;
}

void redis_join(int winner)
{
    if (split && winner != 0) {
        store_copy(&primaries[0], &primaries[winner]);
    }
    split = false;
    epoch++;
}

/* ---- For the promises -------------------------------------------------------------------------
 */

int redis_primary_count(void)
{
    return split ? PRIMARIES : 1;
}

struct text redis_field_of(int primary, const char *key, struct text name)
{
    struct field *field = hash_find(store_find(&primaries[primary], text_of(key)), name);
    return field ? field->value : (struct text){0};
}

int redis_field_count(int primary, const char *key)
{
    struct hash *hash = store_find(&primaries[primary], text_of(key));
    return hash ? hash->count : 0;
}

/* ---- Replies ----------------------------------------------------------------------------------
 */

static redisReply *reply_of(int type, struct text text)
{
    redisReply *reply = calloc(1, sizeof *reply);
    must(reply);
    reply->type = type;
    if (text.data) {
        struct text copy = store_text(text);
        reply->str = (char *)(uintptr_t)copy.data;
        reply->len = copy.size;
    }
    return reply;
}

static redisReply *reply_number(long long number)
{
    redisReply *reply = reply_of(REDIS_REPLY_INTEGER, (struct text){0});
    reply->integer = number;
    return reply;
}

static redisReply *reply_words(int type, const char *words)
{
    return reply_of(type, text_of(words));
}

void freeReplyObject(void *opaque)
{
    redisReply *reply = opaque;
    for (size_t i = 0; reply && i < reply->elements; i++) {
        freeReplyObject(reply->element[i]);
    }
    if (reply) {
        free(reply->element);
        free(reply->str);
        free(reply);
    }
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

static int64_t number_of(struct text text)
{
    char digits[32] = {0};
    must(text.size < sizeof digits);
    memcpy(digits, text.data, text.size);
    return atoll(digits);
}

/* KEYS[1]; ARGV: from_n, mark, deleted, fields to delete, fields to set. */
static redisReply *step(const struct text *words, int count)
{
    struct text key = words[3];
    struct hash *hash = store_find(now, key);
    struct field *mark = hash_find(hash, text_of("mark"));
    if (mark && text_equal(mark->value, words[5])) {
        return reply_words(REDIS_REPLY_STATUS, "OK");
    }
    int64_t stored_n =
        mark ? number_of((struct text){mark->value.data, (uint32_t)strcspn(mark->value.data, " ")})
             : 0;
    if (stored_n != number_of(words[4])) {
        return mark ? reply_of(REDIS_REPLY_STRING, mark->value)
                    : reply_of(REDIS_REPLY_NIL, (struct text){0});
    }
    if (!mark) {
        store_drop(now, key);
    }
    hash = store_make(now, key);
    (void)hash_set(hash, text_of("mark"), words[5]);
    int first_set = 7 + (int)number_of(words[6]);
    for (int i = 7; i < first_set; i++) {
        hash_unset(hash, words[i]);
    }
    for (int i = first_set; i + 1 < count; i += 2) {
        (void)hash_set(hash, words[i], words[i + 1]);
    }
    return reply_words(REDIS_REPLY_STATUS, "OK");
}

/* KEYS[1] to KEYS[2]; ARGV: mark, fields. */
static redisReply *publish(const struct text *words)
{
    struct hash *from = store_find(now, words[3]);
    if ((from ? from->count : 0) != number_of(words[6])) {
        return reply_of(REDIS_REPLY_NIL, (struct text){0});
    }
    from = store_make(now, words[3]);
    (void)hash_set(from, text_of("mark"), words[5]);
    store_rename(now, words[3], words[4]);
    return reply_words(REDIS_REPLY_STATUS, "OK");
}

static redisReply *scan(struct text key)
{
    struct hash *hash = store_find(now, key);
    redisReply *reply = reply_of(REDIS_REPLY_ARRAY, (struct text){0});
    redisReply *items = reply_of(REDIS_REPLY_ARRAY, (struct text){0});
    size_t count = hash ? (size_t)hash->count : 0;
    items->elements = 2 * count;
    items->element = calloc(2 * count + 1, sizeof(redisReply *));
    reply->elements = 2;
    reply->element = calloc(2, sizeof(redisReply *));
    must(items->element && reply->element);
    for (size_t i = 0; i < count; i++) {
        items->element[2 * i] = reply_of(REDIS_REPLY_STRING, hash->fields[i].name);
        items->element[2 * i + 1] = reply_of(REDIS_REPLY_STRING, hash->fields[i].value);
    }
    reply->element[0] = reply_words(REDIS_REPLY_STRING, "0");
    reply->element[1] = items;
    return reply;
}

static bool has(struct text text, const char *part)
{
    return strstr(text.data, part) != NULL; /* words end with a zero byte here */
}

static redisReply *run_script(const struct text *words, int count, bool by_digest)
{
    int script = by_digest ? words[1].data[0] == 'p' : has(words[1], "RENAME");
    if (by_digest && !scripts_known[script]) {
        return reply_words(REDIS_REPLY_ERROR, "NOSCRIPT No matching script.");
    }
    scripts_known[script] = true;
    return script == 0 ? step(words, count) : publish(words);
}

static bool writes(struct text name)
{
    return text_equal(name, TEXT("HSET")) || text_equal(name, TEXT("EVAL")) ||
           text_equal(name, TEXT("EVALSHA"));
}

static redisReply *hset(const struct text *words, int count)
{
    long long added = 0;
    struct hash *hash = store_make(now, words[1]);
    for (int i = 2; i + 1 < count; i += 2) {
        added += hash_set(hash, words[i], words[i + 1]);
    }
    return reply_number(added);
}

static redisReply *execute(const struct text *words, int count)
{
    struct text name = words[0];
    if (mood == REDIS_FULL && writes(name)) {
        return reply_words(REDIS_REPLY_ERROR, "OOM command not allowed");
    }
    if (mood == REDIS_READ_ONLY && writes(name)) {
        return reply_words(REDIS_REPLY_ERROR, "READONLY You can't write against a replica");
    }
    if (text_equal(name, TEXT("INFO"))) {
        return reply_words(REDIS_REPLY_STRING, "maxmemory_policy:noeviction\r\n");
    }
    if (text_equal(name, TEXT("UNLINK"))) {
        store_drop(now, words[1]);
        return reply_number(1);
    }
    if (text_equal(name, TEXT("HSET"))) {
        return hset(words, count);
    }
    if (text_equal(name, TEXT("EXPIRE"))) {
        return reply_number(store_find(now, words[1]) != NULL);
    }
    if (text_equal(name, TEXT("HGET"))) {
        struct field *field = hash_find(store_find(now, words[1]), words[2]);
        return field ? reply_of(REDIS_REPLY_STRING, field->value)
                     : reply_of(REDIS_REPLY_NIL, (struct text){0});
    }
    if (text_equal(name, TEXT("HSCAN"))) {
        return scan(words[1]);
    }
    if (text_equal(name, TEXT("SCRIPT"))) {
        bool is_publish = has(words[2], "RENAME");
        scripts_known[is_publish] = true;
        return reply_words(REDIS_REPLY_STRING, is_publish
                                                   ? "p000000000000000000000000000000000000000"
                                                   : "s000000000000000000000000000000000000000");
    }
    must(text_equal(name, TEXT("EVAL")) || text_equal(name, TEXT("EVALSHA")));
    return run_script(words, count, text_equal(name, TEXT("EVALSHA")));
}

/* ---- The client -------------------------------------------------------------------------------
 */

redisContext *redisConnectWithTimeout(const char *host, int port, const struct timeval timeout)
{
    (void)host, (void)port, (void)timeout;
    struct connection *connection = calloc(1, sizeof *connection);
    must(connection);
    process_boundary("redis connect");
    connection->epoch = epoch;
    connection->primary = split ? (int)chance_below(&chance, PRIMARIES) : 0;
    if (mood == REDIS_AWAY || (process_me() && process_is_cut(process_me()))) {
        connection->context.err = REDIS_ERR_IO;
        (void)snprintf(connection->context.errstr, sizeof connection->context.errstr, "refused");
    }
    return &connection->context;
}

redisContext *redisConnectUnixWithTimeout(const char *path, const struct timeval timeout)
{
    (void)path;
    return redisConnectWithTimeout("", 0, timeout);
}

int redisSetTimeout(redisContext *context, const struct timeval timeout)
{
    (void)context, (void)timeout;
    return REDIS_OK;
}

void redisFree(redisContext *context)
{
    free(context);
}

int redisAppendCommandArgv(redisContext *context, int count, const char **words,
                           const size_t *sizes)
{
    struct connection *connection = (struct connection *)context;
    struct text *copies = calloc((size_t)count, sizeof *copies);
    must(copies && connection->count < COMMANDS_MAX);
    for (int i = 0; i < count; i++) {
        copies[i] = store_text((struct text){words[i], (uint32_t)sizes[i]});
    }
    bool reached = connection->epoch == epoch && mood != REDIS_AWAY &&
                   !(process_me() && process_is_cut(process_me()));
    bool lost = !reached || (mood == REDIS_SILENT && chance_hits(&chance, 1, 2));
    int at = connection->count++;
    connection->lost[at] = lost;
    now = &primaries[connection->primary];
    /* One that is lost may have been done all the same. */
    connection->replies[at] =
        reached && (!lost || chance_hits(&chance, 1, 2)) ? execute(copies, count) : NULL;
    for (int i = 0; i < count; i++) {
        free((void *)(uintptr_t)copies[i].data);
    }
    free(copies);
    return REDIS_OK;
}

int redisGetReply(redisContext *context, void **ret_reply)
{
    struct connection *connection = (struct connection *)context;
    process_boundary("redis");
    must(connection->first < connection->count);
    int at = connection->first++;
    bool lost = connection->lost[at] || connection->epoch != epoch;
    if (connection->first == connection->count) {
        connection->first = connection->count = 0;
    }
    if (lost) {
        process_sleep(200000);
        errno = EAGAIN;
        context->err = REDIS_ERR_IO;
        (void)snprintf(context->errstr, sizeof context->errstr, "lost");
        return REDIS_ERR;
    }
    *ret_reply = connection->replies[at];
    return REDIS_OK;
}

/* ---- TLS: the simulated network needs none -----------------------------------------------------
 */

bool redis_tls_is_built_in(void)
{
    return false;
}

enum status redis_tls_check(const struct redis_tls_files *files, struct error *error)
{
    (void)files, (void)error;
    return OK;
}

enum status redis_tls_start(redisContext *context, const struct redis_tls_files *files,
                            const char *host, struct error *error)
{
    (void)context, (void)files, (void)host, (void)error;
    return OK;
}
