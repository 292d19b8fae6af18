#include "kit/stop.h"

#include <signal.h>
#include <unistd.h>

enum { EXIT_AT_ONCE = 130 };

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t most_s; /* for the end; 0: as long as it takes */

static void on_stop(int number)
{
    (void)number;
    if (stop_asked) {
        _exit(EXIT_AT_ONCE);
    }
    stop_asked = 1;
    if (most_s) {
        (void)alarm((unsigned)most_s);
    }
}

static void on_overdue(int number)
{
    (void)number;
    static const char words[] = "the end takes too long: stopped; the restart restores\n";
    ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
    (void)written;
    _exit(1);
}

void stop_listen(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

bool stop_is_asked(void)
{
    return stop_asked;
}

void stop_within(int64_t most_ms)
{
    struct sigaction action = {.sa_handler = on_overdue};
    (void)sigaction(SIGALRM, &action, NULL);
    most_s = (sig_atomic_t)(most_ms / 1000);
    if (stop_asked) {
        (void)alarm((unsigned)most_s);
    }
}
