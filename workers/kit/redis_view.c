#include "kit/redis_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/redis_connection.h"
#include "kit/redis_script.h"
#include "kit/settings.h"

enum {
    PREFIX_SIZE_MAX = 256,
    KEY_SIZE = PREFIX_SIZE_MAX + 64,
    TOKEN_SIZE = 17,
    NUMBER_SIZE = 24,
    REBUILD_FIELDS_PER_COMMAND = 200,
    REBUILD_BYTES_PER_COMMAND = 256 << 10,
    REBUILD_PENDING_MAX = 64,        /* commands that travel together … */
    REBUILD_BYTES_PENDING = 1 << 20, /* … or fewer, if they are large */
    SCAN_COUNT = 1000,
};

static const struct text mark_key = {"mark", 4};

/* The one rebuild that is going on. */
struct rebuild {
    bool going_on;
    int32_t partition;
    int64_t field_count; /* as the server counted them */
    int pending;         /* pairs of HSET and EXPIRE without a reply yet */
    size_t pending_bytes;
    struct error fault; /* why it stopped */
};

struct redis_view {
    struct redis_connection connection;
    struct redis_scripts scripts;
    char prefix[PREFIX_SIZE_MAX + 1];
    char token[TOKEN_SIZE]; /* of this process and view, so that two rebuilds never mix */
    struct rebuild rebuild;
    redisReply *kept;   /* what the last text that was returned points into */
    struct text *words; /* of the command that is being made */
    size_t word_capacity;
};

/* ---- Life ------------------------------------------------------------------------------------ */

static void token_draw(char ret_token[TOKEN_SIZE])
{
    uint64_t number = 0;
    FILE *random = fopen("/dev/urandom", "re");
    must(random && fread(&number, sizeof number, 1, random) == 1);
    (void)fclose(random); /* only read */
    must(snprintf(ret_token, TOKEN_SIZE, "%016" PRIx64, number) == TOKEN_SIZE - 1);
}

enum status redis_view_new(const char *url, const char *password_file,
                           const struct redis_tls_files *tls, const char *prefix, int timeout_ms,
                           struct redis_view **ret_view, struct error *error)
{
    size_t prefix_size = strlen(prefix);
    if (prefix_size > PREFIX_SIZE_MAX) {
        return error_set(error, FATAL, "redis.prefix is longer than %d bytes", PREFIX_SIZE_MAX);
    }
    struct redis_view *view = calloc(1, sizeof *view);
    if (!view) {
        return error_set(error, FATAL, "no memory for Redis");
    }
    enum status status =
        redis_connection_init(&view->connection, url, password_file, tls, timeout_ms, error);
    if (status != OK) {
        free(view);
        return status;
    }
    memcpy(view->prefix, prefix, prefix_size + 1);
    token_draw(view->token);
    *ret_view = view;
    return OK;
}

enum status redis_view_configured(const struct settings *settings, struct redis_view **ret_view,
                                  struct error *error)
{
    const char *url = settings_text(settings, "redis.url");
    const char *password_file = settings_text(settings, "redis.password_file");
    const struct redis_tls_files tls = {
        .ca = settings_text(settings, "redis.ca.file"),
        .certificate = settings_text(settings, "redis.certificate.file"),
        .key = settings_text(settings, "redis.key.file"),
    };
    *ret_view = NULL;
    return *url
               ? redis_view_new(url, *password_file ? password_file : NULL, &tls,
                                settings_text(settings, "redis.prefix"),
                                (int)settings_number(settings, "redis.timeout.ms"), ret_view, error)
               : OK;
}

static void forget_kept(struct redis_view *view)
{
    if (view->kept) {
        freeReplyObject(view->kept);
        view->kept = NULL;
    }
}

void redis_view_free(struct redis_view *view)
{
    if (!view) {
        return;
    }
    forget_kept(view);
    redis_connection_done(&view->connection);
    free(view->words);
    free(view);
}

uint64_t redis_view_connections(const struct redis_view *view)
{
    return view->connection.count;
}

const char *redis_view_warning(const struct redis_view *view)
{
    return view->connection.warning;
}

/* ---- Keys and words -------------------------------------------------------------------------- */

static struct text view_key(const struct redis_view *view, int32_t partition,
                            char ret_key[KEY_SIZE])
{
    must(partition >= 0);
    int size = snprintf(ret_key, KEY_SIZE, "%s{%" PRId32 "}:cases", view->prefix, partition);
    must(size > 0 && size < KEY_SIZE);
    return (struct text){ret_key, (uint32_t)size};
}

