#include "kit/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Stands for systemd: what the worker tells arrives at a socket. */
static int manager = -1;
static char folder[] = "/tmp/shortfall-service-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int set_up(void **state)
{
    char number[32];
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder);
    (void)snprintf(number, sizeof number, "%d", getpid());
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    return bind(manager, (struct sockaddr *)&address, sizeof address) ||
           setenv("NOTIFY_SOCKET", address.sun_path, 1) || setenv("WATCHDOG_USEC", "40000000", 1) ||
           setenv("WATCHDOG_PID", number, 1);
}

static int tear_down(void **state)
{
    (void)state;
    (void)close(manager);
    return unlink(address.sun_path) || rmdir(folder);
}

static void assert_told(const char *message)
{
    char told[512];
    ssize_t size = recv(manager, told, sizeof told - 1, 0);
    told[size > 0 ? size : 0] = '\0';
    assert_string_equal(told, message);
}

static void test_it_is_ready_once_and_its_state_is_told_when_it_changes(void **state)
{
    (void)state;
    service_state(false, "restoring 3 partitions");
    assert_told("STATUS=restoring 3 partitions");
    service_state(false, "restoring 3 partitions");
    assert_told("");
    service_state(true, "running");
    assert_told("READY=1");
    assert_told("STATUS=running");
    service_state(false, "joining the group");
    assert_told("STATUS=joining the group");
    service_state(true, "running");
    assert_told("STATUS=running");
    assert_told("");
}

static void test_the_watchdog_is_fed_at_a_quarter_of_its_time(void **state)
{
    (void)state;
    service_beat(1000000);
    assert_told("WATCHDOG=1");
    service_beat(1009999);
    assert_told("");
    service_beat(1010000);
    assert_told("WATCHDOG=1");
}

static void test_the_end_is_told(void **state)
{
    (void)state;
    service_stopping();
    assert_told("STOPPING=1\nSTATUS=draining");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_ready_once_and_its_state_is_told_when_it_changes),
        cmocka_unit_test(test_the_watchdog_is_fed_at_a_quarter_of_its_time),
        cmocka_unit_test(test_the_end_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
