#include "outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "core/must.h"
#include "fleet.h"
#include "kit/http.h"
#include "kit/log.h"
#include "kit/policy_file.h"
#include "kit/stop.h"
#include "kit/words.h"
#include "operator.h"
#include "process.h"
#include "story.h"

/* The linker sends the program's calls of these here (--wrap in CMakeLists.txt). */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time);
int __wrap_usleep(useconds_t us);
_Noreturn void __wrap__exit(int status);
_Noreturn void __real__exit(int status);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);
enum status __wrap_codec_new(const char *dir, struct codec_limits limits, struct codec **ret_codec,
                             struct error *error);
enum status __real_codec_new(const char *dir, struct codec_limits limits, struct codec **ret_codec,
                             struct error *error);
void __wrap_codec_free(struct codec *codec);
enum status __wrap_policy_set_load(const char *dir, const char *name, struct policy_set **ret_set,
                                   struct error *error);
enum status __real_policy_set_load(const char *dir, const char *name, struct policy_set **ret_set,
                                   struct error *error);
void __wrap_policy_set_free(struct policy_set *set);
enum status __wrap_words_load_configured(const struct settings *settings, struct words **ret_words,
                                         struct error *error);
void __wrap_words_free(struct words *words);

/* ---- Time -------------------------------------------------------------------------------------
 */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int64_t ns = clock == CLOCK_REALTIME
                     ? (broker_wall_ms() + process_skew(process_me())) * 1000000
                     : (process_time_us() + 1000000) * 1000; /* never 0: that may mean never */
    ret_time->tv_sec = ns / 1000000000;
    ret_time->tv_nsec = ns % 1000000000;
    return 0;
}

int __wrap_usleep(useconds_t us)
{
    process_boundary("sleep");
    process_sleep(us);
    return 0;
}

/* ---- Life -------------------------------------------------------------------------------------
 */

_Noreturn void __wrap__exit(int status)
{
    if (process_me()) {
        process_exit(status);
    }
    __real__exit(status);
}

void stop_listen(void)
{
}

bool stop_is_asked(void)
{
    return process_is_asked_to_stop();
}

void stop_within(int64_t most_ms)
{
    (void)most_ms; /* the plan of faults ends whoever takes too long */
}

/* ---- What is told ------------------------------------------------------------------------------
 */

void log_init(enum log_format format, enum log_level level, const char *worker)
{
    (void)format, (void)level, (void)worker;
}

bool log_enabled(enum log_level level)
{
    return level < LOG_DEBUG;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    const struct log_field *first = fields;
    char line[300];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", event);
    for (; fields->kind != LOG_FIELD_END && used < sizeof line - 1; fields++) {
        int more =
            fields->kind == LOG_FIELD_TEXT
                ? snprintf(line + used, sizeof line - used, " %s=%.*s", fields->name,
                           (int)fields->text.size, fields->text.size ? fields->text.data : "")
                : snprintf(line + used, sizeof line - used, " %s=%lld", fields->name,
                           (long long)fields->number);
        used += (size_t)more;
    }
    story_tell("%s%s", level == LOG_ERROR ? "ERROR " : "", line);
    operator_hears(event, first);
}

bool log_level_parse(const char *word, enum log_level *ret_level)
{
    *ret_level = LOG_INFO;
    return word != NULL;
}

bool log_format_parse(const char *word, enum log_format *ret_format)
{
    *ret_format = LOG_LOGFMT;
    return word != NULL;
}

void log_kafka(const rd_kafka_t *client, int level, const char *facility, const char *words)
{
    (void)client, (void)level, (void)facility, (void)words;
}

enum status http_start(const char *listen, struct http **ret_http, struct error *error)
{
    (void)listen, (void)error;
    *ret_http = NULL;
    return OK;
}

void http_stop(struct http *http)
{
    (void)http;
}

int http_port(const struct http *http)
{
    (void)http;
    return 0;
}

void http_set_ready(struct http *http, bool ready, const char *reason)
{
    (void)http, (void)ready, (void)reason;
}

void http_beat(struct http *http)
{
    (void)http;
}

void http_beat_at(struct http *http, int64_t monotonic_ms)
{
    (void)http, (void)monotonic_ms;
}

/* ---- Files ------------------------------------------------------------------------------------
 */

static struct codec *codec;
static struct policy_set *policies;      /* as they are deployed */
static struct policy_set *next_policies; /* with the next versions of some, which supersede them */
static struct words *words;

/* A folder with both is made for the time of the reading. */
static void load_next_policies(void)
{
    struct error error;
    char folder[] = "/tmp/shortfall-sim-XXXXXX";
    char now[64];
    char next[64];
    must(mkdtemp(folder));
    (void)snprintf(now, sizeof now, "%s/now", folder);
    (void)snprintf(next, sizeof next, "%s/next", folder);
    must(symlink(SIM_POLICY_DIR, now) == 0);
    must(symlink(SHORTFALL_SOURCE_DIR "/tests/sim/next_policies", next) == 0);
    enum status status = __real_policy_set_load(folder, "default", &next_policies, &error);
    must(unlink(now) == 0 && unlink(next) == 0 && rmdir(folder) == 0);
    must(status == OK);
}

void outside_prepare(void)
{
    struct error error;
    must(__real_codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &codec, &error) ==
         OK);
    must(__real_policy_set_load(SIM_POLICY_DIR, "default", &policies, &error) == OK);
    load_next_policies();
    must(words_load(NULL, &words, &error) == OK);
}

struct codec *outside_codec(void)
{
    return codec;
}

struct policy_set *outside_policies_before(void)
{
    return policies;
}

struct policy_set *outside_policies(void)
{
    return next_policies;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    static char token[8];
    if (strcmp(path, "/dev/urandom") == 0) {
        token[0]++;
        return fmemopen(token, sizeof token, "r");
    }
    return __real_fopen(path, mode);
}

enum status __wrap_codec_new(const char *dir, struct codec_limits limits, struct codec **ret_codec,
                             struct error *error)
{
    (void)dir, (void)limits, (void)error;
    *ret_codec = codec;
    return OK;
}

void __wrap_codec_free(struct codec *shared)
{
    (void)shared;
}

enum status __wrap_policy_set_load(const char *dir, const char *name, struct policy_set **ret_set,
                                   struct error *error)
{
    (void)dir, (void)name, (void)error;
    *ret_set = fleet_has_next_policies(process_me()) ? next_policies : policies;
    return OK;
}

void __wrap_policy_set_free(struct policy_set *set)
{
    (void)set;
}

enum status __wrap_words_load_configured(const struct settings *settings, struct words **ret_words,
                                         struct error *error)
{
    (void)settings, (void)error;
    *ret_words = words;
    return OK;
}

void __wrap_words_free(struct words *shared)
{
    (void)shared;
}
