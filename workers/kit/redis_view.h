/* The shared view of the cases in Redis: for restart, look-up and people. Never the only copy.
 *
 * One hash a partition, "<prefix>{<partition>}:cases": field = state key, value = state bytes, and
 * a field "mark" with the text of the mark {n, count, digest} that the contents are true for. A Lua
 * compare-and-set moves n to n + 1 with all changed fields in one step, so a worker that was paused
 * and wakes cannot write over its successor. Where that is refused the caller marks the partition
 * stale and rebuilds it: everything goes into a temporary key that is then renamed.
 *
 * A fault of Redis costs time, never correctness: each wait is bounded by the timeout given at the
 * start; after any fault the connection is closed and made anew by a later call, not more often
 * than once a second (kit/redis_connection.h). Whoever must know whether Redis lost something
 * compares the mark: after each new connection (redis_view_connections grows), and now and then.
 * Not shared between threads. */
#ifndef SHORTFALL_KIT_REDIS_VIEW_H
#define SHORTFALL_KIT_REDIS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/error.h"

enum {
    REDIS_STEP_FIELDS_MAX = 100000, /* a larger step is POISON: a rebuild is kinder to the server */
    REDIS_REBUILD_TTL_S = 600,
};

struct redis_tls_files;
struct redis_view;
struct settings;

struct redis_field {
    struct text key;
    struct text value; /* data == NULL: delete the field */
};

/* url: kit/redis_url.h; the password better by password_file (NULL: none). tls: the files of
 * rediss://, NULL: none. Does not connect. FATAL for a bad url or file. */
enum status redis_view_new(const char *url, const char *password_file,
                           const struct redis_tls_files *tls, const char *prefix, int timeout_ms,
                           struct redis_view **ret_view, struct error *error) must_check;

/* The one that the settings of a caseworker name; NULL where they name none. */
enum status redis_view_configured(const struct settings *settings, struct redis_view **ret_view,
                                  struct error *error) must_check;
void redis_view_free(struct redis_view *view); /* accepts NULL */

/* How many connections were made so far. */
uint64_t redis_view_connections(const struct redis_view *view);

/* What is wrong with how the server is set, in words; "" where nothing is. As of the last
 * connection. */
const char *redis_view_warning(const struct redis_view *view);

/* One step's change: if the stored mark's n is `from_n` (0 also where there is nothing yet), write
 * the fields and the new mark (text; its first field, up to the first space, is n = from_n + 1).
 * Where exactly this mark is stored already (a step whose answer was lost) it is OK, too.
 * RETRY: unreachable, refused, out of memory, read-only; the change may have been made or not.
 * POISON: the stored n is another one, or what is stored is no view: rebuild. */
enum status redis_view_step(struct redis_view *view, int32_t partition, int64_t from_n,
                            struct text mark, const struct redis_field *fields, size_t count,
                            struct error *error) must_check;

/* Replaces the partition's contents: begin, add (any number of times, each key once), end
 * (renames). Commands are sent in batches, so a fault of one may be told by a later call. After any
 * failure: begin again. What a rebuild leaves behind when it is broken off goes after
 * REDIS_REBUILD_TTL_S. */
enum status redis_view_rebuild_begin(struct redis_view *view, int32_t partition,
                                     struct error *error) must_check;
enum status redis_view_rebuild_add(struct redis_view *view, int32_t partition,
                                   const struct redis_field *fields, size_t count,
                                   struct error *error) must_check;
enum status redis_view_rebuild_end(struct redis_view *view, int32_t partition, struct text mark,
                                   struct error *error) must_check;

/* Reads the mark only. *ret_mark is the view's own and lives until its next call; not set where
 * there is none. */
enum status redis_view_mark(struct redis_view *view, int32_t partition, struct text *ret_mark,
                            struct error *error) must_check;

/* Reads everything of a partition through `each` (HSCAN; the mark first, with the key "mark", if
 * there is one); texts live for the call. Where somebody writes at the same time a field may come
 * twice, or be older than the mark: whoever needs it exact compares {n, count, digest}.
 * `each` may stop it by returning another status than OK, which is passed on. */
typedef enum status redis_each(void *context, struct text key, struct text value,
                               struct error *error);
enum status redis_view_read(struct redis_view *view, int32_t partition, redis_each *each,
                            void *context, struct error *error) must_check;

/* One field of one partition; *ret_value as in redis_view_mark. */
enum status redis_view_get(struct redis_view *view, int32_t partition, struct text key,
                           struct text *ret_value, struct error *error) must_check;

#endif