static struct text rebuild_key(const struct redis_view *view, int32_t partition,
                               char ret_key[KEY_SIZE])
{
    int size = snprintf(ret_key, KEY_SIZE, "%s{%" PRId32 "}:cases:rebuild:%s", view->prefix,
                        partition, view->token);
    must(size > 0 && size < KEY_SIZE);
    return (struct text){ret_key, (uint32_t)size};
}

static struct text number_text(int64_t number, char ret_digits[NUMBER_SIZE])
{
    int size = snprintf(ret_digits, NUMBER_SIZE, "%" PRId64, number);
    must(size > 0 && size < NUMBER_SIZE);
    return (struct text){ret_digits, (uint32_t)size};
}

/* Room for the words of a command; they are kept for the next one. */
static enum status words_reserve(struct redis_view *view, size_t count, struct error *error)
{
    if (count > view->word_capacity) {
        struct text *words = realloc(view->words, count * sizeof *words);
        if (!words) {
            return error_set(error, RETRY, "no memory for a command to Redis");
        }
        view->words = words;
        view->word_capacity = count;
    }
    return OK;
}

/* ---- Rebuild: commands travel together ---------------------------------------------------------
 */

static void rebuild_stop(struct redis_view *view, const struct error *why)
{
    view->rebuild.going_on = false;
    view->rebuild.fault = *why;
}

static enum status receive_number(struct redis_view *view, int64_t *ret_number, struct error *error)
{
    redisReply *reply = NULL;
    enum status status = redis_receive(&view->connection, &reply, error);
    if (status == OK) {
        *ret_number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
        freeReplyObject(reply);
    }
    return status;
}

/* Takes the replies that are still to come, so that the next command gets its own. */
static void drain(struct redis_view *view)
{
    struct error why;
    struct rebuild *rebuild = &view->rebuild;
    for (; rebuild->pending > 0 && view->connection.context; rebuild->pending--) {
        int64_t added = 0;
        int64_t lives = 0;
        bool fine = receive_number(view, &added, &why) == OK;
        if (view->connection.context) {
            struct error *other = fine ? &why : &(struct error){""};
            fine = receive_number(view, &lives, other) == OK && fine;
        }
        if (!fine) {
            rebuild_stop(view, &why);
        }
        rebuild->field_count += added;
    }
    if (rebuild->pending > 0) {
        rebuild_stop(view, &view->connection.fault);
    }
    rebuild->pending = 0;
    rebuild->pending_bytes = 0;
}

/* All commands but those of rebuild_add go through here. */
static enum status ask(struct redis_view *view, const struct text *words, size_t count,
                       redisReply **ret_reply, struct error *error)
{
    drain(view);
    return redis_ask(&view->connection, words, count, ret_reply, error);
}

enum status redis_view_rebuild_begin(struct redis_view *view, int32_t partition,
                                     struct error *error)
{
    char key[KEY_SIZE];
    const struct text words[] = {TEXT("UNLINK"), rebuild_key(view, partition, key)};
    redisReply *reply = NULL;
    forget_kept(view);
    enum status status = ask(view, words, 2, &reply, error);
    if (status == OK) {
        freeReplyObject(reply);
        view->rebuild = (struct rebuild){.going_on = true, .partition = partition};
    } else {
        rebuild_stop(view, error);
    }
    return status;
}

static enum status rebuild_check(const struct redis_view *view, int32_t partition,
                                 struct error *error)
{
    if (view->rebuild.going_on && view->rebuild.partition == partition) {
        return OK;
    }
    return error_set(error, RETRY, "the rebuild has stopped, begin again: %.400s",
                     view->rebuild.fault.text);
}

/* The first fields that go into one command. */
static size_t chunk_of(const struct redis_field *fields, size_t count, size_t *ret_bytes)
{
    size_t bytes = 0;
    size_t taken = 0;
    while (taken < count && taken < REBUILD_FIELDS_PER_COMMAND &&
           (taken == 0 || bytes < REBUILD_BYTES_PER_COMMAND)) {
        must(text_is_set(fields[taken].value) && !text_equal(fields[taken].key, mark_key));
        bytes += fields[taken].key.size + fields[taken].value.size;
        taken++;
    }
    *ret_bytes = bytes;
    return taken;
}

