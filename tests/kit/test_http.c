#include "kit/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "kit/address.h"
#include "kit/clock.h"
#include "kit/metrics.h"

enum { ANSWER_SIZE = 1 << 16, ANSWER_WAIT_S = 20 };

static struct http *http;
static char answer[ANSWER_SIZE];

static int start(void **state)
{
    struct error error;
    (void)state;
    return http_start("127.0.0.1:0", &http, &error) == OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    http_stop(http);
    http = NULL;
    return 0;
}

static int connected(void)
{
    struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(http))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client >= 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    return client;
}

/* All that comes until the server closes, or "" where it does so without a word. */
static const char *read_answer(int client)
{
    size_t size = 0;
    ssize_t got;
    while ((got = recv(client, answer + size, sizeof answer - 1 - size, 0)) > 0) {
        size += (size_t)got;
    }
    answer[size] = '\0';
    close(client);
    return answer;
}

static const char *send_bytes(const char *bytes, size_t size)
{
    int client = connected();
    while (size > 0) {
        ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            break; /* the server has had enough, which is its right */
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return read_answer(client);
}

static const char *request(const char *method, const char *path)
{
    char text[512];
    int size = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                        method, path);
    assert_in_range(size, 1, sizeof text - 1);
    return send_bytes(text, (size_t)size);
}

static int code_of(const char *text)
{
    int code = 0;
    return sscanf(text, "HTTP/1.%*d %d", &code) == 1 ? code : 0;
}

static const char *body_of(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    return end ? end + 4 : "";
}

static void test_it_is_not_ready_while_the_main_loop_waits(void **state)
{
    (void)state;
    http_set_ready(http, true, "running");
    http_beat(http);
    assert_int_equal(code_of(request("GET", "/readyz")), 200);
    http_beat_at(http, clock_monotonic_ms() - HTTP_BEAT_READY_MS - 1000);
    const char *told = request("GET", "/readyz");
    assert_int_equal(code_of(told), 503);
    assert_non_null(strstr(told, "it waits for Kafka"));
    assert_int_equal(code_of(request("GET", "/livez")), 200);
    http_beat(http);
    assert_int_equal(code_of(request("GET", "/readyz")), 200);
}

static void test_it_is_alive_while_the_main_loop_beats(void **state)
{
    (void)state;
    assert_int_equal(code_of(request("GET", "/livez")), 200);
    assert_string_equal(body_of(answer), "alive\n");
    http_beat_at(http, clock_monotonic_ms() - HTTP_BEAT_MAX_MS - 1000);
    assert_int_equal(code_of(request("GET", "/livez")), 503);
    assert_string_equal(body_of(answer),
                        "the main loop has not moved for 31 s: it waits for Kafka, or hangs\n");
    http_beat(http);
    assert_int_equal(code_of(request("GET", "/livez")), 200);
}

static void test_it_is_ready_when_the_worker_says_so_and_says_why(void **state)
{
    (void)state;
    assert_int_equal(code_of(request("GET", "/readyz")), 503);
    assert_string_equal(body_of(answer), "starting\n");
    http_set_ready(http, true, "working on 3 partitions");
    assert_int_equal(code_of(request("GET", "/readyz")), 200);
    assert_string_equal(body_of(answer), "working on 3 partitions\n");
    http_set_ready(http, false, "draining");
    assert_int_equal(code_of(request("GET", "/readyz?verbose=1")), 503);
    assert_string_equal(body_of(answer), "draining\n");
}

static void test_a_reason_that_is_too_long_is_cut(void **state)
{
    (void)state;
    char reason[2 * HTTP_REASON_SIZE];
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    http_set_ready(http, true, reason);
    assert_int_equal(code_of(request("GET", "/readyz")), 200);
    assert_int_equal(strlen(body_of(answer)), HTTP_REASON_SIZE);
}

static void test_metrics_are_prometheus_text(void **state)
{
    (void)state;
    counter_add(metric_counter("test_http_total", "Test.", NULL), 7);
    assert_int_equal(code_of(request("GET", "/metrics")), 200);
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(body_of(answer), "\ntest_http_total 7\n"));
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    assert_int_equal(code_of(request("HEAD", "/livez")), 200);
    assert_string_equal(body_of(answer), "");
}

static void test_other_methods_and_paths_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        int code;
    } rows[] = {
        {"POST", "/livez", 405},      {"DELETE", "/metrics", 405}, {"BREW", "/readyz", 405},
        {"OPTIONS", "/metrics", 405}, {"GET", "/", 404},           {"GET", "/livez/", 404},
        {"GET", "/livezz", 404},      {"GET", "//metrics", 404},   {"GET", "/../etc/passwd", 404},
        {"GET", "/%2e%2e/x", 404},    {"GET", "/livez%00", 404},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = code_of(request(rows[i].method, rows[i].path));
        /* A zero byte in the path may end it, but gives nothing away. */
        assert_true(code == rows[i].code || (strstr(rows[i].path, "%00") && code == 200));
    }
    assert_int_equal(code_of(request("PUT", "/livez")), 405);
    assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
}

static void test_a_body_is_refused_and_not_read(void **state)
{
    (void)state;
    size_t size = 4 << 20;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, 'x', size);
    int head = snprintf(bytes, size,
                        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", size);
    assert_true(head > 0);
    bytes[head] = 'x';
    int code = code_of(send_bytes(bytes, size));
    assert_true(code == 405 || code == 0); /* 0: reset before the answer was read */
    free(bytes);
    assert_int_equal(code_of(request("GET", "/livez")), 200);
}

