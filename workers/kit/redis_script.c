#include "kit/redis_script.h"

#include <string.h>

/* The mark is the first write of each script: where memory is out Redis refuses a script at its
 * first write or not at all, so nothing is ever done by half. */
static const struct {
    const char *source;
    const char *key_count;
} table[] = {
    [REDIS_SCRIPT_STEP] = {"local key, from_n, mark = KEYS[1], ARGV[1], ARGV[2]\n"
                           "local stored = redis.call('HGET', key, 'mark')\n"
                           "if stored == mark then return redis.status_reply('OK') end\n"
                           "local n = stored and string.match(stored, '^%S+') or '0'\n"
                           "if n ~= from_n then return stored end\n"
                           "if not stored and redis.call('EXISTS', key) == 1 then\n"
                           "  redis.call('DEL', key)\n" /* fields without a mark are nobody's */
                           "end\n"
                           "redis.call('HSET', key, 'mark', mark)\n"
                           "local first = 4 + tonumber(ARGV[3])\n"
                           "for i = 4, first - 1, 100 do\n"
                           "  local last = math.min(i + 99, first - 1)\n"
                           "  redis.call('HDEL', key, unpack(ARGV, i, last))\n"
                           "end\n"
                           "for i = first, #ARGV, 200 do\n"
                           "  redis.call('HSET', key, unpack(ARGV, i, math.min(i + 199, #ARGV)))\n"
                           "end\n"
                           "return redis.status_reply('OK')\n",
                           "1"},
    [REDIS_SCRIPT_PUBLISH] = {"if redis.call('HLEN', KEYS[1]) ~= tonumber(ARGV[2]) then\n"
                              "  return nil\n"
                              "end\n"
                              "redis.call('HSET', KEYS[1], 'mark', ARGV[1])\n"
                              "redis.call('PERSIST', KEYS[1])\n"
                              "redis.call('UNLINK', KEYS[2])\n"
                              "redis.call('RENAME', KEYS[1], KEYS[2])\n"
                              "return redis.status_reply('OK')\n",
                              "2"},
};

/* A server that does not let us load gets the script in full each time. */
static enum status load(struct redis_scripts *scripts, struct redis_connection *connection,
                        enum redis_script script, struct error *error)
{
    const struct text words[] = {TEXT("SCRIPT"), TEXT("LOAD"), text_of(table[script].source)};
    redisReply *reply = NULL;
    enum status status = redis_ask(connection, words, 3, &reply, error);
    if (status != OK) {
        return connection->context ? OK : status;
    }
    if (reply->type == REDIS_REPLY_STRING && reply->len == REDIS_DIGEST_SIZE - 1) {
        memcpy(scripts->digests[script], reply->str, REDIS_DIGEST_SIZE);
    }
    freeReplyObject(reply);
    return OK;
}

enum status redis_script_run(struct redis_scripts *scripts, struct redis_connection *connection,
                             enum redis_script script, struct text *words, size_t count,
                             redisReply **ret_reply, struct error *error)
{
    enum status status = OK;
    words[2] = text_of(table[script].key_count);
    if (!scripts->digests[script][0]) {
        status = load(scripts, connection, script, error);
    }
    if (status == OK && scripts->digests[script][0]) {
        words[0] = TEXT("EVALSHA");
        words[1] = text_of(scripts->digests[script]);
        status = redis_ask(connection, words, count, ret_reply, error);
        if (status == OK || strcmp(connection->code, "NOSCRIPT") != 0) {
            return status;
        }
    } else if (status != OK) {
        return status;
    }
    words[0] = TEXT("EVAL");
    words[1] = text_of(table[script].source);
    return redis_ask(connection, words, count, ret_reply, error);
}