static enum status send_chunk(struct redis_view *view, struct text key,
                              const struct redis_field *fields, size_t count, struct error *error)
{
    char seconds[NUMBER_SIZE];
    const struct text expire[] = {TEXT("EXPIRE"), key, number_text(REDIS_REBUILD_TTL_S, seconds)};
    enum status status = words_reserve(view, 2 + 2 * count, error);
    if (status != OK) {
        return status;
    }
    view->words[0] = TEXT("HSET");
    view->words[1] = key;
    for (size_t i = 0; i < count; i++) {
        view->words[2 + 2 * i] = fields[i].key;
        view->words[3 + 2 * i] = fields[i].value;
    }
    status = redis_send(&view->connection, view->words, 2 + 2 * count, error);
    if (status == OK) {
        status = redis_send(&view->connection, expire, 3, error);
    }
    return status;
}

enum status redis_view_rebuild_add(struct redis_view *view, int32_t partition,
                                   const struct redis_field *fields, size_t count,
                                   struct error *error)
{
    char key[KEY_SIZE];
    struct text name = rebuild_key(view, partition, key);
    struct rebuild *rebuild = &view->rebuild;
    enum status status = rebuild_check(view, partition, error);
    forget_kept(view);
    while (status == OK && count > 0) {
        size_t bytes = 0;
        size_t taken = chunk_of(fields, count, &bytes);
        status = send_chunk(view, name, fields, taken, error);
        if (status != OK) {
            drain(view);
            rebuild_stop(view, error);
            return status;
        }
        rebuild->pending++;
        rebuild->pending_bytes += bytes;
        fields += taken;
        count -= taken;
        if (rebuild->pending >= REBUILD_PENDING_MAX ||
            rebuild->pending_bytes >= REBUILD_BYTES_PENDING) {
            drain(view);
            status = rebuild_check(view, partition, error);
        }
    }
    return status;
}

enum status redis_view_rebuild_end(struct redis_view *view, int32_t partition, struct text mark,
                                   struct error *error)
{
    char from[KEY_SIZE];
    char to[KEY_SIZE];
    char digits[NUMBER_SIZE];
    redisReply *reply = NULL;
    forget_kept(view);
    drain(view);
    enum status status = rebuild_check(view, partition, error);
    if (status != OK) {
        return status;
    }
    struct text words[REDIS_SCRIPT_WORDS + 4] = {[REDIS_SCRIPT_WORDS] =
                                                     rebuild_key(view, partition, from),
                                                 view_key(view, partition, to),
                                                 mark,
                                                 number_text(view->rebuild.field_count, digits)};
    view->rebuild.going_on = false;
    (void)error_set(&view->rebuild.fault, RETRY, "it has ended");
    status = redis_script_run(&view->scripts, &view->connection, REDIS_SCRIPT_PUBLISH, words,
                              sizeof words / sizeof *words, &reply, error);
    if (status != OK) {
        return status;
    }
    bool published = reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    return published ? OK
                     : error_set(error, RETRY,
                                 "what was rebuilt is not there any more: was Redis flushed?");
}

/* ---- Step ------------------------------------------------------------------------------------ */

/* Deleted keys first, then keys with values; returns how many are deleted. */
static size_t put_fields(const struct redis_field *fields, size_t count, struct text *words)
{
    size_t deleted = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        must(!text_equal(fields[i].key, mark_key));
        if (!text_is_set(fields[i].value)) {
            words[at++] = fields[i].key;
            deleted++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (text_is_set(fields[i].value)) {
            words[at++] = fields[i].key;
            words[at++] = fields[i].value;
        }
    }
    return deleted;
}

/* Anything but the status OK is the mark that is stored, or nothing. */
static enum status judge_step(redisReply *reply, int64_t from_n, struct error *error)
{
    enum status status = OK;
    if (reply->type == REDIS_REPLY_STRING) {
        status = error_set(error, POISON, "Redis has the mark '%.100s', not one of n = %" PRId64,
                           reply->str, from_n);
    } else if (reply->type != REDIS_REPLY_STATUS) {
        status = error_set(error, POISON, "Redis has nothing, not a mark of n = %" PRId64, from_n);
    }
    freeReplyObject(reply);
    return status;
}

