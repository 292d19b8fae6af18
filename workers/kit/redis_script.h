/* The Lua scripts of the view, and how they are run: by their digest, in full where the server has
 * forgotten them. */
#ifndef SHORTFALL_KIT_REDIS_SCRIPT_H
#define SHORTFALL_KIT_REDIS_SCRIPT_H

#include "kit/redis_connection.h"

enum redis_script {
    /* KEYS view; ARGV from_n, mark, how many keys to delete, these keys, keys and values.
     * Status OK, or the mark that is stored, or nil where there is none. */
    REDIS_SCRIPT_STEP,
    /* KEYS temporary, view; ARGV mark, how many fields. Status OK, or nil where some are missing.
     */
    REDIS_SCRIPT_PUBLISH,
    REDIS_SCRIPT_COUNT,
};

enum { REDIS_DIGEST_SIZE = 41, REDIS_SCRIPT_WORDS = 3 /* that redis_script_run fills in */ };

struct redis_scripts {
    char digests[REDIS_SCRIPT_COUNT][REDIS_DIGEST_SIZE]; /* "": not loaded yet */
};

/* words[0 … 2] are filled in here: the command, the script, the number of keys; keys and arguments
 * follow. *ret_reply is the caller's to free. */
enum status redis_script_run(struct redis_scripts *scripts, struct redis_connection *connection,
                             enum redis_script script, struct text *words, size_t count,
                             redisReply **ret_reply, struct error *error) must_check;

#endif
