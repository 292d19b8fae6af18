/* TLS to a real Redis: who is let in, and whom we take for our server.
 *
 * Needs a hiredis with TLS; without it the test is skipped, and says so (exit status 77). */
#include "redis_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "kit/redis_tls.h"

enum { SKIPPED = 77, PATH_SIZE = 96 };

static int tls_port;
static char ca[PATH_SIZE];
static char other_ca[PATH_SIZE];
static char our_certificate[PATH_SIZE];
static char our_key[PATH_SIZE];

static void path_of(char ret_path[PATH_SIZE], const char *name)
{
    assert_true(snprintf(ret_path, PATH_SIZE, "%s/%s", folder, name) < PATH_SIZE);
}

/* A socket of 127.0.0.1 that listens and never answers; its port is free when it is closed. */
static int listen_anywhere(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

/* Two authorities; of the first one a certificate for 127.0.0.1, one for localhost, and ours. */
static void make_certificates(void)
{
    static const char script[] =
        "cd '%s' && exec >openssl.log 2>&1 &&"
        "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' &&"
        "for ca in ca other-ca; do"
        "  openssl req -x509 $key -days 2 -subj \"/CN=test $ca\" -keyout $ca.key -out $ca.pem"
        "    || exit 1;"
        "done &&"
        "for row in address=IP:127.0.0.1 name=DNS:localhost ours=DNS:shortfall; do"
        "  name=${row%%%%=*} &&"
        "  openssl req $key -subj \"/CN=$name\" -addext \"subjectAltName=${row#*=}\""
        "    -keyout $name.key -out $name.csr &&"
        "  openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        "    -copy_extensions copy -out $name.crt || exit 1;"
        "done";
    char command[2048];
    assert_true(snprintf(command, sizeof command, script, folder) < (int)sizeof command);
    if (system(command) != 0) {
        fail_msg("no certificates: see %s/openssl.log", folder);
    }
}

static int set_up_tls_server(void **state)
{
    static char port[16];
    static char server_certificate[PATH_SIZE];
    static char server_key[PATH_SIZE];
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_non_null(mkdtemp(folder));
    assert_true(snprintf(socket_path, sizeof socket_path, "%s/s", folder) > 0);
    assert_true(snprintf(url, sizeof url, "unix://%s", socket_path) > 0);
    make_certificates();
    path_of(ca, "ca.pem");
    path_of(other_ca, "other-ca.pem");
    path_of(our_certificate, "ours.crt");
    path_of(our_key, "ours.key");
    path_of(server_certificate, "address.crt");
    path_of(server_key, "address.key");
    (void)close(listen_anywhere(&tls_port));
    assert_true(snprintf(port, sizeof port, "%d", tls_port) > 0);
    const char *const words[] = {"--tls-port",
                                 port,
                                 "--bind",
                                 "127.0.0.1",
                                 "127.0.0.2",
                                 "--tls-cert-file",
                                 server_certificate,
                                 "--tls-key-file",
                                 server_key,
                                 "--tls-ca-cert-file",
                                 ca,
                                 "--tls-auth-clients",
                                 "no"};
    memcpy(server_words, words, sizeof words);
    start_server();
    return 0;
}

static struct redis_view *open_tls(const char *host, int port, const struct redis_tls_files *files)
{
    char text[64];
    struct redis_view *opened = NULL;
    assert_true(snprintf(text, sizeof text, "rediss://%s:%d", host, port) > 0);
    if (redis_view_new(text, NULL, files, "t:", TIMEOUT_MS, &opened, &error) != OK) {
        fail_msg("%s", error.text);
    }
    return opened;
}

/* The first thing that is asked of a view; what is said of it is in `error`. */
static enum status first_answer(const char *host, const struct redis_tls_files *files)
{
    struct redis_view *opened = open_tls(host, tls_port, files);
    enum status status = step_by(opened, 0, "1 x", "k", "v");
    redis_view_free(opened);
    return status;
}

static void assert_refused(const char *host, const struct redis_tls_files *files, const char *words)
{
    assert_int_equal(first_answer(host, files), RETRY);
    if (!strstr(error.text, words)) {
        fail_msg("'%s' is not in: %s", words, error.text);
    }
    assert_string_equal(ask("DBSIZE"), "0"); /* nothing went to whom we don't trust */
}

static void test_the_view_is_kept_and_read_over_tls(void **state)
{
    (void)state;
    const struct redis_tls_files files = {.ca = ca};
    struct redis_view *tls = open_tls("127.0.0.1", tls_port, &files);
    assert_int_equal(step_by(tls, 0, "1 x", "k", "v"), OK);
    assert_int_equal(step_by(tls, 1, "2 y", "l", "w"), OK);
    assert_string_equal(contents(), "mark=2 y k=v l=w"); /* as read past TLS */
    static char large[100000];
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(step_by(tls, 2, "3 z", "m", large), OK);
    struct text value;
    assert_int_equal(redis_view_get(tls, 3, TEXT("m"), &value, &error), OK);
    assert_true(text_equal(value, text_of(large)));
    redis_view_free(tls);
}

static void test_a_server_of_another_authority_is_refused(void **state)
{
    (void)state;
    const struct redis_tls_files files = {.ca = other_ca};
    assert_refused("127.0.0.1", &files, "the server's certificate is refused");
    assert_refused("127.0.0.1", NULL, "the server's certificate is refused"); /* the system's */
}

static void test_a_certificate_for_another_host_is_refused(void **state)
{
    (void)state;
    const struct redis_tls_files files = {.ca = ca};
    assert_refused("localhost", &files, "hostname mismatch; it must be for 'localhost'");
    assert_refused("127.0.0.2", &files, "IP address mismatch; it must be for '127.0.0.2'");
    char name[PATH_SIZE];
    char key[PATH_SIZE];
    path_of(name, "name.crt");
    path_of(key, "name.key");
    assert_string_equal(ask("CONFIG SET tls-cert-file %s tls-key-file %s", name, key), "OK");
    assert_refused("127.0.0.1", &files, "IP address mismatch");
    assert_int_equal(first_answer("localhost", &files), OK);
    path_of(name, "address.crt");
    path_of(key, "address.key");
    assert_string_equal(ask("CONFIG SET tls-cert-file %s tls-key-file %s", name, key), "OK");
}

static void test_a_server_that_wants_a_certificate_gets_ours(void **state)
{
    (void)state;
    const struct redis_tls_files without = {.ca = ca};
    const struct redis_tls_files with = {ca, our_certificate, our_key};
    assert_string_equal(ask("CONFIG SET tls-auth-clients yes"), "OK");
    assert_int_equal(first_answer("127.0.0.1", &without), RETRY);
    assert_int_equal(first_answer("127.0.0.1", &with), OK);
    assert_string_equal(ask("CONFIG SET tls-auth-clients no"), "OK");
}

static void test_a_file_that_is_none_is_named_at_the_start(void **state)
{
    (void)state;
    const struct {
        struct redis_tls_files files;
        const char *words;
    } rows[] = {
        {{.ca = "/nowhere"}, "redis.ca.file"},
        {{.ca = our_key}, "redis.ca.file: no certificates"},
        {{ca, our_certificate, NULL}, "go together"},
        {{ca, NULL, our_key}, "go together"},
        {{ca, our_key, our_key}, "redis.certificate.file: no certificate"},
        {{ca, our_certificate, our_certificate}, "redis.key.file: no key"},
        {{ca, ca, our_key}, "redis.key.file"}, /* of another certificate */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct redis_view *none = NULL;
        assert_int_equal(
            redis_view_new("rediss://r", NULL, &rows[i].files, "t:", TIMEOUT_MS, &none, &error),
            FATAL);
        if (!strstr(error.text, rows[i].words)) {
            fail_msg("'%s' is not in: %s", rows[i].words, error.text);
        }
    }
}

static void test_a_server_that_hangs_is_not_waited_for(void **state)
{
    (void)state;
    int port;
    int silent = listen_anywhere(&port);
    char text[64];
    const struct redis_tls_files files = {.ca = ca};
    struct redis_view *opened = NULL;
    struct text mark;
    assert_true(snprintf(text, sizeof text, "rediss://127.0.0.1:%d", port) > 0);
    assert_int_equal(redis_view_new(text, NULL, &files, "t:", STRICT_TIMEOUT_MS, &opened, &error),
                     OK);
    int64_t began_ms = clock_monotonic_ms();
    assert_int_equal(redis_view_mark(opened, 3, &mark, &error), RETRY);
    assert_true(clock_monotonic_ms() - began_ms < TIMEOUT_MS);
    redis_view_free(opened);
    (void)close(silent);
}

int main(void)
{
    if (!redis_tls_is_built_in()) {
        (void)printf("skipped: the hiredis of this build has no TLS (hiredis_ssl); "
                     "tests/versions/run --hiredis builds with one that has\n");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        WITH_VIEW(test_the_view_is_kept_and_read_over_tls),
        WITH_VIEW(test_a_server_of_another_authority_is_refused),
        WITH_VIEW(test_a_certificate_for_another_host_is_refused),
        WITH_VIEW(test_a_server_that_wants_a_certificate_gets_ours),
        WITH_VIEW(test_a_file_that_is_none_is_named_at_the_start),
        WITH_VIEW(test_a_server_that_hangs_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, set_up_tls_server, tear_down_server);
}