enum status redis_view_step(struct redis_view *view, int32_t partition, int64_t from_n,
                            struct text mark, const struct redis_field *fields, size_t count,
                            struct error *error)
{
    enum { FIRST = REDIS_SCRIPT_WORDS + 4 };
    char key[KEY_SIZE];
    char from_digits[NUMBER_SIZE];
    char deleted_digits[NUMBER_SIZE];
    redisReply *reply = NULL;
    forget_kept(view);
    drain(view);
    if (count > REDIS_STEP_FIELDS_MAX) {
        return error_set(error, POISON, "a step of %zu fields; at most %d", count,
                         REDIS_STEP_FIELDS_MAX);
    }
    enum status status = words_reserve(view, FIRST + 2 * count, error);
    if (status != OK) {
        return status;
    }
    size_t deleted = put_fields(fields, count, view->words + FIRST);
    view->words[REDIS_SCRIPT_WORDS] = view_key(view, partition, key);
    view->words[REDIS_SCRIPT_WORDS + 1] = number_text(from_n, from_digits);
    view->words[REDIS_SCRIPT_WORDS + 2] = mark;
    view->words[REDIS_SCRIPT_WORDS + 3] = number_text((int64_t)deleted, deleted_digits);
    status = redis_script_run(&view->scripts, &view->connection, REDIS_SCRIPT_STEP, view->words,
                              FIRST + 2 * count - deleted, &reply, error);
    if (status == OK) {
        return judge_step(reply, from_n, error);
    }
    bool no_view = strstr(error->text, "WRONGTYPE") != NULL;
    return no_view ? POISON : status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum status get(struct redis_view *view, int32_t partition, struct text field,
                       struct text *ret_value, struct error *error)
{
    char key[KEY_SIZE];
    const struct text words[] = {TEXT("HGET"), view_key(view, partition, key), field};
    redisReply *reply = NULL;
    forget_kept(view);
    enum status status = ask(view, words, 3, &reply, error);
    if (status != OK) {
        return status;
    }
    view->kept = reply;
    *ret_value = reply->type == REDIS_REPLY_STRING ? (struct text){reply->str, (uint32_t)reply->len}
                                                   : (struct text){NULL, 0};
    return OK;
}

enum status redis_view_mark(struct redis_view *view, int32_t partition, struct text *ret_mark,
                            struct error *error)
{
    return get(view, partition, mark_key, ret_mark, error);
}

enum status redis_view_get(struct redis_view *view, int32_t partition, struct text key,
                           struct text *ret_value, struct error *error)
{
    return get(view, partition, key, ret_value, error);
}

static bool is_page(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING &&
           reply->element[1]->type == REDIS_REPLY_ARRAY && reply->element[1]->elements % 2 == 0;
}

static struct text reply_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct text){reply->str, (uint32_t)reply->len}
                                             : (struct text){NULL, 0};
}

static enum status give_page(const redisReply *items, redis_each *each, void *context,
                             struct error *error)
{
    enum status status = OK;
    for (size_t i = 0; i + 1 < items->elements && status == OK; i += 2) {
        struct text key = reply_text(items->element[i]);
        if (!text_equal(key, mark_key)) {
            status = each(context, key, reply_text(items->element[i + 1]), error);
        }
    }
    return status;
}

/* *cursor is the text of the next page's, "0" after the last one. */
static enum status read_page(struct redis_view *view, struct text key, char cursor[NUMBER_SIZE],
                             redis_each *each, void *context, struct error *error)
{
    char digits[NUMBER_SIZE];
    const struct text words[] = {TEXT("HSCAN"), key, text_of(cursor), TEXT("COUNT"),
                                 number_text(SCAN_COUNT, digits)};
    redisReply *reply = NULL;
    enum status status = ask(view, words, 5, &reply, error);
    if (status != OK) {
        return status;
    }
    if (!is_page(reply) || reply->element[0]->len >= NUMBER_SIZE) {
        freeReplyObject(reply);
        redis_drop(&view->connection, "no answer to HSCAN that we know");
        return error_set(error, RETRY, "%s", view->connection.fault.text);
    }
    memcpy(cursor, reply->element[0]->str, (size_t)reply->element[0]->len + 1);
    status = give_page(reply->element[1], each, context, error);
    freeReplyObject(reply);
    return status;
}

enum status redis_view_read(struct redis_view *view, int32_t partition, redis_each *each,
                            void *context, struct error *error)
{
    char key[KEY_SIZE];
    char cursor[NUMBER_SIZE] = "0";
    struct text mark;
    struct text name = view_key(view, partition, key);
    enum status status = get(view, partition, mark_key, &mark, error);
    if (status == OK && text_is_set(mark)) {
        status = each(context, mark_key, mark, error);
    }
    if (status != OK) {
        return status;
    }
    do {
        status = read_page(view, name, cursor, each, context, error);
    } while (status == OK && strcmp(cursor, "0") != 0);
    forget_kept(view);
    return status;
}
