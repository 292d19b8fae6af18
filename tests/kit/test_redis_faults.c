/* The view while the server hangs, dies, is full, is a replica, or lets nobody in. */
#include "kit/redis_view.h"

#include "redis_server.h"

/* ---- Faults
 * --------------------------------------------------------------------------------------- */

static void test_a_flushed_server_is_noticed_and_rebuilt(void **state)
{
    (void)state;
    struct text mark;
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_string_equal(ask("FLUSHALL"), "OK");
    assert_int_equal(redis_view_mark(view, 3, &mark, &error), OK);
    assert_false(text_is_set(mark));
    assert_int_equal(step(1, "2", "a", "2"), POISON);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 1);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("2"), &error), OK);
    assert_int_equal(step(2, "3", "k0", "w"), OK);
    assert_string_equal(contents(), "mark=3 k0=w");
}

static void test_a_killed_server_costs_a_retry_and_a_rebuild(void **state)
{
    (void)state;
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 10);
    kill_server();
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("1"), &error), RETRY);
    assert_int_equal(step(1, "2", "a", "2"), RETRY);
    assert_non_null(strstr(error.text, "not connected: unix:///"));
    start_server();
    await_connection();
    assert_int_equal(redis_view_connections(view), 2);
    assert_int_equal(step(1, "2", "a", "2"), POISON);
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    rebuild_fields(0, 1);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("2"), &error), OK);
    assert_string_equal(contents(), "mark=2 k0=v");
}

static void test_a_server_that_is_down_costs_no_time(void **state)
{
    (void)state;
    kill_server();
    int64_t began_ms = clock_monotonic_ms();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(step(0, "1", "a", "1"), RETRY);
    }
    assert_true(clock_monotonic_ms() - began_ms < 1000);
    start_server();
    await_connection();
}

static void get_at_last(const char *key, const char *expected)
{
    struct text value;
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    while (redis_view_get(view, 3, text_of(key), &value, &error) != OK) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        nap();
    }
    assert_true(text_equal(value, text_of(expected)));
}

/* What the hung server answers late must never be taken for the answer to the next command. */
static void test_a_late_reply_never_answers_the_next_command(void **state)
{
    (void)state;
    const struct redis_field fields[] = {field("a", "of a"), field("b", "of b")};
    struct text value;
    while (redis_view_step(view, 3, 0, TEXT("1"), fields, 2, &error) != OK) {
        nap();
    }
    uint64_t connections = redis_view_connections(view);
    assert_int_equal(kill(server, SIGSTOP), 0);
    int64_t began_ms = clock_monotonic_ms();
    assert_int_equal(redis_view_get(view, 3, TEXT("a"), &value, &error), RETRY);
    assert_non_null(strstr(error.text, "no answer in time"));
    assert_in_range(clock_monotonic_ms() - began_ms, STRICT_TIMEOUT_MS - 20,
                    10 * STRICT_TIMEOUT_MS);
    assert_int_equal(redis_view_get(view, 3, TEXT("b"), &value, &error), RETRY);
    assert_int_equal(step(1, "2", "b", "late"), RETRY);
    assert_int_equal(kill(server, SIGCONT), 0);
    get_at_last("b", "of b");
    get_at_last("a", "of a");
    assert_true(redis_view_connections(view) > connections);
}

static void test_a_step_that_hangs_is_made_once_or_not_at_all(void **state)
{
    (void)state;
    step_at_last(0, "1", "a", "1");
    assert_int_equal(kill(server, SIGSTOP), 0);
    assert_int_equal(step(1, "2 x", "a", "2"), RETRY);
    assert_int_equal(kill(server, SIGCONT), 0);
    step_at_last(1, "2 x", "a", "2");
    assert_string_equal(ask("HGET t:{3}:cases mark"), "2 x");
    step_at_last(2, "3 x", "a", "3");
    assert_string_equal(ask("HGET t:{3}:cases a"), "3");
}

static void test_a_server_that_hangs_takes_a_twentieth_of_the_time(void **state)
{
    (void)state;
    int64_t blocked_ms = 0;
    int64_t now_ms = clock_monotonic_ms();
    int64_t end_ms = now_ms + 3000;
    assert_int_equal(kill(server, SIGSTOP), 0);
    while (now_ms < end_ms) {
        int64_t began_ms = clock_monotonic_ms();
        assert_int_equal(step(0, "1", "a", "1"), RETRY);
        now_ms = clock_monotonic_ms();
        blocked_ms += now_ms - began_ms;
        nap();
    }
    assert_int_equal(kill(server, SIGCONT), 0);
    assert_in_range(blocked_ms, STRICT_TIMEOUT_MS - 20, 1500);
    await_connection();
}

static void test_a_replica_refuses_writes_until_it_is_the_master(void **state)
{
    (void)state;
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_string_equal(ask("REPLICAOF 127.0.0.1 1"), "OK");
    assert_int_equal(step(1, "2", "a", "2"), RETRY);
    assert_non_null(strstr(error.text, "READONLY"));
    assert_string_equal(ask("REPLICAOF NO ONE"), "OK");
    while (step(1, "2", "a", "2") != OK) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        nap();
    }
    assert_string_equal(contents(), "mark=2 a=2");
}