static void test_huge_and_broken_requests_do_no_harm(void **state)
{
    (void)state;
    enum { HUGE = 1 << 20 };
    static char bytes[HUGE];
    static const char *const starts[] = {
        "GET /",                                    /* a path without end */
        "GET /livez HTTP/1.1\r\nX: ",               /* a header without end */
        "GET /livez HTTP/1.1\r\nX: y\r\nX: y\r\n",  /* rubbish for headers */
        "\r\n\r\n\r\n",                             /* nothing at all */
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", /* TLS */
        "GET /livez HTTP/9.9\r\n",                  /* a version from the future */
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        memset(bytes, i % 2 ? 'x' : '/', sizeof bytes);
        memcpy(bytes, starts[i], strlen(starts[i]));
        int code = code_of(send_bytes(bytes, sizeof bytes));
        assert_true(code == 0 || code >= 400);
    }
    assert_int_equal(code_of(request("GET", "/livez")), 200);
}

static void test_silent_clients_are_thrown_out(void **state)
{
    (void)state;
    int clients[HTTP_CONNECTIONS_MAX];
    for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        clients[i] = connected();
        assert_int_equal(send(clients[i], "GET /li", 7, MSG_NOSIGNAL), 7);
    }
    int64_t deadline_ms = clock_monotonic_ms() + 30000;
    while (code_of(request("GET", "/livez")) != 200) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        assert_int_equal(poll(NULL, 0, 50), 0);
    }
    for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        close(clients[i]);
    }
}

static void test_a_bad_address_is_refused_in_words(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "8080",
        ":8080",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "::1:8080",
        "[::1:8080",
        "127.0.0.1:-1",
        "[]:1",
        "a b:1",
        "127.0.0.1:65536",
        "on",
        "127.0.0.1:00000080",
        "http://x:80",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http *none = http;
        struct error error = {""};
        assert_int_equal(http_start(rows[i], &none, &error), FATAL);
        assert_ptr_equal(none, http);
        assert_non_null(strstr(error.text, "give HOST:PORT or off"));
    }
}

static void test_a_taken_port_is_said_to_be_taken(void **state)
{
    (void)state;
    char taken[32];
    struct http *none = NULL;
    struct error error = {""};
    assert_true(snprintf(taken, sizeof taken, "127.0.0.1:%d", http_port(http)) > 0);
    assert_int_equal(http_start(taken, &none, &error), FATAL);
    assert_null(none);
    assert_non_null(strstr(error.text, taken));
    assert_non_null(strstr(error.text, "in use"));
}

static void test_off_is_a_server_that_is_not_there(void **state)
{
    (void)state;
    struct http *off = http;
    struct error error;
    assert_int_equal(http_start("off", &off, &error), OK);
    assert_null(off);
    assert_int_equal(http_port(off), 0);
    http_set_ready(off, true, "ready");
    http_beat(off);
    http_stop(off);
}

static void test_addresses_are_split_into_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
        int port;
    } rows[] = {
        {"127.0.0.1:0", "127.0.0.1", 0},
        {"[::1]:8080", "::1", 8080},
        {"cache.shop:65535", "cache.shop", 65535},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        assert_true(address_parse(text_of(rows[i].text), &address));
        assert_string_equal(address.host, rows[i].host);
        assert_int_equal(address.port, rows[i].port);
    }
}

static void ignore(int signal_number)
{
    (void)signal_number;
}

static void test_signals_are_left_to_the_main_thread(void **state)
{
    (void)state;
    sigset_t one;
    sigset_t pending;
    struct sigaction action = {.sa_handler = ignore};
    assert_int_equal(sigemptyset(&one), 0);
    assert_int_equal(sigaddset(&one, SIGUSR1), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(sigprocmask(SIG_BLOCK, &one, NULL), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGUSR1), 1);
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &one, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_is_not_ready_while_the_main_loop_waits, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_it_is_alive_while_the_main_loop_beats, start, stop),
        cmocka_unit_test_setup_teardown(test_it_is_ready_when_the_worker_says_so_and_says_why,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_reason_that_is_too_long_is_cut, start, stop),
        cmocka_unit_test_setup_teardown(test_metrics_are_prometheus_text, start, stop),
        cmocka_unit_test_setup_teardown(test_head_has_no_body, start, stop),
        cmocka_unit_test_setup_teardown(test_other_methods_and_paths_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_a_body_is_refused_and_not_read, start, stop),
        cmocka_unit_test_setup_teardown(test_huge_and_broken_requests_do_no_harm, start, stop),
        cmocka_unit_test_setup_teardown(test_silent_clients_are_thrown_out, start, stop),
        cmocka_unit_test_setup_teardown(test_a_bad_address_is_refused_in_words, start, stop),
        cmocka_unit_test_setup_teardown(test_a_taken_port_is_said_to_be_taken, start, stop),
        cmocka_unit_test_setup_teardown(test_signals_are_left_to_the_main_thread, start, stop),
        cmocka_unit_test(test_off_is_a_server_that_is_not_there),
        cmocka_unit_test(test_addresses_are_split_into_host_and_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
