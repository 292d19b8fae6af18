/* A real Redis for tests: started on a socket in a folder of its own, with one view on it.
 *
 * Included by the tests of the view; each of them is a program and has a server of its own. */
#ifndef SHORTFALL_TESTS_REDIS_SERVER_H
#define SHORTFALL_TESTS_REDIS_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/clock.h"
#include "kit/redis_view.h"

/* A busy machine must not look like a server that hangs, so only the tests of that are strict. */
enum { DEADLINE_MS = 30000, TIMEOUT_MS = 5000, STRICT_TIMEOUT_MS = 300, TEXT_SIZE = 512 };

static char folder[] = "/tmp/shortfall-redis-XXXXXX";
static char socket_path[64];
static char url[96];
static pid_t server;
static redisContext *admin;
static struct redis_view *view;
static struct error error;
/* What else the server is started with; NULL at the end. */
static const char *server_words[24];

/* ---- The server ----------------------------------------------------------------------------- */

static inline void nap(void)
{
    (void)poll(NULL, 0, 5);
}

static inline void run_server(void)
{
    int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)dup2(log, STDOUT_FILENO);
    (void)dup2(log, STDERR_FILENO);
    const char *words[48] = {"redis-server",
                             "--port",
                             "0",
                             "--unixsocket",
                             socket_path,
                             "--dir",
                             folder,
                             "--save",
                             "",
                             "--appendonly",
                             "no",
                             "--daemonize",
                             "no"};
    size_t count = 0;
    while (words[count]) {
        count++;
    }
    for (size_t i = 0; server_words[i]; i++) {
        words[count++] = server_words[i];
    }
    (void)execvp(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

static inline void start_server(void)
{
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    (void)unlink(socket_path);
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        run_server();
    }
    do {
        nap();
        if (waitpid(server, NULL, WNOHANG) == server) {
            fail_msg("redis-server did not start: is it installed?");
        }
        assert_true(clock_monotonic_ms() < deadline_ms);
        if (admin) {
            redisFree(admin);
        }
        admin = redisConnectUnix(socket_path);
    } while (!admin || admin->err);
}

static inline void kill_server(void)
{
    if (admin) {
        redisFree(admin);
        admin = NULL;
    }
    if (server > 0) {
        assert_int_equal(kill(server, SIGKILL), 0);
        assert_int_equal(waitpid(server, NULL, 0), server);
        server = 0;
    }
}

/* A command of the test itself, on its own connection; the reply as text. */
static inline const char *ask(const char *format, ...)
{
    static char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(admin, format, arguments);
    va_end(arguments);
    assert_non_null(reply);
    int size = reply->type == REDIS_REPLY_INTEGER
                   ? snprintf(text, sizeof text, "%lld", reply->integer)
               : reply->type == REDIS_REPLY_ARRAY
                   ? snprintf(text, sizeof text, "%zu items", reply->elements)
                   : snprintf(text, sizeof text, "%s", reply->str ? reply->str : "(nil)");
    assert_true(size >= 0);
    freeReplyObject(reply);
    return text;
}

static inline struct redis_view *view_open_within(const char *at, const char *password_file,
                                                  int timeout_ms)
{
    struct redis_view *opened = NULL;
    if (redis_view_new(at, password_file, NULL, "t:", timeout_ms, &opened, &error) != OK) {
        fail_msg("%s", error.text);
    }
    return opened;
}

static inline struct redis_view *view_open(const char *at, const char *password_file)
{
    return view_open_within(at, password_file, TIMEOUT_MS);
}

static inline int set_up_server(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* the test's own connection to a server that it kills */
    assert_non_null(mkdtemp(folder));
    assert_true(snprintf(socket_path, sizeof socket_path, "%s/s", folder) > 0);
    assert_true(snprintf(url, sizeof url, "unix://%s", socket_path) > 0);
    start_server();
    return 0;
}

static inline int tear_down_server(void **state)
{
    char command[96];
    (void)state;
    kill_server();
    assert_true(snprintf(command, sizeof command, "rm -r '%s'", folder) > 0);
    return system(command);
}

static inline int set_up(void **state)
{
    (void)state;
    assert_string_equal(ask("FLUSHALL"), "OK");
    view = view_open(url, NULL);
    return 0;
}

static inline int set_up_strict(void **state)
{
    (void)state;
    assert_string_equal(ask("FLUSHALL"), "OK");
    view = view_open_within(url, NULL, STRICT_TIMEOUT_MS);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    redis_view_free(view);
    view = NULL;
    return 0;
}

/* ---- What the view holds ----------------------------------------------------------------------
 */

static inline struct redis_field field(const char *key, const char *value)
{
    return (struct redis_field){text_of(key), text_of(value)};
}

static inline enum status step_by(struct redis_view *by, int64_t from_n, const char *mark,
                                  const char *key, const char *value)
{
    struct redis_field one = field(key, value);
    return redis_view_step(by, 3, from_n, text_of(mark), &one, 1, &error);
}

static inline enum status step(int64_t from_n, const char *mark, const char *key, const char *value)
{
    return step_by(view, from_n, mark, key, value);
}

struct contents {
    char text[TEXT_SIZE];
    size_t count;
};

static inline enum status add_to_contents(void *context, struct text key, struct text value,
                                          struct error *why)
{
    struct contents *contents = context;
    size_t used = strlen(contents->text);
    int size = snprintf(contents->text + used, sizeof contents->text - used, "%s%.*s=%.*s",
                        used ? " " : "", (int)key.size, key.data, (int)value.size, value.data);
    (void)why;
    assert_true(size >= 0);
    contents->count++;
    return OK;
}

/* "mark=1 x k=v": everything of partition 3; fields in the order of a small hash. */
static inline const char *contents(void)
{
    static struct contents all;
    all = (struct contents){.count = 0};
    if (redis_view_read(view, 3, add_to_contents, &all, &error) != OK) {
        fail_msg("%s", error.text);
    }
    return all.text;
}

/* Adds count fields k0, k1 … to the rebuild of partition 3. */
static inline void rebuild_fields(int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char key[16];
        assert_true(snprintf(key, sizeof key, "k%d", i) > 0);
        struct redis_field one = field(key, "v");
        if (redis_view_rebuild_add(view, 3, &one, 1, &error) != OK) {
            fail_msg("%s", error.text);
        }
    }
}

/* A step that a busy machine may make late, and so twice. */
static inline void step_at_last(int64_t from_n, const char *mark, const char *key,
                                const char *value)
{
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    while (step(from_n, mark, key, value) != OK) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        nap();
    }
}

/* Until the view has its connection again. */
static inline void await_connection(void)
{
    struct text mark;
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    while (redis_view_mark(view, 3, &mark, &error) != OK) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        nap();
    }
}

#define WITH_VIEW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_STRICT_VIEW(test) cmocka_unit_test_setup_teardown(test, set_up_strict, tear_down)

#endif