static void test_a_full_server_refuses_a_step_whole(void **state)
{
    (void)state;
    const struct redis_field first[] = {field("a", "1"), field("b", "1")};
    const struct redis_field second[] = {field("a", NULL), field("b", "2")};
    assert_int_equal(redis_view_step(view, 3, 0, TEXT("1"), first, 2, &error), OK);
    assert_string_equal(ask("CONFIG SET maxmemory 1"), "OK");
    assert_int_equal(redis_view_step(view, 3, 1, TEXT("2"), second, 2, &error), RETRY);
    assert_non_null(strstr(error.text, "OOM"));
    assert_string_equal(contents(), "mark=1 a=1 b=1");
    assert_int_equal(redis_view_rebuild_begin(view, 3, &error), OK);
    assert_int_equal(redis_view_rebuild_add(view, 3, first, 2, &error), OK);
    assert_int_equal(redis_view_rebuild_end(view, 3, TEXT("2"), &error), RETRY);
    assert_non_null(strstr(error.text, "OOM"));
    assert_string_equal(contents(), "mark=1 a=1 b=1");
    assert_string_equal(ask("CONFIG SET maxmemory 0"), "OK");
    assert_int_equal(redis_view_step(view, 3, 1, TEXT("2"), second, 2, &error), OK);
    assert_string_equal(contents(), "mark=2 b=2");
    assert_int_equal(redis_view_connections(view), 1);
}

static void test_a_server_that_throws_keys_out_is_warned_of(void **state)
{
    (void)state;
    assert_string_equal(ask("CONFIG SET maxmemory-policy allkeys-lru"), "OK");
    assert_int_equal(step(0, "1", "a", "1"), OK);
    assert_non_null(strstr(redis_view_warning(view), "maxmemory-policy is allkeys-lru: set it to "
                                                     "noeviction"));
    assert_string_equal(ask("CONFIG SET maxmemory-policy noeviction"), "OK");
    (void)ask("CLIENT KILL TYPE normal SKIPME yes");
    assert_int_equal(step(1, "2", "a", "2"), RETRY);
    await_connection();
    assert_string_equal(redis_view_warning(view), "");
}

/* ---- Access
 * ----------------------------------------------------------------------------------------- */

static void write_password(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_a_password_comes_by_a_file_and_may_change(void **state)
{
    (void)state;
    char path[96];
    assert_true(snprintf(path, sizeof path, "%s/password", folder) > 0);
    write_password(path, "wrong one\n");
    assert_string_equal(ask("CONFIG SET requirepass s3cret"), "OK");
    assert_string_equal(ask("AUTH s3cret"), "OK");
    struct redis_view *with_file = view_open(url, path);
    assert_int_equal(step(0, "1", "a", "1"), RETRY);
    assert_non_null(strstr(error.text, "NOAUTH"));
    assert_int_equal(step_by(with_file, 0, "1", "a", "1"), RETRY);
    assert_non_null(strstr(error.text, "WRONGPASS"));
    assert_null(strstr(error.text, "wrong one"));
    write_password(path, "s3cret\r\n");
    int64_t deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    while (step_by(with_file, 0, "1", "a", "1") != OK) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        nap();
    }
    redis_view_free(with_file);
    assert_string_equal(ask("CONFIG SET requirepass %s", ""), "OK");
}

static void test_a_user_with_few_rights_and_a_database_will_do(void **state)
{
    (void)state;
    int port;
    char tcp[128];
    /* Over TCP, since a socket's url has no place for a user. */
    for (port = 21000 + getpid() % 10000;; port++) {
        assert_true(snprintf(tcp, sizeof tcp, "CONFIG SET port %d", port) > 0);
        if (strcmp(ask(tcp), "OK") == 0) {
            break;
        }
        assert_in_range(port, 0, 60000);
    }
    assert_string_equal(ask("CONFIG SET protected-mode no"), "OK");
    assert_string_equal(ask("ACL SETUSER few on >p%%40ss ~t:* +@all -info -script"), "OK");
    assert_true(snprintf(tcp, sizeof tcp, "redis://few:p%%2540ss@127.0.0.1:%d/5", port) > 0);
    struct redis_view *few = view_open(tcp, NULL);
    if (step_by(few, 0, "1", "a", "1") != OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(step_by(few, 1, "2", "a", "2"), OK);
    assert_string_equal(redis_view_warning(few), "");
    redis_view_free(few);
    assert_string_equal(ask("DBSIZE"), "0");
    assert_string_equal(ask("SELECT 5"), "OK");
    assert_string_equal(ask("HGET t:{3}:cases a"), "2");
    assert_string_equal(ask("SELECT 0"), "OK");
    assert_string_equal(ask("ACL DELUSER few"), "1");
    assert_string_equal(ask("CONFIG SET port 0"), "OK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VIEW(test_a_flushed_server_is_noticed_and_rebuilt),
        WITH_VIEW(test_a_killed_server_costs_a_retry_and_a_rebuild),
        WITH_VIEW(test_a_server_that_is_down_costs_no_time),
        WITH_STRICT_VIEW(test_a_late_reply_never_answers_the_next_command),
        WITH_STRICT_VIEW(test_a_step_that_hangs_is_made_once_or_not_at_all),
        WITH_STRICT_VIEW(test_a_server_that_hangs_takes_a_twentieth_of_the_time),
        WITH_VIEW(test_a_replica_refuses_writes_until_it_is_the_master),
        WITH_VIEW(test_a_full_server_refuses_a_step_whole),
        WITH_VIEW(test_a_server_that_throws_keys_out_is_warned_of),
        WITH_VIEW(test_a_password_comes_by_a_file_and_may_change),
        WITH_VIEW(test_a_user_with_few_rights_and_a_database_will_do),
    };
    return cmocka_run_group_tests(tests, set_up_server, tear_down_server);
}
